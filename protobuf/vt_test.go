package protobuf_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

func TestTheMethodsOfVtprotobufAreUsed(t *testing.T) {
	reg := new(serdetest.Registry)
	s, d := newSerializer(t, reg, protobuf.For[*testpb.Fast]()), newDeserializer(t, reg, protobuf.For[*testpb.Fast](protobuf.ReuseMessages()))
	v := &testpb.Fast{Id: "u"}
	calls := testpb.VTCalls.Load()
	data := serialize(t, s, v)
	if want := unhex(t, "00 00000001 00 0a0175"); !bytes.Equal(data.Bytes, want) || testpb.VTCalls.Load() != calls+2 {
		t.Errorf("%x after %d calls, want %x", data.Bytes, testpb.VTCalls.Load()-calls, want)
	}
	got := &testpb.Fast{Id: "before"}
	kept := got
	if _, err := d.Deserialize(ctx, field, data, &got); err != nil || got.Id != "u" || got != kept || testpb.VTCalls.Load() != calls+3 {
		t.Errorf("%q, %v, %d calls", got.Id, err, testpb.VTCalls.Load()-calls)
	}
	if _, err := s.AppendSerialize(ctx, nil, field, &testpb.Fast{Id: "refused"}); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("%v", err)
	}
	if _, err := d.Deserialize(ctx, field, serde.Data{Bytes: unhex(t, "00 00000001 00 0a02")}, &got); !errors.Is(err, serde.Truncated) {
		t.Errorf("%v", err)
	}
	calls = testpb.VTCalls.Load()
	for _, f := range []*protobuf.Format[*testpb.Fast]{protobuf.For[*testpb.Fast](protobuf.Deterministic()), protobuf.For[*testpb.Fast](protobuf.WithoutGeneratedMethods())} {
		if again := serialize(t, newSerializer(t, reg, f), v); testpb.VTCalls.Load() != calls || !bytes.Equal(again.Bytes, data.Bytes) {
			t.Errorf("%x, and %d calls", again.Bytes, testpb.VTCalls.Load()-calls)
		}
	}
}

func TestAMessageThatMayContainItselfIsReadWithALimit(t *testing.T) {
	reg := new(serdetest.Registry)
	data := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.FastTree]()), &testpb.FastTree{Inner: &testpb.FastTree{Id: "i"}})
	d := newDeserializer(t, reg, protobuf.For[*testpb.FastTree]())
	var v *testpb.FastTree
	if _, err := d.Deserialize(ctx, field, data, &v); err != nil || v.GetInner().GetId() != "i" {
		t.Errorf("%v, %v", v, err)
	}
	data.Bytes = append(data.Bytes[:len(data.Bytes):len(data.Bytes)], nest(nil, 2, 100_000)...)
	if _, err := d.Deserialize(ctx, field, data, &v); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("%v", err)
	}
}
