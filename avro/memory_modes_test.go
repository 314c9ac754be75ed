package avro_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
)

func TestWithoutOptionsNothingIsSharedWithThePayloadOrTheValueBefore(t *testing.T) {
	t.Parallel()
	schema := avro.MustParse(userEventSchema)
	payload := encodeEvent(t, schema)
	dec, err := avro.NewDecoder[userEvent](schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	var v userEvent
	if err := dec.Decode(payload, &v); err != nil {
		t.Fatal(err)
	}
	before := v
	clear(payload)
	if err := dec.Decode(encodeEvent(t, schema), &v); err != nil {
		t.Fatal(err)
	}
	v.Tags[0], v.Attributes["new"], *v.Referrer, v.Items[0].SKU = "changed", "x", "changed", "changed"
	if d := cmp.Diff(sampleEvent(), before); d != "" {
		t.Errorf("the value read first (-want +got):\n%s", d)
	}
}

func TestStringsInPayloadAreThePayloads(t *testing.T) {
	t.Parallel()
	if pureGo {
		t.Skip("the purego build copies")
	}
	schema := avro.MustParse(`"string"`)
	dec, err := avro.NewDecoder[string](schema, nil, avro.StringsInPayload())
	if err != nil {
		t.Fatal(err)
	}
	var s string
	payload := []byte("\x06abc")
	if err := dec.Decode(payload, &s); err != nil {
		t.Fatal(err)
	}
	if payload[1] = 'x'; s != "xbc" {
		t.Errorf("%q, want the string to lie in the payload", s)
	}
	if err := dec.Decode([]byte{0}, &s); err != nil || s != "" {
		t.Errorf("%q, %v, want an empty string", s, err)
	}
	if err := dec.Decode([]byte("\x02\xff"), &s); err == nil {
		t.Error("a string that is not UTF-8 is taken")
	}
}

func TestOnlySmallPayloadsThatAreGivenAreKept(t *testing.T) {
	t.Parallel()
	dec, err := avro.NewDecoder[string](avro.MustParse(`"string"`), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		payload string
		kept    bool
	}{
		{"\x06abc", !pureGo},
		{"\x88\x08" + strings.Repeat("a", 516), false}, // more than a string of any payload keeps alive
	} {
		payload := []byte(c.payload)
		var s string
		if err := dec.DecodeGiven(payload, &s); err != nil {
			t.Fatal(err)
		}
		if payload[2] = 'x'; strings.Contains(s, "x") != c.kept {
			t.Errorf("a payload of %d bytes: kept is %v, want %v", len(payload), !c.kept, c.kept)
		}
		if err := dec.Decode(payload, &s); err != nil {
			t.Fatal(err)
		}
		if payload[2] = 'y'; strings.Contains(s, "y") {
			t.Error("a payload is kept that was not given away")
		}
	}
}

func TestReuseMemoryAllocatesNothing(t *testing.T) {
	if pureGo || raceEnabled {
		t.Skip("allocates")
	}
	schema := avro.MustParse(userEventSchema)
	payload := encodeEvent(t, schema)
	dec, err := avro.NewDecoder[userEvent](schema, nil, avro.StringsInPayload(), avro.ReuseMemory())
	if err != nil {
		t.Fatal(err)
	}
	var v userEvent
	if n := testing.AllocsPerRun(100, func() {
		if err := dec.Decode(payload, &v); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if d := cmp.Diff(sampleEvent(), v); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func encodeEvent(t *testing.T, schema *avro.Schema) []byte {
	t.Helper()
	enc, err := avro.NewEncoder[userEvent](schema)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := enc.AppendEncode(nil, sampleEvent())
	if err != nil {
		t.Fatal(err)
	}
	return payload
}
