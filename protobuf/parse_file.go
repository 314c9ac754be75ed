package protobuf

import (
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
		if !first {
			return p.errorf(pos, "the edition must be the first declaration")
		}
		if err := p.sign("="); err != nil {
			return err
		}
		if f.edition, err = p.str("the edition in quotes"); err != nil {
			return err
		}
		if f.edition == "" || strings.Trim(f.edition, "0123456789") != "" {
			return p.errorf(pos, "an edition is a year, such as 2023")
		}
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
		} else if i.option = f.edition != "" && p.isWord("option"); i.option {
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
		m.pos = pos
		f.messages = append(f.messages, m)
		return err
	case "enum":
		e, err := p.enum()
		f.enums = append(f.enums, e)
		return err
	case "export", "local":
		if f.edition != "" && p.isWord("message") {
			err := p.declaration(false)
			if err == nil {
				f.messages[len(f.messages)-1].prefix = label + " "
			}
			return err
		}
		if f.edition != "" && p.isWord("enum") {
			err := p.declaration(false)
			if err == nil {
				f.enums[len(f.enums)-1].prefix = label + " "
			}
			return err
		}
		return p.errorf(pos, "a declaration is wanted (syntax, package, import, option, message, enum, extend, service)")
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
