package serde

import "github.com/concord-go/concord/registry"

// Format is what a schema language brings to serde for values of type T:
// [github.com/concord-go/concord/avro.For] returns one. A Format only describes;
// its methods are called when a schema is met for the first time, never for
// each record. It is safe for concurrent use.
type Format[T any] interface {
	// SchemaType is the registry's name of the language.
	SchemaType() registry.SchemaType

	// Definition is T's own schema: derived from T or given as text. It is nil
	// for a dynamic format without one, which reads whatever was written and
	// cannot write unless the writer schema is chosen by version or id.
	Definition() (*Definition, error)

	// RecordName is the name that record-based subject strategies use: the
	// full name of the record or message. It is an error where there is none.
	RecordName() (string, error)

	// NewEncoder checks that T fits the writer schema and compiles an encoder
	// for it. Its error lists every mismatch with its path.
	NewEncoder(writer WriterSchema) (Encoder[T], error)

	// NewDecoder resolves the writer schema to T's own and compiles a decoder.
	NewDecoder(writer WriterSchema) (Decoder[T], error)
}

// Encoder writes values of T under one writer schema. It is safe for concurrent use.
type Encoder[T any] interface {
	// AppendEncode appends the payload of v to dst. On an error it returns dst
	// as it was. It keeps neither dst nor anything of v.
	AppendEncode(dst []byte, v T) ([]byte, error)
}

// Decoder reads payloads of one writer schema into T. It is safe for concurrent use.
type Decoder[T any] interface {
	// Decode reads the whole payload into *v; bytes left over are an error of
	// class [TrailingBytes]. It keeps no part of payload (but see [GivenDecoder]). After an error *v is
	// unspecified, but safe to use.
	Decode(payload []byte, v *T) error
}

// GivenDecoder is an upgrade of [Decoder]: DecodeGiven is Decode of a payload that nobody
// writes to any more and that *v may keep, so that its strings need not be copied. It should
// keep no large payload alive for the sake of a small string.
type GivenDecoder[T any] interface {
	DecodeGiven(payload []byte, v *T) error
}

// MessageIndexer is an upgrade of [Encoder] for Protobuf: the path from the
// file's top level to the message, which the wire format puts before the
// payload. It is asked once, when the encoder is made.
type MessageIndexer interface {
	MessageIndexes() []int
}

// WriterSchema is what a payload was, or is to be, written with, and all that
// its text refers to.
type WriterSchema struct {
	registry.Schema
	ID   registry.SchemaID // 0 where only the GUID is known
	GUID registry.GUID     // zero where only the id is known

	// Referenced holds every schema that Text refers to, directly or through
	// another, each once, and each after those that it refers to itself.
	Referenced []ReferencedSchema

	// MessageIndexes is the Protobuf message's path in the file, as it stands
	// in the record; nil for other formats and for encoders.
	MessageIndexes []int
}

// ReferencedSchema is a schema together with the name by which another refers to it.
type ReferencedSchema struct {
	registry.Reference
	Schema registry.Schema
}

// Definition is a schema that the program itself holds, with everything it
// imports, so that it can be looked up or registered where the registry does
// not have it yet. Imports shared by several schemas are shared pointers.
type Definition struct {
	// Name is how the importing schema refers to this one; empty at the root.
	Name string
	// Subject is where an import is registered; empty means its Name. It is
	// not used at the root, whose subject the strategy gives.
	Subject registry.Subject
	// Schema is the text and its type. Its References are filled in by serde.
	Schema  registry.Schema
	Imports []*Definition
}
