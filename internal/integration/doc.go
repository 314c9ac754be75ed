// Package integration holds the library to servers and clients that nobody here wrote: Apache Kafka, Apicurio
// Registry, Confluent's clients in Python and JavaScript, Apache Avro in Java. It has tests alone; README.md says
// how they are run.
package integration
