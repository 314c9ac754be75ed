// Package protobuf reads .proto files (syntax proto2 and proto3) as schema
// registries do, lays their texts out as registries keep them, and compares them.
//
//	s, err := protobuf.Parse(text, protobuf.Reference{Path: "parts.proto", Schema: parts})
//	if err != nil {
//		return err // a *SchemaError
//	}
//	for _, d := range protobuf.CheckCompatibility(old, s) {
//		fmt.Println(d) // #/Event/1: FIELD_SCALAR_KIND_CHANGED: ...
//	}
//
// It is the schema side only: messages themselves are not read or written yet.
//
// # What is taken
//
// The parser is ours because protoc's rules are not the registries': the reference
// registry takes unused imports that it does not have, repeated field names and
// numbers, reserved ones, options that nobody defined, and refuses editions; and
// its own layout of a text, from which it computes ids, is to be met byte for byte.
//
// # Safety
//
// Texts are bounded in size and depth, comparisons look at each pair of messages
// once. Nothing panics on any text.
//
// # Concurrency
//
// A [Schema] is immutable and safe for concurrent use.
package protobuf
