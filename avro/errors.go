package avro

import (
	"fmt"

	"github.com/concord-go/concord/serde"
)

// SchemaError says what is wrong with a schema, and where. It is of the class
// [serde.InvalidSchema]; one that ran into a limit is [serde.LimitExceeded] too.
type SchemaError struct {
	// Path is a JSON pointer (RFC 6901) into the schema's text, such as
	// /fields/1/type/items; empty when it is the whole of it.
	Path string
	// Reason is what is wrong and, where it is not evident, what to do.
	Reason string
	// Undefined is the type that the text uses and nobody defines, where that is
	// what is wrong: with the schema that defines it as a reference, the text may do.
	Undefined Name

	limit bool
}

// Error is the path and the reason.
func (e *SchemaError) Error() string {
	if e.Path == "" {
		return "avro: invalid schema: " + e.Reason
	}
	return "avro: invalid schema: at " + e.Path + ": " + e.Reason
}

// Unwrap returns the error's classes.
func (e *SchemaError) Unwrap() []error {
	if e.limit {
		return []error{serde.InvalidSchema, serde.LimitExceeded}
	}
	return []error{serde.InvalidSchema}
}

func newSchemaError(path, format string, args ...any) error {
	return &SchemaError{Path: path, Reason: fmt.Sprintf(format, args...)}
}

func newLimitError(path, format string, args ...any) error {
	return &SchemaError{Path: path, Reason: fmt.Sprintf(format, args...), limit: true}
}

// excerpt quotes s for a message, shortened: schemas may be large.
func excerpt(s string) string {
	const most = 64
	if len(s) <= most {
		return fmt.Sprintf("%q", s)
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 { // not within a UTF-8 sequence
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}

// TypeError says why a Go type cannot be a schema, and where. It is of the class
// [serde.TypeMismatch].
type TypeError struct {
	// Path is the Go type and the way into it, such as pkg.Event.Items[].ID.
	Path string
	// Reason is what is wrong and what to do.
	Reason string
}

// Error is the path and the reason.
func (e *TypeError) Error() string { return "avro: Go type " + e.Path + ": " + e.Reason }

// Unwrap returns the error's class.
func (e *TypeError) Unwrap() error { return serde.TypeMismatch }

func newTypeError(path, format string, args ...any) error {
	return &TypeError{Path: path, Reason: fmt.Sprintf(format, args...)}
}
