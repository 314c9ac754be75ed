package avro

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// jsonStyle is a way of writing JSON. All are compact, with one member for each name.
type jsonStyle uint8

const (
	exactJSON  jsonStyle = iota // numbers as the text has them
	javaJSON                    // numbers as Jackson writes them
	sortedJSON                  // javaJSON with the members of objects sorted by name
)

func appendJSON(dst []byte, v *jsonValue, style jsonStyle) []byte {
	switch v.kind {
	case jsonString:
		return appendJSONString(dst, v.text)
	case jsonNumber:
		if style == exactJSON {
			return append(dst, v.text...)
		}
		return append(dst, javaNumber(v)...)
	case jsonArray:
		dst = append(dst, '[')
		for i, e := range v.elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e, style)
		}
		return append(dst, ']')
	case jsonObject:
		members := v.members
		if style == sortedJSON {
			members = slices.SortedFunc(slices.Values(members), byMemberName)
		}
		dst = append(dst, '{')
		for i, m := range members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONString(dst, m.name), ':')
			dst = appendJSON(dst, m.value, style)
		}
		return append(dst, '}')
	}
	return append(dst, v.text...)
}

func byMemberName(a, b jsonMember) int { return strings.Compare(a.name, b.name) }

// appendJSONString escapes what JSON requires and nothing else.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		default:
			if j := strings.IndexByte("\b\f\n\r\t", c); j >= 0 {
				dst = append(dst, '\\', "bfnrt"[j])
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
		}
	}
	return append(dst, '"')
}

// javaNumber is a number as Jackson writes it: whole numbers with all their
// digits, others as Java's doubles.
func javaNumber(v *jsonValue) string {
	if v.isInt() {
		if v.text == "-0" {
			return "0"
		}
		return v.text
	}
	x, _ := strconv.ParseFloat(v.text, 64) // out of range: an infinity
	if math.IsInf(x, 0) {
		return `"` + formatDouble(x) + `"`
	}
	return formatDouble(x)
}

// formatDouble is x in the form of Java's Double.toString: the shortest digits
// that tell x from its neighbours, with a decimal point, in scientific form
// below 10^-3 and from 10^7 on.
func formatDouble(x float64) string { return formatFloat(x, 64) }

// formatFloat is formatDouble for numbers of 32 or 64 bits.
func formatFloat(x float64, bits int) string {
	if bits == 32 {
		x = float64(float32(x))
	}
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	if a := math.Abs(x); x == 0 || 1e-3 <= a && a < 1e7 {
		s := strconv.FormatFloat(x, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, bits), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}
