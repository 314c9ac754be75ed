package avro

import "strconv"

// hasShape reports whether v has the JSON form of a default for type s as
// [CheckDefaultShapes] asks for. While the schema is still being read, s may be
// nil: a type that is defined later.
func (e *defaultEncoder) hasShape(s *Schema, v *jsonValue) bool {
	if s == nil || e.open[s] {
		e.tooEarly = e.tooEarly || v.kind == jsonObject
		return false
	}
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
			if !e.hasShape(s.items, item) {
				return false
			}
		}
		return v.kind == jsonArray
	case Map:
		for _, m := range v.members {
			if !e.hasShape(s.items, m.value) {
				return false
			}
		}
		return v.kind == jsonObject
	case Record:
		return e.recordHasShape(s, v)
	}
	for _, b := range s.branches {
		if e.hasShape(b, v) {
			return true
		}
		if e.tooEarly {
			break
		}
	}
	return false
}

func (e *defaultEncoder) recordHasShape(s *Schema, v *jsonValue) bool {
	if v.kind != jsonObject {
		return false
	}
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
		if value != nil && !e.hasShape(f.typ, value) {
			return false
		}
	}
	return true
}
