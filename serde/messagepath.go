package serde

import (
	"math"

	"github.com/concord-go/concord/internal/zigzag"
)

// maxMessageDepth is how deep a path of message indexes may lead: the protobuf
// compiler itself stops far before.
const maxMessageDepth = 100

// messagePath is a path of Protobuf message indexes as a map key. The zero value
// is the path [0], which is nearly every record's, and also stands for formats
// without a path.
type messagePath struct {
	set bool // read from a record
	// short holds the path as bytes of index+1, from the low end, where there
	// are at most 8 indexes below 255. Else long holds the zig-zag varints.
	short uint64
	long  string
}

// parsePath reads a count and that many indexes, zig-zag varints all; a count of
// 0 is the path [0].
func parsePath(b []byte) (p messagePath, rest []byte, err error) {
	p.set = true
	count, n := zigzag.Read(b)
	if n <= 0 {
		return p, nil, pathError(n, "the number of message indexes")
	}
	b = b[n:]
	switch {
	case count == 0:
		return p, b, nil
	case count < 0:
		return p, nil, classf(Malformed, "the number of message indexes is negative")
	case count > int64(len(b)): // each takes a byte at least
		return p, nil, classf(Truncated, "%d message indexes in %d bytes", count, len(b))
	case count > maxMessageDepth:
		return p, nil, classf(LimitExceeded, "%d message indexes, more than %d", count, maxMessageDepth)
	}
	start, packable := b, count <= 8
	used := 0
	for i := range int(count) {
		index, n := zigzag.Read(b[used:])
		if n <= 0 {
			return p, nil, pathError(n, "a message index")
		}
		if index < 0 || index > math.MaxInt32 {
			return p, nil, classf(Malformed, "message index %d is outside 0..%d", index, math.MaxInt32)
		}
		used += n
		if packable = packable && index < 255; packable {
			p.short |= uint64(index+1) << (8 * i)
		}
	}
	switch {
	case !packable:
		p.short, p.long = 0, string(start[:used])
	case p.short == 1: // [0] in its long form
		p.short = 0
	}
	return p, start[used:], nil
}

func pathError(n int, what string) error {
	if n == 0 {
		return classf(Truncated, "the bytes end within %s", what)
	}
	return classf(Malformed, "%s does not fit into 64 bits", what)
}

// first reports whether the path is [0], or none.
func (p messagePath) first() bool { return p.short == 0 && p.long == "" }

// indexes is the path as the format takes it: nil where the record had none.
func (p messagePath) indexes() []int {
	switch {
	case !p.set:
		return nil
	case p.first():
		return []int{0}
	case p.long != "":
		var path []int
		for rest := []byte(p.long); len(rest) > 0; {
			index, n := zigzag.Read(rest)
			path, rest = append(path, int(index)), rest[n:]
		}
		return path
	}
	var path []int
	for s := p.short; s != 0; s >>= 8 {
		path = append(path, int(s&0xff)-1)
	}
	return path
}
