package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// block is one block of an array or a map.
type block struct {
	count int // of its items; 0 ends the array
	end   int // where it must end, -1 where the writer did not say
}

// block reads the head of a block whose items take at least size bytes each, and
// checks that so many items can be there at all, before anything is allocated for them.
func (d *decoding) block(o *op, size, pos int) (b block, next int, err error) {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return b, 0, d.failVarint(o, next, pos)
	}
	count := wire.Unzigzag(u)
	b.end = -1
	left := len(d.buf) - next
	if count < 0 {
		if count == math.MinInt64 {
			return b, 0, d.fail(o, pos, serde.Malformed, "a block's count has no absolute value")
		}
		count = -count
		u, sized := wire.Varint(d.buf, next)
		if sized < 0 {
			return b, 0, d.failVarint(o, sized, next)
		}
		n := wire.Unzigzag(u)
		if uint64(n) > uint64(len(d.buf)-sized) {
			return b, 0, d.failLength(o, n, sized)
		}
		next, left = sized, int(n)
		b.end = sized + left
	}
	switch {
	case size > 0 && count > int64(left/size):
		class := serde.Truncated
		if b.end >= 0 {
			class = serde.Malformed
		}
		return b, 0, d.fail(o, pos, class, fmt.Sprintf("a block of %d items in %d bytes", count, left))
	case size == 0:
		if d.empty -= count; d.empty < 0 {
			return b, 0, d.fail(o, pos, serde.LimitExceeded, "more items without any bytes than Limits.EmptyItems allows")
		}
		if count > math.MaxInt32 {
			return b, 0, d.fail(o, pos, serde.LimitExceeded, "a block of more than 2^31 items")
		}
	}
	b.count = int(count)
	return b, next, nil
}

// closeBlock checks that a block ended where its head said.
func (d *decoding) closeBlock(o *op, b block, pos int) error {
	if b.end >= 0 && pos != b.end {
		return d.fail(o, pos, serde.Malformed, fmt.Sprintf("a block ends at byte %d, its head says %d", pos, b.end))
	}
	return nil
}

// array reads an array into the slice or Go array at m.
func (d *decoding) array(o *op, m memory, pos int) (int, error) {
	if o.code == opSlice && o.flag {
		items := view[[]any](m)
		if !d.reuse || *items == nil {
			*items = []any{}
		}
		if d.depth--; d.depth < 0 {
			return 0, d.failDepth(o, pos)
		}
		read, pos, err := d.dynamicItems(o, o.sub.ops[0].more.dynamic, (*items)[:0], pos)
		d.depth++
		if err != nil {
			return 0, err
		}
		*items = read
		return pos, nil
	}
	total := 0
	switch {
	case o.code == opArray:
	case d.reuse && !m.sliceIsNil():
		m.setSliceLen(0)
	default:
		m.setEmptySlice(o.more.empty) // never what was there: others may hold that
	}
	for {
		b, next, err := d.block(o, o.n, pos)
		if err != nil {
			return 0, err
		}
		pos = next
		if b.count == 0 {
			if err := d.closeBlock(o, b, pos); err != nil {
				return 0, err
			}
			break
		}
		if pos, err = d.items(o, m, total, b.count, pos); err != nil {
			return 0, err
		}
		if err := d.closeBlock(o, b, pos); err != nil {
			return 0, err
		}
		total += b.count
	}
	if o.code == opArray && total != o.more.typ.Len() {
		return 0, d.fail(o, pos, serde.TypeMismatch, fmt.Sprintf("the Go array has %d elements, the data %d", o.more.typ.Len(), total))
	}
	return pos, nil
}

// items reads n more items, of which total are there already.
func (d *decoding) items(o *op, m memory, total, n, pos int) (int, error) {
	switch o.code {
	case opStrings:
		s, err := more(d, o, view[[]string](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.stringItems(o, s, total, pos)
	case opInt32s:
		s, err := more(d, o, view[[]int32](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.int32Items(o, s, total, pos)
	case opInt64s:
		s, err := more(d, o, view[[]int64](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.int64Items(o, s, total, pos)
	case opFloat32s:
		s, err := more(d, o, view[[]float32](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.float32Items(o, s, total, pos)
	case opFloat64s:
		s, err := more(d, o, view[[]float64](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.float64Items(o, s, total, pos)
	case opBooleans:
		s, err := more(d, o, view[[]bool](m), n, pos)
		if err != nil {
			return 0, err
		}
		return d.booleanItems(o, s, total, pos)
	case opArray:
		if n > o.more.typ.Len()-total {
			return 0, d.fail(o, pos, serde.TypeMismatch, fmt.Sprintf("the Go array has only %d elements", o.more.typ.Len()))
		}
		for i := range n {
			var err error
			if pos, err = d.item(o, m.arrayElem(total+i, o.size), total+i, pos); err != nil {
				return 0, err
			}
		}
		return pos, nil
	}
	for done := 0; done < n; {
		// Room is made in steps: an item in Go may be far larger than on the wire, so
		// memory for the next ones is taken once the former ones were really there.
		step := n - done
		if most := d.step(int(o.size), total+done); step > most {
			step = most
		}
		if err := d.grow(o, m, total+done, step, pos); err != nil {
			return 0, err
		}
		for i := range step {
			var err error
			if pos, err = d.item(o, m.sliceElem(total+done+i, o.size), total+done+i, pos); err != nil {
				return 0, err
			}
		}
		done += step
	}
	return pos, nil
}

func (d *decoding) item(o *op, m memory, i, pos int) (int, error) {
	if d.depth--; d.depth < 0 {
		return 0, d.failDepth(o, pos)
	}
	pos, err := d.run(o.sub, m, pos)
	d.depth++
	if err != nil {
		if e, ok := err.(*DecodeError); ok {
			e.steps.addIndex(i)
			e.steps.add(o.path)
		}
		return 0, err
	}
	return pos, nil
}

// step is how many elements of size bytes to make room for at once, when there are
// so many already: 64 KiB, or as many again.
func (d *decoding) step(size, have int) int {
	return max(1, have, 64<<10/max(1, size))
}

// grow makes room for n more elements in the slice at m, which has len of them.
func (d *decoding) grow(o *op, m memory, have, n, pos int) error {
	before := m.sliceCap()
	if have+n > before {
		s := m.value(o.more.typ)
		s.Grow(n)
		if d.memory -= int64(m.sliceCap()-before) * int64(o.size); d.memory < 0 {
			return d.failMemory(o, pos)
		}
	}
	m.setSliceLen(have + n)
	return nil
}

// more makes room for n more items of *s, and returns them. The wire has at least one byte
// for each, so what it allocates is bounded by the payload's size.
func more[E any](d *decoding, o *op, s *[]E, n, pos int) ([]E, error) {
	have := len(*s)
	if have+n > cap(*s) {
		room := max(have+n, 2*have)
		if d.memory -= int64(room-cap(*s)) * int64(o.size); d.memory < 0 {
			return nil, d.failMemory(o, pos)
		}
		grown := make([]E, have, room)
		copy(grown, *s)
		*s = grown
	}
	*s = (*s)[:have+n]
	return (*s)[have:], nil
}

func (d *decoding) failItem(o *op, i int, err error) error {
	if e, ok := err.(*DecodeError); ok {
		e.steps = pathSteps{}
		e.steps.addIndex(i)
		e.steps.add(o.path)
	}
	return err
}

func (d *decoding) stringItems(o *op, s []string, have, pos int) (int, error) {
	buf := d.buf
	for i := range s {
		u, next := wire.Peek(buf, pos), pos+1
		if u >= 0x80 {
			if u, next = wire.Varint(buf, pos); next < 0 {
				return 0, d.failItem(o, have+i, d.failVarint(o, next, pos))
			}
		}
		n := wire.Unzigzag(u)
		if uint64(n) > uint64(len(buf)-next) {
			return 0, d.failItem(o, have+i, d.failLength(o, n, next))
		}
		pos = next + int(n)
		var ok bool
		if s[i], ok = d.keep(buf[next:pos]); !ok {
			return 0, d.failItem(o, have+i, d.fail(o, next, serde.Malformed, "a string is not valid UTF-8"))
		}
	}
	return pos, nil
}

func (d *decoding) int64Items(o *op, s []int64, have, pos int) (int, error) {
	n, next := wire.ReadLongs(d.buf, pos, s)
	if n < len(s) {
		_, code := wire.Varint(d.buf, next)
		return 0, d.failItem(o, have+n, d.failVarint(o, code, next))
	}
	if !o.flag {
		return next, nil
	}
	for i, v := range s { // ints
		if int64(int32(v)) != v {
			return 0, d.failItem(o, have+i, d.fail(o, pos, serde.Malformed, "an int does not fit into 32 bits"))
		}
	}
	return next, nil
}

func (d *decoding) int32Items(o *op, s []int32, have, pos int) (int, error) {
	buf := d.buf
	for i := range s {
		u, next := wire.Peek(buf, pos), pos+1
		if u >= 0x80 {
			if u, next = wire.Varint(buf, pos); next < 0 {
				return 0, d.failItem(o, have+i, d.failVarint(o, next, pos))
			}
		}
		v := wire.Unzigzag(u)
		if int64(int32(v)) != v {
			return 0, d.failItem(o, have+i, d.fail(o, pos, serde.Malformed, "an int does not fit into 32 bits"))
		}
		pos = next
		s[i] = int32(v)
	}
	return pos, nil
}

// The number of bytes of what follows was checked with the block's head.

func (d *decoding) float64Items(_ *op, s []float64, _, pos int) (int, error) {
	b := d.buf[pos : pos+8*len(s)]
	for i := range s {
		s[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return pos + len(b), nil
}

func (d *decoding) float32Items(_ *op, s []float32, _, pos int) (int, error) {
	b := d.buf[pos : pos+4*len(s)]
	for i := range s {
		s[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return pos + len(b), nil
}

func (d *decoding) booleanItems(o *op, s []bool, have, pos int) (int, error) {
	b := d.buf[pos : pos+len(s)]
	for i, c := range b {
		if c > 1 {
			return 0, d.failItem(o, have+i, d.fail(o, pos+i, serde.Malformed, "a boolean is neither 0 nor 1"))
		}
		s[i] = c == 1
	}
	return pos + len(b), nil
}

// mapping reads a map into the Go map at m. Of entries with one key the last counts.
func (d *decoding) mapping(o *op, m memory, pos int) (int, error) {
	if o.code == opMap && o.flag {
		entries := newMap(view[map[string]any](m), 0, d.reuse)
		if d.depth--; d.depth < 0 {
			return 0, d.failDepth(o, pos)
		}
		pos, err := d.dynamicEntries(o, o.sub.ops[0].more.dynamic, entries, pos)
		d.depth++
		return pos, err
	}
	b, pos, err := d.block(o, o.n, pos)
	if err != nil {
		return 0, err
	}
	const firstRoom = 256 // not more at once, as in items
	room := min(b.count, firstRoom)
	var put func(key string, pos int) (int, error)
	switch o.code {
	case opStringMap:
		entries := newMap(view[map[string]string](m), room, d.reuse)
		put = func(key string, pos int) (int, error) {
			v, next, err := d.text(o, pos, "a string")
			if err == nil {
				entries[key] = v
			}
			return next, err
		}
	case opInt64Map:
		entries := newMap(view[map[string]int64](m), room, d.reuse)
		put = func(key string, pos int) (int, error) {
			v, next, err := d.integer(o, o.flag, pos)
			if err == nil {
				entries[key] = v
			}
			return next, err
		}
	default:
		entries := m.value(o.more.typ)
		if d.reuse && !entries.IsNil() {
			entries.Clear()
		} else {
			entries.Set(reflect.MakeMapWithSize(o.more.typ, room))
		}
		elem := reflect.New(o.more.elem)
		at := memoryOfPointer(elem)
		keyType := o.more.typ.Key()
		put = func(key string, pos int) (int, error) {
			elem.Elem().SetZero()
			next, err := d.run(o.sub, at, pos)
			if err == nil {
				entries.SetMapIndex(reflect.ValueOf(key).Convert(keyType), elem.Elem())
			}
			return next, err
		}
	}
	if d.depth--; d.depth < 0 {
		return 0, d.failDepth(o, pos)
	}
	pos, err = d.entries(o, b, pos, put)
	d.depth++
	return pos, err
}

// newMap sets *m to an empty map, and returns it.
func newMap[V any](m *map[string]V, room int, reuse bool) map[string]V {
	if reuse && *m != nil {
		clear(*m)
	} else {
		*m = make(map[string]V, room)
	}
	return *m
}

// entries reads a map's blocks, of which b is the first, and hands each key to put,
// which reads the value.
func (d *decoding) entries(o *op, b block, pos int, put func(key string, pos int) (int, error)) (int, error) {
	for b.count > 0 {
		for range b.count {
			if d.memory -= int64(o.size); d.memory < 0 {
				return 0, d.failMemory(o, pos)
			}
			key, next, err := d.text(o, pos, "a map's key")
			if err != nil {
				return 0, err
			}
			if pos, err = put(key, next); err != nil {
				if e, ok := err.(*DecodeError); ok {
					if o.sub == nil {
						e.steps = pathSteps{}
					}
					e.steps.add("[*]")
					e.steps.add(o.path)
				}
				return 0, err
			}
		}
		err := d.closeBlock(o, b, pos)
		if err != nil {
			return 0, err
		}
		if b, pos, err = d.block(o, o.n, pos); err != nil {
			return 0, err
		}
	}
	return pos, d.closeBlock(o, b, pos)
}

// text reads a string, or what is like one.
func (d *decoding) text(o *op, pos int, what string) (string, int, error) {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return "", 0, d.failVarint(o, next, pos)
	}
	n := wire.Unzigzag(u)
	if uint64(n) > uint64(len(d.buf)-next) {
		return "", 0, d.failLength(o, n, next)
	}
	text, ok := d.keep(d.buf[next : next+int(n)])
	if !ok {
		return "", 0, d.fail(o, next, serde.Malformed, what+" is not valid UTF-8")
	}
	return text, next + int(n), nil
}
