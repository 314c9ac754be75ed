package bench

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
)

// Code for this one schema as a careful programmer would write it: every length is
// checked, and nothing else is done. It is what the codecs are measured against.

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

func appendDouble(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
}

func appendEvent(b []byte, e *userEvent) ([]byte, error) {
	b = appendString(b, e.ID)
	b = appendString(b, e.UserID)
	b = appendLong(b, e.EventTime)
	b = appendLong(b, int64(e.Sequence))
	b = appendDouble(b, e.Score)
	if e.Active {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	if e.Referrer == nil {
		b = append(b, 0)
	} else {
		b = appendString(append(b, 2), *e.Referrer)
	}
	switch e.Action {
	case "VIEW":
		b = append(b, 0)
	case "CLICK":
		b = append(b, 2)
	case "PURCHASE":
		b = append(b, 4)
	default:
		return nil, errValue
	}
	b = appendString(b, e.Device.OS)
	b = appendString(b, e.Device.Model)
	b = appendLong(b, int64(e.Device.Memory))
	if len(e.Tags) > 0 {
		b = appendLong(b, int64(len(e.Tags)))
		for _, t := range e.Tags {
			b = appendString(b, t)
		}
	}
	b = append(b, 0)
	if len(e.Attributes) > 0 {
		b = appendLong(b, int64(len(e.Attributes)))
		for k, v := range e.Attributes {
			b = appendString(appendString(b, k), v)
		}
	}
	b = append(b, 0)
	if len(e.Items) > 0 {
		b = appendLong(b, int64(len(e.Items)))
		for i := range e.Items {
			b = appendString(b, e.Items[i].SKU)
			b = appendLong(b, int64(e.Items[i].Quantity))
			b = appendDouble(b, e.Items[i].Price)
		}
	}
	return append(b, 0), nil
}

// reading is a position in a payload; the first error stays.
type reading struct {
	b   []byte
	err error
}

func (r *reading) long() int64 {
	var u uint64
	for i, c := range r.b {
		if i == 9 && c > 1 {
			break
		}
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.b = r.b[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	r.fail(errShort)
	return 0
}

func (r *reading) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

func (r *reading) int() int32 {
	v := r.long()
	if int64(int32(v)) != v {
		r.fail(errValue)
	}
	return int32(v)
}

func (r *reading) double() float64 {
	if len(r.b) < 8 {
		r.fail(errShort)
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return v
}

func (r *reading) string() string {
	n := r.long()
	if n < 0 || n > int64(len(r.b)) {
		r.fail(errShort)
		return ""
	}
	b := r.b[:n]
	r.b = r.b[n:]
	if !utf8.Valid(b) {
		r.fail(errValue)
		return ""
	}
	return string(b)
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
		r.long()
	}
	if n > int64(len(r.b)/least) {
		r.fail(errShort)
		return 0
	}
	return int(n)
}

func readEvent(payload []byte, e *userEvent) error {
	r := reading{b: payload}
	e.ID = r.string()
	e.UserID = r.string()
	e.EventTime = r.long()
	e.Sequence = r.int()
	e.Score = r.double()
	switch r.long() {
	case 0:
		e.Active = false
	case -1:
		e.Active = true
	default:
		r.fail(errValue)
	}
	switch r.long() {
	case 0:
		e.Referrer = nil
	case 1:
		s := r.string()
		e.Referrer = &s
	default:
		r.fail(errValue)
	}
	switch r.long() {
	case 0:
		e.Action = "VIEW"
	case 1:
		e.Action = "CLICK"
	case 2:
		e.Action = "PURCHASE"
	default:
		r.fail(errValue)
	}
	e.Device.OS = r.string()
	e.Device.Model = r.string()
	e.Device.Memory = r.int()
	e.Tags = []string{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if e.Tags == nil || cap(e.Tags) == 0 {
			e.Tags = make([]string, 0, n)
		}
		for range n {
			e.Tags = append(e.Tags, r.string())
		}
	}
	e.Attributes = make(map[string]string)
	for n := r.block(2); n > 0; n = r.block(2) {
		for range n {
			k := r.string()
			e.Attributes[k] = r.string()
		}
	}
	e.Items = []item{}
	for n := r.block(10); n > 0; n = r.block(10) {
		if cap(e.Items) == 0 {
			e.Items = make([]item, 0, n)
		}
		for range n {
			e.Items = append(e.Items, item{SKU: r.string(), Quantity: r.int(), Price: r.double()})
		}
	}
	if r.err != nil {
		return r.err
	}
	if len(r.b) > 0 {
		return errValue
	}
	return nil
}
