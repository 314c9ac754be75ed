package jsonschema

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader reads one JSON value (RFC 8259). NaN and Infinity are taken too, as strings,
// since the schema registries take them.
type reader struct {
	text   string
	pos    int
	values int
	limits ParseLimits
}

// readValue reads the first JSON value of a text; what follows it is dropped, as the
// schema registries do.
func readValue(text string, limits ParseLimits) (*value, error) {
	if int64(len(text)) > int64(limits.Bytes) {
		return nil, newLimitError("", "the text has %d bytes, more than the %d that are allowed: raise ParseLimits.Bytes if it can be trusted", len(text), limits.Bytes)
	}
	r := &reader{text: text, limits: limits}
	r.space()
	if r.pos == len(text) {
		return nil, newSchemaError("", "the text is empty")
	}
	return r.value(0)
}

func (r *reader) fail(format string, args ...any) error {
	return newSchemaError("", "not JSON: at byte "+strconv.Itoa(r.pos)+": "+format, args...)
}

func (r *reader) space() {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// next is the next byte that is no white space, 0 at the end.
func (r *reader) next() byte {
	r.space()
	if r.pos == len(r.text) {
		return 0
	}
	return r.text[r.pos]
}

func (r *reader) value(depth int) (*value, error) {
	if depth > r.limits.Depth {
		return nil, newLimitError("", "nested more than %d levels deep, at byte %d", r.limits.Depth, r.pos)
	}
	if r.values++; r.values > r.limits.Values {
		return nil, newLimitError("", "more than %d values, at byte %d", r.limits.Values, r.pos)
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		s, err := r.string()
		return &value{kind: stringValue, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		if r.word("-Infinity") {
			return &value{kind: stringValue, text: "-Infinity"}, nil
		}
		return r.number()
	case r.word("true"):
		return &value{kind: boolValue, bool: true}, nil
	case r.word("false"):
		return &value{kind: boolValue}, nil
	case r.word("null"):
		return &value{kind: nullValue}, nil
	case r.word("NaN"):
		return &value{kind: stringValue, text: "NaN"}, nil
	case r.word("Infinity"):
		return &value{kind: stringValue, text: "Infinity"}, nil
	case r.pos == len(r.text):
		return nil, r.fail("the text ends where a value is due")
	}
	return nil, r.fail("a value is due, not %s", excerpt(r.text[r.pos:r.pos+runeLength(r.text[r.pos:])]))
}

func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// word skips a literal, if it stands here and ends here.
func (r *reader) word(w string) bool {
	if !strings.HasPrefix(r.text[r.pos:], w) {
		return false
	}
	if end := r.pos + len(w); end < len(r.text) {
		if c := r.text[end]; c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	r.pos += len(w)
	return true
}

func (r *reader) object(depth int) (*value, error) {
	r.pos++
	v := &value{kind: objectValue}
	if r.next() == '}' {
		r.pos++
		return v, nil
	}
	for {
		if r.next() != '"' {
			return nil, r.fail("a member's name in double quotes is due")
		}
		key, err := r.string()
		if err != nil {
			return nil, err
		}
		if r.next() != ':' {
			return nil, r.fail("a colon is due")
		}
		r.pos++
		member, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.set(key, member) // of equal names the last one counts
		switch r.next() {
		case ',':
			r.pos++
		case '}':
			r.pos++
			return v, nil
		default:
			return nil, r.fail("a comma or a closing brace is due")
		}
	}
}

func (r *reader) array(depth int) (*value, error) {
	r.pos++
	v := &value{kind: arrayValue}
	if r.next() == ']' {
		r.pos++
		return v, nil
	}
	for {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		v.values = append(v.values, item)
		switch r.next() {
		case ',':
			r.pos++
		case ']':
			r.pos++
			return v, nil
		default:
			return nil, r.fail("a comma or a closing bracket is due")
		}
	}
}

// maxNumber is the longest literal of a number: more digits than any use, few
// enough to be computed with.
const maxNumber = 1000

func (r *reader) number() (*value, error) {
	start := r.pos
	if r.text[r.pos] == '-' {
		r.pos++
	}
	digits := func() int {
		from := r.pos
		for r.pos < len(r.text) && r.text[r.pos] >= '0' && r.text[r.pos] <= '9' {
			r.pos++
		}
		return r.pos - from
	}
	whole := r.pos
	if n := digits(); n == 0 || n > 1 && r.text[whole] == '0' {
		return nil, r.fail("not a number")
	}
	if r.pos < len(r.text) && r.text[r.pos] == '.' {
		if r.pos++; digits() == 0 {
			return nil, r.fail("a digit is due after the point")
		}
	}
	if r.pos < len(r.text) && (r.text[r.pos] == 'e' || r.text[r.pos] == 'E') {
		r.pos++
		if r.pos < len(r.text) && (r.text[r.pos] == '+' || r.text[r.pos] == '-') {
			r.pos++
		}
		if digits() == 0 {
			return nil, r.fail("a digit is due in the exponent")
		}
	}
	if r.pos < len(r.text) {
		if c := r.text[r.pos]; c == '.' || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return nil, r.fail("not a number")
		}
	}
	if r.pos-start > maxNumber {
		return nil, newLimitError("", "a number has more than %d digits, at byte %d", maxNumber, start)
	}
	return &value{kind: numberValue, text: r.text[start:r.pos]}, nil
}

func (r *reader) string() (string, error) {
	r.pos++
	start := r.pos
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			s := r.text[start:r.pos]
			r.pos++
			return strings.ToValidUTF8(s, "\ufffd"), nil
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			return "", r.fail("a control character in a string must be written as an escape")
		}
		r.pos++
	}
	return "", r.fail("the text ends within a string")
}

// escaped reads a string with escapes; start is where its content begins, and up to
// here there is none.
func (r *reader) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(strings.ToValidUTF8(r.text[start:r.pos], "\ufffd"))
	from := r.pos
	flush := func() { b.WriteString(strings.ToValidUTF8(r.text[from:r.pos], "\ufffd")) }
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			flush()
			r.pos++
			return b.String(), nil
		case c < ' ':
			return "", r.fail("a control character in a string must be written as an escape")
		case c == '\\':
			flush()
			r.pos++
			if r.pos == len(r.text) {
				return "", r.fail("the text ends within a string")
			}
			if err := r.escape(&b); err != nil {
				return "", err
			}
			from = r.pos
		default:
			r.pos++
		}
	}
	return "", r.fail("the text ends within a string")
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads what follows a backslash.
func (r *reader) escape(b *strings.Builder) error {
	c := r.text[r.pos]
	if plain, ok := escapes[c]; ok {
		b.WriteByte(plain)
		r.pos++
		return nil
	}
	if c != 'u' {
		return r.fail("not an escape")
	}
	first, err := r.hex4()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(first) {
		if strings.HasPrefix(r.text[r.pos:], `\u`) {
			back := r.pos
			r.pos++
			second, err := r.hex4()
			if err != nil {
				return err
			}
			if joined := utf16.DecodeRune(first, second); joined != utf8.RuneError {
				b.WriteRune(joined)
				return nil
			}
			r.pos = back
		}
		first = utf8.RuneError
	}
	b.WriteRune(first)
	return nil
}

// hex4 reads the u and the four digits of an escape.
func (r *reader) hex4() (rune, error) {
	if r.pos+5 > len(r.text) {
		return 0, r.fail("four hexadecimal digits are due")
	}
	n, err := strconv.ParseUint(r.text[r.pos+1:r.pos+5], 16, 16)
	if err != nil {
		return 0, r.fail("four hexadecimal digits are due")
	}
	r.pos += 5
	return rune(n), nil
}
