//go:build cgo

package rdkafka

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// background is the commits that librdkafka makes by itself, of stored positions. It rests while the group
// rebalances: a request that is sent then waits behind the join on the coordinator's connection, names
// the membership of before, and costs the whole assignment.
type background struct {
	mu        sync.Mutex
	committed map[kafkaclient.TopicPartition]int64 // as of the last answer
	// moved are partitions that began, or were moved, elsewhere than at the committed position:
	// librdkafka commits no position that goes back.
	moved   map[kafkaclient.TopicPartition]bool
	waiting map[kafkaclient.TopicPartition]int64 // what CommitSoon waits for
	done    chan error                           // its result; nil where nobody waits
}

// place notes where a partition begins; moved says that this is not its committed position.
func (b *background) place(tp kafkaclient.TopicPartition, moved bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.moved == nil {
		b.moved, b.committed = make(map[kafkaclient.TopicPartition]bool), make(map[kafkaclient.TopicPartition]int64)
	}
	delete(b.committed, tp)
	if b.moved[tp] = moved; !moved {
		delete(b.moved, tp)
	}
}

// leave forgets a partition.
func (b *background) leave(tp kafkaclient.TopicPartition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.moved, tp)
	delete(b.committed, tp)
	if _, waits := b.waiting[tp]; waits {
		b.end(refusal(kafkaclient.NotMember, "the partition was revoked before its position was committed"))
	}
}

// end gives the waiting call its result.
func (b *background) end(err error) {
	if b.done != nil {
		b.done <- err
	}
	b.waiting, b.done = nil, nil
}

// answer takes the result of a commit that librdkafka made.
func (b *background) answer(event kafka.OffsetsCommitted) {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := event.Error
	for i := range event.Offsets {
		at := toPosition(&event.Offsets[i])
		switch {
		case event.Offsets[i].Error != nil:
			err = event.Offsets[i].Error
		case event.Error == nil && at.Offset >= 0:
			b.note(at)
		}
	}
	switch {
	case b.done == nil:
	case err != nil && code(err) != kafka.ErrNoOffset:
		b.end(toError(err))
	case len(b.waiting) == 0:
		b.end(nil)
	}
}

// note remembers what is committed.
func (b *background) note(at kafkaclient.Position) {
	if b.committed != nil {
		b.committed[at.TopicPartition] = at.Offset
	}
	if want, waits := b.waiting[at.TopicPartition]; waits && at.Offset >= want {
		delete(b.waiting, at.TopicPartition)
	}
}

// placedAt notes positions that were committed at once: from there on positions go forward.
func (b *background) placedAt(at []kafkaclient.Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range at {
		delete(b.moved, p.TopicPartition)
		b.note(p)
	}
	if b.done != nil && len(b.waiting) == 0 {
		b.end(nil)
	}
}

// split tells positions that librdkafka would not commit by itself from the others.
func (b *background) split(at []kafkaclient.Position) (now, soon []kafkaclient.Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range at {
		if b.moved[p.TopicPartition] {
			now = append(now, p)
		} else {
			soon = append(soon, p)
		}
	}
	return now, soon
}

// wait says what a call waits for. The channel gets the result.
func (b *background) wait(at []kafkaclient.Position) <-chan error {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := make(chan error, 1)
	b.waiting, b.done = make(map[kafkaclient.TopicPartition]int64), done
	for _, p := range at {
		if committed, ok := b.committed[p.TopicPartition]; !ok || committed != p.Offset {
			b.waiting[p.TopicPartition] = p.Offset
		}
	}
	if len(b.waiting) == 0 {
		b.end(nil)
	}
	return done
}

// forget ends the wait of a call that has given up.
func (b *background) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting, b.done = nil, nil
}

// soonWait is how long CommitSoon waits before it asks what is committed.
const soonWait = 3 * time.Second

// CommitSoon stores positions, which librdkafka commits by itself while its group is stable. Positions that go
// back are committed at once.
func (c *Consumer) CommitSoon(ctx context.Context, at []kafkaclient.Position) error {
	if len(at) == 0 {
		return nil
	}
	now, soon := c.background.split(at)
	if len(now) > 0 {
		if err := c.Commit(ctx, now); err != nil {
			return err
		}
	}
	if len(soon) == 0 {
		return nil
	}
	done := c.background.wait(soon)
	if err := c.store(soon); err != nil {
		c.background.forget()
		if code(err) == kafka.ErrState { // it was revoked meanwhile
			return refusal(kafkaclient.NotMember, "a partition was revoked before its position was stored")
		}
		return asError(toError(err))
	}
	timer := time.NewTimer(soonWait)
	defer timer.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			c.background.forget()
			return noAnswer(context.Cause(ctx))
		case <-timer.C:
			if back := c.behind(ctx, soon); len(back) > 0 {
				_ = c.Commit(ctx, back) // if it fails, it is tried again
			}
			timer.Reset(soonWait)
		}
	}
}

// behind are those positions that librdkafka would never commit: they are before the committed ones. A client
// goes back by itself where its position is out of range, as when a topic was made anew.
func (c *Consumer) behind(ctx context.Context, at []kafkaclient.Position) (back []kafkaclient.Position) {
	ctx, cancel := context.WithTimeout(ctx, soonWait)
	defer cancel()
	of := make([]kafkaclient.TopicPartition, len(at))
	for i := range at {
		of[i] = at[i].TopicPartition
	}
	committed, err := c.Committed(ctx, of)
	if err != nil { // it is asked again
		return nil
	}
	for i, p := range at {
		known := committed[i]
		if known.Offset > p.Offset || known.Offset >= 0 && p.LeaderEpoch >= 0 && known.LeaderEpoch > p.LeaderEpoch {
			back = append(back, p)
		}
	}
	return back
}

// store gives librdkafka the positions that it commits by itself while the group is stable.
func (c *Consumer) store(at []kafkaclient.Position) error {
	stored, err := c.kc.StoreOffsets(fromPositions(at))
	if err == nil {
		err = firstError(stored)
	}
	return err
}

// unstore has librdkafka forget the positions of partitions.
func (c *Consumer) unstore(at []kafkaclient.Position) {
	at = slices.Clone(at)
	for i := range at {
		at[i].Offset, at[i].LeaderEpoch = int64(kafka.OffsetInvalid), -1
	}
	_ = c.store(at) // what is not assigned has none
}

// unstorePartitions has librdkafka give partitions up without a commit: it would commit what is stored, committed or not, and
// a broker that dies meanwhile would keep it from closing for 40 s. Whoever gives them up has committed what was to be.
func (c *Consumer) unstorePartitions(of []kafkaclient.TopicPartition) {
	at := make([]kafkaclient.Position, len(of))
	for i := range of {
		at[i].TopicPartition = of[i]
	}
	if len(at) > 0 {
		c.unstore(at)
	}
}
