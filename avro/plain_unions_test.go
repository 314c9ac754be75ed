package avro_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

func TestPlainUnionsAreTheValuesThemselves(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(`{"type":"record","name":"R","fields":[
		{"name":"a","type":["null","string"]},{"name":"b","type":["null","string"]},
		{"name":"c","type":{"type":"array","items":["int","string",{"type":"record","name":"P","fields":[{"name":"x","type":["null","int"]}]}]}}]}`)
	enc, err := avro.NewEncoder[map[string]any](s)
	if err != nil {
		t.Fatal(err)
	}
	plain := map[string]any{"a": nil, "b": "x", "c": []any{int32(1), "y", map[string]any{"x": int32(2)}}}
	payload, err := enc.AppendEncode(nil, map[string]any{
		"a": nil, "b": map[string]any{"string": "x"},
		"c": []any{map[string]any{"int": int32(1)}, map[string]any{"string": "y"}, map[string]any{"P": map[string]any{"x": map[string]any{"int": int32(2)}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[map[string]any](s, nil, avro.PlainUnions())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := dec.Decode(payload, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	again, err := enc.AppendEncode(nil, got)
	if err != nil || string(again) != string(payload) {
		t.Errorf("written again: % x, %v, want % x", again, err, payload)
	}
}
