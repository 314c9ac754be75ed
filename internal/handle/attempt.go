package handle

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

// recovery is the backoff where something has to recover.
var recovery = backoff.Policy{Base: 200 * time.Millisecond, Max: 15 * time.Second}

var (
	errNotDue  = errors.New("it is not due yet")
	errDropped = errors.New("the attempt that made it failed")
)

// process decodes and handles a record, and does what the policy wants where that fails. ctx is what
// the handler gets: an interceptor may have made it, so its end says nothing about the run or the
// partition.
func (w *worker) process(ctx context.Context) Outcome {
	if w.part.retries {
		if o, done := w.awaitTurn(); done {
			return o
		}
	}
	decodes, calls := 0, 0
	for {
		var failed *Failure
		attempt := &decodes
		w.in.Attempt = w.in.Retried.Attempts + calls + 1
		if failed = w.work.Decode(ctx, &w.in); failed == nil {
			attempt = &calls
			err := w.call(ctx)
			if err == nil {
				return Outcome{Kind: Handled, Outputs: w.takeOutputs()}
			}
			if errors.Is(err, ErrAbandon) {
				w.drop(errDropped)
				return Outcome{Kind: Abandoned, Err: err}
			}
			failed = &Failure{Stage: Handling, SchemaID: w.in.SchemaID, GUID: w.in.GUID, Err: err}
			w.drop(errDropped)
		}
		*attempt++
		failed.at(w.record())
		failed.Attempt, failed.RetryTopic = *attempt, w.in.Retried.Count
		if o, again := w.decide(failed); !again {
			return o
		}
	}
}

// awaitTurn reads the envelope of a record in a retry topic and waits until it is due. done says
// that it is not to be handled.
func (w *worker) awaitTurn() (o Outcome, done bool) {
	w.in.Retried = w.cfg.Retries.Topics.Parse(w.record(), w.cfg.Group, 0, time.Now())
	w.in.Origin = w.in.Retried.Origin
	switch w.in.Retried.Kind {
	case reroute.Foreign:
		return Outcome{Kind: Foreign}, true
	case reroute.Plain:
		w.in.Origin.Topic, w.in.Origin.Partition, w.in.Origin.Offset = w.record().Topic, w.record().Partition, w.record().Offset
	}
	if at := w.in.Retried.Timestamp; !at.IsZero() { // clients could not write it to the retry topic
		w.record().Timestamp = at
	}
	wait := time.Until(w.in.Retried.Due)
	if wait <= 0 {
		return Outcome{}, false
	}
	if !w.sleep(NotYetDue, wait) {
		return Outcome{Kind: Abandoned, Err: errNotDue}, true
	}
	return Outcome{}, false
}

// sleep pauses the partition for a time; false where the run or the partition ends first.
func (w *worker) sleep(reason inflight.Reason, d time.Duration) bool {
	release := w.part.Pause(w.counts, reason)
	defer release()
	return inflight.Sleep(d, w.part.Closing(), w.stop.C())
}

// decide does what the policy wants about a failure: again says that the record is to be tried
// once more, after a pause that decide has made.
func (w *worker) decide(f *Failure) (o Outcome, again bool) {
	action := w.action(f)
	// A handler fails because its context ends when its partition is given up. That is no failure
	// of the record: whoever reads on begins with it. Where the run ends, it is an error of the run: the
	// handler did not finish in its time.
	givenUp := w.part.ctx.Err() != nil || w.part.Closed()
	if w.stop.Raised() {
		givenUp = action != StopRun
	}
	if givenUp {
		w.logFailure(slog.LevelInfo, "not handled: the partition is given up", f)
		w.late(f)
		return Outcome{Kind: Abandoned, Err: f}, false
	}
	switch action {
	case RetryRecord:
		w.logFailure(slog.LevelWarn, "a record failed: it is tried again", f)
		return w.pauseFor(RetryPause, w.cfg.Backoff.FullJitter(f.Attempt), f)
	case AwaitRecovery:
		w.logFailure(slog.LevelWarn, "a record waits for recovery", f)
		return w.pauseFor(Outage, recovery.FullJitter(f.Attempt), f)
	case ToRetryTopic:
		return w.reroute(&republished{failure: f, kind: Delayed}), false
	case ToDeadLetters:
		return w.reroute(&republished{failure: f, kind: DeadLettered}), false
	case SkipRecord:
		w.logFailure(slog.LevelWarn, "a record is skipped", f)
		return Outcome{Kind: Skipped}, false
	}
	return Outcome{Kind: Failed, Err: f}, false
}

// action is what the policy wants, as far as that is possible: without a retry topic that is left, a
// record goes to the dead letters, and without those it ends the run.
func (p *Pool) actionOf(f *Failure, retryLeft bool) Action {
	action := p.cfg.Policy(f)
	if action == ToRetryTopic && !retryLeft {
		action = ToDeadLetters
	}
	if action == ToDeadLetters && p.cfg.DeadLetters == nil || action > ToRetryTopic {
		action = StopRun
	}
	return action
}

func (w *worker) action(f *Failure) Action {
	left := false
	if w.cfg.Retries != nil {
		_, left = w.cfg.Retries.Topics.Next(w.retried())
	}
	return w.actionOf(f, left)
}

// retried is what is known of the record's earlier attempts, with its origin.
func (w *worker) retried() reroute.Retried {
	retried := w.in.Retried
	if !w.part.retries {
		retried.Origin = w.in.Origin
	}
	return retried
}

func (w *worker) pauseFor(reason inflight.Reason, d time.Duration, f *Failure) (o Outcome, again bool) {
	if !w.sleep(reason, d) {
		return Outcome{Kind: Abandoned, Err: f}, false
	}
	w.counts.Retried.Add(1)
	return Outcome{}, true
}

// logFailure logs a failed attempt, rate-limited by topic, stage and class.
func (w *worker) logFailure(level slog.Level, text string, f *Failure, attrs ...slog.Attr) {
	class := f.Class.Error()
	all := append([]slog.Attr{
		slog.String("topic", f.Topic), slog.Int("partition", int(f.Partition)), slog.Int64("offset", f.Offset),
		slog.String("stage", f.Stage.String()), slog.Int("attempt", f.Attempt), slog.String("class", class),
	}, attrs...)
	w.log.Log(w.ctx, level, text, f.Topic+"/"+f.Stage.String()+"/"+class, bounded{f.Err}, all...)
}

// takeOutputs are what the handler has made, now the caller's.
func (w *worker) takeOutputs() []*produce.Output {
	w.outputs = false
	if w.cfg.Stage == nil {
		return nil
	}
	return w.work.Outputs()
}

// drop finishes what a handler has made that failed.
func (w *worker) drop(err error) {
	if w.outputs && w.cfg.Stage != nil {
		dropOutputs(w.work.Outputs(), err)
	}
	w.outputs = false
}

func dropOutputs(outputs []*produce.Output, err error) {
	for _, o := range outputs {
		o.Finish(err)
	}
}
