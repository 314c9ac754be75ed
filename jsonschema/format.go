package jsonschema

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

var anyType = reflect.TypeFor[any]()

// Format is JSON Schema for values of T, to be given to serde's serializer and deserializer. It is
// safe for concurrent use.
type Format[T any] struct {
	config formatConfig
	own    func() (*formatSchema, error)
}

// formatSchema is T's schema; without one all is nil.
type formatSchema struct {
	schema     *Schema
	definition *serde.Definition
}

// FormatOption changes a [Format]. [ValidatorOption] is one, too.
type FormatOption interface{ applyToFormat(*formatConfig) }

type formatConfig struct {
	text          string
	hasText       bool
	imports       []*serde.Definition
	validator     []ValidatorOption
	writeUnproved bool
	readProved    bool
	refuseUnknown bool
	fillDefaults  bool
}

type formatOption func(*formatConfig)

func (o formatOption) applyToFormat(c *formatConfig) { o(c) }

// WithSchema gives T's schema as text instead of deriving it from T. imports are the schemas that the
// text refers to; the Name of each is what a $ref calls it.
func WithSchema(text string, imports ...*serde.Definition) FormatOption {
	return formatOption(func(c *formatConfig) { c.text, c.hasText, c.imports = text, true, imports })
}

// WithoutWriteValidation writes values without a look at the registered schema. By default what is
// written is valid: a schema of the common keywords costs about as much again as the encoding, any other
// parsing the text and walking the tree.
func WithoutWriteValidation() FormatOption {
	return formatOption(func(c *formatConfig) { c.writeUnproved = true })
}

// WithReadValidation checks what is read against the schema that it was written with. By default that is
// left to the writers.
func WithReadValidation() FormatOption {
	return formatOption(func(c *formatConfig) { c.readProved = true })
}

// RefuseUnknownProperties makes it an error to read a property that T has no field for. By default such
// are ignored; a T with a map field tagged json:",embed" keeps them.
func RefuseUnknownProperties() FormatOption {
	return formatOption(func(c *formatConfig) { c.refuseUnknown = true })
}

// FillDefaults gives properties that a payload lacks the default of T's own schema. The payload is then
// parsed twice.
func FillDefaults() FormatOption {
	return formatOption(func(c *formatConfig) { c.fillDefaults = true })
}

// For is JSON Schema for the Go type T, with the schema that [SchemaFor] derives from it, or that of
// [WithSchema]. With T any or map[string]any there is no such schema unless it is given: what is read are
// map[string]any, []any, string, bool, nil, and encoding/json's Number, which has all digits.
//
// Tags are those of encoding/json, and mean what they mean there; names are compared with
// their case, nil slices and maps are written as [] and {}, and a name that occurs twice is an error.
//
// Errors of T or of the schema come from the methods, with the first use.
func For[T any](opts ...FormatOption) *Format[T] {
	f := &Format[T]{}
	for _, o := range opts {
		o.applyToFormat(&f.config)
	}
	f.own = sync.OnceValues(f.ownSchema)
	return f
}

// Dynamic is JSON Schema without a Go type: see [For] for what values are read.
func Dynamic(schemaText string, opts ...FormatOption) *Format[map[string]any] {
	return For[map[string]any](append([]FormatOption{WithSchema(schemaText)}, opts...)...)
}

// SchemaType is [registry.JSON].
func (f *Format[T]) SchemaType() registry.SchemaType { return registry.JSON }

// Definition is T's own schema; nil when there is none.
func (f *Format[T]) Definition() (*serde.Definition, error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	return own.definition, nil
}

// RecordName is the title of T's own schema.
func (f *Format[T]) RecordName() (string, error) {
	own, err := f.own()
	switch {
	case err != nil:
		return "", err
	case own.schema == nil:
		return "", fmt.Errorf("jsonschema: a dynamic format without a schema has no record name: give it one with WithSchema")
	case own.schema.Title() == "":
		return "", newSchemaError("/title", "the schema has no title, which is the record name: add one, or use another subject strategy")
	}
	return own.schema.Title(), nil
}

// Schema is T's own schema; nil when there is none.
func (f *Format[T]) Schema() (*Schema, error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	return own.schema, nil
}

func (f *Format[T]) ownSchema() (*formatSchema, error) {
	t := reflect.TypeFor[T]()
	if !f.config.hasText {
		if t == anyType || t == reflect.TypeFor[map[string]any]() {
			return &formatSchema{}, nil
		}
		text, err := deriveSchema(t)
		if err != nil {
			return nil, err
		}
		s, err := Parse(text)
		if err != nil {
			return nil, err
		}
		return &formatSchema{s, &serde.Definition{Schema: registry.Schema{Text: text, Type: registry.JSON}}}, nil
	}
	var references []Reference
	seen := make(map[*serde.Definition]bool)
	for _, d := range f.config.imports {
		var err error
		if references, err = parseImport(d, references, seen); err != nil {
			return nil, err
		}
	}
	s, err := Parse(f.config.text, WithReferences(references...))
	if err != nil {
		return nil, err
	}
	return &formatSchema{s, &serde.Definition{Schema: registry.Schema{Text: f.config.text, Type: registry.JSON}, Imports: f.config.imports}}, nil
}

// parseImport parses what d imports, and then d, each once.
func parseImport(d *serde.Definition, parsed []Reference, seen map[*serde.Definition]bool) ([]Reference, error) {
	switch {
	case d == nil:
		return nil, newSchemaError("", "an import is nil")
	case seen[d]:
		return parsed, nil
	}
	seen[d] = true
	for _, inner := range d.Imports {
		var err error
		if parsed, err = parseImport(inner, parsed, seen); err != nil {
			return nil, err
		}
	}
	s, err := Parse(d.Schema.Text, WithReferences(parsed...))
	if err != nil {
		return nil, fmt.Errorf("jsonschema: import %s: %w", excerpt(d.Name), err)
	}
	return append(parsed, Reference{Name: d.Name, Schema: s}), nil
}

// parseWriter parses a schema that a registry gave.
func parseWriter(w serde.WriterSchema) (*Schema, error) {
	if w.Type != registry.JSON {
		return nil, newSchemaError("", "the writer schema is of type %s, not %s", excerpt(string(w.Type)), registry.JSON)
	}
	var references []Reference
	for _, r := range w.Referenced {
		s, err := Parse(r.Schema.Text, WithReferences(references...))
		if err != nil {
			return nil, fmt.Errorf("jsonschema: reference %s: %w", excerpt(r.Name), err)
		}
		references = append(references, Reference{Name: r.Name, Schema: s})
	}
	return Parse(w.Text, WithReferences(references...))
}

// NewEncoder compiles an encoder that checks values against the writer schema.
func (f *Format[T]) NewEncoder(writer serde.WriterSchema) (serde.Encoder[T], error) {
	w, err := parseWriter(writer)
	if err != nil {
		return nil, err
	}
	e := &encoder[T]{}
	if !f.config.writeUnproved {
		if e.validator, err = NewValidator(w, f.config.validator...); err != nil {
			return nil, err
		}
	}
	e.options = encodeOptions(reflect.TypeFor[T]())
	return e, nil
}

// NewDecoder compiles a decoder of what was written with the writer schema.
func (f *Format[T]) NewDecoder(writer serde.WriterSchema) (serde.Decoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	w, err := parseWriter(writer)
	if err != nil {
		return nil, err
	}
	d := &decoder[T]{limits: ValidationLimits{}.resolve()}
	var config validatorConfig
	for _, o := range f.config.validator {
		o.applyToValidator(&config)
	}
	d.limits = config.limits.resolve()
	if f.config.readProved {
		if d.validator, err = NewValidator(w, f.config.validator...); err != nil {
			return nil, err
		}
	}
	if f.config.fillDefaults && own.schema != nil {
		d.defaults = own.schema.doc
	}
	d.options = decodeOptions(reflect.TypeFor[T](), f.config.refuseUnknown)
	return d, nil
}

// MatchWriter compares the writer schema's title with T's own. Where one has none, nothing speaks against it:
// a loose match.
func (f *Format[T]) MatchWriter(writer serde.WriterSchema) (serde.Match, error) {
	own, err := f.own()
	if err != nil {
		return serde.NoMatch, err
	}
	w, err := parseWriter(writer)
	switch {
	case err != nil:
		return serde.NoMatch, err
	case own.schema == nil || own.schema.Title() == "" || w.Title() == "":
		return serde.LooseMatch, nil
	case own.schema.Title() == w.Title():
		return serde.ExactMatch, nil
	}
	return serde.NoMatch, nil
}
