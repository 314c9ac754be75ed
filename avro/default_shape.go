package avro

import "strconv"

// hasShape reports whether v has the JSON form of a default for type s as
// [CheckDefaultShapes] asks for, spending steps of e.
func hasShape(e *defaultEncoder, s *Schema, v *jsonValue) bool {
	if e.steps -= 1 + len(v.text)/16; e.steps <= 0 || e.depth <= 0 {
		return false
	}
	e.depth--
	defer func() { e.depth++ }()
	switch s.kind {
	case String, Bytes, Enum, Fixed:
		return v.kind == jsonString
	case Int, Long:
		bits := 64
		if s.kind == Int {
			bits = 32
		}
		_, err := strconv.ParseInt(v.text, 10, bits)
		return v.kind == jsonNumber && err == nil
	case Float, Double:
		return v.kind == jsonNumber || v.kind == jsonString && (v.text == "NaN" || v.text == "Infinity" || v.text == "-Infinity")
	case Boolean:
		return v.kind == jsonBool
	case Null:
		return v.kind == jsonNull
	case Array:
		for _, item := range v.elems {
			if !hasShape(e, s.items, item) {
				return false
			}
		}
		return v.kind == jsonArray
	case Map:
		for _, m := range v.members {
			if !hasShape(e, s.items, m.value) {
				return false
			}
		}
		return v.kind == jsonObject
	case Record:
		for i := range s.fields {
			f := &s.fields[i]
			value := e.member(v, f.name)
			if value == nil && f.defaultWire == nil {
				d := e.pending[f]
				if d == nil {
					return false
				}
				value = d.value
			}
			if value != nil && !hasShape(e, f.typ, value) {
				return false
			}
		}
		return v.kind == jsonObject
	}
	for _, b := range s.branches {
		if hasShape(e, b, v) {
			return true
		}
	}
	return false
}
