package avro_test

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/linkedin/goavro/v2"

	"github.com/concord-go/concord/avro"
)

// Dynamic values are goavro's: both write the same bytes for them and read the same
// values from those, for random schemas of everything that goavro has.
func TestDynamicValuesAreThoseOfGoavro(t *testing.T) {
	t.Parallel()
	if strconv.IntSize < 64 {
		t.Skip("goavro reads large ints wrongly where Go's int has 32 bits")
	}
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2))}
	for range 1500 {
		schema := g.schema(3)
		s, err := avro.Parse(schema.text)
		if err != nil {
			t.Fatalf("%s: %v", schema.text, err)
		}
		theirs, err := goavro.NewCodec(schema.text)
		if err != nil {
			t.Fatalf("goavro: %s: %v", schema.text, err)
		}
		enc, err := avro.NewEncoder[any](s)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := avro.NewDecoder[any](s, nil)
		if err != nil {
			t.Fatal(err)
		}
		record := avro.MustParse(`{"type":"record","name":"Outer","fields":[{"name":"x","type":` + schema.text + `}]}`)
		skip, err := avro.NewDecoder[nothing](record, avro.MustParse(`{"type":"record","name":"Outer","fields":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			v := schema.value()
			want, err := theirs.BinaryFromNative(nil, v)
			if err != nil {
				t.Fatalf("goavro: %s: %v: %v", schema.text, v, err)
			}
			got, err := enc.AppendEncode(nil, v)
			if err != nil {
				t.Fatalf("%s: %v: %v", schema.text, v, err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%s: %v: % x, goavro writes % x", schema.text, v, got, want)
			}
			wantValue, _, err := theirs.NativeFromBinary(got)
			if err != nil {
				t.Fatalf("goavro: %s: % x: %v", schema.text, got, err)
			}
			var gotValue any
			if err := dec.Decode(got, &gotValue); err != nil {
				t.Fatalf("%s: % x: %v", schema.text, got, err)
			}
			if d := cmp.Diff(wantValue, gotValue, sameRat); d != "" {
				t.Fatalf("%s: % x (-goavro +concord):\n%s", schema.text, got, d)
			}
			if d := cmp.Diff(v, gotValue, sameRat); d != "" {
				t.Fatalf("%s: the round trip changed the value (-want +got):\n%s", schema.text, d)
			}
			if err := skip.Decode(got, &nothing{}); err != nil {
				t.Fatalf("%s: % x: skipping: %v", schema.text, got, err)
			}
			for n := range got {
				if err := dec.Decode(got[:n], &gotValue); err == nil {
					t.Fatalf("%s: the first %d bytes of % x are taken", schema.text, n, got)
				}
				if err := skip.Decode(got[:n], &nothing{}); err == nil {
					t.Fatalf("%s: skipping takes the first %d bytes of % x", schema.text, n, got)
				}
			}
		}
	}
}

// What a typed encoder writes goavro reads, and the other way round.
func TestTypedEventsAreReadByGoavro(t *testing.T) {
	t.Parallel()
	codec, err := goavro.NewCodec(userEventSchema)
	if err != nil {
		t.Fatal(err)
	}
	enc, err := avro.NewEncoder[userEvent](userEventParsed)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := avro.NewDecoder[userEvent](userEventParsed, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		t.Fatal(err)
	}
	native, rest, err := codec.NativeFromBinary(b)
	if err != nil || len(rest) > 0 {
		t.Fatalf("goavro: %v, %d bytes left", err, len(rest))
	}
	again, err := codec.BinaryFromNative(nil, native)
	if err != nil {
		t.Fatal(err)
	}
	var got userEvent
	if err := dec.Decode(again, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sampleEvent(), got); d != "" {
		t.Fatalf("through goavro (-want +got):\n%s", d)
	}
}
