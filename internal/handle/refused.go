package handle

import (
	"context"
	"log/slog"

	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

// Refused decides about a staged record with a message that can never be written. A dead letter is
// reduced, and a record that was to be delayed becomes a dead letter; about any other, and in the end, the policy
// is asked. A dead letter takes the place of the record's messages. Action is StopRun with the failure,
// SkipRecord, RetryRecord, or ToDeadLetters with what is to be written.
func (p *Pool) Refused(ctx context.Context, s *Staged, cause error) (Action, *produce.Output, *Failure) {
	f := (&Failure{Stage: Sending, Err: cause}).at(s.Record)
	s.refusals++
	f.Attempt, f.RetryTopic = s.refusals, s.Retried.Count
	why, reduction := f, reroute.Whole
	switch {
	case s.Kind == DeadLettered && s.reduction < reroute.Reference:
		why, reduction = s.failure, s.reduction+1
	case s.Kind == Delayed && p.cfg.DeadLetters != nil:
		why = s.failure
	default:
		switch p.actionOf(f, false) {
		case RetryRecord, AwaitRecovery:
			return RetryRecord, nil, f
		case SkipRecord:
			p.counts.Skipped.Add(1)
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
	return p.deadLetter(ctx, s, &republished{failure: why, kind: DeadLettered, reduction: reduction}, f)
}

// deadLetter makes what takes the place of the messages of a staged record.
func (p *Pool) deadLetter(ctx context.Context, s *Staged, out *republished, f *Failure) (Action, *produce.Output, *Failure) {
	out.retried, out.in = s.Retried, Input{Record: s.Record, Retried: s.Retried, Origin: s.Retried.Origin}
	if s.Retried.Origin.Topic == "" {
		out.in.Origin = p.originOf(s.Record)
	}
	sink := p.sinkOf(DeadLettered)
	record, err := p.envelope(ctx, sink, out)
	var o *produce.Output
	if err == nil {
		o, err = sink.Put(ctx, record, nil)
	}
	switch {
	case err == nil:
		if s.Kind != DeadLettered {
			p.counts.DeadLetters.Add(1)
			p.limit.add(p, true)
		}
		s.reduction, s.failure, s.Kind = out.reduction, out.failure, DeadLettered
		return ToDeadLetters, o, f
	case impossible(err):
		return StopRun, nil, f
	}
	p.log.Log(p.ctx, slog.LevelWarn, "a record cannot be dead-lettered yet", "transaction", err)
	return RetryRecord, nil, f
}
