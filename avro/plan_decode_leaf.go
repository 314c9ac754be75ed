package avro

import (
	"fmt"
	"reflect"
)

// leaf is the operation that reads a w, as r has it, into a t: types without
// inner types. reason says why t does not fit.
func (c *decodeCompiler) leaf(w, r *Schema, t reflect.Type) (o op, reason string) {
	k := t.Kind()
	switch r.kind {
	case Boolean:
		if k == reflect.Bool {
			return op{code: opBoolean}, ""
		}
	case Int, Long:
		return c.integerLeaf(w, r, t)
	case Float, Double:
		return floatLeaf(w, r, t)
	case Enum:
		if k == reflect.String {
			return op{code: opEnum, more: &opDetail{symbols: readerSymbols(w, r)}}, ""
		}
		return o, "an enum needs a type of kind string, not " + t.String()
	case String, Bytes, Fixed:
		return c.octetsLeaf(w, r, t)
	}
	return o, fmt.Sprintf("%s does not fit the Go type %s", describe(r), t)
}

func (c *decodeCompiler) integerLeaf(w, r *Schema, t reflect.Type) (o op, reason string) {
	scale, _ := scaleBetween(w.logical.Type, r.logical.Type)
	o = op{flag: w.kind == Int, kind: t.Kind(), more: &opDetail{scale: scale, unit: r.logical.Type.timeUnit()}}
	if r.kind == Int && w.kind == Long {
		o.n = 1 // AllowNarrowing: the value is checked, however large the Go type is
	}
	switch {
	case t == timeType:
		if o.more.unit == 0 || r.logical.Type.isTimeOfDay() {
			return o, fmt.Sprintf("time.Time needs the logical type date or a timestamp, the schema has %s", describeLogical(r))
		}
		o.code = opTime
	case t == durationType:
		if !r.logical.Type.isTimeOfDay() {
			return o, fmt.Sprintf("time.Duration needs the logical type time-millis or time-micros, the schema has %s", describeLogical(r))
		}
		o.code = opDuration
	case !isInteger(t.Kind()):
		return o, fmt.Sprintf("%s needs a Go integer, not %s", describeLogical(r), t)
	case scale != instantScale{} || o.n == 1:
		o.code = opInteger
	case w.kind == Int && t.Kind() == reflect.Int32:
		o.code = opInt32
	case w.kind == Long && (t.Kind() == reflect.Int64 || t.Kind() == reflect.Int && t.Size() == 8):
		o.code = opInt64
	case w.kind == Int && (t.Kind() == reflect.Int64 || t.Kind() == reflect.Int && t.Size() == 8):
		o.code = opWiden
	default:
		o.code = opInteger
	}
	return o, ""
}

func floatLeaf(w, r *Schema, t reflect.Type) (o op, reason string) {
	k := t.Kind()
	switch {
	case k != reflect.Float32 && k != reflect.Float64:
		return o, fmt.Sprintf("%s needs a Go float, not %s", r.kind, t)
	case r.kind == Double && k == reflect.Float32:
		return o, "a float32 cannot hold every double: use float64"
	case w.kind == Float && k == reflect.Float32:
		return op{code: opFloat32}, ""
	case w.kind == Double:
		return op{code: opFloat64}, ""
	}
	return op{code: opToFloat, n: int(w.kind), size: t.Size(), flag: r.kind == Float}, ""
}

func (c *decodeCompiler) octetsLeaf(w, r *Schema, t reflect.Type) (o op, reason string) {
	o.n = -1
	if r.kind == Fixed {
		o.n = r.size
	}
	decimal, reason := decimalBetween(w, r)
	if reason != "" {
		return o, reason
	}
	switch k := t.Kind(); {
	case t == ratType:
		if r.logical.Type != Decimal {
			return o, fmt.Sprintf("big.Rat needs the logical type decimal, the schema has %s", describeLogical(r))
		}
		o.code, o.more = opDecimal, &opDetail{decimal: decimal}
	case r.logical.Type == Decimal && (k == reflect.Int64 || k == reflect.String):
		o.code, o.more = decimalCode(k), &opDetail{decimal: decimal}
	case t == calendarType && r.logical.Type == Duration:
		o.code = opCalendar
	case r.kind == String && k == reflect.String:
		o.code = opString
	case r.kind == Fixed && k == reflect.String && r.logical.Type == UUID:
		o.code = opUUIDFixed
	case r.kind == String && r.logical.Type == UUID && isByteArray(t, 16):
		o.code = opUUIDText
	case r.kind == String && isByteSlice(t):
		o.code = opBytesString
	case r.kind == Fixed && isByteArray(t, r.size):
		o.code = opFixedArray
		if decimal != nil && w.logical != r.logical {
			return o, "a decimal of another scale or precision needs a big.Rat or a slice of bytes"
		}
	case r.kind != String && isByteSlice(t):
		o.code = opBytes
		if r.kind == Fixed {
			o.code = opFixedSlice
		}
		if decimal != nil && w.logical != r.logical {
			o.more = &opDetail{decimal: decimal}
		}
	default:
		return o, fmt.Sprintf("%s does not fit the Go type %s", describeLogical(r), t)
	}
	return o, ""
}

// decimalBetween is the conversion of what w wrote into the decimal that r has, nil
// when r has none. Where w has none its bytes are taken for r's.
func decimalBetween(w, r *Schema) (d *decimalConversion, reason string) {
	if r.logical.Type != Decimal {
		return nil, ""
	}
	writer := w.logical
	if writer.Type != Decimal {
		writer = r.logical
	}
	if max(writer.Precision, r.logical.Precision) > maxDecimalDigits {
		return nil, fmt.Sprintf("a decimal of more than %d digits is not supported", maxDecimalDigits)
	}
	size := -1
	if r.kind == Fixed {
		size = r.size
	}
	return newDecimalConversion(writer, r.logical, size), ""
}

// readerSymbols is, for each of the writer's symbols, the reader's: the same, the
// default, or none (Avro 1.12, "Schema Resolution").
func readerSymbols(w, r *Schema) []string {
	has := make(map[string]bool, len(r.symbols))
	for _, s := range r.symbols {
		has[s] = true
	}
	symbols := make([]string, len(w.symbols))
	for i, s := range w.symbols {
		if has[s] {
			symbols[i] = s
		} else {
			symbols[i] = r.fallback
		}
	}
	return symbols
}

func describeLogical(s *Schema) string {
	if s.logical.Type != "" {
		return fmt.Sprintf("%s (%s)", describe(s), s.logical.Type)
	}
	return describe(s)
}
