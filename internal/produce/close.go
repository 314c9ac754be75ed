package produce

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// closeGrace is how long Close may take after the end of its context, so that a callback
	// or a client that hangs does not hang the caller as well.
	closeGrace = 5 * time.Second
	// purgeEvery is how often, at first more often, messages are given up after that.
	purgeEvery = 100 * time.Millisecond
	// hurryEvery is how often a flush hurries a client that lingers.
	hurryEvery = 10 * time.Millisecond
)

// Flush waits until every message that was queued before has its result. The error is a
// [*FlushError] with what is still waiting when ctx is done, and with the failures since the
// last Flush that nobody was told of; of two concurrent calls one reports them. Once Close has
// begun it waits for the end of that, and returns what Close does.
func (s *Sender) Flush(ctx context.Context) error {
	if s.lifetime.Err() != nil || !s.users.add() {
		return s.awaitClosed(ctx)
	}
	defer s.users.done()
	if e := s.flush(ctx); e != nil {
		return e
	}
	return nil
}

func (s *Sender) awaitClosed(ctx context.Context) error {
	select {
	case <-s.closed:
		return s.closeErr
	case <-ctx.Done():
		return &FlushError{Waiting: s.Stats().Pending, Err: s.explainUnheld(context.Cause(ctx))}
	}
}

// flush waits for the messages that were queued before. The caller keeps the client open.
func (s *Sender) flush(ctx context.Context) *FlushError {
	if s.lingers {
		stop := make(chan struct{})
		var hurrying sync.WaitGroup
		hurrying.Go(func() { s.hurry(stop) })
		defer hurrying.Wait()
		defer close(stop)
	}
	e := s.groups.flush(ctx)
	if e != nil {
		e.Err = s.explain(e.Err)
	}
	return e
}

// hurry has the client send what lingers, until stop is closed: other messages may begin to
// linger after the first call.
func (s *Sender) hurry(stop <-chan struct{}) {
	ticker := time.NewTicker(hurryEvery)
	defer ticker.Stop()
	for {
		s.client.Hurry()
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
	}
}

// Close refuses further messages and users with [ErrClosed], flushes, and closes the client
// when nobody uses it any more. Messages without a result when ctx is done are given up, and
// reported in a [*FlushError]. Further calls wait for the first one and return the same. A call
// returns at the latest 5 s after the end of its ctx: with an error that says what
// does not end, if something does not; closing then goes on in the background. It must not be called
// from a callback.
func (s *Sender) Close(ctx context.Context) error {
	s.closeOnce.Do(func() {
		s.groups.close()
		s.end()
		go s.shutDown(ctx) // ends with closed, which every Close waits for
	})
	select {
	case <-s.closed:
		return s.closeErr
	case <-ctx.Done():
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-s.closed:
		return s.closeErr
	case <-timer.C:
	}
	e := &FlushError{Waiting: s.Stats().Pending}
	switch {
	case s.users.count() > 0:
		e.Err = errInUse
	case e.Waiting > 0:
		e.Err = errNoEnd
	default:
		e.Err = errNoClose
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "the producer does not close in time", slog.String("client", s.name), slog.Int("pending", e.Waiting), slog.Any("error", e.Err))
	return e
}

// shutDown closes the client once nothing uses it. What has no result at the end of ctx is
// given up, again and again until there is nothing left.
func (s *Sender) shutDown(ctx context.Context) {
	defer close(s.closed)
	if e := s.drain(ctx); e != nil {
		s.closeErr = e
	}
	for pause := time.Millisecond; !s.idle(); pause = min(2*pause, purgeEvery) {
		if ctx.Err() != nil && s.Stats().Pending > 0 {
			s.client.Purge()
		}
		again, cancel := context.WithTimeout(context.Background(), pause)
		s.drain(again)
		<-again.Done()
		cancel()
	}
	s.client.Close()
}

// drain waits for messages, users and, as they are written by users, then for outputs.
func (s *Sender) drain(ctx context.Context) *FlushError {
	e := s.flush(ctx)
	_ = s.users.wait(ctx) // Close tells of users that stay
	if err := s.outputs.wait(ctx); err != nil {
		if e == nil {
			e = &FlushError{Err: s.explain(err)}
		}
		e.Waiting += s.outputs.count()
	}
	return e
}

// idle seals the client if nobody uses it, and reports whether it can be closed. No message
// is counted in any more, so that no call begins once there are none without a result.
func (s *Sender) idle() bool {
	return s.users.seal() && s.Stats().Pending == 0 && s.calls.Load() == s.returned.Load()
}
