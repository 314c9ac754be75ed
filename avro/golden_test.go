package avro_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// golden reads a payload that must never change: hexadecimal digits, lines beginning
// with # are comments.
func golden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/golden/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var digits strings.Builder
	for line := range strings.Lines(string(text)) {
		if line, _, _ = strings.Cut(line, "#"); line != "" {
			digits.WriteString(strings.Join(strings.Fields(line), ""))
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// everyKindValue is a value of everyKind, with the extremes of numbers.
func everyKindValue() map[string]any {
	inner := map[string]any{
		"b": false, "i": int32(math.MinInt32), "l": int64(math.MinInt64), "f": float32(-0.5), "d": math.MaxFloat64, "y": []byte{}, "s": "",
		"x": []byte{1, 2, 3}, "e": "A", "u": nil, "t": time.UnixMicro(-1).UTC(), "c": big.NewRat(-129, 100), "m": map[string]any{}, "r": nil, "z": []any{},
	}
	return map[string]any{
		"b": true, "i": int32(math.MaxInt32), "l": int64(math.MaxInt64), "f": float32(math.Pi), "d": -math.Pi, "y": []byte{0, 0xff}, "s": "Grüße, 世界",
		"x": []byte{0xff, 0, 0x80}, "e": "B", "u": map[string]any{"array": []any{nil, map[string]any{"long": int64(-65)}}}, "t": time.Date(2024, 9, 25, 10, 40, 0, 123456000, time.UTC),
		"c": big.NewRat(123456, 100), "m": map[string]any{"k": map[string]any{"n": nil}}, "r": map[string]any{"Every": inner}, "z": []any{map[string]any{}, map[string]any{}},
	}
}

func TestGoldenPayloadsBothDirections(t *testing.T) {
	t.Parallel()
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	payload := golden(t, "user_event.hex")
	got, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil || !bytes.Equal(got, payload) {
		t.Errorf("user event written as\n%x, %v, want\n%x", got, err, payload)
	}
	if v, err := readAs[userEvent](userEventParsed, userEventParsed, payload); err != nil {
		t.Error(err)
	} else if d := cmp.Diff(any(sampleEvent()), v); d != "" {
		t.Errorf("user event (-want +got):\n%s", d)
	}

	every := avro.MustParse(everyKind)
	payload = golden(t, "every_kind.hex")
	if got := write(t, every, everyKindValue()); !bytes.Equal(got, payload) {
		t.Errorf("every kind written as\n%x, want\n%x", got, payload)
	}
	if v, err := readAs[any](every, every, payload); err != nil {
		t.Error(err)
	} else if d := cmp.Diff(any(everyKindValue()), v, sameRat); d != "" {
		t.Errorf("every kind (-want +got):\n%s", d)
	}
	for n := range payload {
		if _, err := readAs[any](every, every, payload[:n]); !errors.Is(err, serde.Truncated) {
			t.Errorf("the first %d bytes of every kind: %v, want truncated", n, err)
		}
	}
}

// Other writers split arrays into blocks and give their sizes.
func TestBlocksAsOtherWritersMakeThem(t *testing.T) {
	t.Parallel()
	ints, doubles := avro.MustParse(`{"type":"array","items":"int"}`), avro.MustParse(`{"type":"array","items":"double"}`)
	maps := avro.MustParse(`{"type":"map","values":"string"}`)
	for _, c := range []struct {
		name    string
		schema  *avro.Schema
		payload []byte
		read    reader
		want    any
	}{
		{"two blocks", ints, long(1, 7, 2, 8, 9, 0), readAs[[]int32], []int32{7, 8, 9}},
		{"sizes given", ints, long(-1, 1, 7, -2, 2, 8, 9, 0), readAs[[]int32], []int32{7, 8, 9}},
		{"sizes given, converted", ints, long(-1, 1, 7, -2, 2, 8, 9, 0), readAs[[]int16], []int16{7, 8, 9}},
		{"sizes given, fixed size", doubles, join(long(-1, 8), make([]byte, 8), long(1), make([]byte, 8), long(0)), readAs[[]float64], []float64{0, 0}},
		{"map, the last of one key counts", maps, join(long(-1, 4), []byte{2, 'k', 2, 'a'}, long(1), []byte{2, 'k', 2, 'b'}, long(0)), readAs[map[string]string], map[string]string{"k": "b"}},
		{"dynamic map, the last of one key counts", maps, join(long(2), []byte{2, 'k', 2, 'a', 2, 'k', 2, 'b'}, long(0)), readAs[any], map[string]any{"k": "b"}},
		{"numbers in more bytes than they need", ints, []byte{0x82, 0x00, 0x8e, 0x80, 0x00, 0x80, 0x00}, readAs[[]int32], []int32{7}},
	} {
		got, err := c.read(c.schema, c.schema, c.payload)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		record := avro.MustParse(`{"type":"record","name":"W","fields":[{"name":"x","type":` + c.schema.String() + `},{"name":"y","type":"int"}]}`)
		rest := avro.MustParse(`{"type":"record","name":"W","fields":[{"name":"y","type":"int"}]}`)
		v, err := readAs[map[string]any](record, rest, append(c.payload[:len(c.payload):len(c.payload)], 10))
		if err != nil {
			t.Errorf("%s: skipped: %v", c.name, err)
		} else if d := cmp.Diff(any(map[string]any{"y": int32(5)}), v); d != "" {
			t.Errorf("%s: after skipping (-want +got):\n%s", c.name, d)
		}
	}
}

// What was decoded stays as it is when the same variable is decoded into again, and
// when the payload's memory is used for something else.
func TestDecodedValuesAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	payload := golden(t, "user_event.hex")
	dec, err := avro.NewDecoder[userEvent](userEventParsed, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v userEvent
	if err := dec.Decode(payload, &v); err != nil {
		t.Fatal(err)
	}
	first := v
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	other := userEvent{Kind: "VIEW", Tags: []string{"x", "y", "z"}, Referrer: ptr("elsewhere"), Attributes: map[string]string{"campaign": "none"}, Items: []item{{SKU: "q"}, {SKU: "r"}}}
	b, err := enc.AppendEncode(nil, other)
	if err != nil {
		t.Fatal(err)
	}
	if err := dec.Decode(b, &v); err != nil {
		t.Fatal(err)
	}
	clear(payload)
	if d := cmp.Diff(sampleEvent(), first); d != "" {
		t.Errorf("the first value has changed (-want +got):\n%s", d)
	}
	if v.Tags[0] != "x" || v.Device != (device{}) || *v.Referrer != "elsewhere" {
		t.Errorf("the second value: %+v", v)
	}
}
