package transact_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/transact"
)

type tp = clienttest.TP

var t0 = tp{Topic: "t"}

// world is a cluster with a member that copies "t" to "out" in transactions.
type world struct {
	t          *testing.T
	f          *clienttest.Fake
	client     *clienttest.FakeConsumer
	engine     *consume.Engine
	sender     *produce.Sender
	transactor *transact.Transactor
	closing    chan struct{}

	cancel context.CancelFunc
	done   chan error

	mu     sync.Mutex
	made   int
	ends   map[string]int // of each output
	handle func(ctx context.Context, value string) error
	log    bytes.Buffer
}

func bubble(t *testing.T, change func(*consume.Config), run func(w *world)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, f: clienttest.NewFake(), closing: make(chan struct{}), ends: map[string]int{}}
		w.f.FailOn(t)
		for _, topic := range []string{"t", "out", "dead"} {
			w.f.CreateTopic(topic, 1)
		}
		log := slog.New(slog.NewTextHandler(&w.log, nil))
		w.client = w.f.Consumer(clienttest.ConsumerConfig{Group: "g", ReadCommitted: true})
		w.sender, w.transactor = w.newTransactor("tx", log)
		cfg := consume.Config{
			Log: log, Group: "g", Drain: 30 * time.Second, Limits: inflight.Limits{Records: 1000, Bytes: 1 << 20},
			Policy: func(*handle.Failure) handle.Action { return handle.StopRun }, CommitInterval: time.Second,
			DeadLetters: &handle.DeadLetters{Topic: func(string) string { return "dead" }},
		}
		if change != nil {
			change(&cfg)
		}
		w.engine = consume.New(w.client, cfg)
		run(w)
		w.closeAll()
	})
}

func (w *world) newTransactor(id string, log *slog.Logger) (*produce.Sender, *transact.Transactor) {
	open := func(r kafkaclient.Reporter) (kafkaclient.Producer, error) {
		return w.f.Producer(clienttest.ProducerConfig{TransactionalID: id, Latency: time.Millisecond}, r), nil
	}
	s, err := produce.New(open, produce.Config{Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	return s, transact.New(s, 0, log)
}

// closeAll checks that every output has had one end.
func (w *world) closeAll() {
	w.f.Outage(false)
	if err := w.engine.Close(context.Background()); err != nil {
		w.t.Errorf("Close: %v", err)
	}
	if w.done != nil {
		w.cancel()
		<-w.done
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = w.sender.Close(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	ended := 0
	for name, n := range w.ends {
		if ended += n; n != 1 {
			w.t.Errorf("output %s has %d ends", name, n)
		}
	}
	if ended != w.made {
		w.t.Errorf("%d outputs have %d ends", w.made, ended)
	}
}

func (w *world) write(values ...string) {
	for _, v := range values {
		w.f.Append("t", 0, kafkaclient.Record{Value: []byte(v)})
	}
}

func (w *world) run() *world {
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.done = cancel, make(chan error, 1)
	done := w.done
	go func() { done <- w.transform(ctx) }()
	return w
}

func (w *world) transform(ctx context.Context) error {
	end, err := w.transactor.Begin(ctx, w.closing)
	if err != nil {
		return err
	}
	defer end()
	mode := consume.Mode{Committer: w.transactor.Committer, Sink: w.transactor.Sink()}
	return w.engine.Run(ctx, []string{"t"}, func() handle.Work { return &work{w: w} }, mode)
}

func (w *world) wait() error {
	err := <-w.done
	w.done <- err
	w.cancel()
	return err
}

func (w *world) stop() error {
	w.cancel()
	return w.wait()
}

func (w *world) out(topic string) string {
	var all []string
	for _, r := range w.f.Records(topic, 0) {
		all = append(all, string(r.Value))
	}
	return strings.Join(all, " ")
}

func (w *world) want(out string, committed int64) {
	w.t.Helper()
	if got := w.out("out"); got != out {
		w.t.Errorf("written [%s], want [%s]", got, out)
	}
	at, ok := w.f.Committed("g", t0)
	if !ok {
		at = -1
	}
	if at != committed {
		w.t.Errorf("committed to %d, want %d", at, committed)
	}
}

func (w *world) counts() consume.Snapshot { return w.engine.Snapshot() }

type work struct {
	w       *world
	value   string
	outputs []*produce.Output
}

func (k *work) Decode(_ context.Context, in *handle.Input) *handle.Failure {
	k.value = string(in.Record.Value)
	return nil
}

func (k *work) Handle(ctx context.Context) error {
	w := k.w
	w.mu.Lock()
	w.made++
	name := fmt.Sprint(k.value, "#", w.made)
	w.mu.Unlock()
	o := produce.NewOutput(w.sender, produce.CallbackFunc(func(produce.Delivery, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ends[name]++
	}))
	o.Record().Topic, o.Record().Value = "out", []byte(k.value)
	k.outputs = append(k.outputs, o)
	if w.handle != nil {
		return w.handle(ctx, k.value)
	}
	return nil
}

func (k *work) Outputs() []*produce.Output {
	o := k.outputs
	k.outputs = nil
	return o
}

func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func needsAbort(kind kafkaclient.Kind) *kafkaclient.Error {
	e := clienttest.NewError(kind)
	e.TxnAbort, e.Retriable = true, false
	return e
}

func fatal(kind kafkaclient.Kind) *kafkaclient.Error {
	e := clienttest.NewError(kind)
	e.Fatal, e.Retriable = true, false
	return e
}
