package clienttest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func testRoundTrip(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	w := h.writer(t, c, ProducerOptions{})
	at := time.UnixMilli(1_727_260_800_123)
	sent := []kafkaclient.Record{
		{Key: []byte("k"), Value: []byte("v"), Timestamp: at},
		{Key: nil, Value: []byte("null key"), Timestamp: at},
		{Key: []byte("tombstone"), Value: nil, Timestamp: at},
		{Key: []byte{}, Value: []byte{}, Timestamp: at},
		{Value: []byte("headers"), Timestamp: at, Headers: []kafkaclient.Header{
			{Key: "a", Value: []byte("1")}, {Key: "b", Value: nil}, {Key: "a", Value: []byte("\x00\xff")}, {Key: "", Value: []byte("x")},
		}},
		{Value: []byte("now")},
	}
	began := time.Now()
	for i, r := range sent {
		r.Topic = "t"
		w.produce(t, r, i)
	}
	w.wait(t, len(sent))
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("all", func() bool { return len(m.records) == len(sent) })
	for i, want := range sent {
		got := m.records[i]
		if got.Topic != "t" || got.Partition != 0 || got.Offset != int64(i) || got.TimestampType != kafkaclient.CreateTime {
			t.Errorf("%d: %s[%d]@%d %v", i, got.Topic, got.Partition, got.Offset, got.TimestampType)
		}
		if !bytes.Equal(got.Key, want.Key) || (got.Key == nil) != (want.Key == nil) {
			t.Errorf("%d: key %#v, want %#v", i, got.Key, want.Key)
		}
		if !bytes.Equal(got.Value, want.Value) || (got.Value == nil) != (want.Value == nil) {
			t.Errorf("%d: value %#v, want %#v", i, got.Value, want.Value)
		}
		if !slices.EqualFunc(got.Headers, want.Headers, func(a, b kafkaclient.Header) bool {
			return a.Key == b.Key && bytes.Equal(a.Value, b.Value) && (a.Value == nil) == (b.Value == nil)
		}) || (got.Headers == nil) != (want.Headers == nil) {
			t.Errorf("%d: headers %#v, want %#v", i, got.Headers, want.Headers)
		}
		switch {
		case want.Timestamp.IsZero():
			if d := got.Timestamp.Sub(began); d < -time.Second || d > suiteWait {
				t.Errorf("%d: timestamp %v, want now", i, got.Timestamp)
			}
		case !got.Timestamp.Equal(want.Timestamp):
			t.Errorf("%d: timestamp %v, want %v", i, got.Timestamp, want.Timestamp)
		}
	}
}

func testOrder(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 3)
	const n = 1000
	for p := range int32(3) {
		h.fill(t, c, "t", p, numbered(n)...)
	}
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("all, and their ends", func() bool { return len(m.records) >= 3*n && len(m.ends) == 3 })
	if len(m.records) != 3*n {
		t.Errorf("%d records", len(m.records))
	}
	next := make(map[int32]int64)
	for i := range m.records {
		r := &m.records[i]
		if r.Offset != next[r.Partition] || string(r.Value) != fmt.Sprint(r.Offset) {
			t.Fatalf("partition %d: offset %d with the value %s, want %d", r.Partition, r.Offset, r.Value, next[r.Partition])
		}
		next[r.Partition]++
	}
	for tp, end := range m.ends {
		if end != n {
			t.Errorf("%v ends at %d", tp, end)
		}
		if known, ok := m.End(tp); !ok || known != n {
			t.Errorf("End of %v: %d, %v", tp, known, ok)
		}
	}
	if _, ok := m.End(TP{Topic: "t", Partition: 17}); ok {
		t.Error("a partition that does not exist has an end")
	}
	// The end is reached again.
	clear(m.ends)
	h.fill(t, c, "t", 1, "more")
	m.until("the end again", func() bool { return m.ends[TP{Topic: "t", Partition: 1}] == n+1 })
	if len(m.records) != 3*n+1 {
		t.Errorf("%d records", len(m.records))
	}
	if err := m.Connection(); err != nil {
		t.Error(err)
	}
}

func testPause(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	paused, open := TP{Topic: "t", Partition: 0}, TP{Topic: "t", Partition: 1}
	h.fill(t, c, "t", 0, "a0", "a1")
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("the first", func() bool { return len(m.records) == 2 && len(m.ends) == 2 })
	if err := m.Pause([]TP{paused}); err != nil {
		t.Fatal(err)
	}
	h.fill(t, c, "t", 0, "a2", "a3")
	h.fill(t, c, "t", 1, "b0", "b1")
	m.until("the other partition", func() bool { return m.ends[open] == 2 })
	for range 5 {
		m.poll(50 * time.Millisecond)
	}
	if got := len(m.records); got != 4 {
		t.Errorf("%d records while paused: %v", got, m.values())
	}
	if err := m.Resume([]TP{paused}); err != nil {
		t.Fatal(err)
	}
	m.until("the rest", func() bool { return m.ends[paused] == 4 })
	var got []string
	for i := range m.records {
		if m.records[i].Partition == 0 {
			got = append(got, string(m.records[i].Value))
		}
	}
	if want := []string{"a0", "a1", "a2", "a3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func testSeek(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	tp := TP{Topic: "t"}
	const n = 2000
	h.fill(t, c, "t", 0, numbered(n)...)
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("some", func() bool { return len(m.records) > 0 })
	for _, to := range []int64{1500, 3, n - 1, 0, n} { // more has been fetched ahead each time
		if err := m.Seek([]kafkaclient.Position{At("t", 0, to)}); err != nil {
			t.Fatal(err)
		}
		m.records, m.ends = nil, make(map[TP]int64)
		m.until("what is behind it", func() bool { return len(m.records) > 0 || m.ends[tp] == n })
		for i := range m.records {
			if got := m.records[i].Offset; got != to+int64(i) {
				t.Fatalf("record %d behind the seek to %d is that at %d", i, to, got)
			}
		}
		if to == n && len(m.records) > 0 {
			t.Errorf("%d records behind the end", len(m.records))
		}
	}
	// To the same place twice: what was read before comes again.
	for range 2 {
		if err := m.Seek([]kafkaclient.Position{At("t", 0, 0)}); err != nil {
			t.Fatal(err)
		}
		m.records, m.ends = nil, make(map[TP]int64)
		m.until("all again", func() bool { return m.ends[tp] == n })
		if len(m.records) != n {
			t.Errorf("%d records of %d", len(m.records), n)
		}
	}
	wantKind(t, "a negative offset", m.Seek([]kafkaclient.Position{At("t", 0, -5)}), kafkaclient.Invalid)
}

func testUnknownTopic(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("no-such-topic")
	m.until("an error", func() bool { return len(m.errors) > 0 })
	wantKind(t, "Poll", m.errors[0].Err, kafkaclient.UnknownTopic)
	if m.errors[0].Err.Fatal {
		t.Error("it is fatal")
	}
	wantKind(t, "no topic", m.Subscribe(nil, m), kafkaclient.Invalid)
}

func testConsumerWithoutBroker(t *testing.T, h Harness) {
	m := h.member(t, &Cluster{Bootstrap: "127.0.0.1:1"}, ConsumerOptions{})
	if err := m.Connection(); err != nil {
		t.Errorf("before any attempt: %v", err)
	}
	m.subscribe("t")
	m.until("Connection", func() bool { return m.Connection() != nil })
	checkUnreachable(t, m.Connection())
	for _, e := range m.errors {
		t.Errorf("connection trouble came as an error: %v", e.Err)
	}
	if m.Name() == "" {
		t.Error("no name")
	}
}
