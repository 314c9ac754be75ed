package clienttest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

func TestBreachesOfTheContractAreNoticed(t *testing.T) {
	t.Parallel()
	at := []kafkaclient.Position{clienttest.At("t", 1, 1)}
	other := []tp{{Topic: "t", Partition: 1}}
	for name, c := range map[string]struct {
		say string
		run func(*testing.T, *clienttest.Fake, *node, txn)
	}{
		"Commit of another's": {"Commit of t/1, which is not assigned", func(t *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Commit(t.Context(), at) }},
		"Pause of another's":  {"Pause of t/1, which is not assigned", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Pause(other) }},
		"Resume of another's": {"Resume of t/1, which is not assigned", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Resume(other) }},
		"Seek of another's":   {"Seek of t/1, which is not assigned", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Seek(at) }},
		"start of another's": {"a position of t/1, which is not assigned", func(_ *testing.T, f *clienttest.Fake, n *node, _ txn) {
			n.start = at
			f.Kick(n.FakeConsumer)
			n.poll(0)
		}},
		"Assign when member": {"Assign with a subscription", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Assign(at) }},
		"call after Close":   {"Pause after Close", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Close(); _ = n.Pause(nil) }},
		"second Close":       {"Close after Close", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Close(); _ = n.Close() }},
		"Commit after Close": {"Commit after Close", func(t *testing.T, _ *clienttest.Fake, n *node, _ txn) { _ = n.Close(); _ = n.Commit(t.Context(), at) }},
		"Poll in a callback": {"Poll within a callback", func(_ *testing.T, f *clienttest.Fake, n *node, _ txn) {
			n.during = func(string) { n.during = nil; n.Poll(0, &kafkaclient.Fetch{}) }
			f.Kick(n.FakeConsumer)
			n.poll(0)
		}},
		"two owners": {"Pause during Poll", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) {
			during(func() { n.poll(time.Minute) }, func() { _ = n.Pause(nil) })
		}},
		"Close during Poll": {"Close during Poll", func(_ *testing.T, _ *clienttest.Fake, n *node, _ txn) {
			during(func() { n.poll(time.Minute) }, func() { _ = n.Close() })
		}},
		"two Commits": {"two Commits at once", func(t *testing.T, f *clienttest.Fake, n *node, _ txn) {
			mine := []kafkaclient.Position{clienttest.At("t", 0, 1)}
			f.Delay(clienttest.OpCommit, time.Second)
			during(func() { _ = n.Commit(t.Context(), mine) }, func() { _ = n.Commit(t.Context(), mine) })
		}},
		"Close during Commit": {"Close during Commit", func(t *testing.T, f *clienttest.Fake, n *node, _ txn) {
			f.Delay(clienttest.OpCommit, time.Second)
			during(func() { _ = n.Commit(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 1)}) }, func() { _ = n.Close() })
		}},
		"Produce after Close": {"Produce after Close", func(_ *testing.T, _ *clienttest.Fake, _ *node, x txn) { x.Close(); _ = x.Produce(to("t", 0, "a"), nil) }},
		"Close during Produce": {"Close during another call", func(_ *testing.T, f *clienttest.Fake, _ *node, x txn) {
			f.Delay(clienttest.OpProduce, time.Second)
			during(func() { _ = x.Produce(to("t", 0, "a"), nil) }, x.Close)
		}},
		"Begin twice": {"Begin in a transaction", func(_ *testing.T, _ *clienttest.Fake, _ *node, x txn) { _ = x.Begin() }},
		"Init twice":  {"Init in a transaction", func(t *testing.T, _ *clienttest.Fake, _ *node, x txn) { _ = x.Init(t.Context()) }},
		"Commit without one": {"Transactions.Commit without a transaction", func(t *testing.T, _ *clienttest.Fake, _ *node, x txn) {
			_ = x.Abort(t.Context())
			_ = x.Commit(t.Context())
		}},
		"Produce without one": {"Produce without a transaction", func(t *testing.T, _ *clienttest.Fake, _ *node, x txn) {
			_ = x.Abort(t.Context())
			_ = x.Produce(to("t", 0, "a"), nil)
		}},
		"Abort after a Commit": {"Transactions.Abort while a Commit has no answer", func(t *testing.T, f *clienttest.Fake, _ *node, x txn) {
			f.FailNext(clienttest.OpCommitTxn, 1, clienttest.NewError(kafkaclient.TimedOut))
			_ = x.Commit(t.Context())
			_ = x.Abort(t.Context())
		}},
		"two transaction calls": {"Transactions.Abort during Transactions.Commit", func(t *testing.T, f *clienttest.Fake, _ *node, x txn) {
			f.Delay(clienttest.OpCommitTxn, time.Second)
			during(func() { _ = x.Commit(t.Context()) }, func() { _ = x.Abort(t.Context()) })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := clienttest.NewFake()
				f.CreateTopic("t", 1)
				n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
				n.poll(0)
				x := begin(t, f, clienttest.ProducerConfig{})
				defer x.Close() // more than once in some cases, which is a breach of its own
				if v := f.Violations(); len(v) > 0 {
					t.Fatalf("breaches before: %q", v)
				}
				c.run(t, f, n, x)
				if v := f.Violations(); !contains(v, c.say) {
					t.Errorf("breaches: %q, want %q", v, c.say)
				}
			})
		})
	}
}

// during runs second while first is under way, and waits for both.
func during(first, second func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		first()
	}()
	synctest.Wait()
	second()
	<-done
}
