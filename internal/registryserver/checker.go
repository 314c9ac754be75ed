package registryserver

import (
	"fmt"

	"github.com/concord-go/concord/registry"
)

// Checker is what the registry must be able to do with schemas of one type.
type Checker interface {
	// Parse reads a schema's text. The error says to the client what is wrong.
	Parse(text string, opts ParseOptions) (Parsed, error)
	// Check lists why data of the writer schema cannot be read with the reader
	// schema, both of this Checker. An error says why there is no verdict.
	Check(writer, reader Parsed) ([]Difference, error)
}

// LenientChecker is a Checker with rules of their own for the policy LENIENT. Others
// compare in one way under every policy.
type LenientChecker interface {
	Checker
	// CheckLenient is Check under the policy LENIENT.
	CheckLenient(writer, reader Parsed) ([]Difference, error)
}

// ParseOptions say how a schema is read.
type ParseOptions struct {
	// Imports are the schemas that the references point at, in their order.
	Imports []Import
	// New is set for schemas that are to be registered: what was lawful before
	// may be refused now.
	New bool
	// Normalize asks for a text that is the same for equal schemas.
	Normalize bool
}

// Import is a schema that another one uses under a name.
type Import struct {
	Name   string
	Schema Parsed
}

// Parsed is a schema that was read. It is immutable, and a pointer: two are equal only
// if they are the same.
type Parsed interface {
	// Text is the form that is kept and given back.
	Text() string
	// Resolved is the text with the references written out, where the type can.
	Resolved() string
}

// Difference is one reason why a reader schema cannot read a writer schema's data.
type Difference struct {
	Type        string // such as TYPE_MISMATCH; empty where the reference registry names none
	Path        string // the place in the reader schema
	Description string // a sentence, without the path
	Info        string // more about it, where the type's messages have that
}

// String is the difference as the registry's details and verbose messages have it.
func (d Difference) String() string {
	if d.Type == "" {
		return d.Description
	}
	if d.Info == "" && d.Path == "" {
		return fmt.Sprintf(`{errorType:"%s", description:"%s"}`, d.Type, d.Description)
	}
	if d.Info == "" {
		return fmt.Sprintf(`{errorType:"%s", description:"%s, at path '%s'"}`, d.Type, d.Description, d.Path)
	}
	return fmt.Sprintf("{errorType:'%s', description:'%s (path '%s')', additionalInfo:'%s'}", d.Type, d.Description, d.Path, d.Info)
}

// checkers is the table of the schema types.
func checkers() map[registry.SchemaType]Checker {
	return map[registry.SchemaType]Checker{
		registry.Avro:     avroChecker{},
		registry.JSON:     jsonChecker{},
		registry.Protobuf: protobufChecker{},
	}
}
