//go:build amd64 || arm64

package hyperpb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	buf "buf.build/go/hyperpb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/hyperpb"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

const text = `syntax = "proto3"; package acme;
message Event {
	string id = 1; repeated int64 codes = 2; map<string, Event> more = 3; optional double ratio = 4; Kind kind = 5;
	oneof choice { bytes raw = 6; Event inner = 7; }
	enum Kind { NONE = 0; SOME = 1; }
}`

const sample = `{"id":"é","codes":["1","-300"],"more":{"k":{"id":"x"}},"ratio":0,"kind":"SOME","inner":{"raw":"AAE="}}`

var (
	ctx   = context.Background()
	field = serde.ValueOf("events")
)

// written is the sample, as a record and as a dynamic message.
func written(t testing.TB, reg *serdetest.Registry) (serde.Data, proto.Message) {
	t.Helper()
	format := protobuf.Dynamic(protobuf.WithSchema(text))
	m, err := format.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := protojson.Unmarshal([]byte(sample), m); err != nil {
		t.Fatal(err)
	}
	s, err := serde.NewSerializer(reg, format, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.AppendSerialize(ctx, nil, field, m.(*dynamicpb.Message))
	if err != nil {
		t.Fatal(err)
	}
	return data, m
}

func TestMessagesAreTheSameAsDynamicpbs(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	data, want := written(t, reg)
	d, err := serde.NewDeserializer(reg, hyperpb.Dynamic())
	if err != nil {
		t.Fatal(err)
	}
	var m *buf.Message
	if _, err := d.Deserialize(ctx, field, data, &m); err != nil {
		t.Fatal(err)
	}
	got, err := protobuf.AppendJSON(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	back := dynamicpb.NewMessage(want.ProtoReflect().Descriptor())
	if err := protojson.Unmarshal(got, back); err != nil || !proto.Equal(back, want) {
		t.Errorf("%s, %v", got, err)
	}
	clear(data.Bytes) // nothing of the payload is kept
	if again, err := protobuf.AppendJSON(nil, m); err != nil || len(again) < len(sample)/2 || !slices.Equal(slices.DeleteFunc(again, blank), slices.DeleteFunc(got, blank)) {
		t.Errorf("%s, %v", again, err)
	}
	if _, err := d.Deserialize(ctx, field, serde.Data{}, &m); err != nil || m != nil {
		t.Errorf("a tombstone: %v, %v", m, err)
	}
}

func blank(c byte) bool { return c == ' ' }

func TestBadPayloadsAreTypedErrors(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	data, _ := written(t, reg)
	d, err := serde.NewDeserializer(reg, hyperpb.Dynamic())
	if err != nil {
		t.Fatal(err)
	}
	nested := []byte{}
	for range 2000 {
		nested = append(protowire.AppendVarint([]byte{7<<3 | 2}, uint64(len(nested))), nested...)
	}
	for name, c := range map[string]struct {
		payload []byte
		class   serde.Class
	}{
		"cut off":                {[]byte{0x0a, 5, 'a'}, serde.Truncated},
		"no UTF-8":               {[]byte{0x0a, 1, 0xff}, serde.Malformed},
		"field number 0":         {[]byte{0, 0}, serde.Malformed},
		"an end without a group": {[]byte{0x7c}, serde.Malformed},
		"a length of 2^63":       {[]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, serde.Truncated},
		"too deep":               {nested, serde.LimitExceeded},
	} {
		var m *buf.Message
		_, err := d.Deserialize(ctx, field, serde.Data{Bytes: append(slices.Clone(data.Bytes[:6]), c.payload...)}, &m)
		if _, ok := errors.AsType[*protobuf.DecodeError](err); !ok || !errors.Is(err, c.class) {
			t.Errorf("%s: %v, want class %v", name, err, c.class)
		}
	}
}

// hyperpb reads what dynamicpb reads. By itself it does not: it crashes at lengths near
// 2^64 and at a oneof that changes its mind, and refuses the entry of a map whose key is
// there twice.
func FuzzDecode(f *testing.F) {
	reg := new(serdetest.Registry)
	data, _ := written(f, reg)
	f.Add(data.Bytes[6:])
	fast, err := serde.NewDeserializer(reg, hyperpb.Dynamic())
	if err != nil {
		f.Fatal(err)
	}
	slow, err := serde.NewDeserializer(reg, protobuf.Dynamic())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		data := serde.Data{Bytes: append(slices.Clone(data.Bytes[:6]), payload...)}
		var a *buf.Message
		var b *dynamicpb.Message
		_, err := fast.Deserialize(ctx, field, data, &a)
		_, err2 := slow.Deserialize(ctx, field, data, &b)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%x: hyperpb: %v, dynamicpb: %v", payload, err, err2)
		}
		if err != nil {
			return
		}
		x, err := protobuf.AppendJSON(nil, a)
		y, err2 := protobuf.AppendJSON(nil, b)
		if (err == nil) != (err2 == nil) || len(x) != len(y) {
			t.Fatalf("%x: %s (%v), %s (%v)", payload, x, err, y, err2)
		}
	})
}

func TestFieldNumbersOfAnySizeAreRead(t *testing.T) {
	t.Parallel()
	for _, number := range []int{1, 15, 16, 127, 2047, 2048, 4096, 262143, 262144, 1 << 25, 1<<29 - 1} {
		format := protobuf.Dynamic(protobuf.WithSchema(fmt.Sprintf(`syntax = "proto3"; message M { string s = %d; }`, number)))
		m, err := format.New()
		if err != nil {
			t.Fatal(err)
		}
		if err := protojson.Unmarshal([]byte(`{"s":"x"}`), m); err != nil {
			t.Fatal(err)
		}
		reg := new(serdetest.Registry)
		s, err := serde.NewSerializer(reg, format, serde.WithWriterSchema(serde.AutoRegister()))
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.AppendSerialize(ctx, nil, field, m.(*dynamicpb.Message))
		if err != nil {
			t.Fatal(err)
		}
		d, err := serde.NewDeserializer(reg, hyperpb.Dynamic())
		if err != nil {
			t.Fatal(err)
		}
		var got *buf.Message
		if _, err := d.Deserialize(ctx, field, data, &got); err != nil {
			t.Errorf("field number %d: %v", number, err)
		}
	}
}
