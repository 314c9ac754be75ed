package produce

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// pending is a pending delivery: the token that comes back with the report of a message.
type pending struct {
	group *group
	topic string
	at    int64 // milliseconds since 1970

	done     Callback    // of the interceptors; may be nil
	callback Callback    // of ProduceAsync; may be nil
	result   chan result // of Produce; nil otherwise
	state    atomic.Uint32
}

// The states of a pending delivery that a call of Produce waits for. Whoever leaves waiting
// decides who reports a failure: Produce or the next Flush.
const (
	waiting  uint32 = iota
	reported        // the result goes to the caller, who releases the pending delivery
	left            // the caller has stopped waiting; the report releases it
)

type result struct {
	Delivery
	err *Error
}

// notWaitedFor are those of ProduceAsync. Those of Produce are the Sender's own: they have a
// channel, which must not go from one bubble of testing/synctest to another.
var notWaitedFor = sync.Pool{New: func() any { return new(pending) }}

func newWaitedFor() any { return &pending{result: make(chan result, 1)} }

// release gives the pending delivery back. Nobody else may have it.
func (s *Sender) release(p *pending) {
	p.group, p.topic, p.done = nil, "", nil
	if p.result != nil {
		p.state.Store(waiting)
		s.waitedFor.Put(p)
		return
	}
	p.callback = nil
	notWaitedFor.Put(p)
}

// settle takes the result. The callbacks come before the group, so that a flush waits for them.
func (s *Sender) settle(p *pending, r result) {
	group := p.group
	var err error
	if r.err != nil { // else it would be an error that holds nil
		err = r.err
	}
	if p.done != nil {
		p.done.Delivered(r.Delivery, err)
	}
	if p.result != nil {
		if p.state.CompareAndSwap(waiting, reported) {
			p.result <- r // the pending delivery is its caller's again
			group.settle(nil)
			return
		}
	} else if p.callback != nil {
		p.callback.Delivered(r.Delivery, err)
	}
	s.release(p)
	group.settle(err)
}

// reporter is the Sender as the client sees it.
type reporter struct{ s *Sender }

// Delivered implements [kafkaclient.Reporter].
func (r reporter) Delivered(token any, report kafkaclient.Report) {
	s := r.s
	s.count(report.Err)
	switch t := token.(type) {
	case *pending:
		if report.Err != nil {
			s.settle(t, result{err: s.failure(t.topic, report.Err)})
			break
		}
		s.settle(t, result{Delivery: Delivery{Topic: t.topic, Partition: report.Partition, Offset: report.Offset, Timestamp: time.UnixMilli(t.at)}})
	case *Output:
		t.settle(report)
	}
	s.freed()
}

// Acknowledged implements [kafkaclient.Reporter].
func (r reporter) Acknowledged(n int) {
	if n <= 0 {
		return
	}
	r.s.delivered.Add(uint64(n))
	r.s.groups.settleAnonymous(n, nil)
	r.s.freed()
}

// Failed implements [kafkaclient.Reporter]: nobody waits for the message but the next flush.
func (r reporter) Failed(report kafkaclient.Report) {
	s := r.s
	s.failed.Add(1)
	var err error = &kafkaclient.Error{Text: "the message failed for a reason that the client does not say"}
	maybe := true
	if report.Err != nil {
		err, maybe = s.explain(report.Err), report.Err.MaybeWritten
	}
	s.groups.settleAnonymous(1, &Error{Topic: report.Topic, MaybeDelivered: maybe, Err: err})
	s.freed()
}

// failure is the error of a message that was queued.
func (s *Sender) failure(topic string, err *kafkaclient.Error) *Error {
	return &Error{Topic: topic, MaybeDelivered: err.MaybeWritten, Err: s.explain(err)}
}

func (s *Sender) count(err *kafkaclient.Error) {
	if err != nil {
		s.failed.Add(1)
	} else {
		s.delivered.Add(1)
	}
}
