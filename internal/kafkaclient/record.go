package kafkaclient

import (
	"time"

	"github.com/concord-go/concord/serde"
)

// Header is a record header.
type Header = serde.Header

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// Position is an offset in a partition.
type Position struct {
	TopicPartition
	Offset int64
	// LeaderEpoch is that of the record before the offset; -1 where it is not known.
	LeaderEpoch int32
}

// AnyPartition in [Record.Partition] leaves the choice to the partitioner.
const AnyPartition int32 = -1

// TimestampType says who set a record's timestamp.
type TimestampType uint8

// The types, with the names that Kafka's clients give them.
const (
	NoTimestampType TimestampType = iota
	CreateTime
	LogAppendTime
)

// String is "NoTimestampType", "CreateTime" or "LogAppendTime".
func (t TimestampType) String() string {
	switch t {
	case CreateTime:
		return "CreateTime"
	case LogAppendTime:
		return "LogAppendTime"
	}
	return "NoTimestampType"
}

// Record is a Kafka record, read or to be written.
type Record struct {
	Topic     string
	Partition int32 // AnyPartition leaves it to the partitioner
	Offset    int64 // of a record that was read
	// LeaderEpoch is that of a record that was read; -1 where it is not known.
	LeaderEpoch int32
	// Key and Value are nil for null.
	Key, Value []byte
	Headers    []Header
	// Timestamp has milliseconds; the zero Time of a record to be written means now.
	Timestamp     time.Time
	TimestampType TimestampType
}

// TopicPartition is where the record was read.
func (r *Record) TopicPartition() TopicPartition {
	return TopicPartition{Topic: r.Topic, Partition: r.Partition}
}

// Size is the bytes of key, value and headers.
func (r *Record) Size() int {
	n := len(r.Key) + len(r.Value)
	for i := range r.Headers {
		n += len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return n
}
