package consume

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// commits are the positions that are to be committed. They belong to the owner; one request at a
// time is under way, in a goroutine of its own.
type commits struct {
	run     *run
	pending map[kafkaclient.TopicPartition]position
	next    time.Time                               // when what is pending is committed
	flying  map[kafkaclient.TopicPartition]position // nil: no request is under way
	cancel  context.CancelFunc                      // ends the wait of the request under way
	soon    bool                                    // it is one that may wait until the group allows it
	result  chan committed
}

// position is one to be committed, and the assignment that it is of.
type position struct {
	kafkaclient.Position
	of *partition
}

type committed struct {
	err  error
	took time.Duration
}

func (c *commits) init(r *run) {
	c.run = r
	c.pending = make(map[kafkaclient.TopicPartition]position)
	c.result = make(chan committed, 1)
	c.next = time.Now().Add(r.cfg.CommitInterval)
}

// add takes a partition's position, unless it has not moved, or is a transaction's.
func (c *commits) add(p *partition, s inflight.State) {
	if s.Moved && c.run.committer == nil {
		c.pending[p.TopicPartition] = position{kafkaclient.Position{TopicPartition: p.TopicPartition, Offset: s.Position, LeaderEpoch: s.Epoch}, p}
	}
}

// forget drops the positions of a partition that was lost, or moved.
func (c *commits) forget(tp kafkaclient.TopicPartition) {
	for _, of := range []map[kafkaclient.TopicPartition]position{c.pending, c.flying} {
		if at, ok := of[tp]; ok {
			at.of.away.Store(true)
			delete(of, tp)
			if c.soon && c.flying != nil { // its answer may never come
				c.cancel()
			}
		}
	}
}

// forgetOthers drops the positions of assignments that have ended.
func (c *commits) forgetOthers() {
	for _, of := range []map[kafkaclient.TopicPartition]position{c.pending, c.flying} {
		maps.DeleteFunc(of, func(_ kafkaclient.TopicPartition, at position) bool {
			if at.of.Gone() {
				at.of.away.Store(true)
			}
			return at.of.Gone()
		})
	}
}

// step takes the result of the request under way, and begins the next when it is time.
func (c *commits) step() {
	if c.flying != nil {
		select {
		case done := <-c.result:
			_ = c.take(done) // it is tried again
			c.forgetOthers()
		default:
			return
		}
	}
	if len(c.pending) > 0 && !time.Now().Before(c.next) {
		c.begin(true)
	}
}

// begin sends what is pending: at once, or as soon as the group allows it.
func (c *commits) begin(soon bool) {
	c.flying, c.pending = c.pending, make(map[kafkaclient.TopicPartition]position)
	of, began := slices.Collect(maps.Values(c.flying)), time.Now()
	c.next = began.Add(c.run.cfg.CommitInterval)
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.run.ctx))
	if !soon {
		ctx, cancel = context.WithTimeout(ctx, commitWait)
	}
	c.soon, c.cancel = soon, cancel
	c.run.owned.Go(func() {
		defer cancel()
		select {
		case c.run.committing <- struct{}{}:
			err := c.run.commit(ctx, of, soon)
			<-c.run.committing
			c.result <- committed{err, time.Since(began)}
		case <-ctx.Done(): // that of an earlier run has no answer yet
			c.result <- committed{ctx.Err(), time.Since(began)}
		}
	})
}

// commit asks the brokers, but for partitions that were given up since.
func (r *run) commit(ctx context.Context, of []position, soon bool) error {
	at := make([]kafkaclient.Position, 0, len(of))
	for _, p := range of {
		if !p.of.away.Load() {
			at = append(at, p.Position)
		}
	}
	if len(at) == 0 {
		return nil
	}
	if soon {
		return r.client.CommitSoon(ctx, at)
	}
	return r.client.Commit(ctx, at)
}

var errNoAnswer = errors.New("no broker answers: what was handled since the last commit may be redelivered")

// take does what a result asks for. It returns an error for what was not committed and belongs
// to this consumer still.
func (c *commits) take(done committed) error {
	r, at, soon := c.run, c.flying, c.soon
	c.flying = nil
	if soon && errors.Is(done.err, context.Canceled) { // now, or a lost partition, ended the wait
		c.pend(at)
		return nil
	}
	if f := r.cfg.Observer.Committed; f != nil {
		f(positions(at), done.took, done.err)
	}
	switch kind := kafkaclient.KindOf(done.err); {
	case done.err == nil:
		for tp := range at {
			r.startCommitted(tp)
		}
		return nil
	case kind == kafkaclient.NoOffset:
		return nil
	case kind == kafkaclient.NotMember:
		// The group has moved on. No failure: what was handled since the last commit is
		// redelivered, as after any end that is not in good order.
		c.again(at)
		r.log.Log(r.ctx, slog.LevelWarn, "not committed: the group has moved on, and some records may be redelivered", "commit", done.err)
		return nil
	}
	c.again(at)
	r.log.Log(r.ctx, slog.LevelWarn, "not committed: it will be tried again", "commit", done.err)
	return done.err
}

// again is for positions that could not be committed.
func (c *commits) again(at map[kafkaclient.TopicPartition]position) {
	c.run.counts.commitFailures.Add(1)
	c.pend(at)
}

// pend makes positions pending, unless there are newer ones.
func (c *commits) pend(at map[kafkaclient.TopicPartition]position) {
	for tp, p := range at {
		if _, newer := c.pending[tp]; !newer {
			c.pending[tp] = p
		}
	}
}

func positions(of map[kafkaclient.TopicPartition]position) []kafkaclient.Position {
	at := make([]kafkaclient.Position, 0, len(of))
	for _, p := range of {
		at = append(at, p.Position)
	}
	return at
}

// startCommitted notes that a partition goes on at what is committed, and not at its start position, when it is
// assigned again.
func (e *Engine) startCommitted(tp kafkaclient.TopicPartition) {
	if e.cfg.Starts.of(tp) {
		e.placed[tp] = true
	}
}

// now commits what is pending and waits for the answer, but not for ever. What is not committed is
// dropped where its partition is given up, and else stays pending.
func (c *commits) now() error {
	defer c.forgetOthers()
	timer := time.NewTimer(commitWait)
	defer timer.Stop()
	for c.flying != nil || len(c.pending) > 0 {
		last := c.flying == nil
		if last {
			c.begin(false)
		} else if c.soon {
			c.cancel()
		}
		select {
		case done := <-c.result:
			err := c.take(done)
			if err != nil && last {
				return &Error{Doing: "commit", Err: c.explain(err)}
			}
			if last {
				return nil
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
