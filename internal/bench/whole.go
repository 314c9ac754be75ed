package bench

import (
	"context"

	confluentregistry "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

const topic = "user-events"

// whole is one way to write and read the event with all that belongs to it: subject,
// schema id, framing, a registry in memory that has been asked before.
type whole struct {
	name        string
	serialize   func() ([]byte, error)
	deserialize func() (*userEvent, error)
	resolve     func() (*laterEvent, error) // the subject's latest version is the later schema
}

func wholes() []whole {
	return []whole{concordCodec(), concordSerde(), confluentLatest(), confluentDefault()}
}

// concordCodec is the codec without the rest, for comparison.
func concordCodec() whole {
	c := concord(eventRecord())
	payload := eventRecord().payload()
	return whole{
		name:        "concord-codec",
		serialize:   c.encode,
		deserialize: func() (*userEvent, error) { v, err := c.decode(payload); return v.(*userEvent), err },
		resolve:     func() (*laterEvent, error) { v, err := c.resolve(payload); return v.(*laterEvent), err },
	}
}

func concordSerde() whole {
	ctx, e, buffer := context.Background(), sampleEvent(), make([]byte, 0, room)
	reg := new(serdetest.Registry)
	id := must(reg.Register(ctx, topic+"-value", registry.Schema{Text: eventSchema}))
	serializer := must(serde.NewSerializer(reg, avro.For[userEvent](avro.WithSchema(eventSchema))))
	deserializer := must(serde.NewDeserializer(reg, avro.For[userEvent](avro.WithSchema(eventSchema))))
	resolver := must(serde.NewDeserializer(reg, avro.For[laterEvent](avro.WithSchema(laterEventSchema))))
	data := serde.Data{Bytes: framed(int(id.ID))}
	return whole{
		name: "concord",
		serialize: func() ([]byte, error) {
			data, err := serializer.AppendSerialize(ctx, buffer, serde.ValueOf(topic), e)
			return data.Bytes, err
		},
		deserialize: func() (*userEvent, error) {
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

// framed is the event's payload behind a prefix with the id, which is small here.
func framed(id int) []byte { return append([]byte{0, 0, 0, 0, byte(id)}, eventRecord().payload()...) }

// confluentLatest is avrov2 in the fastest way that it has: it looks up the latest
// version and derives nothing.
func confluentLatest() whole {
	e := sampleEvent()
	client := must(confluentregistry.NewClient(confluentregistry.NewConfig("mock://latest")))
	id := must(client.Register(topic+"-value", confluentregistry.SchemaInfo{Schema: eventSchema}, false))
	config := avrov2.NewSerializerConfig()
	config.AutoRegisterSchemas = false
	config.UseLatestVersion = true
	serializer := must(avrov2.NewSerializer(client, confluentserde.ValueSerde, config))
	deserializer := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, avrov2.NewDeserializerConfig()))
	bytes := framed(id)

	later := must(confluentregistry.NewClient(confluentregistry.NewConfig("mock://later")))
	laterBytes := framed(must(later.Register(topic+"-value", confluentregistry.SchemaInfo{Schema: eventSchema}, false)))
	must(later.Register(topic+"-value", confluentregistry.SchemaInfo{Schema: laterEventSchema}, false))
	resolving := avrov2.NewDeserializerConfig()
	resolving.UseLatestVersion = true // the reader's schema; there is no other way to give one
	resolver := must(avrov2.NewDeserializer(later, confluentserde.ValueSerde, resolving))
	return whole{
		name:      "confluent",
		serialize: func() ([]byte, error) { return serializer.Serialize(topic, &e) },
		deserialize: func() (*userEvent, error) {
			e := new(userEvent)
			return e, deserializer.DeserializeInto(topic, bytes, e)
		},
		resolve: func() (*laterEvent, error) {
			e := new(laterEvent)
			return e, resolver.DeserializeInto(topic, laterBytes, e)
		},
	}
}

// confluentDefault is avrov2 as it comes: it derives the schema from the Go type and
// registers it. The derived schema has a string where the event has an enum.
func confluentDefault() whole {
	e := sampleEvent()
	client := must(confluentregistry.NewClient(confluentregistry.NewConfig("mock://default")))
	serializer := must(avrov2.NewSerializer(client, confluentserde.ValueSerde, avrov2.NewSerializerConfig()))
	deserializer := must(avrov2.NewDeserializer(client, confluentserde.ValueSerde, avrov2.NewDeserializerConfig()))
	bytes := must(serializer.Serialize(topic, &e))
	return whole{
		name:      "confluent-default",
		serialize: func() ([]byte, error) { return serializer.Serialize(topic, &e) },
		deserialize: func() (*userEvent, error) {
			e := new(userEvent)
			return e, deserializer.DeserializeInto(topic, bytes, e)
		},
	}
}
