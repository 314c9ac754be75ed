package avrogen

import (
	"fmt"

	"github.com/concord-go/concord/avro"
)

// decode writes what reads a value into target, which can be assigned to. After a failure
// the position is negative, and what follows fails, too.
func (b *body) decode(v *Value, target string) {
	switch v.Shape {
	case Null:
	case Boolean:
		b.printf("%s, pos = wire.Boolean(buf, pos)\n", target)
	case Int:
		b.printf("if u := wire.Peek(buf, pos); u < 0x80 {\n%[1]s, pos = int32(wire.Unzigzag(u)), pos+1\n} else {\n%[1]s, pos = wire.Int(buf, pos)\n}\n", target)
	case Long:
		b.printf("if u := wire.Peek(buf, pos); u < 0x80 {\n%[1]s, pos = wire.Unzigzag(u), pos+1\n} else {\n%[1]s, pos = wire.Long(buf, pos)\n}\n", target)
	case Float:
		b.printf("%s, pos = wire.Float(buf, pos)\n", target)
	case Double:
		b.printf("%s, pos = wire.Double(buf, pos)\n", target)
	case Bytes:
		b.printf("%[1]s, pos = r.Bytes(pos, %[1]s)\n", target)
	case String:
		b.printf("%s, pos = r.String(pos)\n", target)
	case Time:
		if t := v.Schema.Logical().Type; t == avro.Date {
			b.printf("%s, pos = wire.Date(buf, pos)\n", target)
		} else {
			b.printf("%s, pos = wire.Time(buf, pos, %s)\n", target, unitOf(t))
		}
	case Clock:
		unit := "Micros"
		if v.Schema.Logical().Type == avro.TimeMillis {
			unit = "Millis"
		}
		b.printf("%s, pos = wire.Clock%s(buf, pos)\n", target, unit)
	case DecimalNumber:
		b.printf("%[1]s, pos = %[2]s.Read(r, pos, %[1]s)\n", target, b.decimal(v))
	case CalendarPeriod:
		b.printf("%[1]s.Months, %[1]s.Days, %[1]s.Millis, pos = wire.Calendar(buf, pos)\n", operand(target))
	case RecordValue:
		b.printf("pos = %s.decodeAvro(r, pos)\n", operand(target))
	case EnumValue:
		b.decodeEnum(v.Enum, target)
	case FixedValue:
		b.printf("pos = wire.Fixed(%s[:], buf, pos)\n", operand(target))
	case Array:
		b.decodeArray(v, target)
	case Map:
		b.decodeMap(v, target)
	case Optional:
		n := b.number()
		b.optional(v, target)
		b.printf("x%[1]d := wire.Pointer(r, %[2]s)\nif x%[1]d == nil {\nreturn wire.Failed\n}\n%[2]s = x%[1]d\n", n, target)
		b.decode(v.Elem, fmt.Sprintf("*x%d", n))
		b.printf("default:\nreturn wire.Failed\n}\n")
	case OptionalNil:
		b.optional(v, target)
		b.decode(v.Elem, target)
		b.printf("default:\nreturn wire.Failed\n}\n")
	case Single:
		b.printf("if wire.Peek(buf, pos) != 0 {\nreturn wire.Failed\n}\npos++\n")
		b.decode(v.Elem, target)
	case UnionValue:
		b.decodeUnion(v, target)
	}
}

// optional writes the head of a switch over a union of null and another type.
func (b *body) optional(v *Value, target string) {
	b.printf("switch wire.Peek(buf, pos) {\ncase %d:\n%s = nil\npos++\ncase %d:\npos++\n", 2*v.Null, target, 2*(1-v.Null))
}

func (b *body) decodeEnum(n *Enum, target string) {
	symbols := "avroSymbols" + n.GoName
	if len(n.Symbols) <= 64 { // each takes one byte, and 0x80, which is none, is beyond the table
		b.printf("if u := wire.Peek(buf, pos); u&1 == 0 && u>>1 < uint64(len(%[1]s)) {\n%[2]s, pos = %[1]s[u>>1], pos+1\n} else {\nreturn wire.Failed\n}\n", symbols, target)
		return
	}
	i := b.number()
	b.printf("i%[1]d, next%[1]d := wire.Index(buf, pos, len(%[2]s))\nif next%[1]d < 0 {\nreturn wire.Failed\n}\n%[3]s, pos = %[2]s[i%[1]d], next%[1]d\n", i, symbols, target)
}

func (b *body) decodeArray(v *Value, target string) {
	plural := map[Shape]string{Int: "Ints", Long: "Longs", Float: "Floats", Double: "Doubles", Boolean: "Booleans", String: "Strings"}
	if method := plural[v.Elem.Shape]; method != "" {
		b.printf("%[1]s, pos = r.%[2]s(pos, %[1]s)\n", target, method)
		return
	}
	n := b.number()
	b.printf(`items%[1]d := wire.Begin(r, %[2]s)
	for {
		n, end, next := r.Block(pos, %[3]d)
		pos = next
		if n == 0 {
			break
		}
		var ok bool
		if items%[1]d, ok = wire.Grow(r, items%[1]d, n); !ok {
			return wire.Failed
		}
`, n, target, v.Schema.Items().LeastSize())
	if v.Elem.Shape != Null {
		b.printf("for i%[1]d := len(items%[1]d) - n; i%[1]d < len(items%[1]d); i%[1]d++ {\n", n)
		b.decode(v.Elem, fmt.Sprintf("items%[1]d[i%[1]d]", n))
		b.printf("if pos < 0 {\nreturn wire.Failed\n}\n}\n")
	}
	b.printf("pos = wire.Ends(pos, end)\n}\n%s = items%d\n", target, n)
}

func (b *body) decodeMap(v *Value, target string) {
	switch v.Elem.Shape {
	case String:
		b.printf("%[1]s, pos = r.StringMap(pos, %[1]s)\n", target)
		return
	case Long:
		b.printf("%[1]s, pos = r.LongMap(pos, %[1]s)\n", target)
		return
	}
	n, size := b.number(), 1+v.Schema.Items().LeastSize()
	b.printf(`n%[1]d, end%[1]d, next%[1]d := r.Block(pos, %[2]d)
	pos = next%[1]d
	entries%[1]d := wire.Map(r, %[3]s, n%[1]d)
	for n%[1]d > 0 {
		for range n%[1]d {
			var k%[1]d string
			if k%[1]d, pos = wire.Entry[%[4]s](r, pos); pos < 0 {
				return wire.Failed
			}
			var x%[1]d %[4]s
`, n, size, target, v.Elem.Go)
	b.decode(v.Elem, fmt.Sprintf("x%d", n))
	b.printf(`if pos < 0 {
				return wire.Failed
			}
			entries%[1]d[k%[1]d] = x%[1]d
		}
		n%[1]d, end%[1]d, pos = r.Block(wire.Ends(pos, end%[1]d), %[2]d)
	}
	%[3]s = entries%[1]d
`, n, size, target)
}

func (b *body) decodeUnion(v *Value, target string) {
	n := b.number()
	count := len(v.Schema.Branches())
	oneByte := count <= 64
	if oneByte {
		b.printf("switch wire.Peek(buf, pos) {\n")
	} else {
		b.printf("i%[1]d, next%[1]d := wire.Index(buf, pos, %[2]d)\nif next%[1]d < 0 {\nreturn wire.Failed\n}\npos = next%[1]d\nswitch i%[1]d {\n", n, count)
	}
	begin := func(index int) {
		if oneByte {
			b.printf("case %d:\npos++\n", 2*index)
		} else {
			b.printf("case %d:\n", index)
		}
	}
	if v.Null >= 0 {
		begin(v.Null)
		b.printf("%s = nil\n", target)
	}
	for _, branch := range v.Union.Branches {
		begin(branch.Index)
		if branch.Value.Shape == RecordValue {
			b.printf("x%[1]d := wire.Pointer[%[2]s](r, nil)\nif x%[1]d == nil {\nreturn wire.Failed\n}\n", n, branch.Value.Go)
		} else {
			b.printf("var x%d %s\n", n, branch.Value.Go)
		}
		b.decode(branch.Value, fmt.Sprintf("x%d", n))
		if branch.Wrapper {
			b.printf("%s = %s(x%d)\n", target, branch.GoType, n)
		} else {
			b.printf("%s = x%d\n", target, n)
		}
	}
	b.printf("default:\nreturn wire.Failed\n}\n")
}
