//go:build cgo

package main

import (
	_ "embed"
	"time"
)

// A program is usually built for one version of the schema: it embeds the text and
// has Go types for it. This one has both versions.

//go:embed user_event_v1.avsc
var schemaV1 string

//go:embed user_event_v2.avsc
var schemaV2 string

// EventV1 is UserEvent in a service built for version 1.
type EventV1 struct {
	UserID    string    `avro:"userId"`
	EventTime time.Time `avro:"eventTime"`
	Action    string    `avro:"action"`
	Clicks    int32     `avro:"clicks"`
	IP        string    `avro:"ip"`
	Campaign  string    `avro:"campaign"`
	Device    DeviceV1  `avro:"device"`
	Items     []ItemV1  `avro:"items"`
}

// DeviceV1 is a record within EventV1.
type DeviceV1 struct {
	OS     string `avro:"os"`
	Kind   string `avro:"kind"`
	Memory int32  `avro:"memory"`
	Lang   string `avro:"lang"`
	Screen string `avro:"screen"`
}

// ItemV1 is an element of the array within EventV1.
type ItemV1 struct {
	SKU      string `avro:"sku"`
	State    string `avro:"state"`
	Quantity int32  `avro:"quantity"`
	Colour   string `avro:"colour"`
	Shelf    string `avro:"shelf"`
}

// EventV2 is UserEvent in a service built for version 2.
type EventV2 struct {
	UserID    string    `avro:"userId"`
	EventTime time.Time `avro:"eventTime"`
	Action    string    `avro:"action"`
	Clicks    int64     `avro:"clicks"`
	IPAddress string    `avro:"ipAddress"`
	Country   string    `avro:"country"`
	Device    DeviceV2  `avro:"device"`
	Items     []ItemV2  `avro:"items"`
}

// DeviceV2 is a record within EventV2.
type DeviceV2 struct {
	OS       string `avro:"os"`
	Kind     string `avro:"kind"`
	Memory   int64  `avro:"memory"`
	Language string `avro:"language"`
	Model    string `avro:"model"`
}

// ItemV2 is an element of the array within EventV2.
type ItemV2 struct {
	SKU      string `avro:"sku"`
	State    string `avro:"state"`
	Quantity int64  `avro:"quantity"`
	Color    string `avro:"color"`
	Currency string `avro:"currency"`
}

var firstEvent = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func eventV1(i int) EventV1 {
	return EventV1{
		UserID:    user(i),
		EventTime: firstEvent.Add(time.Duration(i) * time.Second),
		Action:    []string{"VIEW", "CLICK"}[i%2],
		Clicks:    int32(i),
		IP:        "192.0.2.7",
		Campaign:  "spring",
		Device:    DeviceV1{OS: "linux", Kind: "PHONE", Memory: 8, Lang: "en", Screen: "6in"},
		Items:     []ItemV1{{SKU: "tea", State: "IN_CART", Quantity: int32(i % 3), Colour: "green", Shelf: "A7"}},
	}
}

func eventV2(i int) EventV2 {
	return EventV2{
		UserID:    user(i),
		EventTime: firstEvent.Add(time.Duration(i) * time.Second),
		Action:    []string{"VIEW", "CLICK", "PURCHASE"}[i%3],
		Clicks:    int64(i),
		IPAddress: "198.51.100.9",
		Country:   "PT",
		Device:    DeviceV2{OS: "linux", Kind: "WATCH", Memory: 4, Language: "pt", Model: "w2"},
		Items:     []ItemV2{{SKU: "mug", State: "BOUGHT", Quantity: int64(i % 3), Color: "blue", Currency: "EUR"}},
	}
}
