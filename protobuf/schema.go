package protobuf

import (
	"slices"
	"strings"
)

// Schema is a parsed .proto file with the files that it imports. It is immutable
// and safe for concurrent use.
type Schema struct {
	file       *file
	references []Reference
	types      map[string]*typeDecl // by full name, of this file
	text       string
	normal     string
}

// typeDecl is a message or enum under its full name.
type typeDecl struct {
	name    string
	message *message
	enum    *enum
	schema  *Schema
}

// Reference is a file that another one imports, under the path it imports it by.
type Reference struct {
	Path   string
	Schema *Schema
}

// Parse reads the text of a .proto file: syntax proto2, proto3 or an edition, which the
// reference registry does not take. references are the files
// that it imports, found by their paths; the well-known types (google/protobuf),
// google/type and confluent need none. An import that is neither does no harm unless a
// type of it is used, as in the reference registry. The text may also be a
// google.protobuf.FileDescriptorProto in base64, as some clients send it.
//
// The error is a [*SchemaError].
func Parse(text string, references ...Reference) (*Schema, error) {
	f, err := parseFile(text)
	if err != nil {
		if p := serialized(text); p != nil {
			return parseSerialized(text, references)
		}
		return nil, err
	}
	s := &Schema{file: f, references: references, types: make(map[string]*typeDecl)}
	if err := s.declare(); err != nil {
		return nil, err
	}
	if err := s.link(); err != nil {
		return nil, err
	}
	s.text = renderer{}.file(f)
	s.normal = renderer{full: true}.file(f)
	if s.text == "" { // weak imports are left out, and no text means no schema
		return nil, invalid("there is no declaration besides weak imports")
	}
	if s.normal == "" { // syntax = "proto2" alone, which the normal form leaves out
		s.normal = s.text
	}
	return s, nil
}

// String is the text as schema registries keep it: laid out anew, without comments.
func (s *Schema) String() string { return s.text }

// Normalized is the text in the normal form of schema registries: names of types in full,
// fields, imports and options sorted.
func (s *Schema) Normalized() string { return s.normal }

// Edition is the file's edition, such as "2023"; empty for proto2 and proto3.
func (s *Schema) Edition() string { return s.file.edition }

// Package is the file's package; empty for none.
func (s *Schema) Package() string { return s.file.pkg }

// References are those that Parse was given.
func (s *Schema) References() []Reference { return slices.Clone(s.references) }

// declare notes the types under their full names. Of two fields with one name or
// number, and of reserved ones, the reference registry takes no notice.
func (s *Schema) declare() error {
	var nested func(scope string, m *message) error
	nested = func(scope string, m *message) error {
		full := join(scope, m.name)
		s.types[full] = &typeDecl{name: full, message: m, schema: s}
		for _, g := range m.allGroups() {
			if err := nested(full, g.body); err != nil {
				return err
			}
		}
		for _, inner := range m.messages {
			if err := nested(full, inner); err != nil {
				return err
			}
		}
		for _, e := range m.enums {
			s.types[join(full, e.name)] = &typeDecl{name: join(full, e.name), enum: e, schema: s}
		}
		return nil
	}
	for i, svc := range s.file.services {
		if slices.ContainsFunc(s.file.services[:i], func(o *service) bool { return o.name == svc.name }) {
			return invalid("there are two services named %s", svc.name)
		}
	}
	top := make(map[string]bool)
	for _, m := range s.file.messages {
		if top[m.name] {
			return invalid("there are two types named %s", m.name)
		}
		top[m.name] = true
		if err := nested(s.file.pkg, m); err != nil {
			return err
		}
	}
	for _, e := range s.file.enums {
		if top[e.name] {
			return invalid("there are two types named %s", e.name)
		}
		top[e.name] = true
		full := join(s.file.pkg, e.name)
		s.types[full] = &typeDecl{name: full, enum: e, schema: s}
	}
	return nil
}

func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}

// allGroups are the groups of a message, those of its oneofs included.
func (m *message) allGroups() []*group {
	all := slices.Clone(m.groups)
	for _, o := range m.oneofs {
		all = append(all, o.groups...)
	}
	return all
}

// allFields are the fields of a message, those of its oneofs included.
func (m *message) allFields() []*field {
	all := slices.Clone(m.fields)
	for _, o := range m.oneofs {
		all = append(all, o.fields...)
	}
	return all
}

var scalars = map[string]bool{
	"double": true, "float": true, "int32": true, "int64": true, "uint32": true, "uint64": true, "sint32": true, "sint64": true,
	"fixed32": true, "fixed64": true, "sfixed32": true, "sfixed64": true, "bool": true, "string": true, "bytes": true,
}

// link finds the types that fields and methods name.
func (s *Schema) link() error {
	visible := s.visible()
	var inside func(full string, m *message) error
	fields := func(scope string, all []*field) error {
		for _, f := range all {
			if scalars[f.typ] || strings.HasPrefix(f.typ, "map<") {
				continue
			}
			t := visible.find(scope, f.typ)
			if t == nil {
				return invalid("%s.%s: there is no type %s", scope, f.name, f.typ)
			}
			f.resolved, f.isEnum = t.name, t.enum != nil
			if t.schema != s {
				f.from = t.schema
			}
		}
		return nil
	}
	extends := func(scope string, all []*extend) error {
		for _, x := range all {
			if t := visible.find(scope, x.name); t != nil {
				x.resolved = t.name
			}
			if err := fields(scope, x.fields); err != nil {
				return err
			}
		}
		return nil
	}
	inside = func(full string, m *message) error {
		if err := fields(full, m.allFields()); err != nil {
			return err
		}
		for _, g := range m.allGroups() {
			if err := inside(join(full, g.name), g.body); err != nil {
				return err
			}
		}
		for _, inner := range m.messages {
			if err := inside(join(full, inner.name), inner); err != nil {
				return err
			}
		}
		return extends(full, m.extends)
	}
	for _, m := range s.file.messages {
		if err := inside(join(s.file.pkg, m.name), m); err != nil {
			return err
		}
	}
	if err := extends(s.file.pkg, s.file.extends); err != nil {
		return err
	}
	for _, svc := range s.file.services {
		for i := range svc.methods {
			m := &svc.methods[i]
			in, out := visible.find(s.file.pkg, m.request), visible.find(s.file.pkg, m.response)
			if in == nil || in.message == nil || out == nil || out.message == nil {
				return invalid("method %s.%s: there is no message %s or %s", svc.name, m.name, m.request, m.response)
			}
			m.resolvedIn, m.resolvedOut = in.name, out.name
		}
	}
	return nil
}

// scope is all types that a file sees.
type scope map[string]*typeDecl

// visible are the file's own types, those of what it imports, those of what these
// import publicly, and the built-in ones. The reference also finds types of files that
// an imported file imports.
func (s *Schema) visible() scope {
	all := make(scope)
	for name := range builtin {
		all[name] = &typeDecl{name: name, message: builtinMessage(name), enum: builtinEnum(name)}
	}
	seen := make(map[*Schema]bool)
	var add func(s *Schema)
	add = func(s *Schema) {
		if seen[s] {
			return
		}
		seen[s] = true
		for _, r := range s.references {
			if r.Schema != nil {
				add(r.Schema)
			}
		}
		for name, t := range s.types {
			all[name] = t
		}
	}
	add(s)
	return all
}

// find resolves a name as protoc does: from the innermost scope outwards, unless it
// begins with a dot.
func (all scope) find(from, name string) *typeDecl {
	if absolute, ok := strings.CutPrefix(name, "."); ok {
		return all[absolute]
	}
	for {
		if t := all[join(from, name)]; t != nil {
			return t
		}
		if from == "" {
			return nil
		}
		from = from[:max(strings.LastIndexByte(from, '.'), 0)]
	}
}
