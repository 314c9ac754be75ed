package avrogen

import (
	"fmt"
	"strings"

	"github.com/concord-go/concord/avro"
)

// place is where a value stands.
type place struct {
	record *Record
	at     string // the field in the schema, for errors
	name   string // what a union here is named in Go
}

func (p place) within(part string) place {
	p.name += part
	return p
}

// maxDecimalDigits is what package avro can convert.
const maxDecimalDigits = 10_000

// value is how s stands in Go.
func (b *builder) value(s *avro.Schema, at place) *Value {
	v := b.plainValue(s, at)
	switch s.Logical().Type {
	case avro.Decimal:
		if s.Logical().Precision > maxDecimalDigits {
			b.fail(at.at, fmt.Sprintf("a decimal of more than %d digits is not supported", maxDecimalDigits))
		}
		return &Value{Shape: DecimalNumber, Schema: s, Go: "*big.Rat", Fixed: v.Fixed, Null: -1}
	case avro.Date, avro.TimestampMillis, avro.TimestampMicros, avro.TimestampNanos,
		avro.LocalTimestampMillis, avro.LocalTimestampMicros, avro.LocalTimestampNanos:
		v.Shape, v.Go = Time, "time.Time"
	case avro.TimeMillis, avro.TimeMicros:
		v.Shape, v.Go = Clock, "time.Duration"
	case avro.Duration:
		v.Shape, v.Go = CalendarPeriod, "avro.CalendarDuration"
	}
	return v
}

// plainValue is value without regard to a logical type on s itself.
func (b *builder) plainValue(s *avro.Schema, at place) *Value {
	v := &Value{Schema: s, Null: -1}
	switch s.Kind() {
	case avro.Null:
		v.Shape, v.Go = Null, "struct{}"
	case avro.Boolean:
		v.Shape, v.Go = Boolean, "bool"
	case avro.Int:
		v.Shape, v.Go = Int, "int32"
	case avro.Long:
		v.Shape, v.Go = Long, "int64"
	case avro.Float:
		v.Shape, v.Go = Float, "float32"
	case avro.Double:
		v.Shape, v.Go = Double, "float64"
	case avro.Bytes:
		v.Shape, v.Go = Bytes, "[]byte"
	case avro.String:
		v.Shape, v.Go = String, "string"
	case avro.Array:
		v.Elem = b.value(s.Items(), at.within("Item"))
		v.Shape, v.Go = Array, "[]"+v.Elem.Go
	case avro.Map:
		v.Elem = b.value(s.Items(), at.within("Value"))
		v.Shape, v.Go = Map, "map[string]"+v.Elem.Go
	case avro.Union:
		return b.union(s, at)
	default:
		switch t := b.types[s.Name()].(type) {
		case *Record:
			v.Shape, v.Go, v.Record = RecordValue, t.GoName, t
		case *Enum:
			v.Shape, v.Go, v.Enum = EnumValue, t.GoName, t
		case *Fixed:
			v.Shape, v.Go, v.Fixed = FixedValue, t.GoName, t
		}
	}
	return v
}

// union is a pointer, nil, the only type itself, or an interface.
func (b *builder) union(s *avro.Schema, at place) *Value {
	branches := s.Branches()
	null := -1
	var others []*avro.Schema
	for i, branch := range branches {
		if branch.Kind() == avro.Null {
			null = i
		} else {
			others = append(others, branch)
		}
	}
	switch {
	case len(branches) == 0:
		b.fail(at.at, "a union without branches has no value")
		return &Value{Schema: s, Go: "struct{}", Null: -1}
	case len(branches) == 1:
		elem := b.value(branches[0], at)
		return &Value{Shape: Single, Schema: s, Go: elem.Go, Elem: elem, Null: -1}
	case len(others) > 1:
		return b.sumType(s, others, null, at)
	}
	elem := b.value(others[0], at)
	v := &Value{Shape: Optional, Schema: s, Go: "*" + elem.Go, Elem: elem, Null: null}
	switch elem.Shape {
	case Bytes, Array, Map, DecimalNumber:
		v.Shape, v.Go = OptionalNil, elem.Go
	}
	return v
}

// sumType is the interface for a union of several types. In it a logical type on a
// primitive or fixed counts for a name only: what implements the interface is the plain
// type, since a method can be had by declared types alone and time.Time is none of ours.
func (b *builder) sumType(s *avro.Schema, others []*avro.Schema, null int, at place) *Value {
	u := &Union{GoName: at.name, Schema: s, Seal: "is" + at.name}
	b.claim(u.GoName, "the union of "+at.at, at.at, remedy)
	at.record.Unions = append(at.record.Unions, u)
	for i, branch := range s.Branches() {
		if branch.Kind() == avro.Null {
			continue
		}
		v := b.plainValue(branch, at)
		out := &Branch{Name: branchName(branch), Index: i, Value: v}
		switch v.Shape {
		case RecordValue:
			out.GoType = "*" + v.Go
		case EnumValue, FixedValue:
			out.GoType = v.Go
		default:
			out.Wrapper, out.GoType = true, u.GoName+wordFor(v)
			b.claim(out.GoType, fmt.Sprintf("the %s in the union of %s", branch.Kind(), at.at), at.at, remedy)
		}
		u.Branches = append(u.Branches, out)
	}
	return &Value{Shape: UnionValue, Schema: s, Go: u.GoName, Union: u, Null: null}
}

// branchName is what a union in package avro knows the branch by.
func branchName(s *avro.Schema) string {
	if s.Name().Local != "" {
		return s.Name().String()
	}
	return s.Kind().String()
}

// wordFor names a value in the name of a wrapper: Long, TimestampMillis, StringArray.
func wordFor(v *Value) string {
	switch v.Shape {
	case Array:
		return wordFor(v.Elem) + "Array"
	case Map:
		return wordFor(v.Elem) + "Map"
	case Optional, OptionalNil, Single:
		return wordFor(v.Elem)
	case UnionValue:
		return "Union"
	case RecordValue, EnumValue, FixedValue:
		return v.Go
	}
	if logical := string(v.Schema.Logical().Type); logical != "" {
		return exportedName(strings.ReplaceAll(logical, "-", "_"))
	}
	return exportedName(v.Schema.Kind().String())
}

// zeroOf is a Go expression of the zero value of a branch's type.
func zeroOf(b *Branch) string {
	switch b.Value.Shape {
	case RecordValue:
		return "(" + b.GoType + ")(nil)"
	case EnumValue, String:
		return b.GoType + `("")`
	case FixedValue:
		return b.GoType + "{}"
	case Boolean:
		return b.GoType + "(false)"
	case Bytes, Array, Map:
		return b.GoType + "(nil)"
	}
	return b.GoType + "(0)"
}
