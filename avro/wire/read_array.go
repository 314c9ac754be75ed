package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Longs reads an array of longs.
func (r *Reader) Longs(pos int, old []int64) (items []int64, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 1)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.longItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) longItems(pos int, items []int64) int {
	n, pos := ReadLongs(r.Buf, pos, items)
	if n < len(items) {
		return Failed
	}
	return pos
}

// ReadLongs reads longs into items, and returns how many it could read and the position
// after them. It is [Varint] without a branch for what no processor could foretell, the
// lengths: neither of short and long ones, nor a call.
func ReadLongs(buf []byte, pos int, items []int64) (n, next int) {
	for n < len(items) {
		if len(buf)-pos >= 8 {
			w := binary.LittleEndian.Uint64(buf[pos:])
			last := ^w & continued
			if last == continued && len(items)-n >= 8 { // eight of one byte
				eight := items[n : n+8]
				for i := range eight {
					eight[i] = Unzigzag(w & 0x7f)
					w >>= 8
				}
				n += 8
				pos += 8
				continue
			}
			if last != 0 {
				items[n] = Unzigzag(gather(w & (last ^ (last - 1))))
				pos += bits.TrailingZeros64(last)>>3 + 1
				n++
				continue
			}
		}
		u, next := Varint(buf, pos)
		if next < 0 {
			return n, pos
		}
		items[n], pos = Unzigzag(u), next
		n++
	}
	return n, pos
}

// Ints reads an array of ints.
func (r *Reader) Ints(pos int, old []int32) (items []int32, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 1)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.intItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) intItems(pos int, items []int32) int {
	buf := r.Buf
	for i := range items {
		u, next := Peek(buf, pos), pos+1
		if u >= 0x80 {
			if u, next = Varint(buf, pos); next < 0 || u > math.MaxUint32 {
				return Failed
			}
		}
		items[i], pos = int32(Unzigzag(u)), next
	}
	return pos
}

// Strings reads an array of strings.
func (r *Reader) Strings(pos int, old []string) (items []string, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 1)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.stringItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) stringItems(pos int, items []string) int {
	for i := range items {
		if items[i], pos = r.String(pos); pos < 0 {
			return Failed
		}
	}
	return pos
}

// Booleans reads an array of booleans.
func (r *Reader) Booleans(pos int, old []bool) (items []bool, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 1)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.booleanItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) booleanItems(pos int, items []bool) int {
	for i, c := range r.Buf[pos : pos+len(items)] { // Block has counted the bytes
		if c > 1 {
			return Failed
		}
		items[i] = c == 1
	}
	return pos + len(items)
}

// Floats reads an array of floats.
func (r *Reader) Floats(pos int, old []float32) (items []float32, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 4)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.floatItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) floatItems(pos int, items []float32) int {
	b := r.Buf[pos : pos+4*len(items)]
	for i := range items {
		items[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return pos + len(b)
}

// Doubles reads an array of doubles.
func (r *Reader) Doubles(pos int, old []float64) (items []float64, next int) {
	items = Begin(r, old)
	for {
		n, end, next := r.Block(pos, 8)
		if n == 0 {
			return items, next
		}
		var ok bool
		if items, ok = Grow(r, items, n); !ok {
			return nil, Failed
		}
		pos = Ends(r.doubleItems(next, items[len(items)-n:]), end)
	}
}

func (r *Reader) doubleItems(pos int, items []float64) int {
	b := r.Buf[pos : pos+8*len(items)]
	for i := range items {
		items[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return pos + len(b)
}

// StringMap reads a map of strings. Of entries with one key the last counts.
func (r *Reader) StringMap(pos int, old map[string]string) (entries map[string]string, next int) {
	n, end, pos := r.Block(pos, 2)
	entries = Map(r, old, n)
	for n > 0 {
		for range n {
			var key string
			if key, pos = Entry[string](r, pos); pos < 0 {
				return entries, Failed
			}
			var v string
			if v, pos = r.String(pos); pos < 0 {
				return entries, Failed
			}
			entries[key] = v
		}
		n, end, pos = r.Block(Ends(pos, end), 2)
	}
	return entries, pos
}

// LongMap reads a map of longs.
func (r *Reader) LongMap(pos int, old map[string]int64) (entries map[string]int64, next int) {
	n, end, pos := r.Block(pos, 2)
	entries = Map(r, old, n)
	for n > 0 {
		for range n {
			var key string
			if key, pos = Entry[int64](r, pos); pos < 0 {
				return entries, Failed
			}
			var v int64
			if v, pos = Long(r.Buf, pos); pos < 0 {
				return entries, Failed
			}
			entries[key] = v
		}
		n, end, pos = r.Block(Ends(pos, end), 2)
	}
	return entries, pos
}
