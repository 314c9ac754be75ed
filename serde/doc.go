// Package serde turns values into the bytes of Kafka records and back, under
// schemas that a registry keeps. It knows the wire format, subjects and writer
// schemas; how a value itself is written is a [Format]'s: package avro's, or one
// of your own.
//
//	type UserEvent struct {
//		UserID    string    `avro:"userId"`
//		EventTime time.Time `avro:"eventTime"`
//	}
//
//	reg, err := registry.NewClient("http://localhost:8081")
//	ser, err := serde.NewSerializer(reg, avro.For[UserEvent]())
//	data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("user-events"), event)
//	// data.Bytes is the record's value
//
//	de, err := serde.NewDeserializer(reg, avro.For[UserEvent]())
//	info, err := de.Deserialize(ctx, serde.ValueOf("user-events"), serde.Data{Bytes: value}, &event)
//
// # The way of the data
//
// Writing: a field, a topic's value or key, is bound once. A strategy names its
// subject, the registry gives the writer schema ([WithWriterSchema]), and the
// format compiles an encoder. From then on a value costs one atomic load, one map
// lookup and its encoding.
//
// Reading: the frame names the writer schema. A schema met for the first time is
// fetched with all it refers to, resolved to T's own and compiled, once however
// many goroutines wait for it; meanwhile records of other schemas go on. From
// then on a record costs one atomic load, one map lookup and its decoding.
//
// A tombstone, Kafka's null, is never framed and reads back as a tombstone. An
// empty value is something else: without a frame it is an error, and with a
// schema header it is a payload of no bytes. Clients tell the two apart as Data
// does: confluent-kafka-go and franz-go deliver null as a nil slice and an empty
// value as one that is not nil, and write them so.
//
// # Concurrency
//
// Serializers and deserializers are safe for concurrent use, and so must formats
// and what they make be. Nothing here holds a lock while the registry is asked.
// Callers that need the same schema wait for one call; each may leave when its
// own context ends.
//
// # Errors
//
// Every error of reading and writing is an [*Error] and has a [Class], which
// errors.Is asks for and [ClassOf] gives. What to do about each:
//
//   - [NotFramed], [Truncated], [TrailingBytes], [Malformed], [LimitExceeded]: the
//     bytes are not what they should be, and never will be. To the dead-letter topic.
//   - [UnknownSchema], [InvalidSchema]: this registry has not got the schema, or
//     nothing that can be used. The same, unless it is the wrong registry.
//   - [Incompatible], [TypeMismatch]: writer and reader do not fit. The same, and
//     the record is readable again after a release that fits.
//   - [RuleFailed]: a data-contract rule wants an engine that is not here. The
//     same; see [WithoutRules].
//   - [NotRegistered]: the writer schema is missing. A person registers it, or
//     [WithWriterSchema] chooses another; [Serializer.Prepare] tells at the start.
//   - [RegistryUnavailable]: an outage. Wait and try again; the record is good.
//   - [RegistryDenied]: credentials. Stop, for a person.
//   - [Unclassified]: the caller's own context ended, or something that is not
//     known. Nothing is said of the record.
//
// [IsPoison] is true of those that are for a dead-letter topic.
package serde
