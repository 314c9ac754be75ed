package clienttest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

type tp = kafkaclient.TopicPartition

// bubble runs a test in a synctest bubble, and fails it if the fake sees a breach of the contract.
func bubble(t *testing.T, run func(t *testing.T, f *clienttest.Fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := clienttest.NewFake()
		f.FailOn(t)
		run(t, f)
	})
}

// node is a consumer with a rebalancer that takes notes.
type node struct {
	*clienttest.FakeConsumer
	fetch  kafkaclient.Fetch
	notes  []string
	start  []kafkaclient.Position // what Assigned returns
	during func(what string)      // called in callbacks

	callbacks int
	records   []kafkaclient.Record
}

func subscribe(t *testing.T, f *clienttest.Fake, cfg clienttest.ConsumerConfig, topics ...string) *node {
	t.Helper()
	n := &node{FakeConsumer: f.Consumer(cfg)}
	must(t, n.Subscribe(topics, n))
	return n
}

func (n *node) note(what string, tps []tp) {
	n.callbacks++
	names := make([]string, 0, len(tps))
	for _, p := range tps {
		names = append(names, fmt.Sprintf("%s%d", p.Topic, p.Partition))
	}
	n.notes = append(n.notes, what+"["+strings.Join(names, " ")+"]")
	if n.during != nil {
		n.during(what)
	}
}

func (n *node) Assigned(tps []tp) []kafkaclient.Position {
	n.note("assigned", tps)
	return n.start
}
func (n *node) Revoked(tps []tp) { n.note("revoked", tps) }
func (n *node) Lost(tps []tp)    { n.note("lost", tps) }

// poll polls once, and returns what came as text.
func (n *node) poll(wait time.Duration) string {
	n.fetch.Reset()
	before := n.callbacks
	n.Poll(wait, &n.fetch)
	if n.callbacks > before && n.fetch.Empty() { // records come with the Poll after that
		n.Poll(0, &n.fetch)
	}
	var out []string
	for _, b := range n.fetch.Batches {
		text := fmt.Sprintf("%s%d:", b.Topic, b.Partition)
		for _, r := range b.Records {
			text += fmt.Sprintf(" %d", r.Offset)
			n.records = append(n.records, r)
		}
		out = append(out, text)
	}
	for _, e := range n.fetch.Ends {
		out = append(out, fmt.Sprintf("end %s%d@%d", e.Topic, e.Partition, e.Offset))
	}
	for _, e := range n.fetch.Errors {
		out = append(out, fmt.Sprintf("error %s%d: %s", e.Topic, e.Partition, e.Err.Kind))
	}
	return strings.Join(out, ", ")
}

func (n *node) take() string {
	s := strings.Join(n.notes, " ")
	n.notes = nil
	return s
}

// reporter notes the results of messages.
type reporter struct {
	mu    sync.Mutex
	notes []string
	acks  int
}

func (r *reporter) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

func (r *reporter) Delivered(token any, p kafkaclient.Report) {
	if p.Err != nil && p.Err.MaybeWritten && p.Err.Kind != kafkaclient.Purged {
		r.add("%v %s, maybe written", token, p.Err.Kind)
		return
	}
	if p.Err != nil {
		r.add("%v %s", token, p.Err.Kind)
		return
	}
	r.add("%v %d@%d", token, p.Partition, p.Offset)
}

func (r *reporter) Acknowledged(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acks += n
}
func (r *reporter) Failed(p kafkaclient.Report) { r.add("failed %s", p.Err.Kind) }

func (r *reporter) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := strings.Join(r.notes, ", ")
	r.notes = nil
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func wantKind(t *testing.T, err error, kind kafkaclient.Kind) {
	t.Helper()
	if err == nil || kafkaclient.KindOf(err) != kind {
		t.Errorf("got error %v, want one of kind %q", err, kind)
	}
}

func value(s string) kafkaclient.Record { return kafkaclient.Record{Value: []byte(s)} }

func values(records []kafkaclient.Record) string {
	out := make([]string, 0, len(records))
	for _, r := range records {
		out = append(out, string(r.Value))
	}
	return strings.Join(out, " ")
}

func contains(list []string, part string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, part) })
}
