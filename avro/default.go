package avro

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/concord-go/concord/internal/zigzag"
)

// pendingDefault is a field's default that is to be checked.
type pendingDefault struct {
	field *Field
	value *jsonValue
	path  *path
}

// defaultEncoder turns field defaults into Avro data, each once: a default of a
// record leaves fields out whose own default it then copies. Its work and the
// data are bounded by the size of the text: with records that default to
// records, few lines could ask for exponentially much.
type defaultEncoder struct {
	all     []*pendingDefault
	pending map[*Field]*pendingDefault
	started map[*Field]bool
	steps   int // left, for all defaults together
	bytes   int // left, for all defaults together
	depth   int // left

	// Indexes of large enums and objects: without them a long array of symbols,
	// or a wide record, would take quadratic time.
	symbols map[*Schema]map[string]int
	members map[*jsonValue]map[string]*jsonValue

	// For CheckDefaultShapes: the records whose fields are being read, and
	// whether a default was found that is a value of one of them.
	open     map[*Schema]bool
	tooEarly bool
}

func newDefaultEncoder(textSize, depth int) *defaultEncoder {
	return &defaultEncoder{
		pending: make(map[*Field]*pendingDefault),
		started: make(map[*Field]bool),
		steps:   1000 + 16*textSize,
		bytes:   1<<16 + 16*textSize,
		depth:   depth,
		symbols: make(map[*Schema]map[string]int),
		members: make(map[*jsonValue]map[string]*jsonValue),
		open:    make(map[*Schema]bool),
	}
}

// add notes the default of a field.
func (e *defaultEncoder) add(d *pendingDefault) {
	e.all = append(e.all, d)
	e.pending[d.field] = d
}

// finish encodes and checks all defaults.
func (e *defaultEncoder) finish(check DefaultCheck) error {
	for _, d := range e.all {
		numberFromText(d)
		d.field.defaultJSON = appendJSON(nil, d.value, exactJSON)
	}
	for _, d := range e.all {
		if e.field(d.field) {
			continue
		}
		if e.steps <= 0 || e.bytes <= 0 {
			return newLimitError(d.path.String(), "the defaults of the schema are too large")
		}
		if check == IgnoreDefaults || check == CheckDefaultShapes && e.hasShape(d.field.typ, d.value) {
			continue
		}
		return d.path.errorf("the default is no value of the field's type (%s)", describe(d.field.typ))
	}
	return nil
}

// numberFromText takes a float or double given as a string for the number, as Avro
// for Java does; "NaN" and the infinities have no other form in JSON.
func numberFromText(d *pendingDefault) {
	k := d.field.typ.kind
	if d.value.kind != jsonString || k != Float && k != Double {
		return
	}
	s := strings.TrimSpace(d.value.text)
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		d.value = &jsonValue{kind: jsonNumber, text: formatDouble(x)}
	}
}

// field sets the wire form of f's default, unless it has it already, and reports
// whether there is one.
func (e *defaultEncoder) field(f *Field) bool {
	if f.defaultWire != nil {
		return true
	}
	d := e.pending[f]
	if d == nil || e.started[f] { // started: failed before, or contains itself
		return false
	}
	e.started[f] = true
	wire, ok := e.append([]byte{}, f.typ, d.value)
	if ok {
		f.defaultWire = wire
	}
	return ok
}

// append appends the Avro datum that v is for type s. Where it reports false,
// dst may have grown, and v is no value of s or a limit was reached.
func (e *defaultEncoder) append(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	if e.steps -= 1 + len(v.text)/16; e.steps <= 0 || e.depth <= 0 {
		return dst, false
	}
	e.depth--
	before := len(dst)
	defer func() {
		e.depth++
		if ok && s.kind <= String { // what others hold was counted with them
			e.bytes -= len(dst) - before
		}
	}()
	switch s.kind {
	case Null:
		return dst, v.kind == jsonNull
	case Boolean:
		if v.text == "true" {
			return append(dst, 1), v.kind == jsonBool
		}
		return append(dst, 0), v.kind == jsonBool
	case Int, Long:
		bits := 64
		if s.kind == Int {
			bits = 32
		}
		n, err := strconv.ParseInt(v.text, 10, bits)
		return zigzag.Append(dst, n), v.kind == jsonNumber && err == nil
	case Float, Double:
		return appendFloat(dst, s.kind, v)
	case String:
		dst = zigzag.Append(dst, int64(len(v.text)))
		return append(dst, v.text...), v.kind == jsonString
	case Bytes:
		b, ok := latin1(v)
		dst = zigzag.Append(dst, int64(len(b)))
		return append(dst, b...), ok
	case Fixed:
		b, ok := latin1(v)
		e.bytes -= len(b)
		return append(dst, b...), ok && len(b) == s.size
	case Enum:
		i := e.symbol(s, v)
		return zigzag.Append(dst, int64(i)), i >= 0
	case Array:
		return e.appendArray(dst, s, v)
	case Map:
		return e.appendMap(dst, s, v)
	case Record:
		return e.appendRecord(dst, s, v)
	}
	// A union's default is of the first branch that it matches (Avro 1.12, "Unions";
	// up to 1.11 it had to be the first branch of all).
	for i, b := range s.branches {
		if out, ok := e.append(zigzag.Append(dst[:before], int64(i)), b, v); ok {
			return out, true
		}
	}
	return dst, false
}

func (e *defaultEncoder) appendArray(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	if v.kind != jsonArray {
		return dst, false
	}
	if len(v.elems) > 0 {
		dst = zigzag.Append(dst, int64(len(v.elems)))
	}
	for _, item := range v.elems {
		if dst, ok = e.append(dst, s.items, item); !ok {
			return dst, false
		}
	}
	return append(dst, 0), true
}

func (e *defaultEncoder) appendMap(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	if v.kind != jsonObject {
		return dst, false
	}
	if len(v.members) > 0 {
		dst = zigzag.Append(dst, int64(len(v.members)))
	}
	for _, m := range v.members {
		dst = zigzag.Append(dst, int64(len(m.name)))
		dst = append(dst, m.name...)
		if dst, ok = e.append(dst, s.items, m.value); !ok {
			return dst, false
		}
	}
	return append(dst, 0), true
}

func (e *defaultEncoder) appendRecord(dst []byte, s *Schema, v *jsonValue) (_ []byte, ok bool) {
	if v.kind != jsonObject {
		return dst, false
	}
	for i := range s.fields {
		f := &s.fields[i]
		if value := e.member(v, f.name); value != nil {
			if dst, ok = e.append(dst, f.typ, value); !ok {
				return dst, false
			}
			continue
		}
		e.steps--
		if !e.field(f) {
			return dst, false
		}
		if e.bytes -= len(f.defaultWire); e.bytes <= 0 {
			return dst, false
		}
		dst = append(dst, f.defaultWire...)
	}
	return dst, true
}

func appendFloat(dst []byte, k Kind, v *jsonValue) ([]byte, bool) {
	x, err := strconv.ParseFloat(v.text, 64)
	switch v.kind {
	case jsonString:
		if v.text != "NaN" && v.text != "Infinity" && v.text != "-Infinity" {
			return dst, false
		}
	case jsonNumber:
		if err != nil || k == Float && math.IsInf(float64(float32(x)), 0) {
			return dst, false
		}
	default:
		return dst, false
	}
	if k == Float {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(x))), true
	}
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x)), true
}

// latin1 is the bytes that a string stands for: one for each character, up to
// U+00FF (Avro 1.12, "Complex Types", the table of field defaults).
func latin1(v *jsonValue) ([]byte, bool) {
	b := make([]byte, 0, len(v.text))
	for _, r := range v.text {
		if r > 0xff {
			return nil, false
		}
		b = append(b, byte(r))
	}
	return b, v.kind == jsonString
}

// indexFrom is the size from which an index pays.
const indexFrom = 16

// symbol is the position of the symbol that v is, -1 if it is none.
func (e *defaultEncoder) symbol(s *Schema, v *jsonValue) int {
	if v.kind != jsonString {
		return -1
	}
	if len(s.symbols) < indexFrom {
		return slices.Index(s.symbols, v.text)
	}
	index := e.symbols[s]
	if index == nil {
		index = make(map[string]int, len(s.symbols))
		for i, symbol := range s.symbols {
			index[symbol] = i
		}
		e.symbols[s] = index
	}
	if i, ok := index[v.text]; ok {
		return i
	}
	return -1
}

// member is v.member(name).
func (e *defaultEncoder) member(v *jsonValue, name string) *jsonValue {
	if len(v.members) < indexFrom {
		return v.member(name)
	}
	index := e.members[v]
	if index == nil {
		index = make(map[string]*jsonValue, len(v.members))
		for _, m := range v.members {
			index[m.name] = m.value
		}
		e.members[v] = index
	}
	return index[name]
}

// describe names a type in an error.
func describe(s *Schema) string {
	if s.kind.isNamed() {
		return s.kind.String() + " " + excerpt(s.name.String())
	}
	return s.kind.String()
}
