package avro_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/concord-go/concord/avro"
)

func ExampleParse() {
	schema, err := avro.Parse(`{
		// Comments are allowed.
		"type": "record", "name": "Order", "namespace": "com.acme",
		"fields": [
			{"name": "id", "type": "string"},
			{"name": "lines", "type": {"type": "array", "items": "long"}, "default": []}
		]
	}`)
	if err != nil {
		panic(err)
	}
	fmt.Println(schema.Name())
	for _, f := range schema.Fields() {
		fmt.Printf("%s %s default %q\n", f.Name(), f.Type(), f.Default())
	}
	// Output:
	// com.acme.Order
	// id "string" default ""
	// lines {"type":"array","items":"long"} default "[]"
}

func ExampleParse_error() {
	_, err := avro.Parse(`{"type":"record","name":"R","fields":[{"name":"n","type":"int","default":"one"}]}`)
	var e *avro.SchemaError
	if errors.As(err, &e) {
		fmt.Println(e.Path)
		fmt.Println(e.Reason)
	}
	// Output:
	// /fields/0/default
	// the default is no value of the field's type (int)
}

func ExampleWithReferences() {
	money := avro.MustParse(`{"type":"record","name":"com.acme.Money","fields":[{"name":"cents","type":"long"}]}`)
	order, err := avro.Parse(`{"type":"record","name":"Order","fields":[{"name":"price","type":"com.acme.Money"}]}`, avro.WithReferences(money))
	fmt.Println(order, err)
	// Output: {"type":"record","name":"Order","fields":[{"name":"price","type":{"type":"record","name":"Money","namespace":"com.acme","fields":[{"name":"cents","type":"long"}]}}]} <nil>
}

func ExampleSchemaFor() {
	type UserEvent struct {
		_    struct{}  `avro:"com.acme.UserEvent"`
		ID   string    `avro:"userId,alias=user"`
		Time time.Time `avro:"eventTime"`
		Note *string   `avro:"note"`
	}
	schema, err := avro.SchemaFor[UserEvent]()
	if err != nil {
		panic(err)
	}
	for _, f := range schema.Fields() {
		fmt.Println(f.Name(), f.Type())
	}
	// Output:
	// userId "string"
	// eventTime {"type":"long","logicalType":"timestamp-millis"}
	// note ["null","string"]
}

func ExampleCheckCompatibility() {
	writer := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}`)
	reader := avro.MustParse(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}`)
	for _, reason := range avro.CheckCompatibility(writer, reader) {
		fmt.Println(reason)
	}
	// Output:
	// /fields/0/type: TYPE_MISMATCH: reader type int cannot read writer type string
	// /fields/1: READER_FIELD_MISSING_DEFAULT_VALUE: the writer has no field "b", and the reader's has no default
}

func ExampleSchema_Fingerprint() {
	schema := avro.MustParse(`{"type":"int","logicalType":"date"}`)
	fmt.Println(schema.Canonical())
	fmt.Printf("%x\n", schema.Fingerprint())
	// Output:
	// "int"
	// 7275d51a3f395c8f
}
