package integration

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

type apicurioEvent struct {
	ID    string `avro:"id" json:"id"`
	Count int64  `avro:"count" json:"count"`
}

func apicurioClient(t *testing.T) *registry.Client {
	t.Helper()
	client, err := registry.NewClient(apicurioURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	return client
}

// goesThere writes with what a program registers, reads with a client that knows nothing yet, and writes again with
// the latest version.
func goesThere[T any](t *testing.T, topic string, format serde.Format[T], v T, same func(a, b T) bool) {
	t.Helper()
	for _, choice := range []serde.WriterSchemaChoice{serde.AutoRegister(), serde.Latest()} {
		s, err := serde.NewSerializer(apicurioClient(t), format, serde.WithWriterSchema(choice))
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), v)
		if err != nil {
			t.Fatal(err)
		}
		d, err := serde.NewDeserializer(apicurioClient(t), format)
		if err != nil {
			t.Fatal(err)
		}
		var got T
		if _, err := d.Deserialize(t.Context(), serde.ValueOf(topic), data, &got); err != nil || !same(v, got) {
			t.Errorf("%s: %v, %v; want %v", topic, got, err, v)
		}
	}
}

func TestSerdesWorkOnApicurio(t *testing.T) {
	apicurioURL(t)
	event := apicurioEvent{"u1", 1 << 60}
	equal := func(a, b apicurioEvent) bool { return a == b }
	t.Run("Avro", func(t *testing.T) { goesThere(t, "avro", avro.For[apicurioEvent](), event, equal) })
	t.Run("JSON Schema", func(t *testing.T) { goesThere(t, "json", jsonschema.For[apicurioEvent](), event, equal) })
	t.Run("Avro with a reference", func(t *testing.T) {
		const address = `{"type":"record","name":"Address","namespace":"com.other","fields":[{"name":"city","type":"string"}]}`
		const person = `{"type":"record","name":"Person","namespace":"com.example","fields":[{"name":"home","type":"com.other.Address"}]}`
		type home struct {
			City string `avro:"city"`
		}
		type who struct {
			Home home `avro:"home"`
		}
		f := avro.For[who](avro.WithSchema(person, &serde.Definition{Name: "com.other.Address", Subject: "com.other.Address", Schema: registry.Schema{Text: address}}))
		goesThere(t, "person", f, who{home{"Bern"}}, func(a, b who) bool { return a == b })
	})
	t.Run("Protobuf", func(t *testing.T) {
		f := protobuf.Dynamic(protobuf.WithSchema(`syntax = "proto3"; package shop; message Other { string x = 1; } message Order { string id = 1; map<string, int64> counts = 2; }`), protobuf.WithMessage("shop.Order"))
		m, err := f.New()
		if err != nil {
			t.Fatal(err)
		}
		id := m.ProtoReflect().Descriptor().Fields().ByName("id")
		m.ProtoReflect().Set(id, protoreflect.ValueOfString("o1"))
		goesThere(t, "shop", f, m.(*dynamicpb.Message), func(a, b *dynamicpb.Message) bool {
			x, errX := proto.MarshalOptions{Deterministic: true}.Marshal(a)
			y, errY := proto.MarshalOptions{Deterministic: true}.Marshal(b)
			return errX == nil && errY == nil && string(x) == string(y)
		})
	})
	t.Run("evolution", func(t *testing.T) {
		const v1 = `{"type":"record","name":"User","fields":[{"name":"id","type":"int"}]}`
		const v2 = `{"type":"record","name":"User","fields":[{"name":"id","type":"long"},{"name":"name","type":"string","default":"?"}]}`
		s, err := serde.NewSerializer(apicurioClient(t), avro.Dynamic(v1), serde.WithWriterSchema(serde.AutoRegister()))
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf("users"), map[string]any{"id": int32(7)})
		if err != nil {
			t.Fatal(err)
		}
		d, err := serde.NewDeserializer(apicurioClient(t), avro.Dynamic(v2))
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if _, err := d.Deserialize(t.Context(), serde.ValueOf("users"), data, &got); err != nil || got["id"] != int64(7) || got["name"] != "?" {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("an incompatible schema is refused", func(t *testing.T) {
		client := apicurioClient(t)
		if _, err := client.Register(t.Context(), "strict", registry.Schema{Text: `"int"`}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.SetConfig(t.Context(), registry.OfSubject("strict"), registry.Config{Compatibility: registry.LevelBackward}); err != nil {
			t.Fatal(err)
		}
		_, err := client.Register(t.Context(), "strict", registry.Schema{Text: `"string"`})
		if !errors.Is(err, registry.ErrIncompatible) {
			t.Errorf("%v, want that it is incompatible", err)
		}
	})
	t.Run("nothing is there", func(t *testing.T) {
		s, err := serde.NewSerializer(apicurioClient(t), avro.For[apicurioEvent]())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf("nothing"), event); !errors.Is(err, serde.NotRegistered) {
			t.Errorf("%v, want NotRegistered", err)
		}
	})
}
