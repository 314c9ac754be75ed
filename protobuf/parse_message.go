package protobuf

import (
	"slices"
	"strconv"
	"strings"
)

func (p *parser) message() (*message, error) {
	m := &message{}
	var err error
	if m.name, err = p.word("the message's name"); err != nil {
		return m, err
	}
	return m, p.messageBody(m)
}

func (p *parser) messageBody(m *message) error {
	if err := p.open(); err != nil {
		return err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return err
		}
		if err := p.member(m); err != nil {
			return err
		}
	}
}

func (p *parser) member(m *message) error {
	pos := p.tok.pos
	if p.isSign(".") {
		return p.errorf(pos, "a member of a message is wanted")
	}
	w, err := p.word("a member of a message")
	if err != nil {
		return err
	}
	prefix := ""
	if (w == "export" || w == "local") && p.file.edition != "" && (p.isWord("message") || p.isWord("enum")) {
		prefix = w + " "
		if w, err = p.word("a declaration"); err != nil {
			return err
		}
	}
	switch w {
	case "option":
		o, err := p.option()
		if err != nil {
			return err
		}
		m.options = append(m.options, o)
		return p.sign(";")
	case "message":
		inner, err := p.message()
		inner.pos, inner.prefix = pos, prefix
		m.messages = append(m.messages, inner)
		return err
	case "enum":
		e, err := p.enum()
		e.prefix = prefix
		m.enums = append(m.enums, e)
		return err
	case "extend":
		x, err := p.extend()
		m.extends = append(m.extends, x)
		return err
	case "oneof":
		o, err := p.oneof()
		m.oneofs = append(m.oneofs, o)
		return err
	case "reserved":
		names, err := p.reserved()
		m.reserved = append(m.reserved, names)
		return err
	case "extensions":
		x, err := p.extensions()
		m.extensions = append(m.extensions, x)
		return err
	}
	f, g, err := p.field(w, pos, false)
	if f != nil {
		m.fields = append(m.fields, f)
	}
	if g != nil {
		m.groups = append(m.groups, g)
	}
	return err
}

// field reads a field or a group that begins with the word w.
func (p *parser) field(w string, pos int, inOneof bool) (*field, *group, error) {
	f := &field{pos: pos}
	var err error
	if w == "optional" || w == "required" || w == "repeated" {
		if inOneof {
			return nil, nil, p.errorf(pos, "a field of a oneof has no label")
		}
		if w == "required" && p.file.syntax == "proto3" {
			return nil, nil, p.errorf(pos, "there are no required fields in proto3")
		}
		f.label = w
		pos = p.tok.pos
		if w, err = p.word("the field's type"); err != nil {
			return nil, nil, err
		}
	}
	if w == "group" {
		g, err := p.group(f.label)
		if g.body != nil {
			g.body.pos = f.pos
		}
		return nil, g, err
	}
	f.typ = w
	if w == "map" && p.isSign("<") {
		if f.label != "" {
			return nil, nil, p.errorf(pos, "a map has no label")
		}
		if err := p.mapType(f); err != nil {
			return nil, nil, err
		}
	} else if f.label == "" && !inOneof && p.file.syntax != "proto3" && p.file.edition == "" {
		return nil, nil, p.errorf(pos, "a field of proto2 needs a label: optional, required or repeated")
	}
	if f.name, err = p.word("the field's name"); err != nil {
		return nil, nil, err
	}
	if err := p.sign("="); err != nil {
		return nil, nil, err
	}
	if f.tag, err = p.integer("the field's number"); err != nil {
		return nil, nil, err
	}
	if f.options, err = p.fieldOptions(); err != nil {
		return nil, nil, err
	}
	return f, nil, p.sign(";")
}

var mapKeys = []string{"int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string"}

func (p *parser) mapType(f *field) (err error) {
	if err := p.sign("<"); err != nil {
		return err
	}
	pos := p.tok.pos
	if f.key, err = p.word("the type of a map's key"); err != nil {
		return err
	}
	if !slices.Contains(mapKeys, f.key) {
		return p.errorf(pos, "a map's key is a whole number, a bool or a string")
	}
	if err := p.sign(","); err != nil {
		return err
	}
	if f.typ, err = p.word("the type of a map's values"); err != nil {
		return err
	}
	if f.typ == "map" && p.isSign("<") { // the reference takes it; protoc does not
		inner := &field{}
		if err := p.mapType(inner); err != nil {
			return err
		}
		f.typ = "map<" + inner.key + ", " + inner.typ + ">"
	}
	return p.sign(">")
}

func (p *parser) group(label string) (*group, error) {
	g := &group{label: label}
	var err error
	if g.name, err = p.word("the group's name"); err != nil {
		return g, err
	}
	if err := p.sign("="); err != nil {
		return g, err
	}
	if g.tag, err = p.integer("the group's number"); err != nil {
		return g, err
	}
	if g.options, err = p.fieldOptions(); err != nil {
		return g, err
	}
	g.body = &message{name: g.name}
	return g, p.messageBody(g.body)
}

func (p *parser) oneof() (*oneof, error) {
	o := &oneof{}
	var err error
	if o.name, err = p.word("the oneof's name"); err != nil {
		return o, err
	}
	if err := p.open(); err != nil {
		return o, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return o, err
		}
		pos := p.tok.pos
		w, err := p.word("a field")
		if err != nil {
			return o, err
		}
		if w == "option" {
			opt, err := p.option()
			if err != nil {
				return o, err
			}
			o.options = append(o.options, opt)
			if err := p.sign(";"); err != nil {
				return o, err
			}
			continue
		}
		f, g, err := p.field(w, pos, true)
		if err != nil {
			return o, err
		}
		if f != nil {
			f.oneof = o
			o.fields = append(o.fields, f)
		}
		if g != nil {
			o.groups = append(o.groups, g)
		}
	}
}

// reserved reads names and ranges up to the semicolon.
func (p *parser) reserved() (all []reserved, err error) {
	for {
		var r reserved
		if p.tok.kind == tokenString {
			s, err := p.str("a name")
			if err != nil {
				return nil, err
			}
			r = reserved{text: quote(s), from: maxTag + 1}
		} else if p.file.edition != "" && p.tok.kind == tokenWord && !strings.ContainsAny(p.tok.text[:1], "-0123456789") {
			r = reserved{text: p.tok.text, from: maxTag + 1}
			if err := p.advance(); err != nil {
				return nil, err
			}
		} else if r.text, r.from, err = p.tagRange(); err != nil {
			return nil, err
		}
		all = append(all, r)
		if p.isSign(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		return all, p.sign(";")
	}
}

const maxTag = 1<<29 - 1

func (p *parser) tagRange() (text string, from int64, err error) {
	if from, err = p.integer("a number or a name in quotes"); err != nil {
		return "", 0, err
	}
	text = strconv.FormatInt(from, 10)
	if !p.isWord("to") {
		return text, from, nil
	}
	if err := p.advance(); err != nil {
		return "", 0, err
	}
	if p.isWord("max") {
		return text + " to max", from, p.advance()
	}
	to, err := p.integer("the end of a range")
	if to == maxTag {
		return text + " to max", from, err
	}
	return text + " to " + strconv.FormatInt(to, 10), from, err
}

func (p *parser) extensions() (x extensions, err error) {
	for {
		text, _, err := p.tagRange()
		if err != nil {
			return x, err
		}
		x.ranges = append(x.ranges, text)
		if !p.isSign(",") {
			break
		}
		if err := p.advance(); err != nil {
			return x, err
		}
	}
	if x.options, err = p.fieldOptions(); err != nil {
		return x, err
	}
	return x, p.sign(";")
}
