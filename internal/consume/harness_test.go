package consume_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/produce"
)

type tp = clienttest.TP

var t0, t1 = tp{Topic: "t", Partition: 0}, tp{Topic: "t", Partition: 1}

const drain = 30 * time.Second

// world is a cluster in a bubble, and what runs on it.
type world struct {
	t      *testing.T
	f      *clienttest.Fake
	nodes  []*node
	sender *produce.Sender
}

// bubble runs a test under a fake clock, with a topic "t" of two partitions and a topic "dead".
func bubble(t *testing.T, run func(w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, f: clienttest.NewFake()}
		w.f.FailOn(t)
		w.f.CreateTopic("t", 2)
		w.f.CreateTopic("dead", 2)
		run(w)
		for _, n := range w.nodes {
			n.close()
		}
		if w.sender != nil {
			w.f.Outage(false)
			w.f.TopicOutage("dead", false)
			_ = w.sender.Close(t.Context())
		}
	})
}

// write appends records to partition 0 of "t"; a value "k=v" has a key.
func (w *world) write(values ...string) { w.writeTo(t0, values...) }

func (w *world) writeTo(to tp, values ...string) {
	for _, v := range values {
		r := kafkaclient.Record{Value: []byte(v)}
		if key, value, ok := strings.Cut(v, "="); ok {
			r.Key, r.Value = []byte(key), []byte(value)
		}
		w.f.Append(to.Topic, to.Partition, r)
	}
}

// deadLetters makes the configuration of dead letters in "dead".
func (w *world) deadLetters() *handle.DeadLetters {
	return &handle.DeadLetters{Topic: func(string) string { return "dead" }, Sink: w.sink(10 * time.Millisecond)}
}

func (w *world) sink(latency time.Duration) handle.Sink {
	if w.sender == nil {
		open := func(r kafkaclient.Reporter) (kafkaclient.Producer, error) {
			return w.f.Producer(clienttest.ProducerConfig{Latency: latency}, r), nil
		}
		w.sender, _ = produce.New(open, produce.Config{})
	}
	return senderSink{w.sender}
}

type senderSink struct{ s *produce.Sender }

func (k senderSink) Partitions(ctx context.Context, topic string) (int32, error) {
	return k.s.Partitions(ctx, topic)
}

func (k senderSink) Put(ctx context.Context, r *kafkaclient.Record, done func(error)) (*produce.Output, error) {
	m, err := k.s.NewMessage(r.Topic)
	if err != nil {
		return nil, err
	}
	m.Record = *r
	return nil, k.s.ProduceAsync(ctx, m, produce.CallbackFunc(func(_ produce.Delivery, err error) { done(err) }))
}

// values are the values in a partition, as one text.
func (w *world) values(in tp) string {
	var all []string
	for _, r := range w.f.Records(in.Topic, in.Partition) {
		all = append(all, string(r.Value))
	}
	return strings.Join(all, " ")
}

func (w *world) committed(of tp) int64 {
	at, ok := w.f.Committed("g", of)
	if !ok {
		return -1
	}
	return at
}

func (w *world) wantCommitted(of tp, want int64) {
	w.t.Helper()
	if got := w.committed(of); got != want {
		w.t.Errorf("%v is committed to %d, want %d", of, got, want)
	}
}

// handler handles a record's value.
type handler func(ctx context.Context, value string) error

// node is an engine with a run.
type node struct {
	w      *world
	client *clienttest.FakeConsumer
	engine *consume.Engine
	handle handler
	inputs func(handle.Input)
	mode   consume.Mode

	cancel context.CancelFunc
	done   chan error
	closed bool

	mu  sync.Mutex
	got []string
	log bytes.Buffer
}

// node makes an engine; change may be nil. A handler that is nil only takes notes.
func (w *world) node(change func(*consume.Config), client clienttest.ConsumerConfig, h handler) *node {
	n := &node{w: w, handle: h}
	if client.Group == "" {
		client.Group = "g"
	}
	cfg := consume.Config{
		Group: "g", CommitInterval: 5 * time.Second, Drain: drain, Workers: 4,
		Limits:  inflight.Limits{Records: 1000, Bytes: 1 << 20},
		Policy:  func(*handle.Failure) handle.Action { return handle.StopRun },
		Backoff: backoff.Policy{Base: 100 * time.Millisecond, Max: 10 * time.Second},
		Log:     slog.New(slog.NewTextHandler(lockedWriter{n}, nil)),
		Static:  client.InstanceID != "",
	}
	if change != nil {
		change(&cfg)
	}
	n.client = w.f.Consumer(client)
	n.engine = consume.New(n.client, cfg)
	w.nodes = append(w.nodes, n)
	return n
}

type lockedWriter struct{ n *node }

func (l lockedWriter) Write(b []byte) (int, error) {
	l.n.mu.Lock()
	defer l.n.mu.Unlock()
	return l.n.log.Write(b)
}

// run begins a run.
func (n *node) run(topics ...string) *node {
	if len(topics) == 0 {
		topics = []string{"t"}
	}
	ctx, cancel := context.WithCancel(n.w.t.Context())
	n.cancel, n.done = cancel, make(chan error, 1)
	done := n.done
	go func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			done <- err
		}()
		err = n.engine.Run(ctx, topics, func() handle.Work { return &textWork{n: n} }, n.mode)
	}()
	return n
}

// wait waits for the end of the run.
func (n *node) wait() error {
	err := <-n.done
	n.done <- err
	n.cancel()
	return err
}

// stop ends the run by its context.
func (n *node) stop() error {
	n.cancel()
	return n.wait()
}

func (n *node) close() {
	if n.closed {
		return
	}
	n.closed = true
	if err := n.engine.Close(context.Background()); err != nil {
		n.w.t.Errorf("Close: %v", err)
	}
	if n.done != nil {
		n.cancel()
		<-n.done
	}
}

func (n *node) handled() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.got, " ")
}

func (n *node) wantHandled(want string) {
	n.w.t.Helper()
	if got := n.handled(); got != want {
		n.w.t.Errorf("handled [%s], want [%s]", got, want)
	}
}

func (n *node) logged() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.log.String()
}

// textWork is a handler of texts.
type textWork struct {
	n  *node
	in handle.Input
}

var errUnreadable = errors.New("unreadable")

func (w *textWork) Decode(_ context.Context, in *handle.Input) *handle.Failure {
	w.in = *in
	if string(in.Record.Value) == "unreadable" {
		return &handle.Failure{Stage: handle.ReadingValue, Err: errUnreadable}
	}
	return nil
}

func (w *textWork) Handle(ctx context.Context) error {
	w.n.mu.Lock()
	w.n.got = append(w.n.got, string(w.in.Record.Value))
	w.n.mu.Unlock()
	if w.n.inputs != nil {
		w.n.inputs(w.in)
	}
	if w.n.handle == nil {
		return nil
	}
	return w.n.handle(ctx, string(w.in.Record.Value))
}

func (w *textWork) Outputs() []*produce.Output { return nil }

var errBad = errors.New("bad")

// failing fails on values that begin with "bad".
func failing(_ context.Context, value string) error {
	if strings.HasPrefix(value, "bad") {
		return errBad
	}
	return nil
}

func always(a handle.Action) func(*consume.Config) {
	return func(c *consume.Config) { c.Policy = func(*handle.Failure) handle.Action { return a } }
}

// after lets time pass, until everything waits.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// gate stops handlers of a value until it is opened.
type gate struct {
	value   string
	at      chan struct{} // closed when the handler is there
	open    chan struct{}
	onlyCtx bool // it opens with the handler's context
	once    sync.Once
}

func newGate(value string) *gate {
	return &gate{value: value, at: make(chan struct{}), open: make(chan struct{})}
}

func (g *gate) handle(ctx context.Context, value string) error {
	if value != g.value {
		return nil
	}
	first := false
	g.once.Do(func() { first = true; close(g.at) })
	if !first {
		return nil
	}
	if g.onlyCtx {
		<-ctx.Done()
		return ctx.Err()
	}
	<-g.open
	return nil
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
}

func sortedText(s string) string {
	f := strings.Fields(s)
	slices.Sort(f)
	return strings.Join(f, " ")
}
