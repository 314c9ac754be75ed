package wire

import "math"

// Strings is where the strings of a value lie.
type Strings uint8

// Where strings lie.
const (
	StringsAlone     Strings = iota // each in memory of its own
	SharedStrings                   // short ones of one datum share memory
	StringsInPayload                // in the payload, which is given away
)

// SlabSize is how many bytes strings of one datum share at most: so much may stay in memory for
// the sake of one of them.
const SlabSize = 512

// Reader is the state of reading one datum.
type Reader struct {
	Buf   []byte
	Reuse bool  // what the target holds may be written into
	Raw   bool  // strings need not be UTF-8
	Depth int   // how much deeper it may go
	Empty int64 // how many more items without bytes there may be
	// Memory is how many more bytes it may allocate, estimated.
	Memory int64
	Slab   Slab
}

// NewReader is a reader of payload within the default limits of package avro.
func NewReader(payload []byte, strings Strings) Reader {
	return Reader{Buf: payload, Depth: 1000, Empty: 10_000, Memory: 512<<10 + 256*int64(len(payload)), Slab: Slab{Strings: strings}}
}

// Deeper goes so many levels deeper; it is false where that is too deep. Shallower goes
// back.
func (r *Reader) Deeper(levels int) bool {
	r.Depth -= levels
	return r.Depth >= 0
}

// Shallower undoes what Deeper did.
func (r *Reader) Shallower(levels int) { r.Depth += levels }

// octets reads the length of bytes or of a string, and where they begin and end.
func (r *Reader) octets(pos int) (start, end int) {
	u := Peek(r.Buf, pos)
	next := pos + 1
	if u >= 0x80 {
		u, next = Varint(r.Buf, pos)
	}
	if n := u >> 1; next >= 0 && u&1 == 0 && n <= uint64(len(r.Buf)-next) {
		return next, next + int(n)
	}
	return 0, Failed
}

// String reads a string.
func (r *Reader) String(pos int) (text string, next int) {
	start, end := r.octets(pos)
	if end < 0 {
		return "", Failed
	}
	text, ok := r.Slab.Keep(r.Buf[start:end], len(r.Buf), r.Raw)
	if !ok {
		return "", Failed
	}
	return text, end
}

// Bytes reads bytes, into memory of their own or, where that is allowed, that of old.
// They are never nil.
func (r *Reader) Bytes(pos int, old []byte) (b []byte, next int) {
	start, end := r.octets(pos)
	if end < 0 {
		return nil, Failed
	}
	if !r.Reuse || old == nil || cap(old) < end-start {
		old = make([]byte, 0, end-start)
	}
	return append(old[:0], r.Buf[start:end]...), end
}

// Block reads the head of a block of an array or a map, whose items take at least size
// bytes each. No items end the array, or the reading failed. The block ends at end, which
// [Reader.Ends] is asked about, and which is negative where the writer did not say.
func (r *Reader) Block(pos, size int) (items, end, next int) {
	count, next := Long(r.Buf, pos)
	if next < 0 {
		return 0, -1, Failed
	}
	end = -1
	left := len(r.Buf) - next
	if count < 0 {
		n, sized := Long(r.Buf, next)
		if sized < 0 || count == math.MinInt64 || n < 0 || n > int64(len(r.Buf)-sized) {
			return 0, -1, Failed
		}
		count, left, end, next = -count, int(n), sized+int(n), sized
	}
	switch {
	case size > 0 && count > int64(left/size):
		return 0, -1, Failed
	case size == 0:
		if r.Empty -= count; r.Empty < 0 || count > math.MaxInt32 {
			return 0, -1, Failed
		}
	}
	return int(count), end, next
}

// Ends is the position after a block that was read up to pos, where that is its end.
func Ends(pos, end int) (next int) {
	if end >= 0 && pos != end {
		return Failed
	}
	return pos
}

// Begin is an empty slice to read an array into: old's, where that is allowed. It is
// never nil.
func Begin[S ~[]E, E any](r *Reader, old S) S {
	if r.Reuse && old != nil {
		return old[:0]
	}
	return S{}
}

// Grow is s with n more items, which are zero, or what was in its memory where that is
// used again. ok is false where that takes too much memory.
func Grow[S ~[]E, E any](r *Reader, s S, n int) (grown S, ok bool) {
	have := len(s)
	if have+n <= cap(s) {
		return s[:have+n], true
	}
	room := max(have+n, 2*have)
	if r.Memory -= int64(room-cap(s)) * sizeOf[E](); r.Memory < 0 {
		return nil, false
	}
	grown = make(S, have+n, room)
	copy(grown, s)
	return grown, true
}

// Pointer is a new E to read into, or old's where that is allowed; nil where that takes
// too much memory.
func Pointer[E any](r *Reader, old *E) *E {
	if r.Reuse && old != nil {
		return old
	}
	if r.Memory -= sizeOf[E](); r.Memory < 0 {
		return nil
	}
	return new(E)
}

// Map is an empty map to read into: old where that is allowed, or one with room for a
// block of n.
func Map[M ~map[string]V, V any](r *Reader, old M, n int) M {
	if r.Reuse && old != nil {
		clear(old)
		return old
	}
	const firstRoom = 256
	return make(M, min(n, firstRoom))
}

// Entry reads a map's key, and counts the memory of an entry of Vs.
func Entry[V any](r *Reader, pos int) (key string, next int) {
	const overhead = 16 + 32 // the key, and what the map needs
	if r.Memory -= sizeOf[V]() + overhead; r.Memory < 0 {
		return "", Failed
	}
	return r.String(pos)
}
