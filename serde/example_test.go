package serde_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

type Order struct {
	ID    string `avro:"id"`
	Cents int64  `avro:"cents"`
}

// OrderWithNote is Order as a later release has it.
type OrderWithNote struct {
	_     struct{} `avro:"Order"`
	ID    string   `avro:"id"`
	Cents int64    `avro:"cents"`
	Note  string   `avro:"note,default=\"none\""`
}

// A registry in memory stands here for registry.NewClient("http://localhost:8081").
func ExampleNewSerializer() {
	ctx := context.Background()
	reg := new(serdetest.Registry)

	ser, err := serde.NewSerializer(reg, avro.For[Order](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("orders"), Order{ID: "o1", Cents: 1250})
	fmt.Printf("% x, %d headers, %v\n", data.Bytes, len(data.Headers), err)
	// Output:
	// 00 00 00 00 01 04 6f 31 c4 13, 0 headers, <nil>
}

// What an older program wrote is read as the newer type, the field that it did
// not know with its default.
func ExampleNewDeserializer() {
	ctx := context.Background()
	reg := new(serdetest.Registry)
	old, err := serde.NewSerializer(reg, avro.For[Order](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := old.AppendSerialize(ctx, nil, serde.ValueOf("orders"), Order{ID: "o1", Cents: 1250})
	if err != nil {
		fmt.Println(err)
		return
	}

	de, err := serde.NewDeserializer(reg, avro.For[OrderWithNote]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var order OrderWithNote
	info, err := de.Deserialize(ctx, serde.ValueOf("orders"), data, &order)
	fmt.Println(info.SchemaID, order.ID, order.Cents, order.Note, err)

	info, err = de.Deserialize(ctx, serde.ValueOf("orders"), serde.Data{Bytes: nil}, &order)
	fmt.Println(info.Tombstone, order == OrderWithNote{}, err)
	// Output:
	// 1 o1 1250 none <nil>
	// true true <nil>
}

// A program writes its own schema unless told otherwise, and learns before its
// first record when that is not registered.
func ExampleSerializer_Prepare() {
	ctx := context.Background()
	reg := new(serdetest.Registry)
	ser, err := serde.NewSerializer(reg, avro.For[Order]())
	if err != nil {
		fmt.Println(err)
		return
	}
	err = ser.Prepare(ctx, serde.ValueOf("orders"))
	fmt.Println(errors.Is(err, serde.NotRegistered))

	var e *serde.Error
	if errors.As(err, &e) {
		fmt.Println(e.Subject)
	}
	// Output:
	// true
	// orders-value
}

// The frame goes into a record header, and the record's bytes are the payload alone.
func ExampleHeaderFraming() {
	ctx := context.Background()
	reg := new(serdetest.Registry)
	ser, err := serde.NewSerializer(reg, avro.For[Order](),
		serde.WithWriterSchema(serde.AutoRegister()),
		serde.WithFraming(serde.HeaderFraming()))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("orders"), Order{ID: "o1", Cents: 1250})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", data.Bytes)
	for _, h := range data.Headers {
		fmt.Println(h.Key, len(h.Value), "bytes")
	}
	// Output:
	// 04 6f 31 c4 13
	// __value_schema_id 17 bytes
}

// Any function can name subjects.
func ExampleWithSubjectStrategy() {
	ctx := context.Background()
	reg := new(serdetest.Registry)
	perTeam := func(field serde.Field, recordName string) (registry.Subject, error) {
		return registry.Subject("sales." + recordName + "." + field.Role.String()), nil
	}
	ser, err := serde.NewSerializer(reg, avro.For[Order](),
		serde.WithWriterSchema(serde.AutoRegister()),
		serde.WithSubjectStrategy(perTeam))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := ser.Prepare(ctx, serde.ValueOf("orders")); err != nil {
		fmt.Println(err)
		return
	}
	r, err := reg.Version(ctx, "sales.Order.value", registry.LatestVersion)
	fmt.Println(r.Version, err)
	// Output:
	// 1 <nil>
}

// The class of an error says what becomes of the record.
func ExampleIsPoison() {
	ctx := context.Background()
	reg := new(serdetest.Registry)
	de, err := serde.NewDeserializer(reg, avro.For[Order]())
	if err != nil {
		fmt.Println(err)
		return
	}
	var order Order
	read := func(bytes []byte) {
		_, err := de.Deserialize(ctx, serde.ValueOf("orders"), serde.Data{Bytes: bytes}, &order)
		if serde.IsPoison(err) {
			fmt.Println(serde.ClassOf(err), "- to the dead-letter topic")
		} else {
			fmt.Println(serde.ClassOf(err), "- wait and try again")
		}
	}
	read([]byte(`{"id":"o1"}`))
	read([]byte{0, 0, 0, 0, 77, 0})
	reg.FailWith(registry.ErrUnavailable)
	read([]byte{0, 0, 0, 0, 78, 0})
	// Output:
	// not framed - to the dead-letter topic
	// unknown schema - to the dead-letter topic
	// registry unavailable - wait and try again
}

// A frame can be read and written without a serializer.
func ExampleParseFrame() {
	frame, payload, err := serde.ParseFrame(registry.Protobuf, serde.Value, serde.Data{
		Bytes: []byte{0, 0, 0, 0, 5, 4, 2, 0, 0x0a, 0x01, 'x'},
	})
	fmt.Println(frame.ID, frame.MessageIndexes, len(payload), err)

	b, err := serde.AppendFrame(nil, frame)
	fmt.Printf("% x %v\n", b, err)
	// Output:
	// 5 [1 0] 3 <nil>
	// 00 00 00 00 05 04 02 00 <nil>
}
