package bench

import (
	"context"
	"testing"

	buf "buf.build/go/hyperpb"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	confluentprotobuf "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/concord-go/concord/internal/bench/protobufs/events"
	"github.com/concord-go/concord/internal/bench/protobufs/fast"
	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/hyperpb"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

func protobufEvent() *events.UserEvent {
	return &events.UserEvent{
		UserId: "user-0123456789", EventTime: &timestamppb.Timestamp{Seconds: 1727260800, Nanos: 123000000}, Kind: events.UserEvent_PURCHASE,
		Session: "0f8fad5b-d9cb-469f-a165-70867728950e", Referrer: proto.String("https://example.com/spring-sale"),
		Device: &events.UserEvent_Device{Model: "Pixel 9", System: "android", Version: 15}, Tags: []string{"mobile", "spring", "returning"},
		Items:  []*events.UserEvent_Item{{Sku: "SKU-1001", Quantity: 2, Cents: 1999}, {Sku: "SKU-2002", Quantity: 1, Cents: 4500}},
		Amount: 84.98, Sequence: 1 << 40, Trusted: true, Codes: []int32{1, 200, 30000},
	}
}

func protobufMap() *events.WithMap {
	return &events.WithMap{UserId: "user-0123456789", Attributes: map[string]string{"a": "1", "colour": "blue", "size": "XL", "from": "newsletter"}}
}

// protobufCell is one way to do one thing with one record.
type protobufCell struct {
	name string
	// write returns the message's bytes and how many stand before them.
	write func() ([]byte, int, error)
	// read returns what the bytes say.
	read func() (proto.Message, error)
}

// protobufCells has a record in each library's hands: as a generated message, and as one that
// has the methods of vtprotobuf, too.
func protobufCells[T, F proto.Message](tb testing.TB, topic string, message T, same F, empty func() T, emptyFast func() F) (writing, reading, dynamic []protobufCell) {
	tb.Helper()
	ctx, to := context.Background(), serde.ValueOf(topic)
	reg := registrytest.New(tb)
	client := concordClient(tb, reg.URL())
	bytes := must(proto.MarshalOptions{Deterministic: true}.Marshal(message))
	if err := proto.Unmarshal(bytes, same); err != nil {
		tb.Fatal(err)
	}
	buffer := make([]byte, 0, room)
	type vt interface {
		SizeVT() int
		MarshalToSizedBufferVT([]byte) (int, error)
		UnmarshalVT([]byte) error
	}

	register := serde.WithWriterSchema(serde.AutoRegister())
	typed := must(serde.NewSerializer(client, protobuf.For[T](), register))
	typedFast := must(serde.NewSerializer(client, protobuf.For[F](), register))
	data := must(typed.AppendSerialize(ctx, nil, to, message))
	fastTo := serde.ValueOf(topic + "-fast")
	fastData := must(typedFast.AppendSerialize(ctx, nil, fastTo, same))
	frame := len(data.Bytes) - len(bytes)

	// Confluent's serializer needs the schema that it derives itself to be there.
	derived := confluentClient(tb, reg.URL())
	asItComes := must(confluentprotobuf.NewSerializer(derived, confluentserde.ValueSerde, confluentprotobuf.NewSerializerConfig()))
	confluentBytes := must(asItComes.Serialize(topic+"-derived", message))
	config := confluentprotobuf.NewSerializerConfig()
	config.CacheSchemas, config.AutoRegisterSchemas, config.UseLatestVersion = true, false, true
	latest := must(confluentprotobuf.NewSerializer(derived, confluentserde.ValueSerde, config))
	reader := must(confluentprotobuf.NewDeserializer(derived, confluentserde.ValueSerde, confluentprotobuf.NewDeserializerConfig()))
	if err := reader.ProtoRegistry.RegisterMessage(message.ProtoReflect().Type()); err != nil {
		tb.Fatal(err)
	}

	writing = []protobufCell{
		{name: "proto", write: func() ([]byte, int, error) {
			b, err := proto.MarshalOptions{}.MarshalAppend(buffer, message)
			return b, 0, err
		}},
		{name: "concord", write: func() ([]byte, int, error) {
			d, err := typed.AppendSerialize(ctx, buffer, to, message)
			return d.Bytes, frame, err
		}},
		{name: "vtprotobuf", write: func() ([]byte, int, error) {
			m := any(same).(vt)
			b := buffer[:m.SizeVT()]
			_, err := m.MarshalToSizedBufferVT(b)
			return b, 0, err
		}},
		{name: "concord-vtprotobuf", write: func() ([]byte, int, error) {
			d, err := typedFast.AppendSerialize(ctx, buffer, fastTo, same)
			return d.Bytes, frame, err
		}},
		{name: "confluent", write: func() ([]byte, int, error) {
			b, err := latest.Serialize(topic+"-derived", message)
			return b, frame, err
		}},
		{name: "confluent-default", write: func() ([]byte, int, error) {
			b, err := asItComes.Serialize(topic+"-derived", message)
			return b, frame, err
		}},
	}

	typedReader := must(serde.NewDeserializer(client, protobuf.For[T]()))
	reusing := must(serde.NewDeserializer(client, protobuf.For[T](protobuf.ReuseMessages())))
	fastReader := must(serde.NewDeserializer(client, protobuf.For[F]()))
	// The place of the message is a record's field: what is counted is the message.
	var into T
	var intoFast F
	reused, plainReused := empty(), empty()
	reading = []protobufCell{
		{name: "proto", read: func() (proto.Message, error) { m := empty(); return m, proto.Unmarshal(bytes, m) }},
		{name: "concord", read: func() (proto.Message, error) {
			_, err := typedReader.Deserialize(ctx, to, data, &into)
			return into, err
		}},
		{name: "proto-reusing", read: func() (proto.Message, error) { return plainReused, proto.Unmarshal(bytes, plainReused) }},
		{name: "concord-reusing", read: func() (proto.Message, error) {
			_, err := reusing.Deserialize(ctx, to, data, &reused)
			return reused, err
		}},
		{name: "vtprotobuf", read: func() (proto.Message, error) {
			m := emptyFast()
			return m, any(m).(vt).UnmarshalVT(bytes)
		}},
		{name: "concord-vtprotobuf", read: func() (proto.Message, error) {
			_, err := fastReader.Deserialize(ctx, fastTo, fastData, &intoFast)
			return intoFast, err
		}},
		{name: "confluent", read: func() (proto.Message, error) {
			m := empty()
			return m, reader.DeserializeInto(topic+"-derived", confluentBytes, m)
		}},
	}

	var any *dynamicpb.Message
	dynamically := must(serde.NewDeserializer(client, protobuf.Dynamic()))
	if _, err := dynamically.Deserialize(ctx, to, data, &any); err != nil {
		tb.Fatal(err)
	}
	descriptor := any.Descriptor()
	quickly := must(serde.NewDeserializer(client, hyperpb.Dynamic()))
	compiled := buf.CompileMessageDescriptor(descriptor)
	var quick *buf.Message
	dynamic = []protobufCell{
		{name: "dynamicpb", read: func() (proto.Message, error) {
			m := dynamicpb.NewMessage(descriptor)
			return m, proto.Unmarshal(bytes, m)
		}},
		{name: "concord", read: func() (proto.Message, error) {
			_, err := dynamically.Deserialize(ctx, to, data, &any)
			return any, err
		}},
		{name: "hyperpb", read: func() (proto.Message, error) {
			m := buf.NewMessage(compiled)
			return m, m.Unmarshal(bytes)
		}},
		{name: "concord-hyperpb", read: func() (proto.Message, error) {
			_, err := quickly.Deserialize(ctx, to, data, &quick)
			return quick, err
		}},
	}
	return writing, reading, dynamic
}

// protobufRecord has the cells of one record.
type protobufRecord struct {
	name                      string
	message                   proto.Message
	writing, reading, dynamic []protobufCell
}

func protobufRecords(tb testing.TB) []protobufRecord {
	tb.Helper()
	event := protobufRecord{name: "UserEvent", message: protobufEvent()}
	event.writing, event.reading, event.dynamic = protobufCells(tb, "events", protobufEvent(), new(fast.UserEvent),
		func() *events.UserEvent { return new(events.UserEvent) }, func() *fast.UserEvent { return new(fast.UserEvent) })
	withMap := protobufRecord{name: "WithMap", message: protobufMap()}
	withMap.writing, withMap.reading, withMap.dynamic = protobufCells(tb, "maps", protobufMap(), new(fast.WithMap),
		func() *events.WithMap { return new(events.WithMap) }, func() *fast.WithMap { return new(fast.WithMap) })
	return []protobufRecord{event, withMap}
}

// All write and read the same message.
func TestProtobufAgrees(t *testing.T) {
	t.Parallel()
	for _, r := range protobufRecords(t) {
		for _, c := range r.writing {
			b, frame, err := c.write()
			if err != nil {
				t.Errorf("%s, %s: %v", r.name, c.name, err)
				continue
			}
			got := r.message.ProtoReflect().New().Interface()
			if err := proto.Unmarshal(b[frame:], got); err != nil || !proto.Equal(got, r.message) {
				t.Errorf("%s, %s writes another message: %v, %v", r.name, c.name, got, err)
			}
		}
		for _, c := range append(r.reading, r.dynamic...) {
			m, err := c.read()
			if err != nil {
				t.Errorf("%s, %s: %v", r.name, c.name, err)
				continue
			}
			got := r.message.ProtoReflect().New().Interface()
			if err := proto.Unmarshal(must(proto.Marshal(m)), got); err != nil || !proto.Equal(got, r.message) {
				t.Errorf("%s, %s reads another message: %v, %v", r.name, c.name, got, err)
			}
		}
	}
}

// What concord writes Confluent's deserializer reads, and the other way round; nested
// messages too, and so do the message indexes of both agree.
func TestProtobufGoesBetweenConcordAndConfluent(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	between(t, reg, "events", protobufEvent())
	between(t, reg, "maps", protobufMap())
	between(t, reg, "items", &events.UserEvent_Item{Sku: "SKU-1", Quantity: 1})
	between(t, reg, "trees", &events.Tree{Name: "t", Children: []*events.Tree{{Name: "c"}}})
}

func between[T proto.Message](t *testing.T, reg *registrytest.Registry, topic string, message T) {
	t.Helper()
	ctx := context.Background()
	client, theirs := concordClient(t, reg.URL()), confluentClient(t, reg.URL())
	ours := must(must(serde.NewSerializer(client, protobuf.For[T](), serde.WithWriterSchema(serde.AutoRegister()))).AppendSerialize(ctx, nil, serde.ValueOf(topic), message))
	confluents := must(must(confluentprotobuf.NewSerializer(theirs, confluentserde.ValueSerde, confluentprotobuf.NewSerializerConfig())).Serialize(topic, message))
	if len(ours.Bytes) != len(confluents) || string(ours.Bytes[5:]) != string(confluents[5:]) && topic != "maps" { // a map has no order
		t.Errorf("%s: %x and Confluent's %x", topic, ours.Bytes, confluents)
	}
	var read T
	if _, err := must(serde.NewDeserializer(client, protobuf.For[T]())).Deserialize(ctx, serde.ValueOf(topic), serde.Data{Bytes: confluents}, &read); err != nil || !proto.Equal(read, message) {
		t.Errorf("%s: Confluent's bytes: %v, %v", topic, read, err)
	}
	reader := must(confluentprotobuf.NewDeserializer(theirs, confluentserde.ValueSerde, confluentprotobuf.NewDeserializerConfig()))
	if err := reader.ProtoRegistry.RegisterMessage(message.ProtoReflect().Type()); err != nil {
		t.Fatal(err)
	}
	got, err := reader.Deserialize(topic, ours.Bytes)
	if m, ok := got.(proto.Message); err != nil || !ok || !proto.Equal(m, message) {
		t.Errorf("%s: Confluent's reading: %v, %v", topic, got, err)
	}
}

func BenchmarkProtobufSerialize(b *testing.B) {
	for _, r := range protobufRecords(b) {
		b.Run(r.name, func(b *testing.B) {
			for _, c := range r.writing {
				measure(b, c.name, func() (int, error) { _, n, err := c.write(); return n, err })
			}
		})
	}
}

func BenchmarkProtobufDeserialize(b *testing.B) {
	for _, r := range protobufRecords(b) {
		b.Run(r.name, func(b *testing.B) {
			for _, c := range r.reading {
				measure(b, c.name, c.read)
			}
		})
	}
}

func BenchmarkProtobufDynamic(b *testing.B) {
	for _, r := range protobufRecords(b) {
		b.Run(r.name, func(b *testing.B) {
			for _, c := range r.dynamic {
				measure(b, c.name, c.read)
			}
		})
	}
}
