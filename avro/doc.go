// Package avro is Apache Avro 1.12 for services that evolve: schemas, their
// compatibility, and encoding and decoding between Go values and Avro data,
// with the writer's schema resolved to the reader's.
//
// # Start
//
//	type UserEvent struct {
//		_    struct{}  `avro:"com.acme.UserEvent"`
//		ID   string    `avro:"userId"`
//		Time time.Time `avro:"eventTime"`
//	}
//
//	reg, err := registry.NewClient("http://localhost:8081")
//	ser, err := serde.NewSerializer(reg, avro.For[UserEvent]())   // with a schema registry
//	de, err := serde.NewDeserializer(reg, avro.For[UserEvent]())
//
//	schema, err := avro.SchemaFor[UserEvent]()                    // or without one
//	enc, err := avro.NewEncoder[UserEvent](schema)
//	payload, err := enc.AppendEncode(nil, UserEvent{ID: "u123", Time: time.Now()})
//	dec, err := avro.NewDecoder[UserEvent](writerSchema, schema)
//	err = dec.Decode(payload, &event)
//
// [For] describes a Go type to serde, [Dynamic] does without one. The schema of
// a type is derived from its tags ([SchemaFor]) or given as text ([WithSchema]).
//
// # The way of the data
//
// [Parse] reads a schema's text and checks all of it, defaults included, which it
// keeps as Avro data. [CheckCompatibility] tells every reason why a reader cannot read
// what a writer wrote. [NewEncoder] and [NewDecoder] compile a pair of
// schemas and a Go type into a program, once; encoding and decoding then run it,
// without looking at schemas or types again. A [Schema] prints itself in
// three forms: [Schema.String] for people and registries, [Schema.Normalized]
// to compare texts, [Schema.Canonical] to compare wire forms, which
// [Schema.Fingerprint] hashes.
//
// A type that concord gen avro made brings code for its own schema. Encoders and decoders
// take that in place of the program where the data have that schema, and the program
// where they have another, or where the code finds something wrong: the error is the
// program's, and says what and where.
//
// # Untrusted input
//
// Schemas and payloads come from elsewhere. Size and depth of both are limited by
// default ([ParseLimits], [Limits]), every length is checked before memory is
// taken for it, no input makes the package panic, and the time that a schema takes
// is in proportion to its size.
//
// # Concurrency
//
// Schemas, formats, encoders and decoders are immutable and safe for concurrent use.
//
// # Errors
//
// [SchemaError] is an invalid schema and the place in its text, [TypeError] a Go
// type that has no schema. The errors of encoding and decoding name the
// field. All carry a class of package serde, for [serde.ClassOf]. None has a
// value from a payload in it; schema errors quote names and shortened defaults from tags.
package avro
