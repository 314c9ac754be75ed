package avro

import (
	"time"

	"github.com/concord-go/concord/avro/wire"
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

// timeOfDay is the time since midnight that v units are.
func timeOfDay(v, unit int64) (time.Duration, error) {
	clock, ok := wire.ClockOf(v, unit)
	if !ok {
		return 0, errTimeOfDay
	}
	return clock, nil
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
	product, ok := wire.Times(v, m)
	if !ok {
		return 0, errInstantRange
	}
	return product, nil
}

// isLocal reports whether t has no time zone: the clock's and the calendar's reading in
// a time's own location counts.
func (t LogicalType) isLocal() bool {
	switch t {
	case Date, LocalTimestampMillis, LocalTimestampMicros, LocalTimestampNanos:
		return true
	}
	return false
}

// unitsOf is how many of the logical type's units lie between 1970 and t.
func unitsOf(t time.Time, logical LogicalType) (int64, error) {
	v, ok := wire.UnitsOf(t, logical.timeUnit(), logical.isLocal())
	if !ok {
		return 0, errInstantRange
	}
	return v, nil
}
