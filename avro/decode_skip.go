package avro

import (
	"unicode/utf8"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// skip runs one operation of a field that the reader lacks. What is skipped is
// checked as if it were read.
func (d *decoding) skip(o *op, pos int) (int, error) {
	switch o.code {
	case opSkipVarint:
		_, next := wire.Varint(d.buf, pos)
		if next < 0 {
			return 0, d.failVarint(o, next, pos)
		}
		return next, nil
	case opSkipInt:
		v, next, err := d.integer(o, true, pos)
		if err == nil && o.n > 0 && uint64(v) >= uint64(o.n) {
			return 0, d.fail(o, pos, serde.Malformed, "an enum's index is none of its symbols")
		}
		return next, err
	case opSkipBoolean:
		if pos >= len(d.buf) {
			return 0, d.failVarint(o, wire.Failed, pos)
		}
		if d.buf[pos] > 1 {
			return 0, d.fail(o, pos, serde.Malformed, "a boolean is neither 0 nor 1")
		}
		return pos + 1, nil
	case opSkipBytes, opSkipString:
		b, next, err := d.take(o, pos)
		if err == nil && o.code == opSkipString && !d.raw && !utf8.Valid(b) {
			return 0, d.fail(o, pos, serde.Malformed, "a string is not valid UTF-8")
		}
		return next, err
	case opSkipUnion:
		i, next, err := d.branch(o, pos)
		if err != nil {
			return 0, err
		}
		return d.call(o, o.subs[i], memory{}, next)
	}
	return d.skipBlocks(o, pos)
}

// skipBlocks skips an array or a map.
func (d *decoding) skipBlocks(o *op, pos int) (int, error) {
	if d.depth--; d.depth < 0 {
		return 0, d.failDepth(o, pos)
	}
	for i := 0; ; {
		b, next, err := d.block(o, o.n, pos)
		if err != nil {
			return 0, err
		}
		pos = next
		if b.count > 0 && o.flag { // all items have o.n bytes, and block has seen that they are there
			pos += b.count * o.n
		} else {
			for range b.count {
				if o.code == opSkipMap {
					if pos, err = d.skipKey(o, pos); err != nil {
						return 0, err
					}
				}
				if pos, err = d.run(o.sub, memory{}, pos); err != nil {
					if e, ok := err.(*DecodeError); ok {
						e.steps.addIndex(i)
						e.steps.add(o.path)
					}
					return 0, err
				}
				i++
			}
		}
		if err := d.closeBlock(o, b, pos); err != nil {
			return 0, err
		}
		if b.count == 0 {
			d.depth++
			return pos, nil
		}
	}
}

// skipKey passes over a map's key.
func (d *decoding) skipKey(o *op, pos int) (int, error) {
	u, next := wire.Varint(d.buf, pos)
	if next < 0 {
		return 0, d.failVarint(o, next, pos)
	}
	n := wire.Unzigzag(u)
	if uint64(n) > uint64(len(d.buf)-next) {
		return 0, d.failLength(o, n, next)
	}
	if !d.raw && !wire.ValidText(d.buf[next:next+int(n)]) {
		return 0, d.fail(o, next, serde.Malformed, "a map's key is not valid UTF-8")
	}
	return next + int(n), nil
}
