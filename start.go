//go:build cgo

package concord

import (
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// Start is where a run begins to read, whatever the group has committed: an option of
// [NewConsumer] for tools that read again, and for tests, and what [Consumer.Seek] takes. Without it a
// run goes on at the committed offsets. A partition that this consumer is assigned again
// goes on where it was. [FromOffset] says it of one partition, and comes before what
// [FromBeginning], [FromEnd] or [FromTime] say of all; of those the last given counts.
type Start struct{ set func(*starts) }

func (s Start) applyConsumer(to *consumerOptions) {
	if s.set != nil {
		s.set(&to.starts)
	}
}

// FromBeginning reads all that there is.
func FromBeginning() Start { return everywhere(kafka.OffsetBeginning, time.Time{}) }

// FromEnd reads what is written from now on.
func FromEnd() Start { return everywhere(kafka.OffsetEnd, time.Time{}) }

// FromTime reads records with this timestamp or a later one, from the first such on.
func FromTime(t time.Time) Start { return everywhere(kafka.OffsetInvalid, t) }

// FromOffset reads a partition from a record on.
func FromOffset(topic string, partition int32, offset int64) Start {
	return Start{func(s *starts) {
		if s.offsets == nil {
			s.offsets = make(map[topicPartition]kafka.Offset)
		}
		s.offsets[topicPartition{topic, partition}] = kafka.Offset(offset)
	}}
}

func everywhere(offset kafka.Offset, at time.Time) Start {
	return Start{func(s *starts) { s.all, s.offset, s.at = true, offset, at }}
}

// starts are several of them.
type starts struct {
	offsets map[topicPartition]kafka.Offset
	all     bool // something is said of those that are not in offsets:
	offset  kafka.Offset
	at      time.Time // not zero: in place of offset
}

func (s *starts) check() error {
	for key, offset := range s.offsets {
		if offset < 0 || key.id < 0 || validTopic(key.topic) != nil {
			return &ConfigError{Reason: "FromOffset needs a topic, and a partition and an offset that are not negative"}
		}
	}
	return nil
}

func (s *starts) any() bool { return s.all || len(s.offsets) > 0 }

// of reports whether something is said of a partition.
func (s *starts) of(key topicPartition) bool {
	_, named := s.offsets[key]
	return named || s.all
}

// offsetsWait bounds the question at which offset a time begins.
const offsetsWait = 10 * time.Second

// positions says where the partitions begin. Where nothing is said they stay as they are.
func (s *starts) positions(kc *kafka.Consumer, assigned []kafka.TopicPartition) ([]kafka.TopicPartition, error) {
	var byTime []kafka.TopicPartition
	placed := make([]kafka.TopicPartition, 0, len(assigned))
	for _, tp := range assigned {
		offset, named := s.offsets[topicPartition{*tp.Topic, tp.Partition}]
		switch {
		case named:
			tp.Offset = offset
		case s.all && s.at.IsZero():
			tp.Offset = s.offset
		case s.all:
			tp.Offset = kafka.Offset(s.at.UnixMilli())
			byTime = append(byTime, tp)
			continue
		}
		placed = append(placed, tp)
	}
	if len(byTime) == 0 {
		return placed, nil
	}
	found, err := kc.OffsetsForTimes(byTime, int(offsetsWait/time.Millisecond))
	if err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Error != nil {
			return nil, found[i].Error
		}
		if found[i].Offset < 0 { // nothing so late
			found[i].Offset = kafka.OffsetEnd
		}
	}
	return append(placed, found...), nil
}

// placed says where partitions begin: where the options want it, unless this consumer has had them
// before.
func (p *poller) placed(assigned []kafka.TopicPartition) ([]kafka.TopicPartition, error) {
	if !p.options.starts.any() {
		return assigned, nil
	}
	if p.begun == nil {
		p.begun = make(map[topicPartition]bool)
	}
	var first, all []kafka.TopicPartition
	for _, tp := range assigned {
		if p.begun[topicPartition{*tp.Topic, tp.Partition}] {
			all = append(all, tp)
		} else {
			first = append(first, tp)
		}
	}
	if len(first) == 0 {
		return all, nil
	}
	placed, err := p.options.starts.positions(p.kc, first)
	if err != nil {
		return nil, &ConsumeError{Doing: "find where to start", Err: err}
	}
	for _, tp := range placed {
		p.begun[topicPartition{*tp.Topic, tp.Partition}] = true
	}
	return append(all, placed...), nil
}

// assignFrom assigns what the group gave this member, where the options want it.
func (p *poller) assignFrom(kc *kafka.Consumer, assigned []kafka.TopicPartition) error {
	all, err := p.placed(assigned)
	if err != nil {
		return err
	}
	if kc.GetRebalanceProtocol() == "COOPERATIVE" {
		err = kc.IncrementalAssign(all)
	} else {
		err = kc.Assign(all)
	}
	if err != nil {
		return &ConsumeError{Doing: "assign", Err: err}
	}
	return nil
}

// WithStopAtEnd ends Run, with nil, when all that is assigned has been read up to its end
// and handled: for tools that read what there is. What is written in the meantime is
// read, too. With several members in the group each stops at the end of its own share, and
// gives that up.
func WithStopAtEnd() ConsumerOption { return stopAtEnd{} }

type stopAtEnd struct{}

func (stopAtEnd) applyConsumer(to *consumerOptions) { to.stopAtEnd = true }

// ended says that a partition was read to its end.
func (s *session) ended(eof kafka.PartitionEOF) {
	if p := s.partitions[topicPartition{*eof.Topic, eof.Partition}]; p != nil {
		p.ended = true
	}
}

// allEnded reports whether all partitions were read to their ends, and handled.
func (s *session) allEnded() bool {
	for _, p := range s.partitions {
		if !p.ended || p.inHand() > 0 {
			return false
		}
	}
	return len(s.partitions) > 0
}

// inHand is how many records are not handled yet.
func (p *partition) inHand() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queued
}
