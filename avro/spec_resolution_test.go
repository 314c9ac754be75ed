package avro_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// specKinds is a schema of each kind, a datum of it, and a Go type that reads it. The three
// named types have one name, so that names are no reason to refuse.
var specKinds = []struct {
	kind    avro.Kind
	text    string
	written any
	typed   reader
	value   any // of the Go type
}{
	{avro.Null, `"null"`, nil, readAs[struct{}], struct{}{}},
	{avro.Boolean, `"boolean"`, true, readAs[bool], true},
	{avro.Int, `"int"`, int32(5), readAs[int32], int32(5)},
	{avro.Long, `"long"`, int64(5), readAs[int64], int64(5)},
	{avro.Float, `"float"`, float32(5), readAs[float32], float32(5)},
	{avro.Double, `"double"`, 5.0, readAs[float64], 5.0},
	{avro.Bytes, `"bytes"`, []byte("5"), readAs[[]byte], []byte("5")},
	{avro.String, `"string"`, "5", readAs[string], "5"},
	{avro.Record, `{"type":"record","name":"N","fields":[]}`, map[string]any{}, readAs[struct{}], struct{}{}},
	{avro.Enum, `{"type":"enum","name":"N","symbols":["A"]}`, "A", readAs[string], "A"},
	{avro.Array, `{"type":"array","items":"int"}`, []any{int32(5)}, readAs[[]int32], []int32{5}},
	{avro.Map, `{"type":"map","values":"int"}`, map[string]any{"k": int32(5)}, readAs[map[string]int32], map[string]int32{"k": 5}},
	{avro.Union, `["null","int"]`, map[string]any{"int": int32(5)}, readAs[*int32], ptr(int32(5))},
	{avro.Fixed, `{"type":"fixed","name":"N","size":1}`, []byte("5"), readAs[[1]byte], [1]byte{'5'}},
}

// specMatches is the list of Avro 1.12, "Schema Resolution", for types that are no unions.
func specMatches(writer, reader avro.Kind) bool {
	promotions := map[avro.Kind][]avro.Kind{
		avro.Int: {avro.Long, avro.Float, avro.Double}, avro.Long: {avro.Float, avro.Double}, avro.Float: {avro.Double},
		avro.String: {avro.Bytes}, avro.Bytes: {avro.String},
	}
	return writer == reader || slices.Contains(promotions[writer], reader)
}

// specReads tells whether a datum of kind w is read as r, where unions are those of specKinds.
func specReads(w, r avro.Kind) bool {
	if r == avro.Union {
		return w == avro.Null || w == avro.Int || w == avro.Union
	}
	return specMatches(w, r)
}

func TestSpecEveryKindReadAsEveryKind(t *testing.T) {
	t.Parallel()
	places := []struct {
		text func(typ string) string
		wrap func(v any) any
	}{
		{func(typ string) string { return typ }, func(v any) any { return v }},
		{func(typ string) string {
			return `{"type":"record","name":"R","fields":[{"name":"f","type":` + typ + `}]}`
		}, func(v any) any { return map[string]any{"f": v} }},
		{func(typ string) string { return `{"type":"array","items":` + typ + `}` }, func(v any) any { return []any{v, v} }},
		{func(typ string) string { return `{"type":"map","values":` + typ + `}` }, func(v any) any { return map[string]any{"k": v} }},
	}
	for _, w := range specKinds {
		for _, r := range specKinds {
			written, allowed, always := w.kind, specReads(w.kind, r.kind), specReads(w.kind, r.kind)
			if w.kind == avro.Union { // the data take the branch int
				written = avro.Int
				allowed, always = specReads(written, r.kind), specReads(written, r.kind) && specReads(avro.Null, r.kind)
			}
			want, value := r.written, r.value
			if r.kind == avro.Union && written == avro.Null {
				want, value = nil, (*int32)(nil)
			}
			for _, p := range places {
				ws, rs := avro.MustParse(p.text(w.text)), avro.MustParse(p.text(r.text))
				if found := avro.CheckCompatibility(ws, rs); (len(found) == 0) != always {
					t.Errorf("%s read as %s: %v, want compatible: %v", ws, rs, found, always)
				}
				got, err := readAs[any](ws, rs, write(t, ws, p.wrap(w.written)))
				switch {
				case allowed && (err != nil || !cmp.Equal(p.wrap(want), got)):
					t.Errorf("%s read as %s: %v, %v, want %v", ws, rs, got, err, p.wrap(want))
				case !allowed && !errors.Is(err, serde.Incompatible):
					t.Errorf("%s read as %s: %v, %v, want class %v", ws, rs, got, err, serde.Incompatible)
				}
			}
			ws, rs := avro.MustParse(w.text), avro.MustParse(r.text)
			got, err := r.typed(ws, rs, write(t, ws, w.written))
			switch {
			case allowed && (err != nil || !cmp.Equal(value, got)):
				t.Errorf("%s read as %s, typed: %v, %v, want %v", ws, rs, got, err, value)
			case !allowed && !errors.Is(err, serde.Incompatible):
				t.Errorf("%s read as %s, typed: %v, %v, want class %v", ws, rs, got, err, serde.Incompatible)
			}
		}
	}
}

// A promoted number is the one written, or the nearest there is.
func TestSpecPromotedNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule, writer, reader string
		written, want        any
	}{
		{"the least int to long", `"int"`, `"long"`, math.MinInt32, int64(math.MinInt32)},
		{"an int to the nearest float", `"int"`, `"float"`, 1<<24 + 1, float32(1 << 24)},
		{"the greatest int to float", `"int"`, `"float"`, math.MaxInt32, float32(1 << 31)},
		{"every int is a double", `"int"`, `"double"`, math.MaxInt32, float64(math.MaxInt32)},
		{"a long to the nearest float", `"long"`, `"float"`, int64(1)<<60 + 1<<37 - 1, float32(1<<60 + 1<<37)},
		{"a long to float, rounded once", `"long"`, `"float"`, int64(1)<<60 + 1<<36 + 1, float32(1<<60 + 1<<37)},
		{"the least long to float", `"long"`, `"float"`, int64(math.MinInt64), float32(-1 << 63)},
		{"a long to the nearest double", `"long"`, `"double"`, int64(1)<<53 + 1, float64(1 << 53)},
		{"the greatest long to double", `"long"`, `"double"`, int64(math.MaxInt64), float64(1 << 63)},
		{"a float to double is exact", `"float"`, `"double"`, float32(0.1), float64(float32(0.1))},
		{"float -0 to double", `"float"`, `"double"`, float32(math.Copysign(0, -1)), math.Copysign(0, -1)},
		{"float infinity to double", `"float"`, `"double"`, float32(math.Inf(-1)), math.Inf(-1)},
		{"the least float to double", `"float"`, `"double"`, float32(math.SmallestNonzeroFloat32), float64(math.SmallestNonzeroFloat32)},
		{"no string to bytes", `"string"`, `"bytes"`, "", []byte{}},
		{"no bytes to string", `"bytes"`, `"string"`, []byte{}, ""},
		{"a string's bytes are its UTF-8", `"string"`, `"bytes"`, "é", []byte{0xc3, 0xa9}},
	} {
		w, r := avro.MustParse(c.writer), avro.MustParse(c.reader)
		payload := write(t, w, c.written)
		got, err := readAs[any](w, r, payload)
		if d := cmp.Diff(c.want, got, sameBits); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, d)
		}
		checkTyped(t, c.rule, w, r, payload, got)
	}
}

// checkTyped reads payload into a Go type made for r, and compares with the dynamic value.
func checkTyped(t *testing.T, rule string, w, r *avro.Schema, payload []byte, want any) {
	t.Helper()
	if containsItself(r, nil) {
		return // reflection makes no such types
	}
	g := &generator{Rand: rand.New(rand.NewPCG(7, 7))}
	typ := g.goType(r)
	codec, err := avro.NewReflectCodec(w, r, typ)
	if err != nil {
		t.Errorf("%s: into %v: %v", rule, typ, err)
		return
	}
	v, err := codec.Decode(payload)
	if err != nil {
		t.Errorf("%s: into %v: %v", rule, typ, err)
		return
	}
	wire, err := codec.Encode(v)
	if err != nil {
		t.Errorf("%s: from %v: %v", rule, typ, err)
		return
	}
	got, err := readAs[any](r, r, wire)
	if d := cmp.Diff(want, got, sameBits, sameRat); err != nil || d != "" {
		t.Errorf("%s: into %v: %v (-dynamic +typed):\n%s", rule, typ, err, d)
	}
}

func containsItself(s *avro.Schema, within []*avro.Schema) bool {
	if slices.Contains(within, s) {
		return true
	}
	within = append(within, s)
	for _, b := range s.Branches() {
		if containsItself(b, within) {
			return true
		}
	}
	for _, f := range s.Fields() {
		if containsItself(f.Type(), within) {
			return true
		}
	}
	return s.Items() != nil && containsItself(s.Items(), within)
}
