// Package jsonschema writes and reads JSON events under the JSON Schemas of a registry (drafts 4, 6, 7, 2019-09 and
// 2020-12), and has what belongs to these: validation, schemas of Go types, and whether a reader schema can read what
// was written with a writer schema.
//
//	ser, err := serde.NewSerializer(reg, jsonschema.For[UserEvent](), serde.WithWriterSchema(serde.AutoRegister()))
//	data, err := ser.AppendSerialize(ctx, nil, serde.ValueOf("user-events"), event) // a *ValidationError lists what is wrong
//
//	de, err := serde.NewDeserializer(reg, jsonschema.For[UserEvent]())
//	_, err = de.Deserialize(ctx, serde.ValueOf("user-events"), data, &event)
//
// [For] derives the schema from the Go type ([SchemaFor]) or takes a text ([WithSchema]); [Dynamic] has no Go type.
//
// # The way of the data
//
// A value is encoded, and its text checked against the registered schema, which need not be the type's own. A schema of
// the common keywords is a program that walks the text once; all that it does not cover or does not accept goes to the
// engine (santhosh-tekuri/jsonschema), which alone refuses and says why. Reading decodes, and checks only when told to
// ([WithReadValidation]): writers are to keep bad events out.
//
// Numbers keep all digits: an int64 is exact, and what has no Go type becomes encoding/json's Number.
//
// For comparisons, [Parse] reads a text into JSON values, and these into nodes, one demand each, in the form in which Confluent
// Schema Registry 8.3 compares schemas. [Compare] walks two such graphs together and lists each [Difference]; a [Policy] says
// which of them are compatible, and [CheckCompatibility] lists the others. [Schema.String] and [Schema.Normalized] are the
// texts that registries keep, exact to the byte, since ids and GUIDs depend on them.
//
//	writer, err := jsonschema.Parse(`{
//		"type": "object",
//		"properties": {"id": {"type": "string"}},
//		"additionalProperties": false}`)
//	reader, err := jsonschema.Parse(newText)
//	for _, d := range jsonschema.CheckCompatibility(writer, reader, jsonschema.Strict) {
//		log.Print(d) // #/properties/id: TYPE_CHANGED: The reader's schema is of another type than the writer's
//	}
//
//	address, err := jsonschema.Parse(addressText)         // a schema that others refer to by name
//	order, err := jsonschema.Parse(`{"type": "object", "properties": {"to": {"$ref": "address.json"}}}`,
//		jsonschema.WithReferences(jsonschema.Reference{Name: "address.json", Schema: address}))
//
// # What is compared
//
// The comparison is of schemas, not of the sets of values that they allow: it may say no where a
// proof could be found that a reader can read everything, and it does not look at format,
// the schemas of contains and propertyNames, and if, then and else. Its verdicts are those of the
// registries, because a schema that is found compatible here must be accepted there. Where
// a schema refers to itself, all consequences are followed (the greatest fixed point).
//
// # Untrusted input
//
// Schemas and events come from elsewhere. Size, depth and the number of values are limited by default ([ParseLimits],
// [ValidationLimits]), and so are the steps of a validation. A $ref never reads a file or the network. Patterns run on RE2
// only. A comparison that grows out of all bounds is given up, with the difference [TooComplex]. Events are JSON as RFC 8259
// and I-JSON (RFC 7493) have it: UTF-8, no name twice in an object, nothing after the value. No input makes the package panic.
//
// # Concurrency
//
// Schemas, formats and validators are safe for concurrent use.
//
// # Errors
//
// [ValidationError] lists what a schema has against a value, [PayloadError] is bytes that are no JSON or do not fit the Go
// type, [TypeError] a Go type without a schema, [SchemaError] an invalid schema and the place in its text. Each has a class of
// package serde, for [github.com/concord-go/concord/serde.ClassOf]; none shows a value.
package jsonschema
