//go:build cgo

package concord

import (
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// Start is where a run begins to read partitions, whatever the group has committed. It is
// an option of [NewConsumer] for tools that read again, and for tests; without it a
// run goes on at the committed offsets. A partition that this consumer is assigned again
// goes on where it was.
type Start struct {
	offset kafka.Offset
	at     time.Time
}

// FromBeginning reads all that there is.
func FromBeginning() Start { return Start{offset: kafka.OffsetBeginning} }

// FromEnd reads what is written from now on.
func FromEnd() Start { return Start{offset: kafka.OffsetEnd} }

// FromTime reads records with this timestamp or a later one, from the first such on.
func FromTime(t time.Time) Start { return Start{at: t} }

func (s Start) applyConsumer(to *consumerOptions) { to.start = &s }

// offsetsWait bounds the question at which offset a time begins.
const offsetsWait = 10 * time.Second

// positions are where partitions that are assigned for the first time begin.
func (s *Start) positions(kc *kafka.Consumer, assigned []kafka.TopicPartition) ([]kafka.TopicPartition, error) {
	for i := range assigned {
		assigned[i].Offset = s.offset
		if !s.at.IsZero() {
			assigned[i].Offset = kafka.Offset(s.at.UnixMilli())
		}
	}
	if s.at.IsZero() {
		return assigned, nil
	}
	found, err := kc.OffsetsForTimes(assigned, int(offsetsWait/time.Millisecond))
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
	return found, nil
}

// assignFrom assigns what the group gave this member, at the start's positions where it
// has not been before.
func (p *poller) assignFrom(kc *kafka.Consumer, assigned []kafka.TopicPartition) error {
	if p.begun == nil {
		p.begun = make(map[topicPartition]bool)
	}
	var first, all []kafka.TopicPartition
	for _, tp := range assigned {
		key := topicPartition{*tp.Topic, tp.Partition}
		if p.begun[key] {
			all = append(all, tp)
		} else {
			first = append(first, tp)
		}
	}
	if len(first) > 0 {
		placed, err := p.options.start.positions(kc, first)
		if err != nil {
			return &ConsumeError{Doing: "find where to start", Err: err}
		}
		for _, tp := range placed {
			p.begun[topicPartition{*tp.Topic, tp.Partition}] = true
		}
		all = append(all, placed...)
	}
	var err error
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
