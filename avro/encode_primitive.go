package avro

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// appendLong appends an int or long: zigzag, then seven bits a byte, the lowest
// first (specification: Binary encoding, Primitive types).
func appendLong(dst []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	if u < 0x80 {
		return append(dst, byte(u))
	}
	return appendLongTail(dst, u)
}

// appendLongTail appends what takes two bytes or more. It looks once for room.
func appendLongTail(dst []byte, u uint64) []byte {
	n := len(dst)
	if cap(dst)-n < binary.MaxVarintLen64 {
		dst = slices.Grow(dst, binary.MaxVarintLen64)
	}
	b := dst[n : n+binary.MaxVarintLen64]
	i := 0
	for ; u >= 0x80 && i < binary.MaxVarintLen64-1; i++ {
		b[i] = byte(u) | 0x80
		u >>= 7
	}
	b[i] = byte(u)
	return dst[:n+i+1]
}

// shortText bounds the strings whose length takes one byte.
const shortText = 64

// appendText appends a string; ok is false where it is not UTF-8 and has to be.
// Short ones are copied and checked in one pass, eight bytes at a time.
func appendText(dst []byte, s string, raw bool) (out []byte, ok bool) {
	n, at := len(s), len(dst)
	if n >= shortText || cap(dst)-at <= n {
		if !raw && !utf8.ValidString(s) {
			return dst, false
		}
		return append(appendLong(dst, int64(n)), s...), true
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
