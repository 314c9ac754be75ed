package avro_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

func TestTypedValueSurvivesTheRoundTrip(t *testing.T) {
	t.Parallel()
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[userEvent](userEventParsed, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := sampleEvent()
	b, err := enc.AppendEncode([]byte("x"), want)
	if err != nil {
		t.Fatal(err)
	}
	var got userEvent
	if err := dec.Decode(b[1:], &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("round trip (-want +got):\n%s", d)
	}
}

func BenchmarkEncodeUserEvent(b *testing.B) {
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		b.Fatal(err)
	}
	v, buf := sampleEvent(), make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := enc.AppendEncode(buf, v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeUserEvent(b *testing.B) {
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		b.Fatal(err)
	}
	dec, err := avro.NewDecoder[userEvent](userEventParsed, nil)
	if err != nil {
		b.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		var v userEvent
		if err := dec.Decode(payload, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeUserEventDynamic(b *testing.B) {
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		b.Fatal(err)
	}
	dec, err := avro.NewDecoder[map[string]any](userEventParsed, nil)
	if err != nil {
		b.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var v map[string]any
		if err := dec.Decode(payload, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompileUserEvent(b *testing.B) {
	for b.Loop() {
		if _, err := avro.NewDecoder[userEvent](userEventParsed, userEventParsed); err != nil {
			b.Fatal(err)
		}
	}
}
