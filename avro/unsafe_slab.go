//go:build !purego

package avro

import "unsafe"

// stringSlab makes strings. Where shared is set, one of up to slabString bytes may
// share its memory with others of the same datum, slabSize bytes together: few
// allocations, and whoever keeps one string keeps no more than slabSize bytes alive.
type stringSlab struct {
	shared bool
	buf    []byte
}

const (
	slabString = 128
	slabSize   = 512
)

// keep is b, of a payload of so many bytes, as a string of its own.
func (s *stringSlab) keep(b []byte, payload int) string {
	if len(b) == 0 || len(b) > slabString || !s.shared {
		return string(b)
	}
	if len(b) > cap(s.buf)-len(s.buf) {
		s.buf = make([]byte, 0, max(len(b), min(slabSize, payload)))
	}
	// What was handed out is never written again: the slab only grows at its end, within
	// its capacity, and belongs to one call of Decode alone.
	start := len(s.buf)
	s.buf = append(s.buf, b...)
	return unsafe.String(&s.buf[start], len(b))
}
