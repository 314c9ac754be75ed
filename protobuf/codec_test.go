package protobuf_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

var (
	ctx   = context.Background()
	field = serde.ValueOf("events")
)

func fromJSON(t testing.TB, text string, m proto.Message) {
	t.Helper()
	if err := protojson.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
}

func newSerializer[T any](t testing.TB, reg registry.Resolver, f serde.Format[T], opts ...serde.SerializerOption) *serde.Serializer[T] {
	t.Helper()
	s, err := serde.NewSerializer(reg, f, append([]serde.SerializerOption{serde.WithWriterSchema(serde.AutoRegister())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newDeserializer[T any](t testing.TB, reg registry.Source, f serde.Format[T]) *serde.Deserializer[T] {
	t.Helper()
	d, err := serde.NewDeserializer(reg, f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func serialize[T any](t testing.TB, s *serde.Serializer[T], v T) serde.Data {
	t.Helper()
	data, err := s.AppendSerialize(ctx, nil, field, v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func register(t testing.TB, reg *serdetest.Registry, subject registry.Subject, text string, references ...registry.Reference) registry.SchemaID {
	t.Helper()
	r, err := reg.Register(ctx, subject, registry.Schema{Text: text, Type: registry.Protobuf, References: references})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The rules: 00, the id in four bytes, the number of indexes and each of them as
// zig-zag varints, [0] as the single byte 00, and the message.
func TestGoldenFrames(t *testing.T) {
	t.Parallel()
	check := func(name, want string, write func(reg *serdetest.Registry) serde.Data) {
		t.Helper()
		if data := write(new(serdetest.Registry)); !bytes.Equal(data.Bytes, unhex(t, want)) || data.Headers != nil {
			t.Errorf("%s: %x, want %s", name, data.Bytes, want)
		}
	}
	check("first message", "00 00000001 00 0a0178", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.First]()), &testpb.First{Id: "x"})
	})
	check("second message", "00 00000001 02 02", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Outer]()), &testpb.Outer{})
	})
	// Outer is 1; in it Beside is 0, Middle 1; in that Other is 0, Inner 1. The entries of maps do not count.
	check("nested three deep", "00 00000001 06 02 02 02 0a0178", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Outer_Middle_Inner]()), &testpb.Outer_Middle_Inner{Id: "x"})
	})
	check("nested, the first of the second", "00 00000001 04 02 00", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Outer_Beside]()), &testpb.Outer_Beside{})
	})
	check("the 50th", "00 00000001 02 62 0801", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Many49]()), &testpb.Many49{Value: 1})
	})
	check("the 65th, an index of two bytes", "00 00000001 02 8001 0801", func(reg *serdetest.Registry) serde.Data {
		return serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Many64]()), &testpb.Many64{Value: 1})
	})

	reg := new(serdetest.Registry)
	data := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Outer_Beside](), serde.WithFraming(serde.HeaderFraming())), &testpb.Outer_Beside{Id: "x"})
	if len(data.Headers) != 1 || data.Headers[0].Key != "__value_schema_id" || !bytes.Equal(data.Bytes, unhex(t, "0a0178")) {
		t.Fatalf("header framing: %+v", data)
	}
	if h := data.Headers[0].Value; len(h) != 17+3 || h[0] != 1 || !bytes.Equal(h[17:], unhex(t, "04 02 00")) {
		t.Errorf("header %x, want 01, 16 bytes, 04 02 00", h)
	}
	empty := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.Outer_Beside](), serde.WithFraming(serde.HeaderFraming())), &testpb.Outer_Beside{})
	if empty.Bytes == nil || len(empty.Bytes) != 0 {
		t.Errorf("a message with nothing set: %#v, want no bytes and no tombstone", empty.Bytes)
	}
}

// Both forms of [0] are read, and either way to count map entries.
func TestIndexesAreReadHoweverOtherClientsWriteThem(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	// As a registry lays it out: fields, and with them the maps, before messages.
	register(t, reg, "events-value", mustParse(t, sources(t)["acme/events/nested.proto"]).String())
	read := func(indexes string, want string) {
		t.Helper()
		data := serde.Data{Bytes: append([]byte{0, 0, 0, 0, 1}, unhex(t, indexes+"0a0178")...)}
		var first *testpb.First
		var inner *testpb.Outer_Middle_Inner
		_, err := newDeserializer(t, reg, protobuf.For[*testpb.First]()).Deserialize(ctx, field, data, &first)
		if (err == nil) != (want == "First") || err == nil && first.GetId() != "x" {
			t.Errorf("indexes %s as First: %v, want %s", indexes, err, want)
		}
		_, err = newDeserializer(t, reg, protobuf.For[*testpb.Outer_Middle_Inner]()).Deserialize(ctx, field, data, &inner)
		if (err == nil) != (want == "Inner") || err == nil && inner.GetId() != "x" {
			t.Errorf("indexes %s as Inner: %v, want %s", indexes, err, want)
		}
		var dynamic *dynamicpb.Message
		_, err = newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &dynamic)
		if err == nil && want != "" && !strings.HasSuffix(string(dynamic.Descriptor().FullName()), want) {
			t.Errorf("indexes %s: a %s, want %s", indexes, dynamic.Descriptor().FullName(), want)
		}
	}
	read("00", "First")
	read("02 00", "First")
	read("06 02 04 04", "Inner") // by the descriptor, maps counted
	read("06 02 02 02", "Inner") // by the text, without
}

func TestAnotherMessageIsRefusedByBothNames(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	data := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.UserDeleted]()), &testpb.UserDeleted{UserId: "u"})
	var v *testpb.UserEvent
	_, err := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent]()).Deserialize(ctx, field, data, &v)
	e, ok := errors.AsType[*protobuf.MessageMismatchError](err)
	if !ok || e.Writer != "acme.events.UserDeleted" || e.Reader != "acme.events.UserEvent" || !errors.Is(err, serde.Incompatible) || !serde.IsPoison(err) {
		t.Errorf("%v", err)
	}
	// A stated mapping: the fields that both have are read, others are kept.
	mapped := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent](protobuf.AcceptMessages("acme.events.UserDeleted")))
	if _, err := mapped.Deserialize(ctx, field, data, &v); err != nil || v.GetUserId() != "u" {
		t.Errorf("%v, %v", v, err)
	}
	for _, indexes := range []string{"02 0a", "04 00 0a", "08 00 00 00 00"} {
		bytes := append([]byte{0, 0, 0, 0, 4}, unhex(t, indexes)...)
		if _, err := mapped.Deserialize(ctx, field, serde.Data{Bytes: bytes}, &v); !errors.Is(err, serde.Malformed) {
			t.Errorf("indexes %s: %v, want class malformed", indexes, err)
		}
	}
}

func TestUnknownFieldsAreKeptThroughAnOlderProgram(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	newer := `syntax = "proto3"; package acme.events; message UserEvent { string user_id = 1; } message UserDeleted { string user_id = 1; int32 reason = 9; bytes more = 10; }`
	id := register(t, reg, "events-value", newer)
	payload := unhex(t, "0a0175 4807 5202beef")
	var v *testpb.UserDeleted
	d := newDeserializer(t, reg, protobuf.For[*testpb.UserDeleted]())
	if _, err := d.Deserialize(ctx, field, serde.Data{Bytes: slices.Concat([]byte{0, 0, 0, 0, byte(id), 2, 2}, payload)}, &v); err != nil || v.GetUserId() != "u" {
		t.Fatal(v, err)
	}
	again, err := proto.Marshal(v)
	if err != nil || !bytes.Equal(again, payload) {
		t.Errorf("%x, want %x (%v)", again, payload, err)
	}
	// It fits the newer schema, too, and so writes under it.
	s := newSerializer(t, reg, protobuf.For[*testpb.UserDeleted](), serde.WithWriterSchema(serde.Latest()))
	if data := serialize(t, s, v); !bytes.Equal(data.Bytes, slices.Concat([]byte{0, 0, 0, 0, byte(id), 2, 2}, payload)) {
		t.Errorf("%x", data.Bytes)
	}
}

func TestWhatDoesNotFitTheWriterSchemaIsListed(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	register(t, reg, "events-value", `syntax = "proto2"; package acme.events; message UserEvent {
		required string user_id = 1; optional int64 event_time = 2; optional sint32 kind = 3; optional string tags = 4; map<int32, string> attributes = 5;
		optional Place address = 6; message Place { optional int32 other = 9; } optional string device = 10; optional int64 job = 11; required string must = 99; optional string note = 8;
		repeated Item items = 9; message Item { optional string sku = 1; optional int32 quantity = 2; } }`)
	f := protobuf.For[*testpb.UserEvent]()
	s := newSerializer(t, reg, f, serde.WithWriterSchema(serde.Latest()))
	_, err := s.AppendSerialize(ctx, nil, field, sampleEvent())
	e, ok := errors.AsType[*protobuf.FitError](err)
	if !ok || !errors.Is(err, serde.TypeMismatch) {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range e.Mismatches {
		paths = append(paths, m.Path)
	}
	slices.Sort(paths)
	want := []string{"address.country", "address.street", "attributes", "event_time", "items.weight", "kind", "must", "price", "tags"}
	if !slices.Equal(paths, want) {
		t.Errorf("%q, want %q\n%v", paths, want, err)
	}
	register(t, reg, "events-value", `syntax = "proto3"; package acme.events; message UserEvent { string user_id = 1; }`)
	extra := newSerializer(t, reg, protobuf.For[*testpb.UserEvent](protobuf.AllowExtraFields()), serde.WithWriterSchema(serde.Latest()))
	if _, err := extra.AppendSerialize(ctx, nil, field, sampleEvent()); err != nil {
		t.Error(err)
	}
	register(t, reg, "events-value", `syntax = "proto3"; package acme.other; message UserEvent { string user_id = 1; }`)
	other := newSerializer(t, reg, f, serde.WithWriterSchema(serde.Latest()))
	if _, err := other.AppendSerialize(ctx, nil, field, sampleEvent()); !errors.Is(err, serde.Incompatible) || !strings.Contains(err.Error(), "acme.other.UserEvent") {
		t.Error(err)
	}
}

// A text in another layout and order is the same schema as far as it counts.
func TestTheIndexesAreThoseOfTheRegisteredText(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	register(t, reg, "events-value", `syntax="proto3";package acme.events; message UserDeleted{string user_id=1;}
		// moved
		message Another { } message UserEvent { reserved 1 to 11; }`)
	s := newSerializer(t, reg, protobuf.For[*testpb.UserDeleted](), serde.WithWriterSchema(serde.Latest()))
	if data := serialize(t, s, &testpb.UserDeleted{UserId: "u"}); !bytes.Equal(data.Bytes, unhex(t, "00 00000001 00 0a0175")) {
		t.Errorf("%x", data.Bytes)
	}
}

func TestImportsAreRegisteredOnceAndBuiltinOnesNever(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	serialize(t, newSerializer(t, reg, protobuf.For[*testpb.UserEvent]()), sampleEvent())
	r, err := reg.Version(ctx, "events-value", registry.LatestVersion)
	if err != nil {
		t.Fatal(err)
	}
	want := []registry.Reference{
		{Name: "acme/parts/address.proto", Subject: "acme/parts/address.proto", Version: 1},
		{Name: "acme/parts/money.proto", Subject: "acme/parts/money.proto", Version: 1},
	}
	if !slices.Equal(r.References, want) || r.Type != registry.Protobuf {
		t.Errorf("%+v", r)
	}
	if r.ID != 4 { // country, address, money, and itself
		t.Errorf("id %d, want 4: four schemas", r.ID)
	}
	def, err := protobuf.For[*testpb.UserEvent](protobuf.WithReferenceSubjects(func(path string) registry.Subject {
		return registry.Subject(strings.ReplaceAll(strings.TrimSuffix(path, ".proto"), "/", "."))
	})).Definition()
	if err != nil || def.Imports[0].Subject != "acme.parts.address" || def.Imports[0].Imports[0] != def.Imports[1].Imports[0] {
		t.Errorf("%+v, %v", def, err)
	}
}

func TestDynamicReadsWhatItHasNoCodeFor(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	event := sampleEvent()
	data := serialize(t, newSerializer(t, reg, protobuf.For[*testpb.UserEvent]()), event)
	var v *dynamicpb.Message
	if _, err := newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &v); err != nil {
		t.Fatal(err)
	}
	got, err := protobuf.AppendJSON(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	back := new(testpb.UserEvent)
	if fromJSON(t, string(got), back); !proto.Equal(event, back) {
		t.Errorf("%s", got)
	}
	// And writes it again, under what is there.
	s := newSerializer(t, reg, protobuf.Dynamic(), serde.WithWriterSchema(serde.Latest()))
	again := serialize(t, s, v)
	var typed *testpb.UserEvent
	if _, err := newDeserializer(t, reg, protobuf.For[*testpb.UserEvent]()).Deserialize(ctx, field, again, &typed); err != nil || !proto.Equal(event, typed) {
		t.Errorf("%v, %v", typed, err)
	}
	deleted := newSerializer(t, reg, protobuf.Dynamic(protobuf.WithMessage("acme.events.UserDeleted")), serde.WithWriterSchema(serde.Latest()))
	if _, err := deleted.AppendSerialize(ctx, nil, field, v); !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("another message: %v", err)
	}
	var refused *dynamicpb.Message
	_, err = newDeserializer(t, reg, protobuf.Dynamic(protobuf.WithMessage("acme.events.UserDeleted"))).Deserialize(ctx, field, data, &refused)
	if e, ok := errors.AsType[*protobuf.MessageMismatchError](err); !ok || e.Writer != "acme.events.UserEvent" {
		t.Errorf("another message: %v", err)
	}
}

// As Java's client writes maps, and with an import that is missing and not used.
func TestDynamicCompilesTextsThatCompilersRefuse(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	register(t, reg, "events-value", `syntax = "proto3"; package acme; import "not/there.proto"; import "google/type/money.proto"; import "confluent/meta.proto";
		message Event {
			repeated .acme.Event.CountsEntry counts = 1; google.type.Money price = 2 [(confluent.field_meta).doc = "how much"];
			message CountsEntry { option map_entry = true; string key = 1; int32 value = 2; }
		}`)
	var v *dynamicpb.Message
	data := serde.Data{Bytes: unhex(t, "00 00000001 00 0a050a01611007 12050a03455552")}
	if _, err := newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, data, &v); err != nil {
		t.Fatal(err)
	}
	got, err := protobuf.AppendJSON(nil, v)
	if want := `{"counts":{"a":7},"price":{"currencyCode":"EUR"}}`; err != nil || strings.ReplaceAll(string(got), " ", "") != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	register(t, reg, "events-value", `syntax = "proto3"; message Event { int32 a = 1; int32 b = 1; }`)
	_, err = newDeserializer(t, reg, protobuf.Dynamic()).Deserialize(ctx, field, serde.Data{Bytes: unhex(t, "00 00000002 00")}, &v)
	if e, ok := errors.AsType[*protobuf.SchemaError](err); !ok || e.Line != 1 || !serde.IsPoison(err) {
		t.Errorf("repeated numbers: %v", err)
	}
	// Reading into a Go type needs no more than names.
	register(t, reg, "events-value", `syntax = "proto3"; package acme.events; import "gone.proto"; message UserDeleted { string a = 1; int32 b = 1; Missing c = 2; } message UserEvent { }`)
	var typed *testpb.UserDeleted
	if _, err := newDeserializer(t, reg, protobuf.For[*testpb.UserDeleted]()).Deserialize(ctx, field, serde.Data{Bytes: unhex(t, "00 00000003 00 0a0175")}, &typed); err != nil || typed.GetUserId() != "u" {
		t.Errorf("%v, %v", typed, err)
	}
}

func TestATypeThatIsNoMessageIsRefused(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	for name, err := range map[string]error{
		"an interface": makeOne[proto.Message](reg),
		"dynamic":      makeOne[*dynamicpb.Message](reg),
	} {
		if !errors.Is(err, serde.TypeMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, opts := range map[string][]protobuf.TypedOption{
		"a negative depth": {protobuf.WithDepthLimit(-1)},
		"no function":      {protobuf.WithReferenceSubjects(nil)},
		"another file":     {protobuf.WithSchema(`syntax = "proto3"; message Other { }`)},
		"no file":          {protobuf.WithSchema(`{}`)},
	} {
		if _, err := serde.NewSerializer(reg, protobuf.For[*testpb.First](opts...)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := protobuf.Dynamic(protobuf.WithMessage("a.B")).New(); err == nil {
		t.Error("a message without a schema")
	}
}

func TestASchemaMayComeFromItsFile(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	files := sources(t)
	definition := func(path string, imports ...*serde.Definition) *serde.Definition {
		return &serde.Definition{Name: path, Schema: registry.Schema{Text: files[path], Type: registry.Protobuf}, Imports: imports}
	}
	country := definition("acme/parts/country.proto")
	f := protobuf.For[*testpb.UserEvent](protobuf.WithSchema(files["acme/events/user_event.proto"], definition("acme/parts/address.proto", country), definition("acme/parts/money.proto", country)))
	data := serialize(t, newSerializer(t, reg, f), sampleEvent())
	var v *testpb.UserEvent
	if _, err := newDeserializer(t, reg, f).Deserialize(ctx, field, data, &v); err != nil || !equal(v, sampleEvent()) {
		t.Errorf("%v, %v", v, err)
	}
	if r, err := reg.Version(ctx, "events-value", 1); err != nil || r.Text != files["acme/events/user_event.proto"] || len(r.References) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func makeOne[T proto.Message](reg registry.Resolver) error {
	_, err := serde.NewSerializer(reg, protobuf.For[T]())
	return err
}
