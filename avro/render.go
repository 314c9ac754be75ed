package avro

import (
	"encoding/json"
	"slices"
	"strings"
)

// String is the schema as compact JSON, in the form that Avro for Java 1.12 and
// Confluent's registry print: attributes in a fixed order, a primitive type without
// properties as its name, each named type written out where it first stands
// and by its name after that, namespaces only where they change.
func (s *Schema) String() string {
	r := renderer{seen: make(map[Name]bool)}
	r.schema(s, "")
	return string(r.dst)
}

// Normalized is String with what does not matter brought into one form, as
// Confluent's registry does on normalize=true: properties, aliases and the
// members of JSON objects sorted, defaults of type float and double with a
// fraction, empty docs left out, "error" written as "record". It copies two
// quirks, since it is for telling whether that registry would take two texts
// for one: an explicit empty namespace is left out, so that the text may name
// the type differently, and a field of type [], or a default with a member
// that its record does not have, is an error.
func (s *Schema) Normalized() (string, error) {
	r := renderer{seen: make(map[Name]bool), normal: true}
	r.schema(s, "")
	return string(r.dst), r.err
}

// MarshalJSON is [Schema.String].
func (s *Schema) MarshalJSON() ([]byte, error) { return []byte(s.String()), nil }

type renderer struct {
	dst    []byte
	seen   map[Name]bool
	normal bool
	err    error // the first; only when normal
}

// attribute begins the attribute of an object; the first one has no comma before it.
func (r *renderer) attribute(name string) {
	if r.dst[len(r.dst)-1] != '{' {
		r.dst = append(r.dst, ',')
	}
	r.dst = append(appendJSONString(r.dst, name), ':')
}

func (r *renderer) text(name, value string) {
	r.attribute(name)
	r.dst = appendJSONString(r.dst, value)
}

func (r *renderer) texts(name string, values []string) {
	r.attribute(name)
	r.dst = append(r.dst, '[')
	for i, v := range values {
		if i > 0 {
			r.dst = append(r.dst, ',')
		}
		r.dst = appendJSONString(r.dst, v)
	}
	r.dst = append(r.dst, ']')
}

func (r *renderer) doc(doc string, ok bool) {
	if ok && !(r.normal && doc == "") {
		r.text("doc", doc)
	}
}

// schema renders s where namespace encloses it.
func (r *renderer) schema(s *Schema, namespace string) {
	switch {
	case s.kind == Union:
		r.dst = append(r.dst, '[')
		for i, b := range s.branches {
			if i > 0 {
				r.dst = append(r.dst, ',')
			}
			r.schema(b, namespace)
		}
		r.dst = append(r.dst, ']')
		return
	case s.kind.isNamed() && r.seen[s.name]:
		r.dst = appendJSONString(r.dst, r.nameWithin(s.name, namespace))
		return
	case s.kind < Record && len(s.props) == 0:
		r.dst = appendJSONString(r.dst, s.kind.String())
		return
	}
	r.dst = append(r.dst, '{')
	if s.isError && !r.normal {
		r.text("type", "error")
	} else {
		r.text("type", s.kind.String())
	}
	if s.kind.isNamed() {
		r.seen[s.name] = true
		r.text("name", s.name.Local)
		if s.name.Namespace != namespace && !(r.normal && s.name.Namespace == "") {
			r.text("namespace", s.name.Namespace)
		}
		r.doc(s.doc, s.hasDoc)
	}
	switch s.kind {
	case Record:
		r.fields(s)
	case Enum:
		r.texts("symbols", s.symbols)
		if s.fallback != "" {
			r.text("default", s.fallback)
		}
	case Fixed:
		r.attribute("size")
		r.dst = appendInt(r.dst, s.size)
	case Array:
		r.attribute("items")
		r.schema(s.items, namespace)
	case Map:
		r.attribute("values")
		r.schema(s.items, namespace)
	}
	r.properties(s.props)
	if len(s.aliases) > 0 {
		aliases := make([]string, len(s.aliases))
		for i, a := range s.aliases {
			aliases[i] = aliasWithin(a, s.name.Namespace)
		}
		r.aliases(aliases)
	}
	r.dst = append(r.dst, '}')
}

func (r *renderer) fields(s *Schema) {
	r.attribute("fields")
	r.dst = append(r.dst, '[')
	for i := range s.fields {
		f := &s.fields[i]
		if i > 0 {
			r.dst = append(r.dst, ',')
		}
		r.dst = append(r.dst, '{')
		r.text("name", f.name)
		r.attribute("type")
		r.schema(f.typ, s.name.Namespace)
		r.doc(f.doc, f.hasDoc)
		if f.defaultJSON != nil {
			r.attribute("default")
			r.fieldDefault(s, f)
		} else if f.typ.kind == Union && len(f.typ.branches) == 0 {
			r.refuse(s, f)
		}
		if f.isDescending() || f.isIgnored() {
			r.text("order", f.order)
		}
		if len(f.aliases) > 0 {
			r.aliases(f.aliases)
		}
		r.properties(f.props)
		r.dst = append(r.dst, '}')
	}
	r.dst = append(r.dst, ']')
}

func (r *renderer) aliases(aliases []string) {
	if r.normal {
		aliases = slices.Sorted(slices.Values(aliases))
	}
	r.texts("aliases", aliases)
}

func (r *renderer) properties(props []Property) {
	style := javaJSON
	if r.normal {
		style = sortedJSON
		props = slices.SortedFunc(slices.Values(props), func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, p := range props {
		r.attribute(p.Name)
		r.dst = appendJSON(r.dst, storedJSON(p.Value), style)
	}
}

func (r *renderer) fieldDefault(s *Schema, f *Field) {
	v := storedJSON(f.defaultJSON)
	if !r.normal {
		r.dst = appendJSON(r.dst, v, javaJSON)
		return
	}
	var ok bool
	if r.dst, ok = appendNormalDefault(r.dst, f.typ, v); !ok {
		r.refuse(s, f)
	}
}

// refuse notes that field f of record s has no normalized form.
func (r *renderer) refuse(s *Schema, f *Field) {
	if r.normal && r.err == nil {
		r.err = newSchemaError("", "the field %s of %s has no normalized form: its type is an empty union, or its default has a member that the record has not",
			excerpt(f.name), excerpt(s.name.String()))
	}
}

// storedJSON parses JSON that the parser has stored, and so is valid.
func storedJSON(raw json.RawMessage) *jsonValue {
	v, err := parseJSON(string(raw), len(raw)+1)
	if err != nil { // not reached
		return &jsonValue{kind: jsonNull, text: "null"}
	}
	return v
}

// nameWithin is the shortest name by which a reader finds n where namespace encloses it.
func (r *renderer) nameWithin(n Name, namespace string) string {
	if n.Namespace == namespace {
		if _, isType := typeNames[n.Local]; isType && namespace != "" {
			return n.String()
		}
		return n.Local
	}
	if n.Namespace == "" && r.seen[Name{namespace, n.Local}] {
		return "." + n.Local // the simple name would find the namespace's own
	}
	return n.String()
}

// aliasWithin is the shortest form of an alias of a type in namespace.
func aliasWithin(a Name, namespace string) string {
	switch {
	case a.Namespace == namespace:
		if _, isType := typeNames[a.Local]; isType && namespace != "" {
			return a.String()
		}
		return a.Local
	case a.Namespace == "":
		return "." + a.Local // an alias without a dot is in the type's namespace
	}
	return a.String()
}

// typeNames are the words that are a type wherever they stand.
var typeNames = func() map[string]Kind {
	m := make(map[string]Kind, len(kindNames))
	for k, name := range kindNames {
		m[name] = Kind(k)
	}
	return m
}()
