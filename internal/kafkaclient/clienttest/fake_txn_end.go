package clienttest

import (
	"context"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// AddOffsets implements [kafkaclient.Transactions].
func (t *FakeTransactions) AddOffsets(ctx context.Context, at []kafkaclient.Position, m kafkaclient.GroupMetadata) error {
	if err := t.begin(OpAddOffsets, stateOpen); err != nil {
		return err
	}
	defer t.finish()
	apply, err := t.f.request(ctx, OpAddOffsets)
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	if fenced := t.fencing(); fenced != nil {
		return fenced
	}
	if apply {
		if refused := t.addOffsets(at, m); refused != nil {
			return t.answer(refused, stateOpen, stateOpen)
		}
	}
	return t.answer(err, t.state, t.state)
}

func (t *FakeTransactions) addOffsets(at []kafkaclient.Position, m kafkaclient.GroupMetadata) *kafkaclient.Error {
	meta, ok := m.(*groupMetadata)
	if !ok || meta == nil {
		t.f.violate("%s: AddOffsets with the metadata of another client", t.p.name)
		return because(kafkaclient.Invalid, "AddOffsets: not metadata of a fake consumer")
	}
	t.f.tick()
	if o := meta.member; o != nil && (o.gone || o.synced != meta.generation) {
		return mustAbort(NewError(kafkaclient.NotMember))
	}
	t.open.offsets = append(t.open.offsets, txnOffsets{order: t.f.group(meta.group).request(), group: meta.group, at: slices.Clone(at)})
	return nil
}

// Commit implements [kafkaclient.Transactions].
func (t *FakeTransactions) Commit(ctx context.Context) error {
	if err := t.begin(OpCommitTxn, stateOpen, stateCommitting); err != nil {
		return err
	}
	defer t.finish()
	if err := t.drain(ctx, OpCommitTxn, t.p.hurry); err != nil {
		return t.unanswered(err, stateCommitting)
	}
	t.f.mu.Lock()
	failed := t.failed
	t.f.mu.Unlock()
	if failed != nil {
		return failed
	}
	return t.conclude(ctx, OpCommitTxn, txnCommitted, stateCommitting)
}

// Abort implements [kafkaclient.Transactions].
func (t *FakeTransactions) Abort(ctx context.Context) error {
	if err := t.begin(OpAbortTxn, stateOpen, stateFailed, stateAborting); err != nil {
		return err
	}
	defer t.finish()
	if err := t.drain(ctx, OpAbortTxn, t.p.purge); err != nil {
		return t.unanswered(err, stateAborting)
	}
	return t.conclude(ctx, OpAbortTxn, txnAborted, stateAborting)
}

// drain waits until every message has its result.
func (t *FakeTransactions) drain(ctx context.Context, op Op, first func()) error {
	t.f.mu.Lock()
	first()
	t.f.mu.Unlock()
	for {
		t.f.mu.Lock()
		empty, changed, fatal := len(t.p.queue)+t.p.unreported == 0, t.f.changed, t.fatal
		t.f.mu.Unlock()
		if fatal != nil {
			return fatal
		}
		if empty {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return timedOut(ctx, op)
		}
	}
}

// conclude asks the coordinator to end the transaction.
func (t *FakeTransactions) conclude(ctx context.Context, op Op, as outcome, again txnState) error {
	apply, err := t.f.request(ctx, op)
	if err != nil && !apply {
		return t.unanswered(err, again)
	}
	t.f.mu.Lock()
	if fenced := t.fencing(); fenced != nil {
		t.f.mu.Unlock()
		return fenced
	}
	t.f.end(t.open, as, t.p.name)
	if id := t.f.txnID(t.p.cfg.TransactionalID); id.open == t.open {
		id.open = nil
	}
	t.f.mu.Unlock()
	if err != nil {
		return t.unanswered(err, again)
	}
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	t.state, t.open, t.failed = stateReady, nil, nil
	return nil
}

// unanswered notes an error of Commit or Abort. After one that may be tried again, the same call
// is the only one allowed.
func (t *FakeTransactions) unanswered(err error, again txnState) error {
	t.f.mu.Lock()
	defer t.f.mu.Unlock()
	e, ok := err.(*kafkaclient.Error)
	if !ok {
		return err
	}
	if !e.Fatal && !e.TxnAbort && kafkaclient.IsRetriable(e) {
		if t.state != stateFailed { // a message that failed meanwhile leaves only Abort
			t.state = again
		}
		return err
	}
	t.settle(e)
	return err
}
