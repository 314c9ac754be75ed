//go:build cgo

package concord_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

type UserEvent struct {
	UserID    string    `avro:"userId"`
	EventTime time.Time `avro:"eventTime"`
}

// A typed event goes through a broker and a registry, both in this process.
func Example() {
	ctx := context.Background()
	stack, err := devstack.Start(devstack.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer stack.Close(ctx)
	reg, err := registry.NewClient(stack.RegistryURL())
	if err != nil {
		log.Fatal(err)
	}
	defer reg.Close(ctx)

	ser, err := serde.NewSerializer(reg, avro.For[UserEvent](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		log.Fatal(err)
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": stack.Bootstrap()}, concord.String(), ser)
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close(ctx)
	_, err = p.Produce(ctx, concord.Message[string, UserEvent]{
		Topic: "user-events",
		Key:   "u123",
		Value: UserEvent{UserID: "u123", EventTime: time.UnixMilli(1727260800000)},
	})
	if err != nil {
		log.Fatal(err)
	}

	de, err := serde.NewDeserializer(reg, avro.For[UserEvent]())
	if err != nil {
		log.Fatal(err)
	}
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": stack.Bootstrap(),
		"group.id":          "billing",
		"auto.offset.reset": "earliest",
	}, concord.String(), de)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close(ctx)
	for m, err := range c.Messages(ctx, "user-events") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.Key, m.Value.EventTime.UTC().Format(time.RFC3339), "schema", m.ValueInfo.SchemaID)
		break
	}
	// Output: u123 2024-09-25T10:40:00Z schema 1
}
