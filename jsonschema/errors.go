package jsonschema

import (
	"fmt"
	"unicode/utf8"

	"github.com/concord-go/concord/serde"
)

// SchemaError says what is wrong with a schema, and where. It is of the class
// [serde.InvalidSchema]; one that ran into a limit is [serde.LimitExceeded] too.
type SchemaError struct {
	// Path is a JSON pointer (RFC 6901) into the schema's text, such as
	// /properties/id/minLength; empty when it is the whole of it.
	Path string
	// Reason is what is wrong and, where it is not evident, what to do.
	Reason string

	limit bool
}

// Error is the path and the reason.
func (e *SchemaError) Error() string {
	if e.Path == "" {
		return "jsonschema: invalid schema: " + e.Reason
	}
	return "jsonschema: invalid schema: at " + e.Path + ": " + e.Reason
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
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}
