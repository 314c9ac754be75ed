package protobuf

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// textScope writes the messages of a file or a message. Groups and maps are messages
// of it, too, which their fields declare: the order of all of them, which message
// indexes count, is that of the text.
type textScope struct {
	p        *printer
	full     string
	nested   []*descriptorpb.DescriptorProto
	byName   map[string]int
	declared map[int]bool // by a field
	next     int          // the first that is not written
	gaps     bool         // an empty line before each
}

func (p *printer) newScope(full string, nested []*descriptorpb.DescriptorProto) *textScope {
	s := &textScope{p: p, full: full, nested: nested, byName: make(map[string]int), declared: make(map[int]bool)}
	for i, m := range nested {
		s.byName["."+join(full, m.GetName())] = i
		if m.GetOptions().GetMapEntry() {
			s.declared[i] = true
		}
	}
	return s
}

// messages writes those before the end that no field declares.
func (s *textScope) messages(end int) {
	for ; s.next < end; s.next++ {
		if s.declared[s.next] {
			continue
		}
		if s.gaps {
			s.p.gap()
		}
		m := s.nested[s.next]
		s.p.block(visibility(m.GetVisibility())+"message "+m.GetName(), func() { s.p.messageBody(s.full, m) })
	}
}

// group is the message that a field declares as a group.
func (s *textScope) group(f *descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
	if f.GetType() != descriptorpb.FieldDescriptorProto_TYPE_GROUP {
		return nil
	}
	if i, ok := s.byName[f.GetTypeName()]; ok {
		return s.nested[i]
	}
	s.p.fail("%s.%s: a group whose message is declared elsewhere", s.full, f.GetName())
	return nil
}

// mapEntry is the entry of a map field.
func (s *textScope) mapEntry(f *descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
	if i, ok := s.byName[f.GetTypeName()]; ok && s.nested[i].GetOptions().GetMapEntry() {
		return s.nested[i]
	}
	return nil
}

func (p *printer) messageBody(scope string, m *descriptorpb.DescriptorProto) {
	full := join(scope, m.GetName())
	p.statements(p.options(full, m.GetOptions()))
	s := p.newScope(full, m.GetNestedType())
	for _, f := range m.GetField() {
		if s.group(f) != nil {
			s.declared[s.byName[f.GetTypeName()]] = true
		}
	}
	for _, f := range m.GetExtension() {
		if f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP {
			s.declared[s.byName[f.GetTypeName()]] = true
		}
	}
	written := make(map[int32]bool)
	for i, f := range m.GetField() {
		switch {
		case f.OneofIndex == nil || f.GetProto3Optional():
			s.field(f, true)
		case !written[f.GetOneofIndex()]:
			written[f.GetOneofIndex()] = true
			s.oneof(m, f.GetOneofIndex(), m.GetField()[i:])
		}
	}
	for _, r := range m.GetExtensionRange() {
		p.line("extensions ", numberRange(r.GetStart(), r.GetEnd()-1, maxTag), bracketed(p.options(full, r.GetOptions())), ";")
	}
	s.extends(m.GetExtension())
	s.messages(len(s.nested))
	for _, e := range m.GetEnumType() {
		p.enum(full, e)
	}
	var ranges []string
	for _, r := range m.GetReservedRange() {
		ranges = append(ranges, numberRange(r.GetStart(), r.GetEnd()-1, maxTag))
	}
	p.reserved(ranges, m.GetReservedName())
}

func (s *textScope) oneof(m *descriptorpb.DescriptorProto, index int32, fields []*descriptorpb.FieldDescriptorProto) {
	if int(index) >= len(m.GetOneofDecl()) || index < 0 {
		s.p.fail("%s: there is no oneof %d", s.full, index)
		return
	}
	o := m.GetOneofDecl()[index]
	for _, f := range fields { // nothing but fields may stand in a oneof
		if f.OneofIndex != nil && f.GetOneofIndex() == index {
			s.before(f)
		}
	}
	s.p.block("oneof "+o.GetName(), func() {
		s.p.statements(s.p.options(s.full, o.GetOptions()))
		for _, f := range fields {
			if f.OneofIndex != nil && f.GetOneofIndex() == index {
				s.field(f, false)
			}
		}
	})
}

// before writes the messages that come before the one that the field declares.
func (s *textScope) before(f *descriptorpb.FieldDescriptorProto) {
	if i, ok := s.byName[f.GetTypeName()]; ok && s.declared[i] {
		s.messages(i)
	}
}

func (s *textScope) field(f *descriptorpb.FieldDescriptorProto, labelled bool) {
	s.before(f)
	p := s.p
	label := ""
	if labelled {
		label = p.label(f)
	}
	number := strconv.Itoa(int(f.GetNumber()))
	options := bracketed(p.fieldOptions(s.full, f))
	if g := s.group(f); g != nil {
		p.block(label+"group "+g.GetName()+" = "+number+options, func() { p.messageBody(s.full, g) })
		return
	}
	typ := p.fieldType(s.full, f)
	if e := s.mapEntry(f); e != nil && len(e.GetField()) == 2 {
		label = ""
		inside := join(s.full, e.GetName())
		typ = "map<" + p.fieldType(inside, e.GetField()[0]) + ", " + p.fieldType(s.full, e.GetField()[1]) + ">"
	}
	p.line(label, typ, " ", f.GetName(), " = ", number, options, ";")
}

func (p *printer) label(f *descriptorpb.FieldDescriptorProto) string {
	switch f.GetLabel() {
	case descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		return "repeated "
	case descriptorpb.FieldDescriptorProto_LABEL_REQUIRED:
		return "required "
	}
	if p.editions() || p.proto3() && !f.GetProto3Optional() {
		return ""
	}
	return "optional "
}

// fieldType is a scalar's name, or a type's as short as it may be.
func (p *printer) fieldType(scope string, f *descriptorpb.FieldDescriptorProto) string {
	if f.GetTypeName() != "" {
		return p.names.short(scope, f.GetTypeName())
	}
	return strings.ToLower(strings.TrimPrefix(f.GetType().String(), "TYPE_"))
}

// extends writes extension fields, those of one message that follow each other together.
func (s *textScope) extends(all []*descriptorpb.FieldDescriptorProto) {
	for _, f := range all {
		if g := s.group(f); g != nil {
			s.declared[s.byName[f.GetTypeName()]] = true
		}
	}
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].GetExtendee() == all[0].GetExtendee() {
			n++
		}
		for _, f := range all[:n] {
			s.before(f)
		}
		if s.gaps {
			s.p.gap()
		}
		s.p.block("extend "+s.p.names.short(s.full, all[0].GetExtendee()), func() {
			for _, f := range all[:n] {
				s.field(f, true)
			}
		})
		all = all[n:]
	}
}
