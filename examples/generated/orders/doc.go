// Package orders is what concord gen avro makes of the schema beside it.
package orders

//go:generate go run github.com/concord-go/concord/cmd/concord gen avro -o . order.avsc
