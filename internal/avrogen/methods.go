package avrogen

import (
	"bytes"
	"fmt"
	"strings"
)

// methods writes those that write and read data.
func (e *emitter) methods(t Type) {
	switch t := t.(type) {
	case *Record:
		e.recordMethods(t)
	case *Enum:
		e.enumMethods(t)
	}
}

// recordMethods writes the methods for programs, which fall back to a plan, and those that
// generated code calls, which know only success and failure.
func (e *emitter) recordMethods(r *Record) {
	e.use(importAvro)
	name := r.GoName
	strings := "wire.StringsAlone"
	if r.countStrings(make(map[*Record]bool)) > 1 {
		strings = "wire.SharedStrings"
	}
	e.printf(`// AppendAvro appends v's binary encoding to dst. On an error, an [*avro.EncodeError], it
// returns dst as it was.
func (v *%[1]s) AppendAvro(dst []byte) ([]byte, error) {
	if v != nil {
		if out, ok := v.appendAvro(dst, wire.DefaultMode); ok {
			return out, nil
		}
	}
	return avroCode%[1]s.AppendByPlan(dst, v)
}

// DecodeAvro reads the whole payload, which was written with the same schema, into *v. Data
// of other schemas are for an [avro.Decoder]. The error is an [*avro.DecodeError]; *v is
// then unspecified, but safe to use.
func (v *%[1]s) DecodeAvro(payload []byte) error {
	if v != nil {
		r := wire.NewReader(payload, %[2]s)
		if v.decodeAvro(&r, 0) == len(payload) {
			return nil
		}
	}
	return avroCode%[1]s.DecodeByPlan(payload, v)
}

// AvroCode is how package avro finds the code below.
func (*%[1]s) AvroCode() avro.GeneratedCode { return &avroCode%[1]s }

var avroCode%[1]s = avro.Generated[%[1]s]{Schema: avroSchema%[1]s, Levels: %[3]d, Append: (*%[1]s).appendAvro, Decode: (*%[1]s).decodeAvro}

`, name, strings, r.levels())
	b := &body{record: r}
	b.appendFields(r.Fields)
	write := b.take()
	for _, f := range r.Fields {
		b.decode(f.Value, "v."+f.GoName)
	}
	read := b.take()
	if len(b.decimals) > 0 {
		e.printf("var avroDecimals%s = [...]*avro.GeneratedDecimal{\n", name)
		for _, d := range b.decimals {
			e.printf("\tavro.NewGeneratedDecimal(%d, %d, %d),\n", d.precision, d.scale, d.size)
		}
		e.printf("}\n\n")
	}
	e.printf("func (v *%s) appendAvro(dst []byte, m wire.Mode) ([]byte, bool) {\n", name)
	if r.Recursive {
		e.printf("if m = m.Deeper(%d); m < 0 {\nreturn dst, false\n}\n", r.levels())
	}
	if mentions(write, "ok") {
		e.printf("var ok bool\n")
	}
	e.printf("%sreturn dst, true\n}\n\n", write)
	e.printf("func (v *%s) decodeAvro(r *wire.Reader, pos int) int {\n", name)
	if r.Recursive {
		e.printf("if !r.Deeper(%d) {\nreturn wire.Failed\n}\n", r.levels())
	}
	if mentions(read, "buf") {
		e.printf("buf := r.Buf\n")
	}
	e.printf("%s", read)
	if r.Recursive {
		e.printf("r.Shallower(%d)\n", r.levels())
	}
	e.printf("return pos\n}\n\n")
}

// enumMethods writes the table of symbols, and how one becomes its index.
func (e *emitter) enumMethods(n *Enum) {
	e.printf("var avroSymbols%s = [...]%s{", n.GoName, n.GoName)
	for i, s := range n.Symbols {
		if i > 0 {
			e.printf(", ")
		}
		e.printf("%s", s.GoName)
	}
	e.printf("}\n\n")
	e.printf("func (v %s) appendAvro(dst []byte) ([]byte, bool) {\n", n.GoName)
	if len(n.Symbols) > 0 {
		e.printf("switch v {\n")
		for i, s := range n.Symbols {
			e.printf("case %s:\nreturn append(dst, %s), true\n", s.GoName, indexBytes(i))
		}
		e.printf("}\n")
	}
	e.printf("return dst, false\n}\n\n")
}

// indexBytes is the encoding of a union's or enum's index.
func indexBytes(i int) string {
	var all []string
	for u := uint(i) << 1; ; u >>= 7 {
		if u < 0x80 {
			return strings.Join(append(all, fmt.Sprintf("%d", u)), ", ")
		}
		all = append(all, fmt.Sprintf("%#x", u&0x7f|0x80))
	}
}

// body is the code of a method while it is made. Variables have numbers, so that none
// hides another.
type body struct {
	bytes.Buffer
	record    *Record
	variables int
	decimals  []decimal
}

type decimal struct{ precision, scale, size int }

func (b *body) printf(format string, args ...any) { fmt.Fprintf(b, format, args...) }

// take is the code so far.
func (b *body) take() string {
	defer func() {
		b.Reset()
		b.variables = 0
	}()
	return b.String()
}

// number is for the variables of another block.
func (b *body) number() int {
	b.variables++
	return b.variables
}

// decimal is the expression for what writes and reads the decimals of v.
func (b *body) decimal(v *Value) string {
	l := v.Schema.Logical()
	d := decimal{l.Precision, l.Scale, -1}
	if v.Fixed != nil {
		d.size = v.Fixed.Size
	}
	at := -1
	for i, has := range b.decimals {
		if has == d {
			at = i
		}
	}
	if at < 0 {
		at, b.decimals = len(b.decimals), append(b.decimals, d)
	}
	return fmt.Sprintf("avroDecimals%s[%d]", b.record.GoName, at)
}

// operand is an expression before a dot or a bracket, where Go follows pointers itself.
func operand(expr string) string { return strings.TrimPrefix(expr, "*") }

// mentions reports whether the code has the word outside of other words.
func mentions(code, word string) bool {
	for rest := code; ; {
		i := strings.Index(rest, word)
		if i < 0 {
			return false
		}
		end := i + len(word)
		if (i == 0 || !isWord(rest[i-1])) && (end == len(rest) || !isWord(rest[end])) {
			return true
		}
		rest = rest[end:]
	}
}

func isWord(c byte) bool { return strings.IndexByte(letters+".", c) >= 0 }

// levels is how deeply a value of the record is nested, at most, until another of its
// own type begins.
func (r *Record) levels() int {
	n := 0
	for _, f := range r.Fields {
		n = max(n, f.Value.levels())
	}
	return 1 + n
}

func (v *Value) levels() int {
	switch v.Shape {
	case RecordValue:
		if v.Record.Recursive {
			return 1 // it counts for itself
		}
		return v.Record.levels()
	case Array, Map, Optional, OptionalNil, Single:
		return 1 + v.Elem.levels()
	case UnionValue:
		n := 0
		for _, b := range v.Union.Branches {
			n = max(n, b.Value.levels())
		}
		return 2 + n
	}
	return 1
}

// countStrings counts the strings that a value may hold, up to 2, which stands for any
// number: where there are several they share memory.
func (r *Record) countStrings(seen map[*Record]bool) int {
	if seen[r] {
		return 0
	}
	seen[r] = true
	n := 0
	for _, f := range r.Fields {
		n += f.Value.countStrings(seen)
	}
	return min(n, 2)
}

func (v *Value) countStrings(seen map[*Record]bool) int {
	n := 0
	switch v.Shape {
	case String:
		return 1
	case Map:
		return 2
	case Array:
		return 2 * v.Elem.countStrings(seen)
	case Optional, OptionalNil, Single:
		return v.Elem.countStrings(seen)
	case RecordValue:
		return v.Record.countStrings(seen)
	case UnionValue:
		for _, b := range v.Union.Branches {
			n += b.Value.countStrings(seen)
		}
	}
	return n
}
