package serde

import "github.com/concord-go/concord/registry"

// Role says which part of a record something is.
type Role uint8

// A record has a value and, perhaps, a key.
const (
	Value Role = iota
	Key
)

// String is "value" or "key": the ending of a subject named by [TopicName].
func (r Role) String() string {
	if r == Key {
		return "key"
	}
	return "value"
}

// Field is one part of a topic's records: what a schema is registered for.
type Field struct {
	Topic string
	Role  Role
}

// ValueOf is the value of a topic's records.
func ValueOf(topic string) Field { return Field{Topic: topic, Role: Value} }

// KeyOf is the key of a topic's records.
func KeyOf(topic string) Field { return Field{Topic: topic, Role: Key} }

// Header is a record header. Kafka allows several with one key.
type Header struct {
	Key   string
	Value []byte
}

// Data is one field of one record as it stands in Kafka.
type Data struct {
	// Bytes is the framed payload. nil is a tombstone (Kafka's null), whatever
	// the headers say; an empty value is not nil.
	Bytes []byte
	// Headers are, on reading, all headers of the record; on writing, those to
	// be added to it. The latter are shared between records: do not change them.
	Headers []Header
	// Given says, on reading, that Bytes are given away: nobody writes to them afterwards, and
	// the value may keep them, in its strings, say. Without it nothing refers to them.
	Given bool
}

// Info is what is known of a value besides itself.
type Info struct {
	// SchemaID is the writer schema's id; 0 for a tombstone, and where the
	// record carried a GUID.
	SchemaID registry.SchemaID
	// GUID is the writer schema's GUID where the record carried one.
	GUID registry.GUID
	// Tombstone is set for a null value or key. The decoded value is then T's zero value.
	Tombstone bool
}
