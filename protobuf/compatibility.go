package protobuf

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DifferenceKind says in what two schemas differ, in the words of the schema registries.
type DifferenceKind string

// The kinds that make a reader schema incompatible.
const (
	PackageChanged             DifferenceKind = "PACKAGE_CHANGED"
	MessageRemoved             DifferenceKind = "MESSAGE_REMOVED"
	FieldKindChanged           DifferenceKind = "FIELD_KIND_CHANGED"        // scalar, message, map
	FieldScalarKindChanged     DifferenceKind = "FIELD_SCALAR_KIND_CHANGED" // scalars that are encoded in another way
	FieldNamedTypeChanged      DifferenceKind = "FIELD_NAMED_TYPE_CHANGED"
	FieldNumericLabelChanged   DifferenceKind = "FIELD_NUMERIC_LABEL_CHANGED" // repeated numbers are packed
	RequiredFieldAdded         DifferenceKind = "REQUIRED_FIELD_ADDED"
	RequiredFieldRemoved       DifferenceKind = "REQUIRED_FIELD_REMOVED"
	OneofFieldRemoved          DifferenceKind = "ONEOF_FIELD_REMOVED"
	FieldMovedToExistingOneof  DifferenceKind = "FIELD_MOVED_TO_EXISTING_ONEOF"
	MultipleFieldsMovedToOneof DifferenceKind = "MULTIPLE_FIELDS_MOVED_TO_ONEOF"
)

var descriptions = map[DifferenceKind]string{
	PackageChanged:             "the package is another one",
	MessageRemoved:             "the reader schema has no such message",
	FieldKindChanged:           "the field's type is of another kind",
	FieldScalarKindChanged:     "the field's scalar type is encoded in another way",
	FieldNamedTypeChanged:      "the field's message or enum is another one",
	FieldNumericLabelChanged:   "the field's label is another one, and its type a number",
	RequiredFieldAdded:         "the reader schema has a required field that the writer schema lacks",
	RequiredFieldRemoved:       "the writer schema has a required field that the reader schema lacks",
	OneofFieldRemoved:          "the reader schema's oneof lacks a field of the writer schema's",
	FieldMovedToExistingOneof:  "a field stands in a oneof that was there before without it",
	MultipleFieldsMovedToOneof: "several fields stand in one new oneof",
}

// Description is the kind in words.
func (k DifferenceKind) Description() string { return descriptions[k] }

// Difference is one reason why a reader schema cannot read a writer schema's data.
type Difference struct {
	Kind DifferenceKind
	Path string // "#/Message/3": of a message's field 3; "#/Message/choice/3": of the oneof choice
}

// String is the path, the kind and what it means.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: %s", d.Path, d.Kind, d.Kind.Description())
}

// CheckCompatibility lists why data written with the writer schema cannot be read with the
// reader schema, by the rules of the schema registries: fields are matched by number,
// oneofs by name, messages by their names without the package. None: they are compatible.
//
// The messages of imported files are compared where a field holds them; the field
// is then listed beside what was found in them.
func CheckCompatibility(writer, reader *Schema) []Difference {
	c := comparer{nodes: make(map[pair]*node)}
	main := &node{}
	if writer.file.pkg != reader.file.pkg {
		main.add(PackageChanged, "#/")
	}
	s := scan{c: &c, n: main, writer: writer, reader: reader}
	s.types("#", writer.file.messages, reader.file.messages)
	for len(c.pending) > 0 {
		next := c.pending[0]
		c.pending = c.pending[1:]
		next()
	}
	found := main.found
	all := []*node{main}
	for _, n := range c.nodes {
		found = append(found, n.found...)
		all = append(all, n)
	}
	// What leads to a difference is different itself.
	for changed := true; changed; {
		changed = false
		for _, n := range all {
			if !n.bad && (len(n.found) > 0 || slices.ContainsFunc(n.holds, func(h held) bool { return h.node.bad })) {
				n.bad, changed = true, true
			}
		}
	}
	for _, n := range all {
		for _, h := range n.holds {
			if h.node.bad {
				found = append(found, Difference{FieldNamedTypeChanged, h.path})
			}
		}
	}
	slices.SortFunc(found, func(a, b Difference) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return slices.Compact(found)
}

type pair struct{ writer, reader *message }

// comparer holds the pairs of imported messages that are compared, each once.
type comparer struct {
	nodes   map[pair]*node
	pending []func()
}

// node is a comparison: what was found, and which fields hold other pairs.
type node struct {
	found []Difference
	holds []held
	bad   bool
}

type held struct {
	path string
	node *node
}

func (n *node) add(kind DifferenceKind, path string) {
	n.found = append(n.found, Difference{kind, path})
}

// scan compares messages into a node.
type scan struct {
	c              *comparer
	n              *node
	writer, reader *Schema // whose messages they are
	imported       bool
}

func (s *scan) types(path string, writer, reader []*message) {
	before, after := byName(writer), byName(reader)
	for name, w := range before {
		at := path + "/" + name
		if r := after[name]; r != nil {
			s.messages(at, w, r)
		} else {
			s.n.add(MessageRemoved, at)
		}
	}
}

// byName finds messages by their names. Of several with one name, which protoc would not
// take, the last counts, on both sides; so it is with fields and oneofs.
func byName(all []*message) map[string]*message {
	m := make(map[string]*message, len(all))
	for _, one := range all {
		m[one.name] = one
	}
	return m
}

func (s *scan) messages(path string, w, r *message) {
	s.types(path, w.messages, r.messages)
	before, after := byTag(w.fields), byTag(r.fields)
	s.oneofs(path, w, r, before)
	for tag, f := range before {
		at := path + "/" + strconv.FormatInt(tag, 10)
		switch g := after[tag]; {
		case g != nil:
			s.fields(at, f, g)
		case f.label == "required" && !r.inOneof(tag):
			s.n.add(RequiredFieldRemoved, at)
		}
	}
	for tag, g := range after {
		if before[tag] == nil && g.label == "required" {
			s.n.add(RequiredFieldAdded, path+"/"+strconv.FormatInt(tag, 10))
		}
	}
}

// inOneof reports whether one of the oneofs has the field.
func (m *message) inOneof(tag int64) bool {
	return slices.ContainsFunc(m.oneofs, func(o *oneof) bool {
		return slices.ContainsFunc(o.fields, func(f *field) bool { return f.tag == tag })
	})
}

func byTag(all []*field) map[int64]*field {
	m := make(map[int64]*field, len(all))
	for _, f := range all {
		m[f.tag] = f
	}
	return m
}

func oneofsByName(all []*oneof) map[string]*oneof {
	m := make(map[string]*oneof, len(all))
	for _, o := range all {
		m[o.name] = o
	}
	return m
}

func (s *scan) oneofs(path string, w, r *message, before map[int64]*field) {
	old, current := oneofsByName(w.oneofs), oneofsByName(r.oneofs)
	for name, o := range current {
		at := path + "/" + name
		was := old[name]
		var own map[int64]*field
		if was != nil {
			own = byTag(was.fields)
		}
		moved := 0
		for _, f := range o.fields {
			if before[f.tag] != nil && own[f.tag] == nil {
				moved++
			}
		}
		if was == nil {
			fromOneof := slices.ContainsFunc(o.fields, func(f *field) bool { return w.inOneof(f.tag) })
			switch {
			case moved > 1:
				s.n.add(MultipleFieldsMovedToOneof, at)
			case moved == 1 && fromOneof: // a oneof that has another name now
				s.n.add(FieldMovedToExistingOneof, at)
			}
			continue
		}
		if moved > 0 {
			s.n.add(FieldMovedToExistingOneof, at)
		}
		now := byTag(o.fields)
		for tag, f := range own {
			at := at + "/" + strconv.FormatInt(tag, 10)
			if g := now[tag]; g != nil {
				s.fields(at, f, g)
			} else {
				s.n.add(OneofFieldRemoved, at)
			}
		}
	}
}

// fields compares the types of two fields with one number, and if those are alike
// their labels.
func (s *scan) fields(path string, f, g *field) {
	k, scalar := kindOf(f)
	k2, scalar2 := kindOf(g)
	switch {
	case k != k2:
		s.n.add(FieldKindChanged, path)
	case k == kindScalar && scalar != scalar2:
		s.n.add(FieldScalarKindChanged, path)
	case k == kindScalar && scalar != "bytes" && f.label != "" && g.label != "" && f.label != g.label:
		s.n.add(FieldNumericLabelChanged, path) // repeated numbers are packed
	case k == kindMessage:
		s.named(path, f, g)
	case k == kindMap:
		if scalarGroups[f.key] != scalarGroups[g.key] {
			s.n.add(FieldScalarKindChanged, path)
		}
		s.fields(path, f.valueOfMap(), g.valueOfMap())
	}
}

// scalarGroups are the scalars that are encoded alike.
var scalarGroups = map[string]string{
	"int32": "int", "int64": "int", "uint32": "int", "uint64": "int", "bool": "int",
	"sint32": "sint", "sint64": "sint", "string": "bytes", "bytes": "bytes",
	"fixed32": "fixed32", "sfixed32": "fixed32", "fixed64": "fixed64", "sfixed64": "fixed64", "float": "float", "double": "double",
}

type fieldKind uint8

const (
	kindScalar fieldKind = iota
	kindMessage
	kindMap
)

func kindOf(f *field) (kind fieldKind, scalar string) {
	switch {
	case f.key != "":
		return kindMap, ""
	case f.isEnum:
		return kindScalar, "int"
	case scalars[f.typ]:
		return kindScalar, scalarGroups[f.typ]
	}
	return kindMessage, ""
}

// valueOfMap is a field of the type of a map's values.
func (f *field) valueOfMap() *field {
	v := *f
	v.key, v.label = "", ""
	return &v
}

// named compares the messages that two fields hold.
func (s *scan) named(path string, f, g *field) {
	w, r := f.declaration(s.writer), g.declaration(s.reader)
	if w.local() != r.local() {
		s.n.add(FieldNamedTypeChanged, path)
		return
	}
	if !s.imported && f.from == nil && g.from == nil || w.message == nil || r.message == nil || w.schema == nil || r.schema == nil {
		return // compared where they are declared, or built in
	}
	key := pair{w.message, r.message}
	n := s.c.nodes[key]
	if n == nil {
		n = &node{}
		s.c.nodes[key] = n
		inner := &scan{c: s.c, n: n, writer: w.schema, reader: r.schema, imported: true}
		s.c.pending = append(s.c.pending, func() { inner.messages("#/"+w.local(), w.message, r.message) })
	}
	s.n.holds = append(s.n.holds, held{path, n})
}

// declaration is the type of a field of a message of that schema.
func (f *field) declaration(of *Schema) *typeDecl {
	if f.from != nil {
		of = f.from
	}
	if t := of.types[f.resolved]; t != nil {
		return t
	}
	return &typeDecl{name: f.resolved}
}

// local is a type's name without the package, as a path.
func (t *typeDecl) local() string {
	name := t.name
	if t.schema != nil && t.schema.file.pkg != "" {
		name = strings.TrimPrefix(name, t.schema.file.pkg+".")
	}
	return strings.ReplaceAll(name, ".", "/")
}
