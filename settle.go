//go:build cgo

package concord

import (
	"context"
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
// the run where it is not.
func (a *attempt) settle(ctx context.Context, failed *RecordError, tries int) (again bool, err error) {
	o := a.session.options
	f := Failure{RecordError: failed, Class: serde.ClassOf(failed.Err), Attempt: tries}
	if ctx.Err() != nil || a.session.stopping.Load() {
		return false, failed // the run is ending, or the partition is another member's
	}
	switch o.policy(f) {
	case RetryRecord:
		return a.pauseFor(ctx, RetryPause, o.retry.FullJitter(tries), failed)
	case AwaitRecovery:
		a.session.log.LogAttrs(ctx, slog.LevelWarn, "waiting for recovery: "+failed.Error())
		return a.pauseFor(ctx, Outage, recovery.FullJitter(tries), failed)
	case ToDeadLetters:
		if o.deadLetters == nil {
			return false, failed
		}
		return false, a.bury(ctx, f)
	case SkipRecord:
		a.skipped = true
		a.outputs = nil
		a.session.counts.skipped.Add(1)
		return false, nil
	}
	return false, failed
}

// pauseFor pauses the partition while the record waits for its next try.
func (a *attempt) pauseFor(ctx context.Context, reason PauseReason, d time.Duration, failed *RecordError) (again bool, err error) {
	release := a.hold(reason)
	defer release()
	if backoff.Wait(ctx, d) != nil {
		return false, failed
	}
	a.session.counts.retried.Add(1)
	return true, nil
}

// bury publishes the record as a dead letter, however long that takes.
func (a *attempt) bury(ctx context.Context, f Failure) error {
	s := a.session
	a.dead = true
	err := a.publish(ctx, f)
	if err == nil {
		return s.buried(f)
	}
	release := a.hold(DeadLettersUnavailable)
	defer release()
	for tries := 1; ; tries++ {
		if err == errDeadLetterLoop {
			return f.RecordError
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "a dead letter is not published yet: "+withoutName(err), slog.String("topic", f.Topic), slog.Int("partition", int(f.Partition)), slog.Int64("offset", f.Offset))
		if backoff.Wait(ctx, recovery.FullJitter(tries)) != nil || s.stopping.Load() {
			return f.RecordError
		}
		if err = a.publish(ctx, f); err == nil {
			return s.buried(f)
		}
	}
}

// publish publishes the record as a dead letter, or makes it the output of a transaction.
func (a *attempt) publish(ctx context.Context, f Failure) error {
	s := a.session
	if s.transactor == nil {
		return s.options.deadLetters.publish(ctx, a.record, f)
	}
	letter, err := s.options.deadLetters.output(ctx, s.transactor, a.record, f)
	if err == nil {
		a.outputs = []*output{letter}
	}
	return err
}

// buried counts a dead letter. It is handled with that, whatever comes of the count.
func (s *session) buried(f Failure) error {
	s.log.LogAttrs(s.ctx, slog.LevelWarn, "dead letter: "+f.Error())
	s.counts.deadLetters.Add(1)
	if r := s.options.deadLetters.recent; r != nil && r.add(true) {
		s.fail(&ConsumeError{Doing: "consume", Err: ErrTooManyDeadLetters})
	}
	return nil
}
