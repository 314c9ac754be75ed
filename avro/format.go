package avro

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/concord-go/concord/internal/zigzag"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// Format is Avro for values of T, to be given to serde's serializer and
// deserializer. It is safe for concurrent use.
type Format[T any] struct {
	config formatConfig
	own    func() (*formatSchema, error)
}

// formatSchema is T's schema; without one all is nil.
type formatSchema struct {
	schema     *Schema
	definition *serde.Definition
}

// FormatOption changes a [Format]. [CodecOption] and [DecoderFormatOption] are such, too.
type FormatOption interface{ applyToFormat(*formatConfig) }

type formatConfig struct {
	text    string
	hasText bool
	imports []*serde.Definition
	encoder []EncoderOption
	decoder []DecoderOption
}

// derives is what of the options counts for the schema.
func (c *formatConfig) derives(d *deriveConfig) {
	var decode decodeConfig
	for _, o := range c.decoder {
		o.applyToDecoder(&decode)
	}
	d.conversions, d.unions = decode.conversions, decode.unions
}

type formatOption func(*formatConfig)

func (o formatOption) applyToFormat(c *formatConfig) { o(c) }

// WithSchema gives T's schema as text, from a file perhaps, instead of deriving it
// from T's tags. imports are the schemas whose named types the text uses; the
// Name of each is the full name of its type.
func WithSchema(text string, imports ...*serde.Definition) FormatOption {
	return formatOption(func(c *formatConfig) { c.text, c.hasText, c.imports = text, true, imports })
}

// For is Avro for the Go type T, with the schema that [SchemaFor] derives from T's
// tags, or that of [WithSchema]. With T any or map[string]any there is no
// such schema: what is read has the form in which it was written.
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

// Dynamic is Avro without a Go type: values are maps from field names to values of
// the Go types that goavro uses:
//
//	null, boolean, string           nil, bool, string
//	int, long, float, double        int32, int64, float32, float64
//	bytes, fixed                    []byte
//	enum                            string
//	record, map                     map[string]any
//	array                           []any
//	union                           nil, or a map from the branch's name to its value:
//	                                map[string]any{"string": "x"}
//	date, timestamp-millis/-micros  time.Time (in a union "long.timestamp-millis")
//	time-millis, time-micros        time.Duration
//	decimal                         *big.Rat
//
// Other logical types are as the type they stand on. On writing other Go numbers
// are taken too as long as they fit, whole numbers for times, slices and maps of any
// type, and in a union a value that fits one branch only. The schema must be a record.
//
// What is read shares memory in small groups: the numbers of an array, and short strings.
// Who keeps one keeps its group alive, at most a few thousand bytes.
func Dynamic(schemaText string, opts ...FormatOption) *Format[map[string]any] {
	return For[map[string]any](append([]FormatOption{WithSchema(schemaText)}, opts...)...)
}

// SchemaType is [registry.Avro].
func (f *Format[T]) SchemaType() registry.SchemaType { return registry.Avro }

// Definition is T's own schema; nil when there is none.
func (f *Format[T]) Definition() (*serde.Definition, error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	return own.definition, nil
}

// RecordName is the full name of T's own schema.
func (f *Format[T]) RecordName() (string, error) {
	own, err := f.own()
	switch {
	case err != nil:
		return "", err
	case own.schema == nil:
		return "", fmt.Errorf("avro: a dynamic format without a schema has no record name: give it one with WithSchema")
	case !own.schema.kind.isNamed():
		return "", fmt.Errorf("avro: a schema of type %s has no record name", own.schema.kind)
	}
	return own.schema.name.String(), nil
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
		if t == anyType || t == dynamicType {
			return &formatSchema{}, nil
		}
		s, err := schemaOf(t, f.config.derives)
		if err != nil {
			return nil, err
		}
		return &formatSchema{s, &serde.Definition{Schema: registry.Schema{Text: s.String(), Type: registry.Avro}}}, nil
	}
	var references []*Schema
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
	return &formatSchema{s, &serde.Definition{Schema: registry.Schema{Text: f.config.text, Type: registry.Avro}, Imports: f.config.imports}}, nil
}

// parseImport parses what d imports, and then d, each once.
func parseImport(d *serde.Definition, parsed []*Schema, seen map[*serde.Definition]bool) ([]*Schema, error) {
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
		return nil, fmt.Errorf("avro: import %s: %w", excerpt(d.Name), err)
	}
	return append(parsed, s), nil
}

// parseWriter parses a schema that a registry gave. Its namespaces and defaults need
// not be right: data were written with it all the same.
func parseWriter(w serde.WriterSchema) (*Schema, error) {
	if w.Type != "" && w.Type != registry.Avro {
		return nil, newSchemaError("", "the writer schema is of type %s, not %s", excerpt(string(w.Type)), registry.Avro)
	}
	var references []*Schema
	for _, r := range w.Referenced {
		s, err := Parse(r.Schema.Text, WithReferences(references...), WithLaxNamespaces(), WithDefaultCheck(IgnoreDefaults))
		if err != nil {
			return nil, fmt.Errorf("avro: reference %s: %w", excerpt(r.Name), err)
		}
		references = append(references, s)
	}
	return Parse(w.Text, WithReferences(references...), WithLaxNamespaces(), WithDefaultCheck(IgnoreDefaults))
}

// NewEncoder compiles an encoder for the writer schema; see [NewEncoder].
func (f *Format[T]) NewEncoder(writer serde.WriterSchema) (serde.Encoder[T], error) {
	w, err := parseWriter(writer)
	if err != nil {
		return nil, err
	}
	e, err := NewEncoder[T](w, f.config.encoder...)
	switch {
	case err != nil:
		return nil, err
	case w.kind == Bytes:
		return topBytesEncoder[T]{e}, nil
	}
	return e, nil
}

// NewDecoder compiles a decoder from the writer schema to T's own; see [NewDecoder].
func (f *Format[T]) NewDecoder(writer serde.WriterSchema) (serde.Decoder[T], error) {
	own, err := f.own()
	if err != nil {
		return nil, err
	}
	w, err := parseWriter(writer)
	if err != nil {
		return nil, err
	}
	d, err := NewDecoder[T](w, own.schema, f.config.decoder...)
	switch {
	case err != nil:
		return nil, err
	case w.kind == Bytes:
		return topBytesDecoder[T]{d}, nil
	}
	return d, nil
}

// MatchWriter compares the writer schema's name with T's own and its aliases (Avro 1.12, "Schema
// Resolution": names match also where only their namespaces differ, which is a loose match here).
func (f *Format[T]) MatchWriter(writer serde.WriterSchema) (serde.Match, error) {
	own, err := f.own()
	if err != nil {
		return serde.NoMatch, err
	}
	w, err := parseWriter(writer)
	switch {
	case err != nil:
		return serde.NoMatch, err
	case own.schema == nil:
		return serde.LooseMatch, nil
	case own.schema.kind != w.kind:
		return serde.NoMatch, nil
	case !w.kind.isNamed():
		return serde.LooseMatch, nil
	case own.schema.name == w.name || slices.Contains(own.schema.aliases, w.name):
		return serde.ExactMatch, nil
	case own.schema.name.Local == w.name.Local:
		return serde.LooseMatch, nil
	}
	return serde.NoMatch, nil
}

// topBytesEncoder leaves out the length of bytes: where the whole schema is bytes,
// the wire format's payload is the bytes alone.
type topBytesEncoder[T any] struct{ inner *Encoder[T] }

func (e topBytesEncoder[T]) AppendEncode(dst []byte, v T) ([]byte, error) {
	out, err := e.inner.AppendEncode(dst, v)
	if err != nil {
		return dst, err
	}
	start := len(dst)
	_, n := zigzag.Read(out[start:])
	return append(out[:start], out[start+n:]...), nil
}

type topBytesDecoder[T any] struct{ inner *Decoder[T] }

func (d topBytesDecoder[T]) Decode(payload []byte, v *T) error {
	b := make([]byte, 0, zigzag.MaxLen+len(payload))
	b = append(zigzag.Append(b, int64(len(payload))), payload...)
	return d.inner.Decode(b, v)
}
