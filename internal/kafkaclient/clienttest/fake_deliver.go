package clienttest

import (
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// sweep takes the messages off the queue that have a result now, and says when to look
// again. The order of a topic is kept: a message waits for those before it.
func (p *FakeProducer) sweep(now time.Time) (results []result, next time.Time) {
	next = never
	var kept []*queued
	blocked := map[string]bool{}
	for i, q := range p.queue {
		topic := q.record.Topic
		due := q.sent.Add(q.latency)
		switch {
		case q.purged:
			err := p.purgedError(q, now)
			p.noteFailure(err)
			results = append(results, q.failed(err))
			continue
		case p.f.faults.unreachable(topic):
			if !now.Before(q.deadline) {
				p.noteFailure(NewError(kafkaclient.TimedOut))
				results = append(results, q.failed(NewError(kafkaclient.TimedOut)))
				continue
			}
			next = earlier(next, q.deadline)
		case blocked[topic]:
		case !now.Before(due):
			results = append(results, p.write(q))
			continue
		default:
			next = earlier(next, due)
		}
		blocked[topic] = true
		if kept == nil {
			kept = make([]*queued, 0, len(p.queue)-i)
		}
		kept = append(kept, q)
	}
	p.queue = kept
	if len(results) > 0 {
		p.f.wake()
	}
	return results, next
}

// purgedError says whether the message was under way.
func (p *FakeProducer) purgedError(q *queued, now time.Time) *kafkaclient.Error {
	e := NewError(kafkaclient.Purged)
	if !now.Before(q.sent) && !p.f.faults.unreachable(q.record.Topic) {
		e.Code, e.Name, e.MaybeWritten = -151, "_PURGE_INFLIGHT", true
	}
	return e
}

func (q *queued) failed(err *kafkaclient.Error) result {
	return result{token: q.token, report: kafkaclient.Report{Topic: q.record.Topic, Partition: q.record.Partition, Offset: -1, Err: err}}
}

// write appends a message to its log, unless it fails. A failure that is applied leaves it in
// the log, which its error then says.
func (p *FakeProducer) write(q *queued) result {
	apply, err := p.f.outcome(OpDeliver)
	e, _ := err.(*kafkaclient.Error)
	if apply {
		tp, offset, refused := p.store(q)
		switch {
		case refused != nil:
			e = refused
		case e == nil:
			return result{token: q.token, report: kafkaclient.Report{Partition: tp.Partition, Offset: offset}}
		default:
			written := *e
			written.MaybeWritten = true
			e = &written
		}
	}
	p.noteFailure(e)
	return q.failed(e)
}

func (p *FakeProducer) store(q *queued) (TP, int64, *kafkaclient.Error) {
	if p.txn != nil {
		if err := p.txn.fencing(); err != nil {
			return TP{}, -1, err
		}
	}
	t := p.f.topics[q.record.Topic]
	if t == nil {
		return TP{}, -1, NewError(kafkaclient.UnknownTopic)
	}
	tp := TP{Topic: q.record.Topic, Partition: t.partition(&q.record)}
	l := p.f.log(tp)
	if l == nil {
		return tp, -1, because(kafkaclient.MessageRefused, "the partition does not exist")
	}
	if refuse := p.f.faults.refuse; refuse != nil {
		if err := refuse(&q.record); err != nil {
			return tp, -1, err
		}
	}
	var in *transaction
	if p.txn != nil {
		in = p.txn.open
		in.touch(tp)
	}
	return tp, l.append(&q.record, tp, in), nil
}

// noteFailure makes a transaction one that can only be aborted.
func (p *FakeProducer) noteFailure(err *kafkaclient.Error) {
	if p.txn != nil {
		p.txn.messageFailed(err)
	}
}
