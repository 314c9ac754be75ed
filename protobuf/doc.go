// Package protobuf writes and reads Protobuf messages under the schemas of a registry,
// and has what belongs to these: .proto texts read, laid out and compared as schema
// registries do.
//
//	ser, err := serde.NewSerializer(reg, protobuf.For[*pb.UserEvent]())
//	data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("user-events"), event)
//
//	de, err := serde.NewDeserializer(reg, protobuf.For[*pb.UserEvent]())
//	var e *pb.UserEvent
//	_, err = de.Deserialize(ctx, serde.ValueOf("user-events"), data, &e)
//
// [For] is for generated types (google.golang.org/protobuf), whose methods do the work,
// or vtprotobuf's where they are there. [Dynamic] needs no generated code: it compiles
// the writer schema and gives a [dynamicpb.Message], which [AppendJSON] turns into JSON.
// Package protobuf/hyperpb reads dynamically four times as fast.
//
// # The way of the data
//
// A generated type's descriptor becomes a .proto text that compiles to the same
// descriptor again, and the files that it imports become references, each once;
// google/protobuf, google/type and confluent are everywhere and never registered. A
// record's message indexes lead, through the writer schema's text, to the message
// that was written. Its full name must be that of the reader's type, or one that
// [AcceptMessages] names; then the payload is read into the reader's type, which may be
// a newer or older version of the message. Unknown fields are kept.
//
// For writing under a schema that is not the type's own, every field of the type must be
// in it, with a type that is encoded alike: a [FitError] lists those that are not.
//
// Message indexes count the nested messages that a text declares, as Java's and JavaScript's clients do: no layout changes
// that. Clients that have a descriptor count the entries of maps among them. Reading into a type takes each of these ways;
// reading dynamically takes the first, and where that leads to no message the other.
//
// # Safety
//
// Messages lie at most 100 deep in each other ([WithDepthLimit]), texts are bounded in size
// and depth, and comparisons look at each pair of messages once. Nothing panics on any
// bytes or text. Errors are a [DecodeError] with the way through the fields and the
// offset, an [EncodeError], a [MessageMismatchError], a [FitError], a [TypeError] and a
// [SchemaError]; none shows a value.
//
// # Schemas
//
//	s, err := protobuf.Parse(text, protobuf.Reference{Path: "parts.proto", Schema: parts})
//	if err != nil {
//		return err // a *SchemaError
//	}
//	for _, d := range protobuf.CheckCompatibility(old, s) {
//		fmt.Println(d) // #/Event/1: FIELD_SCALAR_KIND_CHANGED: ...
//	}
//
// This parser is ours because protoc's rules are not the registries': the reference
// registry takes unused imports that it does not have, repeated field names and
// numbers, reserved ones, options that nobody defined; and its own layout of a text, from
// which it computes ids, is to be met byte for byte. Reading into a generated type
// needs only the names that it finds, so that no such text stops it; reading
// dynamically needs a text that compiles.
//
// # Concurrency
//
// A [Schema] and a [Format] are safe for concurrent use.
package protobuf
