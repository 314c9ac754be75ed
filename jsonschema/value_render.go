package jsonschema

import (
	"slices"
	"strconv"
	"strings"
)

// appendValue appends the value as compact JSON: the members in their order, or
// sorted by name.
func appendValue(dst []byte, v *value, sorted bool) []byte {
	switch v.kind {
	case boolValue:
		return strconv.AppendBool(dst, v.bool)
	case numberValue:
		return append(dst, canonicalNumber(v.text)...)
	case stringValue:
		return appendString(dst, v.text)
	case arrayValue:
		dst = append(dst, '[')
		for i, item := range v.values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item, sorted)
		}
		return append(dst, ']')
	case objectValue:
		dst = append(dst, '{')
		for n, i := range v.order(sorted) {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, v.keys[i]), ':')
			dst = appendValue(dst, v.values[i], sorted)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// order lists the positions of an object's members.
func (v *value) order(sorted bool) []int {
	order := make([]int, len(v.keys))
	for i := range order {
		order[i] = i
	}
	if sorted {
		slices.SortFunc(order, func(a, b int) int { return compareUTF16(v.keys[a], v.keys[b]) })
	}
	return order
}

// compareUTF16 orders strings by their UTF-16 code units, as Java does: it differs
// from the order of the bytes where a character needs two units.
func compareUTF16(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	for i := range min(len(ra), len(rb)) {
		x, y := ra[i], rb[i]
		if x == y {
			continue
		}
		// Surrogates, 0xd800 to 0xdfff, stand for what is above 0xffff.
		if wideX, wideY := x > 0xffff, y > 0xffff; wideX != wideY {
			if wideX {
				x = 0xd800
			} else {
				y = 0xd800
			}
		}
		return int(x) - int(y)
	}
	return len(ra) - len(rb)
}

const hexDigits = "0123456789ABCDEF"

// appendString appends a JSON string; only what must be escaped is.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// canonicalNumber is the literal as Java's BigInteger and BigDecimal print it: all
// digits are kept, an exponent only where the point would be far from them.
func canonicalNumber(literal string) string {
	if !strings.ContainsAny(literal, ".eE") {
		if literal == "-0" {
			return "0"
		}
		return literal
	}
	d, ok := parseDecimal(literal)
	if !ok {
		return literal
	}
	return d.String()
}
