package avro

import (
	"math"
	"slices"
	"strconv"
)

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendNormalDefault renders a field's default for [Schema.Normalized]: numbers in
// the form of their type, the members of objects sorted by name. A union
// counts as its first branch, as in Confluent's registry; s is nil where the
// value has no type. It reports false where that registry fails.
func appendNormalDefault(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	if s != nil && s.kind == Union {
		if len(s.branches) == 0 {
			return dst, false
		}
		s = s.branches[0]
	}
	switch v.kind {
	case jsonNumber:
		return appendNormalNumber(dst, s, v), true
	case jsonArray:
		var items *Schema
		if s != nil && s.kind == Array {
			items = s.items
		}
		dst = append(dst, '[')
		for i, e := range v.elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = appendNormalDefault(dst, items, e); !ok {
				return dst, false
			}
		}
		return append(dst, ']'), true
	case jsonObject:
		return appendNormalObject(dst, s, v)
	}
	return appendJSON(dst, v, sortedJSON), true
}

func appendNormalObject(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	types := make(map[string]*Schema)
	if s != nil {
		for i := range s.fields {
			types[s.fields[i].name] = s.fields[i].typ
		}
	}
	dst = append(dst, '{')
	for i, m := range slices.SortedFunc(slices.Values(v.members), byMemberName) {
		if i > 0 {
			dst = append(dst, ',')
		}
		t := types[m.name]
		switch {
		case s != nil && s.kind == Map:
			t = s.items
		case s != nil && s.kind == Record && t == nil:
			return dst, false
		}
		dst = append(appendJSONString(dst, m.name), ':')
		if dst, ok = appendNormalDefault(dst, t, m.value); !ok {
			return dst, false
		}
	}
	return append(dst, '}'), true
}

func appendNormalNumber(dst []byte, s *Schema, v *jsonValue) []byte {
	if s == nil || s.kind != Float && s.kind != Double {
		return appendJSON(dst, v, sortedJSON)
	}
	x, _ := strconv.ParseFloat(v.text, 64)
	number := formatDouble(x)
	if s.kind == Float {
		number = formatFloat(x, 32)
		x = float64(float32(x))
	}
	if math.IsInf(x, 0) {
		return appendJSONString(dst, number)
	}
	return append(dst, number...)
}
