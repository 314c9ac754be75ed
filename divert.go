//go:build cgo

package concord

import (
	"fmt"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// partitionCounts knows how many partitions topics have, to which records are diverted.
type partitionCounts struct {
	mu     sync.Mutex
	counts map[string]partitionCount
}

// partitionCount is how many partitions a topic had a while ago: there may be more later.
type partitionCount struct {
	n  int32
	at time.Time
}

func newPartitionCounts() *partitionCounts {
	return &partitionCounts{counts: make(map[string]partitionCount)}
}

const (
	countsFor  = 5 * time.Minute
	lookupWait = time.Second // it cannot be interrupted
)

// divert is the record as it is, on its way to another topic, into the partition of the same
// number as its own was, modulo how many there are.
func (c *partitionCounts) divert(p *Producer[[]byte, []byte], m *kafka.Message, topic string, partition int32) (diverted, error) {
	n, err := c.of(p, topic)
	if err != nil {
		return diverted{}, err
	}
	partition %= n
	out := diverted{
		Topic: topic, Key: m.Key, NullKey: m.Key == nil, Value: m.Value, Tombstone: m.Value == nil, ToPartition: &partition, Headers: headersOf(m),
	}
	if m.Timestamp.UnixMilli() > 0 {
		out.Timestamp = m.Timestamp
	}
	return out, nil
}

// of is how many the topic has.
func (c *partitionCounts) of(p *Producer[[]byte, []byte], topic string) (int32, error) {
	c.mu.Lock()
	known := c.counts[topic]
	c.mu.Unlock()
	if known.n > 0 && time.Since(known.at) < countsFor {
		return known.n, nil
	}
	if err := validTopic(topic); err != nil {
		return 0, err
	}
	metadata, err := p.sender.kp.GetMetadata(&topic, false, int(lookupWait/time.Millisecond))
	if err != nil {
		return 0, err
	}
	t := metadata.Topics[topic]
	if t.Error.Code() != kafka.ErrNoError {
		return 0, fmt.Errorf("the topic %s: %w", topic, t.Error)
	}
	known = partitionCount{int32(len(t.Partitions)), time.Now()}
	if known.n == 0 {
		return 0, fmt.Errorf("the topic %s has no partitions", topic)
	}
	c.mu.Lock()
	c.counts[topic] = known
	c.mu.Unlock()
	return known.n, nil
}
