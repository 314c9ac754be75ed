package handle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

// republished is a record on its way to a dead-letter topic or a retry topic. Its acknowledgement is
// awaited at the end of its batch at the latest, so that a flood of bad records does not cost a
// round trip each.
type republished struct {
	failure   *Failure
	kind      Kind // DeadLettered or Delayed
	reduction reroute.Reduction
	topic     string // where it goes
	in        Input
	retried   reroute.Retried
	result    chan error
	queued    time.Time // when the sink took it
	refusals  int       // that the policy was asked about

	index   int
	item    Item
	counted bool // by the limit of dead letters
}

// These are for good, other than what else may go wrong.
var (
	errRerouteLoop  = errors.New("the record would go to the topic that it was read from")
	errInvalidTopic = errors.New("the topic that the record would go to has an invalid name")
)

// ackWait is how long an acknowledgement may take before the log and the statistics say that the topic
// is unavailable.
const ackWait = 5 * time.Second

// ackGrace is how long it may take when the partition is given up, so that others do not wait.
const ackGrace = time.Second

// reason is why a partition waits for the republishing.
func (p *republished) reason() inflight.Reason {
	if p.kind == Delayed {
		return RetryTopicsUnavailable
	}
	return DeadLettersUnavailable
}

// reroute begins to republish the record at work.
func (w *worker) reroute(p *republished) Outcome {
	p.in, p.retried, p.result = w.in, w.retried(), make(chan error, 1)
	out, err := w.put(p)
	switch {
	case err != nil:
		return w.insist(p, err, nil)
	case out != nil:
		w.logRepublished(p)
		return Outcome{Kind: p.kind, Outputs: []*produce.Output{out}, failure: p.failure}
	}
	return Outcome{Kind: p.kind, pending: p}
}

// put queues the record. A nil output says that the result will come.
func (w *worker) put(p *republished) (*produce.Output, error) {
	sink := w.sinkOf(p.kind)
	ctx := w.part.waits // and not the handler's, which an interceptor may have ended
	out, err := w.envelope(ctx, sink, p)
	if err != nil {
		return nil, err
	}
	result := p.result
	defer func() { p.queued = time.Now() }()
	return sink.Put(ctx, out, func(err error) { result <- err })
}

func (p *Pool) sinkOf(kind Kind) Sink {
	switch {
	case p.cfg.Sink != nil:
		return p.cfg.Sink
	case kind == Delayed:
		return p.cfg.Retries.Sink
	}
	return p.cfg.DeadLetters.Sink
}

// envelope makes the record that is written.
func (p *Pool) envelope(ctx context.Context, sink Sink, o *republished) (*kafkaclient.Record, error) {
	f, in := o.failure, &o.in
	if o.kind == Delayed {
		topic, ok := p.cfg.Retries.Topics.Next(o.retried)
		if !ok || topic == in.Record.Topic {
			return nil, errRerouteLoop
		}
		o.topic = topic
		n, err := sink.Partitions(ctx, topic)
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, err)
		}
		out, ok := p.cfg.Retries.Topics.Retry(in.Record, o.retried, f.Attempt, n, time.Now())
		if !ok {
			return nil, errRerouteLoop
		}
		return out, nil
	}
	d, origin := p.cfg.DeadLetters, in.Origin
	source := origin.Topic
	if o.retried.Kind == reroute.Plain {
		source = o.retried.Origin.Topic
	}
	o.topic = d.Topic(source)
	if o.topic == source || o.topic == in.Record.Topic {
		return nil, errRerouteLoop
	}
	if kafkaconfig.ValidTopic(o.topic) != nil {
		return nil, errInvalidTopic
	}
	n, err := sink.Partitions(ctx, o.topic)
	if err != nil {
		return nil, fmt.Errorf("topic %s: %w", o.topic, err)
	}
	reason := reroute.Reason{Stage: f.Stage.String(), Class: f.Class, SchemaID: f.SchemaID, GUID: f.GUID, Attempts: o.retried.Attempts + f.Attempt, Text: f.Error()}
	out := reroute.DeadLetter(d.Profile, in.Record, origin, reason, time.Now(), n, o.topic)
	return reroute.Reduce(out, o.reduction), nil
}

// settle takes the results of republished records that are there; with wait it waits for all.
func (w *worker) settle(wait bool) {
	for w.settled < len(w.republish) {
		p := w.republish[w.settled]
		var err error
		if wait {
			var ok bool
			if err, ok = w.await(p); !ok { // the record is not done, and nor are those behind it
				return
			}
		} else {
			select {
			case err = <-p.result:
			default:
				return
			}
		}
		w.settled++
		o := Outcome{Kind: p.kind}
		if err != nil {
			o = w.insist(p, err, nil)
		} else {
			w.logRepublished(p)
		}
		w.in = p.in
		o.counted = p.counted
		if !w.mark(p.index, &p.item, o) {
			return
		}
	}
}

// await waits for an acknowledgement; false where the handlers' time is over first, or the partition is
// given up, or the run stops, and it does not come soon.
func (w *worker) await(p *republished) (err error, ok bool) {
	timer := time.NewTimer(time.Until(p.queued.Add(ackWait)))
	defer timer.Stop()
	select {
	case err := <-p.result:
		return err, true
	case <-w.part.waits.Done():
		return w.awaitShortly(p)
	case <-timer.C:
	}
	w.logUnavailable(p, errors.New("no acknowledgement yet"))
	release := w.part.Pause(w.counts, p.reason())
	defer release()
	select {
	case err := <-p.result:
		return err, true
	case <-w.part.waits.Done():
		return w.awaitShortly(p)
	}
}

// awaitShortly waits for an acknowledgement that may be under way: without it the record is written a second time.
func (w *worker) awaitShortly(p *republished) (err error, ok bool) {
	timer := time.NewTimer(time.Until(p.queued.Add(ackGrace)))
	defer timer.Stop()
	select {
	case err := <-p.result:
		return err, true
	default:
	}
	select {
	case err := <-p.result:
		return err, true
	case <-w.part.ctx.Done():
	case <-timer.C:
	}
	return nil, false
}

// insist republishes until that succeeds, the run or the partition ends, or it turns out to be
// impossible. err is the failure so far.
func (w *worker) insist(p *republished, err error, out *produce.Output) Outcome {
	release := w.part.Pause(w.counts, p.reason())
	defer release()
	for attempts := 1; err != nil; attempts++ {
		if impossible(err) {
			o, again := w.refused(p, err)
			if !again {
				return o
			}
		} else {
			w.logUnavailable(p, err)
			if !inflight.Sleep(recovery.FullJitter(attempts), w.part.Closing(), w.stop.C()) {
				return Outcome{Kind: Abandoned, Err: p.failure}
			}
		}
		if out, err = w.put(p); err == nil && out == nil {
			var ok bool
			if err, ok = w.await(p); !ok {
				return Outcome{Kind: Abandoned, Err: p.failure}
			}
		}
	}
	w.logRepublished(p)
	if out != nil {
		return Outcome{Kind: p.kind, Outputs: []*produce.Output{out}, failure: p.failure}
	}
	return Outcome{Kind: p.kind}
}

// impossible reports whether no further attempt at writing the same record can succeed.
func impossible(err error) bool {
	return misrouted(err) || kafkaclient.KindOf(err) == kafkaclient.MessageRefused
}

// misrouted reports whether the program names a topic that cannot be the right one: the run ends.
func misrouted(err error) bool {
	return errors.Is(err, errRerouteLoop) || errors.Is(err, errInvalidTopic)
}

// refused decides about a record that can never be written as it is. A dead letter loses its
// headers, then key and value; a delayed record becomes a dead letter; then the policy is asked.
func (w *worker) refused(p *republished, err error) (o Outcome, again bool) {
	if misrouted(err) {
		f := *p.failure
		f.Err = fmt.Errorf("%w; it cannot be republished: %w", f.Err, err)
		return Outcome{Kind: Failed, Err: &f}, false
	}
	if p.kind == DeadLettered && p.reduction < reroute.Reference {
		p.reduction++
		w.logFailure(slog.LevelWarn, "a dead letter is refused: it is reduced", p.failure, slog.String("dead_letter_topic", p.topic), slog.String("to", p.reduction.String()), slog.String("refusal", bounded{err}.Error()))
		return Outcome{}, true
	}
	if p.kind == Delayed && w.cfg.DeadLetters != nil {
		p.kind = DeadLettered
		return Outcome{}, true
	}
	f := &Failure{Stage: Sending, Err: err}
	f.at(p.in.Record)
	p.refusals++
	f.Attempt, f.RetryTopic = p.refusals, p.failure.RetryTopic
	switch w.cfg.Policy(f) {
	case SkipRecord:
		w.logFailure(slog.LevelWarn, "a record is skipped: it cannot be republished", f)
		return Outcome{Kind: Skipped}, false
	case RetryRecord, AwaitRecovery:
		p.reduction = reroute.Whole
		if !inflight.Sleep(recovery.FullJitter(f.Attempt), w.part.Closing(), w.stop.C()) {
			return Outcome{Kind: Abandoned, Err: f}, false
		}
		return Outcome{}, true
	}
	return Outcome{Kind: Failed, Err: f}, false
}

func (w *worker) logUnavailable(p *republished, err error) {
	w.logFailure(slog.LevelWarn, "a record cannot be republished yet: its partition waits", p.failure, slog.String("to", p.topic), slog.String("unavailable", bounded{err}.Error()))
}

func (w *worker) logRepublished(p *republished) {
	if p.kind == Delayed {
		w.logFailure(slog.LevelWarn, "a record failed: it waits in a retry topic", p.failure, slog.String("retry_topic", p.topic))
		return
	}
	w.logFailure(slog.LevelWarn, "a record was dead-lettered", p.failure, slog.String("dead_letter_topic", p.topic))
}

// bounded is an error whose text is at most 1 KiB.
type bounded struct{ err error }

func (b bounded) Error() string {
	text := b.err.Error()
	if len(text) > 1024 {
		return strings.ToValidUTF8(text[:1024], "") + "..."
	}
	return text
}
