// Package zigzag reads and writes zig-zag varints: the form in which Avro keeps
// every int and long (Avro 1.12, "Binary Encoding") and in which the wire format
// keeps Protobuf message indexes.
package zigzag

// MaxLen is the most bytes a 64-bit zig-zag varint takes.
const MaxLen = 10

// Append appends v to dst.
func Append(dst []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	for u >= 0x80 {
		dst = append(dst, byte(u)|0x80)
		u >>= 7
	}
	return append(dst, byte(u))
}

// Len is the number of bytes that Append writes for v.
func Len(v int64) int {
	n := 1
	for u := uint64(v<<1) ^ uint64(v>>63); u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

// Read returns the value at the start of b and the number of bytes it took.
// n is 0 when b ends before the value does, and negative when the value
// does not fit into 64 bits.
func Read(b []byte) (v int64, n int) {
	var u uint64
	for i, c := range b {
		if i == MaxLen-1 && c > 1 {
			return 0, -1
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return int64(u>>1) ^ -int64(u&1), i + 1
		}
	}
	if len(b) >= MaxLen {
		return 0, -1
	}
	return 0, 0
}
