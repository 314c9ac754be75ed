package consume

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// offsetsWait bounds the question where a place is.
const offsetsWait = 10 * time.Second

// offsetsPause is between two such questions.
const offsetsPause = 100 * time.Millisecond

// Starts says where partitions begin, whatever the group has committed.
type Starts struct {
	Offsets map[kafkaclient.TopicPartition]int64
	All     bool // Place is said of those that are not in Offsets
	Place   kafkaclient.Place
}

// Any reports whether something is said.
func (s *Starts) Any() bool { return s.All || len(s.Offsets) > 0 }

// of reports whether something is said of a partition.
func (s *Starts) of(tp kafkaclient.TopicPartition) bool {
	_, named := s.Offsets[tp]
	return named || s.All
}

// positions resolves the starts of partitions to offsets.
func (s *Starts) positions(ctx context.Context, client kafkaclient.Consumer, tps []kafkaclient.TopicPartition) ([]kafkaclient.Position, error) {
	var found []kafkaclient.Position
	var ask []kafkaclient.TopicPartition
	for _, tp := range tps {
		if offset, named := s.Offsets[tp]; named {
			found = append(found, kafkaclient.Position{TopicPartition: tp, Offset: offset, LeaderEpoch: -1})
		} else if s.All {
			ask = append(ask, tp)
		}
	}
	if len(ask) == 0 {
		return found, nil
	}
	asked, err := listOffsets(ctx, client, ask, s.Place)
	return append(found, asked...), err
}

// listOffsets asks the brokers where a place is, again and again while leaders change or are unavailable.
func listOffsets(ctx context.Context, client kafkaclient.Consumer, of []kafkaclient.TopicPartition, place kafkaclient.Place) ([]kafkaclient.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, offsetsWait)
	defer cancel()
	var last error // says more than that the time is up
	for {
		at, err := client.ListOffsets(ctx, of, place)
		switch kafkaclient.KindOf(err) {
		case kafkaclient.Denied, kafkaclient.Invalid, kafkaclient.Closed, kafkaclient.UnknownTopic:
			return nil, err
		}
		if err == nil {
			return at, nil
		}
		if ctx.Err() == nil {
			last = err
		}
		if !inflight.Sleep(offsetsPause, ctx.Done(), nil) {
			return nil, cmp.Or(last, err)
		}
	}
}

// startPositions are where partitions begin that are not to go on at what is committed: those that
// a start is given for, until that start was committed.
func (r *run) startPositions(assigned []kafkaclient.TopicPartition) ([]kafkaclient.Position, error) {
	var first []kafkaclient.TopicPartition
	for _, tp := range assigned {
		if r.cfg.Starts.of(tp) && !r.placed[tp] && r.parts[tp] == nil {
			first = append(first, tp)
		}
	}
	if len(first) == 0 {
		return nil, nil
	}
	return r.cfg.Starts.positions(r.ctx, r.client, first)
}

// seekCheck is how often Seek looks whether there is a run still. It takes longer than a Poll, so that the two do
// not miss each other.
const seekCheck = 3*pollWait + pollWait/2

// seekRequest is a Seek on its way to the goroutine that owns the client.
type seekRequest struct {
	to   Starts
	done chan error
}

// Seek moves the run in progress: partitions that to says something of go on there. Handlers
// that work on them may return until the drain timeout; what is in flight besides is dropped.
// It may be called from any goroutine but a handler's. It returns [ErrNotRunning], [ErrClosed] or an [*Error].
func (e *Engine) Seek(ctx context.Context, to Starts) error {
	s := seekRequest{to: to, done: make(chan error, 1)}
	for sent := false; !sent; {
		if len(e.running) == 0 {
			return ErrNotRunning
		}
		timer := time.NewTimer(seekCheck)
		select {
		case e.seeks <- s:
			sent = true
		case <-timer.C: // is the run still there?
		case <-e.closing.C():
			timer.Stop()
			return ErrClosed
		case <-ctx.Done():
			timer.Stop()
			return &Error{Doing: "seek", Err: context.Cause(ctx)}
		}
		timer.Stop()
	}
	select {
	case err := <-s.done:
		return err
	case <-ctx.Done():
		return &Error{Doing: "seek", Err: context.Cause(ctx)}
	}
}

// seek moves partitions. A handler that does not return in time keeps its partition waiting, and
// nothing else.
func (r *run) seek(to Starts) error {
	for tp := range to.Offsets {
		if r.parts[tp] == nil {
			return &Error{Doing: "seek", Err: fmt.Errorf("partition %d of %s is not assigned", tp.Partition, tp.Topic)}
		}
	}
	var moved []kafkaclient.TopicPartition
	for tp := range r.parts {
		if to.of(tp) {
			moved = append(moved, tp)
		}
	}
	at, err := to.positions(r.ctx, r.client, moved)
	if err != nil {
		return &Error{Doing: "seek", Err: err}
	}
	if len(moved) == 0 {
		return nil
	}
	if err := r.release(r.these(moved), false); err != nil {
		r.log.Warn(r.ctx, "seek: the partition goes on when the handler returns", err)
	}
	err = r.assign(moved, nil)
	if err == nil {
		err = r.client.Seek(at)
	}
	if err != nil {
		// Some may have moved, and what was in flight is dropped: only the next run is sure to read it.
		err = &Error{Doing: "seek", Err: err}
		r.fail(err)
		return err
	}
	for _, p := range at {
		r.commits.forget(p.TopicPartition) // what was to be committed before: it must not come after the new position
		r.place(r.parts[p.TopicPartition], p.Offset)
	}
	return nil
}
