// Package bench measures concord beside its peers on the same records. Its README
// says how to run it and what came out.
package bench

// schemaText is the record that everything here is measured on: strings, numbers,
// a nullable field, an enum, a nested record, an array of strings, a map and an
// array of records; about 210 bytes on the wire.
const schemaText = `{
  "type": "record", "name": "UserEvent", "namespace": "com.example",
  "fields": [
    {"name": "id", "type": "string"},
    {"name": "userId", "type": "string"},
    {"name": "eventTime", "type": "long"},
    {"name": "sequence", "type": "int"},
    {"name": "score", "type": "double"},
    {"name": "active", "type": "boolean"},
    {"name": "referrer", "type": ["null", "string"], "default": null},
    {"name": "action", "type": {"type": "enum", "name": "Action", "symbols": ["VIEW", "CLICK", "PURCHASE"]}},
    {"name": "device", "type": {"type": "record", "name": "Device", "fields": [
      {"name": "os", "type": "string"}, {"name": "model", "type": "string"}, {"name": "memory", "type": "int"}
    ]}},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "attributes", "type": {"type": "map", "values": "string"}},
    {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
      {"name": "sku", "type": "string"}, {"name": "quantity", "type": "int"}, {"name": "price", "type": "double"}
    ]}}}
  ]
}`

// readerText is what a later program reads it as: sequence has become a long,
// active is gone, region is new.
const readerText = `{
  "type": "record", "name": "UserEvent", "namespace": "com.example",
  "fields": [
    {"name": "id", "type": "string"},
    {"name": "userId", "type": "string"},
    {"name": "eventTime", "type": "long"},
    {"name": "sequence", "type": "long"},
    {"name": "score", "type": "double"},
    {"name": "referrer", "type": ["null", "string"], "default": null},
    {"name": "action", "type": {"type": "enum", "name": "Action", "symbols": ["VIEW", "CLICK", "PURCHASE"]}},
    {"name": "device", "type": {"type": "record", "name": "Device", "fields": [
      {"name": "os", "type": "string"}, {"name": "model", "type": "string"}, {"name": "memory", "type": "int"}
    ]}},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "attributes", "type": {"type": "map", "values": "string"}},
    {"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
      {"name": "sku", "type": "string"}, {"name": "quantity", "type": "int"}, {"name": "price", "type": "double"}
    ]}}},
    {"name": "region", "type": "string", "default": "eu"}
  ]
}`

// userEvent is the value that every codec gets; they all read the same tags.
type userEvent struct {
	ID         string            `avro:"id"`
	UserID     string            `avro:"userId"`
	EventTime  int64             `avro:"eventTime"`
	Sequence   int32             `avro:"sequence"`
	Score      float64           `avro:"score"`
	Active     bool              `avro:"active"`
	Referrer   *string           `avro:"referrer"`
	Action     string            `avro:"action"`
	Device     device            `avro:"device"`
	Tags       []string          `avro:"tags"`
	Attributes map[string]string `avro:"attributes"`
	Items      []item            `avro:"items"`
}

type device struct {
	OS     string `avro:"os"`
	Model  string `avro:"model"`
	Memory int32  `avro:"memory"`
}

type item struct {
	SKU      string  `avro:"sku"`
	Quantity int32   `avro:"quantity"`
	Price    float64 `avro:"price"`
}

// laterEvent is what the later program has.
type laterEvent struct {
	ID         string            `avro:"id"`
	UserID     string            `avro:"userId"`
	EventTime  int64             `avro:"eventTime"`
	Sequence   int64             `avro:"sequence"`
	Score      float64           `avro:"score"`
	Referrer   *string           `avro:"referrer"`
	Action     string            `avro:"action"`
	Device     device            `avro:"device"`
	Tags       []string          `avro:"tags"`
	Attributes map[string]string `avro:"attributes"`
	Items      []item            `avro:"items"`
	Region     string            `avro:"region"`
}

func sample() userEvent {
	referrer := "https://example.com/landing"
	return userEvent{
		ID: "0190f6f2-7c1e-7cc2-9b9a-2f1c6d0b9a11", UserID: "u123456", EventTime: 1727260800123, Sequence: 4711, Score: 0.875, Active: true,
		Referrer: &referrer, Action: "CLICK", Device: device{OS: "linux", Model: "thin-client-14", Memory: 16384},
		Tags: []string{"new", "beta", "eu-west", "returning"}, Attributes: map[string]string{"campaign": "spring-sale"},
		Items: []item{{SKU: "sku-0001", Quantity: 2, Price: 9.99}, {SKU: "sku-0002", Quantity: 1, Price: 129.5}},
	}
}

func sampleLater() laterEvent {
	e := sample()
	return laterEvent{
		ID: e.ID, UserID: e.UserID, EventTime: e.EventTime, Sequence: int64(e.Sequence), Score: e.Score, Referrer: e.Referrer, Action: e.Action,
		Device: e.Device, Tags: e.Tags, Attributes: e.Attributes, Items: e.Items, Region: "eu",
	}
}

// sampleNative is the same in goavro's form.
func sampleNative() map[string]any {
	e := sample()
	tags := make([]any, 0, len(e.Tags))
	for _, t := range e.Tags {
		tags = append(tags, t)
	}
	attributes := make(map[string]any, len(e.Attributes))
	for k, v := range e.Attributes {
		attributes[k] = v
	}
	items := make([]any, 0, len(e.Items))
	for _, i := range e.Items {
		items = append(items, map[string]any{"sku": i.SKU, "quantity": i.Quantity, "price": i.Price})
	}
	return map[string]any{
		"id": e.ID, "userId": e.UserID, "eventTime": e.EventTime, "sequence": e.Sequence, "score": e.Score, "active": e.Active,
		"referrer": map[string]any{"string": *e.Referrer}, "action": e.Action,
		"device": map[string]any{"os": e.Device.OS, "model": e.Device.Model, "memory": e.Device.Memory},
		"tags":   tags, "attributes": attributes, "items": items,
	}
}
