package clienttest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

// txn is a transactional producer with a transaction begun.
type txn struct {
	*clienttest.FakeProducer
	kafkaclient.Transactions
	r *reporter
}

func (x txn) Name() string { return x.FakeProducer.Name() }

func begin(t *testing.T, f *clienttest.Fake, cfg clienttest.ProducerConfig) txn {
	t.Helper()
	cfg.TransactionalID = "id"
	r := &reporter{}
	p := f.Producer(cfg, r)
	x := txn{p, p.Transactions(), r}
	must(t, x.Init(t.Context()))
	must(t, x.Begin())
	return x
}

func readers(t *testing.T, f *clienttest.Fake) (committed, all *node) {
	t.Helper()
	return subscribe(t, f, clienttest.ConsumerConfig{Group: "c", ReadCommitted: true}, "t"),
		subscribe(t, f, clienttest.ConsumerConfig{Group: "a"}, "t")
}

func TestMessagesOfATransactionAreHeldBackUntilItCommits(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		committed, all := readers(t, f)
		x := begin(t, f, clienttest.ProducerConfig{Latency: time.Second})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "a"), "a"))
		time.Sleep(time.Second)
		synctest.Wait()
		f.Append("t", 0, value("other"))
		want(t, "read_committed", committed.poll(0), "end t0@0")
		want(t, "read_uncommitted", all.poll(0), "t0: 0 1, end t0@2")
		at, err := committed.ListOffsets(t.Context(), []tp{t0}, kafkaclient.Place{End: true})
		must(t, err)
		want(t, "last stable offset", at[0].Offset, 0)
		want(t, "visible", len(f.Records("t", 0)), 0)
		must(t, x.Produce(to("t", 0, "b"), "b"))
		must(t, x.Commit(t.Context())) // waits for b
		want(t, "results", x.r.take(), "a 0@0, b 0@2")
		want(t, "read_committed", committed.poll(0), "t0: 0 1 2, end t0@4")
		want(t, "values", values(f.Records("t", 0)), "a other b")
		must(t, x.Begin())
		must(t, x.Commit(t.Context()))
	})
}

func TestAbortPurgesAndHides(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		committed, all := readers(t, f)
		x := begin(t, f, clienttest.ProducerConfig{Latency: time.Second})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "a"), "a"))
		time.Sleep(time.Second)
		synctest.Wait()
		must(t, x.Produce(to("t", 0, "b"), "b"))
		must(t, x.Abort(t.Context()))
		want(t, "results when Abort returns", x.r.take(), "a 0@0, b purged")
		want(t, "read_committed", committed.poll(0), "end t0@2")
		want(t, "read_uncommitted", all.poll(0), "t0: 0, end t0@2")
		must(t, x.Begin())
	})
}

func TestOffsetsAreCommittedWithTheTransaction(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		n.poll(0)
		x := begin(t, f, clienttest.ProducerConfig{})
		defer x.Close()
		m, _, err := n.GroupMetadata()
		must(t, err)
		must(t, x.AddOffsets(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 5)}, m))
		must(t, x.Abort(t.Context()))
		want(t, "commits after Abort", len(f.CommitLog("g")), 0)
		must(t, x.Begin())
		must(t, x.AddOffsets(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 6)}, m))
		want(t, "commits before Commit", len(f.CommitLog("g")), 0)
		must(t, x.Commit(t.Context()))
		log := f.CommitLog("g")
		if len(log) != 1 || !log[0].Txn || log[0].Client != x.Name() || log[0].Positions[0].Offset != 6 {
			t.Errorf("commits: %+v", log)
		}
		must(t, x.Begin())
		f.Kick(n.FakeConsumer)
		err = x.AddOffsets(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 7)}, m)
		wantKind(t, err, kafkaclient.NotMember)
		if e, ok := err.(*kafkaclient.Error); !ok || !e.TxnAbort {
			t.Error("the transaction need not be aborted")
		}
		wantKind(t, x.Commit(t.Context()), kafkaclient.NotMember)
		must(t, x.Abort(t.Context()))
	})
}

func TestSecondProducerWithTheIDFencesTheFirst(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(txn, context.Context) error{
		"Commit": func(x txn, ctx context.Context) error { return x.Commit(ctx) },
		"Abort":  func(x txn, ctx context.Context) error { return x.Abort(ctx) },
		"Produce": func(x txn, _ context.Context) error {
			err := x.Produce(to("t", 0, "b"), "b")
			synctest.Wait()
			if got := x.r.take(); got != "b fenced" {
				return clienttest.NewError(kafkaclient.Other)
			}
			if err != nil {
				return err
			}
			return x.Begin()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, f *clienttest.Fake) {
				f.CreateTopic("t", 1)
				old := begin(t, f, clienttest.ProducerConfig{})
				defer old.Close()
				must(t, old.Produce(to("t", 0, "a"), "a"))
				synctest.Wait()
				old.r.take()
				x := begin(t, f, clienttest.ProducerConfig{})
				defer x.Close()
				err := call(old, t.Context())
				wantKind(t, err, kafkaclient.Fenced)
				want(t, "fatal", kafkaclient.IsFatal(err), true)
				wantKind(t, old.Begin(), kafkaclient.Fenced)
				must(t, x.Produce(to("t", 0, "new"), nil))
				must(t, x.Commit(t.Context()))
				want(t, "visible", values(f.Records("t", 0)), "new")
			})
		})
	}
}

func TestExpiredTransactionIsAbortedAndItsProducerFenced(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		x := begin(t, f, clienttest.ProducerConfig{})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "a"), nil))
		synctest.Wait()
		f.ExpireTransaction("id")
		wantKind(t, x.Commit(t.Context()), kafkaclient.Fenced)
		want(t, "visible", len(f.Records("t", 0)), 0)
	})
}

func TestCommitWithoutAnAnswerIsCalledAgain(t *testing.T) {
	t.Parallel()
	for _, applied := range []bool{false, true} {
		bubble(t, func(t *testing.T, f *clienttest.Fake) {
			f.CreateTopic("t", 1)
			n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
			n.poll(0)
			m, _, _ := n.GroupMetadata()
			x := begin(t, f, clienttest.ProducerConfig{})
			defer x.Close()
			must(t, x.Produce(to("t", 0, "a"), nil))
			must(t, x.AddOffsets(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 1)}, m))
			visible := 0
			if applied {
				f.FailNextApplied(clienttest.OpCommitTxn, 1, clienttest.NewError(kafkaclient.TimedOut))
				visible = 1
			} else {
				f.FailNext(clienttest.OpCommitTxn, 1, clienttest.NewError(kafkaclient.TimedOut))
			}
			wantKind(t, x.Commit(t.Context()), kafkaclient.TimedOut)
			want(t, "visible after the lost answer", len(f.Records("t", 0)), visible)
			must(t, x.Commit(t.Context()))
			want(t, "visible", len(f.Records("t", 0)), 1)
			want(t, "commits", len(f.CommitLog("g")), 1)
			must(t, x.Begin())
		})
	}
}

func TestCommitAndAbortAreBoundedByTheirContext(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		x := begin(t, f, clienttest.ProducerConfig{Latency: time.Minute, Timeout: time.Hour})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "a"), "a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantKind(t, x.Commit(ctx), kafkaclient.TimedOut)
		must(t, x.Commit(t.Context()))
		must(t, x.Begin())
		f.Outage(true)
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantKind(t, x.Abort(ctx), kafkaclient.TimedOut)
		f.Outage(false)
		must(t, x.Abort(t.Context()))
	})
}

func TestMessageThatFailsLeavesOnlyAbort(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		x := begin(t, f, clienttest.ProducerConfig{})
		defer x.Close()
		abortable := func(err error) {
			t.Helper()
			if e, ok := err.(*kafkaclient.Error); !ok || !e.TxnAbort {
				t.Errorf("got error %v, want one that asks for Abort", err)
			}
		}
		f.FailNext(clienttest.OpDeliver, 1, clienttest.NewError(kafkaclient.MessageRefused))
		must(t, x.Produce(to("t", 0, "a"), nil))
		abortable(x.Commit(t.Context()))
		abortable(x.Produce(to("t", 0, "b"), nil))
		must(t, x.Abort(t.Context()))
		must(t, x.Begin())
		// While Commit waits for an answer that does not come.
		f.TopicOutage("t", true)
		must(t, x.Produce(to("t", 0, "c"), nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantKind(t, x.Commit(ctx), kafkaclient.TimedOut)
		time.Sleep(time.Hour)
		synctest.Wait()
		abortable(x.Commit(t.Context()))
		must(t, x.Abort(t.Context()))
		must(t, x.Begin())
		must(t, x.Abort(t.Context()))
		want(t, "visible", len(f.Records("t", 0)), 0)
	})
}

func TestTransactionCallsFailAsSet(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		p := f.Producer(clienttest.ProducerConfig{TransactionalID: "id"}, &reporter{})
		defer p.Close()
		x := p.Transactions()
		once := func(op clienttest.Op, call func() error) {
			t.Helper()
			f.FailNext(op, 1, clienttest.NewError(kafkaclient.Unreachable))
			wantKind(t, call(), kafkaclient.Unreachable)
			must(t, call())
		}
		once(clienttest.OpInit, func() error { return x.Init(t.Context()) })
		once(clienttest.OpBegin, x.Begin)
		m, _, _ := f.Consumer(clienttest.ConsumerConfig{Group: "g"}).GroupMetadata()
		once(clienttest.OpAddOffsets, func() error { return x.AddOffsets(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 1)}, m) })
		once(clienttest.OpCommitTxn, func() error { return x.Commit(t.Context()) })
		must(t, x.Begin())
		once(clienttest.OpAbortTxn, func() error { return x.Abort(t.Context()) })
		must(t, x.Begin())
		fatal := clienttest.NewError(kafkaclient.Other)
		fatal.Fatal = true
		f.FailNext(clienttest.OpCommitTxn, 1, fatal)
		want(t, "fatal", kafkaclient.IsFatal(x.Commit(t.Context())), true)
		want(t, "for good", kafkaclient.IsFatal(x.Abort(t.Context())), true)
	})
}

func TestMessageThatFailsWhileCommitWaitsForAnotherLeavesOnlyAbort(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.CreateTopic("u", 1)
		x := begin(t, f, clienttest.ProducerConfig{})
		defer x.Close()
		f.TopicOutage("u", true)
		f.FailNext(clienttest.OpDeliver, 1, clienttest.NewError(kafkaclient.MessageRefused))
		must(t, x.Produce(to("u", 0, "a"), nil))
		must(t, x.Produce(to("t", 0, "b"), nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantKind(t, x.Commit(ctx), kafkaclient.TimedOut)
		must(t, x.Abort(t.Context()))
		must(t, x.Begin())
	})
}

func TestLastStableOffsetFollowsTruncation(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, value("a"), value("b"), value("c"))
		want(t, "visible", len(f.Records("t", 0)), 3)
		f.Truncate("t", 0, 1)
		x := begin(t, f, clienttest.ProducerConfig{})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "d"), nil))
		synctest.Wait()
		f.Append("t", 0, value("e"))
		want(t, "visible", values(f.Records("t", 0)), "a")
	})
}

func TestPurgedMessageOfATransactionLeavesOnlyAbort(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		x := begin(t, f, clienttest.ProducerConfig{Latency: time.Second})
		defer x.Close()
		must(t, x.Produce(to("t", 0, "a"), "a"))
		x.Purge()
		wantKind(t, x.Commit(t.Context()), kafkaclient.Purged)
		must(t, x.Abort(t.Context()))
	})
}
