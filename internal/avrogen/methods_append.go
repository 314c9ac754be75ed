package avrogen

import (
	"encoding/binary"
	"fmt"

	"github.com/concord-go/concord/avro"
)

// unitOf is the unit of a time, in Go.
func unitOf(t avro.LogicalType) string {
	switch t {
	case avro.TimeMillis, avro.TimestampMillis, avro.LocalTimestampMillis:
		return "int64(time.Millisecond)"
	case avro.TimeMicros, avro.TimestampMicros, avro.LocalTimestampMicros:
		return "int64(time.Microsecond)"
	}
	return "int64(time.Nanosecond)"
}

// isLocal reports whether t has no time zone.
func isLocal(t avro.LogicalType) bool {
	return t == avro.LocalTimestampMillis || t == avro.LocalTimestampMicros || t == avro.LocalTimestampNanos
}

// orFail writes a call that may fail.
func (b *body) orFail(format string, args ...any) {
	b.printf("if dst, ok = %s; !ok {\nreturn dst, false\n}\n", fmt.Sprintf(format, args...))
}

// appendFields writes what appends a record's fields. Room for numbers that follow one
// another is looked for once.
func (b *body) appendFields(fields []*Field) {
	for len(fields) > 0 {
		n, most := 0, 0
		for n < len(fields) && fields[n].Value.mostBytes() > 0 {
			most += fields[n].Value.mostBytes()
			n++
		}
		if n < 2 {
			b.append(fields[0].Value, "v."+fields[0].GoName)
			fields = fields[1:]
			continue
		}
		at := b.number()
		b.printf("b%[1]d, at%[1]d := wire.Room(dst, %[2]d)\n", at, most)
		b.appendNumbers(fields[:n], at)
		b.printf("dst = b%[1]d[:at%[1]d]\n", at)
		fields = fields[n:]
	}
}

// appendNumbers writes what puts numbers into the room that was made.
func (b *body) appendNumbers(fields []*Field, at int) {
	for len(fields) > 0 {
		f := fields[0]
		if !f.Value.isInteger() {
			fields = fields[b.appendSized(fields, at):]
			continue
		}
		if len(fields) > 1 && fields[1].Value.isInteger() {
			b.printf("at%[1]d = wire.PutLong2(b%[1]d, at%[1]d, %[2]s, %[3]s)\n", at, f.asLong(), fields[1].asLong())
			fields = fields[2:]
			continue
		}
		b.printf("at%[1]d = wire.PutLong(b%[1]d, at%[1]d, %[2]s)\n", at, f.asLong())
		fields = fields[1:]
	}
}

// appendSized writes what puts the numbers at the front that always take the same bytes:
// bounds are checked once for all of them. It returns how many those are.
func (b *body) appendSized(fields []*Field, at int) int {
	n, size := 0, 0
	for n < len(fields) && !fields[n].Value.isInteger() {
		size += fields[n].Value.mostBytes()
		n++
	}
	c := b.number()
	b.printf("c%[1]d := b%[2]d[at%[2]d : at%[2]d+%[3]d]\n", c, at, size)
	offset := 0
	for _, f := range fields[:n] {
		put := map[Shape]string{Float: "Float", Double: "Double", Boolean: "Boolean"}[f.Value.Shape]
		b.printf("wire.Put%s(c%d, %d, v.%s)\n", put, c, offset, f.GoName)
		offset += f.Value.mostBytes()
	}
	b.printf("at%d += %d\n", at, size)
	return n
}

func (v *Value) isInteger() bool { return v.Shape == Int || v.Shape == Long }

// asLong is the expression for the value of an integer field.
func (f *Field) asLong() string {
	if f.Value.Shape == Int {
		return "int64(v." + f.GoName + ")"
	}
	return "v." + f.GoName
}

// mostBytes is how many bytes a number takes at most; 0 for all that is no number.
func (v *Value) mostBytes() int {
	switch v.Shape {
	case Boolean:
		return 1
	case Float:
		return 4
	case Double:
		return 8
	case Int, Long:
		return binary.MaxVarintLen64 // PutLong needs it, even for an int
	}
	return 0
}

// append writes what appends the value expr.
func (b *body) append(v *Value, expr string) {
	switch v.Shape {
	case Null:
	case Boolean:
		b.printf("dst = wire.AppendBoolean(dst, %s)\n", expr)
	case Int:
		b.printf("dst = wire.AppendLong(dst, int64(%s))\n", expr)
	case Long:
		b.printf("dst = wire.AppendLong(dst, %s)\n", expr)
	case Float:
		b.printf("dst = wire.AppendFloat(dst, %s)\n", expr)
	case Double:
		b.printf("dst = wire.AppendDouble(dst, %s)\n", expr)
	case Bytes:
		b.printf("dst = wire.AppendBytes(dst, %s)\n", expr)
	case String:
		b.orFail("wire.AppendString(dst, %s, m.Raw())", expr)
	case Time:
		if t := v.Schema.Logical().Type; t == avro.Date {
			b.orFail("wire.AppendDate(dst, %s)", expr)
		} else {
			b.orFail("wire.AppendTime(dst, %s, %s, %t)", expr, unitOf(t), isLocal(t))
		}
	case Clock:
		b.orFail("wire.AppendClock(dst, %s, %s)", expr, unitOf(v.Schema.Logical().Type))
	case DecimalNumber:
		b.orFail("%s.Append(dst, %s)", b.decimal(v), expr)
	case CalendarPeriod:
		x := operand(expr)
		b.printf("dst = wire.AppendCalendar(dst, %[1]s.Months, %[1]s.Days, %[1]s.Millis)\n", x)
	case RecordValue:
		b.orFail("%s.appendAvro(dst, m)", operand(expr))
	case EnumValue:
		b.orFail("%s.appendAvro(dst)", operand(expr))
	case FixedValue:
		b.printf("dst = append(dst, %s[:]...)\n", operand(expr))
	case Array:
		b.appendArray(v, expr)
	case Map:
		b.appendMap(v, expr)
	case Optional:
		n := b.number()
		b.printf("if x%[1]d := %[2]s; x%[1]d == nil {\ndst = append(dst, %[3]d)\n} else {\ndst = append(dst, %[4]d)\n", n, expr, 2*v.Null, 2*(1-v.Null))
		b.append(v.Elem, fmt.Sprintf("*x%d", n))
		b.printf("}\n")
	case OptionalNil:
		b.printf("if %s == nil {\ndst = append(dst, %d)\n} else {\ndst = append(dst, %d)\n", expr, 2*v.Null, 2*(1-v.Null))
		b.append(v.Elem, expr)
		b.printf("}\n")
	case Single:
		b.printf("dst = append(dst, 0)\n")
		b.append(v.Elem, expr)
	case UnionValue:
		b.appendUnion(v, expr)
	}
}

func (b *body) appendArray(v *Value, expr string) {
	switch v.Elem.Shape {
	case Int:
		b.printf("dst = wire.AppendInts(dst, %s)\n", expr)
		return
	case Long:
		b.printf("dst = wire.AppendLongs(dst, %s)\n", expr)
		return
	case Float:
		b.printf("dst = wire.AppendFloats(dst, %s)\n", expr)
		return
	case Double:
		b.printf("dst = wire.AppendDoubles(dst, %s)\n", expr)
		return
	case Boolean:
		b.printf("dst = wire.AppendBooleans(dst, %s)\n", expr)
		return
	case String:
		n := b.number()
		b.printf("out%[1]d, bad%[1]d := wire.AppendStrings(dst, %s, m.Raw())\nif bad%[1]d >= 0 {\nreturn dst, false\n}\ndst = out%[1]d\n", n, expr)
		return
	}
	n := b.number()
	b.printf("if items%[1]d := %s; len(items%[1]d) > 0 {\ndst = wire.AppendLong(dst, int64(len(items%[1]d)))\n", n, expr)
	if v.Elem.Shape != Null {
		b.printf("for i%[1]d := range items%[1]d {\n", n)
		b.append(v.Elem, fmt.Sprintf("items%[1]d[i%[1]d]", n))
		b.printf("}\n")
	}
	b.printf("}\ndst = append(dst, 0)\n")
}

func (b *body) appendMap(v *Value, expr string) {
	switch v.Elem.Shape {
	case String:
		b.orFail("wire.AppendStringMap(dst, %s, m.Raw())", expr)
		return
	case Long:
		b.orFail("wire.AppendLongMap(dst, %s, m.Raw())", expr)
		return
	}
	n := b.number()
	b.printf("if entries%[1]d := %s; len(entries%[1]d) > 0 {\ndst = wire.AppendLong(dst, int64(len(entries%[1]d)))\n", n, expr)
	if v.Elem.Shape == Null {
		b.printf("for k%[1]d := range entries%[1]d {\n", n)
	} else {
		b.printf("for k%[1]d, x%[1]d := range entries%[1]d {\n", n)
	}
	b.orFail("wire.AppendString(dst, k%d, m.Raw())", n)
	b.append(v.Elem, fmt.Sprintf("x%d", n))
	b.printf("}\n}\ndst = append(dst, 0)\n")
}

func (b *body) appendUnion(v *Value, expr string) {
	n := b.number()
	x := fmt.Sprintf("x%d", n)
	b.printf("switch %s := %s.(type) {\n", x, expr)
	if v.Null >= 0 {
		b.printf("case nil:\ndst = append(dst, %s)\n", indexBytes(v.Null))
	}
	for _, branch := range v.Union.Branches {
		b.printf("case %s:\n", branch.GoType)
		if branch.Value.Shape == RecordValue {
			b.printf("if %s == nil {\nreturn dst, false\n}\n", x)
		}
		b.printf("dst = append(dst, %s)\n", indexBytes(branch.Index))
		inner := x
		if branch.Wrapper {
			inner = fmt.Sprintf("%s(%s)", branch.Value.Go, x)
		}
		b.append(branch.Value, inner)
	}
	b.printf("default:\nreturn dst, false\n}\n")
}
