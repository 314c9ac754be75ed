package avro

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// AppendBinary appends the binary data of the writer schema s for a text in Avro's
// JSON encoding, as [Schema.AppendJSON] writes it. Members may come in any order;
// one that is missing has its field's default; one that the record lacks is an
// error, and so is the value of a union, unless null, without its branch's name.
// Java's and goavro's names of branches are both understood ("long" and
// "long.timestamp-millis"). The error is an [*EncodeError], of the class
// [serde.Malformed] where text is not JSON; dst is then returned as it was.
func (s *Schema) AppendBinary(dst, text []byte) ([]byte, error) {
	limits := Limits{}.resolve()
	p := jsonParser{text: string(text), depth: limits.depth}
	v, err := p.value()
	if err == nil {
		for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
			p.pos++
		}
		if p.pos < len(p.text) {
			err = p.errorf("text after the value")
		}
	}
	if err != nil {
		return dst, &EncodeError{Err: &fault{serde.Malformed, fmt.Sprintf("the text is not JSON, from byte %d on", min(p.pos, len(text)))}}
	}
	r := jsonReader{
		encoding: encoding{depth: limits.depth}, symbols: make(map[*Schema]*symbolIndex),
		most: int64(len(dst)) + limits.memoryFor(len(text)),
	}
	out, err := r.value(s, v, dst)
	if err != nil {
		return dst, finishEncodeError(err)
	}
	return out, nil
}

// jsonReader reads JSON and writes binary data.
type jsonReader struct {
	encoding
	symbols map[*Schema]*symbolIndex
	most    int64 // length of the output: defaults of fields may be far longer than the text
}

func (r *jsonReader) wants(what string, v *jsonValue) error {
	return r.fail(nil, what+" is wanted, not "+jsonKindNames[v.kind])
}

func (r *jsonReader) value(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	switch s.kind {
	case Null:
		if v.kind != jsonNull {
			return nil, r.wants("null", v)
		}
		return dst, nil
	case Boolean:
		if v.kind != jsonBool {
			return nil, r.wants("a boolean", v)
		}
		if v.text == "true" {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case Int, Long:
		if !v.isInt() {
			return nil, r.wants("a whole number", v)
		}
		bits := 64
		if s.kind == Int {
			bits = 32
		}
		n, err := strconv.ParseInt(v.text, 10, bits)
		if err != nil {
			return nil, r.fail(nil, "the number does not fit into "+describeNumber(s.kind))
		}
		return wire.AppendLong(dst, n), nil
	case Float, Double:
		out, ok := appendFloat(dst, s.kind, v)
		if !ok && v.kind == jsonNumber {
			return nil, r.fail(nil, "the number does not fit into a "+s.kind.String())
		} else if !ok {
			return nil, r.wants(`a number, "NaN", "Infinity" or "-Infinity"`, v)
		}
		return out, nil
	case String:
		if v.kind != jsonString {
			return nil, r.wants("a string", v)
		}
		return append(wire.AppendLong(dst, int64(len(v.text))), v.text...), nil
	case Bytes, Fixed:
		return r.octets(s, v, dst)
	case Enum:
		if v.kind != jsonString {
			return nil, r.wants("a symbol of the enum", v)
		}
		i, ok := r.index(s).of(v.text)
		if !ok {
			return nil, r.fail(nil, "the string is none of the enum's symbols")
		}
		return wire.AppendLong(dst, int64(i)), nil
	}
	if r.depth--; r.depth < 0 {
		return nil, r.failDepth(nil)
	}
	defer func() { r.depth++ }()
	switch s.kind {
	case Record:
		return r.record(s, v, dst)
	case Union:
		return r.union(s, v, dst)
	case Array:
		return r.array(s, v, dst)
	}
	return r.mapping(s, v, dst)
}

func describeNumber(k Kind) string {
	if k == Int {
		return "an int (32 bits)"
	}
	return "a long (64 bits)"
}

func (r *jsonReader) index(s *Schema) *symbolIndex {
	index := r.symbols[s]
	if index == nil {
		made := indexSymbols(s)
		index = &made
		r.symbols[s] = index
	}
	return index
}

func (r *jsonReader) octets(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	b, ok := latin1(v)
	switch {
	case v.kind != jsonString:
		return nil, r.wants("a string", v)
	case !ok:
		return nil, r.fail(nil, "the string has a character above U+00FF, which stands for no byte")
	case s.kind == Bytes:
		return append(wire.AppendLong(dst, int64(len(b))), b...), nil
	case len(b) != s.size:
		return nil, r.fail(nil, fmt.Sprintf("the string stands for %d bytes, the fixed has %d", len(b), s.size))
	}
	return append(dst, b...), nil
}

func (r *jsonReader) record(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	if v.kind != jsonObject {
		return nil, r.wants("an object", v)
	}
	members := make(map[string]*jsonValue, len(v.members))
	for _, m := range v.members {
		members[m.name] = m.value
	}
	for i := range s.fields {
		f := &s.fields[i]
		m := members[f.name]
		switch {
		case m != nil:
			var err error
			if dst, err = r.value(f.typ, m, dst); err != nil {
				return nil, r.within(err, f.name)
			}
			delete(members, f.name)
		case f.defaultWire != nil:
			if dst = append(dst, f.defaultWire...); int64(len(dst)) > r.most {
				return nil, r.failWith(nil, &fault{serde.LimitExceeded, "the defaults of fields that the text leaves out take too much memory"})
			}
		default:
			return nil, r.within(r.fail(nil, "the object has no such member, and the field has no default"), f.name)
		}
	}
	if len(members) > 0 { // their names are the sender's, and are not shown
		return nil, r.fail(nil, fmt.Sprintf("the object has %d members that the record has no fields for", len(members)))
	}
	return dst, nil
}

func (r *jsonReader) union(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	if v.kind == jsonNull {
		i := slices.IndexFunc(s.branches, func(b *Schema) bool { return b.kind == Null })
		if i < 0 {
			return nil, r.fail(nil, "the union has no null")
		}
		return wire.AppendLong(dst, int64(i)), nil
	}
	if v.kind != jsonObject || len(v.members) != 1 {
		return nil, r.fail(nil, `null, or an object with one member, named like the branch's type ({"string": "x"}), is wanted`)
	}
	m := v.members[0]
	i := slices.IndexFunc(s.branches, func(b *Schema) bool { return m.name == b.branchName() || m.name == goavroName(b) })
	if i < 0 {
		return nil, r.fail(nil, "the object's member is named like none of the union's branches")
	}
	return r.value(s.branches[i], m.value, wire.AppendLong(dst, int64(i)))
}

func (r *jsonReader) array(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	if v.kind != jsonArray {
		return nil, r.wants("an array", v)
	}
	if len(v.elems) > 0 {
		dst = wire.AppendLong(dst, int64(len(v.elems)))
	}
	for i, item := range v.elems {
		var err error
		if dst, err = r.value(s.items, item, dst); err != nil {
			if x, ok := err.(*EncodeError); ok {
				x.steps.addIndex(i)
			}
			return nil, err
		}
	}
	return append(dst, 0), nil
}

func (r *jsonReader) mapping(s *Schema, v *jsonValue, dst []byte) ([]byte, error) {
	if v.kind != jsonObject {
		return nil, r.wants("an object", v)
	}
	if len(v.members) > 0 {
		dst = wire.AppendLong(dst, int64(len(v.members)))
	}
	for _, m := range v.members {
		dst = append(wire.AppendLong(dst, int64(len(m.name))), m.name...)
		var err error
		if dst, err = r.value(s.items, m.value, dst); err != nil {
			return nil, r.within(err, "[*]")
		}
	}
	return append(dst, 0), nil
}
