package wire

// Mode is how a value is written: how deeply it may be nested, and whether its strings
// need be UTF-8. A negative one is too deep.
type Mode int64

// NewMode is the mode in which values may be nested so deeply.
func NewMode(depth int, raw bool) Mode {
	m := Mode(depth) << 1
	if raw {
		m |= 1
	}
	return m
}

// DefaultMode is the mode of AppendAvro: a depth of 1000, and strings in UTF-8.
const DefaultMode Mode = 1000 << 1

// Raw reports whether strings need not be UTF-8.
func (m Mode) Raw() bool { return m&1 != 0 }

// Deeper is the mode for values so many levels within one.
func (m Mode) Deeper(levels int) Mode { return m - Mode(levels)<<1 }
