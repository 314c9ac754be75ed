//go:build cgo

package rdkafka

import (
	"slices"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// rebalance runs inside kc.Poll, on the owner. It always assigns and unassigns by itself: the kafka
// package would do it otherwise, and send an error to a channel that nobody reads.
func (c *Consumer) rebalance(kc *kafka.Consumer, event kafka.Event) error {
	if c.fetch == nil { // Close polls, too
		c.fetch = new(kafkaclient.Fetch)
		defer func() { c.fetch = nil }()
	}
	var err error
	switch event := event.(type) {
	case kafka.AssignedPartitions:
		err = c.assigned(event.Partitions)
	case kafka.RevokedPartitions:
		err = c.revoked(event.Partitions)
	}
	if err != nil {
		c.fetch.Errors = append(c.fetch.Errors, kafkaclient.FetchError{Err: toError(err)})
	}
	return nil
}

func (c *Consumer) assigned(tps []kafka.TopicPartition) error {
	c.conn.reached()
	partitions := toPartitions(tps)
	for _, tp := range partitions {
		c.background.place(tp, false)
		c.begin(tp, -1)
	}
	if c.rebalancer != nil {
		for _, tp := range partitions {
			c.partitions[tp].told = true
		}
		at := make(map[kafkaclient.TopicPartition]kafkaclient.Position)
		for _, position := range c.rebalancer.Assigned(partitions) {
			at[position.TopicPartition] = position
		}
		for i, tp := range partitions {
			if position, ok := at[tp]; ok && position.Offset >= 0 {
				tps[i] = fromPositions([]kafkaclient.Position{position})[0]
				c.background.place(tp, true)
				c.begin(tp, position.Offset).told = true
			}
		}
	}
	if c.cooperative() {
		return c.kc.IncrementalAssign(tps)
	}
	return c.kc.Assign(tps)
}

func (c *Consumer) revoked(tps []kafka.TopicPartition) error {
	partitions := toPartitions(tps)
	// What was read in the same Poll, before this, is not delivered: the next owner reads it.
	c.messages = slices.DeleteFunc(c.messages, func(m *kafka.Message) bool {
		return slices.Contains(partitions, toPartition(&m.TopicPartition))
	})
	// A Leave whose time was up may have left a rebalance behind: its partitions are not those of the
	// present Rebalancer.
	told := slices.DeleteFunc(slices.Clone(partitions), func(tp kafkaclient.TopicPartition) bool {
		p := c.partitions[tp]
		return p == nil || !p.told
	})
	if c.rebalancer != nil && len(told) > 0 {
		if c.kc.AssignmentLost() {
			c.rebalancer.Lost(told)
		} else {
			c.rebalancer.Revoked(told)
		}
	}
	c.unstorePartitions(partitions)
	for _, tp := range partitions {
		delete(c.partitions, tp)
		c.background.leave(tp)
	}
	c.recent = nil
	if c.cooperative() {
		return c.kc.IncrementalUnassign(tps)
	}
	return c.kc.Unassign()
}

func (c *Consumer) cooperative() bool { return c.kc.GetRebalanceProtocol() == "COOPERATIVE" }

// storedWait bounds the question where the group's committed offsets are.
const storedWait = 5 * time.Second

// Assign reads partitions without being a member.
func (c *Consumer) Assign(at []kafkaclient.Position) error {
	tps, err := c.stored(fromPositions(at))
	if err != nil {
		return err
	}
	c.rebalancer, c.manual = nil, true
	clear(c.partitions)
	for i := range at {
		c.background.place(at[i].TopicPartition, at[i].Offset >= 0)
		c.begin(at[i].TopicPartition, max(int64(tps[i].Offset), -1))
	}
	return asError(toError(c.kc.Assign(tps)))
}

// stored fills in the group's committed offsets where there is no offset. librdkafka asks for them
// by itself, but waits for ever where a broker answers that there is no such group, as kfake does
// for a new one. Other failures are left to it.
func (c *Consumer) stored(tps []kafka.TopicPartition) ([]kafka.TopicPartition, error) {
	var ask []kafka.TopicPartition
	var index []int
	for i := range tps {
		if tps[i].Offset < 0 {
			tps[i].Offset = kafka.OffsetStored
			ask, index = append(ask, tps[i]), append(index, i)
		}
	}
	if len(ask) == 0 {
		return tps, nil
	}
	committed, err := c.kc.Committed(ask, milliseconds(storedWait))
	switch {
	case code(err) == kafka.ErrGroupIDNotFound && c.reset == kafka.OffsetInvalid:
		return nil, fetchError(kafka.NewError(kafka.ErrAutoOffsetReset, "no committed offset, and auto.offset.reset=error", false))
	case code(err) == kafka.ErrGroupIDNotFound:
		committed = ask
	case err != nil:
		return tps, nil
	}
	for i := range committed {
		switch tp := &tps[index[i]]; {
		case committed[i].Error != nil:
		case committed[i].Offset >= 0:
			tp.Offset, tp.LeaderEpoch = committed[i].Offset, committed[i].LeaderEpoch
		case c.reset != kafka.OffsetInvalid:
			tp.Offset = c.reset
		}
	}
	return tps, nil
}
