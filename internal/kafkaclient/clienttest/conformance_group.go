package clienttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func testStartPositions(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 3)
	for p := range int32(3) {
		h.fill(t, c, "t", p, numbered(10)...)
	}
	m := h.member(t, c, ConsumerOptions{})
	m.start = func(tp TP) (int64, bool) {
		switch tp.Partition {
		case 0:
			return 7, true
		case 1:
			return -1, true // as if nothing was said
		}
		return 0, false
	}
	m.subscribe("t")
	m.until("all", func() bool { return len(m.ends) == 3 })
	first := map[int32]int64{}
	for i := range m.records {
		if r := &m.records[i]; first[r.Partition] == 0 {
			first[r.Partition] = r.Offset + 1
		}
	}
	if first[0] != 8 || first[1] != 1 || first[2] != 1 || len(m.records) != 23 {
		t.Errorf("%d records, the first at (plus 1) %v", len(m.records), first)
	}
	if !slices.Equal(m.calls, []string{"assigned 3"}) || len(m.assigned) != 3 {
		t.Errorf("calls %v", m.calls)
	}
	if _, isMember, err := m.GroupMetadata(); !isMember || err != nil {
		t.Errorf("member %v, %v", isMember, err)
	}
}

func testTwoMembers(t *testing.T, h Harness, protocol GroupProtocol) {
	c := h.cluster(t, "t", 4)
	for p := range int32(4) {
		h.fill(t, c, "t", p, "before")
	}
	ctx := suiteContext(t)
	one := h.member(t, c, ConsumerOptions{Protocol: protocol})
	one.onRevoke = func(tps []TP) { // it may still commit
		for _, tp := range tps {
			if err := one.Commit(ctx, []kafkaclient.Position{At(tp.Topic, tp.Partition, 1)}); err != nil {
				t.Errorf("Commit in Revoked: %v", err)
			}
		}
	}
	one.subscribe("t")
	one.until("all partitions", func() bool { return len(one.assigned) == 4 && len(one.records) == 4 })
	two := h.member(t, c, ConsumerOptions{Protocol: protocol})
	two.subscribe("t")
	stable := func() bool { return len(one.assigned) == 2 && len(two.assigned) == 2 }
	pollBoth(t, "a fair share", one, two, stable)
	for _, tp := range one.assigned {
		if slices.Contains(two.assigned, tp) {
			t.Errorf("%v has two owners", tp)
		}
	}
	for _, call := range one.calls {
		if protocol == EagerGroup && call == "revoked 2" || protocol == CooperativeGroup && call == "revoked 4" {
			t.Errorf("calls %v", one.calls)
		}
		if call == "lost 4" || call == "lost 2" {
			t.Errorf("calls %v", one.calls)
		}
	}
	one.records, two.records = nil, nil
	for p := range int32(4) {
		h.fill(t, c, "t", p, "after")
	}
	pollBoth(t, "new records", one, two, func() bool { return len(one.records)+len(two.records) >= 4 })
	for _, m := range []*suiteMember{one, two} {
		for i := range m.records {
			if r := &m.records[i]; !slices.Contains(m.assigned, r.TopicPartition()) {
				t.Errorf("a record of %v, which is the other's", r.TopicPartition())
			}
		}
	}
	two.close()
	one.until("all partitions again", func() bool { return len(one.assigned) == 4 })
	if len(two.assigned) != 2 {
		t.Errorf("Close called back: %v", two.calls)
	}
}

func pollBoth(t testing.TB, what string, one, two *suiteMember, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(suiteWait); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v; %v and %v; %d and %d records; errors %v %v", what, suiteWait, one.calls, two.calls,
				len(one.records), len(two.records), one.errors, two.errors)
		}
		one.poll(20 * time.Millisecond)
		two.poll(20 * time.Millisecond)
	}
}

func testLeave(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	h.fill(t, c, "t", 0, numbered(10)...)
	for _, instance := range []string{"", "static"} {
		group := "g" + instance
		one := h.member(t, c, ConsumerOptions{Group: group, InstanceID: instance})
		one.subscribe("t")
		one.until("all", func() bool { return len(one.records) == 10 })
		if err := one.Commit(suiteContext(t), []kafkaclient.Position{At("t", 0, 6)}); err != nil {
			t.Fatal(err)
		}
		calls := len(one.calls)
		if err := one.Leave(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		if len(one.calls) != calls {
			t.Errorf("Leave called back: %v", one.calls)
		}
		// Its partitions are free at once.
		two := h.member(t, c, ConsumerOptions{Group: group})
		two.subscribe("t")
		two.until("the first member's partitions", func() bool { return len(two.assigned) == 2 && len(two.records) == 4 })
		two.close()
		one.records, one.assigned = nil, nil
		one.poll(20 * time.Millisecond)
		if len(one.records) > 0 || len(one.assigned) > 0 {
			t.Errorf("after Leave: %d records, %v", len(one.records), one.calls)
		}
		one.subscribe("t")
		one.until("its partitions again", func() bool { return len(one.assigned) == 2 && len(one.records) == 4 })
		one.close()
	}
}

func testLost(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	if c.Expel == nil {
		t.Skip("this cluster cannot expel a member")
	}
	h.fill(t, c, "t", 0, "a")
	m := h.member(t, c, ConsumerOptions{Group: "g"})
	m.subscribe("t")
	m.until("its partitions", func() bool { return len(m.assigned) == 2 && len(m.records) == 1 })
	c.Expel("g")
	m.until("the loss", func() bool { return slices.Contains(m.calls, "lost 2") })
	m.until("its partitions again", func() bool { return len(m.assigned) == 2 })
	for _, call := range m.calls {
		if call == "revoked 2" {
			t.Errorf("calls %v", m.calls)
		}
	}
}

func testCloseOfMember(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	h.fill(t, c, "t", 0, "a")
	one := h.member(t, c, ConsumerOptions{})
	one.subscribe("t")
	one.until("its partitions", func() bool { return len(one.assigned) == 2 })
	ctx, cancel := context.WithTimeout(context.Background(), suiteWait)
	defer cancel()
	if err := one.Commit(ctx, []kafkaclient.Position{At("t", 0, 1)}); err != nil {
		t.Fatal(err)
	}
	one.close()
	if !slices.Equal(one.calls, []string{"assigned 2"}) {
		t.Errorf("Close called back: %v", one.calls)
	}
	two := h.member(t, c, ConsumerOptions{})
	began := time.Now()
	two.subscribe("t")
	two.until("the partitions of the member that left", func() bool { return len(two.ends) == 2 })
	if took := time.Since(began); took > suiteWait/2 {
		t.Errorf("it took %v", took)
	}
	if len(two.records) > 0 {
		t.Errorf("%d records again", len(two.records))
	}
	h.member(t, c, ConsumerOptions{}).close() // one that did nothing
}

func testCloseOfStaticMember(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 4)
	h.fill(t, c, "t", 0, "a")
	static := h.member(t, c, ConsumerOptions{InstanceID: "static"})
	other := h.member(t, c, ConsumerOptions{})
	static.subscribe("t")
	other.subscribe("t")
	pollBoth(t, "a fair share", static, other, func() bool { return len(static.assigned) == 2 && len(other.assigned) == 2 })
	before, calls := slices.Clone(static.assigned), len(other.calls)
	static.close()
	for range 5 {
		other.poll(50 * time.Millisecond)
	}
	again := h.member(t, c, ConsumerOptions{InstanceID: "static"})
	again.subscribe("t")
	pollBoth(t, "its share again", again, other, func() bool { return len(again.assigned) == 2 })
	for _, tp := range again.assigned {
		if !slices.Contains(before, tp) {
			t.Errorf("%v, before it was closed %v", again.assigned, before)
		}
	}
	// The members may meet again, but nothing moves.
	for _, call := range other.calls[calls:] {
		if call != "assigned 0" {
			t.Errorf("partitions of the other member moved: %v", other.calls)
		}
	}
}
