package avro_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

type nothing struct{}

type linked struct {
	Next *linked `avro:"next"`
}

type wide struct {
	Text string     `avro:"text"`
	Pad  [40]string `avro:"pad"`
}

const nodeSchema = `{"type":"record","name":"linked","fields":[{"name":"next","type":["null","linked"]}]}`

// reading is one way to read data of a schema.
type reading struct {
	name   string
	decode func(payload []byte) error
}

func into[T any](t *testing.T, writer, reader *avro.Schema, opts ...avro.DecoderOption) func([]byte) error {
	t.Helper()
	d, err := avro.NewDecoder[T](writer, reader, opts...)
	if err != nil {
		t.Fatalf("%s into %T: %v", writer, *new(T), err)
	}
	return func(b []byte) error { return d.Decode(b, new(T)) }
}

// readings are the typed, the dynamic and the skipping way.
func readings[T any](t *testing.T, schema string) []reading {
	t.Helper()
	s := avro.MustParse(schema)
	record := avro.MustParse(`{"type":"record","name":"W","fields":[{"name":"skipped","type":` + schema + `}]}`)
	none := avro.MustParse(`{"type":"record","name":"W","fields":[]}`)
	return []reading{
		{"typed", into[T](t, s, nil)},
		{"dynamic", into[any](t, s, nil)},
		{"skip", into[nothing](t, record, none)},
		{"dynamic skip", into[any](t, record, none)},
	}
}

func long(vs ...int64) []byte {
	var b []byte
	for _, v := range vs {
		b = binary.AppendVarint(b, v)
	}
	return b
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// Not parallel: it looks at what is allocated.
func TestHostilePayloadsAreRefusedCheaply(t *testing.T) {
	const (
		array     = `{"type":"array","items":"int"}`
		nulls     = `{"type":"array","items":"null"}`
		records   = `{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"text","type":"string"}]}}`
		stringMap = `{"type":"map","values":"string"}`
		manyNulls = `{"type":"record","name":"M","fields":[{"name":"a","type":{"type":"array","items":"null"}},{"name":"b","type":{"type":"array","items":"null"}},{"name":"c","type":{"type":"array","items":"null"}}]}`
	)
	type text struct {
		Text string `avro:"text"`
	}
	type threeNulls struct {
		A []nothing `avro:"a"`
		B []nothing `avro:"b"`
		C []nothing `avro:"c"`
	}
	for _, c := range []struct {
		name     string
		readings []reading
		payload  []byte
		want     serde.Class
	}{
		{"array of 2^40 ints", readings[[]int32](t, array), long(1<<40, 1), serde.Truncated},
		{"array of 2^30 records", readings[[]text](t, records), long(1 << 30), serde.Truncated},
		{"array of 2^27 nulls", readings[[]nothing](t, nulls), long(1<<27, 0), serde.LimitExceeded},
		{"array of 2^62 nulls", readings[[]nothing](t, nulls), long(1<<62, 0), serde.LimitExceeded},
		{"blocks of nulls, each below the limit", readings[[]nothing](t, nulls), bytes.Repeat(long(9000), 10), serde.LimitExceeded},
		{"fields of nulls, each below the limit", readings[threeNulls](t, manyNulls), long(9000, 0, 9000, 0, 9000, 0), serde.LimitExceeded},
		{"map of 2^40 entries", readings[map[string]string](t, stringMap), long(1 << 40), serde.Truncated},
		{"block count without an absolute value", readings[[]int32](t, array), long(math.MinInt64, 1, 0), serde.Malformed},
		{"block count without an absolute value, of nulls", readings[[]nothing](t, nulls), long(math.MinInt64, 0, 0), serde.Malformed},
		{"map's block count without an absolute value", readings[map[string]string](t, stringMap), long(math.MinInt64, 1, 0), serde.Malformed},
		{"block larger than its items", readings[[]int32](t, array), long(-2, 3, 1, 1, 1, 0), serde.Malformed},
		{"block smaller than its items", readings[[]int32](t, array), long(-2, 2, 1, 100, 0), serde.Malformed},
		{"block of more items than its bytes", readings[[]int32](t, array), long(-3, 2, 1, 1, 1, 0), serde.Malformed},
		{"block of negative size", readings[[]int32](t, array), long(-2, -2, 1, 1, 0), serde.Malformed},
		{"block beyond the payload", readings[[]int32](t, array), long(-2, 1<<40, 1, 1, 0), serde.Truncated},
		{"fixed-size block larger than its items", readings[[]float64](t, `{"type":"array","items":"double"}`), join(long(-1, 9), make([]byte, 9), long(0)), serde.Malformed},
		{"map's block smaller than its entries", readings[map[string]string](t, stringMap), join(long(-1, 2), long(1), []byte("a"), long(1), []byte("b"), long(0)), serde.Malformed},
		{"string of negative length", readings[string](t, `"string"`), long(-1), serde.Malformed},
		{"string of length 2^31", readings[string](t, `"string"`), long(1 << 31), serde.Truncated},
		{"string of length 2^63-1", readings[string](t, `"string"`), long(math.MaxInt64), serde.Truncated},
		{"string of length -2^63", readings[string](t, `"string"`), long(math.MinInt64), serde.Malformed},
		{"bytes of length 2^31", readings[[]byte](t, `"bytes"`), long(1 << 31), serde.Truncated},
		{"bytes of length 2^32+1", readings[[]byte](t, `"bytes"`), join(long(1<<32+1), []byte("a")), serde.Truncated},
		{"bytes of negative length", readings[[]byte](t, `"bytes"`), long(-5), serde.Malformed},
		{"map key of length 2^63-1", readings[map[string]string](t, stringMap), join(long(1, math.MaxInt64), []byte("abc")), serde.Truncated},
		{"a level of recursion a byte", readings[linked](t, nodeSchema), bytes.Repeat([]byte{2}, 1<<20), serde.LimitExceeded},
		{"union index -1", readings[*int32](t, `["null","int"]`), long(-1), serde.Malformed},
		{"union index 2 of 2", readings[*int32](t, `["null","int"]`), long(2, 0), serde.Malformed},
		{"union index 2^40", readings[*int32](t, `["null","int"]`), long(1<<40, 0), serde.Malformed},
		{"union index of 11 bytes", readings[*int32](t, `["null","int"]`), bytes.Repeat([]byte{0x80}, 11), serde.Malformed},
		{"enum index -1", readings[string](t, `{"type":"enum","name":"E","symbols":["A"]}`), long(-1), serde.Malformed},
		{"enum index 1 of 1", readings[string](t, `{"type":"enum","name":"E","symbols":["A"]}`), long(1), serde.Malformed},
		{"enum index 2^32", readings[string](t, `{"type":"enum","name":"E","symbols":["A"]}`), long(1 << 32), serde.Malformed},
		{"boolean 2", readings[bool](t, `"boolean"`), []byte{2}, serde.Malformed},
		{"array of boolean 2", readings[[]bool](t, `{"type":"array","items":"boolean"}`), []byte{2, 2, 0}, serde.Malformed},
		{"int of 2^40", readings[int32](t, `"int"`), long(1 << 40), serde.Malformed},
		{"int of 2^31 into int64", readings[int64](t, `"int"`), long(1 << 31), serde.Malformed},
		{"array of int 2^31", readings[[]int32](t, array), long(1, 1<<31, 0), serde.Malformed},
		{"long of 11 bytes", readings[int64](t, `"long"`), append(bytes.Repeat([]byte{0xff}, 10), 1), serde.Malformed},
		{"long of 65 bits", readings[int64](t, `"long"`), append(bytes.Repeat([]byte{0xff}, 9), 2), serde.Malformed},
		{"string that is not UTF-8", readings[string](t, `"string"`), []byte{4, 0xc3, 0x28}, serde.Malformed},
		{"map key that is not UTF-8", readings[map[string]string](t, stringMap), []byte{2, 2, 0xff, 0, 0}, serde.Malformed},
		{"bytes after the value", readings[int32](t, `"int"`), []byte{0, 1, 2, 3}, serde.TrailingBytes},
		{"nothing", readings[int32](t, `"int"`), nil, serde.Truncated},
		{"fixed too short", readings[[4]byte](t, `{"type":"fixed","name":"F","size":4}`), []byte{1, 2, 3}, serde.Truncated},
		{"fixed of 2^31-9 bytes", readings[[]byte](t, `{"type":"fixed","name":"F","size":2147483639}`), []byte{1, 2, 3}, serde.Truncated},
		{"double too short", readings[float64](t, `"double"`), make([]byte, 7), serde.Truncated},
		{"decimal of 100,000 bytes", []reading{{"dynamic", into[any](t, avro.MustParse(`{"type":"bytes","logicalType":"decimal","precision":4}`), nil)}}, append(long(100_000), make([]byte, 100_000)...), serde.TypeMismatch},
	} {
		for _, r := range c.readings {
			want := c.want
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := r.decode(c.payload)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, want) {
				t.Errorf("%s, %s: %v, want class %v", c.name, r.name, err, want)
			}
			var de *avro.DecodeError
			if !errors.As(err, &de) {
				t.Errorf("%s, %s: the error is a %T", c.name, r.name, err)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
				t.Errorf("%s, %s: %d bytes allocated", c.name, r.name, n)
			}
		}
	}
}

// One byte on the wire for each item may not become hundreds in memory before the items are there.
func TestMemoryIsTakenOnlyForItemsThatAreThere(t *testing.T) {
	s := avro.MustParse(`{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"text","type":"string"}]}}`)
	reader := avro.MustParse(`{"type":"array","items":{"type":"record","name":"R","fields":[{"name":"text","type":"string"},{"name":"pad","type":{"type":"array","items":"string"},"default":[` + strings.TrimSuffix(strings.Repeat(`"",`, 40), ",") + `]}]}}`)
	decode := into[[]wide](t, s, reader)
	payload := append(long(500_000), bytes.Repeat([]byte{0xff}, 500_000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := decode(payload)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, serde.Malformed) {
		t.Errorf("%v, want malformed", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
	limited := into[[]wide](t, s, reader, avro.WithLimits(avro.Limits{Memory: 1000, MemoryPerByte: 10}))
	if err := limited(append(append(long(100), make([]byte, 100)...), 0)); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("100 items of 656 bytes from 100 bytes: %v, want a limit", err)
	}
	if err := decode(append(append(long(100), make([]byte, 100)...), 0)); err != nil {
		t.Errorf("the same with the default limits: %v", err)
	}
}

func TestEveryStrictPrefixFails(t *testing.T) {
	t.Parallel()
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readings[userEvent](t, userEventSchema) {
		if err := r.decode(payload); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		for n := range payload {
			if err := r.decode(payload[:n]); !errors.Is(err, serde.Truncated) {
				t.Errorf("%s, first %d bytes of %d: %v, want truncated", r.name, n, len(payload), err)
			}
		}
		if err := r.decode(append(payload[:len(payload):len(payload)], 0, 0, 0)); !errors.Is(err, serde.TrailingBytes) {
			t.Errorf("%s with 3 bytes more: %v, want trailing bytes", r.name, err)
		}
	}
}

func TestLimitsCanBeMovedAndSwitchedOff(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(nodeSchema)
	deep := append(bytes.Repeat([]byte{2}, 5000), 0)
	if err := into[linked](t, s, nil, avro.WithLimits(avro.Limits{Depth: -1}))(deep); err != nil {
		t.Errorf("5000 levels without a limit: %v", err)
	}
	if err := into[linked](t, s, nil, avro.WithLimits(avro.Limits{Depth: 10}))(append(bytes.Repeat([]byte{2}, 11), 0)); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("11 levels of 10: %v", err)
	}
	nulls := avro.MustParse(`{"type":"array","items":"null"}`)
	if err := into[[]nothing](t, nulls, nil, avro.WithLimits(avro.Limits{EmptyItems: 1 << 20}))(long(1<<20, 0)); err != nil {
		t.Errorf("2^20 nulls of 2^20: %v", err)
	}
	if err := into[int32](t, avro.MustParse(`"int"`), nil, avro.AllowTrailingBytes())([]byte{2, 9}); err != nil {
		t.Errorf("trailing bytes that are allowed: %v", err)
	}
}
