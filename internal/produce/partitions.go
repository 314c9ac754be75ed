package produce

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

const (
	countsFor  = 5 * time.Minute
	lookupWait = 5 * time.Second
)

// partitionCounts remembers how many partitions topics have.
type partitionCounts struct {
	mu     sync.Mutex
	counts map[string]partitionCount
}

// partitionCount is how many partitions a topic had at a time: there may be more later.
type partitionCount struct {
	n  int32
	at time.Time
}

func (c *partitionCounts) init() { c.counts = make(map[string]partitionCount) }

func (c *partitionCounts) get(topic string) (int32, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.counts[topic]
	return known.n, ok && time.Since(known.at) < countsFor
}

// put remembers a count, and forgets those that are too old.
func (c *partitionCounts) put(topic string, n int32) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.counts, func(_ string, known partitionCount) bool { return now.Sub(known.at) >= countsFor })
	c.counts[topic] = partitionCount{n, now}
}

// Partitions is how many partitions the topic has, or had up to 5 minutes ago. Concurrent
// calls for one topic share a request, which takes 5 s at most.
func (s *Sender) Partitions(ctx context.Context, topic string) (int32, error) {
	if n, ok := s.known.get(topic); ok {
		return n, nil
	}
	// A client may ignore its context: the callers leave, and Close waits for the call.
	wait, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	defer context.AfterFunc(s.lifetime, cancel)()
	n, err := s.lookups.Do(wait, topic, func(ctx context.Context) (int32, error) { return s.lookUp(ctx, topic) })
	switch {
	case err == nil:
		return n, nil
	case s.lifetime.Err() != nil:
		return 0, ErrClosed
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return 0, s.explainUnheld(err)
}

// lookUp asks the client. It runs in a goroutine that Close waits for as a user.
func (s *Sender) lookUp(ctx context.Context, topic string) (int32, error) {
	client, release, err := s.Use()
	if err != nil {
		return 0, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	n, err := client.Partitions(ctx, topic)
	if err != nil {
		return 0, err
	}
	if n <= 0 {
		return 0, &kafkaclient.Error{Name: "UNKNOWN_TOPIC_OR_PARTITION", Code: 3, Kind: kafkaclient.UnknownTopic, Retriable: true, Text: "the topic has no partitions"}
	}
	s.known.put(topic, n)
	return n, nil
}
