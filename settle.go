//go:build cgo

package concord

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/serde"
)

// Pauses between tries: of a handler by default, and where something has to recover.
var (
	defaultRetry = backoff.Policy{Base: 100 * time.Millisecond, Max: 10 * time.Second}
	recovery     = backoff.Policy{Base: 200 * time.Millisecond, Max: 15 * time.Second}
)

// settle does what the policy wants about a failure. again says that the stage is to be
// tried once more; otherwise the record is done with where the error is nil, and ends
// the run where it is not, unless it is left to who reads on.
func (a *attempt) settle(ctx context.Context, failed *RecordError, tries int) (again bool, err error) {
	s := a.session
	o := s.options
	f := Failure{RecordError: failed, Class: serde.ClassOf(failed.Err), Attempt: tries, Retries: a.retried.times}
	action := o.policy(f)
	if action == ToRetryTopic && !o.retries.more(f.Retries) {
		action = ToDeadLetters
	}
	if action == ToDeadLetters && o.deadLetters == nil || action > ToRetryTopic {
		action = StopRun
	}
	if action == StopRun {
		return false, failed
	}
	if ctx.Err() != nil || s.stopping.Load() { // the run is ending, or the partition is another member's
		return false, left{failed}
	}
	switch action {
	case RetryRecord:
		return a.pauseFor(ctx, RetryPause, o.retry.FullJitter(tries), failed)
	case AwaitRecovery:
		s.log.LogAttrs(ctx, slog.LevelWarn, "waiting for recovery: "+failed.Error())
		return a.pauseFor(ctx, Outage, recovery.FullJitter(tries), failed)
	case ToRetryTopic:
		a.dead = true
		if err := a.divert(ctx, f, RetryTopicsUnavailable, o.retries.producer, func(p *Producer[[]byte, []byte]) (diverted, error) { return o.retries.message(p, a, f) }); err != nil {
			return false, err
		}
		s.log.LogAttrs(s.ctx, slog.LevelWarn, "to be tried again later: "+f.Error(), slog.Int("retry", f.Retries+1))
		s.counts.delayed.Add(1)
	case ToDeadLetters:
		a.dead = true
		if err := a.divert(ctx, f, DeadLettersUnavailable, o.deadLetters.producer, func(p *Producer[[]byte, []byte]) (diverted, error) {
			return o.deadLetters.letter(p, a.record, f, a.retried)
		}); err != nil {
			return false, err
		}
		s.buried(f)
	case SkipRecord:
		a.skipped = true
		a.outputs = nil
		s.counts.skipped.Add(1)
	}
	return false, nil
}

// pauseFor pauses the partition while the record waits for its next try.
func (a *attempt) pauseFor(ctx context.Context, reason PauseReason, d time.Duration, failed *RecordError) (again bool, err error) {
	release := a.hold(reason)
	defer release()
	if !a.session.stopping.sleep(ctx, d) {
		return false, left{failed}
	}
	a.session.counts.retried.Add(1)
	return true, nil
}

// diverted is a record on its way to a dead-letter topic or a retry topic.
type diverted = Message[[]byte, []byte]

// errDivertLoop is for good, other than what else may go wrong.
var errDivertLoop = errors.New("the record would go to the topic that it comes from")

// divert publishes the record elsewhere, however long that takes, or makes it the output of a
// transaction. make makes the message for a producer of raw bytes.
func (a *attempt) divert(ctx context.Context, f Failure, unavailable PauseReason, to *Producer[[]byte, []byte], make func(*Producer[[]byte, []byte]) (diverted, error)) error {
	s := a.session
	publish := func() error {
		if s.transactor != nil {
			to = s.transactor.letters
		}
		m, err := make(to)
		if err != nil {
			return err
		}
		if s.transactor == nil {
			_, err = to.Produce(ctx, m)
			return err
		}
		o, err := to.output(ctx, &m)
		if err == nil {
			a.outputs = []*output{o}
		}
		return err
	}
	err := publish()
	if err == nil {
		return nil
	}
	release := a.hold(unavailable)
	defer release()
	for tries := 1; ; tries++ {
		if err == errDivertLoop {
			return f.RecordError
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "a record cannot be put aside yet: "+withoutName(err), slog.String("topic", f.Topic), slog.Int("partition", int(f.Partition)), slog.Int64("offset", f.Offset))
		if !s.stopping.sleep(ctx, recovery.FullJitter(tries)) {
			return left{f.RecordError}
		}
		if err = publish(); err == nil {
			return nil
		}
	}
}

// buried counts a dead letter. The record is handled with that, whatever comes of the count.
func (s *session) buried(f Failure) {
	s.log.LogAttrs(s.ctx, slog.LevelWarn, "dead letter: "+f.Error())
	s.counts.deadLetters.Add(1)
	d := s.options.deadLetters
	switch {
	case d.recent == nil || !d.recent.add(true):
	case d.pause == 0:
		s.fail(&ConsumeError{Doing: "consume", Err: ErrTooManyDeadLetters})
	case s.breaker.open(d.pause):
		d.recent.reset()
		s.log.LogAttrs(s.ctx, slog.LevelError, "too many dead letters: nothing is handled for a while", slog.Duration("pause", d.pause))
	}
}
