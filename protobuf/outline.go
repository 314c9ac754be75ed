package protobuf

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// outline is which messages a file has, as far as message indexes count: all that
// reading into a Go type needs of the writer schema.
type outline struct {
	pkg      string
	messages []*outlined
}

// outlined is a message. The entry of a map is one that nobody declares.
type outlined struct {
	name     string
	mapEntry bool
	nested   []*outlined
}

// counting is how message indexes number the messages within another. Clients in Java and
// JavaScript count what is declared, which no layout of the text changes; those in Go, Python
// and .NET have a descriptor, and count the entries of maps that are in it.
type counting bool

const (
	countAll      counting = true
	countDeclared counting = false
)

func outlineOf(f *file) *outline {
	o := &outline{pkg: f.pkg}
	for _, m := range f.messages {
		o.messages = append(o.messages, outlineMessage(m))
	}
	return o
}

// outlineMessage has the nested messages in the order of the text, as compilers do:
// maps and groups where their fields stand.
func outlineMessage(m *message) *outlined {
	type placed struct {
		pos int
		*outlined
	}
	var all []placed
	for _, inner := range m.messages {
		all = append(all, placed{inner.pos, outlineMessage(inner)})
	}
	for _, g := range m.allGroups() {
		all = append(all, placed{g.body.pos, outlineMessage(g.body)})
	}
	for _, x := range m.extends {
		for _, g := range x.groups {
			all = append(all, placed{g.body.pos, outlineMessage(g.body)})
		}
	}
	for _, f := range m.allFields() {
		if f.key != "" {
			all = append(all, placed{f.pos, &outlined{name: mapEntryName(f.name), mapEntry: true}})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.pos - b.pos })
	o := &outlined{name: m.name}
	for _, p := range all {
		o.nested = append(o.nested, p.outlined)
	}
	return o
}

// mapEntryName is the name that compilers give the entry of a map field.
func mapEntryName(field string) string {
	b := []byte{}
	upper := true
	for _, c := range []byte(field) {
		switch {
		case c == '_':
			upper = true
			continue
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		b = append(b, c)
		upper = false
	}
	return string(b) + "Entry"
}

func outlineOfProto(p *descriptorpb.FileDescriptorProto) *outline {
	return &outline{pkg: p.GetPackage(), messages: outlineProtos(p.GetMessageType())}
}

func outlineProtos(all []*descriptorpb.DescriptorProto) []*outlined {
	var found []*outlined
	for _, m := range all {
		found = append(found, &outlined{name: m.GetName(), mapEntry: m.GetOptions().GetMapEntry(), nested: outlineProtos(m.GetNestedType())})
	}
	return found
}

// at is the full name of the message to which a path leads; false: there is none.
func (o *outline) at(path []int, c counting) (string, bool) {
	messages, name := o.messages, o.pkg
	var found *outlined
	for _, index := range path {
		found = nil
		for _, m := range messages {
			if c == countDeclared && m.mapEntry {
				continue
			}
			if index == 0 {
				found = m
				break
			}
			index--
		}
		if found == nil {
			return "", false
		}
		messages, name = found.nested, join(name, found.name)
	}
	if found == nil || found.mapEntry {
		return "", false
	}
	return name, true
}

// names are the messages to which a path leads by either way to count.
func (o *outline) names(path []int) []string {
	var all []string
	for _, c := range []counting{countDeclared, countAll} {
		if name, ok := o.at(path, c); ok && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// path is where the message of that full name is, counting what is declared; nil: nowhere.
func (o *outline) path(name string) []int {
	var search func(scope string, all []*outlined, path []int) []int
	search = func(scope string, all []*outlined, path []int) []int {
		i := -1
		for _, m := range all {
			if m.mapEntry {
				continue
			}
			i++
			full := join(scope, m.name)
			at := append(slices.Clone(path), i)
			if full == name {
				return at
			}
			if found := search(full, m.nested, at); found != nil {
				return found
			}
		}
		return nil
	}
	return search(o.pkg, o.messages, nil)
}

// like reports whether two outlines differ in nothing but where the entries of maps
// stand: registries lay texts out anew, fields before messages.
func (o *outline) like(other *outline) bool {
	return o.pkg == other.pkg && alike(o.messages, other.messages)
}

func alike(a, b []*outlined) bool {
	declared := func(all []*outlined) (some []*outlined) {
		for _, m := range all {
			if !m.mapEntry {
				some = append(some, m)
			}
		}
		return some
	}
	if len(a) != len(b) {
		return false
	}
	a, b = declared(a), declared(b)
	return slices.EqualFunc(a, b, func(a, b *outlined) bool { return a.name == b.name && alike(a.nested, b.nested) })
}

// pathOf is the path of message indexes from the descriptor's file to it.
func pathOf(d protoreflect.MessageDescriptor, c counting) []int {
	var path []int
	for at := protoreflect.Descriptor(d); at != nil; at = at.Parent() {
		if _, ok := at.(protoreflect.FileDescriptor); ok {
			break
		}
		index := at.Index()
		if outer, ok := at.Parent().(protoreflect.MessageDescriptor); ok && c == countDeclared {
			for i := range at.Index() {
				if outer.Messages().Get(i).IsMapEntry() {
					index--
				}
			}
		}
		path = append(path, index)
	}
	slices.Reverse(path)
	return path
}
