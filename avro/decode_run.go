package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// decoding is the state of one call of Decode. It lives on the stack.
type decoding struct {
	buf    []byte
	depth  int   // how much deeper it may go
	empty  int64 // how many more items without bytes there may be
	memory int64 // how much more it may allocate
	raw    bool  // strings need not be UTF-8
	reuse  bool  // what the target holds may be written into
	slab   wire.Slab
	boxes  boxes // of dynamic values
	limits *resolvedLimits
}

// keep is b as a string; ok is false where it is not UTF-8 and has to be.
func (d *decoding) keep(b []byte) (text string, ok bool) { return d.slab.Keep(b, len(d.buf), d.raw) }

// run runs a program on base, beginning at pos, and returns the position after what
// it read.
func (d *decoding) run(p *program, base memory, pos int) (int, error) {
	buf, ops := d.buf, p.ops
	for i := range ops {
		o := &ops[i]
		start := pos
		switch o.code {
		case opNothing:
		case opString:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 {
				if u, next = wire.Varint(buf, pos); next < 0 {
					return 0, d.failVarint(o, next, start)
				}
			}
			n := wire.Unzigzag(u)
			if uint64(n) > uint64(len(buf)-next) {
				return 0, d.failLength(o, n, next)
			}
			pos = next + int(n)
			text, ok := d.keep(buf[next:pos])
			if !ok {
				return 0, d.fail(o, next, serde.Malformed, "a string is not valid UTF-8")
			}
			base.at(o.at).setString(text)
		case opInt64:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 {
				if u, next = wire.Varint(buf, pos); next < 0 {
					return 0, d.failVarint(o, next, start)
				}
			}
			pos = next
			base.at(o.at).setInt64(wire.Unzigzag(u))
		case opInt32, opWiden:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 {
				if u, next = wire.Varint(buf, pos); next < 0 {
					return 0, d.failVarint(o, next, start)
				}
			}
			v := wire.Unzigzag(u)
			if int64(int32(v)) != v {
				return 0, d.fail(o, start, serde.Malformed, "an int does not fit into 32 bits")
			}
			pos = next
			if o.code == opInt32 {
				base.at(o.at).setInt32(int32(v))
			} else {
				base.at(o.at).setInt64(v)
			}
		case opBoolean:
			if pos >= len(buf) {
				return 0, d.failVarint(o, wire.Failed, start)
			}
			if buf[pos] > 1 {
				return 0, d.fail(o, start, serde.Malformed, "a boolean is neither 0 nor 1")
			}
			base.at(o.at).setBool(buf[pos] == 1)
			pos++
		case opFloat64:
			if len(buf)-pos < 8 {
				return 0, d.failVarint(o, wire.Failed, start)
			}
			base.at(o.at).setFloat64(math.Float64frombits(binary.LittleEndian.Uint64(buf[pos:])))
			pos += 8
		case opFloat32:
			if len(buf)-pos < 4 {
				return 0, d.failVarint(o, wire.Failed, start)
			}
			base.at(o.at).setFloat32(math.Float32frombits(binary.LittleEndian.Uint32(buf[pos:])))
			pos += 4
		case opEnum:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 {
				if u, next = wire.Varint(buf, pos); next < 0 {
					return 0, d.failVarint(o, next, start)
				}
			}
			symbol, err := d.symbol(o, o.more.symbols, wire.Unzigzag(u), start)
			if err != nil {
				return 0, err
			}
			pos = next
			base.at(o.at).setString(symbol)
		case opNullable:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 {
				u, next = wire.Varint(buf, pos)
			}
			if next < 0 || u > 2 || u&1 != 0 {
				return 0, d.failIndex(o, 2, start)
			}
			if uint8(u>>1) == o.null {
				pos = next
				base.at(o.at).setNil()
				continue
			}
			var err error
			if pos, err = d.pointer(o, base.at(o.at), next); err != nil {
				return 0, err
			}
		case opSkipInt:
			u, next := wire.Peek(buf, pos), pos+1
			if u >= 0x80 || o.n > 0 {
				var err error
				if next, err = d.skip(o, pos); err != nil {
					return 0, err
				}
			}
			pos = next
		case opSkip:
			if len(buf)-pos < o.n {
				return 0, d.failVarint(o, wire.Failed, start)
			}
			pos += o.n
		default:
			var err error
			if pos, err = d.runRare(o, base, pos); err != nil {
				return 0, err
			}
		}
	}
	return pos, nil
}

// runRare is the rest of run's switch, apart so that run stays small.
func (d *decoding) runRare(o *op, base memory, pos int) (int, error) {
	switch o.code {
	case opStrings, opInt32s, opInt64s, opFloat32s, opFloat64s, opBooleans, opSlice, opArray:
		return d.array(o, base.at(o.at), pos)
	case opStringMap, opInt64Map, opMap:
		return d.mapping(o, base.at(o.at), pos)
	case opCall:
		return d.call(o, o.sub, base.at(o.at), pos)
	case opPointer:
		return d.pointer(o, base.at(o.at), pos)
	case opUnion:
		i, pos, err := d.branch(o, pos)
		if err != nil {
			return 0, err
		}
		if pos, err = d.run(o.subs[i], base, pos); err != nil {
			return 0, within(err, o.path)
		}
		return pos, nil
	case opZero:
		base.at(o.at).value(o.more.typ).SetZero()
		return pos, nil
	case opDefault:
		return pos, d.setDefault(o, base)
	case opDynamic:
		v, next, err := d.dynamic(o.more.dynamic, pos)
		if err != nil {
			return 0, within(err, o.path)
		}
		*view[any](base.at(o.at)) = v
		return next, nil
	case opDynamicRecord:
		v, next, err := d.dynamicRecord(o.more.dynamic, pos)
		if err != nil {
			return 0, within(err, o.path)
		}
		*view[map[string]any](base.at(o.at)) = v
		return next, nil
	case opEach:
		end := pos
		for _, sub := range o.subs {
			var err error
			if end, err = d.call(o, sub, base, pos); err != nil {
				return 0, err
			}
		}
		return end, nil
	case opConvert:
		return d.convert(o, base.at(o.at), pos)
	case opInterface:
		return d.interfaceValue(o, base.at(o.at), pos)
	case opValid:
		base.at(o.at).setBool(true)
		return pos, nil
	case opEmbedded:
		m := base.at(o.at)
		if m.isNil() {
			return d.pointer(o, m, pos)
		}
		return d.call(o, o.sub, m.pointee(), pos)
	case opFail:
		return 0, d.fail(o, pos, serde.Incompatible, o.more.reasons[0])
	case opInteger, opToFloat, opTime, opDuration:
		return d.number(o, base.at(o.at), pos)
	case opBytes, opBytesString, opFixedArray, opFixedSlice, opDecimal, opDecimalInt, opDecimalText, opCalendar, opUUIDText, opUUIDFixed:
		return d.octets(o, base.at(o.at), pos)
	}
	return d.skip(o, pos)
}

// number reads a number that is converted.
func (d *decoding) number(o *op, m memory, pos int) (int, error) {
	if o.code == opToFloat {
		return d.float(o, m, pos)
	}
	v, next, err := d.integer(o, o.flag, pos)
	if err != nil {
		return 0, err
	}
	if v, err = o.more.scale.apply(v); err != nil {
		return 0, d.failWith(o, pos, err)
	}
	if o.n == 1 && int64(int32(v)) != v {
		return 0, d.failWith(o, pos, errNarrow)
	}
	switch o.code {
	case opTime:
		*view[time.Time](m) = wire.TimeOf(v, o.more.unit)
	case opDuration:
		clock, err := timeOfDay(v, o.more.unit)
		if err != nil {
			return 0, d.failWith(o, pos, err)
		}
		m.setInt64(int64(clock))
	default:
		if !fitsKind(o.kind, v) {
			return 0, d.fail(o, pos, serde.TypeMismatch, "the number does not fit into the Go type "+o.kind.String())
		}
		m.storeInt(o.kind, v)
	}
	return next, nil
}

// integer reads an int (32 bits) or a long.
func (d *decoding) integer(o *op, isInt bool, pos int) (int64, int, error) {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return 0, 0, d.failVarint(o, next, pos)
	}
	v := wire.Unzigzag(u)
	if isInt && int64(int32(v)) != v {
		return 0, 0, d.fail(o, pos, serde.Malformed, "an int does not fit into 32 bits")
	}
	return v, next, nil
}

// float reads any wire number, of Kind o.n, as a Go float.
func (d *decoding) float(o *op, m memory, pos int) (int, error) {
	f, next, err := d.anyFloat(o, Kind(o.n), pos)
	if err != nil {
		return 0, err
	}
	if o.size == 4 {
		m.setFloat32(float32(f))
	} else if o.flag {
		m.setFloat64(float64(float32(f)))
	} else {
		m.setFloat64(f)
	}
	return next, nil
}

// anyFloat reads a number of Kind k; o.flag says that the reader's type is float. The
// operation may be nil where k is a float.
func (d *decoding) anyFloat(o *op, k Kind, pos int) (float64, int, error) {
	switch k {
	case Int, Long:
		v, next, err := d.integer(o, k == Int, pos)
		if o.flag {
			return float64(float32(v)), next, err // rounded once
		}
		return float64(v), next, err
	case Float:
		if len(d.buf)-pos < 4 {
			return 0, 0, d.failVarint(o, wire.Failed, pos)
		}
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(d.buf[pos:]))), pos + 4, nil
	}
	if len(d.buf)-pos < 8 {
		return 0, 0, d.failVarint(o, wire.Failed, pos)
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(d.buf[pos:])), pos + 8, nil
}

// octets reads bytes, a string or a fixed that becomes something else than a string.
func (d *decoding) octets(o *op, m memory, pos int) (int, error) {
	b, next, err := d.take(o, pos)
	if err != nil {
		return 0, err
	}
	switch o.code {
	case opFixedArray:
		copy(m.array(o.n), b)
	case opUUIDFixed:
		m.setString(formatUUID([16]byte(b)))
	case opUUIDText:
		id, ok := parseUUID(b)
		if !ok {
			return 0, d.fail(o, pos, serde.Malformed, "the string is no UUID")
		}
		copy(m.array(16), id[:])
	case opDecimal:
		r := view[big.Rat](m)
		if err := o.more.decimal.toRat(r, b); err != nil {
			return 0, d.failWith(o, pos, err)
		}
	case opDecimalInt:
		v, err := o.more.decimal.toInt(b)
		if err != nil {
			return 0, d.failWith(o, pos, err)
		}
		m.setInt64(v)
	case opDecimalText:
		text, err := o.more.decimal.toText(b)
		if err != nil {
			return 0, d.failWith(o, pos, err)
		}
		m.setString(text)
	case opCalendar:
		*view[CalendarDuration](m) = calendarOf(b)
	default:
		if o.code == opBytesString && !d.raw && !wire.ValidText(b) {
			return 0, d.fail(o, pos, serde.Malformed, "a string is not valid UTF-8")
		}
		if o.more != nil && o.more.decimal != nil {
			if b, err = o.more.decimal.rescaled(b); err != nil {
				return 0, d.failWith(o, pos, err)
			}
			m.setBytes(b)
			break
		}
		var kept []byte
		if d.reuse {
			kept = m.bytes()[:0]
		}
		if cap(kept) < len(b) || kept == nil {
			kept = make([]byte, 0, len(b))
		}
		m.setBytes(append(kept, b...))
	}
	return next, nil
}

// take is the content of a fixed (o.n at least 0) or of bytes or a string.
func (d *decoding) take(o *op, pos int) (b []byte, next int, err error) {
	if o.n >= 0 {
		if len(d.buf)-pos < o.n {
			return nil, 0, d.failVarint(o, wire.Failed, pos)
		}
		return d.buf[pos : pos+o.n], pos + o.n, nil
	}
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return nil, 0, d.failVarint(o, next, pos)
	}
	n := wire.Unzigzag(u)
	if uint64(n) > uint64(len(d.buf)-next) {
		return nil, 0, d.failLength(o, n, next)
	}
	return d.buf[next : next+int(n)], next + int(n), nil
}

// call runs a program that is not part of the one that runs.
func (d *decoding) call(o *op, p *program, m memory, pos int) (int, error) {
	if d.depth--; d.depth < 0 {
		return 0, d.failDepth(o, pos)
	}
	pos, err := d.run(p, m, pos)
	d.depth++
	if err != nil {
		return 0, within(err, o.path)
	}
	return pos, nil
}

// pointer lets the pointer at m point to a new value, and reads that.
func (d *decoding) pointer(o *op, m memory, pos int) (int, error) {
	if d.reuse && !m.isNil() {
		return d.call(o, o.sub, m.pointee(), pos)
	}
	if d.memory -= int64(o.size); d.memory < 0 {
		return 0, d.failMemory(o, pos)
	}
	return d.call(o, o.sub, m.alloc(o.more.elem), pos)
}

// branch reads the index of a union's branch.
func (d *decoding) branch(o *op, pos int) (int, int, error) {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return 0, 0, d.failVarint(o, next, pos)
	}
	i := wire.Unzigzag(u)
	if uint64(i) >= uint64(len(o.subs)) {
		return 0, 0, d.failIndex(o, len(o.subs), pos)
	}
	if o.subs[i] == nil {
		return 0, 0, d.fail(o, pos, serde.Incompatible, o.more.reasons[i])
	}
	return int(i), next, nil
}

func (d *decoding) symbol(o *op, symbols []string, i int64, pos int) (string, error) {
	if uint64(i) >= uint64(len(symbols)) {
		return "", d.fail(o, pos, serde.Malformed, fmt.Sprintf("there is no symbol %d: the enum has %d", i, len(symbols)))
	}
	if symbols[i] == "" {
		return "", d.fail(o, pos, serde.Incompatible, fmt.Sprintf("the writer's symbol %d is none of the reader's, and the reader's enum has no default", i))
	}
	return symbols[i], nil
}

// setDefault gives a field that the writer lacks the value of its default.
func (d *decoding) setDefault(o *op, base memory) error {
	if d.memory -= int64(len(o.more.data)); d.memory < 0 {
		return d.failMemory(o, 0)
	}
	buf := d.buf
	d.buf = o.more.data
	_, err := d.run(o.sub, base, 0)
	d.buf = buf
	return err
}

// within puts a step before the path of an error that comes from further inside.
func within(err error, step string) error {
	if e, ok := err.(*DecodeError); ok {
		e.steps.add(step)
	}
	return err
}

func (d *decoding) fail(o *op, pos int, class serde.Class, text string) error {
	return d.failWith(o, pos, &fault{class, text})
}

func (d *decoding) failWith(o *op, pos int, err error) error {
	e := &DecodeError{Offset: pos, Err: err}
	if o != nil {
		e.steps.add(o.path)
	}
	return e
}

func (d *decoding) failVarint(o *op, code, pos int) error {
	if code == wire.Overflow {
		return d.fail(o, pos, serde.Malformed, "a number has more than 64 bits")
	}
	return d.fail(o, pos, serde.Truncated, "the payload ends within the value")
}

// failLength is for a length n that is negative or more than the bytes left at pos.
func (d *decoding) failLength(o *op, n int64, pos int) error {
	if n < 0 {
		return d.fail(o, pos, serde.Malformed, "a length is negative")
	}
	return d.fail(o, pos, serde.Truncated, fmt.Sprintf("a value of %d bytes, of which %d are there", n, len(d.buf)-pos))
}

// failIndex is for a union's index that is none of its branches.
func (d *decoding) failIndex(o *op, branches, pos int) error {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return d.failVarint(o, next, pos)
	}
	return d.fail(o, pos, serde.Malformed, fmt.Sprintf("there is no branch %d: the union has %d", wire.Unzigzag(u), branches))
}

func (d *decoding) failDepth(o *op, pos int) error {
	return d.fail(o, pos, serde.LimitExceeded, fmt.Sprintf("values are nested more than %d deep (Limits.Depth)", d.limits.depth))
}

func (d *decoding) failMemory(o *op, pos int) error {
	return d.fail(o, pos, serde.LimitExceeded, "the value would take more memory than Limits.Memory and Limits.MemoryPerByte allow")
}
