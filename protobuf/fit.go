package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fitMessage checks that what is written of the message can be read with the schema:
// that has each field, unless extra ones are allowed, with the same number, encoded
// alike.
func fitMessage(m protoreflect.MessageDescriptor, s *Schema, extra bool) error {
	t := s.types[string(m.FullName())]
	if t == nil || t.message == nil {
		return &MessageMismatchError{Reader: string(m.FullName())}
	}
	f := fitting{extra: extra, seen: make(map[fitPair]bool)}
	f.messages("", m, t)
	if len(f.found) > 0 {
		return &FitError{Message: string(m.FullName()), Mismatches: f.found}
	}
	return nil
}

// fitPair is compared once, however often it is met.
type fitPair struct {
	own     protoreflect.FullName
	written *message
}

type fitting struct {
	extra bool
	seen  map[fitPair]bool
	found []Mismatch
}

func (f *fitting) add(path string, number int64, reason string) {
	f.found = append(f.found, Mismatch{Path: path, Number: number, Reason: reason})
}

func (f *fitting) messages(path string, m protoreflect.MessageDescriptor, t *typeDecl) {
	pair := fitPair{m.FullName(), t.message}
	if f.seen[pair] {
		return
	}
	f.seen[pair] = true
	fields, groups := byTag(t.message.allFields()), make(map[int64]*group)
	for _, g := range t.message.allGroups() {
		groups[g.tag] = g
	}
	for i := range m.Fields().Len() {
		own := m.Fields().Get(i)
		at, number := joinPath(path, string(own.Name())), int64(own.Number())
		switch w, g := fields[number], groups[number]; {
		case w != nil:
			f.fields(at, own, w, t.schema)
		case g != nil && own.Kind() == protoreflect.GroupKind:
			f.messages(at, own.Message(), &typeDecl{name: join(t.name, g.name), message: g.body, schema: t.schema})
		case g != nil:
			f.add(at, number, "the writer schema has a group there")
		case !f.extra:
			f.add(at, number, "the writer schema has no such field; AllowExtraFields writes it all the same")
		}
	}
	for number, w := range fields {
		if w.label == "required" && m.Fields().ByNumber(protoreflect.FieldNumber(number)) == nil {
			f.add(joinPath(path, w.name), number, "the writer schema requires this field, which the Go type lacks")
		}
	}
}

func (f *fitting) fields(path string, own protoreflect.FieldDescriptor, w *field, s *Schema) {
	number := int64(own.Number())
	if own.IsMap() || w.key != "" {
		switch {
		case !own.IsMap() || w.key == "":
			f.add(path, number, "one is a map, and the other is none")
		case scalarGroups[own.MapKey().Kind().String()] != scalarGroups[w.key]:
			f.add(path, number, "the keys are of types that are encoded in different ways")
		default:
			f.types(path, own.MapValue(), w.valueOfMap(), s, number)
		}
		return
	}
	if own.IsList() != (w.label == "repeated") {
		f.add(path, number, "one is repeated, and the other is not")
		return
	}
	f.types(path, own, w, s, number)
}

func (f *fitting) types(path string, own protoreflect.FieldDescriptor, w *field, s *Schema, number int64) {
	kind, scalar := kindOf(w)
	switch own.Kind() {
	case protoreflect.GroupKind:
		if own.Syntax() != protoreflect.Editions || kind != kindMessage {
			f.add(path, number, "it is a group, and the writer schema has none there")
			return
		}
	case protoreflect.MessageKind:
		if kind != kindMessage {
			f.add(path, number, "it is a message, and in the writer schema of type "+w.typ)
			return
		}
	case protoreflect.EnumKind:
		if kind != kindScalar || scalar != "int" {
			f.add(path, number, "it is an enum, and in the writer schema of type "+w.typ)
		}
		return
	default:
		if kind != kindScalar || scalarGroups[own.Kind().String()] != scalar {
			f.add(path, number, "it is of type "+own.Kind().String()+", and in the writer schema of type "+w.typ+", which is encoded in another way")
		}
		return
	}
	t := w.declaration(s)
	switch {
	case t.message != nil && t.schema != nil:
		f.messages(path, own.Message(), t)
	case strings.TrimPrefix(t.name, ".") != string(own.Message().FullName()): // built in
		f.add(path, number, "it is a "+string(own.Message().FullName())+", and in the writer schema a "+t.name)
	}
}
