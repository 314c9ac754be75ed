package clienttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func transactional(t testing.TB, w *suiteWriter) kafkaclient.Transactions {
	t.Helper()
	txn := w.Transactions()
	if txn == nil {
		t.Fatal("no transactions")
	}
	for deadline := time.Now().Add(suiteWait); ; {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := txn.Init(ctx)
		cancel()
		if err == nil {
			return txn
		}
		if !kafkaclient.IsRetriable(err) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func mustSucceed(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func testTransactions(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	ctx := suiteContext(t)
	w := h.writer(t, c, ProducerOptions{TransactionalID: "id"})
	txn := transactional(t, w)
	put := func(values ...string) {
		mustSucceed(t, "Begin", txn.Begin())
		for _, v := range values {
			w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte(v)}, v)
		}
	}
	put("a", "b")
	mustSucceed(t, "Commit", txn.Commit(ctx))
	w.wait(t, 2)
	put("c", "d")
	w.wait(t, 4) // they are in the log
	mustSucceed(t, "Abort", txn.Abort(ctx))
	put("e")
	mustSucceed(t, "Commit", txn.Commit(ctx))
	w.wait(t, 5)
	tp := TP{Topic: "t"}
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("the end", func() bool { return m.ends[tp] == 8 }) // 5 records, 3 markers
	if got, want := m.values(), []string{"a", "b", "e"}; !slices.Equal(got, want) {
		t.Errorf("read_committed: %v, want %v", got, want)
	}
	all := h.member(t, c, ConsumerOptions{Group: "all", ReadUncommitted: true})
	all.subscribe("t")
	all.until("the end", func() bool { return all.ends[tp] == 8 })
	if got, want := all.values(), []string{"a", "b", "c", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("read_uncommitted: %v, want %v", got, want)
	}
	// An empty one, and calls in the wrong state.
	mustSucceed(t, "Begin", txn.Begin())
	mustSucceed(t, "Commit", txn.Commit(ctx))
	if err := txn.Commit(ctx); err == nil || kafkaclient.IsRetriable(err) {
		t.Errorf("Commit without Begin: %v", err)
	}
	err := w.Produce(&kafkaclient.Record{Topic: "t", Value: []byte("x")}, nil)
	if err == nil {
		t.Error("Produce outside a transaction succeeds")
	}
}

func testTransactionOffsets(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	h.fill(t, c, "t", 0, numbered(5)...)
	ctx := suiteContext(t)
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("all", func() bool { return len(m.records) == 5 })
	metadata, isMember, err := m.GroupMetadata()
	if err != nil || !isMember {
		t.Fatalf("member %v, %v", isMember, err)
	}
	w := h.writer(t, c, ProducerOptions{TransactionalID: "id"})
	txn := transactional(t, w)
	committed := func() int64 {
		at, err := m.Committed(ctx, []TP{{Topic: "t"}})
		mustSucceed(t, "Committed", err)
		return at[0].Offset
	}
	mustSucceed(t, "Begin", txn.Begin())
	mustSucceed(t, "AddOffsets", txn.AddOffsets(ctx, []kafkaclient.Position{At("t", 0, 2)}, metadata))
	mustSucceed(t, "Abort", txn.Abort(ctx))
	if got := committed(); got != -1 {
		t.Errorf("after Abort %d is committed", got)
	}
	mustSucceed(t, "Begin", txn.Begin())
	mustSucceed(t, "AddOffsets", txn.AddOffsets(ctx, []kafkaclient.Position{At("t", 0, 3)}, metadata))
	mustSucceed(t, "Commit", txn.Commit(ctx))
	if got := committed(); got != 3 {
		t.Errorf("after Commit %d is committed, want 3", got)
	}
	mustSucceed(t, "Begin", txn.Begin())
	wantKind(t, "other metadata", txn.AddOffsets(ctx, []kafkaclient.Position{At("t", 0, 4)}, "nothing"), kafkaclient.Invalid)
	mustSucceed(t, "Abort", txn.Abort(ctx))
}

func testOpenTransaction(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	h.fill(t, c, "t", 0, "before")
	ctx := suiteContext(t)
	w := h.writer(t, c, ProducerOptions{TransactionalID: "id"})
	txn := transactional(t, w)
	mustSucceed(t, "Begin", txn.Begin())
	w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("open")}, nil)
	w.wait(t, 1)
	of := []TP{{Topic: "t"}}
	for name, o := range map[string]struct {
		options ConsumerOptions
		want    int64
	}{
		// The end is the last stable offset, at which the open transaction begins.
		"read_committed":   {ConsumerOptions{}, 1},
		"read_uncommitted": {ConsumerOptions{ReadUncommitted: true}, 2},
	} {
		m := h.member(t, c, o.options)
		at, err := m.ListOffsets(ctx, of, kafkaclient.Place{End: true})
		if err != nil || at[0].Offset != o.want {
			t.Errorf("%s: the end is %v, %v, want %d", name, at, err, o.want)
		}
	}
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("what is committed", func() bool { return len(m.records) == 1 })
	for range 3 {
		m.poll(50 * time.Millisecond)
	}
	if got := m.values(); len(got) != 1 {
		t.Errorf("an open transaction is read: %v", got)
	}
	mustSucceed(t, "Commit", txn.Commit(ctx))
	m.until("the rest", func() bool { return len(m.records) == 2 })
}

func testFenced(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	ctx := suiteContext(t)
	old := h.writer(t, c, ProducerOptions{TransactionalID: "id"})
	txn := transactional(t, old)
	mustSucceed(t, "Begin", txn.Begin())
	old.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("old")}, "old")
	old.wait(t, 1)
	fresh := h.writer(t, c, ProducerOptions{TransactionalID: "id"})
	next := transactional(t, fresh)
	err := txn.Commit(ctx)
	wantKind(t, "Commit of the old producer", err, kafkaclient.Fenced)
	if !kafkaclient.IsFatal(err) {
		t.Errorf("it is not fatal: %v", err)
	}
	mustSucceed(t, "Begin", next.Begin())
	fresh.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("new")}, "new")
	mustSucceed(t, "Commit", next.Commit(ctx))
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("the end", func() bool { return len(m.ends) == 1 })
	if got, want := m.values(), []string{"new"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
