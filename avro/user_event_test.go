package avro_test

import (
	"time"

	"github.com/concord-go/concord/avro"
)

// userEvent is the record that the tests and benchmarks of the engine share: twelve
// fields of the kinds that events have.
type userEvent struct {
	UserID     string            `avro:"userId"`
	EventTime  time.Time         `avro:"eventTime"`
	SessionID  string            `avro:"sessionId"`
	Sequence   int64             `avro:"sequence"`
	Retries    int32             `avro:"retries"`
	Score      float64           `avro:"score"`
	Active     bool              `avro:"active"`
	Kind       eventKind         `avro:"kind"`
	Referrer   *string           `avro:"referrer"`
	Device     device            `avro:"device"`
	Tags       []string          `avro:"tags"`
	Attributes map[string]string `avro:"attributes"`
	Items      []item            `avro:"items"`
}

type eventKind string

type device struct {
	Model   string `avro:"model"`
	Version int32  `avro:"version"`
}

type item struct {
	SKU      string  `avro:"sku"`
	Quantity int32   `avro:"quantity"`
	Price    float64 `avro:"price"`
}

const userEventSchema = `{
	"type": "record", "name": "UserEvent", "namespace": "com.example", "fields": [
		{"name": "userId", "type": "string"},
		{"name": "eventTime", "type": {"type": "long", "logicalType": "timestamp-millis"}},
		{"name": "sessionId", "type": "string"},
		{"name": "sequence", "type": "long"},
		{"name": "retries", "type": "int"},
		{"name": "score", "type": "double"},
		{"name": "active", "type": "boolean"},
		{"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["VIEW", "CLICK", "BUY"]}},
		{"name": "referrer", "type": ["null", "string"], "default": null},
		{"name": "device", "type": {"type": "record", "name": "Device", "fields": [
			{"name": "model", "type": "string"}, {"name": "version", "type": "int"}]}},
		{"name": "tags", "type": {"type": "array", "items": "string"}},
		{"name": "attributes", "type": {"type": "map", "values": "string"}},
		{"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
			{"name": "sku", "type": "string"}, {"name": "quantity", "type": "int"}, {"name": "price", "type": "double"}]}}}
	]
}`

func sampleEvent() userEvent {
	referrer := "https://example.com/start"
	return userEvent{
		UserID: "u123", EventTime: time.UnixMilli(1727260800000).UTC(), SessionID: "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
		Sequence: 1 << 40, Retries: 3, Score: 0.75, Active: true, Kind: "CLICK", Referrer: &referrer,
		Device: device{"Pixel", 9}, Tags: []string{"new", "mobile", "beta"},
		Attributes: map[string]string{"campaign": "autumn"},
		Items:      []item{{"a-1", 2, 9.99}, {"b-22", 1, 120}},
	}
}

func ptr[T any](v T) *T { return &v }

var userEventParsed = avro.MustParse(userEventSchema)
