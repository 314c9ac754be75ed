package clienttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func testCommit(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	h.fill(t, c, "t", 0, numbered(10)...)
	m := h.member(t, c, ConsumerOptions{})
	ctx := suiteContext(t)
	both := []TP{{Topic: "t", Partition: 1}, {Topic: "t"}}
	committed := func(of *suiteMember) (offsets []int64) {
		t.Helper()
		at, err := of.Committed(ctx, both)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range at {
			if p.TopicPartition != both[i] {
				t.Fatalf("%v in the place of %v", p.TopicPartition, both[i])
			}
			offsets = append(offsets, p.Offset)
		}
		return offsets
	}
	if got, want := committed(m), []int64{-1, -1}; !slices.Equal(got, want) {
		t.Errorf("of a new group %v, want %v", got, want)
	}
	m.subscribe("t")
	m.until("all", func() bool { return len(m.records) == 10 })
	for _, to := range []int64{7, 4, 9} { // one is before the last
		if err := m.Commit(ctx, []kafkaclient.Position{At("t", 0, to)}); err != nil {
			t.Fatal(err)
		}
		if got, want := committed(m), []int64{-1, to}; !slices.Equal(got, want) {
			t.Errorf("committed %v, want %v", got, want)
		}
	}
	if err := m.Commit(ctx, nil); err != nil {
		t.Errorf("a commit of nothing: %v", err)
	}
	m.close()
	next := h.member(t, c, ConsumerOptions{})
	next.subscribe("t")
	next.until("the rest", func() bool { return len(next.records) > 0 })
	if got := next.records[0].Offset; got != 9 {
		t.Errorf("the next member begins at %d, want 9", got)
	}
}

func testCommitCanceled(t *testing.T, h Harness) {
	m := h.member(t, &Cluster{Bootstrap: "127.0.0.1:1"}, ConsumerOptions{})
	if err := m.Assign([]kafkaclient.Position{At("t", 0, 0)}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second waits for the first, which goes on
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		began := time.Now()
		err := m.Commit(ctx, []kafkaclient.Position{At("t", 0, 1)})
		cancel()
		if !kafkaclient.IsRetriable(err) {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took > suiteWait/2 {
			t.Errorf("it took %v", took)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := m.Committed(ctx, []TP{{Topic: "t"}}); !kafkaclient.IsRetriable(err) {
		t.Errorf("Committed: %v", err)
	}
	if _, err := m.ListOffsets(ctx, []TP{{Topic: "t"}}, kafkaclient.Place{}); !kafkaclient.IsRetriable(err) {
		t.Errorf("ListOffsets: %v", err)
	}
}

func testListOffsets(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 3)
	w := h.writer(t, c, ProducerOptions{})
	at := time.UnixMilli(1_727_260_800_000)
	for i := range 10 {
		w.produce(t, kafkaclient.Record{Topic: "t", Partition: 2, Value: []byte("v"), Timestamp: at.Add(time.Duration(i) * time.Second)}, i)
		w.wait(t, i+1) // a batch of its own
	}
	m := h.member(t, c, ConsumerOptions{})
	ctx := suiteContext(t)
	of := []TP{{Topic: "t", Partition: 2}, {Topic: "t", Partition: 0}}
	for name, c := range map[string]struct {
		place kafkaclient.Place
		want  []int64
	}{
		"beginning":       {kafkaclient.Place{}, []int64{0, 0}},
		"end":             {kafkaclient.Place{End: true}, []int64{10, 0}},
		"a time":          {kafkaclient.Place{Time: at.Add(4 * time.Second)}, []int64{4, 0}},
		"between records": {kafkaclient.Place{Time: at.Add(4*time.Second + time.Millisecond)}, []int64{5, 0}},
		"before all":      {kafkaclient.Place{Time: at.Add(-time.Hour)}, []int64{0, 0}},
		"before 1970":     {kafkaclient.Place{Time: time.UnixMilli(-2)}, []int64{0, 0}},
		"after all":       {kafkaclient.Place{Time: at.Add(time.Hour)}, []int64{10, 0}},
	} {
		got, err := m.ListOffsets(ctx, of, c.place)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i := range of {
			if got[i].TopicPartition != of[i] || got[i].Offset != c.want[i] {
				t.Errorf("%s: %v, want %d of %v", name, got[i], c.want[i], of[i])
			}
		}
	}
	_, err := m.ListOffsets(ctx, []TP{{Topic: "no-such-topic"}}, kafkaclient.Place{End: true})
	wantKind(t, "an unknown topic", err, kafkaclient.UnknownTopic)
	if got, err := m.ListOffsets(ctx, nil, kafkaclient.Place{}); len(got) != 0 || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}

func testAssign(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 3)
	for p := range int32(3) {
		h.fill(t, c, "t", p, numbered(10)...)
	}
	m := h.member(t, c, ConsumerOptions{})
	if err := m.Assign([]kafkaclient.Position{At("t", 0, 6), At("t", 1, -1)}); err != nil {
		t.Fatal(err)
	}
	m.until("both", func() bool { return len(m.ends) == 2 })
	if got := len(m.records); got != 4+10 {
		t.Errorf("%d records, want 4 behind the offset and 10 from the beginning", got)
	}
	if len(m.calls) > 0 {
		t.Errorf("callbacks: %v", m.calls)
	}
	ctx := suiteContext(t)
	if err := m.Commit(ctx, []kafkaclient.Position{At("t", 1, 8)}); err != nil {
		t.Fatal(err)
	}
	if err := m.Leave(time.Second); err != nil {
		t.Error(err)
	}
	m.records, m.ends = nil, make(map[TP]int64)
	m.poll(50 * time.Millisecond)
	if len(m.records) > 0 {
		t.Errorf("%d records after Leave", len(m.records))
	}
	if err := m.Assign([]kafkaclient.Position{At("t", 1, -1), At("t", 2, -1)}); err != nil {
		t.Fatal(err)
	}
	m.until("both", func() bool { return len(m.ends) == 2 })
	if got := len(m.records); got != 2+10 {
		t.Errorf("%d records, want 2 behind the committed offset and 10 of the other partition", got)
	}
	if _, isMember, err := m.GroupMetadata(); isMember || err != nil {
		t.Errorf("member %v, %v", isMember, err)
	}
	latest := h.member(t, c, ConsumerOptions{Group: "latest", Reset: "latest"})
	if err := latest.Assign([]kafkaclient.Position{At("t", 0, -1)}); err != nil {
		t.Fatal(err)
	}
	latest.until("the end", func() bool { return len(latest.ends) == 1 })
	if len(latest.records) > 0 {
		t.Errorf("%d records from before", len(latest.records))
	}
}

func testNoReset(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	h.fill(t, c, "t", 0, "a")
	m := h.member(t, c, ConsumerOptions{Reset: "error"})
	m.subscribe("t")
	m.until("an error", func() bool { return len(m.errors) > 0 })
	wantKind(t, "Poll", m.errors[0].Err, kafkaclient.NoOffset)
	if len(m.records) > 0 {
		t.Errorf("%d records", len(m.records))
	}
	manual := h.member(t, c, ConsumerOptions{Group: "manual", Reset: "error"})
	if err := manual.Assign([]kafkaclient.Position{At("t", 0, -1)}); err != nil {
		wantKind(t, "Assign", err, kafkaclient.NoOffset)
		return
	}
	manual.until("an error", func() bool { return len(manual.errors) > 0 })
	wantKind(t, "Poll of the assignment", manual.errors[0].Err, kafkaclient.NoOffset)
}
