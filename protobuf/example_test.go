package protobuf_test

import (
	"context"
	"fmt"
	"log"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/protobuf/internal/testpb"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

func ExampleFor() {
	ctx, reg := context.Background(), new(serdetest.Registry)
	// AutoRegister suits development: the schema and the files that it imports.
	ser, err := serde.NewSerializer(reg, protobuf.For[*testpb.UserEvent](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		log.Fatal(err)
	}
	de, err := serde.NewDeserializer(reg, protobuf.For[*testpb.UserEvent]())
	if err != nil {
		log.Fatal(err)
	}
	topic := serde.ValueOf("user-events")
	data, err := ser.AppendSerialize(ctx, nil, topic, &testpb.UserEvent{UserId: "u123", Kind: testpb.UserEvent_CLICK})
	if err != nil {
		log.Fatal(err)
	}
	var event *testpb.UserEvent
	if _, err := de.Deserialize(ctx, topic, data, &event); err != nil {
		log.Fatal(err)
	}
	fmt.Println(event.GetUserId(), event.GetKind())
	// Output: u123 CLICK
}

func ExampleDynamic() {
	ctx, reg := context.Background(), new(serdetest.Registry)
	format := protobuf.Dynamic(protobuf.WithSchema(`syntax = "proto3"; message Event { string id = 1; int32 count = 2; }`))
	ser, err := serde.NewSerializer(reg, format, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		log.Fatal(err)
	}
	m, err := format.New()
	if err != nil {
		log.Fatal(err)
	}
	if err := protojson.Unmarshal([]byte(`{"id": "a"}`), m); err != nil {
		log.Fatal(err)
	}
	topic := serde.ValueOf("events")
	data, err := ser.AppendSerialize(ctx, nil, topic, m.(*dynamicpb.Message))
	if err != nil {
		log.Fatal(err)
	}
	// Whoever reads learns the type from the registry.
	de, err := serde.NewDeserializer(reg, protobuf.Dynamic())
	if err != nil {
		log.Fatal(err)
	}
	var read *dynamicpb.Message
	if _, err := de.Deserialize(ctx, topic, data, &read); err != nil {
		log.Fatal(err)
	}
	text, err := protobuf.AppendJSON(nil, read)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.Descriptor().FullName(), string(text))
	// Output: Event {"id":"a"}
}
