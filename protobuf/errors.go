package protobuf

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/concord-go/concord/serde"
)

// SchemaError says what is wrong with a schema's text, and where. It is of the class
// [serde.InvalidSchema]; one that ran into a limit is [serde.LimitExceeded], too.
type SchemaError struct {
	Line, Column int // from 1; 0 where it is the whole text
	Reason       string

	limit bool
}

// Error is the place and the reason.
func (e *SchemaError) Error() string {
	if e.Line == 0 {
		return "protobuf: invalid schema: " + e.Reason
	}
	return fmt.Sprintf("protobuf: invalid schema: line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Unwrap returns the error's classes.
func (e *SchemaError) Unwrap() []error {
	if e.limit {
		return []error{serde.InvalidSchema, serde.LimitExceeded}
	}
	return []error{serde.InvalidSchema}
}

func invalid(format string, args ...any) error {
	return &SchemaError{Reason: fmt.Sprintf(format, args...)}
}

// TypeError says why a Go type cannot be written or read. It is of the class
// [serde.TypeMismatch].
type TypeError struct {
	Type   string // the Go type
	Reason string // what is wrong and what to do
}

// Error is the type and the reason.
func (e *TypeError) Error() string { return "protobuf: Go type " + e.Type + ": " + e.Reason }

// Unwrap returns the error's class.
func (e *TypeError) Unwrap() error { return serde.TypeMismatch }

func newTypeError(typ reflect.Type, reason string) error {
	return &TypeError{Type: typ.String(), Reason: reason}
}

// MessageMismatchError says that a record, or the schema to write under, is about
// another message than the program's. It is of the classes [serde.Incompatible]
// and [serde.TypeMismatch].
type MessageMismatchError struct {
	Writer string // the writer schema's message; empty: it has none
	Reader string // the program's
}

// Error names both messages.
func (e *MessageMismatchError) Error() string {
	writer := "no message"
	if e.Writer != "" {
		writer = "message " + e.Writer
	}
	return "protobuf: the writer schema's is " + writer + ", this program's is " + e.Reader +
		"; if they are the same under two names, AcceptMessages says so"
}

// Unwrap returns the error's classes.
func (e *MessageMismatchError) Unwrap() []error {
	return []error{serde.Incompatible, serde.TypeMismatch}
}

// FitError lists everything in which a Go type's message does not fit the schema to
// write under. Its class is [serde.TypeMismatch].
type FitError struct {
	Message    string // its full name
	Mismatches []Mismatch
}

// Mismatch is a field that does not fit.
type Mismatch struct {
	Path   string // such as items.price, through fields of the Go type's message
	Number int64  // the field's
	Reason string
}

// Error lists the mismatches.
func (e *FitError) Error() string {
	var b strings.Builder
	b.WriteString("protobuf: message " + e.Message + " does not fit the schema: ")
	for i, m := range e.Mismatches {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(m.Path + " = " + strconv.FormatInt(m.Number, 10) + ": " + m.Reason)
	}
	return b.String()
}

// Unwrap returns the error's class.
func (e *FitError) Unwrap() error { return serde.TypeMismatch }

// EncodeError says why a message cannot be written, and where. Its class is
// [serde.TypeMismatch].
type EncodeError struct {
	Path string // such as items[3].price; empty at the top or where it is not known
	Err  error
}

// Error is the path and the reason.
func (e *EncodeError) Error() string {
	return "protobuf: cannot encode" + placeOf(e.Path) + ": " + e.Err.Error()
}

// Unwrap returns the reason, which wraps the class.
func (e *EncodeError) Unwrap() error { return e.Err }

// DecodeError says why a payload cannot be read, and where. Its class is one of
// [serde.Truncated], [serde.Malformed] and [serde.LimitExceeded].
type DecodeError struct {
	// Path is the way through the fields, such as items[3].price; a map's entries are
	// [*]. Empty at the top.
	Path string
	// Offset is the position in the payload, in bytes, of the field where it went wrong.
	Offset int
	// Err says what is wrong and wraps the class.
	Err error
}

// Error is the path, the offset and the reason.
func (e *DecodeError) Error() string {
	return "protobuf: cannot decode" + placeOf(e.Path) + " at byte " + strconv.Itoa(e.Offset) + ": " + e.Err.Error()
}

// Unwrap returns the reason, which wraps the class.
func (e *DecodeError) Unwrap() error { return e.Err }

func placeOf(path string) string {
	if path == "" {
		return ""
	}
	return " " + path
}

// fault is a reason with its class.
type fault struct {
	class serde.Class
	text  string
}

func newFault(class serde.Class, format string, args ...any) error {
	return &fault{class, fmt.Sprintf(format, args...)}
}

func (f *fault) Error() string { return f.class.Error() + ": " + f.text }
func (f *fault) Unwrap() error { return f.class }
