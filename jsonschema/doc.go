// Package jsonschema is JSON Schema for services that evolve: schemas of the drafts 4, 6, 7,
// 2019-09 and 2020-12, and whether a reader schema can read what was written with a writer
// schema.
//
// # Start
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
// # The way of the data
//
// [Parse] reads a text into JSON values, and these into nodes, one demand each, in the form in which
// Confluent Schema Registry 8.3 compares schemas. [Compare] walks two such
// graphs together and lists each [Difference]; a [Policy] says which of them are compatible, and
// [CheckCompatibility] lists the others. [Schema.String] and [Schema.Normalized] are the texts that
// registries keep, exact to the byte, since ids and GUIDs depend on them.
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
// Schemas come from elsewhere. Size, depth and the number of values are limited by default ([ParseLimits]).
// A $ref never reads a file or the network. Patterns run on RE2 only. A comparison that grows out of
// all bounds is given up, with the difference [TooComplex]. No input makes the package panic.
//
// # Concurrency
//
// Schemas are immutable and safe for concurrent use.
//
// # Errors
//
// [SchemaError] is an invalid schema and the place in its text. It carries a class of package serde, for
// [github.com/concord-go/concord/serde.ClassOf].
package jsonschema
