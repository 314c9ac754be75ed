package avro

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Schemas are read with a parser of our own: encoding/json keeps neither the order
// of attributes nor the exact number tokens, accepts invalid UTF-8, and knows
// no comments, which schema files commonly have.

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

var jsonKindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// jsonValue is a parsed JSON value.
type jsonValue struct {
	kind    jsonKind
	text    string       // a string's value; the token of a number, true or false
	elems   []*jsonValue // of an array
	members []jsonMember // of an object, in the order of the text; each name once
}

type jsonMember struct {
	name  string
	value *jsonValue
}

// member is the value of the named member, nil when there is none.
func (v *jsonValue) member(name string) *jsonValue {
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value
		}
	}
	return nil
}

// isInt reports whether a number is written without fraction and exponent.
func (v *jsonValue) isInt() bool {
	return v.kind == jsonNumber && !strings.ContainsAny(v.text, ".eE")
}

type jsonParser struct {
	text  string
	pos   int
	depth int // how much deeper it may go
}

// parseJSON reads text, which must hold one value and nothing after it. Comments
// (// and /* */) count as white space before and within the value.
func parseJSON(text string, maxDepth int) (*jsonValue, error) {
	if strings.HasPrefix(text, "\ufeff") {
		return nil, newSchemaError("", "the text begins with a byte order mark")
	}
	p := jsonParser{text: text, depth: maxDepth}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	for p.pos < len(text) && isSpace(text[p.pos]) {
		p.pos++
	}
	if p.pos < len(text) {
		return nil, p.errorf("text after the end of the schema")
	}
	return v, nil
}

func (p *jsonParser) errorf(format string, args ...any) error {
	pos := min(p.pos, len(p.text))
	line := 1 + strings.Count(p.text[:pos], "\n")
	column := pos - strings.LastIndexByte(p.text[:pos], '\n')
	return newSchemaError("", "not valid JSON: line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skip moves over white space and comments.
func (p *jsonParser) skip() error {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case isSpace(c):
			p.pos++
		case c == '/' && strings.HasPrefix(p.text[p.pos:], "//"):
			end := strings.IndexAny(p.text[p.pos:], "\r\n")
			if end < 0 {
				p.pos = len(p.text)
				return nil
			}
			p.pos += end
		case c == '/' && strings.HasPrefix(p.text[p.pos:], "/*"):
			end := strings.Index(p.text[p.pos+2:], "*/")
			if end < 0 {
				return p.errorf("a comment does not end")
			}
			p.pos += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

// next moves over white space and returns the byte that follows, 0 at the end.
func (p *jsonParser) next() (byte, error) {
	if err := p.skip(); err != nil {
		return 0, err
	}
	if p.pos >= len(p.text) {
		return 0, nil
	}
	return p.text[p.pos], nil
}

func (p *jsonParser) value() (*jsonValue, error) {
	c, err := p.next()
	if err != nil {
		return nil, err
	}
	switch {
	case c == '{' || c == '[':
		if p.depth == 0 {
			return nil, newLimitError("", "the text is nested too deeply")
		}
		p.depth--
		defer func() { p.depth++ }()
		p.pos++
		if c == '{' {
			return p.object()
		}
		return p.array()
	case c == '"':
		s, err := p.str()
		return &jsonValue{kind: jsonString, text: s}, err
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case c == 0:
		return nil, p.errorf("the text ends too early")
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if !strings.HasPrefix(p.text[p.pos:], word) {
			continue
		}
		p.pos += len(word)
		if word == "null" {
			return &jsonValue{kind: jsonNull, text: word}, nil
		}
		return &jsonValue{kind: jsonBool, text: word}, nil
	}
	return nil, p.errorf("a value was expected")
}

func (p *jsonParser) array() (*jsonValue, error) {
	v := &jsonValue{kind: jsonArray}
	for {
		c, err := p.next()
		if err != nil {
			return nil, err
		}
		if c == ']' && len(v.elems) == 0 {
			p.pos++
			return v, nil
		}
		e, err := p.value()
		if err != nil {
			return nil, err
		}
		v.elems = append(v.elems, e)
		more, err := p.separator(']')
		if err != nil || !more {
			return v, err
		}
	}
}

func (p *jsonParser) object() (*jsonValue, error) {
	v := &jsonValue{kind: jsonObject}
	var index map[string]int // only of large objects
	for {
		c, err := p.next()
		if err != nil {
			return nil, err
		}
		if c == '}' && len(v.members) == 0 {
			p.pos++
			return v, nil
		}
		if c != '"' {
			return nil, p.errorf("an attribute's name was expected")
		}
		name, err := p.str()
		if err != nil {
			return nil, err
		}
		if c, err = p.next(); err != nil {
			return nil, err
		} else if c != ':' {
			return nil, p.errorf("a colon was expected")
		}
		p.pos++
		e, err := p.value()
		if err != nil {
			return nil, err
		}
		index = v.set(index, name, e)
		more, err := p.separator('}')
		if err != nil || !more {
			return v, err
		}
	}
}

// set adds a member. Of two with one name the last one counts, at the place of the first.
func (v *jsonValue) set(index map[string]int, name string, e *jsonValue) map[string]int {
	const large = 16
	if index == nil && len(v.members) >= large {
		index = make(map[string]int, 2*large)
		for i, m := range v.members {
			index[m.name] = i
		}
	}
	if index != nil {
		if i, ok := index[name]; ok {
			v.members[i].value = e
			return index
		}
		index[name] = len(v.members)
	} else {
		for i := range v.members {
			if v.members[i].name == name {
				v.members[i].value = e
				return nil
			}
		}
	}
	v.members = append(v.members, jsonMember{name, e})
	return index
}

// separator reads the comma between two elements, or the end of them.
func (p *jsonParser) separator(end byte) (more bool, err error) {
	c, err := p.next()
	switch {
	case err != nil:
		return false, err
	case c == ',':
		p.pos++
		return true, nil
	case c == end:
		p.pos++
		return false, nil
	}
	return false, p.errorf("a comma or %q was expected", end)
}

func (p *jsonParser) number() (*jsonValue, error) {
	start := p.pos
	digits := func() bool {
		from := p.pos
		for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
			p.pos++
		}
		return p.pos > from
	}
	at := func(set string) bool { return p.pos < len(p.text) && strings.IndexByte(set, p.text[p.pos]) >= 0 }
	if at("-") {
		p.pos++
	}
	from := p.pos
	ok := digits() && (p.text[from] != '0' || p.pos == from+1)
	if ok && at(".") {
		p.pos++
		ok = digits()
	}
	if ok && at("eE") {
		p.pos++
		if at("+-") {
			p.pos++
		}
		ok = digits()
	}
	if !ok {
		return nil, p.errorf("not a number as JSON has it")
	}
	if p.pos-start > maxNumberToken {
		return nil, newLimitError("", "a number has more than %d digits", maxNumberToken)
	}
	return &jsonValue{kind: jsonNumber, text: p.text[start:p.pos]}, nil
}

// maxNumberToken bounds number tokens: converting a longer one takes more than linear time.
const maxNumberToken = 1000

func (p *jsonParser) str() (string, error) {
	p.pos++
	start := p.pos
	var buf []byte // once there is an escape
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '"':
			s := p.text[start:p.pos]
			if buf != nil {
				s = string(append(buf, s...))
			}
			p.pos++
			return s, nil
		case c == '\\':
			buf = append(buf, p.text[start:p.pos]...)
			var err error
			if buf, err = p.escape(buf); err != nil {
				return "", err
			}
			start = p.pos
		case c < ' ':
			return "", p.errorf("a control character within a string")
		case c < utf8.RuneSelf:
			p.pos++
		default:
			r, n := utf8.DecodeRuneInString(p.text[p.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", p.errorf("not valid UTF-8")
			}
			p.pos += n
		}
	}
	return "", p.errorf("a string does not end")
}

func (p *jsonParser) escape(buf []byte) ([]byte, error) {
	rest := p.text[p.pos+1:]
	if rest == "" {
		return nil, p.errorf("a string does not end")
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[0]); i >= 0 {
		p.pos += 2
		return append(buf, "\"\\/\b\f\n\r\t"[i]), nil
	}
	r, ok := hexRune(rest)
	if !ok {
		return nil, p.errorf("not an escape sequence of JSON")
	}
	if utf16.IsSurrogate(r) {
		var low rune
		if len(rest) > 5 && rest[5] == '\\' {
			low, _ = hexRune(rest[6:])
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return nil, p.errorf("half of a surrogate pair")
		}
		p.pos += 6
	}
	p.pos += 6
	return utf8.AppendRune(buf, r), nil
}

// hexRune reads "u" and four hexadecimal digits.
func hexRune(s string) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	u, err := strconv.ParseUint(s[1:5], 16, 16)
	return rune(u), err == nil
}
