package protobuf_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/serde/serdetest"
)

// Reading and writing a warm record allocates what proto.Unmarshal and proto.Marshal do,
// and no more.
func TestAllocationsAreThoseOfTheRuntime(t *testing.T) {
	reg := new(serdetest.Registry)
	event := sampleEvent()
	s := newSerializer(t, reg, protobuf.For[*testpb.UserEvent]())
	data := serialize(t, s, event)
	payload := data.Bytes[6:]
	buffer := make([]byte, 0, 1024)

	count := func(name string, f func() error) float64 {
		t.Helper()
		if err := f(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return testing.AllocsPerRun(100, func() { _ = f() })
	}
	marshal := count("marshal", func() error { _, err := proto.MarshalOptions{}.MarshalAppend(buffer, event); return err })
	if n := count("serialize", func() error { _, err := s.AppendSerialize(ctx, buffer, field, event); return err }); n > marshal && !raceEnabled {
		t.Errorf("writing: %v allocations, and %v of proto's", n, marshal)
	}
	unmarshal := count("unmarshal", func() error { return proto.Unmarshal(payload, new(testpb.UserEvent)) })
	d := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent]())
	var v *testpb.UserEvent // a record's field: the message in it is new each time
	if n := count("deserialize", func() error { _, err := d.Deserialize(ctx, field, data, &v); return err }); n > unmarshal && !raceEnabled {
		t.Errorf("reading: %v allocations, and %v of proto's", n, unmarshal)
	}
	reused := new(testpb.UserEvent)
	again := count("unmarshal again", func() error { return proto.Unmarshal(payload, reused) })
	r := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent](protobuf.ReuseMessages()))
	if n := count("reuse", func() error { _, err := r.Deserialize(ctx, field, data, &reused); return err }); n > again && !raceEnabled {
		t.Errorf("reading into the same message: %v allocations, and %v of proto's", n, again)
	}
	var dynamic *dynamicpb.Message
	dd := newDeserializer(t, reg, protobuf.Dynamic())
	read := func() error { _, err := dd.Deserialize(ctx, field, data, &dynamic); return err }
	if err := read(); err != nil {
		t.Fatal(err)
	}
	descriptor := dynamic.Descriptor()
	plain := count("dynamicpb", func() error { return proto.Unmarshal(payload, dynamicpb.NewMessage(descriptor)) })
	if n := count("dynamic", read); n > plain && !raceEnabled {
		t.Errorf("reading dynamically: %v allocations, and %v of dynamicpb's", n, plain)
	}
}
