//go:build !purego

package avro

import "unsafe"

// A string of up to slabString bytes may share its memory with others of the same
// datum, slabSize bytes together: few allocations, and whoever keeps one
// string keeps no more than slabSize bytes alive.
const (
	slabString = 128
	slabSize   = 512
)

// keep is b as a string of its own.
func (d *decoding) keep(b []byte) string {
	if len(b) == 0 || len(b) > slabString || !d.slabs {
		return string(b)
	}
	if len(b) > cap(d.slab)-len(d.slab) {
		d.slab = make([]byte, 0, max(len(b), min(slabSize, len(d.buf))))
	}
	// What was handed out is never written again: slabs only grow at their end, within
	// their capacity, and belong to this call of Decode alone.
	start := len(d.slab)
	d.slab = append(d.slab, b...)
	return unsafe.String(&d.slab[start], len(b))
}
