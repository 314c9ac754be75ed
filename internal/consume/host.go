package consume

import (
	"context"
	"log/slog"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
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

// Refused asks the policy about a staged record with a message that can never be written. Where it wants a
// dead letter, that takes the place of the record's messages. Action is StopRun with the failure, SkipRecord,
// RetryRecord, or ToDeadLetters with what is to be written.
func (h *Host) Refused(ctx context.Context, s *Staged, cause error) (Action, *produce.Output, *Failure) {
	r := h.r
	f := (&Failure{Stage: Sending, Err: cause}).at(s.Record)
	s.refusals++
	f.Attempt, f.RetryTopic = s.refusals, s.Retried.Count
	action := r.actionOf(f, false)
	switch action {
	case RetryRecord, AwaitRecovery:
		return RetryRecord, nil, f
	case SkipRecord:
		r.counts.skipped.Add(1)
		return SkipRecord, nil, f
	case ToDeadLetters:
	default:
		return StopRun, nil, f
	}
	p := &republished{failure: f, kind: DeadLettered, retried: s.Retried, in: Input{Record: s.Record, Retried: s.Retried}}
	p.in.Origin = s.Retried.Origin
	if s.Retried.Origin.Topic == "" {
		p.in.Origin.Topic, p.in.Origin.Partition, p.in.Origin.Offset, p.in.Origin.Group = s.Record.Topic, s.Record.Partition, s.Record.Offset, r.cfg.Group
	}
	if s.Kind == DeadLettered { // it is one already
		p.reduction = s.reduction + 1
	}
	if p.reduction > maxReduction {
		return StopRun, nil, f
	}
	sink := r.sinkOf(DeadLettered)
	out, err := r.envelope(ctx, sink, p)
	var o *produce.Output
	if err == nil {
		o, err = sink.Put(ctx, out, nil)
	}
	switch {
	case err == nil:
		s.reduction = p.reduction
		if s.Kind != DeadLettered {
			r.counts.deadLetters.Add(1)
			r.limit.add(r, true)
		}
		s.Kind = DeadLettered
		return ToDeadLetters, o, f
	case impossible(err):
		return StopRun, nil, f
	}
	h.Warn("a record cannot be dead-lettered yet", err)
	return RetryRecord, nil, f
}
