package clienttest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// suiteWait bounds what a test waits for.
const suiteWait = 30 * time.Second

func suiteContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), suiteWait)
	t.Cleanup(cancel)
	return ctx
}

func (h Harness) cluster(t testing.TB, topic string, partitions int32) *Cluster {
	t.Helper()
	c := h.Cluster(t)
	if err := c.CreateTopic(topic, partitions); err != nil {
		t.Fatal(err)
	}
	return c
}

// suiteMember is a consumer and what it brought.
type suiteMember struct {
	kafkaclient.Consumer
	t     testing.TB
	fetch kafkaclient.Fetch

	records  []kafkaclient.Record
	ends     map[TP]int64
	errors   []kafkaclient.FetchError
	assigned []TP // at the moment
	calls    []string
	start    func(TP) (int64, bool) // where to begin; may be nil
	onRevoke func([]TP)             // may be nil
	closed   bool
}

func (h Harness) member(t testing.TB, c *Cluster, o ConsumerOptions) *suiteMember {
	t.Helper()
	if o.Group == "" {
		o.Group = "g"
	}
	if o.Reset == "" {
		o.Reset = "earliest"
	}
	k, err := h.Consumer(t, c, o)
	if err != nil {
		t.Fatal(err)
	}
	m := &suiteMember{Consumer: k, t: t, ends: make(map[TP]int64)}
	t.Cleanup(func() {
		if !m.closed {
			m.close()
		}
	})
	return m
}

func (m *suiteMember) close() {
	m.t.Helper()
	m.closed = true
	if err := m.Close(); err != nil {
		m.t.Errorf("Close: %v", err)
	}
}

func (m *suiteMember) subscribe(topics ...string) {
	m.t.Helper()
	if err := m.Subscribe(topics, m); err != nil {
		m.t.Fatal(err)
	}
}

// Assigned implements [kafkaclient.Rebalancer].
func (m *suiteMember) Assigned(tps []TP) (at []kafkaclient.Position) {
	m.calls = append(m.calls, fmt.Sprint("assigned ", len(tps)))
	m.assigned = append(m.assigned, tps...)
	for _, tp := range tps {
		if m.start == nil {
			break
		}
		if offset, ok := m.start(tp); ok {
			at = append(at, kafkaclient.Position{TopicPartition: tp, Offset: offset, LeaderEpoch: -1})
		}
	}
	return at
}

// Revoked implements [kafkaclient.Rebalancer].
func (m *suiteMember) Revoked(tps []TP) {
	m.calls = append(m.calls, fmt.Sprint("revoked ", len(tps)))
	if m.onRevoke != nil {
		m.onRevoke(tps)
	}
	m.remove(tps)
}

// Lost implements [kafkaclient.Rebalancer].
func (m *suiteMember) Lost(tps []TP) {
	m.calls = append(m.calls, fmt.Sprint("lost ", len(tps)))
	m.remove(tps)
}

func (m *suiteMember) remove(tps []TP) {
	m.assigned = slices.DeleteFunc(m.assigned, func(tp TP) bool { return slices.Contains(tps, tp) })
}

// poll takes what one Poll brings, and checks its form.
func (m *suiteMember) poll(wait time.Duration) {
	m.t.Helper()
	m.fetch.Reset()
	m.Poll(wait, &m.fetch)
	for _, b := range m.fetch.Batches {
		if len(b.Records) > 256 {
			m.t.Errorf("a batch of %d records", len(b.Records))
		}
		for i := range b.Records {
			if r := &b.Records[i]; r.TopicPartition() != b.TopicPartition {
				m.t.Errorf("a record of %v in a batch of %v", r.TopicPartition(), b.TopicPartition)
			}
		}
		m.records = append(m.records, b.Records...)
	}
	for _, e := range m.fetch.Ends {
		m.ends[e.TopicPartition] = e.Offset
	}
	m.errors = append(m.errors, m.fetch.Errors...)
}

// until polls until done, and fails after a while.
func (m *suiteMember) until(what string, done func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(suiteWait); !done(); {
		if time.Now().After(deadline) {
			m.t.Fatalf("%s: not within %v; %d records, ends %v, errors %v, calls %v", what, suiteWait, len(m.records), m.ends, m.errors, m.calls)
		}
		m.poll(100 * time.Millisecond)
	}
}

// values are those of the records, in the order in which they came.
func (m *suiteMember) values() []string {
	values := make([]string, len(m.records))
	for i := range m.records {
		values[i] = string(m.records[i].Value)
	}
	return values
}

// suiteReports is a [kafkaclient.Reporter] that keeps the results.
type suiteReports struct {
	mu           sync.Mutex
	changed      chan struct{} // one token
	delivered    map[any]kafkaclient.Report
	twice        []any
	acknowledged int
	failed       []kafkaclient.Report
}

func newReports() *suiteReports {
	return &suiteReports{delivered: make(map[any]kafkaclient.Report), changed: make(chan struct{}, 1)}
}

func (r *suiteReports) Delivered(token any, report kafkaclient.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.delivered[token]; ok {
		r.twice = append(r.twice, token)
	}
	r.delivered[token] = report
	r.change()
}

func (r *suiteReports) Acknowledged(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acknowledged += n
	r.change()
}

func (r *suiteReports) Failed(report kafkaclient.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, report)
	r.change()
}

func (r *suiteReports) change() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// wait waits for so many results in all.
func (r *suiteReports) wait(t testing.TB, results int) {
	t.Helper()
	timeout := time.After(suiteWait)
	for {
		r.mu.Lock()
		n := len(r.delivered) + r.acknowledged + len(r.failed)
		r.mu.Unlock()
		if n >= results {
			return
		}
		select {
		case <-r.changed:
		case <-timeout:
			t.Fatalf("%d of %d results", n, results)
		}
	}
}

// suiteWriter is a producer with its reports.
type suiteWriter struct {
	kafkaclient.Producer
	*suiteReports
	closed bool
}

func (h Harness) writer(t testing.TB, c *Cluster, o ProducerOptions) *suiteWriter {
	t.Helper()
	r := newReports()
	p, err := h.Producer(t, c, o, r)
	if err != nil {
		t.Fatal(err)
	}
	w := &suiteWriter{Producer: p, suiteReports: r}
	t.Cleanup(func() {
		if !w.closed {
			w.Close()
		}
	})
	return w
}

// produce queues a record, waiting for room.
func (w *suiteWriter) produce(t testing.TB, r kafkaclient.Record, token any) {
	t.Helper()
	for deadline := time.Now().Add(suiteWait); ; time.Sleep(time.Millisecond) {
		err := w.Produce(&r, token)
		switch {
		case err == nil:
			return
		case kafkaclient.KindOf(err) != kafkaclient.QueueFull || time.Now().After(deadline):
			t.Fatal(err)
		}
	}
}

// fill writes values to a partition and waits for the results.
func (h Harness) fill(t testing.TB, c *Cluster, topic string, partition int32, values ...string) {
	t.Helper()
	w := h.writer(t, c, ProducerOptions{})
	for _, v := range values {
		w.produce(t, kafkaclient.Record{Topic: topic, Partition: partition, Value: []byte(v)}, nil)
	}
	w.wait(t, len(values))
	if len(w.failed) > 0 {
		t.Fatal(w.failed[0].Err)
	}
	w.Close()
	w.closed = true
}

// numbered are n values.
func numbered(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint(i)
	}
	return values
}

func wantKind(t testing.TB, what string, err error, want kafkaclient.Kind) {
	t.Helper()
	if err == nil || kafkaclient.KindOf(err) != want {
		t.Errorf("%s: %v (kind %v), want the kind %v", what, err, kafkaclient.KindOf(err), want)
	}
}
