package avro_test

import (
	"errors"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

var sameRat = cmp.Comparer(func(a, b *big.Rat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(b) == 0
})

// write encodes a dynamic value.
func write(t *testing.T, s *avro.Schema, v any) []byte {
	t.Helper()
	enc, err := avro.NewEncoder[any](s)
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.AppendEncode(nil, v)
	if err != nil {
		t.Fatalf("encode as %s: %v", s, err)
	}
	return b
}

// readAs decodes into T and returns the value, for tables.
func readAs[T any](writer, reader *avro.Schema, payload []byte) (any, error) {
	d, err := avro.NewDecoder[T](writer, reader)
	if err != nil {
		return nil, err
	}
	var v T
	err = d.Decode(payload, &v)
	return v, err
}

type reader func(writer, reader *avro.Schema, payload []byte) (any, error)

const (
	millis  = `{"type":"long","logicalType":"timestamp-millis"}`
	micros  = `{"type":"long","logicalType":"timestamp-micros"}`
	nanos   = `{"type":"long","logicalType":"timestamp-nanos"}`
	dateInt = `{"type":"int","logicalType":"date"}`
	ofDay   = `{"type":"int","logicalType":"time-millis"}`
	ofDayMu = `{"type":"long","logicalType":"time-micros"}`
	dec2    = `{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}`
	dec4    = `{"type":"bytes","logicalType":"decimal","precision":8,"scale":4}`
	dec1    = `{"type":"bytes","logicalType":"decimal","precision":6,"scale":1}`
	dec3of2 = `{"type":"bytes","logicalType":"decimal","precision":3,"scale":2}`
)

func TestResolution(t *testing.T) {
	t.Parallel()
	type one struct {
		A int64 `avro:"a"`
	}
	type pair struct {
		A int64  `avro:"a"`
		B string `avro:"b"`
	}
	type nested struct {
		Inner *pair  `avro:"inner"`
		Plain pair   `avro:"plain"`
		List  []pair `avro:"list"`
	}
	instant := time.UnixMilli(1727260800123).UTC()
	rec := func(fields string) string { return `{"type":"record","name":"R","fields":[` + fields + `]}` }
	a, b := `{"name":"a","type":"int"}`, `{"name":"b","type":"string"}`
	enum := func(more string) string { return `{"type":"enum","name":"E","symbols":` + more + `}` }
	for _, c := range []struct {
		name           string
		writer, reader string
		written        any
		read           reader
		want           any
		class          serde.Class // Incompatible: when compiled or when read
	}{
		// "if the writer's schema is ... promotable"
		{"int to long", `"int"`, `"long"`, 7, readAs[int64], int64(7), 0},
		{"int to float", `"int"`, `"float"`, 7, readAs[float32], float32(7), 0},
		{"int to double", `"int"`, `"double"`, -7, readAs[float64], float64(-7), 0},
		{"long to float", `"long"`, `"float"`, int64(1) << 40, readAs[float32], float32(1 << 40), 0},
		{"long to double", `"long"`, `"double"`, int64(1) << 40, readAs[float64], float64(1 << 40), 0},
		{"float to double", `"float"`, `"double"`, 0.5, readAs[float64], 0.5, 0},
		{"string to bytes", `"string"`, `"bytes"`, "ab", readAs[[]byte], []byte("ab"), 0},
		{"bytes to string", `"bytes"`, `"string"`, []byte("ab"), readAs[string], "ab", 0},
		{"bytes that are no string", `"bytes"`, `"string"`, []byte{0xff}, readAs[string], "", serde.Malformed},
		{"long to int", `"long"`, `"int"`, 1, readAs[int32], nil, serde.Incompatible},
		{"double to float", `"double"`, `"float"`, 1, readAs[float32], nil, serde.Incompatible},
		{"string to int", `"string"`, `"int"`, "1", readAs[int32], nil, serde.Incompatible},
		{"array<int> to array<long>", `{"type":"array","items":"int"}`, `{"type":"array","items":"long"}`, []any{1, 2}, readAs[[]int64], []int64{1, 2}, 0},
		{"array<int> to array<double>", `{"type":"array","items":"int"}`, `{"type":"array","items":"double"}`, []any{1, 2}, readAs[[]float64], []float64{1, 2}, 0},
		{"array<long> to array<float>", `{"type":"array","items":"long"}`, `{"type":"array","items":"float"}`, []any{1, 2}, readAs[[]float32], []float32{1, 2}, 0},
		{"map<int> to map<long>", `{"type":"map","values":"int"}`, `{"type":"map","values":"long"}`, map[string]any{"x": 1}, readAs[map[string]int64], map[string]int64{"x": 1}, 0},
		{"map<string> to map<bytes>", `{"type":"map","values":"string"}`, `{"type":"map","values":"bytes"}`, map[string]any{"x": "y"}, readAs[map[string][]byte], map[string][]byte{"x": []byte("y")}, 0},

		// records
		{"other order", rec(b + "," + a), rec(a + "," + b), map[string]any{"a": 1, "b": "x"}, readAs[pair], pair{1, "x"}, 0},
		{"field removed", rec(a + "," + b), rec(a), map[string]any{"a": 1, "b": "x"}, readAs[one], one{1}, 0},
		{"field added", rec(a), rec(a + `,{"name":"b","type":"string","default":"d"}`), map[string]any{"a": 1}, readAs[pair], pair{1, "d"}, 0},
		{"field added without default", rec(a), rec(a + "," + b), map[string]any{"a": 1}, readAs[pair], nil, serde.Incompatible},
		{"field renamed", rec(`{"name":"old","type":"int"}`), rec(`{"name":"a","type":"long","aliases":["old"]}`), map[string]any{"old": 5}, readAs[one], one{5}, 0},
		{"two fields from one", rec(a), rec(a + `,{"name":"c","type":"long","aliases":["a"]}`), map[string]any{"a": 5}, readAs[any], map[string]any{"a": int32(5), "c": int64(5)}, 0},
		{"other namespace", `{"type":"record","name":"x.R","fields":[` + a + `]}`, `{"type":"record","name":"y.R","fields":[` + a + `]}`, map[string]any{"a": 1}, readAs[one], one{1}, 0},
		{"other name", `{"type":"record","name":"Q","fields":[` + a + `]}`, rec(a), map[string]any{"a": 1}, readAs[one], nil, serde.Incompatible},
		{"other name, alias", `{"type":"record","name":"Q","fields":[` + a + `]}`, `{"type":"record","name":"R","aliases":["Q"],"fields":[` + a + `]}`, map[string]any{"a": 1}, readAs[one], one{1}, 0},
		{
			"nested records and defaults", rec(`{"name":"plain","type":{"type":"record","name":"P","fields":[` + a + `]}},{"name":"list","type":{"type":"array","items":"P"}}`),
			rec(`{"name":"inner","type":["null",{"type":"record","name":"P","fields":[{"name":"a","type":"long"},{"name":"b","type":"string","default":"new"}]}],"default":null},{"name":"plain","type":"P"},{"name":"list","type":{"type":"array","items":"P"}}`),
			map[string]any{"plain": map[string]any{"a": 1}, "list": []any{map[string]any{"a": 2}}}, readAs[nested],
			nested{nil, pair{1, "new"}, []pair{{2, "new"}}}, 0,
		},
		{"record as default", rec(a), rec(`{"name":"plain","type":{"type":"record","name":"P","fields":[{"name":"a","type":"long"}` + "," + b + `]},"default":{"a":3,"b":"z"}}`), map[string]any{"a": 1},
			readAs[struct {
				Plain pair `avro:"plain"`
			}], struct {
				Plain pair `avro:"plain"`
			}{pair{3, "z"}}, 0},

		// enums
		{"enum", enum(`["A","B","C"]`), enum(`["C","A","B"]`), "C", readAs[string], "C", 0},
		{"symbol the reader lacks", enum(`["A","B"]`), enum(`["A"]`), "B", readAs[string], "", serde.Incompatible},
		{"symbol both have", enum(`["A","B"]`), enum(`["A"]`), "A", readAs[string], "A", 0},
		{"symbol the reader lacks, default", enum(`["A","B"]`), enum(`["A","Z"],"default":"Z"`), "B", readAs[string], "Z", 0},
		{"enum of another name", enum(`["A"]`), `{"type":"enum","name":"F","symbols":["A"]}`, "A", readAs[string], nil, serde.Incompatible},

		// fixed
		{"fixed", `{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"n.F","size":2}`, []byte{1, 2}, readAs[[2]byte], [2]byte{1, 2}, 0},
		{"fixed of another size", `{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"F","size":3}`, []byte{1, 2}, readAs[[3]byte], nil, serde.Incompatible},
		{"fixed of another name", `{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"G","size":2}`, []byte{1, 2}, readAs[[2]byte], nil, serde.Incompatible},

		// unions
		{"both unions", `["null","int"]`, `["long","null"]`, 3, readAs[*int64], ptr(int64(3)), 0},
		{"both unions, null", `["null","int"]`, `["long","null"]`, nil, readAs[*int64], (*int64)(nil), 0},
		{"reader union", `"int"`, `["null","long"]`, 3, readAs[*int64], ptr(int64(3)), 0},
		{"reader union, exact before promotable", `"int"`, `["null","long","int"]`, 3, readAs[any], map[string]any{"int": int32(3)}, 0},
		{"reader union, first promotable", `"int"`, `["string","double","long"]`, 3, readAs[any], map[string]any{"double": 3.0}, 0},
		{"reader union without the type", `"string"`, `["null","int"]`, "x", readAs[*int32], nil, serde.Incompatible},
		{"reader union, record by full name", `{"type":"record","name":"n.R","fields":[` + a + `]}`, `[{"type":"record","name":"m.R","fields":[` + a + `]},{"type":"record","name":"n.R","fields":[` + a + `]}]`, map[string]any{"a": 1}, readAs[any], map[string]any{"n.R": map[string]any{"a": int32(1)}}, 0},
		{"writer union", `["null","int"]`, `"long"`, 3, readAs[int64], int64(3), 0},
		{"writer union, branch that cannot be read", `["null","int"]`, `"long"`, nil, readAs[int64], int64(0), serde.Incompatible},
		{"writer union, no branch", `["null","string"]`, `"long"`, nil, readAs[int64], nil, serde.Incompatible},
		{"union in array", `{"type":"array","items":["null","int","string"]}`, `{"type":"array","items":["null","long"]}`, []any{nil, 1}, readAs[[]*int64], []*int64{nil, ptr(int64(1))}, 0},
		{"union of one", `["int"]`, `"int"`, 1, readAs[int32], int32(1), 0},

		// logical types
		{"timestamp", millis, millis, instant, readAs[time.Time], instant, 0},
		{"millis to micros", millis, micros, instant, readAs[time.Time], instant, 0},
		{"millis to micros, number", millis, micros, instant, readAs[int64], instant.UnixMicro(), 0},
		{"micros to millis, number", micros, millis, time.UnixMicro(-1).UTC(), readAs[int64], int64(-1), 0},
		{"millis to nanos", millis, nanos, instant, readAs[int64], instant.UnixNano(), 0},
		{"millis to nanos, too far", millis, nanos, int64(1) << 60, readAs[int64], int64(0), serde.TypeMismatch},
		{"millis to plain long", millis, `"long"`, instant, readAs[int64], instant.UnixMilli(), 0},
		{"plain long to millis", `"long"`, millis, instant.UnixMilli(), readAs[time.Time], instant, 0},
		{"plain int to millis", `"int"`, millis, 5, readAs[time.Time], time.UnixMilli(5).UTC(), 0},
		{"millis to double", millis, `"double"`, 5, readAs[float64], 5.0, 0},
		{"date to timestamp", dateInt, millis, 1, readAs[time.Time], time.UnixMilli(86_400_000).UTC(), 0},
		{"time of day to date", ofDay, dateInt, 1, readAs[int32], nil, serde.Incompatible},
		{"time-millis to time-micros", ofDay, ofDayMu, 5, readAs[time.Duration], 5 * time.Millisecond, 0},
		{"time-millis to time-micros, dynamic", ofDay, ofDayMu, 5, readAs[any], 5 * time.Millisecond, 0},
		{"before 1970", millis, millis, -1, readAs[time.Time], time.UnixMilli(-1).UTC(), 0},
		{"decimal to more scale", dec2, dec4, big.NewRat(12345, 100), readAs[*big.Rat], big.NewRat(12345, 100), 0},
		{"decimal to less scale", dec2, dec1, big.NewRat(1234, 10), readAs[*big.Rat], big.NewRat(1234, 10), 0},
		{"decimal to less scale, digit lost", dec2, dec1, big.NewRat(12345, 100), readAs[*big.Rat], (*big.Rat)(nil), serde.TypeMismatch},
		{"decimal to less precision", dec2, dec3of2, big.NewRat(12345, 100), readAs[any], nil, serde.TypeMismatch},
		{"decimal to more scale, bytes", dec2, dec4, big.NewRat(-1, 100), readAs[[]byte], []byte{0x9c}, 0},
		{"decimal to plain bytes", dec2, `"bytes"`, big.NewRat(-128, 100), readAs[[]byte], []byte{0x80}, 0},
		{"decimal that is not minimal", `"bytes"`, dec2, []byte{0xff, 0x80}, readAs[*big.Rat], big.NewRat(-128, 100), 0},
		{"uuid to bytes", `{"type":"string","logicalType":"uuid"}`, `{"type":"string","logicalType":"uuid"}`, "00112233-4455-6677-8899-AABBCCDDEEFF", readAs[[16]byte], [16]byte{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}, 0},
		{"string that is no uuid", `"string"`, `{"type":"string","logicalType":"uuid"}`, "00112233", readAs[[16]byte], [16]byte{}, serde.Malformed},
		{"uuid as text", `{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, `{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, make([]byte, 16), readAs[string], "00000000-0000-0000-0000-000000000000", 0},

		// Go's ranges
		{"long into int8", `"long"`, `"long"`, 127, readAs[int8], int8(127), 0},
		{"long into int8, too large", `"long"`, `"long"`, 128, readAs[int8], int8(0), serde.TypeMismatch},
		{"long into uint, negative", `"long"`, `"long"`, -1, readAs[uint], uint(0), serde.TypeMismatch},
		{"long into uint32", `"long"`, `"long"`, int64(1<<32 - 1), readAs[uint32], uint32(1<<32 - 1), 0},
		{"array into a Go array", `{"type":"array","items":"int"}`, `{"type":"array","items":"int"}`, []any{1, 2}, readAs[[2]int32], [2]int32{1, 2}, 0},
		{"array into a shorter Go array", `{"type":"array","items":"int"}`, `{"type":"array","items":"int"}`, []any{1, 2}, readAs[[1]int32], [1]int32{}, serde.TypeMismatch},
		{"array into a longer Go array", `{"type":"array","items":"int"}`, `{"type":"array","items":"int"}`, []any{1, 2}, readAs[[3]int32], [3]int32{1, 2}, serde.TypeMismatch},
	} {
		w, r := avro.MustParse(c.writer), avro.MustParse(c.reader)
		payload := write(t, w, c.written)
		got, err := c.read(w, r, payload)
		if c.class != 0 {
			if !errors.Is(err, c.class) {
				t.Errorf("%s: %v, %v, want class %v", c.name, got, err, c.class)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, got, sameRat); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		// The dynamic way agrees on what can be read.
		if _, err := readAs[any](w, r, payload); err != nil && reflect.TypeOf(got).Kind() != reflect.Array {
			t.Errorf("%s: dynamic: %v", c.name, err)
		}
	}
}

func TestUnresolvableSchemasListEveryReason(t *testing.T) {
	t.Parallel()
	w := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"string"},{"name":"b","type":{"type":"array","items":"string"}}]}`)
	r := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":{"type":"array","items":"int"}},{"name":"c","type":"int"}]}`)
	_, err := avro.NewDecoder[any](w, r)
	var re *avro.ResolveError
	if !errors.As(err, &re) || !errors.Is(err, serde.Incompatible) {
		t.Fatalf("%v, want a ResolveError", err)
	}
	var got []string
	for _, x := range re.Reasons {
		got = append(got, string(x.Kind)+" "+x.Path)
	}
	want := []string{"READER_FIELD_MISSING_DEFAULT_VALUE /fields/2", "TYPE_MISMATCH /fields/0/type", "TYPE_MISMATCH /fields/1/type/items"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s\n%v", d, err)
	}
}

// R cannot be read, which is no matter where the data have none. A, which contains R, is
// compiled while R is: its plan must not go on with what there was of R's then.
func TestATypeThatCannotBeReadIsRefusedWhereverItStands(t *testing.T) {
	t.Parallel()
	text := func(bad string) *avro.Schema {
		return avro.MustParse(`{"type":"record","name":"T","fields":[
			{"name":"x","type":["null",{"type":"record","name":"R","fields":[
				{"name":"next","type":["null",{"type":"record","name":"A","fields":[{"name":"r","type":["null","R"]}]}]},
				{"name":"bad","type":"` + bad + `"}]}]},
			{"name":"y","type":"A"}]}`)
	}
	type top struct {
		X *linkedR `avro:"x"`
		Y *linkedA `avro:"y"` // a pointer: its plan is shared, not made anew
	}
	w, r := text("string"), text("int")
	for name, read := range map[string]reader{"typed": readAs[top], "dynamic": readAs[any]} {
		if _, err := read(w, r, write(t, w, map[string]any{"x": nil, "y": map[string]any{"r": nil}})); err != nil {
			t.Errorf("%s: no R in the data: %v", name, err)
		}
		broken := map[string]any{"R": map[string]any{"next": nil, "bad": "text"}}
		for _, v := range []map[string]any{{"x": broken, "y": map[string]any{"r": nil}}, {"x": nil, "y": map[string]any{"r": broken}}} {
			if got, err := read(w, r, write(t, w, v)); !errors.Is(err, serde.Incompatible) {
				t.Errorf("%s: an R in the data: %v, %v, want class %v", name, got, err, serde.Incompatible)
			}
		}
	}
}

type linkedR struct {
	Next *linkedA `avro:"next"`
	Bad  int      `avro:"bad"`
}

type linkedA struct {
	R *linkedR `avro:"r"`
}
