package protobuf

import (
	"fmt"

	"github.com/concord-go/concord/serde"
)

// SchemaError says what is wrong with a schema's text, and where. It is of the
// class [serde.InvalidSchema]; one that ran into a limit is [serde.LimitExceeded], too.
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
