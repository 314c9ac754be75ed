package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// AppendLong appends an int or a long: zigzag, then seven bits a byte, the lowest first.
func AppendLong(dst []byte, v int64) []byte {
	if uint64(v+64) < 128 { // written so that it is inlined
		return append(dst, byte(v<<1^v>>63))
	}
	return appendLongTail(dst, v)
}

// appendLongTail appends what takes two bytes or more. It looks once for room.
//
//go:noinline
func appendLongTail(dst []byte, v int64) []byte {
	n := len(dst)
	if cap(dst)-n < binary.MaxVarintLen64 {
		dst = slices.Grow(dst, binary.MaxVarintLen64)
	}
	return dst[:PutLong(dst[:n+binary.MaxVarintLen64], n, v)]
}

// PutLong writes v to b at the position at, after which there is room for ten bytes, and
// returns the position after it.
func PutLong(b []byte, at int, v int64) (next int) {
	b = b[at : at+binary.MaxVarintLen64]
	u := zigzag(v)
	if u < shortVarint {
		n := varintSize(u)
		binary.LittleEndian.PutUint64(b, spread(u)|continuations(n))
		return at + n
	}
	i := 0
	for ; u >= 0x80 && i < binary.MaxVarintLen64-1; i++ {
		b[i] = byte(u) | 0x80
		u >>= 7
	}
	b[i] = byte(u)
	return at + i + 1
}

// PutLong2 is PutLong for two numbers, which a processor works on at the same time.
func PutLong2(b []byte, at int, v, w int64) (next int) {
	u, x := zigzag(v), zigzag(w)
	if u|x >= shortVarint {
		return PutLong(b, PutLong(b, at, v), w)
	}
	b = b[at : at+2*binary.MaxVarintLen64]
	n, m := varintSize(u), varintSize(x)
	binary.LittleEndian.PutUint64(b, spread(u)|continuations(n))
	binary.LittleEndian.PutUint64(b[n:], spread(x)|continuations(m))
	return at + n + m
}

// shortVarint bounds the numbers that take at most eight bytes.
const shortVarint = 1 << 56

// spread moves the groups of seven bits of a short number apart, one to a byte: twice as
// many with each step, and without a branch for each byte, which no processor could foretell.
func spread(u uint64) uint64 {
	u = u&0x0fffffff | u&0x00fffffff0000000<<4
	u = u&0x00003fff00003fff | u&0x0fffc0000fffc000<<2
	return u&0x007f007f007f007f | u&0x3f803f803f803f80<<1
}

// varintSize is how many bytes a short number takes: its bits divided by 7, rounded up.
func varintSize(u uint64) int { return (bits.Len64(u|1)*9 + 64) >> 6 }

// continuations are the bits which say in n bytes, at most eight, that another follows.
func continuations(n int) uint64 { return continued & (1<<(8*(n-1)&63) - 1) }

// Room is dst up to the end of its memory, with room for n bytes at the position at, which
// was its end: for the functions that put numbers there.
func Room(dst []byte, n int) (b []byte, at int) {
	at = len(dst)
	if cap(dst)-at < n {
		dst = grow(dst, n)
	}
	return dst[:cap(dst)], at
}

//go:noinline
func grow(dst []byte, n int) []byte { return slices.Grow(dst, n) }

// PutFloat writes the four bytes of v to b at the position at.
func PutFloat(b []byte, at int, v float32) {
	binary.LittleEndian.PutUint32(b[at:], math.Float32bits(v))
}

// PutDouble writes the eight bytes of v to b at the position at.
func PutDouble(b []byte, at int, v float64) {
	binary.LittleEndian.PutUint64(b[at:], math.Float64bits(v))
}

// PutBoolean writes the byte of v to b at the position at.
func PutBoolean(b []byte, at int, v bool) {
	c := byte(0)
	if v {
		c = 1
	}
	b[at] = c
}

// zigzag is the inverse of [Unzigzag].
func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// AppendInt appends an int.
func AppendInt(dst []byte, v int32) []byte { return AppendLong(dst, int64(v)) }

// AppendFloat appends a float's four bytes.
func AppendFloat(dst []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
}

// AppendDouble appends a double's eight bytes.
func AppendDouble(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// AppendBoolean appends 0 or 1.
func AppendBoolean(dst []byte, v bool) []byte {
	b := byte(0)
	if v {
		b = 1
	}
	return append(dst, b)
}

// AppendBytes appends bytes, after their number.
func AppendBytes(dst, v []byte) []byte { return append(AppendLong(dst, int64(len(v))), v...) }

// AppendCalendar appends the twelve bytes of a duration.
func AppendCalendar(dst []byte, months, days, millis uint32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, months)
	dst = binary.LittleEndian.AppendUint32(dst, days)
	return binary.LittleEndian.AppendUint32(dst, millis)
}

// shortText bounds the strings whose length takes one byte.
const shortText = 64

// AppendString appends a string; ok is false where it is not UTF-8 and, as raw is false,
// has to be. Short ones are copied and checked in one pass, eight bytes at a time.
func AppendString(dst []byte, s string, raw bool) (out []byte, ok bool) {
	n, at := len(s), len(dst)
	if n >= shortText || cap(dst)-at <= n {
		if !raw && !utf8.ValidString(s) {
			return dst, false
		}
		return append(AppendLong(dst, int64(n)), s...), true
	}
	dst = dst[:at+1+n]
	dst[at] = byte(n << 1)
	to := dst[at+1:]
	var seen uint64 // all the bytes, one upon the other
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			w := load64(s, i)
			seen |= w
			binary.LittleEndian.PutUint64(to[i:], w)
		}
		w := load64(s, n-8) // the last eight, some of them again
		seen |= w
		binary.LittleEndian.PutUint64(to[n-8:], w)
	case n >= 4:
		first, last := load32(s, 0), load32(s, n-4)
		seen = uint64(first | last)
		binary.LittleEndian.PutUint32(to, first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
	default:
		for i := range n {
			seen |= uint64(s[i])
			to[i] = s[i]
		}
	}
	if seen&notASCII != 0 && !raw && !utf8.ValidString(s) {
		return dst[:at], false
	}
	return dst, true
}

// load64 is eight bytes of s, the first one lowest. The compiler makes one load of it.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string, i int) uint32 {
	s = s[i : i+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
