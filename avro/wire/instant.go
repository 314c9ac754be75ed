package wire

import (
	"math"
	"math/bits"
	"time"
)

// Times are numbers of a unit that is given in nanoseconds: a day, a millisecond, a
// microsecond or a nanosecond (Avro 1.12, "Logical Types").

// TimeOf is the instant v units after 1970, in UTC.
func TimeOf(v, unit int64) time.Time {
	perSecond := int64(time.Second) / unit
	if perSecond == 0 { // a date: 32 bits of days
		return time.Unix(v*(unit/int64(time.Second)), 0).UTC()
	}
	sec, rest := v/perSecond, v%perSecond
	if rest < 0 {
		sec, rest = sec-1, rest+perSecond
	}
	return time.Unix(sec, rest*unit).UTC()
}

// UnitsOf is how many units lie between 1970 and t; the part of the last one is
// dropped towards the past. For a local timestamp and a date, which have no time
// zone, the clock's and the calendar's reading in t's own location counts. ok is false
// where the number does not fit into 64 bits.
func UnitsOf(t time.Time, unit int64, local bool) (v int64, ok bool) {
	if local {
		_, offset := t.Zone()
		t = t.Add(time.Duration(offset) * time.Second)
	}
	sec, nanos := t.Unix(), int64(t.Nanosecond())
	if unit > int64(time.Second) {
		perUnit := unit / int64(time.Second)
		q := sec / perUnit
		if sec%perUnit < 0 {
			q--
		}
		return q, true
	}
	perSecond := int64(time.Second) / unit
	if sec < 0 && nanos > 0 { // keep the product in range for the earliest instants
		sec, nanos = sec+1, nanos-int64(time.Second)
	}
	v, ok = Times(sec, perSecond)
	q := nanos / unit
	if nanos%unit < 0 {
		q--
	}
	sum := v + q
	return sum, ok && (sum < v) == (q < 0)
}

// Times is v*m, with m positive; ok is false where that does not fit into 64 bits.
func Times(v, m int64) (product int64, ok bool) {
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(m))
	return v * m, hi == 0 && lo <= math.MaxInt64
}

// ClockOf is the time since midnight that v units are; ok is false where it is no time of
// a day.
func ClockOf(v, unit int64) (clock time.Duration, ok bool) {
	return time.Duration(v * unit), v >= 0 && v < int64(24*time.Hour)/unit
}

const day = int64(24 * time.Hour)

// Time reads a timestamp.
func Time(buf []byte, pos int, unit int64) (t time.Time, next int) {
	v, next := Long(buf, pos)
	return TimeOf(v, unit), next
}

// Date reads a date.
func Date(buf []byte, pos int) (t time.Time, next int) {
	v, next := Int(buf, pos)
	return TimeOf(int64(v), day), next
}

// ClockMillis reads a time-millis.
func ClockMillis(buf []byte, pos int) (clock time.Duration, next int) {
	v, next := Int(buf, pos)
	clock, ok := ClockOf(int64(v), int64(time.Millisecond))
	if !ok {
		return 0, Failed
	}
	return clock, next
}

// ClockMicros reads a time-micros.
func ClockMicros(buf []byte, pos int) (clock time.Duration, next int) {
	v, next := Long(buf, pos)
	clock, ok := ClockOf(v, int64(time.Microsecond))
	if !ok {
		return 0, Failed
	}
	return clock, next
}

// AppendTime appends a timestamp.
func AppendTime(dst []byte, t time.Time, unit int64, local bool) (out []byte, ok bool) {
	v, ok := UnitsOf(t, unit, local)
	return AppendLong(dst, v), ok
}

// AppendDate appends a date.
func AppendDate(dst []byte, t time.Time) (out []byte, ok bool) {
	v, _ := UnitsOf(t, day, true)
	return AppendLong(dst, v), int64(int32(v)) == v
}

// AppendClock appends a time-millis or a time-micros.
func AppendClock(dst []byte, clock time.Duration, unit int64) (out []byte, ok bool) {
	return AppendLong(dst, int64(clock)/unit), clock >= 0 && int64(clock) < day
}
