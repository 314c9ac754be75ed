package avro

import (
	"math/big"
	"slices"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// dynamicNode reads, or writes, one type as a value of the goavro form. Nodes of
// recursive types refer to themselves.
type dynamicNode struct {
	kind   Kind   // of the value
	wire   Kind   // of the bytes, where numbers are promoted
	wrap   string // the key under which a union's branch stands; empty: not wrapped
	op     op     // what the runner of plain operations needs
	fields []dynamicField
	items  *dynamicNode
	subs   []*dynamicNode // the writer's union's branches; nil: see op.more.reasons
	names  map[string]int // encoding: fields, or branches, by name
	native []int8         // encoding: see nativeBranches
	schema *Schema        // encoding: the writer's
	unit   int64          // of a time
	same   bool           // a number as the wire has it
	clock  bool           // a time of day
}

// dynamicField is a step in reading or writing a record.
type dynamicField struct {
	name    string
	node    *dynamicNode // nil: skip is run instead
	more    []dynamicField
	skip    *program
	data    []byte // a default
	hasData bool
	plain   bool // only name and node count
}

// What values take in Go's memory, roughly: a map with its first entries, an entry
// more, and a boxed value.
const (
	sizeOfMap   = 48
	sizeOfEntry = 48
	sizeOfBox   = 16
)

// dynamic reads a value.
func (d *decoding) dynamic(n *dynamicNode, pos int) (any, int, error) {
	if n.subs != nil {
		u, next := wire.Peek(d.buf, pos), pos+1
		if u >= 0x80 {
			if u, next = wire.Varint(d.buf, pos); next < 0 {
				return nil, 0, d.failVarint(&n.op, next, pos)
			}
		}
		i := wire.Unzigzag(u)
		if uint64(i) >= uint64(len(n.subs)) {
			return nil, 0, d.failIndex(&n.op, len(n.subs), pos)
		}
		if n.subs[i] == nil {
			return nil, 0, d.fail(&n.op, pos, serde.Incompatible, n.op.more.reasons[i])
		}
		n, pos = n.subs[i], next
		if n.subs != nil {
			return d.dynamic(n, pos)
		}
	}
	if n.same && n.wrap == "" {
		return d.dynamicNumber(n, pos)
	}
	v, pos, err := d.dynamicValue(n, pos)
	if err != nil {
		return nil, 0, err
	}
	if n.wrap != "" {
		if d.memory -= sizeOfMap + sizeOfEntry; d.memory < 0 {
			return nil, 0, d.failMemory(nil, pos)
		}
		v = map[string]any{n.wrap: v}
	}
	return v, pos, nil
}

func (d *decoding) dynamicValue(n *dynamicNode, pos int) (any, int, error) {
	o := &n.op
	if d.memory -= sizeOfBox; d.memory < 0 {
		return nil, 0, d.failMemory(o, pos)
	}
	switch n.kind {
	case Null:
		return nil, pos, nil
	case Boolean:
		if pos >= len(d.buf) {
			return nil, 0, d.failVarint(o, wire.Failed, pos)
		}
		if d.buf[pos] > 1 {
			return nil, 0, d.fail(o, pos, serde.Malformed, "a boolean is neither 0 nor 1")
		}
		return d.buf[pos] == 1, pos + 1, nil
	case Int, Long:
		return d.dynamicInteger(n, pos)
	case Double:
		f, next, err := d.anyFloat(o, n.wire, pos)
		return f, next, err
	case Float:
		f, next, err := d.anyFloat(o, n.wire, pos)
		return float32(f), next, err
	case String:
		v, next, err := d.text(o, pos, "a string")
		if err != nil {
			return nil, 0, err
		}
		return d.boxes.text(v), next, nil
	case Bytes, Fixed:
		return d.dynamicBytes(n, pos)
	case Enum:
		u, next := wire.Varint(d.buf, pos)
		if next < 0 {
			return nil, 0, d.failVarint(o, next, pos)
		}
		symbol, err := d.symbol(o, o.more.symbols, wire.Unzigzag(u), pos)
		return symbol, next, err
	case Record, Array, Map:
		// Types contain themselves only through one of these.
		if d.depth--; d.depth < 0 {
			return nil, 0, d.failDepth(nil, pos)
		}
		v, next, err := d.dynamicCollection(n, pos)
		d.depth++
		return v, next, err
	}
	if n.items != nil { // a reader's union around it
		return d.dynamic(n.items, pos)
	}
	return nil, 0, d.fail(o, pos, serde.Incompatible, o.more.reasons[0])
}

// dynamicNumber reads an int, a long or a double that is as the wire has it.
func (d *decoding) dynamicNumber(n *dynamicNode, pos int) (any, int, error) {
	if d.memory -= sizeOfBox; d.memory < 0 {
		return nil, 0, d.failMemory(&n.op, pos)
	}
	if n.kind == Double {
		f, next := wire.Double(d.buf, pos)
		if next < 0 {
			return nil, 0, d.failVarint(&n.op, next, pos)
		}
		return f, next, nil
	}
	u, next := wire.Peek(d.buf, pos), pos+1
	if u >= 0x80 {
		if u, next = wire.Varint(d.buf, pos); next < 0 {
			return nil, 0, d.failVarint(&n.op, next, pos)
		}
	}
	v := wire.Unzigzag(u)
	switch {
	case n.kind == Long:
		return v, next, nil
	case int64(int32(v)) != v:
		return nil, 0, d.fail(&n.op, pos, serde.Malformed, "an int does not fit into 32 bits")
	}
	return int32(v), next, nil
}

func (d *decoding) dynamicCollection(n *dynamicNode, pos int) (any, int, error) {
	switch n.kind {
	case Record:
		return d.dynamicRecord(n, pos)
	case Array:
		return d.dynamicArray(n, pos)
	}
	return d.dynamicMap(n, pos)
}

func (d *decoding) dynamicInteger(n *dynamicNode, pos int) (any, int, error) {
	v, next, err := d.integer(&n.op, n.wire == Int, pos)
	if err != nil {
		return nil, 0, err
	}
	if v, err = n.op.more.scale.apply(v); err != nil {
		return nil, 0, d.failWith(&n.op, pos, err)
	}
	switch {
	case n.clock:
		clock, err := timeOfDay(v, n.unit)
		if err != nil {
			return nil, 0, d.failWith(&n.op, pos, err)
		}
		return clock, next, nil
	case n.unit > 0:
		return wire.TimeOf(v, n.unit), next, nil
	case n.kind == Long:
		return v, next, nil
	case int64(int32(v)) != v:
		if n.wire == Long {
			return nil, 0, d.failWith(&n.op, pos, errNarrow)
		}
		return nil, 0, d.failWith(&n.op, pos, errInstantRange)
	}
	return int32(v), next, nil
}

func (d *decoding) dynamicBytes(n *dynamicNode, pos int) (any, int, error) {
	b, next, err := d.take(&n.op, pos)
	if err != nil {
		return nil, 0, err
	}
	if c := n.op.more.decimal; c != nil {
		r := new(big.Rat)
		if err := c.toRat(r, b); err != nil {
			return nil, 0, d.failWith(&n.op, pos, err)
		}
		return r, next, nil
	}
	return append(make([]byte, 0, len(b)), b...), next, nil
}

func (d *decoding) dynamicRecord(n *dynamicNode, pos int) (map[string]any, int, error) {
	if n.kind != Record {
		return nil, 0, d.fail(&n.op, pos, serde.Incompatible, n.op.more.reasons[0])
	}
	if d.memory -= int64(sizeOfMap + len(n.fields)*sizeOfEntry); d.memory < 0 {
		return nil, 0, d.failMemory(&n.op, pos)
	}
	record := make(map[string]any, len(n.fields))
	for i := range n.fields {
		f := &n.fields[i]
		if !f.plain {
			var err error
			if pos, err = d.dynamicField(record, f, pos); err != nil {
				return nil, 0, err
			}
			continue
		}
		var v any
		var err error
		if n := f.node; n.same && n.wrap == "" {
			v, pos, err = d.dynamicNumber(n, pos)
		} else {
			v, pos, err = d.dynamic(n, pos)
		}
		if err != nil {
			return nil, 0, within(err, f.name)
		}
		record[f.name] = v
	}
	return record, pos, nil
}

func (d *decoding) dynamicField(record map[string]any, f *dynamicField, pos int) (int, error) {
	switch {
	case f.hasData:
		if d.memory -= int64(len(f.data)); d.memory < 0 {
			return 0, within(d.failMemory(nil, pos), f.name)
		}
		buf := d.buf
		d.buf = f.data
		v, _, err := d.dynamic(f.node, 0)
		d.buf = buf
		if err != nil {
			return 0, within(err, f.name)
		}
		record[f.name] = v
		return pos, nil
	case f.node == nil:
		next, err := d.run(f.skip, memory{}, pos)
		return next, err
	}
	v, next, err := d.dynamic(f.node, pos)
	if err != nil {
		return 0, within(err, f.name)
	}
	record[f.name] = v
	for i := range f.more { // other reader fields that read the same
		if _, err := d.dynamicField(record, &f.more[i], pos); err != nil {
			return 0, err
		}
	}
	return next, nil
}

func (d *decoding) dynamicArray(n *dynamicNode, pos int) (any, int, error) {
	items, pos, err := d.dynamicItems(&n.op, n.items, []any{}, pos)
	if err != nil {
		return nil, 0, err
	}
	return items, pos, nil
}

// dynamicItems reads an array of dynamic values into items, which is empty.
func (d *decoding) dynamicItems(o *op, item *dynamicNode, items []any, pos int) ([]any, int, error) {
	for {
		b, next, err := d.block(o, o.n, pos)
		if err != nil {
			return nil, 0, err
		}
		pos = next
		// The wire has at least a byte for each item, or block has counted them.
		if room := b.count - (cap(items) - len(items)); room > 0 {
			if d.memory -= int64(room) * sizeOfBox; d.memory < 0 {
				return nil, 0, d.failMemory(o, pos)
			}
			items = slices.Grow(items, b.count)
		}
		one := b.count
		if item.same && item.wrap == "" && item.kind != Int {
			if items, pos, err = d.dynamicNumbers(o, item, items, b.count, pos); err != nil {
				return nil, 0, err
			}
			one = 0 // at a time
		}
		for range one {
			v, next, err := d.dynamic(item, pos)
			if err != nil {
				if e, ok := err.(*DecodeError); ok {
					e.steps.addIndex(len(items))
					e.steps.add(o.path)
				}
				return nil, 0, err
			}
			items, pos = append(items, v), next
		}
		if err := d.closeBlock(o, b, pos); err != nil {
			return nil, 0, err
		}
		if b.count == 0 {
			return items, pos, nil
		}
	}
}

// numbersTogether is how many numbers of an array share memory at most: whoever keeps one
// keeps no more than 512 bytes alive.
const numbersTogether = 64

// dynamicNumbers reads count longs or doubles, in the memory of some of them at once.
func (d *decoding) dynamicNumbers(o *op, item *dynamicNode, items []any, count, pos int) ([]any, int, error) {
	for count > 0 {
		n := min(count, numbersTogether)
		count -= n
		if d.memory -= int64(n) * sizeOfBox; d.memory < 0 {
			return nil, 0, d.failMemory(o, pos)
		}
		var err error
		if item.kind == Double {
			numbers := make([]float64, n)
			pos, err = d.float64Items(o, numbers, len(items), pos)
			items = appendDoubles(items, numbers)
		} else {
			numbers := make([]int64, n)
			pos, err = d.int64Items(o, numbers, len(items), pos)
			items = appendLongs(items, numbers)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return items, pos, nil
}

func (d *decoding) dynamicMap(n *dynamicNode, pos int) (any, int, error) {
	if d.memory -= sizeOfMap; d.memory < 0 {
		return nil, 0, d.failMemory(&n.op, pos)
	}
	entries := make(map[string]any)
	pos, err := d.dynamicEntries(&n.op, n.items, entries, pos)
	if err != nil {
		return nil, 0, err
	}
	return entries, pos, nil
}

// dynamicEntries reads a map of dynamic values into entries.
func (d *decoding) dynamicEntries(o *op, value *dynamicNode, entries map[string]any, pos int) (int, error) {
	for {
		b, next, err := d.block(o, o.n, pos)
		if err != nil {
			return 0, err
		}
		pos = next
		for range b.count {
			if d.memory -= sizeOfEntry; d.memory < 0 {
				return 0, d.failMemory(o, pos)
			}
			key, next, err := d.text(o, pos, "a map's key")
			if err != nil {
				return 0, err
			}
			v, next, err := d.dynamic(value, next)
			if err != nil {
				return 0, within(within(err, "[*]"), o.path)
			}
			entries[key], pos = v, next
		}
		if err := d.closeBlock(o, b, pos); err != nil {
			return 0, err
		}
		if b.count == 0 {
			return pos, nil
		}
	}
}
