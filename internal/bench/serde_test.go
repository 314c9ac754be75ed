package bench

import (
	"context"
	"encoding/binary"
	"testing"

	confluentregistry "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/bench/generated"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// Topics: the event as it is; one whose latest version is the later schema; one for who
// registers what he derives himself.
const (
	topic        = "user-events"
	laterTopic   = "user-events-later"
	derivedTopic = "user-events-derived"
)

// whole is one way to write and read the event with all that belongs to it: subject,
// schema id, framing, and the library's own client of a registry, over HTTP, which
// has been asked before.
type whole struct {
	name        string
	serialize   func() ([]byte, error)
	deserialize func() (any, error) // a *userEvent, or what shared makes one of
	shared      func(any) any
	resolve     func() (*laterEvent, error)
}

func wholes(tb testing.TB) []whole {
	tb.Helper()
	reg := registrytest.New(tb)
	id := reg.Register(topic+"-value", registry.Schema{Text: eventSchema}).ID
	reg.Register(laterTopic+"-value", registry.Schema{Text: eventSchema})
	reg.Register(laterTopic+"-value", registry.Schema{Text: laterEventSchema})
	data := binary.BigEndian.AppendUint32([]byte{0}, uint32(id))
	data = append(data, eventRecord().payload()...)
	return []whole{concordCodec(), concordGeneratedCodec(), concordSerde(tb, reg.URL(), data), concordGeneratedSerde(tb, reg.URL(), data), confluentLatest(tb, reg.URL(), data), confluentDefault(tb, reg.URL())}
}

// concordCodec is the codec without the rest, for comparison.
func concordCodec() whole {
	c := concord(eventRecord())
	payload := eventRecord().payload()
	return whole{
		name:        "concord-codec",
		serialize:   c.encode,
		deserialize: func() (any, error) { return c.decode(payload) },
		resolve:     func() (*laterEvent, error) { v, err := c.resolve(payload); return v.(*laterEvent), err },
	}
}

// concordGeneratedCodec is the same with generated code.
func concordGeneratedCodec() whole {
	c := concordGenerated(eventRecord())
	payload := eventRecord().payload()
	return whole{
		name:        "concord-generated-codec",
		serialize:   c.encode,
		deserialize: func() (any, error) { return c.decode(payload) },
		shared:      c.shared,
	}
}

// concordClient ends with the test or benchmark.
func concordClient(tb testing.TB, url string) *registry.Client {
	tb.Helper()
	client := must(registry.NewClient(url))
	tb.Cleanup(func() {
		if err := client.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return client
}

func concordSerde(tb testing.TB, url string, bytes []byte) whole {
	tb.Helper()
	ctx, e, buffer := context.Background(), sampleEvent(), make([]byte, 0, room)
	client := concordClient(tb, url)
	serializer := must(serde.NewSerializer(client, avro.For[userEvent](avro.WithSchema(eventSchema))))
	deserializer := must(serde.NewDeserializer(client, avro.For[userEvent](avro.WithSchema(eventSchema))))
	resolver := must(serde.NewDeserializer(client, avro.For[laterEvent](avro.WithSchema(laterEventSchema))))
	data := serde.Data{Bytes: bytes}
	return whole{
		name: "concord",
		serialize: func() ([]byte, error) {
			data, err := serializer.AppendSerialize(ctx, buffer, serde.ValueOf(topic), e)
			return data.Bytes, err
		},
		deserialize: func() (any, error) {
			e := new(userEvent)
			_, err := deserializer.Deserialize(ctx, serde.ValueOf(topic), data, e)
			return e, err
		},
		resolve: func() (*laterEvent, error) {
			e := new(laterEvent)
			_, err := resolver.Deserialize(ctx, serde.ValueOf(topic), data, e)
			return e, err
		},
	}
}

func concordGeneratedSerde(tb testing.TB, url string, bytes []byte) whole {
	tb.Helper()
	ctx, e, buffer := context.Background(), new(generated.UserEvent), make([]byte, 0, room)
	if err := e.DecodeAvro(eventRecord().payload()); err != nil {
		tb.Fatal(err)
	}
	client := concordClient(tb, url)
	serializer := must(serde.NewSerializer(client, avro.For[*generated.UserEvent]()))
	deserializer := must(serde.NewDeserializer(client, avro.For[generated.UserEvent]()))
	data := serde.Data{Bytes: bytes}
	return whole{
		name: "concord-generated",
		serialize: func() ([]byte, error) {
			data, err := serializer.AppendSerialize(ctx, buffer, serde.ValueOf(topic), e)
			return data.Bytes, err
		},
		deserialize: func() (any, error) {
			e := new(generated.UserEvent)
			_, err := deserializer.Deserialize(ctx, serde.ValueOf(topic), data, e)
			return e, err
		},
		shared: concordGenerated(eventRecord()).shared,
	}
}

func confluentClient(tb testing.TB, url string) confluentregistry.Client {
	tb.Helper()
	client := must(confluentregistry.NewClient(confluentregistry.NewConfig(url)))
	tb.Cleanup(func() {
		if err := client.Close(); err != nil {
			tb.Error(err)
		}
	})
	return client
}

// confluentLatest is avrov2 in the fastest way that it has: it looks up the latest
// version and derives nothing.
func confluentLatest(tb testing.TB, url string, bytes []byte) whole {
	tb.Helper()
	e := sampleEvent()
	client := confluentClient(tb, url)
	config := avrov2.NewSerializerConfig()
	config.AutoRegisterSchemas = false
	config.UseLatestVersion = true
	serializer := must(avrov2.NewSerializer(client, confluentserde.ValueSerde, config))
	deserializer := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, avrov2.NewDeserializerConfig()))
	resolving := avrov2.NewDeserializerConfig()
	resolving.UseLatestVersion = true // this is how it is told a reader's schema
	resolver := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, resolving))
	return whole{
		name:      "confluent",
		serialize: func() ([]byte, error) { return serializer.Serialize(topic, &e) },
		deserialize: func() (any, error) {
			e := new(userEvent)
			return e, deserializer.DeserializeInto(topic, bytes, e)
		},
		resolve: func() (*laterEvent, error) {
			e := new(laterEvent)
			return e, resolver.DeserializeInto(laterTopic, bytes, e)
		},
	}
}

// confluentDefault is avrov2 as it comes: it derives the schema from the Go type and
// registers it. The derived schema has a string where the event has an enum.
func confluentDefault(tb testing.TB, url string) whole {
	tb.Helper()
	e := sampleEvent()
	client := confluentClient(tb, url)
	serializer := must(avrov2.NewSerializer(client, confluentserde.ValueSerde, avrov2.NewSerializerConfig()))
	deserializer := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, avrov2.NewDeserializerConfig()))
	bytes := must(serializer.Serialize(derivedTopic, &e))
	return whole{
		name:      "confluent-default",
		serialize: func() ([]byte, error) { return serializer.Serialize(derivedTopic, &e) },
		deserialize: func() (any, error) {
			e := new(userEvent)
			return e, deserializer.DeserializeInto(derivedTopic, bytes, e)
		},
	}
}
