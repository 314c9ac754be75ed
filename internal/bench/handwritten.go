package bench

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
	"unsafe"
)

// Code for one schema as a careful programmer would write it: every length is checked,
// strings are UTF-8 in both directions as concord has them, and nothing else is
// done. It is what the codecs are measured against. This file has what the records
// share; handwritten_*.go has a file a record.

var (
	errShort = errors.New("bytes end within the value")
	errValue = errors.New("not a value of the schema")
)

func appendLong(b []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	for u >= 0x80 {
		b = append(b, byte(u)|0x80)
		u >>= 7
	}
	return append(b, byte(u))
}

func appendString(b []byte, s string) []byte { return append(appendLong(b, int64(len(s))), s...) }

func appendFloat(b []byte, f float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
}

func appendDouble(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

func appendBoolean(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendOptional is a nullable string, null first.
func appendOptional(b []byte, s *string) ([]byte, error) {
	if s == nil {
		return append(b, 0), nil
	}
	if !utf8.ValidString(*s) {
		return nil, errValue
	}
	return appendString(append(b, 2), *s), nil
}

// valid reports whether all of the strings are UTF-8.
func valid(s ...string) bool {
	for _, s := range s {
		if !utf8.ValidString(s) {
			return false
		}
	}
	return true
}

// strategy is where the strings of a message lie.
type strategy uint8

const (
	alone   strategy = iota // each in memory of its own, what string(b) does
	shared                  // short ones together in slabs, as concord's decoder does by default
	inPlace                 // in the payload, which is given away
)

// How concord shares: a long string stands alone, and who keeps a short one keeps no
// more than a slab alive.
const (
	sharedString = 128
	sharedSlab   = 512
)

// reading is a position in a payload; the first error stays.
type reading struct {
	b       []byte
	at      int
	err     error
	strings strategy
	slab    []byte
}

func (r *reading) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.at = len(r.b)
}

// end is the error of the whole reading, which must have taken all bytes.
func (r *reading) end() error {
	if r.err == nil && r.at < len(r.b) {
		return errValue
	}
	return r.err
}

func (r *reading) long() int64 {
	if r.at < len(r.b) && r.b[r.at] < 0x80 {
		u := r.b[r.at]
		r.at++
		return int64(u>>1) ^ -int64(u&1)
	}
	return r.longer()
}

func (r *reading) longer() int64 {
	var u uint64
	for i, c := range r.b[r.at:] {
		if i == 9 && c > 1 {
			r.fail(errValue)
			return 0
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.at += i + 1
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	r.fail(errShort)
	return 0
}

func (r *reading) int() int32 {
	v := r.long()
	if int64(int32(v)) != v {
		r.fail(errValue)
	}
	return int32(v)
}

func (r *reading) boolean() bool {
	if r.at == len(r.b) {
		r.fail(errShort)
		return false
	}
	c := r.b[r.at]
	r.at++
	if c > 1 {
		r.fail(errValue)
	}
	return c == 1
}

func (r *reading) float() float32 {
	if len(r.b)-r.at < 4 {
		r.fail(errShort)
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(r.b[r.at:]))
	r.at += 4
	return v
}

func (r *reading) double() float64 {
	if len(r.b)-r.at < 8 {
		r.fail(errShort)
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b[r.at:]))
	r.at += 8
	return v
}

// text is the bytes of a string, in the payload.
func (r *reading) text() []byte {
	n := r.long()
	if n < 0 || n > int64(len(r.b)-r.at) {
		r.fail(errShort)
		return nil
	}
	b := r.b[r.at : r.at+int(n)]
	r.at += int(n)
	if !utf8.Valid(b) {
		r.fail(errValue)
		return nil
	}
	return b
}

func (r *reading) string() string {
	b := r.text()
	switch {
	case r.strings == alone || len(b) == 0:
		return string(b)
	case r.strings == inPlace:
		return unsafe.String(&b[0], len(b))
	case len(b) > sharedString:
		return string(b)
	}
	if len(b) > cap(r.slab)-len(r.slab) {
		r.slab = make([]byte, 0, max(len(b), min(sharedSlab, len(r.b))))
	}
	start := len(r.slab)
	r.slab = append(r.slab, b...) // within its capacity: what was handed out stays
	return unsafe.String(&r.slab[start], len(b))
}

// skipString passes over a field that the reader lacks.
func (r *reading) skipString() { r.text() }

// present is the branch of a nullable field whose first branch is null.
func (r *reading) present() bool {
	switch r.long() {
	case 0:
		return false
	case 1:
		return true
	}
	r.fail(errValue)
	return false
}

// optional is a nullable string.
func (r *reading) optional() *string {
	if !r.present() {
		return nil
	}
	s := r.string()
	return &s
}

// block is the next block's count; least is what an item takes at least.
func (r *reading) block(least int) int {
	n := r.long()
	if n < 0 {
		if n == math.MinInt64 {
			r.fail(errValue)
			return 0
		}
		n = -n
		r.long() // the block's size in bytes, which only skipping needs
	}
	if n > int64((len(r.b)-r.at)/least) {
		r.fail(errShort)
		return 0
	}
	return int(n)
}
