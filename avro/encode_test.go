package avro_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func TestGoldenBytesOfDynamicValues(t *testing.T) {
	t.Parallel()
	const (
		record = `{"type":"record","name":"R","fields":[{"name":"userId","type":"string"},{"name":"eventTime","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"n","type":"int","default":-3}]}`
		union  = `["null","string",{"type":"long","logicalType":"timestamp-millis"},{"type":"enum","name":"n.E","symbols":["A","B"]}]`
	)
	for _, c := range []struct {
		name, schema string
		value        any
		want         []byte
	}{
		{"missing field with default", record, map[string]any{"userId": "u", "eventTime": int64(1727260800000)}, join([]byte{2, 'u'}, long(1727260800000, -3))},
		{"time as time.Time", record, map[string]any{"userId": "u", "eventTime": time.UnixMilli(1727260800000)}, join([]byte{2, 'u'}, long(1727260800000, -3))},
		{"numbers as JSON has them", record, map[string]any{"userId": "u", "eventTime": json.Number("1727260800000"), "n": 4.0}, join([]byte{2, 'u'}, long(1727260800000, 4))},
		{"null", union, nil, []byte{0}},
		{"named branch", union, map[string]any{"string": "x"}, []byte{2, 2, 'x'}},
		{"named branch with logical type", union, map[string]any{"long.timestamp-millis": time.UnixMilli(1)}, []byte{4, 2}},
		{"named branch without its logical type", union, map[string]any{"long": 1}, []byte{4, 2}},
		{"named branch by full name", union, map[string]any{"n.E": "B"}, []byte{6, 2}},
		{"bare value of a branch's own Go type", union, "x", []byte{2, 2, 'x'}},
		{"bare value of one branch's own Go type that others take too", `["null","int","long","double"]`, int64(5), []byte{4, 10}},
		{"bare value that fits one branch", union, 5, []byte{4, 10}},
		{"bare record", `["null",{"type":"record","name":"P","fields":[{"name":"a","type":"int"}]}]`, map[string]any{"a": 1}, []byte{2, 2}},
		{"typed slice", `{"type":"array","items":"string"}`, []string{"a", "b"}, []byte{4, 2, 'a', 2, 'b', 0}},
		{"typed map", `{"type":"map","values":"int"}`, map[string]int{"a": 1}, []byte{2, 2, 'a', 2, 0}},
		{"empty array", `{"type":"array","items":"string"}`, []any{}, []byte{0}},
		{"fixed from an array", `{"type":"fixed","name":"F","size":2}`, [2]byte{1, 2}, []byte{1, 2}},
		{"NaN", `"float"`, math.NaN(), []byte{0, 0, 0xc0, 0x7f}},
		{"decimal", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, big.NewRat(-128, 100), []byte{2, 0x80}},
		{"decimal as fixed", `{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":4,"scale":2}`, big.NewRat(-1, 100), []byte{0xff, 0xff, 0xff}},
		{"date", `{"type":"int","logicalType":"date"}`, time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), []byte{1}},
		{"time of day", `{"type":"int","logicalType":"time-millis"}`, time.Second, long(1000)},
	} {
		got := write(t, avro.MustParse(c.schema), c.value)
		if !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, want % x", c.name, got, c.want)
		}
	}
}

func TestDynamicValuesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	const record = `{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":{"type":"record","name":"P","fields":[{"name":"b","type":"int"}]}}}]}`
	inner := func(v any) any { return map[string]any{"a": []any{map[string]any{"b": 1}, v}} }
	for _, c := range []struct {
		name, schema string
		value        any
		path         string
	}{
		{"int 2^31", `"int"`, int64(1) << 31, ""},
		{"fraction as int", `"int"`, 1.5, ""},
		{"2^63 as long", `"long"`, math.Exp2(63), ""},
		{"uint64 as long", `"long"`, uint64(math.MaxUint64), ""},
		{"NaN as long", `"long"`, math.NaN(), ""},
		{"JSON number as long", `"long"`, json.Number("9223372036854775808"), ""},
		{"string as long", `"long"`, "1", ""},
		{"1e39 as float", `"float"`, 1e39, ""},
		{"not UTF-8", `"string"`, "\xff", ""},
		{"number as string", `"string"`, json.Number("1"), ""},
		{"nil", `"string"`, nil, ""},
		{"unknown symbol", `{"type":"enum","name":"E","symbols":["A"]}`, "B", ""},
		{"fixed of another length", `{"type":"fixed","name":"F","size":2}`, []byte{1}, ""},
		{"unknown field", record, inner(map[string]any{"b": 1, "extra": 1}), "a[1]"},
		{"missing field", record, inner(map[string]any{}), "a[1].b"},
		{"wrong type", record, inner(map[string]any{"b": "x"}), "a[1].b"},
		{"no map", record, 1, ""},
		{"nil map", record, map[string]any(nil), ""},
		{"nil slice", `{"type":"array","items":"int"}`, []any(nil), ""},
		{"null where there is none", `["int","string"]`, nil, ""},
		{"several branches fit", `["null","int","long"]`, 1, ""},
		{"no branch fits", `["null","int","long"]`, "x", ""},
		{"map's value", `{"type":"map","values":"int"}`, map[string]any{"k": "v"}, "[*]"},
		{"decimal with more digits", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, big.NewRat(1, 1000), ""},
		{"decimal too long", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, big.NewRat(100, 1), ""},
		{"decimal without end", `{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, big.NewRat(1, 3), ""},
		{"time too far", `{"type":"long","logicalType":"timestamp-nanos"}`, time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{"time as plain long", `"long"`, time.Now(), ""},
		{"more than a day", `{"type":"int","logicalType":"time-millis"}`, 24 * time.Hour, ""},
	} {
		enc, err := avro.NewEncoder[any](avro.MustParse(c.schema))
		if err != nil {
			t.Fatal(err)
		}
		dst := []byte("kept")
		out, err := enc.AppendEncode(dst, c.value)
		var ee *avro.EncodeError
		if !errors.As(err, &ee) || !errors.Is(err, serde.TypeMismatch) {
			t.Errorf("%s: %v, want a type mismatch", c.name, err)
			continue
		}
		if ee.Path != c.path {
			t.Errorf("%s: path %q, want %q", c.name, ee.Path, c.path)
		}
		if string(out) != "kept" {
			t.Errorf("%s: dst is %q after the error", c.name, out)
		}
	}
}

func TestTypedValuesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	type row struct {
		N int64    `avro:"n"`
		E string   `avro:"e"`
		S []string `avro:"s"`
		P *int32   `avro:"p"`
	}
	enc, err := avro.NewEncoder[row](avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},{"name":"s","type":{"type":"array","items":"string"}},{"name":"p","type":"int"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	good := row{1, "A", []string{"x"}, ptr(int32(1))}
	if _, err := enc.AppendEncode(nil, good); err != nil {
		t.Fatal(err)
	}
	for path, change := range map[string]func(*row){
		"n":    func(r *row) { r.N = 1 << 31 },
		"e":    func(r *row) { r.E = "a secret" },
		"s[1]": func(r *row) { r.S = []string{"x", "a secret \xff"} },
		"p":    func(r *row) { r.P = nil },
	} {
		v := good
		change(&v)
		out, err := enc.AppendEncode([]byte("kept"), v)
		var ee *avro.EncodeError
		if !errors.As(err, &ee) || !errors.Is(err, serde.TypeMismatch) || ee.Path != path {
			t.Errorf("%s: %v, want a type mismatch there", path, err)
		}
		if string(out) != "kept" {
			t.Errorf("%s: dst is %q after the error", path, out)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the value: %v", path, err)
		}
	}
}

func TestAValueThatContainsItselfIsRefused(t *testing.T) {
	t.Parallel()
	enc, err := avro.NewEncoder[linked](avro.MustParse(nodeSchema))
	if err != nil {
		t.Fatal(err)
	}
	var n linked
	n.Next = &n
	if _, err := enc.AppendEncode(nil, n); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("typed: %v, want a limit", err)
	}
	dyn, err := avro.NewEncoder[any](avro.MustParse(nodeSchema))
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	m["next"] = m
	if _, err := dyn.AppendEncode(nil, m); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("dynamic: %v, want a limit", err)
	}
}

// Each level of the value fits two branches, which would be 2^60 ways to try.
func TestUnionsWithoutNamesDoNotMultiply(t *testing.T) {
	t.Parallel()
	enc, err := avro.NewEncoder[any](avro.MustParse(`{"type":"record","name":"A","fields":[{"name":"n","type":["null","A",{"type":"record","name":"B","fields":[{"name":"n","type":["null","A","B"]}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	for range 60 {
		v = map[string]any{"n": v}
	}
	if _, err := enc.AppendEncode(nil, v); !errors.Is(err, serde.TypeMismatch) && !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("%v, want an error", err)
	}
}

func TestATypeThatDoesNotFitListsEveryMismatch(t *testing.T) {
	t.Parallel()
	type inner struct {
		X int `avro:"x"`
	}
	type outer struct {
		A string  `avro:"a"`
		B *inner  `avro:"b"`
		C []inner `avro:"c"`
		D int     `avro:"d"`
		E string  `avro:"e"`
	}
	s := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":["null",{"type":"record","name":"I","fields":[{"name":"x","type":"string"}]}]},{"name":"c","type":{"type":"array","items":"I"}},{"name":"e","type":["null","string"]},{"name":"f","type":"int"}]}`)
	_, err := avro.NewEncoder[outer](s)
	var fe *avro.FitError
	if !errors.As(err, &fe) || !errors.Is(err, serde.TypeMismatch) {
		t.Fatalf("%v, want a FitError", err)
	}
	places := func(fe *avro.FitError) (got []string) {
		for _, m := range fe.Mismatches {
			got = append(got, m.GoPath+" "+m.SchemaPath)
		}
		return got
	}
	want := []string{"avro_test.outer.A a", "avro_test.outer.B.X b.x", "avro_test.outer f", "avro_test.outer.D "}
	if d := cmp.Diff(want, places(fe)); d != "" {
		t.Errorf("encoder (-want +got):\n%s\n%v", d, err)
	}
	_, err = avro.NewDecoder[outer](s, nil)
	if !errors.As(err, &fe) {
		t.Fatalf("%v, want a FitError", err)
	}
	want = []string{"avro_test.outer.A a", "avro_test.outer.B.X b.x", "avro_test.outer.E e", "avro_test.outer f", "avro_test.outer.D "}
	if d := cmp.Diff(want, places(fe)); d != "" {
		t.Errorf("decoder (-want +got):\n%s\n%v", d, err)
	}
}

func TestOptionsAllowFieldsThatOneSideLacks(t *testing.T) {
	t.Parallel()
	type event struct {
		A     int    `avro:"a"`
		Local string `avro:"local"`
	}
	s := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":"dflt"}]}`)
	enc, err := avro.NewEncoder[event](s, avro.AllowExtraFields())
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.AppendEncode(nil, event{1, "not written"})
	if err != nil {
		t.Fatal(err)
	}
	if want := join(long(1), []byte("\x08dflt")); !bytes.Equal(b, want) {
		t.Fatalf("% x, want % x", b, want)
	}
	dec, err := avro.NewDecoder[event](s, nil, avro.AllowExtraFields(), avro.AllowMissingFields())
	if err != nil {
		t.Fatal(err)
	}
	v := event{Local: "kept"}
	if err := dec.Decode(b, &v); err != nil || v != (event{1, "kept"}) {
		t.Fatalf("%+v, %v", v, err)
	}
}

func TestEncodingAWarmValueAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	v, buf := sampleEvent(), make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := enc.AppendEncode(buf, v); err != nil {
			t.Error(err)
		}
	}); n != 0 && !pureGo {
		t.Errorf("%v allocations, want 0", n)
	}
}

// The index of a union's branch takes one byte or more.
func TestNullMayBeTheLastOfManyBranches(t *testing.T) {
	t.Parallel()
	var branches strings.Builder
	for i := range 70 {
		fmt.Fprintf(&branches, `{"type":"fixed","name":"F%d","size":1},`, i)
	}
	s := avro.MustParse("[" + branches.String() + `"null","string"]`)
	for _, v := range []any{nil, "x"} {
		payload := write(t, s, v)
		got, err := readAs[any](s, s, payload)
		if m, ok := got.(map[string]any); ok {
			got = m["string"]
		}
		if err != nil || got != v {
			t.Errorf("%v is read as %v, %v", v, got, err)
		}
	}
}

func TestTheNullUnionNeedsNoMemory(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(`["null"]`)
	if _, err := readAs[struct{}](s, s, write(t, s, nil)); err != nil {
		t.Error(err)
	}
}
