package bench

// The event of a user: strings, numbers, a nullable field, an enum, a nested record, an
// array of strings, a map and an array of records; about 210 bytes on the wire.

func eventRecord() *shape[userEvent, laterEvent] {
	return &shape[userEvent, laterEvent]{
		name: "UserEvent", schema: eventSchema, later: laterEventSchema, value: sampleEvent(), laterValue: sampleLaterEvent(),
		write: appendEvent, read: readEvent, readLater: readLaterEvent, readValue: eventValue,
	}
}

const eventSchema = `{
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

// sequence has become a long, active is gone, region is new.
const laterEventSchema = `{
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

func sampleEvent() userEvent {
	referrer := "https://example.com/landing"
	return userEvent{
		ID: "0190f6f2-7c1e-7cc2-9b9a-2f1c6d0b9a11", UserID: "u123456", EventTime: 1727260800123, Sequence: 4711, Score: 0.875, Active: true,
		Referrer: &referrer, Action: "CLICK", Device: device{OS: "linux", Model: "thin-client-14", Memory: 16384},
		Tags: []string{"new", "beta", "eu-west", "returning"}, Attributes: map[string]string{"campaign": "spring-sale"},
		Items: []item{{SKU: "sku-0001", Quantity: 2, Price: 9.99}, {SKU: "sku-0002", Quantity: 1, Price: 129.5}},
	}
}

func sampleLaterEvent() laterEvent {
	e := sampleEvent()
	return laterEvent{
		ID: e.ID, UserID: e.UserID, EventTime: e.EventTime, Sequence: int64(e.Sequence), Score: e.Score, Referrer: e.Referrer, Action: e.Action,
		Device: e.Device, Tags: e.Tags, Attributes: e.Attributes, Items: e.Items, Region: "eu",
	}
}
