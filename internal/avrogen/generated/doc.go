// Package generated is what concord gen avro makes of the schemas beside it, which use
// all that it knows. Tests write and read with it.
package generated

//go:generate go run github.com/concord-go/concord/cmd/concord gen avro -o . every_kind.avsc hostile.avsc logical.avsc place.avsc tree.avsc unions.avsc
