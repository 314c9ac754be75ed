package avro

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// encoding is the state of one call of AppendEncode. It lives on the stack.
type encoding struct {
	depth  int
	trials int  // how many more branches may be tried for values that do not name theirs
	raw    bool // strings need not be UTF-8
	extra  bool // unknown fields of dynamic records are left out
}

// run appends what a program writes of base.
func (e *encoding) run(p *program, base memory, dst []byte) ([]byte, error) {
	ops := p.ops
	for i := range ops {
		o := &ops[i]
		switch o.code {
		case opString:
			var ok bool
			if dst, ok = wire.AppendString(dst, base.at(o.at).string(), e.raw); !ok {
				return nil, e.fail(o, "the string is not valid UTF-8")
			}
		case opNumbers:
			dst = appendNumbers(o, base, dst)
		case opInt64:
			dst = wire.AppendLong(dst, base.at(o.at).int64())
		case opInt32:
			dst = wire.AppendLong(dst, int64(base.at(o.at).int32()))
		case opBoolean:
			b := byte(0)
			if base.at(o.at).bool() {
				b = 1
			}
			dst = append(dst, b)
		case opFloat64:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(base.at(o.at).float64()))
		case opFloat32:
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(base.at(o.at).float32()))
		case opEnum:
			i, ok := o.more.indexes.of(base.at(o.at).string())
			if !ok {
				return nil, e.fail(o, "the string is none of the enum's symbols")
			}
			dst = wire.AppendLong(dst, int64(i))
		case opConstant:
			dst = append(dst, o.more.data...)
		case opNullable:
			m := base.at(o.at)
			if m.isNil() {
				dst = append(dst, o.null<<1)
				continue
			}
			dst = append(dst, (1-o.null)<<1)
			if only := o.sub.ops; len(only) == 1 && only[0].code == opString {
				var ok bool
				if dst, ok = wire.AppendString(dst, m.pointee().string(), e.raw); !ok {
					return nil, e.fail(o, "the string is not valid UTF-8")
				}
				continue
			}
			var err error
			if dst, err = e.call(o, o.sub, m.pointee(), dst); err != nil {
				return nil, err
			}
		case opStrings, opInt32s, opInt64s, opFloat32s, opFloat64s, opBooleans, opSlice, opArray:
			var err error
			if dst, err = e.array(o, base.at(o.at), dst); err != nil {
				return nil, err
			}
		case opStringMap, opInt64Map, opMap:
			var err error
			if dst, err = e.mapping(o, base.at(o.at), dst); err != nil {
				return nil, err
			}
		default:
			var err error
			if dst, err = e.runRare(o, base, dst); err != nil {
				return nil, err
			}
		}
	}
	return dst, nil
}

// runRare is the rest of run's switch, apart so that run stays small.
func (e *encoding) runRare(o *op, base memory, dst []byte) ([]byte, error) {
	m := base.at(o.at)
	switch o.code {
	case opNothing:
		return dst, nil
	case opNullableNil:
		if isNilCollection(o, m) {
			return append(dst, o.null<<1), nil
		}
		return e.call(o, o.sub, base, append(dst, (1-o.null)<<1))
	case opConvert:
		return e.convert(o, m, dst)
	case opInterface:
		return e.interfaceValue(o, m, dst)
	case opValid:
		if !base.at(o.more.valid).bool() {
			return append(dst, o.null<<1), nil
		}
		return e.call(o, o.sub, base, append(dst, (1-o.null)<<1))
	case opPointer, opEmbedded:
		if m.isNil() {
			return nil, e.fail(o, "the pointer is nil, and the schema has no null there")
		}
		return e.call(o, o.sub, m.pointee(), dst)
	case opInteger, opTime, opDuration:
		return e.integer(o, m, dst)
	case opToFloat:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(m.float32()))), nil
	case opNarrow:
		f := m.float64()
		if isFiniteBeyondFloat(f) {
			return nil, e.fail(o, "the number does not fit into a float (32 bits)")
		}
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(f))), nil
	case opBytes, opBytesString, opFixedArray, opFixedSlice, opDecimal, opDecimalInt, opDecimalText, opCalendar, opUUIDText, opUUIDFixed:
		return e.octets(o, m, dst)
	}
	// opDynamic, opDynamicRecord
	var v any
	if o.code == opDynamic {
		v = *view[any](m)
	} else if record := *view[map[string]any](m); record != nil {
		v = record
	}
	grown, err := e.dynamic(o.more.dynamic, v, dst)
	if err != nil {
		return nil, e.within(err, o.path)
	}
	return grown, nil
}

func isNilCollection(o *op, m memory) bool {
	if o.more.typ.Kind() == reflect.Slice {
		return m.sliceIsNil()
	}
	return m.isNil()
}

// integer writes an integer or a time as int or long.
func (e *encoding) integer(o *op, m memory, dst []byte) ([]byte, error) {
	var v int64
	switch o.code {
	case opTime:
		var err error
		if v, err = unitsOf(*view[time.Time](m), o.more.logical); err != nil {
			return nil, e.failWith(o, err)
		}
	case opDuration:
		v = m.int64() / o.more.logical.timeUnit()
		if d := m.int64(); d < 0 || d >= int64(24*time.Hour) {
			return nil, e.fail(o, "the duration is no time of a day")
		}
	default:
		var ok bool
		if v, ok = m.loadInt(o.kind); !ok {
			return nil, e.fail(o, "the number does not fit into a long")
		}
	}
	if o.flag && int64(int32(v)) != v {
		return nil, e.fail(o, "the number does not fit into an int (32 bits)")
	}
	return wire.AppendLong(dst, v), nil
}

func (e *encoding) octets(o *op, m memory, dst []byte) ([]byte, error) {
	switch o.code {
	case opFixedArray:
		return append(dst, m.array(o.n)...), nil
	case opUUIDText:
		return appendUUID(wire.AppendLong(dst, uuidTextLen), [16]byte(m.array(16))), nil
	case opUUIDFixed:
		id, ok := parseUUID(m.string())
		if !ok {
			return nil, e.fail(o, "the string is no UUID")
		}
		return append(dst, id[:]...), nil
	case opDecimal:
		return e.decimal(o, dst, func(c *decimalConversion, dst []byte) ([]byte, error) { return c.appendRat(dst, view[big.Rat](m)) })
	case opDecimalInt:
		return e.decimal(o, dst, func(c *decimalConversion, dst []byte) ([]byte, error) { return c.appendInt(dst, m.int64()) })
	case opDecimalText:
		return e.decimal(o, dst, func(c *decimalConversion, dst []byte) ([]byte, error) { return c.appendText(dst, m.string()) })
	case opCalendar:
		return view[CalendarDuration](m).appendTo(dst), nil
	}
	b := m.bytes()
	switch {
	case o.code == opFixedSlice:
		if len(b) != o.n {
			return nil, e.fail(o, fmt.Sprintf("the slice has %d bytes, the fixed %d", len(b), o.n))
		}
		return append(dst, b...), nil
	case o.code == opBytesString && !e.raw && !utf8.Valid(b):
		return nil, e.fail(o, "the string is not valid UTF-8")
	}
	return append(wire.AppendLong(dst, int64(len(b))), b...), nil
}

// decimal writes a fixed, or bytes with their length, which is made room for before
// it is known: it takes one byte but for huge numbers.
func (e *encoding) decimal(o *op, dst []byte, number func(*decimalConversion, []byte) ([]byte, error)) ([]byte, error) {
	c := o.more.decimal
	if c.size >= 0 {
		grown, err := number(c, dst)
		if err != nil {
			return nil, e.failWith(o, err)
		}
		return grown, nil
	}
	at := len(dst)
	grown, err := number(c, append(dst, 0))
	if err != nil {
		return nil, e.failWith(o, err)
	}
	if n := len(grown) - at - 1; n < 64 {
		grown[at] = byte(n << 1)
		return grown, nil
	}
	b := bytes.Clone(grown[at+1:])
	return append(wire.AppendLong(grown[:at], int64(len(b))), b...), nil
}

// call runs a program that is not part of the one that runs.
func (e *encoding) call(o *op, p *program, m memory, dst []byte) ([]byte, error) {
	if e.depth--; e.depth < 0 {
		return nil, e.failDepth(o)
	}
	dst, err := e.run(p, m, dst)
	e.depth++
	if err != nil {
		return nil, e.within(err, o.path)
	}
	return dst, nil
}

func (e *encoding) within(err error, step string) error {
	if x, ok := err.(*EncodeError); ok {
		x.steps.add(step)
	}
	return err
}

func (e *encoding) fail(o *op, text string) error {
	return e.failWith(o, &fault{serde.TypeMismatch, text})
}

func (e *encoding) failDepth(o *op) error {
	return e.failWith(o, &fault{serde.LimitExceeded, "the value is nested too deeply, or contains itself (Limits.Depth)"})
}

func (e *encoding) failWith(o *op, err error) error {
	x := &EncodeError{Err: err}
	if o != nil {
		x.steps.add(o.path)
	}
	return x
}

// isFiniteBeyondFloat reports whether f is a number that would become infinite as a
// float. What it loses in precision is no matter.
func isFiniteBeyondFloat(f float64) bool {
	return !math.IsInf(f, 0) && math.IsInf(float64(float32(f)), 0)
}
