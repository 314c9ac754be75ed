package serde

import "errors"

// Class says what kind of failure an error is. The class decides what becomes of
// a record: bytes that no retry will ever make readable go to a dead-letter
// topic, an outage of the registry must not. Each class is an error itself, so
// that errors.Is(err, serde.Truncated) asks for it; a format's errors wrap one.
type Class uint8

// The classes. Those that say something of the record's own bytes come first;
// see [IsPoison].
const (
	// Unclassified is an error that carries no class.
	Unclassified Class = iota
	// NotFramed: the record does not begin with the wire format's prefix, and
	// has no schema header either.
	NotFramed
	// Truncated: the bytes end before the value does.
	Truncated
	// TrailingBytes: bytes are left after the value.
	TrailingBytes
	// Malformed: the bytes cannot be a value of the writer schema.
	Malformed
	// LimitExceeded: reading on would cost more depth or memory than allowed.
	LimitExceeded
	// UnknownSchema: the registry answered that it has no such schema id or GUID.
	UnknownSchema
	// Incompatible: the writer schema cannot be resolved to the reader schema.
	Incompatible
	// TypeMismatch: the Go type, or a value in it, does not fit the schema.
	TypeMismatch
	// RuleFailed: a data-contract rule refused the value, or needs an engine
	// that this program does not have.
	RuleFailed
	// InvalidSchema: a schema's text is not valid, or one of its references
	// cannot be resolved.
	InvalidSchema
	// NotRegistered: the writer schema asked for is not in the registry.
	NotRegistered
	// RegistryUnavailable: the registry gave no answer; a later try may succeed.
	RegistryUnavailable
	// RegistryDenied: the registry refused these credentials.
	RegistryDenied
	numClasses
)

var classNames = [numClasses]string{
	"unclassified", "not framed", "truncated", "trailing bytes", "malformed", "limit exceeded", "unknown schema",
	"incompatible", "type mismatch", "rule failed", "invalid schema", "not registered", "registry unavailable", "registry denied",
}

// Error is the class's name in words, as it stands in messages and metrics.
func (c Class) Error() string {
	if c < numClasses {
		return classNames[c]
	}
	return classNames[Unclassified]
}

// ClassOf is the class that err carries, Unclassified if none.
func ClassOf(err error) Class {
	var c Class
	if errors.As(err, &c) {
		return c
	}
	return Unclassified
}

// IsPoison reports whether err lies in the record itself or in its schema, so
// that the same bytes fail again at every try: the errors a dead-letter topic
// is for. It is false for outages, denied access and unclassified errors.
func IsPoison(err error) bool {
	switch ClassOf(err) {
	case NotFramed, Truncated, TrailingBytes, Malformed, LimitExceeded, UnknownSchema, Incompatible, TypeMismatch, RuleFailed, InvalidSchema:
		return true
	}
	return false
}
