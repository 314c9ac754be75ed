package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The positions that stand for a failure. They are negative, and no more is said of
// them: see the package's documentation.
const (
	Failed   = -1 // the bytes end within the value, or are not valid
	Overflow = -2 // a number has more than 64 bits
)

// Peek is the byte at pos, or one of 0x80 where there is none. A byte below 0x80 is a whole
// number, as most numbers are: code that must be fast asks Peek, which is inlined, before
// it calls a function.
func Peek(buf []byte, pos int) uint64 {
	if uint(pos) < uint(len(buf)) {
		return uint64(buf[pos])
	}
	return 0x80
}

// continued are the bits that say that another byte follows.
const continued = 0x8080808080808080

// Varint reads an unsigned number of seven bits a byte, the lowest first, and returns the
// position after it. At a negative position it fails.
func Varint(buf []byte, pos int) (u uint64, next int) {
	if uint(pos) >= uint(len(buf)) {
		return 0, Failed
	}
	if c := buf[pos]; c < 0x80 {
		return uint64(c), pos + 1
	}
	if len(buf)-pos >= 8 {
		// Up to eight bytes without a branch for each, which no processor could foretell:
		// all at once, cut off after the first that has none after it.
		w := binary.LittleEndian.Uint64(buf[pos:])
		if last := ^w & continued; last != 0 {
			return gather(w & (last ^ (last - 1))), pos + bits.TrailingZeros64(last)>>3 + 1
		}
		if rest := buf[pos+8:]; len(rest) >= 2 { // nine bytes, or ten with one bit in the last
			u = gather(w) | uint64(rest[0]&0x7f)<<56
			switch {
			case rest[0] < 0x80:
				return u, pos + 9
			case rest[1] > 1:
				return 0, Overflow
			}
			return u | uint64(rest[1])<<63, pos + 10
		}
	}
	for i, c := range buf[pos:] {
		if i == 9 && c > 1 {
			return 0, Overflow
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return u, pos + i + 1
		}
	}
	return 0, Failed
}

// gather moves the groups of seven bits together, twice as many with each step.
func gather(w uint64) uint64 {
	w = w&0x007f007f007f007f | w&0x7f007f007f007f00>>1
	w = w&0x00003fff00003fff | w&0x3fff00003fff0000>>2
	return w&0x000000000fffffff | w&0x0fffffff00000000>>4
}

// Unzigzag is the number that Zigzag encoding has as u: 0, -1, 1, -2 for 0, 1, 2, 3.
func Unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// Long reads a long.
func Long(buf []byte, pos int) (v int64, next int) {
	u, next := Varint(buf, pos)
	return Unzigzag(u), next
}

// Int reads an int: a long that fits into 32 bits.
func Int(buf []byte, pos int) (v int32, next int) {
	u, next := Varint(buf, pos)
	if u > math.MaxUint32 {
		return 0, Failed
	}
	return int32(Unzigzag(u)), next
}

// Float reads a float: four bytes, the lowest first.
func Float(buf []byte, pos int) (v float32, next int) {
	if pos < 0 || len(buf)-pos < 4 {
		return 0, Failed
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(buf[pos:])), pos + 4
}

// Double reads a double: eight bytes, the lowest first.
func Double(buf []byte, pos int) (v float64, next int) {
	if pos < 0 || len(buf)-pos < 8 {
		return 0, Failed
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(buf[pos:])), pos + 8
}

// Boolean reads a byte that is 0 or 1.
func Boolean(buf []byte, pos int) (v bool, next int) {
	if uint(pos) >= uint(len(buf)) || buf[pos] > 1 {
		return false, Failed
	}
	return buf[pos] == 1, pos + 1
}

// Index reads the index of a union's branch or an enum's symbol, which is less than n.
func Index(buf []byte, pos, n int) (i, next int) {
	u := Peek(buf, pos)
	next = pos + 1
	if u >= 0x80 {
		u, next = Varint(buf, pos)
	}
	if next < 0 || u&1 != 0 || u>>1 >= uint64(n) {
		return 0, Failed
	}
	return int(u >> 1), next
}

// Fixed reads len(to) bytes into to.
func Fixed(to, buf []byte, pos int) (next int) {
	if pos < 0 || len(buf)-pos < len(to) {
		return Failed
	}
	return pos + copy(to, buf[pos:])
}

// Calendar reads the twelve bytes of a duration: months, days and milliseconds.
func Calendar(buf []byte, pos int) (months, days, millis uint32, next int) {
	if pos < 0 || len(buf)-pos < 12 {
		return 0, 0, 0, Failed
	}
	b := buf[pos : pos+12]
	return binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:]), pos + 12
}
