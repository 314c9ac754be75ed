package serde

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concord-go/concord/registry"
)

// Error is what Serialize and Deserialize fail with. It says what was being done
// for which topic, and with which schema, and never what was in the record.
// errors.Is and errors.As find its Class and what lies below Err.
type Error struct {
	Op       string // "serialize" or "deserialize"
	Field    Field
	Subject  registry.Subject  // where the writer schema was looked for; serializing only
	SchemaID registry.SchemaID // the writer schema's, 0 where not known
	GUID     registry.GUID     // the writer schema's, zero where not known
	Class    Class
	Err      error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "serde: %s the %s of topic %q", e.Op, e.Field.Role, e.Field.Topic)
	switch {
	case e.SchemaID != 0:
		fmt.Fprintf(&b, " (schema id %d)", e.SchemaID)
	case !e.GUID.IsZero():
		fmt.Fprintf(&b, " (schema GUID %s)", e.GUID)
	case e.Subject != "":
		fmt.Fprintf(&b, " (subject %q)", e.Subject)
	}
	cause := "unknown cause"
	if e.Err != nil {
		cause = strings.TrimPrefix(e.Err.Error(), "serde: ")
	}
	if e.Class != Unclassified && !strings.Contains(cause, e.Class.Error()) {
		fmt.Fprintf(&b, ": %s", e.Class)
	}
	return b.String() + ": " + cause
}

// Unwrap gives the class and the cause.
func (e *Error) Unwrap() []error {
	switch {
	case e.Err == nil:
		return []error{e.Class}
	case e.Class == Unclassified:
		return []error{e.Err}
	}
	return []error{e.Class, e.Err}
}

// classed is an error of serde's own with its class.
type classed struct {
	class  Class
	text   string
	cause  error  // may be nil
	advice string // what to do about it; may be empty
}

func (c *classed) Error() string {
	text := c.text
	if c.cause != nil {
		text += ": " + c.cause.Error()
	}
	if c.advice != "" {
		text += "; " + c.advice
	}
	return text
}

func (c *classed) Unwrap() []error {
	if c.cause != nil {
		return []error{c.class, c.cause}
	}
	return []error{c.class}
}

func classf(class Class, format string, args ...any) error {
	return &classed{class: class, text: fmt.Sprintf(format, args...)}
}

// registryClass is the class of an error that a registry call gave. notFound is
// what the absence of the thing asked for means.
func registryClass(err error, notFound Class) Class {
	if c := ClassOf(err); c != Unclassified {
		return c
	}
	switch {
	case errors.Is(err, registry.ErrSchemaNotFound), errors.Is(err, registry.ErrSubjectNotFound), errors.Is(err, registry.ErrVersionNotFound):
		return notFound
	case errors.Is(err, registry.ErrDenied):
		return RegistryDenied
	case errors.Is(err, registry.ErrIncompatible):
		return Incompatible
	case errors.Is(err, registry.ErrInvalidSchema):
		return InvalidSchema
	case errors.Is(err, registry.ErrUnavailable), errors.Is(err, registry.ErrNotRegistry), errors.Is(err, registry.ErrTooLarge),
		errors.Is(err, registry.ErrClosed), registry.IsRetryable(err):
		return RegistryUnavailable
	}
	return Unclassified
}

// fromRegistry gives a registry's error its class and says what was asked for.
// The advice is for the case that the registry answered that it is not there:
// whoever reads it must not take an outage for that.
func fromRegistry(err error, notFound Class, advice, format string, args ...any) error {
	class := registryClass(err, notFound)
	text := fmt.Sprintf(format, args...)
	if class == Unclassified {
		return fmt.Errorf("%s: %w", text, err)
	}
	if class != notFound {
		advice = ""
	}
	return &classed{class: class, text: text, cause: err, advice: advice}
}
