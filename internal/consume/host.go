package consume

import (
	"context"
	"log/slog"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

// Host is what a [Committer] may ask of the run that it commits for. Its methods are called by the
// owner.
type Host struct{ r *run }

// Context ends with the handlers' time.
func (h *Host) Context() context.Context { return h.r.ctx }

// GroupMetadata is that of the consumer; member is false where it is no member of its group at the
// moment, and true for a consumer whose partitions were assigned by hand.
func (h *Host) GroupMetadata() (m kafkaclient.GroupMetadata, member bool, err error) {
	m, member, err = h.r.client.GroupMetadata()
	return m, member || h.r.cfg.Partitions != nil, err
}

// Committed tells the observers of offsets that were committed, and counts the transaction.
func (h *Host) Committed(at []kafkaclient.Position) {
	r := h.r
	r.counts.transactions.Add(1)
	for _, p := range at {
		r.startCommitted(p.TopicPartition)
	}
	if f := r.cfg.Observer.Committed; f != nil && len(at) > 0 {
		f(at, 0, nil)
	}
}

// Aborted counts an aborted transaction.
func (h *Host) Aborted() { h.r.counts.aborted.Add(1) }

// Fail ends the run.
func (h *Host) Fail(err error) { h.r.fail(err) }

// Warn logs a line.
func (h *Host) Warn(text string, err error) {
	h.r.log.log(h.r.ctx, slog.LevelWarn, text, "transaction", err)
}

// Refused decides about a staged record with a message that can never be written. A dead letter is
// reduced, and a record that was to be delayed becomes a dead letter; about any other, and in the end, the policy
// is asked. A dead letter takes the place of the record's messages. Action is StopRun with the failure,
// SkipRecord, RetryRecord, or ToDeadLetters with what is to be written.
func (h *Host) Refused(ctx context.Context, s *Staged, cause error) (Action, *produce.Output, *Failure) {
	r := h.r
	f := (&Failure{Stage: Sending, Err: cause}).at(s.Record)
	s.refusals++
	f.Attempt, f.RetryTopic = s.refusals, s.Retried.Count
	why, reduction := f, reroute.Whole
	switch {
	case s.Kind == DeadLettered && s.reduction < maxReduction:
		why, reduction = s.failure, s.reduction+1
	case s.Kind == Delayed && r.cfg.DeadLetters != nil:
		why = s.failure
	default:
		switch r.actionOf(f, false) {
		case RetryRecord, AwaitRecovery:
			return RetryRecord, nil, f
		case SkipRecord:
			r.counts.skipped.Add(1)
			return SkipRecord, nil, f
		case ToDeadLetters:
			if s.Kind != DeadLettered { // else it was reduced as far as possible
				break
			}
			fallthrough
		default:
			return StopRun, nil, f
		}
	}
	return h.deadLetter(ctx, s, &republished{failure: why, kind: DeadLettered, reduction: reduction}, f)
}

// deadLetter makes what takes the place of the messages of a staged record.
func (h *Host) deadLetter(ctx context.Context, s *Staged, p *republished, f *Failure) (Action, *produce.Output, *Failure) {
	r := h.r
	p.retried, p.in = s.Retried, Input{Record: s.Record, Retried: s.Retried, Origin: s.Retried.Origin}
	if s.Retried.Origin.Topic == "" {
		p.in.Origin = r.originOf(s.Record)
	}
	sink := r.sinkOf(DeadLettered)
	out, err := r.envelope(ctx, sink, p)
	var o *produce.Output
	if err == nil {
		o, err = sink.Put(ctx, out, nil)
	}
	switch {
	case err == nil:
		if s.Kind != DeadLettered {
			r.counts.deadLetters.Add(1)
			r.limit.add(r, true)
		}
		s.reduction, s.failure, s.Kind = p.reduction, p.failure, DeadLettered
		return ToDeadLetters, o, f
	case impossible(err):
		return StopRun, nil, f
	}
	h.Warn("a record cannot be dead-lettered yet", err)
	return RetryRecord, nil, f
}
