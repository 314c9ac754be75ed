//go:build cgo

package concord

import (
	"hash/maphash"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// reread recognizes records that librdkafka reads a second time without being told to. Where a partition's leader
// changes while its beginning is asked for, it may ask twice, and goes back there when the second answer comes, though
// records were read by then. They were handed to their handlers, and are not again.
//
// What is read after a backward step may also be something else, when a topic was made anew or its log was cut. So
// the step is one to what has been read only where it leads to the very record that was the first.
type reread struct {
	last  int64 // the offset of the last record that was new; negative: none was read
	first mark
	going bool // over what was read before
}

// mark identifies a record.
type mark struct {
	offset, timestamp int64
	sum               uint64
}

// is reports whether a record was read before.
func (r *reread) is(m *kafka.Message, seed maphash.Seed) bool {
	offset := int64(m.TopicPartition.Offset)
	switch {
	case offset > r.last && r.last >= 0:
		r.going = false
	case r.going:
		return true
	default:
		this := mark{offset, m.Timestamp.UnixNano(), maphash.Bytes(seed, m.Key) ^ maphash.Bytes(seed, m.Value)*0x9e3779b97f4a7c15}
		if r.last >= 0 && this == r.first {
			r.going = true
			return true
		}
		r.first = this
	}
	r.last = offset
	return false
}
