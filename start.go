package concord

import (
	"maps"
	"slices"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// StartPosition is where a run begins to read, whatever the group has committed. It is an option of
// a consumer, for tools that read again and for tests, and an argument of [Consumer.Seek]. Without it a
// run continues at the committed offsets. The position is committed for the group even if nothing is
// handled; a partition whose start position was committed continues from what is committed when it is
// assigned to this consumer again. [FromOffset] is for one partition, and takes precedence over
// [FromBeginning], [FromEnd] and [FromTime], which are for all; of those the last one given counts.
type StartPosition struct{ set func(*consume.Starts) }

func (s StartPosition) applyConsumer(o *consumerOptions) {
	if s.set != nil {
		s.set(&o.starts)
	}
}

// FromBeginning reads all records.
func FromBeginning() StartPosition { return everywhere(kafkaclient.Place{}) }

// FromEnd reads what is written from now on.
func FromEnd() StartPosition { return everywhere(kafkaclient.Place{End: true}) }

// FromTime reads from the first record on whose timestamp is t or later.
func FromTime(t time.Time) StartPosition {
	if t.IsZero() {
		return FromBeginning()
	}
	return everywhere(kafkaclient.Place{Time: t})
}

// FromOffset reads a partition from a record on.
func FromOffset(topic string, partition int32, offset int64) StartPosition {
	return StartPosition{func(s *consume.Starts) {
		s.Offsets = maps.Clone(s.Offsets)
		if s.Offsets == nil {
			s.Offsets = make(map[kafkaclient.TopicPartition]int64)
		}
		s.Offsets[kafkaclient.TopicPartition{Topic: topic, Partition: partition}] = offset
	}}
}

func everywhere(place kafkaclient.Place) StartPosition {
	return StartPosition{func(s *consume.Starts) { s.All, s.Place = true, place }}
}

// checkStarts refuses partitions and offsets that cannot be.
func checkStarts(s *consume.Starts) error {
	for tp, offset := range s.Offsets {
		if offset < 0 || tp.Partition < 0 || kafkaconfig.ValidTopic(tp.Topic) != nil {
			return &ConfigError{Reason: "FromOffset needs a topic, and a partition and an offset that are not negative"}
		}
	}
	return nil
}

// WithStopAtEnd ends Run, with nil, when all assigned partitions were read to their ends
// and everything is handled: for tools that read what there is. That includes records that are written
// meanwhile, by this run to its retry topics, for example. With several members in the group each stops at the end of its own share, and
// gives it up.
func WithStopAtEnd() ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.stopAtEnd = true })
}

// WithManualAssignment reads these partitions of each topic, instead of those that a
// group would assign: the consumer is no member of the group, nothing is rebalanced, and nothing keeps another
// consumer from reading them too. Offsets are committed under group.id all the same, and a run
// continues there. Topics must be named; a regular expression is refused.
func WithManualAssignment(partitions ...int32) ConsumerOption {
	partitions = append([]int32{}, partitions...)
	return consumerOption(func(o *consumerOptions) { o.partitions = slices.Clone(partitions) })
}
