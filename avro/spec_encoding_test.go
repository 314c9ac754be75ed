package avro_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// unhex reads bytes written as the specification writes them: "80 01".
func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	specEnum   = `{"type":"enum","name":"Foo","symbols":["A","B","C","D"]}`
	specRecord = `{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}`
	specArray  = `{"type":"array","items":"long"}`
	specMap    = `{"type":"map","values":"long"}`
	specUnion  = `["null","string"]`
)

type specPair struct {
	A int64  `avro:"a"`
	B string `avro:"b"`
}

// skipped reads a payload of schema as a field that the reader lacks, between two that it has.
func skipped(t *testing.T, schema string, payload []byte) error {
	t.Helper()
	const ends = `{"name":"before","type":"int"}%,{"name":"after","type":"int"}`
	record := func(middle string) *avro.Schema {
		return avro.MustParse(`{"type":"record","name":"Around","fields":[` + strings.Replace(ends, "%", middle, 1) + `]}`)
	}
	w, r := record(`,{"name":"skipped","type":`+schema+`}`), record("")
	around := join([]byte{4}, payload, []byte{6})
	type both struct {
		Before int32 `avro:"before"`
		After  int32 `avro:"after"`
	}
	v, err := readAs[any](w, r, around)
	typed, typedErr := readAs[both](w, r, around)
	if (err == nil) != (typedErr == nil) {
		t.Errorf("% x skipped as %s: %v dynamic, %v typed", payload, schema, err, typedErr)
	}
	if want := map[string]any{"before": int32(2), "after": int32(3)}; err == nil && (!cmp.Equal(any(want), v) || typed != both{2, 3}) {
		t.Errorf("% x skipped as %s: %v, %+v, want %v", payload, schema, v, typed, want)
	}
	return err
}

// Avro 1.12, "Binary Encoding": bytes and the values they are, in both directions, both
// ways, and passed over.
func TestSpecBinaryEncoding(t *testing.T) {
	t.Parallel()
	type list struct {
		Value int64 `avro:"value"`
		Next  *list `avro:"next"`
	}
	const lists = `{"type":"record","name":"LongList","fields":[{"name":"value","type":"long"},{"name":"next","type":["null","LongList"]}]}`
	for _, c := range []struct {
		rule, schema, wire string
		value              any // dynamic
		typed              func(t *testing.T, s *avro.Schema, wire []byte) any
		want               any // of typed
	}{
		{"null has no bytes", `"null"`, "", nil, again[struct{}], struct{}{}},
		{"false", `"boolean"`, "00", false, again[bool], false},
		{"true", `"boolean"`, "01", true, again[bool], true},
		{"0", `"int"`, "00", int32(0), again[int32], int32(0)},
		{"-1", `"int"`, "01", int32(-1), again[int8], int8(-1)},
		{"1", `"long"`, "02", int64(1), again[uint8], uint8(1)},
		{"-2", `"long"`, "03", int64(-2), again[int64], int64(-2)},
		{"2", `"int"`, "04", int32(2), again[int64], int64(2)},
		{"-64", `"int"`, "7f", int32(-64), again[int32], int32(-64)},
		{"64", `"int"`, "80 01", int32(64), again[int16], int16(64)},
		{"8191, the last of two bytes", `"long"`, "fe 7f", int64(8191), again[int64], int64(8191)},
		{"8192, the first of three bytes", `"long"`, "80 80 01", int64(8192), again[int64], int64(8192)},
		{"the greatest int", `"int"`, "fe ff ff ff 0f", int32(math.MaxInt32), again[int32], int32(math.MaxInt32)},
		{"the least int", `"int"`, "ff ff ff ff 0f", int32(math.MinInt32), again[int32], int32(math.MinInt32)},
		{"an int's bound as long", `"long"`, "fe ff ff ff 0f", int64(math.MaxInt32), again[uint32], uint32(math.MaxInt32)},
		{"the greatest long", `"long"`, "fe ff ff ff ff ff ff ff ff 01", int64(math.MaxInt64), again[uint64], uint64(math.MaxInt64)},
		{"the least long", `"long"`, "ff ff ff ff ff ff ff ff ff 01", int64(math.MinInt64), again[int64], int64(math.MinInt64)},
		{"float is little-endian", `"float"`, "00 00 80 3f", float32(1), again[float32], float32(1)},
		{"float -0", `"float"`, "00 00 00 80", float32(math.Copysign(0, -1)), again[float64], math.Copysign(0, -1)},
		{"the least float", `"float"`, "01 00 00 00", float32(math.SmallestNonzeroFloat32), again[float32], float32(math.SmallestNonzeroFloat32)},
		{"the greatest float", `"float"`, "ff ff 7f 7f", float32(math.MaxFloat32), again[float32], float32(math.MaxFloat32)},
		{"float infinity", `"float"`, "00 00 80 ff", float32(math.Inf(-1)), again[float32], float32(math.Inf(-1))},
		{"double is little-endian", `"double"`, "00 00 00 00 00 00 f0 3f", 1.0, again[float64], 1.0},
		{"double -0", `"double"`, "00 00 00 00 00 00 00 80", math.Copysign(0, -1), again[float64], math.Copysign(0, -1)},
		{"the least double", `"double"`, "01 00 00 00 00 00 00 00", math.SmallestNonzeroFloat64, again[float64], math.SmallestNonzeroFloat64},
		{"double infinity", `"double"`, "00 00 00 00 00 00 f0 7f", math.Inf(1), again[float64], math.Inf(1)},
		{"no bytes", `"bytes"`, "00", []byte{}, again[[]byte], []byte{}},
		{"bytes", `"bytes"`, "06 00 ff 80", []byte{0, 0xff, 0x80}, again[[]byte], []byte{0, 0xff, 0x80}},
		{"no string", `"string"`, "00", "", again[string], ""},
		{"foo", `"string"`, "06 66 6f 6f", "foo", again[string], "foo"},
		{"a string's length is of bytes", `"string"`, "0e c3 a9 00 f0 9f 98 80", "é\x00😀", again[[]byte], []byte("é\x00😀")},
		{"a string of 64 bytes", `"string"`, "80 01" + strings.Repeat("61", 64), strings.Repeat("a", 64), again[string], strings.Repeat("a", 64)},

		{"a record is its fields", specRecord, "36 06 66 6f 6f", map[string]any{"a": int64(27), "b": "foo"}, again[specPair], specPair{27, "foo"}},
		{"a record without fields", `{"type":"record","name":"N","fields":[]}`, "", map[string]any{}, again[struct{}], struct{}{}},
		{"a record in a record", `{"type":"record","name":"O","fields":[{"name":"i","type":` + specRecord + `},{"name":"z","type":"null"}]}`, "01 00", map[string]any{"i": map[string]any{"a": int64(-1), "b": ""}, "z": nil}, nil, nil},
		{"a linked list", lists, "02 02 04 00", map[string]any{"value": int64(1), "next": map[string]any{"LongList": map[string]any{"value": int64(2), "next": nil}}}, again[list], list{1, &list{Value: 2}}},
		{"enum, the first", specEnum, "00", "A", again[string], "A"},
		{"enum, the last", specEnum, "06", "D", again[string], "D"},
		{"array", specArray, "04 06 36 00", []any{int64(3), int64(27)}, again[[]int64], []int64{3, 27}},
		{"array without items", specArray, "00", []any{}, again[[]int64], []int64{}},
		{"array of arrays", `{"type":"array","items":` + specArray + `}`, "04 00 02 06 00 00", []any{[]any{}, []any{int64(3)}}, again[[][]int64], [][]int64{{}, {3}}},
		{"array of nulls", `{"type":"array","items":"null"}`, "06 00", []any{nil, nil, nil}, again[[]struct{}], make([]struct{}, 3)},
		{"map", specMap, "02 02 61 36 00", map[string]any{"a": int64(27)}, again[map[string]int64], map[string]int64{"a": 27}},
		{"map without entries", specMap, "00", map[string]any{}, again[map[string]int64], map[string]int64{}},
		{"map with the empty key", specMap, "02 00 01 00", map[string]any{"": int64(-1)}, again[map[string]int64], map[string]int64{"": -1}},
		{"map of nulls", `{"type":"map","values":"null"}`, "02 02 61 00", map[string]any{"a": nil}, again[map[string]struct{}], map[string]struct{}{"a": {}}},
		{"union, null", specUnion, "00", nil, again[*string], (*string)(nil)},
		{"union, the string a", specUnion, "02 02 61", map[string]any{"string": "a"}, again[*string], ptr("a")},
		{"union, null as the second", `["string","null"]`, "02", nil, again[*string], (*string)(nil)},
		{"union of one", `["int"]`, "00 03", map[string]any{"int": int32(-2)}, again[int32], int32(-2)},
		{"fixed has no length", `{"type":"fixed","name":"md5","size":3}`, "01 02 ff", []byte{1, 2, 0xff}, again[[3]byte], [3]byte{1, 2, 0xff}},
		{"fixed of no bytes", `{"type":"fixed","name":"F","size":0}`, "", []byte{}, again[[0]byte], [0]byte{}},
	} {
		s, wire := avro.MustParse(c.schema), unhex(t, c.wire)
		if got := write(t, s, c.value); !bytes.Equal(got, wire) {
			t.Errorf("%s: written as % x, want % x", c.rule, got, wire)
		}
		got, err := readAs[any](s, s, wire)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if d := cmp.Diff(c.value, got, sameBits); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, d)
		}
		if c.typed != nil {
			if d := cmp.Diff(c.want, c.typed(t, s, wire), sameBits); d != "" {
				t.Errorf("%s, typed (-want +got):\n%s", c.rule, d)
			}
		}
		if err := skipped(t, c.schema, wire); err != nil {
			t.Errorf("%s: skipped: %v", c.rule, err)
		}
	}
}

// sameBits tells -0 from 0.
var sameBits = cmp.Options{
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
}

// again decodes wire as a T, and writes it again as the same bytes.
func again[T any](t *testing.T, s *avro.Schema, wire []byte) any {
	t.Helper()
	v, err := decodeAs[T](s, s, wire)
	if err != nil {
		t.Errorf("% x as %T: %v", wire, v, err)
	} else if got := encodeAs(t, s, v); !bytes.Equal(got, wire) {
		t.Errorf("% x as %T is written as % x", wire, v, got)
	}
	return v
}

// floatToIntBits and doubleToLongBits, which the specification writes floats with, have
// one NaN. A reader takes every NaN for one.
func TestSpecNaN(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, schema, read string }{
		{"float, quiet", `"float"`, "00 00 c0 7f"},
		{"float, signalling", `"float"`, "01 00 80 7f"},
		{"float, negative with a payload", `"float"`, "34 12 c0 ff"},
		{"double, quiet", `"double"`, "00 00 00 00 00 00 f8 7f"},
		{"double, signalling", `"double"`, "01 00 00 00 00 00 f0 7f"},
		{"double, negative with a payload", `"double"`, "78 56 34 12 00 00 f8 ff"},
	} {
		s, wire := avro.MustParse(c.schema), unhex(t, c.read)
		wide, err := decodeAs[float64](s, s, wire)
		if err != nil || !math.IsNaN(wide) {
			t.Errorf("%s: %v, %v", c.rule, wide, err)
		}
		v, err := readAs[any](s, s, wire)
		if err != nil || v == v {
			t.Errorf("%s, dynamic: %v, %v", c.rule, v, err)
		}
	}
	one, two := unhex(t, "00 00 c0 7f"), unhex(t, "00 00 00 00 00 00 f8 7f")
	if got := encodeAs(t, avro.MustParse(`"float"`), float32(math.NaN())); !bytes.Equal(got, one) {
		t.Errorf("a float is % x, want % x", got, one)
	}
	if got := encodeAs(t, avro.MustParse(`"double"`), math.Float64frombits(0x7ff8000000000000)); !bytes.Equal(got, two) {
		t.Errorf("a double is % x, want % x", got, two)
	}
}

// Avro 1.12, "Arrays" and "Maps": blocks as any writer may cut them. Empty blocks end
// the datum; a block's size must be that of its items.
func TestSpecBlocks(t *testing.T) {
	t.Parallel()
	const (
		strs    = `{"type":"array","items":"string"}`
		doubles = `{"type":"array","items":"double"}`
		nulls   = `{"type":"array","items":"null"}`
		nested  = `{"type":"array","items":` + specMap + `}`
		pairs   = `{"type":"array","items":` + specRecord + `}`
		unions  = `{"type":"map","values":` + specUnion + `}`
	)
	for _, c := range []struct {
		rule, schema, wire string
		want               any
		class              serde.Class
	}{
		{"one block", specArray, "04 06 36 00", []any{int64(3), int64(27)}, 0},
		{"a block for each item", specArray, "02 06 02 36 00", []any{int64(3), int64(27)}, 0},
		{"a negative count and a size", specArray, "03 04 06 36 00", []any{int64(3), int64(27)}, 0},
		{"blocks with and without a size", specArray, "01 02 06 02 36 01 04 80 01 00", []any{int64(3), int64(27), int64(64)}, 0},
		{"the end in more bytes than it needs", specArray, "02 06 80 00", []any{int64(3)}, 0},
		{"a count in more bytes than it needs", specArray, "82 80 00 06 00", []any{int64(3)}, 0},
		{"strings in sized blocks", strs, "01 04 02 61 03 06 00 02 62 00", []any{"a", "", "b"}, 0},
		{"items of one size in a sized block", doubles, "01 10 00 00 00 00 00 00 f0 3f 00", []any{1.0}, 0},
		{"items without bytes in a sized block", nulls, "03 00 02 00", []any{nil, nil, nil}, 0},
		{"records in a sized block", pairs, "01 06 36 02 61 00", []any{map[string]any{"a": int64(27), "b": "a"}}, 0},
		{"blocks within blocks", nested, "01 12 01 06 02 61 06 02 00 36 00 02 00 00", []any{map[string]any{"a": int64(3), "": int64(27)}, map[string]any{}}, 0},
		{"a map in two blocks", specMap, "02 02 61 06 02 02 62 36 00", map[string]any{"a": int64(3), "b": int64(27)}, 0},
		{"a map in a sized block", specMap, "03 0c 02 61 06 02 62 36 00", map[string]any{"a": int64(3), "b": int64(27)}, 0},
		{"unions in a map's sized blocks", unions, "01 06 02 61 00 01 0a 02 62 02 02 78 00", map[string]any{"a": nil, "b": map[string]any{"string": "x"}}, 0},

		{"no end", specArray, "02 06", nil, serde.Truncated},
		{"no items", specArray, "04 06", nil, serde.Truncated},
		{"no size", specArray, "01", nil, serde.Truncated},
		{"a size without its bytes", specArray, "01 04 06", nil, serde.Truncated},
		{"a size that ends within an item", specArray, "01 02 80 01 00", nil, serde.Malformed},
		{"a size that ends within a string", strs, "01 04 04 61 62 00", nil, serde.Malformed},
		{"a size of none for an item", specArray, "01 00 06 00", nil, serde.Malformed},
		{"a size for items without bytes", nulls, "01 02 00", nil, serde.Malformed},
		{"a size beyond the items", specMap, "01 08 02 61 06 00 00", nil, serde.Malformed},
		{"a size with the end in it", specArray, "01 04 06 00", nil, serde.Malformed},
		{"a negative size", specArray, "01 01 06 00", nil, serde.Malformed},
		{"a key of negative length", specMap, "02 01 06 00", nil, serde.Malformed},
		{"bytes after the end", specArray, "00 00", nil, serde.TrailingBytes},
	} {
		s, wire := avro.MustParse(c.schema), unhex(t, c.wire)
		got, err := readAs[any](s, s, wire)
		skipErr := skipped(t, c.schema, wire)
		if c.class == 0 {
			if d := cmp.Diff(c.want, got); err != nil || d != "" {
				t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, d)
			}
			if skipErr != nil {
				t.Errorf("%s: skipped: %v", c.rule, skipErr)
			}
			continue
		}
		if !errors.Is(err, c.class) {
			t.Errorf("%s: %v, %v, want class %v", c.rule, got, err, c.class)
		}
		if skipErr == nil {
			t.Errorf("%s: it can be skipped", c.rule)
		}
	}
}
