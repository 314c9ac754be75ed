package consume_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/internal/transact"
)

// modelNode is a member of the group that runs again and again until it is closed.
type modelNode struct {
	m               *model
	client          *clienttest.FakeConsumer
	engine          *consume.Engine
	sender          *produce.Sender
	transactor      *transact.Transactor
	transactionalID string
	closed          chan struct{}
	done            chan struct{}

	mu     sync.Mutex
	cancel context.CancelFunc
	lost   map[clienttest.TP]time.Time // partitions that are not assigned, and since when
}

func (m *model) start() {
	m.members++
	n := &modelNode{m: m, closed: make(chan struct{}), done: make(chan struct{}), lost: map[clienttest.TP]time.Time{}, cancel: func() {}}
	log := slog.New(slog.DiscardHandler)
	if m.verbose {
		log = slog.New(slog.NewTextHandler(m.t.Output(), nil)).With("node", m.members)
	}
	sizes := m.sizes(uint64(m.members))
	n.client = m.f.Consumer(clienttest.ConsumerConfig{
		Group: modelGroup, Cooperative: m.protocol == 1, Protocol848: m.protocol == 2, ReadCommitted: true, Sizes: sizes,
		LatePause: m.members%2 == 0, RecordsFirst: m.members%3 == 0, MaxPoll: 10 * time.Second,
	})
	pc := clienttest.ProducerConfig{Latency: 3 * time.Millisecond, Timeout: 20 * time.Second}
	if m.transact {
		n.transactionalID = fmt.Sprint("tx-", m.members)
		pc.TransactionalID = n.transactionalID
	}
	var err error
	n.sender, err = produce.New(func(r kafkaclient.Reporter) (kafkaclient.Producer, error) { return m.f.Producer(pc, r), nil }, produce.Config{})
	if err != nil {
		m.t.Fatal(err)
	}
	if m.transact {
		n.transactor = transact.New(n.sender, 30*time.Millisecond, log)
	}
	n.engine = consume.New(n.client, n.config(log))
	m.nodes = append(m.nodes, n)
	go n.loop()
}

// sizes are the sizes of batches; the fake calls it with its lock held.
func (m *model) sizes(salt uint64) func() int {
	state := m.seed*31 + salt
	return func() int {
		state = state*6364136223846793005 + 1442695040888963407
		return 1 + int(state>>33)%m.batchMax
	}
}

func (n *modelNode) config(log *slog.Logger) consume.Config {
	m := n.m
	cfg := consume.Config{
		Log: log, Group: modelGroup, CommitInterval: 50 * time.Millisecond, Drain: modelDrain,
		Order: m.order, Workers: 3, Limits: inflight.Limits{Records: m.limit, Bytes: 1 << 20},
		Policy: n.policy, Backoff: backoff.Policy{Base: 20 * time.Millisecond, Max: 100 * time.Millisecond}, Recover: true,
		Intercept: n.intercept,
		Observer: consume.Observer{
			Assigned: func(tps []clienttest.TP) {
				n.mu.Lock()
				defer n.mu.Unlock()
				for _, tp := range tps {
					delete(n.lost, tp)
				}
			},
			Revoked: n.gone, Lost: n.gone,
		},
		DeadLetters: &handle.DeadLetters{Topic: func(string) string { return "dead" }, Profile: reroute.Kafka, Sink: modelSink{n}},
	}
	if m.retries {
		cfg.Retries = &handle.Retries{Topics: modelRetries, Sink: modelSink{n}}
	}
	return cfg
}

func (n *modelNode) gone(tps []clienttest.TP) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, tp := range tps {
		n.lost[tp] = time.Now()
	}
}

// loop runs until the node is closed; a run that fails is followed by another one.
func (n *modelNode) loop() {
	defer close(n.done)
	for {
		select {
		case <-n.closed:
			return
		default:
		}
		ctx, cancel := context.WithCancel(context.Background())
		n.mu.Lock()
		n.cancel = cancel
		n.mu.Unlock()
		err := n.run(ctx)
		cancel()
		if n.m.verbose {
			n.m.t.Logf("%v: a run has ended: %v", time.Now().Format("05.000"), err)
		}
		if errors.Is(err, consume.ErrClosed) && !errors.Is(err, produce.ErrClosed) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (n *modelNode) run(ctx context.Context) error {
	newWork := func() handle.Work { return &modelWork{n: n} }
	if n.transactor == nil {
		return n.engine.Run(ctx, []string{"t"}, newWork, consume.Mode{})
	}
	end, err := n.transactor.Begin(ctx, n.closed)
	if err != nil {
		return err
	}
	defer end()
	return n.engine.Run(ctx, []string{"t"}, newWork, consume.Mode{Committer: n.transactor.Committer, Sink: modelTxSink{n, n.transactor.Sink()}})
}

func (n *modelNode) stopRun() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cancel()
}

// close closes a node in the background: a handler that is stuck takes its time.
func (m *model) close(n *modelNode) {
	for i := range m.nodes {
		if m.nodes[i] == n {
			m.nodes = append(m.nodes[:i], m.nodes[i+1:]...)
			break
		}
	}
	m.closing.Go(func() {
		close(n.closed)
		began := time.Now()
		if err := n.engine.Close(context.Background()); err != nil {
			m.fatalf("Close of an engine: %v", err)
		}
		if d := time.Since(began); d > modelDrain+45*time.Second {
			m.fatalf("Close took %v", d)
		}
		<-n.done
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := n.sender.Close(ctx); err != nil {
			m.note("Close of a sender: %v", err)
		}
		if m.transact { // as the coordinator does after transaction.timeout.ms
			m.f.ExpireTransaction(n.transactionalID)
		}
	})
}

func (m *model) seek(n *modelNode) {
	tp := clienttest.TP{Topic: "t", Partition: int32(m.rng.IntN(m.partitions))}
	to := int64(m.rng.IntN(int(m.end_(tp)) + 1))
	m.jump(tp, to)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	m.closing.Go(func() {
		defer cancel()
		_ = n.engine.Seek(ctx, consume.Starts{Offsets: map[clienttest.TP]int64{tp: to}}) // it may not be assigned
	})
}

// failed is the error of a handler.
type failed struct{ kind string }

func (f failed) Error() string { return "failed: " + f.kind }

func (n *modelNode) policy(f *handle.Failure) handle.Action {
	key := recordKey{clienttest.TP{Topic: f.Topic, Partition: f.Partition}, f.Offset}
	kind := ""
	if e, ok := errors.AsType[failed](f.Err); ok {
		kind = e.kind
	}
	if _, ok := errors.AsType[*handle.PanicError](f.Err); ok {
		kind = "panic"
	}
	if f.Stage == handle.Sending {
		n.m.terminal(key, "skipped")
		return handle.SkipRecord
	}
	switch kind {
	case "fail":
		return handle.RetryRecord
	case "outage":
		return handle.AwaitRecovery
	case "skip":
		n.m.terminal(key, "skipped")
		return handle.SkipRecord
	case "dead", "huge", "hopeless", "panic":
		return handle.ToDeadLetters
	case "later":
		return handle.ToRetryTopic
	}
	return handle.StopRun // the context has ended
}

func (n *modelNode) intercept(ctx context.Context, r *kafkaclient.Record, next func(context.Context) error) error {
	n.m.enter()
	defer n.m.leave()
	return next(ctx)
}

// modelWork is the handler.
type modelWork struct {
	n       *modelNode
	in      handle.Input
	tries   int
	last    recordKey
	outputs []*produce.Output
}

func (w *modelWork) Decode(_ context.Context, in *handle.Input) *handle.Failure {
	w.in = *in
	key := keyOf(in.Record)
	if key != w.last {
		w.tries, w.last = 0, key
	}
	return nil
}

func (w *modelWork) Outputs() []*produce.Output {
	o := w.outputs
	w.outputs = nil
	return o
}

func (w *modelWork) Handle(ctx context.Context) error {
	n, r := w.n, w.in.Record
	defer n.m.begin(n, r)()
	n.mu.Lock()
	if since, lost := n.lost[r.TopicPartition()]; lost && time.Now().After(since) {
		n.m.fatalf("%s[%d]@%d begins to be handled %v after its partition was given up", r.Topic, r.Partition, r.Offset, time.Since(since))
	}
	n.mu.Unlock()
	w.tries++
	kind := string(r.Value)
	if n.transactor != nil {
		w.outputs = append(w.outputs, n.output(r))
	}
	switch kind {
	case "slow":
		select {
		case <-time.After(40 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	case "stuck":
		time.Sleep(modelDrain + 3*time.Second)
	case "fail", "outage":
		if w.tries < 3 {
			return failed{kind}
		}
	case "later":
		if !strings.HasSuffix(r.Topic, ".later") {
			return failed{kind}
		}
	case "panic":
		panic("a handler's")
	case "dead", "huge", "hopeless", "skip":
		return failed{kind}
	}
	n.m.terminal(keyOf(r), "handled")
	return nil
}

// output is a message about a record, for a transaction.
func (n *modelNode) output(r *kafkaclient.Record) *produce.Output {
	n.m.made()
	o := produce.NewOutput(n.sender, produce.CallbackFunc(func(_ produce.Delivery, err error) { n.m.finished(err) }))
	o.Record().Topic, o.Record().Value = "out", []byte(keyOf(r).String())
	return o
}

// modelSink writes dead letters and delayed records.
type modelSink struct{ n *modelNode }

func (s modelSink) Partitions(ctx context.Context, topic string) (int32, error) {
	return s.n.sender.Partitions(ctx, topic)
}

func (s modelSink) Put(ctx context.Context, r *kafkaclient.Record, done func(error)) (*produce.Output, error) {
	message, err := s.n.sender.NewMessage(r.Topic)
	if err != nil {
		return nil, err
	}
	message.Record = *r
	key := originOf(r)
	topic := r.Topic
	return nil, s.n.sender.ProduceAsync(ctx, message, produce.CallbackFunc(func(d produce.Delivery, err error) {
		if err == nil {
			if topic == "t.later" {
				s.n.m.appended(clienttest.TP{Topic: topic, Partition: d.Partition}, d.Offset, "late")
			}
			s.n.m.terminal(key, "in "+topic)
		}
		done(err)
	}))
}

// modelTxSink notes what goes elsewhere within transactions.
type modelTxSink struct {
	n *modelNode
	handle.Sink
}

func (s modelTxSink) Put(ctx context.Context, r *kafkaclient.Record, done func(error)) (*produce.Output, error) {
	key := originOf(r)
	s.n.m.terminal(key, "rerouted")
	return s.Sink.Put(ctx, r, done)
}

// refuseHuge refuses dead letters: "huge" ones unless they are reduced, "hopeless" ones always.
func (m *model) refuseHuge(r *kafkaclient.Record) *kafkaclient.Error {
	if r.Topic != "dead" {
		return nil
	}
	if m.kind(originOf(r)) == "hopeless" || bytes.Equal(r.Value, []byte("huge")) {
		return clienttest.NewError(kafkaclient.MessageRefused)
	}
	return nil
}
