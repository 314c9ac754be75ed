package concord

import (
	"context"
	"time"

	"github.com/concord-go/concord/serde"
)

// Header is a record header. Kafka allows several with one key, keeps their
// order, and tells a nil value from an empty one.
type Header = serde.Header

// Message is one record with its key and value as Go values.
//
// To produce one, set Topic, Value and, nearly always, Key; the zero value
// of every other field is the default. On reading, every field but
// ToPartition is set.
type Message[K, V any] struct {
	Topic string
	Key   K
	Value V

	// NullKey and Tombstone say that the record's key or value is Kafka's null,
	// whatever Key or Value holds. A compacted topic deletes what was
	// written under the key of a tombstone. On reading, Key or Value is then
	// its type's zero value. Records with a null key are spread over the
	// partitions at random.
	NullKey   bool
	Tombstone bool

	Headers []Header

	// Timestamp has milliseconds. Producing with the zero Time means now.
	Timestamp time.Time

	// ToPartition is the partition to write to. nil leaves it to the
	// partitioner, which puts equal keys in one partition. It is never set on
	// reading, so that a record that was read can be produced elsewhere.
	ToPartition *int32

	// Partition and Offset are where the record was read. A [Producer] ignores them, and the
	// fields below.
	Partition int32
	Offset    int64
	// Attempt counts the attempts at handling the record, from 1, also in the retry topics that it has been
	// to. Attempts of a run that ended, and of other group members, are not known.
	Attempt int
	// RetryTopics is how many retry topics the record has been to ([WithRetryTopics]).
	RetryTopics int

	// KeyInfo and ValueInfo are what is known of key and value besides
	// themselves, first of all the writer schema.
	KeyInfo   serde.Info
	ValueInfo serde.Info
}

// Handler does a program's work on one record. The record counts as handled,
// and its offset may be committed, when the handler returns nil, and not before. The
// message is the handler's to keep and to change: a further attempt gets a new one. It is called from several goroutines: one for each
// partition, unless [InKeyOrder] or [Unordered] says otherwise.
type Handler[K, V any] func(ctx context.Context, m *Message[K, V]) error

// Delivery is where an acknowledged record now is.
type Delivery struct {
	Topic     string
	Partition int32
	Offset    int64
	// Timestamp is what the record was sent with. A topic whose
	// message.timestamp.type is LogAppendTime keeps the broker's instead.
	Timestamp time.Time
}

// Serializer writes keys or values: [*serde.Serializer] does, and so do
// [String], [Bytes] and [Int64]. It is safe for concurrent use.
type Serializer[T any] interface {
	// AppendSerialize appends the bytes of v, framed, to dst. Data.Bytes is the
	// extended dst, or nil where v is to be Kafka's null.
	AppendSerialize(ctx context.Context, dst []byte, field serde.Field, v T) (serde.Data, error)
}

// Deserializer reads keys or values: [*serde.Deserializer] does, and so do
// [String], [Bytes] and [Int64]. It is safe for concurrent use.
type Deserializer[T any] interface {
	// Deserialize reads all of data into *v. Info says what is known of the
	// writer schema, also when there is an error.
	Deserialize(ctx context.Context, field serde.Field, data serde.Data, v *T) (serde.Info, error)
}
