package jsonschema

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// acceptDepth bounds the recursion; what is deeper goes to the engine and its limit.
const acceptDepth = 200

// accepts reports that the text is valid; false says nothing.
func (a *acceptor) accepts(text []byte) bool {
	w := walker{text}
	end := w.value(w.space(0), a.root, 0)
	return end >= 0 && w.space(end) == len(text)
}

// walker goes through a text once. Its functions return where what they read ends, -1 to give up.
type walker struct{ text []byte }

func (w walker) space(i int) int {
	for i < len(w.text) && (w.text[i] == ' ' || w.text[i] == '\n' || w.text[i] == '\r' || w.text[i] == '\t') {
		i++
	}
	return i
}

func kindOf(c byte) valueKind {
	switch c {
	case '{':
		return objectValue
	case '[':
		return arrayValue
	case '"':
		return stringValue
	case 't', 'f':
		return boolValue
	case 'n':
		return nullValue
	}
	return numberValue
}

func (w walker) value(i int, r *rule, depth int) int {
	if i >= len(w.text) || depth > acceptDepth {
		return -1
	}
	kind := kindOf(w.text[i])
	if !r.kinds.has(kind) {
		return -1
	}
	if len(r.branches) > 0 {
		branch := r.branch(kind)
		if branch == nil || w.value(i, branch, depth+1) < 0 {
			return -1
		}
	}
	start, end := i, -1
	switch kind {
	case objectValue:
		end = w.object(i, r, depth)
	case arrayValue:
		end = w.array(i, r, depth)
	case stringValue:
		end = w.string(i, r)
	case numberValue:
		end = w.number(i, r)
	default:
		for end = i; end < len(w.text) && w.text[end] >= 'a' && w.text[end] <= 'z'; {
			end++
		}
	}
	if end >= 0 && r.literals != nil && !r.isLiteral(w.text[start:end]) {
		return -1
	}
	return end
}

func (r *rule) branch(kind valueKind) *rule {
	for _, b := range r.branches {
		if b.kinds.has(kind) {
			return b
		}
	}
	return nil
}

func (r *rule) isLiteral(text []byte) bool {
	for _, l := range r.literals {
		if string(text) == l {
			return true
		}
	}
	return false
}

// skipString is where a string that begins at i ends, and whether it has escapes.
func (w walker) skipString(i int) (end int, escaped bool) {
	n := bytes.IndexByte(w.text[i+1:], '"')
	if n < 0 {
		return -1, false
	}
	end = i + 1 + n
	if bytes.IndexByte(w.text[i+1:end], '\\') < 0 {
		return end + 1, false
	}
	for i++; i < len(w.text); i++ {
		switch w.text[i] {
		case '"':
			return i + 1, true
		case '\\':
			i++
		}
	}
	return -1, true
}

func (w walker) string(i int, r *rule) int {
	end, escaped := w.skipString(i)
	if end < 0 || r.pattern == nil && r.minLength == 0 && r.maxLength < 0 {
		return end
	}
	if escaped {
		return -1
	}
	content := w.text[i+1 : end-1]
	if r.minLength > 0 || r.maxLength >= 0 {
		n := utf8.RuneCount(content)
		if n < r.minLength || r.maxLength >= 0 && n > r.maxLength {
			return -1
		}
	}
	if r.pattern != nil && !r.pattern.Match(content) {
		return -1
	}
	return end
}

func (w walker) number(i int, r *rule) int {
	end := i
	for end < len(w.text) && (w.text[end] >= '0' && w.text[end] <= '9' || w.text[end] == '-' || w.text[end] == '+' || w.text[end] == '.' || w.text[end] == 'e' || w.text[end] == 'E') {
		end++
	}
	if end == i {
		return -1
	}
	digits := w.text[i:end]
	if len(digits) > 40 { // the engine has a limit
		return -1
	}
	if bytes.IndexByte(digits, 'e') >= 0 || bytes.IndexByte(digits, 'E') >= 0 || r.integer && bytes.IndexByte(digits, '.') >= 0 {
		return -1
	}
	if r.minimum == nil && r.maximum == nil {
		return end
	}
	if n, ok := smallInteger(digits); ok {
		return w.within(end, r, n > r.lower(), n == r.lower(), n < r.upper(), n == r.upper())
	}
	// The nearest float64 lies on the number's side of a bound that is one itself, or on the bound.
	f, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return -1
	}
	return w.within(end, r, f > float64(r.lower()), false, f < float64(r.upper()), false)
}

func (r *rule) lower() int64 {
	if r.minimum == nil {
		return 0
	}
	return r.minimum.value
}

func (r *rule) upper() int64 {
	if r.maximum == nil {
		return 0
	}
	return r.maximum.value
}

func (w walker) within(end int, r *rule, above, atLower, below, atUpper bool) int {
	if r.minimum != nil && !above && (!atLower || r.minimum.exclusive) {
		return -1
	}
	if r.maximum != nil && !below && (!atUpper || r.maximum.exclusive) {
		return -1
	}
	return end
}

// next is the property that is expected, if the text begins with its name.
func (r *rule) next(text []byte, expected int) *member {
	if expected >= len(r.order) {
		return nil
	}
	p := r.order[expected]
	if len(text) < len(p.quoted) || string(text[:len(p.quoted)]) != p.quoted {
		return nil
	}
	return p
}

func (w walker) object(i int, r *rule, depth int) int {
	var seen uint64
	members, expected := 0, 0
	i = w.space(i + 1)
	if i < len(w.text) && w.text[i] == '}' {
		i++
	} else {
		for {
			if i >= len(w.text) || w.text[i] != '"' {
				return -1
			}
			name, p := i, r.next(w.text[i:], expected)
			if p != nil {
				i += len(p.quoted)
			} else {
				end, escaped := w.skipString(i)
				if end < 0 || escaped {
					return -1
				}
				p, i = r.properties[string(w.text[name+1:end-1])], end
			}
			inner := r.additional
			if p != nil {
				if seen&p.bit != 0 {
					return -1
				}
				seen |= p.bit
				inner, expected = p.rule, p.index+1
			}
			if inner == nil {
				return -1
			}
			members++
			i = w.space(i)
			if i >= len(w.text) || w.text[i] != ':' {
				return -1
			}
			if i = w.value(w.space(i+1), inner, depth+1); i < 0 {
				return -1
			}
			i = w.space(i)
			if i >= len(w.text) {
				return -1
			}
			i++
			if w.text[i-1] == '}' {
				break
			}
			if w.text[i-1] != ',' {
				return -1
			}
			i = w.space(i)
		}
	}
	if seen&r.required != r.required || members < r.minMembers || r.maxMembers >= 0 && members > r.maxMembers {
		return -1
	}
	return i
}

func (w walker) array(i int, r *rule, depth int) int {
	items := r.items
	if items == nil {
		items = anything
	}
	n := 0
	i = w.space(i + 1)
	if i < len(w.text) && w.text[i] == ']' {
		i++
	} else {
		for {
			if i = w.value(i, items, depth+1); i < 0 {
				return -1
			}
			n++
			i = w.space(i)
			if i >= len(w.text) {
				return -1
			}
			i++
			if w.text[i-1] == ']' {
				break
			}
			if w.text[i-1] != ',' {
				return -1
			}
			i = w.space(i)
		}
	}
	if n < r.minItems || r.maxItems >= 0 && n > r.maxItems {
		return -1
	}
	return i
}
