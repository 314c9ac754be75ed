package jsonschema

import "strings"

// ParseOption changes how Parse reads a schema.
type ParseOption interface{ apply(*parseOptions) }

type parseOptions struct {
	references []Reference
	limits     ParseLimits
}

type parseOption func(*parseOptions)

func (o parseOption) apply(p *parseOptions) { o(p) }

// WithReferences gives the schemas that the text refers to by name, with all that those refer
// to. By default there are none, and a $ref to anything but the schema itself is an
// error: nothing is ever read from files or the network. It may be given several times; of
// equal names the first one counts.
func WithReferences(references ...Reference) ParseOption {
	return parseOption(func(p *parseOptions) { p.references = append(p.references, references...) })
}

// WithParseLimits sets how large a schema may be. The default are those of the zero
// ParseLimits.
func WithParseLimits(limits ParseLimits) ParseOption {
	return parseOption(func(p *parseOptions) { p.limits = limits })
}

// ParseLimits bounds what a schema may cost. A zero or negative field means its default.
type ParseLimits struct {
	Bytes  int // of the text: 16 MiB
	Depth  int // of nested JSON values: 1000, which is the most as well
	Values int // JSON values of any kind: 250,000
}

func (l ParseLimits) resolve() ParseLimits {
	const bytes, depth, values = 16 << 20, 1000, 1_000_000
	if l.Bytes <= 0 {
		l.Bytes = bytes
	}
	if l.Depth <= 0 || l.Depth > depth {
		l.Depth = depth
	}
	if l.Values <= 0 {
		l.Values = values
	}
	return l
}

// Parse reads a JSON Schema: an object or a boolean. The draft is that of $schema, draft 7
// when it has none. What follows the JSON value in the text is dropped. A $ref must lead to
// a place in the text, or into one of the schemas of WithReferences. The error is
// a *SchemaError.
func Parse(text string, opts ...ParseOption) (*Schema, error) {
	var o parseOptions
	for _, opt := range opts {
		opt.apply(&o)
	}
	doc, err := readValue(text, o.limits.resolve())
	if err != nil {
		return nil, err
	}
	s := &Schema{doc: doc, references: flatten(o.references)}
	switch doc.kind {
	case boolValue:
		s.root = booleanSchema(doc)
		return s, nil
	case objectValue:
	default:
		return nil, newSchemaError("", "a schema is an object or a boolean, not %s", doc.describe())
	}
	if v := doc.get("$schema"); v != nil {
		if v.kind != stringValue {
			return nil, newSchemaError("/$schema", "must be a string, not %s", v.describe())
		}
		s.draft = draftOf(v.text)
	}
	l := newLoader(s)
	if s.root, err = l.loadAll(); err != nil {
		return nil, err
	}
	return s, nil
}

// The schemas that say nothing more: one node is enough for all of them.
var (
	emptySchema = &node{kind: emptyNode}
	trueSchema  = &node{kind: trueNode}
	falseSchema = &node{kind: falseNode}
)

func booleanSchema(v *value) *node {
	if v.bool {
		return trueSchema
	}
	return falseSchema
}

// flatten lists references with what they refer to in turn, each name once: first the
// direct ones.
func flatten(direct []Reference) []Reference {
	var all []Reference
	seen := make(map[string]bool)
	add := func(r Reference) {
		if r.Schema != nil && !seen[r.Name] {
			seen[r.Name] = true
			all = append(all, r)
		}
	}
	for _, r := range direct {
		add(r)
	}
	for _, r := range direct {
		if r.Schema != nil {
			for _, inner := range r.Schema.references {
				add(inner)
			}
		}
	}
	return all
}

// escapePointer is a token of a JSON pointer.
func escapePointer(token string) string {
	if !strings.ContainsAny(token, "~/") {
		return token
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}
