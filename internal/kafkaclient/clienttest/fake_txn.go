package clienttest

import (
	"context"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

type outcome uint8

const (
	txnOpen outcome = iota
	txnCommitted
	txnAborted
)

// transaction is one transaction as the cluster sees it.
type transaction struct {
	outcome    outcome
	partitions []TP
	offsets    []txnOffsets
}

type txnOffsets struct {
	order int64 // of the request among the group's
	group string
	at    []kafkaclient.Position
}

// txnID is a transactional id as its coordinator sees it.
type txnID struct {
	epoch int
	open  *transaction
}

func (t *transaction) touch(tp TP) {
	if t != nil && !slices.Contains(t.partitions, tp) {
		t.partitions = append(t.partitions, tp)
	}
}

// end commits or aborts a transaction: its markers are written, and its offsets count.
func (f *Fake) end(t *transaction, as outcome, client string) {
	if t == nil || t.outcome != txnOpen {
		return
	}
	t.outcome = as
	for _, tp := range t.partitions {
		if l := f.log(tp); l != nil {
			l.marker()
		}
	}
	if as == txnCommitted {
		for _, o := range t.offsets {
			f.group(o.group).commit(client, true, o.order, o.at)
		}
	}
	f.wake()
}

// ExpireTransaction aborts what is open under a transactional id and fences its producer, as the
// coordinator does when transaction.timeout.ms is over.
func (f *Fake) ExpireTransaction(transactionalID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.txnID(transactionalID)
	f.end(id.open, txnAborted, "")
	id.open = nil
	id.epoch++
}

func (f *Fake) txnID(name string) *txnID {
	id := f.ids[name]
	if id == nil {
		id = &txnID{}
		f.ids[name] = id
	}
	return id
}

// unstable reports whether an open transaction has an offset of a partition for a group.
func (f *Fake) unstable(group string, tp TP) bool {
	for _, id := range f.ids {
		if id.open == nil || id.open.outcome != txnOpen {
			continue
		}
		for _, o := range id.open.offsets {
			if o.group == group && slices.ContainsFunc(o.at, func(at kafkaclient.Position) bool { return at.TopicPartition == tp }) {
				return true
			}
		}
	}
	return false
}

type txnState uint8

const (
	stateNew        txnState = iota // before Init
	stateReady                      // no transaction
	stateOpen                       // in a transaction
	stateFailed                     // in one that can only be aborted
	stateCommitting                 // Commit got no answer: it is to be called again
	stateAborting                   // Abort got no answer: it is to be called again
)

var stateNames = [...]string{"before Init", "without a transaction", "in a transaction", "in a failed transaction",
	"while a Commit has no answer", "while an Abort has no answer"}

// FakeTransactions are the transactions of a fake producer.
type FakeTransactions struct {
	f       *Fake
	p       *FakeProducer
	state   txnState
	epoch   int
	open    *transaction
	failed  *kafkaclient.Error // why the transaction must be aborted
	fatal   *kafkaclient.Error
	calling Op
}

var _ kafkaclient.Transactions = (*FakeTransactions)(nil)

// begin begins a call that is allowed in some states.
func (t *FakeTransactions) begin(op Op, states ...txnState) error {
	if err := t.p.enter(op); err != nil {
		return err
	}
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	err := t.check(op, states)
	if err != nil {
		t.p.calls--
		return err
	}
	t.calling = op
	return nil
}

func (t *FakeTransactions) check(op Op, states []txnState) error {
	switch {
	case t.calling != "":
		t.f.violate("%s: %s during %s", t.p.name, op, t.calling)
		return because(kafkaclient.Invalid, string(op)+" during another call")
	case t.fatal != nil:
		return t.fatal
	case slices.Contains(states, t.state):
		return nil
	case t.state == stateFailed:
		return t.failed // it may not be known yet that a message has failed
	}
	t.f.violate("%s: %s %s", t.p.name, op, stateNames[t.state])
	return because(kafkaclient.Invalid, string(op)+" "+stateNames[t.state])
}

func (t *FakeTransactions) finish() {
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	t.calling = ""
	t.p.calls--
}

// admit says whether a message can be produced now.
func (t *FakeTransactions) admit() *kafkaclient.Error {
	switch {
	case t.fatal != nil:
		return t.fatal
	case t.state == stateFailed:
		return t.failed
	case t.state != stateOpen || t.calling == OpCommitTxn || t.calling == OpAbortTxn:
		t.f.violate("%s: Produce %s", t.p.name, stateNames[t.state])
		return because(kafkaclient.Invalid, "Produce "+stateNames[t.state])
	}
	return nil
}

func (t *FakeTransactions) messageFailed(err *kafkaclient.Error) {
	if err != nil && (t.state == stateOpen || t.state == stateCommitting) {
		t.settle(mustAbort(err))
	}
}

// fencing is the error of a producer whose id another has taken over, or nil.
func (t *FakeTransactions) fencing() *kafkaclient.Error {
	if t.fatal == nil && t.f.txnID(t.p.cfg.TransactionalID).epoch != t.epoch {
		t.fatal = NewError(kafkaclient.Fenced)
	}
	return t.fatal
}

// settle notes what an error means for the state.
func (t *FakeTransactions) settle(err *kafkaclient.Error) {
	switch {
	case err == nil:
	case err.Fatal:
		t.fatal = err
	case err.TxnAbort && t.state != stateReady && t.state != stateNew:
		t.state, t.failed = stateFailed, err
	}
}

// Init implements [kafkaclient.Transactions].
func (t *FakeTransactions) Init(ctx context.Context) error {
	if err := t.begin(OpInit, stateNew); err != nil {
		return err
	}
	defer t.finish()
	apply, err := t.f.request(ctx, OpInit)
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	if apply {
		id := t.f.txnID(t.p.cfg.TransactionalID)
		t.f.end(id.open, txnAborted, "")
		id.open = nil
		id.epoch++
		t.epoch = id.epoch
	}
	return t.answer(err, stateReady, stateNew)
}

// Begin implements [kafkaclient.Transactions].
func (t *FakeTransactions) Begin() error {
	if err := t.begin(OpBegin, stateReady); err != nil {
		return err
	}
	defer t.finish()
	_, err := t.f.local(OpBegin)
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	if err == nil {
		t.open, t.failed = &transaction{}, nil
		if t.epoch == t.f.txnID(t.p.cfg.TransactionalID).epoch {
			t.f.txnID(t.p.cfg.TransactionalID).open = t.open
		}
	}
	return t.answer(err, stateOpen, stateReady)
}

// answer moves to a state, or to another one with an error that says nothing of the state.
func (t *FakeTransactions) answer(err error, done, undone txnState) error {
	if err == nil {
		t.state = done
		return nil
	}
	t.state = undone
	if e, ok := err.(*kafkaclient.Error); ok {
		t.settle(e)
	}
	return err
}
