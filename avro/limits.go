package avro

// Limits bounds what one datum may cost, so that a few hostile bytes cannot take
// the process's memory or stack. A zero field means its default, a negative
// one no limit.
type Limits struct {
	// Depth is how deeply values may be nested, counting every array, map, union
	// branch behind a pointer and nested record that is not stored in place.
	// The default is 1000. It also bounds encoding, where a Go value may
	// contain itself.
	Depth int

	// EmptyItems is the most items without any bytes (of array<null>, or of a record
	// without fields) in one datum, all arrays together: their number is
	// not bounded by the size of the payload. The default is 10,000.
	EmptyItems int

	// Memory and MemoryPerByte bound what slices, maps, pointers, defaults and
	// dynamic values take in Go's memory: Memory + MemoryPerByte*len(payload)
	// bytes, estimated. The defaults are 512 KiB and 256. A negative value of
	// either means no limit.
	Memory        int
	MemoryPerByte int
}

// unlimited is far from overflow when something is added or taken away.
const unlimited = 1 << 62

// resolved is a Limits with the defaults filled in.
type resolvedLimits struct {
	depth         int
	emptyItems    int64
	memory        int64
	memoryPerByte int64
}

func (l Limits) resolve() resolvedLimits {
	pick := func(v, def int) int64 {
		switch {
		case v == 0:
			return int64(def)
		case v < 0:
			return unlimited
		}
		return int64(v)
	}
	r := resolvedLimits{
		depth:         int(min(pick(l.Depth, 1000), maxDepth)),
		emptyItems:    pick(l.EmptyItems, 10_000),
		memory:        pick(l.Memory, 512<<10),
		memoryPerByte: pick(l.MemoryPerByte, 256),
	}
	if r.memoryPerByte == unlimited {
		r.memory, r.memoryPerByte = unlimited, 0
	}
	return r
}

// maxDepth holds however high Limits.Depth is, and where it is off: Go's own
// limit of a stack ends the process.
const maxDepth = 100_000

func (r *resolvedLimits) memoryFor(payload int) int64 {
	if r.memoryPerByte > 0 && int64(payload) > (unlimited-r.memory)/r.memoryPerByte {
		return unlimited
	}
	return r.memory + int64(payload)*r.memoryPerByte
}
