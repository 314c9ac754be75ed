package protobuf

import (
	"slices"
	"strconv"
	"strings"
)

// Limits of a text: hostile ones must not take the process's stack or memory.
const (
	maxText  = 16 << 20
	maxDepth = 100
)

// parser reads a .proto text. It takes what the reference registry's parser takes,
// which is more than protoc does.
type parser struct {
	lexer
	tok   token
	file  *file
	depth int
}

func parseFile(text string) (*file, error) {
	if len(text) > maxText {
		return nil, &SchemaError{Reason: "the text is larger than 16 MiB", limit: true}
	}
	p := &parser{lexer: lexer{text: text}, file: &file{}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	first := true
	for p.tok.kind != tokenEnd {
		if p.isSign(";") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		if err := p.declaration(first); err != nil {
			return nil, err
		}
		first = false
	}
	if first {
		return nil, p.errorf(0, "there is no declaration")
	}
	return p.file, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.next()
	return err
}

func (p *parser) isSign(s string) bool { return p.tok.kind == tokenSign && p.tok.text == s }
func (p *parser) isWord(s string) bool { return p.tok.kind == tokenWord && p.tok.text == s }

func (p *parser) unexpected(want string) error {
	if p.tok.kind == tokenEnd {
		return p.errorf(p.tok.pos, "the text ends where %s is wanted", want)
	}
	return p.errorf(p.tok.pos, "%s is wanted", want)
}

func (p *parser) sign(s string) error {
	if !p.isSign(s) {
		return p.unexpected(strconv.Quote(s))
	}
	return p.advance()
}

func (p *parser) word(what string) (string, error) {
	if p.tok.kind != tokenWord {
		return "", p.unexpected(what)
	}
	w := p.tok.text
	return w, p.advance()
}

// name reads a name, which may stand in parentheses (an option) or brackets.
func (p *parser) str(what string) (string, error) {
	if p.tok.kind != tokenString {
		return "", p.unexpected(what)
	}
	s := p.tok.text
	if err := p.advance(); err != nil {
		return "", err
	}
	for p.tok.kind == tokenString { // adjacent strings are one
		s += p.tok.text
		if err := p.advance(); err != nil {
			return "", err
		}
	}
	return s, nil
}

func (p *parser) integer(what string) (int64, error) {
	pos := p.tok.pos
	w, err := p.word(what)
	if err != nil {
		return 0, err
	}
	digits, base := w, 10
	if len(w) > 2 && (w[:2] == "0x" || w[:2] == "0X") {
		digits, base = w[2:], 16
	}
	n, err := strconv.ParseInt(digits, base, 32)
	if err != nil {
		return 0, p.errorf(pos, "%s is wanted", what)
	}
	return n, nil
}

func (p *parser) declaration(first bool) error {
	pos := p.tok.pos
	label, err := p.word("a declaration")
	if err != nil {
		return err
	}
	f := p.file
	switch label {
	case "syntax":
		if !first {
			return p.errorf(pos, "the syntax must be the first declaration")
		}
		if err := p.sign("="); err != nil {
			return err
		}
		if f.syntax, err = p.str("the syntax in quotes"); err != nil {
			return err
		}
		if f.syntax != "proto2" && f.syntax != "proto3" {
			return p.errorf(pos, "the syntax must be proto2 or proto3")
		}
	case "edition":
		return p.errorf(pos, "editions are not supported by schema registries: use syntax proto2 or proto3")
	case "package":
		if f.pkg != "" {
			return p.errorf(pos, "there are two packages")
		}
		if f.pkg, err = p.word("the package's name"); err != nil {
			return err
		}
	case "import":
		i := importDecl{}
		if i.public = p.isWord("public"); i.public {
			err = p.advance()
		} else if i.weak = p.isWord("weak"); i.weak {
			err = p.advance()
		}
		if err == nil {
			i.path, err = p.str("the path of the file to import, in quotes")
		}
		if err != nil {
			return err
		}
		f.imports = append(f.imports, i)
	case "option":
		o, err := p.option()
		if err != nil {
			return err
		}
		f.options = append(f.options, o)
	case "message":
		m, err := p.message()
		f.messages = append(f.messages, m)
		return err
	case "enum":
		e, err := p.enum()
		f.enums = append(f.enums, e)
		return err
	case "extend":
		x, err := p.extend()
		f.extends = append(f.extends, x)
		return err
	case "service":
		s, err := p.service()
		f.services = append(f.services, s)
		return err
	default:
		return p.errorf(pos, "a declaration is wanted (syntax, package, import, option, message, enum, extend, service)")
	}
	return p.sign(";")
}

func (p *parser) open() error {
	if p.depth++; p.depth > maxDepth {
		return &SchemaError{Reason: "it is nested too deeply", limit: true}
	}
	return p.sign("{")
}

// end reports whether a body ends, passing over empty statements.
func (p *parser) end() (bool, error) {
	for p.isSign(";") {
		if err := p.advance(); err != nil {
			return false, err
		}
	}
	if !p.isSign("}") {
		return false, nil
	}
	p.depth--
	return true, p.advance()
}

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
		m.messages = append(m.messages, inner)
		return err
	case "enum":
		e, err := p.enum()
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
	f := &field{}
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
	} else if f.label == "" && !inOneof && p.file.syntax != "proto3" {
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

func (p *parser) enum() (*enum, error) {
	e := &enum{}
	var err error
	if e.name, err = p.word("the enum's name"); err != nil {
		return e, err
	}
	if err := p.open(); err != nil {
		return e, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return e, err
		}
		w, err := p.word("a value of the enum")
		if err != nil {
			return e, err
		}
		switch {
		case w == "option" && !p.isSign("="):
			o, err := p.option()
			if err != nil {
				return e, err
			}
			e.options = append(e.options, o)
			if err := p.sign(";"); err != nil {
				return e, err
			}
			continue
		case w == "reserved" && !p.isSign("="):
			names, err := p.reserved()
			if err != nil {
				return e, err
			}
			e.reserved = append(e.reserved, names)
			continue
		}
		v := enumValue{name: w}
		if err := p.sign("="); err != nil {
			return e, err
		}
		if v.number, err = p.integer("the value's number"); err != nil {
			return e, err
		}
		if v.options, err = p.fieldOptions(); err != nil {
			return e, err
		}
		e.values = append(e.values, v)
		if err := p.sign(";"); err != nil {
			return e, err
		}
	}
}

func (p *parser) extend() (*extend, error) {
	x := &extend{}
	var err error
	if x.name, err = p.word("the name of the message to extend"); err != nil {
		return x, err
	}
	if err := p.open(); err != nil {
		return x, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return x, err
		}
		pos := p.tok.pos
		w, err := p.word("a field")
		if err != nil {
			return x, err
		}
		f, g, err := p.field(w, pos, false)
		if err != nil {
			return x, err
		}
		if f != nil {
			x.fields = append(x.fields, f)
		}
		if g != nil {
			x.groups = append(x.groups, g)
		}
	}
}

func (p *parser) service() (*service, error) {
	s := &service{}
	var err error
	if s.name, err = p.word("the service's name"); err != nil {
		return s, err
	}
	if err := p.open(); err != nil {
		return s, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return s, err
		}
		pos := p.tok.pos
		w, err := p.word("a method")
		if err != nil {
			return s, err
		}
		switch w {
		case "option":
			o, err := p.option()
			if err != nil {
				return s, err
			}
			s.options = append(s.options, o)
			if err := p.sign(";"); err != nil {
				return s, err
			}
		case "rpc":
			m, err := p.method()
			if err != nil {
				return s, err
			}
			s.methods = append(s.methods, m)
		default:
			return s, p.errorf(pos, "a method is wanted")
		}
	}
}

func (p *parser) method() (m method, err error) {
	if m.name, err = p.word("the method's name"); err != nil {
		return m, err
	}
	if m.request, m.streamsIn, err = p.payload(); err != nil {
		return m, err
	}
	if w, err := p.word(`"returns"`); err != nil || w != "returns" {
		return m, p.errorf(p.tok.pos, `"returns" is wanted`)
	}
	if m.response, m.streamsOut, err = p.payload(); err != nil {
		return m, err
	}
	if p.isSign(";") {
		return m, p.advance()
	}
	if err := p.open(); err != nil {
		return m, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return m, err
		}
		pos := p.tok.pos
		if w, err := p.word("an option"); err != nil || w != "option" {
			return m, p.errorf(pos, "an option is wanted")
		}
		o, err := p.option()
		if err != nil {
			return m, err
		}
		m.options = append(m.options, o)
		if err := p.sign(";"); err != nil {
			return m, err
		}
	}
}

func (p *parser) payload() (name string, streams bool, err error) {
	if err := p.sign("("); err != nil {
		return "", false, err
	}
	if name, err = p.word("a message's name"); err != nil {
		return "", false, err
	}
	if name == "stream" && p.tok.kind == tokenWord {
		streams = true
		if name, err = p.word("a message's name"); err != nil {
			return "", false, err
		}
	}
	return name, streams, p.sign(")")
}

// option reads what follows the word option, up to the semicolon.
func (p *parser) option() (o option, err error) {
	if o.name, err = p.optionName(); err != nil {
		return o, err
	}
	if err := p.sign("="); err != nil {
		return o, err
	}
	o.value, err = p.optionValue()
	return o, err
}

func (p *parser) optionName() (string, error) {
	var b strings.Builder
	for {
		switch {
		case p.isSign("("):
			if err := p.advance(); err != nil {
				return "", err
			}
			w, err := p.word("an option's name")
			if err != nil {
				return "", err
			}
			b.WriteString("(" + w + ")")
			if err := p.sign(")"); err != nil {
				return "", err
			}
		default:
			w, err := p.word("an option's name")
			if err != nil {
				return "", err
			}
			b.WriteString(w)
		}
		if p.isSign("=") || !(p.tok.kind == tokenWord && strings.HasPrefix(p.tok.text, ".") || p.isSign("(")) {
			return b.String(), nil
		}
	}
}

// fieldOptions reads options in brackets, if there are any.
func (p *parser) fieldOptions() (all []option, err error) {
	if !p.isSign("[") {
		return nil, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for {
		o, err := p.option()
		if err != nil {
			return nil, err
		}
		all = append(all, o)
		if p.isSign(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		return all, p.sign("]")
	}
}

func (p *parser) optionValue() (v optionValue, err error) {
	if p.depth++; p.depth > maxDepth {
		return v, &SchemaError{Reason: "it is nested too deeply", limit: true}
	}
	defer func() { p.depth-- }()
	switch {
	case p.tok.kind == tokenString:
		v.quoted = true
		v.text, err = p.str("a value")
	case p.isSign("{"):
		v.isMap = true
		err = p.textMessage(&v)
	case p.isSign("["):
		v.isList = true
		if err := p.advance(); err != nil {
			return v, err
		}
		for !p.isSign("]") {
			item, err := p.optionValue()
			if err != nil {
				return v, err
			}
			v.list = append(v.list, item)
			if p.isSign(",") {
				if err := p.advance(); err != nil {
					return v, err
				}
			}
		}
		err = p.advance()
	case p.isSign("+"):
		if err := p.advance(); err != nil {
			return v, err
		}
		v.text, err = p.word("a value")
	default:
		v.text, err = p.word("a value")
	}
	return v, err
}

func (p *parser) textMessage(v *optionValue) error {
	if err := p.advance(); err != nil {
		return err
	}
	for !p.isSign("}") {
		var o option
		var err error
		if p.isSign("[") {
			if err := p.advance(); err != nil {
				return err
			}
			w, err := p.word("an extension's name")
			if err != nil {
				return err
			}
			o.name = "[" + w + "]"
			if err := p.sign("]"); err != nil {
				return err
			}
		} else if o.name, err = p.word("a field's name"); err != nil {
			return err
		}
		if p.isSign(":") {
			if err := p.advance(); err != nil {
				return err
			}
		}
		if o.value, err = p.optionValue(); err != nil {
			return err
		}
		v.fields = append(v.fields, o)
		if p.isSign(",") || p.isSign(";") {
			if err := p.advance(); err != nil {
				return err
			}
		}
	}
	return p.advance()
}
