//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// WithPartitions has a consumer read these partitions of each topic, in place of those that its
// group would give it: it is no member of the group, nothing is rebalanced, and who else
// reads them is nobody's concern. Offsets are committed under group.id all the same, and a run
// goes on there. Topics must be named; a regular expression is refused.
func WithPartitions(partitions ...int32) ConsumerOption { return withPartitions(partitions) }

type withPartitions []int32

func (w withPartitions) applyConsumer(to *consumerOptions) {
	to.partitions = slices.Clone(w)
	if to.partitions == nil {
		to.partitions = []int32{}
	}
}

// begin subscribes to the topics, or assigns what was asked for.
func (p *poller) begin(s *session, topics []string) error {
	if p.options.partitions == nil {
		if err := p.kc.SubscribeTopics(topics, p.rebalance); err != nil {
			return &ConsumeError{Doing: "subscribe", Err: err}
		}
		return nil
	}
	var assigned []kafka.TopicPartition
	for _, topic := range topics {
		if strings.HasPrefix(topic, "^") {
			return &ConsumeError{Doing: "assign", Err: errors.New("with WithPartitions, topics must be named: a regular expression is for a group's members")}
		}
		for _, partition := range p.options.partitions {
			if partition < 0 {
				return &ConsumeError{Doing: "assign", Err: fmt.Errorf("there is no partition %d", partition)}
			}
			assigned = append(assigned, kafka.TopicPartition{Topic: &topic, Partition: partition, Offset: kafka.OffsetInvalid})
		}
	}
	if len(assigned) == 0 {
		return &ConsumeError{Doing: "assign", Err: errors.New("WithPartitions names none")}
	}
	assigned, err := p.placed(p.stored(assigned))
	if err != nil {
		return err
	}
	if err := p.kc.Assign(assigned); err != nil {
		return &ConsumeError{Doing: "assign", Err: err}
	}
	s.assign(assigned)
	return nil
}

// stored says where the group's committed offsets are. librdkafka asks for them by itself, but waits for ever
// where a broker says that there is no such group, which is what kfake says of a new one. Other
// failures are left to it.
func (p *poller) stored(assigned []kafka.TopicPartition) []kafka.TopicPartition {
	committed, err := p.kc.Committed(assigned, int(commitWait/time.Millisecond))
	switch {
	case isCode(err, kafka.ErrGroupIDNotFound):
		committed = assigned
	case err != nil:
		return assigned
	}
	for i := range committed {
		if committed[i].Error == nil && committed[i].Offset < 0 {
			committed[i].Offset = p.reset
		}
	}
	return committed
}

// end is the opposite of begin.
func (p *poller) end() error {
	if p.options.partitions != nil {
		return p.kc.Unassign()
	}
	return p.kc.Unsubscribe()
}

// seekRequest is a [Consumer.Seek] on its way to the goroutine that owns the consumer.
type seekRequest struct {
	to   starts
	done chan error
}

func (p *poller) requestSeek(ctx context.Context, to []Start) error {
	r := seekRequest{done: make(chan error, 1)}
	for _, start := range to {
		if start.set != nil {
			start.set(&r.to)
		}
	}
	if err := r.to.check(); err != nil {
		return err
	}
	for sent := false; !sent; {
		if len(p.running) == 0 {
			return ErrNotRunning
		}
		select {
		case p.seeks <- r:
			sent = true
		case <-time.After(pollWait): // is the run still there?
		case <-p.closing:
			return ErrClosed
		case <-ctx.Done():
			return &ConsumeError{Doing: "seek", Err: context.Cause(ctx)}
		}
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return &ConsumeError{Doing: "seek", Err: context.Cause(ctx)}
	}
}

// seek moves partitions.
func (p *poller) seek(s *session, to *starts) error {
	for key := range to.offsets {
		if s.partitions[key] == nil {
			return &ConsumeError{Doing: "seek", Err: fmt.Errorf("partition %d of %s is not assigned", key.id, key.topic)}
		}
	}
	var moved []kafka.TopicPartition
	for key, partition := range s.partitions {
		if to.of(key) {
			moved = append(moved, partition.topicPartition())
		}
	}
	placed, err := to.positions(p.kc, moved)
	if err != nil {
		return &ConsumeError{Doing: "seek", Err: err}
	}
	if len(moved) == 0 {
		return nil
	}
	if err := s.release(moved, false, p.options.drain); err != nil {
		return &ConsumeError{Doing: "seek", Err: err}
	}
	s.assign(moved)
	sought, err := p.kc.SeekPartitions(placed)
	for i := range sought {
		if err == nil {
			err = sought[i].Error
		}
	}
	if err != nil {
		// Some may have moved, and what was in hand is dropped: only the next run is sure to read it.
		err = &ConsumeError{Doing: "seek", Err: err}
		s.fail(err)
	}
	return err
}
