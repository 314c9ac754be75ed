package avro

import (
	"math"
	"math/bits"
	"time"

	"github.com/concord-go/concord/serde"
)

// timeUnit is what a number of a time's logical type counts, in nanoseconds; 0
// where there is none.
func (t LogicalType) timeUnit() int64 {
	switch t {
	case Date:
		return int64(24 * time.Hour)
	case TimeMillis, TimestampMillis, LocalTimestampMillis:
		return int64(time.Millisecond)
	case TimeMicros, TimestampMicros, LocalTimestampMicros:
		return int64(time.Microsecond)
	case TimestampNanos, LocalTimestampNanos:
		return 1
	}
	return 0
}

// isTimeOfDay reports whether t counts from midnight rather than from 1970.
func (t LogicalType) isTimeOfDay() bool { return t == TimeMillis || t == TimeMicros }

// instantScale turns a number counted in the writer's unit into the same instant
// in the reader's: times mul, or divided by div, towards the past.
type instantScale struct{ mul, div int64 }

// scaleBetween is the conversion for numbers of the writer's logical type read as the
// reader's. ok is false where the two mean different things.
func scaleBetween(writer, reader LogicalType) (s instantScale, ok bool) {
	w, r := writer.timeUnit(), reader.timeUnit()
	switch {
	case w == 0 || r == 0 || w == r && writer.isTimeOfDay() == reader.isTimeOfDay():
		return instantScale{}, true
	case writer.isTimeOfDay() != reader.isTimeOfDay():
		return instantScale{}, false
	case w > r:
		return instantScale{mul: w / r}, true
	}
	return instantScale{div: r / w}, true
}

// errNarrow is a long that does not fit where [AllowNarrowing] lets it be read.
var errNarrow = &fault{serde.TypeMismatch, "the writer's long does not fit the reader's int"}

var errInstantRange = &fault{serde.TypeMismatch, "the time is out of the range of the reader's type"}

var errTimeOfDay = &fault{serde.TypeMismatch, "the number is no time of a day: it is negative, or 24 hours or more"}

// timeOfDay is the duration since midnight that v units are.
func timeOfDay(v, unit int64) (time.Duration, error) {
	if v < 0 || v >= int64(24*time.Hour)/unit {
		return 0, errTimeOfDay
	}
	return time.Duration(v * unit), nil
}

func (s instantScale) apply(v int64) (int64, error) {
	switch {
	case s.mul > 0:
		return times(v, s.mul)
	case s.div > 0:
		q := v / s.div
		if v%s.div < 0 {
			q--
		}
		return q, nil
	}
	return v, nil
}

// times is v*m with m positive, or an error when that overflows.
func times(v, m int64) (int64, error) {
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	hi, lo := bits.Mul64(u, uint64(m))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, errInstantRange
	}
	return v * m, nil
}

// timeOf is the instant v units after 1970, in UTC.
func timeOf(v, unit int64) time.Time {
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

// unitsOf is how many units lie between 1970 and t; the part of the last one is
// dropped towards the past. For a local timestamp and a date, which have no time
// zone, the clock's and the calendar's reading in t's own location counts.
func unitsOf(t time.Time, logical LogicalType) (int64, error) {
	unit := logical.timeUnit()
	switch logical {
	case Date, LocalTimestampMillis, LocalTimestampMicros, LocalTimestampNanos:
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
		return q, nil
	}
	perSecond := int64(time.Second) / unit
	if sec < 0 && nanos > 0 { // keep the product in range for the earliest instants
		sec, nanos = sec+1, nanos-int64(time.Second)
	}
	v, err := times(sec, perSecond)
	if err != nil {
		return 0, errInstantRange
	}
	q := nanos / unit
	if nanos%unit < 0 {
		q--
	}
	if sum := v + q; (sum < v) == (q < 0) {
		return sum, nil
	}
	return 0, errInstantRange
}
