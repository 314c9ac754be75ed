package avro

import "math"

// wireSizes tells how many bytes the values of a type take.
type wireSizes struct {
	least map[*Schema]int
	fixed map[*Schema]int
}

// LeastSize is the least number of bytes that a datum of s takes, at most 2^30.
func (s *Schema) LeastSize() int {
	var z wireSizes
	return z.atLeast(s)
}

// atLeast is the least number of bytes of a datum of s, at most 2^30: what a
// block's count is checked against before anything is allocated.
func (z *wireSizes) atLeast(s *Schema) int {
	switch s.kind {
	case Null:
		return 0
	case Float:
		return 4
	case Double:
		return 8
	case Fixed:
		return min(s.size, mostWire)
	case Record, Union:
	default:
		return 1
	}
	if n, ok := z.least[s]; ok {
		return n
	}
	if z.least == nil {
		z.least = make(map[*Schema]int)
	}
	z.least[s] = 0 // within itself: an infinite datum, whose size does not matter
	n := 0
	if s.kind == Union {
		n = math.MaxInt32
		for _, b := range s.branches {
			n = min(n, 1+z.atLeast(b))
		}
	}
	for i := range s.fields {
		n = min(n+z.atLeast(s.fields[i].typ), mostWire)
	}
	n = min(n, mostWire)
	z.least[s] = n
	return n
}

const mostWire = 1 << 30

// exactly is the number of bytes that every datum of s takes, -1 where they differ.
func (z *wireSizes) exactly(s *Schema) int {
	switch s.kind {
	case Null:
		return 0
	case Float:
		return 4
	case Double:
		return 8
	case Fixed:
		return s.size
	case Record:
	default:
		return -1 // a boolean too: its byte must be looked at
	}
	if n, ok := z.fixed[s]; ok {
		return n
	}
	if z.fixed == nil {
		z.fixed = make(map[*Schema]int)
	}
	z.fixed[s] = -1
	n := 0
	for i := range s.fields {
		f := z.exactly(s.fields[i].typ)
		if f < 0 || int64(n)+int64(f) > math.MaxInt32 {
			n = -1
			break
		}
		n += f
	}
	z.fixed[s] = n
	return n
}
