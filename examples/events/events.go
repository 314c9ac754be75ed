//go:build cgo

package main

// Event is an event of an order: one of the types below.
type Event interface{ isEvent() }

// OrderPlaced is the first event of an order.
type OrderPlaced struct {
	Order    string  `avro:"order"`
	Customer string  `avro:"customer"`
	Total    float64 `avro:"total"`
}

// OrderPaid is the payment of an order.
type OrderPaid struct {
	Order  string `avro:"order"`
	Method string `avro:"method"`
}

// OrderShipped is the shipment of an order.
type OrderShipped struct {
	Order   string `avro:"order"`
	Carrier string `avro:"carrier"`
}

func (OrderPlaced) isEvent()   {}
func (OrderPaid) isEvent()     {}
func (*OrderShipped) isEvent() {}
