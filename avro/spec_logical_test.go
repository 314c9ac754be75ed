package avro_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func logical(base, name string) string {
	return `{"type":"` + base + `","logicalType":"` + name + `"}`
}

func fixedLogical(size int, name, more string) string {
	return fmt.Sprintf(`{"type":"fixed","name":"F","size":%d,"logicalType":%q%s}`, size, name, more)
}

func decimal(precision, scale int) string {
	return fmt.Sprintf(`{"type":"bytes","logicalType":"decimal","precision":%d,"scale":%d}`, precision, scale)
}

// goForm is a Go type that takes a logical type, and its value.
type goForm struct {
	again func(t *testing.T, s *avro.Schema, wire []byte) any
	want  any
}

// Avro 1.12, "Logical Types": the bytes are those of the type below, and each of these Go
// types takes them and gives them back.
func TestSpecLogicalTypesOnTheWire(t *testing.T) {
	t.Parallel()
	noon := time.Date(2000, 1, 1, 10, 0, 0, 0, time.UTC) // in Helsinki
	before := time.Date(1969, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	id := [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0}
	const idText = "123e4567-e89b-12d3-a456-426614174000"
	for _, c := range []struct {
		rule, schema string
		wire         []byte
		dynamic      any
		forms        []goForm // nil: it is refused
	}{
		{"date, the first day", dateInt, long(0), day(1970, 1, 1), []goForm{{again[time.Time], day(1970, 1, 1)}, {again[int32], int32(0)}}},
		{"date, the day before", dateInt, long(-1), day(1969, 12, 31), []goForm{{again[time.Time], day(1969, 12, 31)}, {again[int64], int64(-1)}}},
		{"date, a leap day", dateInt, long(11016), day(2000, 2, 29), []goForm{{again[time.Time], day(2000, 2, 29)}}},
		{"date, the last", dateInt, long(math.MaxInt32), time.Unix(math.MaxInt32*86400, 0).UTC(), []goForm{{again[time.Time], time.Unix(math.MaxInt32*86400, 0).UTC()}}},
		{"date, the least", dateInt, long(math.MinInt32), time.Unix(math.MinInt32*86400, 0).UTC(), []goForm{{again[time.Time], time.Unix(math.MinInt32*86400, 0).UTC()}}},
		{"time-millis, midnight", ofDay, long(0), time.Duration(0), []goForm{{again[time.Duration], time.Duration(0)}, {again[int32], int32(0)}}},
		{"time-millis, the last", ofDay, long(86_399_999), 24*time.Hour - time.Millisecond, []goForm{{again[time.Duration], 24*time.Hour - time.Millisecond}, {again[int64], int64(86_399_999)}}},
		{"time-micros, the last", ofDayMu, long(86_399_999_999), 24*time.Hour - time.Microsecond, []goForm{{again[time.Duration], 24*time.Hour - time.Microsecond}, {again[int64], int64(86_399_999_999)}}},
		{"timestamp-millis", millis, long(946_720_800_000), noon, []goForm{{again[time.Time], noon}, {again[int64], int64(946_720_800_000)}}},
		{"timestamp-millis before 1970", millis, long(-1), before, []goForm{{again[time.Time], before}}},
		{"timestamp-millis, the last", millis, long(math.MaxInt64), time.UnixMilli(math.MaxInt64).UTC(), []goForm{{again[time.Time], time.UnixMilli(math.MaxInt64).UTC()}}},
		{"timestamp-millis, the least", millis, long(math.MinInt64), time.UnixMilli(math.MinInt64).UTC(), []goForm{{again[time.Time], time.UnixMilli(math.MinInt64).UTC()}}},
		{"timestamp-micros", micros, long(946_720_800_000_000), noon, []goForm{{again[time.Time], noon}, {again[int64], int64(946_720_800_000_000)}}},
		{"timestamp-micros, the last", micros, long(math.MaxInt64), time.UnixMicro(math.MaxInt64).UTC(), []goForm{{again[time.Time], time.UnixMicro(math.MaxInt64).UTC()}}},
		{"timestamp-micros, the least", micros, long(math.MinInt64), time.UnixMicro(math.MinInt64).UTC(), []goForm{{again[time.Time], time.UnixMicro(math.MinInt64).UTC()}}},
		{"timestamp-nanos", nanos, long(946_720_800_000_000_000), int64(946_720_800_000_000_000), []goForm{{again[time.Time], noon}, {again[int64], int64(946_720_800_000_000_000)}}},
		{"timestamp-nanos, the last", nanos, long(math.MaxInt64), int64(math.MaxInt64), []goForm{{again[time.Time], time.Unix(0, math.MaxInt64).UTC()}}},
		{"timestamp-nanos, the least", nanos, long(math.MinInt64), int64(math.MinInt64), []goForm{{again[time.Time], time.Unix(0, math.MinInt64).UTC()}}},
		{"local-timestamp-millis", logical("long", "local-timestamp-millis"), long(946_720_800_000), int64(946_720_800_000), []goForm{{again[time.Time], noon}, {again[int64], int64(946_720_800_000)}}},
		{"local-timestamp-micros", logical("long", "local-timestamp-micros"), long(-1), int64(-1), []goForm{{again[time.Time], time.UnixMicro(-1).UTC()}}},
		{"local-timestamp-nanos", logical("long", "local-timestamp-nanos"), long(-1), int64(-1), []goForm{{again[time.Time], time.Unix(0, -1).UTC()}}},
		{"decimal, more digits than its precision", decimal(4, 2), []byte{4, 0x30, 0x39}, nil, nil},
		{"decimal, the greatest", decimal(4, 2), []byte{4, 0x27, 0x0f}, big.NewRat(9999, 100), []goForm{{again[*big.Rat], big.NewRat(9999, 100)}, {again[big.Rat], *big.NewRat(9999, 100)}, {again[int64], int64(9999)}, {again[string], "99.99"}, {again[[]byte], []byte{0x27, 0x0f}}}},
		{"decimal, the least", decimal(4, 2), []byte{4, 0xd8, 0xf1}, big.NewRat(-9999, 100), []goForm{{again[*big.Rat], big.NewRat(-9999, 100)}, {again[int64], int64(-9999)}, {again[string], "-99.99"}}},
		{"decimal zero", decimal(4, 2), []byte{2, 0}, new(big.Rat), []goForm{{again[*big.Rat], new(big.Rat)}, {again[int64], int64(0)}, {again[string], "0.00"}}},
		{"decimal, a sign bit that is set needs a byte more", decimal(4, 0), []byte{4, 0, 0x80}, big.NewRat(128, 1), []goForm{{again[int64], int64(128)}, {again[string], "128"}}},
		{"decimal, a negative power of two does not", decimal(4, 0), []byte{2, 0x80}, big.NewRat(-128, 1), []goForm{{again[int64], int64(-128)}}},
		{"decimal without a scale", `{"type":"bytes","logicalType":"decimal","precision":2}`, []byte{2, 7}, big.NewRat(7, 1), []goForm{{again[string], "7"}}},
		{"decimal, scale as precision", decimal(2, 2), []byte{2, 0x9d}, big.NewRat(-99, 100), []goForm{{again[string], "-0.99"}}},
		{"decimal in fixed is padded with its sign", fixedLogical(3, "decimal", `,"precision":5,"scale":1`), []byte{0xff, 0xff, 0xfe}, big.NewRat(-2, 10), []goForm{{again[*big.Rat], big.NewRat(-2, 10)}, {again[int64], int64(-2)}, {again[string], "-0.2"}, {again[[3]byte], [3]byte{0xff, 0xff, 0xfe}}}},
		{"decimal in fixed, all that it holds", fixedLogical(1, "decimal", `,"precision":2`), []byte{99}, big.NewRat(99, 1), []goForm{{again[int64], int64(99)}}},
		{"uuid in string", logical("string", "uuid"), join([]byte{72}, []byte(idText)), idText, []goForm{{again[string], idText}, {again[[16]byte], id}}},
		{"uuid in fixed", fixedLogical(16, "uuid", ""), id[:], id[:], []goForm{{again[[16]byte], id}, {again[string], idText}, {again[[]byte], id[:]}}},
		{"duration is three little-endian numbers", fixedLogical(12, "duration", ""), []byte{1, 0, 0, 0, 2, 1, 0, 0, 0xff, 0xff, 0xff, 0xff}, []byte{1, 0, 0, 0, 2, 1, 0, 0, 0xff, 0xff, 0xff, 0xff},
			[]goForm{{again[avro.CalendarDuration], avro.CalendarDuration{Months: 1, Days: 258, Millis: math.MaxUint32}}, {again[[12]byte], [12]byte{1, 0, 0, 0, 2, 1, 0, 0, 0xff, 0xff, 0xff, 0xff}}}},
	} {
		s := avro.MustParse(c.schema)
		if c.forms == nil {
			if v, err := readAs[any](s, s, c.wire); !errors.Is(err, serde.TypeMismatch) {
				t.Errorf("%s: %v, %v, want class %v", c.rule, v, err, serde.TypeMismatch)
			}
			continue
		}
		if s.Logical().Type == "" {
			t.Errorf("%s: it is no logical type", c.rule)
		}
		got, err := readAs[any](s, s, c.wire)
		if d := cmp.Diff(c.dynamic, got, sameRat); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, d)
		} else if wire := write(t, s, got); !bytes.Equal(wire, c.wire) {
			t.Errorf("%s: written as % x, want % x", c.rule, wire, c.wire)
		}
		for _, f := range c.forms {
			if d := cmp.Diff(f.want, f.again(t, s, c.wire), sameRat, sameRatValue); d != "" {
				t.Errorf("%s, %T (-want +got):\n%s", c.rule, f.want, d)
			}
		}
	}
}

var sameRatValue = cmp.Comparer(func(a, b big.Rat) bool { return a.Cmp(&b) == 0 })

// A logical type that is not known, or does not fit the type below it or its attributes,
// is that type: Go types that need the logical type do not fit.
func TestSpecInvalidLogicalTypesAreTheirBaseType(t *testing.T) {
	t.Parallel()
	instant, clock, number, calendar := readAs[time.Time], readAs[time.Duration], readAs[*big.Rat], readAs[avro.CalendarDuration]
	dec := func(more string) string { return `{"type":"bytes","logicalType":"decimal"` + more + `}` }
	text := readAs[string] // takes a uuid in fixed, and a decimal
	for _, c := range []struct {
		rule, schema string
		value        any
		needs        reader
	}{
		{"decimal without precision", dec(``), []byte{1}, number},
		{"decimal of precision 0", dec(`,"precision":0`), []byte{1}, number},
		{"decimal of negative precision", dec(`,"precision":-4`), []byte{1}, number},
		{"decimal whose precision is a string", dec(`,"precision":"4"`), []byte{1}, number},
		{"decimal whose precision is a fraction", dec(`,"precision":4.5`), []byte{1}, number},
		{"decimal of more scale than precision", dec(`,"precision":4,"scale":5`), []byte{1}, number},
		{"decimal of negative scale", dec(`,"precision":4,"scale":-1`), []byte{1}, number},
		{"decimal whose scale is a string", dec(`,"precision":4,"scale":"2"`), []byte{1}, number},
		{"decimal on string", `{"type":"string","logicalType":"decimal","precision":4}`, "x", number},
		{"decimal on long", `{"type":"long","logicalType":"decimal","precision":4}`, int64(1), number},
		{"decimal in a fixed too small", fixedLogical(1, "decimal", `,"precision":3`), []byte{1}, number},
		{"decimal in a fixed of no bytes", fixedLogical(0, "decimal", `,"precision":1`), []byte{}, number},
		{"big-decimal, which is Java's and Rust's", logical("bytes", "big-decimal"), []byte{1}, number},
		{"uuid on fixed of 15", fixedLogical(15, "uuid", ""), make([]byte, 15), text},
		{"uuid on fixed of 17", fixedLogical(17, "uuid", ""), make([]byte, 17), text},
		{"uuid on bytes", logical("bytes", "uuid"), make([]byte, 16), readAs[[16]byte]},
		{"date on long", logical("long", "date"), int64(1), instant},
		{"date on string", logical("string", "date"), "x", instant},
		{"time-millis on long", logical("long", "time-millis"), int64(1), clock},
		{"time-micros on int", logical("int", "time-micros"), int32(1), clock},
		{"timestamp-millis on int", logical("int", "timestamp-millis"), int32(1), instant},
		{"timestamp-micros on double", logical("double", "timestamp-micros"), 1.0, instant},
		{"timestamp-nanos on int", logical("int", "timestamp-nanos"), int32(1), instant},
		{"local-timestamp-millis on int", logical("int", "local-timestamp-millis"), int32(1), instant},
		{"local-timestamp-nanos on string", logical("string", "local-timestamp-nanos"), "x", instant},
		{"duration on fixed of 11", fixedLogical(11, "duration", ""), make([]byte, 11), calendar},
		{"duration on fixed of 13", fixedLogical(13, "duration", ""), make([]byte, 13), calendar},
		{"duration on bytes", logical("bytes", "duration"), make([]byte, 12), calendar},
		{"a name in capitals", logical("int", "Date"), int32(1), instant},
		{"a name with a space", logical("int", "date "), int32(1), instant},
		{"a name that is unknown", logical("long", "timestamp-picos"), int64(1), instant},
		{"a name that is no string", `{"type":"int","logicalType":["date"]}`, int32(1), instant},
		{"no logicalType at all", `{"type":"bytes","precision":4,"scale":2}`, []byte{1}, number},
		{"on an enum", `{"type":"enum","name":"E","symbols":["A"],"logicalType":"uuid"}`, "A", readAs[[16]byte]},
		{"on an array", `{"type":"array","items":"int","logicalType":"date"}`, []any{int32(1)}, instant},
		{"on a record", `{"type":"record","name":"R","fields":[],"logicalType":"duration"}`, map[string]any{}, instant},
	} {
		s := avro.MustParse(c.schema)
		if got := s.Logical(); got != (avro.Logical{}) {
			t.Errorf("%s: %+v", c.rule, got)
		}
		payload := write(t, s, c.value)
		if got, err := readAs[any](s, s, payload); err != nil || !cmp.Equal(c.value, got) {
			t.Errorf("%s: %v, %v, want %v", c.rule, got, err, c.value)
		}
		var fit *avro.FitError
		if got, err := c.needs(s, s, payload); !errors.As(err, &fit) {
			t.Errorf("%s: %v, %v, want a FitError", c.rule, got, err)
		}
	}
}

// Each point in time, written as one logical type and read as another, is the same, or the
// last before it that the reader's unit has; or it is said that it is out of range.
func TestSpecInstantsAcrossLogicalTypes(t *testing.T) {
	t.Parallel()
	kinds := []struct {
		base, name string
		nanos      int64
	}{
		{"int", "date", int64(24 * time.Hour)}, {"long", "timestamp-millis", 1_000_000}, {"long", "timestamp-micros", 1000}, {"long", "timestamp-nanos", 1},
		{"long", "local-timestamp-millis", 1_000_000}, {"long", "local-timestamp-micros", 1000}, {"long", "local-timestamp-nanos", 1},
	}
	floor := func(a, b *big.Int) *big.Int { return new(big.Int).Div(a, b) } // b is positive
	for _, w := range kinds {
		for _, r := range kinds {
			ws, rs := avro.MustParse(logical(w.base, w.name)), avro.MustParse(logical(r.base, r.name))
			if w.base == "long" && r.base == "int" {
				if _, err := avro.NewDecoder[time.Time](ws, rs); !errors.Is(err, serde.Incompatible) {
					t.Errorf("%s read as %s: %v", w.name, r.name, err)
				}
				continue
			}
			values := []int64{0, 1, -1, 19_997, -19_997, math.MaxInt32, math.MinInt32}
			if w.base == "long" {
				values = append(values, 1_727_260_800_123_456_789, -1_727_260_800_123_456_789, 999, -999, math.MaxInt64, math.MinInt64)
			}
			for _, v := range values {
				exact := new(big.Int).Mul(big.NewInt(v), big.NewInt(w.nanos))
				want := floor(exact, big.NewInt(r.nanos))
				raw, err := decodeAs[int64](ws, rs, long(v))
				instant, timeErr := decodeAs[time.Time](ws, rs, long(v))
				_, dynamicErr := readAs[any](ws, rs, long(v))
				if !want.IsInt64() {
					for _, err := range []error{err, timeErr, dynamicErr} {
						if !errors.Is(err, serde.TypeMismatch) {
							t.Errorf("%d of %s read as %s: %d, %v, want class %v", v, w.name, r.name, raw, err, serde.TypeMismatch)
						}
					}
					continue
				}
				if err != nil || raw != want.Int64() {
					t.Errorf("%d of %s read as %s: %d, %v, want %d", v, w.name, r.name, raw, err, want)
				}
				at := new(big.Int).Mul(want, big.NewInt(r.nanos))
				second := floor(at, big.NewInt(1e9))
				rest := new(big.Int).Sub(at, new(big.Int).Mul(second, big.NewInt(1e9)))
				if expected := time.Unix(second.Int64(), rest.Int64()); timeErr != nil || !instant.Equal(expected) {
					t.Errorf("%d of %s read as %s: %v, %v, want %v", v, w.name, r.name, instant, timeErr, expected.UTC())
				}
				if dynamicErr != nil {
					t.Errorf("%d of %s read as %s: dynamic: %v", v, w.name, r.name, dynamicErr)
				}
			}
		}
	}
}

// What is left of resolution between logical types: a value is the same, or it is said why not.
func TestSpecLogicalResolution(t *testing.T) {
	t.Parallel()
	fixedDec := func(size, precision, scale int) string {
		return fixedLogical(size, "decimal", fmt.Sprintf(`,"precision":%d,"scale":%d`, precision, scale))
	}
	uuidText, uuidFixed := logical("string", "uuid"), fixedLogical(16, "uuid", "")
	const idText = "123e4567-e89b-12d3-a456-426614174000"
	for _, c := range []struct {
		rule, writer, reader string
		written              any
		read                 reader
		want                 any
		class                serde.Class
	}{
		{"time-micros to time-millis: a long is no int", ofDayMu, ofDay, 5, readAs[any], nil, serde.Incompatible},
		{"time-millis to time-micros, number", ofDay, ofDayMu, 86_399_999, readAs[int64], int64(86_399_999_000), 0},
		{"time of day to timestamp", ofDayMu, micros, 5, readAs[int64], nil, serde.Incompatible},
		{"timestamp to time of day", micros, ofDayMu, 5, readAs[int64], nil, serde.Incompatible},
		{"date to time of day", dateInt, ofDayMu, 5, readAs[int64], nil, serde.Incompatible},
		{"time of day to plain int", ofDay, `"int"`, time.Second, readAs[any], int32(1000), 0},
		{"plain int to time of day", `"int"`, ofDay, 1000, readAs[any], time.Second, 0},
		{"a negative number is no time of day", `"int"`, ofDay, -1, readAs[any], nil, serde.TypeMismatch},
		{"24 hours are no time of day", `"long"`, ofDayMu, int64(86_400_000_000), readAs[time.Duration], nil, serde.TypeMismatch},
		{"the last microsecond of a day", `"long"`, ofDayMu, int64(86_399_999_999), readAs[time.Duration], 24*time.Hour - time.Microsecond, 0},
		{"date to plain long", dateInt, `"long"`, 3, readAs[any], int64(3), 0},
		{"plain int to date", `"int"`, dateInt, 1, readAs[time.Time], time.Unix(86_400, 0).UTC(), 0},
		{"plain int to time-micros", `"int"`, ofDayMu, 1, readAs[time.Duration], time.Microsecond, 0},
		{"timestamp to float", millis, `"float"`, int64(1) << 40, readAs[any], float32(1 << 40), 0},
		{"timestamp to an unknown logical type", millis, logical("long", "timestamp-picos"), int64(3), readAs[any], int64(3), 0},
		{"timestamp in a union of the reader's", millis, `["null",` + micros + `]`, 2, readAs[*time.Time], ptr(time.UnixMilli(2).UTC()), 0},
		{"timestamps in an array", `{"type":"array","items":` + millis + `}`, `{"type":"array","items":` + micros + `}`, []any{1, -1}, readAs[[]int64], []int64{1000, -1000}, 0},
		{"dates in a map", `{"type":"map","values":` + dateInt + `}`, `{"type":"map","values":` + millis + `}`, map[string]any{"k": -1}, readAs[map[string]int64], map[string]int64{"k": -86_400_000}, 0},

		{"decimal to more precision", decimal(4, 2), decimal(9, 2), big.NewRat(-9999, 100), readAs[any], big.NewRat(-9999, 100), 0},
		{"decimal to more scale than its digits leave room for", decimal(4, 2), decimal(4, 3), big.NewRat(9999, 100), readAs[any], nil, serde.TypeMismatch},
		{"decimal to more scale, int64", decimal(4, 2), decimal(6, 4), big.NewRat(-9999, 100), readAs[int64], int64(-999_900), 0},
		{"decimal to less scale, int64", decimal(4, 2), decimal(4, 1), big.NewRat(-990, 100), readAs[int64], int64(-99), 0},
		{"decimal to less scale, a digit lost, int64", decimal(4, 2), decimal(4, 1), big.NewRat(-999, 100), readAs[int64], nil, serde.TypeMismatch},
		{"decimal to less scale, a digit lost, string", decimal(4, 2), decimal(4, 1), big.NewRat(1, 100), readAs[string], nil, serde.TypeMismatch},
		{"decimal to less precision, bytes", decimal(4, 2), decimal(3, 2), big.NewRat(1000, 100), readAs[[]byte], nil, serde.TypeMismatch},
		{"decimal of 38 digits", decimal(38, 0), decimal(40, 2), new(big.Rat).SetInt(new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil), big.NewInt(1))), readAs[string], "99999999999999999999999999999999999999.00", 0},
		{"decimal zero to any scale", decimal(4, 0), decimal(4, 4), new(big.Rat), readAs[string], "0.0000", 0},
		{"decimal in fixed to another scale", fixedDec(2, 4, 2), fixedDec(2, 4, 1), big.NewRat(-50, 100), readAs[[]byte], []byte{0xff, 0xfb}, 0},
		{"decimal in fixed of another size", fixedDec(2, 4, 2), fixedDec(3, 4, 2), big.NewRat(1, 1), readAs[any], nil, serde.Incompatible},
		{"decimal in fixed is none in bytes", fixedDec(2, 4, 2), decimal(4, 2), big.NewRat(1, 1), readAs[any], nil, serde.Incompatible},
		{"decimal in fixed to plain fixed", fixedDec(2, 4, 2), `{"type":"fixed","name":"F","size":2}`, big.NewRat(-1, 100), readAs[any], []byte{0xff, 0xff}, 0},
		{"plain fixed to decimal", `{"type":"fixed","name":"F","size":2}`, fixedDec(2, 4, 2), []byte{0xff, 0xff}, readAs[any], big.NewRat(-1, 100), 0},
		{"plain fixed with more digits than the decimal", `{"type":"fixed","name":"F","size":2}`, fixedDec(2, 4, 2), []byte{0x7f, 0xff}, readAs[any], nil, serde.TypeMismatch},
		{"string to decimal: its bytes are the number", `"string"`, decimal(4, 2), "A", readAs[any], big.NewRat(65, 100), 0},
		{"decimal to string: its number is the bytes", decimal(4, 2), `"string"`, big.NewRat(65, 100), readAs[any], "A", 0},
		{"decimal in a union of the reader's", decimal(4, 2), `["null",` + decimal(6, 3) + `]`, big.NewRat(1, 2), readAs[any], map[string]any{"bytes.decimal": big.NewRat(1, 2)}, 0},

		{"uuid to plain string", uuidText, `"string"`, idText, readAs[any], idText, 0},
		{"plain string to uuid", `"string"`, uuidText, idText, readAs[[16]byte], [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0}, 0},
		{"uuid in string is none in fixed", uuidText, uuidFixed, idText, readAs[[16]byte], nil, serde.Incompatible},
		{"plain fixed to uuid", `{"type":"fixed","name":"F","size":16}`, uuidFixed, make([]byte, 16), readAs[string], "00000000-0000-0000-0000-000000000000", 0},
		{"uuid to bytes", uuidText, `"bytes"`, idText, readAs[any], []byte(idText), 0},
		{"duration to plain fixed", fixedLogical(12, "duration", ""), `{"type":"fixed","name":"F","size":12}`, make([]byte, 12), readAs[[12]byte], [12]byte{}, 0},
		{"plain fixed to duration", `{"type":"fixed","name":"F","size":12}`, fixedLogical(12, "duration", ""), make([]byte, 12), readAs[avro.CalendarDuration], avro.CalendarDuration{}, 0},
	} {
		w, r := avro.MustParse(c.writer), avro.MustParse(c.reader)
		got, err := c.read(w, r, write(t, w, c.written))
		switch {
		case c.class != 0:
			if !errors.Is(err, c.class) {
				t.Errorf("%s: %v, %v, want class %v", c.rule, got, err, c.class)
			}
		case err != nil:
			t.Errorf("%s: %v", c.rule, err)
		default:
			if d := cmp.Diff(c.want, got, sameRat); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.rule, d)
			}
		}
	}
}

// A timestamp is an instant; a local one and a date are what clock and calendar show where
// the time is. What the unit does not hold is dropped, towards the past; what does not fit is refused.
func TestSpecTimesAreWritten(t *testing.T) {
	t.Parallel()
	helsinki := time.FixedZone("east", 2*60*60)
	night := time.Date(2000, 1, 1, 1, 0, 0, 999_999_999, helsinki) // in UTC it is still 1999
	before := time.Unix(-1, 999_999_999)                           // a nanosecond before 1970
	const midnight, hour, day = 946_684_800, int64(3600), int64(86_400)
	for _, c := range []struct {
		rule, schema string
		value        any
		want         int64
		class        serde.Class
	}{
		{"timestamp-millis", millis, night, (midnight-hour)*1e3 + 999, 0},
		{"timestamp-micros", micros, night, (midnight-hour)*1e6 + 999_999, 0},
		{"timestamp-nanos", nanos, night, (midnight-hour)*1e9 + 999_999_999, 0},
		{"local-timestamp-millis", logical("long", "local-timestamp-millis"), night, (midnight+hour)*1e3 + 999, 0},
		{"local-timestamp-micros", logical("long", "local-timestamp-micros"), night, (midnight+hour)*1e6 + 999_999, 0},
		{"local-timestamp-nanos", logical("long", "local-timestamp-nanos"), night, (midnight+hour)*1e9 + 999_999_999, 0},
		{"date", dateInt, night, midnight / day, 0},
		{"the day before 1970", dateInt, before.UTC(), -1, 0},
		{"the millisecond before 1970", millis, before, -1, 0},
		{"the microsecond before 1970", micros, before, -1, 0},
		{"a time of day", ofDayMu, 90 * time.Minute, 5_400_000_000, 0},
		{"a time of day, less than its unit", ofDay, time.Microsecond, 0, 0},
		{"a negative time of day", ofDay, -time.Millisecond, 0, serde.TypeMismatch},
		{"a time of day of 24 hours", ofDayMu, 24 * time.Hour, 0, serde.TypeMismatch},
		{"nanoseconds after 2262", nanos, time.Unix(0, math.MaxInt64).Add(1), 0, serde.TypeMismatch},
		{"nanoseconds before 1677", nanos, time.Unix(0, math.MinInt64).Add(-1), 0, serde.TypeMismatch},
		{"microseconds out of range", micros, time.UnixMicro(math.MaxInt64).Add(time.Microsecond), 0, serde.TypeMismatch},
		{"milliseconds out of range", millis, time.UnixMilli(math.MinInt64).Add(-time.Nanosecond), 0, serde.TypeMismatch},
		{"a date out of range", dateInt, time.Unix((math.MaxInt32+1)*day, 0).UTC(), 0, serde.TypeMismatch},
	} {
		s := avro.MustParse(c.schema)
		ways := map[string]func() ([]byte, error){"dynamic": func() ([]byte, error) { return appendAs[any](s, c.value) }}
		switch v := c.value.(type) {
		case time.Time:
			ways["typed"] = func() ([]byte, error) { return appendAs(s, v) }
		case time.Duration:
			ways["typed"] = func() ([]byte, error) { return appendAs(s, v) }
		}
		for way, encode := range ways {
			switch b, err := encode(); {
			case c.class != 0 && !errors.Is(err, c.class):
				t.Errorf("%s, %s: % x, %v, want class %v", c.rule, way, b, err, c.class)
			case c.class == 0 && (err != nil || !bytes.Equal(b, long(c.want))):
				t.Errorf("%s, %s: % x, %v, want %d", c.rule, way, b, err, c.want)
			}
		}
	}
}

func appendAs[T any](s *avro.Schema, v T) ([]byte, error) {
	enc, err := avro.NewEncoder[T](s)
	if err != nil {
		return nil, err
	}
	return enc.AppendEncode(nil, v)
}
