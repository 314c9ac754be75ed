package avrogen

import "strings"

// Error says why there is no code for a schema, and where.
type Error struct {
	Source string // the schema's file or subject; empty where it is no single one
	At     string // the type, or type.field, by its name in the schema; empty: the whole
	Reason string // what is wrong and what to do
	Err    error  // the cause, where there is one: an *avro.SchemaError, for instance
}

// Error is the place and the reason.
func (e *Error) Error() string {
	var parts []string
	if e.Source != "" {
		parts = append(parts, plainName(e.Source))
	}
	if e.At != "" {
		parts = append(parts, e.At)
	}
	if e.Reason != "" {
		parts = append(parts, e.Reason)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }
