package wire

import (
	"encoding/binary"
	"unicode/utf8"
)

// notASCII has the bits that no ASCII byte has.
const notASCII = 0x8080808080808080

// ValidText reports whether b is UTF-8. Most strings are ASCII, and short.
func ValidText(b []byte) bool {
	n := len(b)
	if n >= 64 {
		return utf8.Valid(b)
	}
	var seen uint64
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			seen |= binary.LittleEndian.Uint64(b[i:])
		}
		seen |= binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		seen = uint64(binary.LittleEndian.Uint32(b) | binary.LittleEndian.Uint32(b[n-4:]))
	default:
		for _, c := range b {
			seen |= uint64(c)
		}
	}
	return seen&notASCII == 0 || utf8.Valid(b)
}
