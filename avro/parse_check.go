package avro

import (
	"bytes"
	"fmt"
	"slices"
)

// addReferences makes the named types of all references known.
func (p *parser) addReferences() error {
	seen := make(map[*Schema]bool)
	var all []*Schema
	for _, r := range p.references {
		if r == nil {
			return newSchemaError("", "WithReferences was given a nil schema")
		}
		all = append(all, r)
	}
	for len(all) > 0 {
		s := all[len(all)-1]
		all = all[:len(all)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		if s.kind.isNamed() {
			if first := p.names[s.name]; first != nil && !sameDefinition(first, s) {
				return newSchemaError("", "two references define %s differently", excerpt(s.name.String()))
			} else if first == nil {
				p.names[s.name] = s
			}
		}
		for c := range s.children {
			all = append(all, c)
		}
	}
	return nil
}

// finish does what needs the whole schema: it sets the types that were used
// before their definition and checks unions, depth, second definitions and defaults.
func (p *parser) finish(root **Schema) error {
	for _, ref := range p.pending {
		s := p.names[ref.name]
		if s == nil {
			return &SchemaError{
				Path: ref.path.String(), Undefined: ref.name,
				Reason: fmt.Sprintf("the type %s is not defined here or in a reference", excerpt(ref.name.String())),
			}
		}
		*ref.slot = s
	}
	for _, u := range p.unions {
		if err := checkUnion(u.schema, u.path); err != nil {
			return err
		}
	}
	if !depthWithin(*root, p.limits.Depth, make(map[*Schema]bool)) {
		return newLimitError("", "the types are nested too deeply")
	}
	for _, t := range p.twins {
		if !sameDefinition(t.first, t.second) {
			return t.path.errorf("%s is defined twice, and differently", excerpt(t.first.name.String()))
		}
	}
	return p.defaults.finish(p.defaultCheck)
}

// checkUnion holds the rules of Avro 1.12, "Unions": no union directly within
// another, no kind twice except named types of different names.
func checkUnion(u *Schema, at *path) error {
	var kinds [Fixed + 1]bool
	names := make(map[Name]bool, len(u.branches))
	for i, b := range u.branches {
		switch {
		case b.kind == Union:
			return at.index(i).errorf("a union directly within a union")
		case b.kind.isNamed():
			if names[b.name] {
				return at.index(i).errorf("the union has the type %s twice", excerpt(b.name.String()))
			}
			names[b.name] = true
		case kinds[b.kind]:
			return at.index(i).errorf("the union has two branches of type %s", b.kind)
		default:
			kinds[b.kind] = true
		}
	}
	return nil
}

// depthWithin reports whether s, with each named type written out where it first
// stands, is at most depth levels of JSON deep. It bounds the recursion of
// all that walks through schemas.
func depthWithin(s *Schema, depth int, seen map[*Schema]bool) bool {
	if s.kind.isNamed() {
		if seen[s] {
			return true
		}
		seen[s] = true
	}
	switch s.kind {
	case Record:
		depth -= 3 // the record, its fields, the field
	case Array, Map, Union:
		depth--
	}
	if depth < 0 {
		return false
	}
	for c := range s.children {
		if !depthWithin(c, depth, seen) {
			return false
		}
	}
	return true
}

// sameDefinition reports whether two named types are the same but for their
// docs and aliases, as Avro for Java compares them.
func sameDefinition(a, b *Schema) bool {
	return sameType(a, b, make(map[[2]*Schema]bool))
}

func sameType(a, b *Schema, seen map[[2]*Schema]bool) bool {
	if a == b {
		return true
	}
	pair := [2]*Schema{a, b}
	if seen[pair] {
		return true
	}
	seen[pair] = true
	if a.kind != b.kind || a.name != b.name || a.size != b.size || a.fallback != b.fallback ||
		len(a.fields) != len(b.fields) || len(a.branches) != len(b.branches) ||
		!slices.Equal(a.symbols, b.symbols) || !sameProperties(a.props, b.props) {
		return false
	}
	for i := range a.fields {
		f, g := &a.fields[i], &b.fields[i]
		if f.name != g.name || f.isDescending() != g.isDescending() || f.isIgnored() != g.isIgnored() ||
			!bytes.Equal(f.defaultJSON, g.defaultJSON) || !sameProperties(f.props, g.props) || !sameType(f.typ, g.typ, seen) {
			return false
		}
	}
	for i := range a.branches {
		if !sameType(a.branches[i], b.branches[i], seen) {
			return false
		}
	}
	return a.items == nil || sameType(a.items, b.items, seen)
}

func (f *Field) isDescending() bool { return f.order == "descending" }
func (f *Field) isIgnored() bool    { return f.order == "ignore" }

// sameProperties compares without regard to order.
func sameProperties(a, b []Property) bool {
	if len(a) != len(b) {
		return false
	}
	values := make(map[string][]byte, len(a))
	for _, p := range a {
		values[p.Name] = p.Value
	}
	for _, p := range b {
		if v, ok := values[p.Name]; !ok || !bytes.Equal(v, p.Value) {
			return false
		}
	}
	return true
}
