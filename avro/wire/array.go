package wire

import (
	"encoding/binary"
	"math"
	"slices"
)

// Arrays are written as one block, and an empty block (Avro 1.12, "Arrays").

// AppendLongs appends an array of longs.
func AppendLongs(dst []byte, items []int64) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = AppendLong(dst, int64(len(items)))
	// Room is looked for once in some items, not for each.
	const chunk = 64
	for len(items) > 0 {
		next := items[:min(chunk, len(items))]
		items = items[len(next):]
		at := len(dst)
		dst = slices.Grow(dst, len(next)*binary.MaxVarintLen64)
		to := dst[:cap(dst)]
		for _, v := range next {
			if uint64(v+64) < 128 {
				to[at] = byte(zigzag(v))
				at++
				continue
			}
			at = PutLong(to, at, v)
		}
		dst = to[:at]
	}
	return append(dst, 0)
}

// AppendInts appends an array of ints.
func AppendInts(dst []byte, items []int32) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = AppendLong(dst, int64(len(items)))
	for _, v := range items {
		dst = AppendLong(dst, int64(v))
	}
	return append(dst, 0)
}

// AppendFloats appends an array of floats.
func AppendFloats(dst []byte, items []float32) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = slices.Grow(AppendLong(dst, int64(len(items))), 4*len(items)+1)
	for _, v := range items {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	return append(dst, 0)
}

// AppendDoubles appends an array of doubles.
func AppendDoubles(dst []byte, items []float64) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = slices.Grow(AppendLong(dst, int64(len(items))), 8*len(items)+1)
	for _, v := range items {
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
	}
	return append(dst, 0)
}

// AppendBooleans appends an array of booleans.
func AppendBooleans(dst []byte, items []bool) []byte {
	if len(items) == 0 {
		return append(dst, 0)
	}
	dst = AppendLong(dst, int64(len(items)))
	for _, v := range items {
		dst = AppendBoolean(dst, v)
	}
	return append(dst, 0)
}

// AppendStrings appends an array of strings. bad is the index of the first that is not
// UTF-8 and has to be, -1 where there is none.
func AppendStrings(dst []byte, items []string, raw bool) (out []byte, bad int) {
	if len(items) == 0 {
		return append(dst, 0), -1
	}
	dst = AppendLong(dst, int64(len(items)))
	for i, s := range items {
		var ok bool
		if dst, ok = AppendString(dst, s, raw); !ok {
			return dst, i
		}
	}
	return append(dst, 0), -1
}

// AppendStringMap appends a map of strings; ok is false where a string is not UTF-8 and
// has to be.
func AppendStringMap(dst []byte, entries map[string]string, raw bool) (out []byte, ok bool) {
	if len(entries) == 0 {
		return append(dst, 0), true
	}
	dst = AppendLong(dst, int64(len(entries)))
	for k, v := range entries {
		if dst, ok = AppendString(dst, k, raw); !ok {
			return dst, false
		}
		if dst, ok = AppendString(dst, v, raw); !ok {
			return dst, false
		}
	}
	return append(dst, 0), true
}

// AppendLongMap appends a map of longs; ok is false where a key is not UTF-8 and has to be.
func AppendLongMap(dst []byte, entries map[string]int64, raw bool) (out []byte, ok bool) {
	if len(entries) == 0 {
		return append(dst, 0), true
	}
	dst = AppendLong(dst, int64(len(entries)))
	for k, v := range entries {
		if dst, ok = AppendString(dst, k, raw); !ok {
			return dst, false
		}
		dst = AppendLong(dst, v)
	}
	return append(dst, 0), true
}
