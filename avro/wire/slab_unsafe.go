//go:build !purego

package wire

import (
	"encoding/binary"
	"unsafe"
)

// Slab makes the strings of one datum. Where they share memory, one of up to
// slabString bytes may do so, SlabSize bytes together: few allocations, and whoever
// keeps one string keeps no more than SlabSize bytes alive.
type Slab struct {
	Strings Strings
	buf     []byte
}

const slabString = 128

// Keep is b, of a payload of so many bytes, as a string; ok is false where it is
// not UTF-8 and has to be.
func (s *Slab) Keep(b []byte, payload int, raw bool) (text string, ok bool) {
	n := len(b)
	if s.Strings != SharedStrings || n == 0 || n > slabString {
		if !raw && !ValidText(b) {
			return "", false
		}
		if s.Strings == StringsInPayload && n > 0 {
			return unsafe.String(&b[0], n), true
		}
		return string(b), true
	}
	start := len(s.buf)
	if n > cap(s.buf)-start {
		s.buf, start = make([]byte, 0, max(n, min(SlabSize, payload))), 0
	}
	// What was handed out is never written again: the slab only grows at its end, within
	// its capacity, and belongs to one call of Decode alone.
	s.buf = s.buf[:start+n]
	if !copyText(s.buf[start:], b) && !raw && !ValidText(b) {
		return "", false
	}
	return unsafe.String(&s.buf[start], n), true
}

// copyText copies from to to, which is as long, and reports whether it is all ASCII.
func copyText(to, from []byte) bool {
	n := len(from)
	to = to[:n]
	var seen uint64 // all the bytes, one upon the other
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			w := binary.LittleEndian.Uint64(from[i:])
			seen |= w
			binary.LittleEndian.PutUint64(to[i:], w)
		}
		w := binary.LittleEndian.Uint64(from[n-8:]) // the last eight, some of them again
		seen |= w
		binary.LittleEndian.PutUint64(to[n-8:], w)
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(from), binary.LittleEndian.Uint32(from[n-4:])
		seen = uint64(first | last)
		binary.LittleEndian.PutUint32(to, first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
	default:
		for i, c := range from {
			seen |= uint64(c)
			to[i] = c
		}
	}
	return seen&notASCII == 0
}

// sizeOf is how many bytes an E takes in memory.
func sizeOf[E any]() int64 {
	var e E
	return int64(unsafe.Sizeof(e))
}
