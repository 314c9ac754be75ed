package jsonschema

import (
	"strconv"
	"strings"

	"github.com/concord-go/concord/serde"
)

// ValidationError lists all that a schema has against a value. It never holds the value or a part of
// it, but names of properties. Its class is [serde.TypeMismatch].
type ValidationError struct {
	Violations []Violation
}

// Violation is one rule that a value breaks.
type Violation struct {
	// InstancePath is a JSON pointer (RFC 6901) to the place in the value; empty for the whole.
	InstancePath string
	// SchemaPath is a JSON pointer to the keyword, after the name of the reference that
	// it stands in if it is not the schema's own text: address.json#/properties/zip/pattern.
	SchemaPath string
	// Reason is the rule, in the schema's words.
	Reason string
}

// String is the two places and the reason.
func (v Violation) String() string {
	at := v.InstancePath
	if at == "" {
		at = "the value"
	}
	return at + ": " + v.Reason + " (" + v.SchemaPath + ")"
}

// Error lists the violations, the first 20 of them.
func (e *ValidationError) Error() string {
	const most = 20
	var b strings.Builder
	b.WriteString("jsonschema: the value is not valid: ")
	for i, v := range e.Violations {
		if i == most {
			b.WriteString("; and " + strconv.Itoa(len(e.Violations)-most) + " more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(v.String())
	}
	return b.String()
}

// Unwrap returns the error's class.
func (e *ValidationError) Unwrap() error { return serde.TypeMismatch }

// PayloadError says why bytes are no JSON text that this package takes (RFC 8259, and of I-JSON, RFC 7493,
// UTF-8 and names that occur once), or why they do not fit a Go type. Its class is one of
// [serde.Truncated], [serde.TrailingBytes], [serde.Malformed], [serde.LimitExceeded], [serde.TypeMismatch].
type PayloadError struct {
	Class  serde.Class
	Offset int64  // of the byte where it was seen, -1 where there is none
	Path   string // a JSON pointer to the value; empty for the whole
	Reason string
}

// Error is the class, the place and the reason.
func (e *PayloadError) Error() string {
	text := "jsonschema: " + e.Class.Error()
	if e.Path != "" {
		text += " at " + e.Path
	}
	if e.Offset >= 0 {
		text += " (byte " + strconv.FormatInt(e.Offset, 10) + ")"
	}
	return text + ": " + e.Reason
}

// Unwrap returns the error's class.
func (e *PayloadError) Unwrap() error { return e.Class }
