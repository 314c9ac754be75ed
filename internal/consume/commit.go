package consume

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// commits are the positions that are to be committed. They belong to the owner; one request at a
// time is under way, in a goroutine of its own.
type commits struct {
	run     *run
	pending map[kafkaclient.TopicPartition]kafkaclient.Position
	next    time.Time // when what is pending is committed
	flying  []kafkaclient.Position
	result  chan committed
}

type committed struct {
	err  error
	took time.Duration
}

func (c *commits) init(r *run) {
	c.run = r
	c.pending = make(map[kafkaclient.TopicPartition]kafkaclient.Position)
	c.result = make(chan committed, 1)
	c.next = time.Now().Add(r.cfg.CommitInterval)
}

// add takes a partition's position, unless it has not moved, or is a transaction's.
func (c *commits) add(p *Partition, s inflight.State) {
	if s.Moved && c.run.committer == nil {
		c.pending[p.TopicPartition] = kafkaclient.Position{TopicPartition: p.TopicPartition, Offset: s.Position, LeaderEpoch: s.Epoch}
	}
}

// forget drops the position of a partition that was lost.
func (c *commits) forget(tp kafkaclient.TopicPartition) { delete(c.pending, tp) }

// step takes the result of the request under way, and begins the next when it is time.
func (c *commits) step() {
	if c.flying != nil {
		select {
		case done := <-c.result:
			c.take(done)
		default:
			return
		}
	}
	if len(c.pending) > 0 && !time.Now().Before(c.next) {
		c.begin()
	}
}

// begin sends what is pending.
func (c *commits) begin() {
	c.flying = make([]kafkaclient.Position, 0, len(c.pending))
	for _, at := range c.pending {
		c.flying = append(c.flying, at)
	}
	clear(c.pending)
	at, began := c.flying, time.Now()
	c.next = began.Add(c.run.cfg.CommitInterval)
	c.run.owned.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.run.ctx), commitWait)
		defer cancel()
		select {
		case c.run.committing <- struct{}{}:
			err := c.run.client.Commit(ctx, at)
			<-c.run.committing
			c.result <- committed{err, time.Since(began)}
		case <-ctx.Done(): // that of an earlier run has no answer yet
			c.result <- committed{ctx.Err(), time.Since(began)}
		}
	})
}

var errNoAnswer = errors.New("no broker answers: what was handled since the last commit may be redelivered")

// take does what a result asks for. It returns an error for what was not committed and belongs
// to this consumer still.
func (c *commits) take(done committed) error {
	r, at := c.run, c.flying
	c.flying = nil
	if f := r.cfg.Observer.Committed; f != nil {
		f(at, done.took, done.err)
	}
	switch kafkaclient.KindOf(done.err) {
	case kafkaclient.NoOffset:
		return nil
	case kafkaclient.NotMember:
		// The group has moved on. No failure: what was handled since the last commit is
		// redelivered, as after any end that is not in good order.
		r.counts.commitFailures.Add(1)
		r.log.log(r.ctx, slog.LevelWarn, "not committed: the group has moved on, and some records may be redelivered", "commit", done.err)
		return nil
	}
	if done.err == nil {
		for _, p := range at {
			if r.cfg.Starts.of(p.TopicPartition) {
				r.placed[p.TopicPartition] = true
			}
		}
		return nil
	}
	r.counts.commitFailures.Add(1)
	for _, p := range at {
		if _, newer := c.pending[p.TopicPartition]; !newer && r.parts[p.TopicPartition] != nil {
			c.pending[p.TopicPartition] = p
		}
	}
	r.log.log(r.ctx, slog.LevelWarn, "not committed: it will be tried again", "commit", done.err)
	return done.err
}

// now commits what is pending and waits for the answer, but not for ever.
func (c *commits) now() error {
	timer := time.NewTimer(commitWait)
	defer timer.Stop()
	for c.flying != nil || len(c.pending) > 0 {
		last := c.flying == nil
		if last {
			c.begin()
		}
		select {
		case done := <-c.result:
			if err := c.take(done); err != nil && last {
				clear(c.pending)
				return &Error{Doing: "commit", Err: c.explain(err)}
			}
		case <-timer.C:
			return &Error{Doing: "commit", Err: errNoAnswer}
		}
	}
	return nil
}

func (c *commits) explain(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || kafkaclient.KindOf(err) == kafkaclient.TimedOut {
		return errNoAnswer
	}
	return err
}
