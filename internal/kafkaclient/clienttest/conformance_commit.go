package clienttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// commitSoon calls CommitSoon in a goroutine while the owner polls, until it returns.
func (m *suiteMember) commitSoon(at ...kafkaclient.Position) error {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(suiteContext(m.t), suiteWait)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- m.CommitSoon(ctx, at) }()
	for {
		select {
		case err := <-done:
			return err
		default:
			m.poll(5 * time.Millisecond)
		}
	}
}

func testCommitSoon(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	h.fill(t, c, "t", 0, numbered(10)...)
	m := h.member(t, c, ConsumerOptions{})
	m.start = func(tp TP) (int64, bool) { return 5, tp.Partition == 0 }
	ctx := suiteContext(t)
	committed := func() int64 {
		t.Helper()
		at, err := m.Committed(ctx, []TP{{Topic: "t"}})
		if err != nil {
			t.Fatal(err)
		}
		return at[0].Offset
	}
	m.subscribe("t")
	m.until("the last", func() bool { return len(m.records) == 5 })
	for _, to := range []int64{5, 8, 8, 10} { // the first is where it began, and the third is committed already
		if err := m.commitSoon(At("t", 0, to)); err != nil || committed() != to {
			t.Fatalf("%v; committed %d, want %d", err, committed(), to)
		}
	}
	if err := m.Seek([]kafkaclient.Position{At("t", 0, 2)}); err != nil {
		t.Fatal(err)
	}
	if err := m.commitSoon(At("t", 0, 2)); err != nil || committed() != 2 {
		t.Fatalf("back: %v; committed %d, want 2", err, committed())
	}
	if err := m.commitSoon(At("t", 0, 3)); err != nil || committed() != 3 {
		t.Fatalf("and forward: %v; committed %d, want 3", err, committed())
	}
	if err := m.CommitSoon(ctx, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	m.close()
	at, err := h.member(t, c, ConsumerOptions{}).Committed(ctx, []TP{{Topic: "t"}})
	if err != nil || at[0].Offset != 3 {
		t.Errorf("after Close %v, %v", at, err)
	}
}

// testCommitSoonWhileTheGroupWaits commits all the time while a rebalance waits for a static member that is closed. A
// request that is sent then waits behind the join, and is refused for its old generation.
func testCommitSoonWhileTheGroupWaits(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 4)
	one := h.member(t, c, ConsumerOptions{Protocol: CooperativeGroup})
	away := h.member(t, c, ConsumerOptions{Protocol: CooperativeGroup, InstanceID: "away"})
	one.subscribe("t")
	away.subscribe("t")
	pollBoth(t, "a fair share", one, away, func() bool { return len(one.assigned) == 2 && len(away.assigned) == 2 })
	away.close()
	two := h.member(t, c, ConsumerOptions{Protocol: CooperativeGroup})
	two.subscribe("t")

	ctx, stop := context.WithCancel(suiteContext(t))
	defer stop()
	var committed atomic.Int64
	requests, done := make(chan []kafkaclient.Position, 1), make(chan struct{})
	go func() {
		defer close(done)
		for at := range requests {
			err := one.CommitSoon(ctx, at)
			if e, ok := errors.AsType[*kafkaclient.Error](err); ok && e.Code > 0 {
				t.Errorf("CommitSoon: %v", err) // of the broker
			} else if err == nil {
				committed.Add(1)
			}
		}
	}()
	n := int64(0)
	before := int64(-1) // commits, when the group was stable again
	pollBoth(t, "a commit after a rebalance without the one that is away", one, two, func() bool {
		var at []kafkaclient.Position
		for _, tp := range one.assigned {
			n++
			at = append(at, At(tp.Topic, tp.Partition, n))
		}
		select {
		case requests <- at:
		default:
		}
		if len(one.assigned) != 2 || len(two.assigned) != 2 {
			return false
		}
		if before < 0 {
			before = committed.Load()
		}
		return committed.Load() > before+1
	})
	stop()
	close(requests)
	<-done
	if slices.ContainsFunc(one.calls, func(call string) bool { return strings.HasPrefix(call, "lost") }) {
		t.Errorf("calls %v", one.calls)
	}
}

// testCommitAfterCommitSoon gives partitions up after a commit at once: what an earlier CommitSoon has left in the
// client must not be committed then.
func testCommitAfterCommitSoon(t *testing.T, h Harness) {
	for name, last := range map[string]int64{"forward": 9, "back": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := h.cluster(t, "t", 1)
			h.fill(t, c, "t", 0, numbered(10)...)
			m := h.member(t, c, ConsumerOptions{})
			ctx := suiteContext(t)
			m.subscribe("t")
			m.until("all", func() bool { return len(m.records) == 10 })
			if err := m.commitSoon(At("t", 0, 5)); err != nil {
				t.Fatal(err)
			}
			if last < 5 {
				if err := m.Seek([]kafkaclient.Position{At("t", 0, last)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := m.Commit(ctx, []kafkaclient.Position{At("t", 0, last)}); err != nil {
				t.Fatal(err)
			}
			if err := m.Leave(suiteWait); err != nil {
				t.Fatal(err)
			}
			m.close()
			at, err := h.member(t, c, ConsumerOptions{}).Committed(ctx, []TP{{Topic: "t"}})
			if err != nil || at[0].Offset != last {
				t.Errorf("after leaving %v, %v; want %d", at, err, last)
			}
		})
	}
}
