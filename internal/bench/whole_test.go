package bench

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWholesAgree(t *testing.T) {
	t.Parallel()
	for _, w := range wholes(t) {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			b, err := w.serialize()
			if err != nil {
				t.Fatal(err)
			}
			payload := eventRecord().payload()
			switch w.name {
			case "concord-codec":
				if !bytes.Equal(b, payload) {
					t.Error("the codec writes other bytes than hand-written code")
				}
			case "confluent-default": // another schema, which only it knows
				if len(b) < 5+len(payload) {
					t.Errorf("%d bytes hold no event of %d", len(b), len(payload))
				}
			default:
				if v, err := eventRecord().reads(b[5:]); err != nil || eventRecord().differs(v) != "" {
					t.Errorf("serializes another event, error %v", err)
				}
			}
			if e, err := w.deserialize(); err != nil || !cmp.Equal(*e, sampleEvent()) {
				t.Errorf("deserializes another event, error %v", err)
			}
			if w.resolve == nil {
				return
			}
			if e, err := w.resolve(); err != nil || !cmp.Equal(*e, sampleLaterEvent()) {
				t.Errorf("resolves to another event, error %v: %s", err, cmp.Diff(sampleLaterEvent(), *e))
			}
		})
	}
}

func BenchmarkSerialize(b *testing.B) {
	for _, w := range wholes(b) {
		measure(b, w.name, w.serialize)
	}
}

func BenchmarkDeserialize(b *testing.B) {
	for _, w := range wholes(b) {
		measure(b, w.name, w.deserialize)
	}
}

func BenchmarkDeserializeResolving(b *testing.B) {
	for _, w := range wholes(b) {
		if w.resolve != nil {
			measure(b, w.name, w.resolve)
		}
	}
}
