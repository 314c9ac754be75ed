package protobuf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Differences lists all in which the schemas differ, by the rules of [CheckCompatibility],
// what does no harm included: see [DifferenceKind.Compatible].
func Differences(writer, reader *Schema) []Difference { return compare(writer, reader, true) }

// CheckCompatibility lists why data written with the writer schema cannot be read with the
// reader schema, by the rules of the schema registries: fields are matched by number,
// oneofs by name, messages by their names without the package. None: they are compatible.
//
// The messages of imported files are compared where a field holds them; the field
// is then listed beside what was found in them.
func CheckCompatibility(writer, reader *Schema) []Difference { return compare(writer, reader, false) }

func compare(writer, reader *Schema, all bool) []Difference {
	c := comparer{nodes: make(map[pair]*node), all: all, files: make(map[*Schema]string)}
	c.name(reader)
	main := &node{}
	if writer.file.pkg != reader.file.pkg {
		main.add(Difference{Kind: PackageChanged, Path: "#/"})
	}
	s := scan{c: &c, n: main, writer: writer, reader: reader}
	s.types("#", writer.file.messages, reader.file.messages)
	s.enums("#", writer.file.enums, reader.file.enums)
	for len(c.pending) > 0 {
		next := c.pending[0]
		c.pending = c.pending[1:]
		next()
	}
	found := append(main.found, main.harmless...)
	nodes := []*node{main}
	for _, n := range c.nodes {
		found = append(append(found, n.found...), n.harmless...)
		nodes = append(nodes, n)
	}
	// What leads to a difference is different itself.
	for changed := true; changed; {
		changed = false
		for _, n := range nodes {
			if !n.bad && (len(n.found) > 0 || slices.ContainsFunc(n.holds, func(h held) bool { return h.node.bad })) {
				n.bad, changed = true, true
			}
		}
	}
	for _, n := range nodes {
		for _, h := range n.holds {
			if h.node.bad {
				found = append(found, h.Difference)
			}
		}
	}
	slices.SortFunc(found, func(a, b Difference) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Path, b.Path), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return slices.Compact(found)
}

type pair struct{ writer, reader *message }

// comparer holds the pairs of imported messages that are compared, each once.
type comparer struct {
	nodes   map[pair]*node
	pending []func()
	all     bool // also what does no harm
	files   map[*Schema]string
}

// name notes the paths of the files that a schema imports.
func (c *comparer) name(s *Schema) {
	for _, r := range s.references {
		if _, ok := c.files[r.Schema]; !ok && r.Schema != nil {
			c.files[r.Schema] = r.Path
			c.name(r.Schema)
		}
	}
}

// node is a comparison: what was found, and which fields hold other pairs.
type node struct {
	found    []Difference
	harmless []Difference
	holds    []held
	bad      bool
}

// held is another pair, with what is said of the field if that is bad.
type held struct {
	Difference
	node *node
}

func (n *node) add(d Difference) { n.found = append(n.found, d) }

// scan compares messages into a node.
type scan struct {
	c              *comparer
	n              *node
	writer, reader *Schema // whose messages they are
	imported       bool
}

// add notes a difference. number is a field's, 0 for what is none.
func (s *scan) add(kind DifferenceKind, path string, number int64) {
	d := Difference{Kind: kind, Path: path, File: s.c.files[s.reader], Number: number}
	switch {
	case !kind.Compatible():
		s.n.add(d)
	case s.c.all:
		s.n.harmless = append(s.n.harmless, d)
	}
}

func (s *scan) types(path string, writer, reader []*message) {
	before, after := byName(writer), byName(reader)
	for name, w := range before {
		at := path + "/" + name
		if r := after[name]; r != nil {
			s.messages(at, w, r)
		} else {
			s.add(MessageRemoved, at, 0)
		}
	}
	for name := range after {
		if before[name] == nil {
			s.add(MessageAdded, path+"/"+name, 0)
		}
	}
}

// enums compares enums by name and their values by number.
func (s *scan) enums(path string, writer, reader []*enum) {
	if !s.c.all {
		return // nothing of it does harm
	}
	byName := func(all []*enum) map[string]*enum {
		m := make(map[string]*enum)
		for _, e := range all {
			m[e.name] = e
		}
		return m
	}
	before, after := byName(writer), byName(reader)
	for name, w := range before {
		r := after[name]
		if r == nil {
			s.add(EnumRemoved, path+"/"+name, 0)
			continue
		}
		names := make(map[int64]string)
		for _, v := range r.values {
			names[v.number] = v.name
		}
		had := make(map[int64]bool)
		for _, v := range w.values {
			had[v.number] = true
			at := path + "/" + name + "/" + strconv.FormatInt(v.number, 10)
			switch now, ok := names[v.number]; {
			case !ok:
				s.add(EnumConstRemoved, at, v.number)
			case now != v.name:
				s.add(EnumConstChanged, at, v.number)
			}
		}
		for number := range names {
			if !had[number] {
				s.add(EnumConstAdded, path+"/"+name+"/"+strconv.FormatInt(number, 10), number)
			}
		}
	}
	for name := range after {
		if before[name] == nil {
			s.add(EnumAdded, path+"/"+name, 0)
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
	s.enums(path, w.enums, r.enums)
	before, after := byTag(w.fields), byTag(r.fields)
	s.oneofs(path, w, r, before)
	for tag, f := range before {
		at := path + "/" + strconv.FormatInt(tag, 10)
		switch g := after[tag]; {
		case g != nil:
			s.fields(at, f, g)
		case f.label == "required" && !r.inOneof(tag):
			s.add(RequiredFieldRemoved, at, tag)
		case !r.inOneof(tag):
			s.add(FieldRemoved, at, tag)
		}
	}
	for tag, g := range after {
		switch at := path + "/" + strconv.FormatInt(tag, 10); {
		case before[tag] != nil:
		case g.label == "required":
			s.add(RequiredFieldAdded, at, tag)
		case !w.inOneof(tag):
			s.add(FieldAdded, at, tag)
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
				s.add(MultipleFieldsMovedToOneof, at, 0)
			case moved == 1 && fromOneof: // a oneof that has another name now
				s.add(FieldMovedToExistingOneof, at, 0)
			default:
				s.add(OneofAdded, at, 0)
			}
			continue
		}
		if moved > 0 {
			s.add(FieldMovedToExistingOneof, at, 0)
		}
		now := byTag(o.fields)
		for tag, f := range own {
			at := at + "/" + strconv.FormatInt(tag, 10)
			if g := now[tag]; g != nil {
				s.fields(at, f, g)
			} else {
				s.add(OneofFieldRemoved, at, tag)
			}
		}
		for tag := range now {
			if own[tag] == nil && before[tag] == nil {
				s.add(OneofFieldAdded, at+"/"+strconv.FormatInt(tag, 10), tag)
			}
		}
	}
	for name := range old {
		if current[name] == nil {
			s.add(OneofRemoved, path+"/"+name, 0)
		}
	}
}

// fields compares the types of two fields with one number, and if those are alike
// their labels.
func (s *scan) fields(path string, f, g *field) {
	if f.name != g.name {
		s.add(FieldNameChanged, path, g.tag)
	}
	k, scalar := kindOf(f)
	k2, scalar2 := kindOf(g)
	switch {
	case k != k2:
		s.add(FieldKindChanged, path, g.tag)
	case k == kindScalar && scalar != scalar2:
		s.add(FieldScalarKindChanged, path, g.tag)
	case k == kindScalar && f.label != "" && g.label != "" && f.label != g.label:
		if scalar == "bytes" {
			s.add(FieldStringOrBytesLabelChanged, path, g.tag)
		} else {
			s.add(FieldNumericLabelChanged, path, g.tag) // repeated numbers are packed
		}
	case k == kindMessage:
		s.named(path, f, g)
	case k == kindMap:
		if scalarGroups[f.key] != scalarGroups[g.key] {
			s.add(FieldScalarKindChanged, path, g.tag)
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
		s.add(FieldNamedTypeChanged, path, g.tag)
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
	s.n.holds = append(s.n.holds, held{Difference{Kind: FieldNamedTypeChanged, Path: path, File: s.c.files[s.reader], Number: g.tag}, n})
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
