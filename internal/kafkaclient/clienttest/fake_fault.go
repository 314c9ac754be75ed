package clienttest

import (
	"context"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Op is an operation of kafkaclient that can fail or take time.
type Op string

// The operations. OpProduce is the call; OpDeliver is the acknowledgement of a message.
const (
	OpSubscribe     Op = "Subscribe"
	OpLeave         Op = "Leave"
	OpAssign        Op = "Assign"
	OpPoll          Op = "Poll" // FailNext: a FetchError without a partition
	OpPause         Op = "Pause"
	OpResume        Op = "Resume"
	OpSeek          Op = "Seek"
	OpCommit        Op = "Commit"
	OpCommitted     Op = "Committed"
	OpListOffsets   Op = "ListOffsets"
	OpGroupMetadata Op = "GroupMetadata"
	OpClose         Op = "Close"
	OpProduce       Op = "Produce"
	OpDeliver       Op = "Deliver"
	OpPartitions    Op = "Partitions"
	OpInit          Op = "Init"
	OpBegin         Op = "Begin"
	OpAddOffsets    Op = "AddOffsets"
	OpCommitTxn     Op = "Transactions.Commit"
	OpAbortTxn      Op = "Transactions.Abort"
)

type failure struct {
	err     *kafkaclient.Error
	applied bool
}

type faults struct {
	down     bool
	topics   map[string]bool
	failures map[Op][]failure
	delays   map[Op]time.Duration
	refuse   func(*kafkaclient.Record) *kafkaclient.Error
	reject   func(*kafkaclient.Record) *kafkaclient.Error
}

func newFaults() faults {
	return faults{topics: map[string]bool{}, failures: map[Op][]failure{}, delays: map[Op]time.Duration{}}
}

func (s *faults) unreachable(topic string) bool { return s.down || s.topics[topic] }

func (s *faults) next(op Op) (failure, bool) {
	queue := s.failures[op]
	if len(queue) == 0 {
		return failure{}, false
	}
	s.failures[op] = queue[1:]
	return queue[0], true
}

// Outage makes the whole cluster unreachable, or ends that. Requests wait until it is over
// or their context is; messages wait until it is over or they time out.
func (f *Fake) Outage(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.down = on
	f.wake()
}

// TopicOutage makes a topic's leaders unreachable, or ends that.
func (f *Fake) TopicOutage(topic string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.topics[topic] = on
	f.wake()
}

// Refuse sets which messages the brokers refuse for good; nil refuses none. The error is
// that of the report. The function is called with the Fake's lock held.
func (f *Fake) Refuse(refuse func(*kafkaclient.Record) *kafkaclient.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.refuse = refuse
}

// Reject is Refuse for what the client itself refuses: the error is that of Produce.
func (f *Fake) Reject(reject func(*kafkaclient.Record) *kafkaclient.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.reject = reject
}

// FailNext makes the next n calls of an operation fail, after those that were set before.
// The operation has no effect.
func (f *Fake) FailNext(op Op, n int, err *kafkaclient.Error) { f.fail(op, n, failure{err: err}) }

// FailNextApplied is FailNext for answers that are lost: the operation has its effect, and
// the caller gets the error.
func (f *Fake) FailNextApplied(op Op, n int, err *kafkaclient.Error) {
	f.fail(op, n, failure{err: err, applied: true})
}

// SucceedNext lets the next n calls succeed, so that a later failure meets a later call.
func (f *Fake) SucceedNext(op Op, n int) { f.fail(op, n, failure{applied: true}) }

func (f *Fake) fail(op Op, n int, what failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.faults.failures[op] = append(f.faults.failures[op], what)
	}
	f.wake()
}

// Delay sets how long an operation takes from now on; 0 ends it. That of OpDeliver is added to the latency of
// producers.
func (f *Fake) Delay(op Op, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults.delays[op] = d
}

// Corrupt makes the record at an offset unreadable: a consumer that gets there stays
// there, and reports an error of kind Corrupt every half second, until it seeks.
func (f *Fake) Corrupt(tp TP, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.mustLog("Corrupt", tp); l != nil {
		l.corrupt[offset] = true
		f.wake()
	}
}

// Repair makes the record at an offset readable again.
func (f *Fake) Repair(tp TP, offset int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.mustLog("Repair", tp); l != nil {
		delete(l.corrupt, offset)
		f.wake()
	}
}

// local does what precedes an operation that asks no broker: its delay and its failure.
func (f *Fake) local(op Op) (apply bool, err error) {
	if d := f.delay(op); d > 0 {
		time.Sleep(d)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.outcome(op)
}

// request is local for an operation that asks a broker: it also waits for the end of an outage.
func (f *Fake) request(ctx context.Context, op Op, topics ...string) (apply bool, err error) {
	if ctx.Err() != nil {
		return false, timedOut(ctx, op)
	}
	if d := f.delay(op); d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return false, timedOut(ctx, op)
		}
	}
	for {
		f.mu.Lock()
		down := f.faults.down
		for _, t := range topics {
			down = down || f.faults.topics[t]
		}
		if !down {
			defer f.mu.Unlock()
			return f.outcome(op)
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false, timedOut(ctx, op)
		}
	}
}

func (f *Fake) delay(op Op) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults.delays[op]
}

func (f *Fake) outcome(op Op) (apply bool, err error) {
	what, ok := f.faults.next(op)
	if !ok {
		return true, nil
	}
	if what.err == nil { // an untyped nil, not a nil *Error
		return what.applied, nil
	}
	return what.applied, what.err
}

func (f *Fake) connection() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults.down {
		return &kafkaclient.Error{Code: -187, Name: "_ALL_BROKERS_DOWN", Kind: kafkaclient.Unreachable, Retriable: true,
			Text: "no broker reached: brokers fake:9092; last error: connection refused"}
	}
	return nil
}
