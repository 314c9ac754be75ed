//go:build purego

package wire

import "reflect"

// Slab is the safe twin of the type in slab_unsafe.go: no string shares memory.
type Slab struct{ Strings Strings }

// Keep is b as a string; ok is false where it is not UTF-8 and has to be.
func (s *Slab) Keep(b []byte, _ int, raw bool) (text string, ok bool) {
	if !raw && !ValidText(b) {
		return "", false
	}
	return string(b), true
}

// sizeOf is how many bytes an E takes in memory.
func sizeOf[E any]() int64 { return int64(reflect.TypeFor[E]().Size()) }
