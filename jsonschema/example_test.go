package jsonschema_test

import (
	"errors"
	"fmt"

	"github.com/concord-go/concord/jsonschema"
)

func ExampleCheckCompatibility() {
	writer, err := jsonschema.Parse(`{
		"type": "object",
		"properties": {"id": {"type": "string"}, "age": {"type": "integer"}},
		"required": ["id"]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := jsonschema.Parse(`{
		"type": "object",
		"properties": {"id": {"type": "string", "maxLength": 8}, "age": {"type": "number"}},
		"required": ["id", "age"]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range jsonschema.CheckCompatibility(writer, reader, jsonschema.Strict) {
		fmt.Println(d.Kind, "at", d.Path)
	}
	// Output:
	// REQUIRED_ATTRIBUTE_ADDED at #/required/age
	// MAX_LENGTH_ADDED at #/properties/id/maxLength
}

func ExampleCompare() {
	writer, _ := jsonschema.Parse(`{"type": "object", "properties": {"id": {"type": "string"}}}`)
	reader, _ := jsonschema.Parse(`{"type": "object", "properties": {"id": {}, "tag": {"type": "string"}}}`)
	for _, policy := range []jsonschema.Policy{jsonschema.Strict, jsonschema.Lenient} {
		for _, d := range jsonschema.Compare(writer, reader, policy) {
			fmt.Println(d.Compatible, d.Path, d.Kind)
		}
	}
	// Output:
	// false #/properties/tag OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL
	// true #/properties/tag OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL
}

func ExampleParse() {
	_, err := jsonschema.Parse(`{"type": "object", "properties": {"id": {"type": "text"}}}`)
	var invalid *jsonschema.SchemaError
	if errors.As(err, &invalid) {
		fmt.Println(invalid.Path)
		fmt.Println(invalid.Reason)
	}
	// Output:
	// /properties/id/type
	// "text" is no type: want array, boolean, integer, null, number, object or string
}

func ExampleWithReferences() {
	address, err := jsonschema.Parse(`{"type": "object", "properties": {"city": {"type": "string"}}}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := jsonschema.Parse(`{"title": "Order", "type": "object", "properties": {"to": {"$ref": "address.json"}}}`,
		jsonschema.WithReferences(jsonschema.Reference{Name: "address.json", Schema: address}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Title(), order.Properties())
	// Output: Order [to]
}

func ExampleSchema_Normalized() {
	s, err := jsonschema.Parse(`{ "type": "number", "maximum": 1.50, "$id": "urn:a" }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	fmt.Println(s.Normalized())
	// Output:
	// {"type":"number","maximum":1.50,"$id":"urn:a"}
	// {"$id":"urn:a","maximum":1.50,"type":"number"}
}
