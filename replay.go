//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
)

// Replay is what [ReplayDeadLetters] did.
type Replay struct {
	Replayed int // dead letters that are in their source topics again
	Skipped  int // records that are no dead letters, or that the filter left out
}

// ReplayDeadLetters reads dead letters and writes them back to the topics that they come
// from, into the same partition where the key is null and into that of the key otherwise,
// with the key, value, timestamp and headers that they had, and without those that made
// them dead letters. It goes on until ctx is done, and is meant to be run when what was
// wrong is mended; c's group remembers how far it came. Each is acknowledged before its
// offset is stored, so that none is lost, and one may come twice.
//
// wants chooses among them; nil takes all. What is not chosen, and what is no dead letter,
// is passed over.
func ReplayDeadLetters(ctx context.Context, c *Consumer[[]byte, []byte], topics []string, p *Producer[[]byte, []byte], wants func(from Origin, m *Message[[]byte, []byte]) bool) (Replay, error) {
	var done Replay
	for m, err := range c.Messages(ctx, topics...) {
		if err != nil {
			return done, err
		}
		from, own, ok := ParseDeadLetter(m.Headers)
		if !ok || wants != nil && !wants(from, m) {
			done.Skipped++
			continue
		}
		out := *m
		out.Topic, out.Headers = from.Topic, own
		if m.NullKey {
			out.ToPartition = &from.Partition
		}
		if _, err := p.Produce(ctx, out); err != nil {
			if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
				return done, nil // not stored: the next replay begins with it
			}
			return done, fmt.Errorf("replaying to %s: %w", from.Topic, err)
		}
		done.Replayed++
	}
	return done, nil
}
