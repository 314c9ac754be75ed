package transact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/consume"
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

	mu      sync.Mutex
	made    int
	ends    map[string]int // of each output
	refused int
	handle  func(ctx context.Context, value string) error
	log     bytes.Buffer
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
			Policy: func(*consume.Failure) consume.Action { return consume.StopRun }, CommitInterval: time.Second,
			DeadLetters: &consume.DeadLetters{Topic: func(string) string { return "dead" }},
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
	return w.engine.Run(ctx, []string{"t"}, func() consume.Work { return &work{w: w} }, mode)
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

// delivered is how many outputs were told that they are committed.
func (w *world) counts() consume.Snapshot { return w.engine.Snapshot() }

type work struct {
	w       *world
	value   string
	outputs []*produce.Output
}

func (k *work) Decode(_ context.Context, in *consume.Input) *consume.Failure {
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

func TestOutputsAndOffsetsAreCommittedTogether(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.write("a", "b")
		w.run()
		after(time.Second)
		w.want("a b", 2)
		w.write("c")
		after(time.Second)
		w.want("a b c", 3)
		if s := w.counts(); s.Transactions != 2 || s.Aborted != 0 || s.Handled != 3 || s.InFlight != 0 || s.InFlightBytes != 0 {
			t.Errorf("%+v", s)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

// Whatever step fails, and however, everything is written once in the end: by this run, or by the next.
func TestAFailureOfAnyStepWritesNothingTwiceAndLosesNothing(t *testing.T) {
	steps := []clienttest.Op{clienttest.OpInit, clienttest.OpBegin, clienttest.OpProduce, clienttest.OpDeliver, clienttest.OpAddOffsets,
		clienttest.OpCommitTxn, clienttest.OpAbortTxn, clienttest.OpGroupMetadata}
	answers := map[string]func(*world, clienttest.Op){
		"retriable":     func(w *world, op clienttest.Op) { w.f.FailNext(op, 2, clienttest.NewError(kafkaclient.TimedOut)) },
		"needs abort":   func(w *world, op clienttest.Op) { w.f.FailNext(op, 2, needsAbort(kafkaclient.Other)) },
		"not retriable": func(w *world, op clienttest.Op) { w.f.FailNext(op, 1, clienttest.NewError(kafkaclient.Other)) },
		"denied":        func(w *world, op clienttest.Op) { w.f.FailNext(op, 1, clienttest.NewError(kafkaclient.Denied)) },
		"lost": func(w *world, op clienttest.Op) {
			w.f.FailNextApplied(op, 1, clienttest.NewError(kafkaclient.TimedOut))
		},
		"slow": func(w *world, op clienttest.Op) { w.f.Delay(op, 3*time.Second) },
	}
	for _, op := range steps {
		for name, arrange := range answers {
			if name == "lost" && (op == clienttest.OpProduce || op == clienttest.OpDeliver || op == clienttest.OpBegin) {
				continue // nobody answers these
			}
			t.Run(string(op)+" "+name, func(t *testing.T) {
				bubble(t, nil, func(w *world) {
					arrange(w, op)
					if op == clienttest.OpAbortTxn { // something has to be aborted
						w.f.FailNext(clienttest.OpAddOffsets, 1, needsAbort(kafkaclient.Other))
					}
					w.write("a", "b", "c")
					for range 3 {
						w.run()
						after(time.Minute)
						_ = w.stop() // an error may have ended it before
					}
					w.want("a b c", 3)
				})
			})
		}
	}
}

func TestAFatalErrorEndsThisRunAndLaterOnes(t *testing.T) {
	for _, op := range []clienttest.Op{clienttest.OpInit, clienttest.OpAddOffsets, clienttest.OpCommitTxn} {
		t.Run(string(op), func(t *testing.T) {
			bubble(t, nil, func(w *world) {
				w.f.FailNext(op, 1, fatal(kafkaclient.Fenced))
				w.write("a")
				for range 2 {
					if err := w.run().wait(); !errors.Is(err, transact.ErrFenced) {
						t.Errorf("Run: %v", err)
					}
				}
				w.want("", -1)
			})
		})
	}
}

func TestAnotherProducerWithTheIDFencesThisOne(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.write("a")
		w.run()
		after(time.Second)
		s, other := w.newTransactor("tx", slog.New(slog.DiscardHandler))
		end, err := other.Begin(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		end()
		_ = s.Close(context.Background())
		w.write("b")
		if err := w.wait(); !errors.Is(err, transact.ErrFenced) {
			t.Errorf("Run: %v", err)
		}
		w.want("a", 1)
	})
}

// The next run must not begin at the old offsets when the commit has had its effect.
func TestACommitWithoutAResultIsResolvedBeforeTheNextRunReadsOffsets(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.write("a", "b")
		w.f.FailNextApplied(clienttest.OpCommitTxn, 1, clienttest.NewError(kafkaclient.TimedOut))
		w.f.FailNext(clienttest.OpCommitTxn, 1, clienttest.NewError(kafkaclient.Other))
		if err := w.run().wait(); err == nil {
			t.Fatal("the run goes on")
		}
		w.run()
		after(time.Second)
		w.want("a b", 2)
		w.write("c")
		after(time.Second)
		w.want("a b c", 3)
	})
}

func TestClosingTheProducerEndsTheRun(t *testing.T) {
	for _, outage := range []bool{false, true} {
		t.Run(fmt.Sprint(outage), func(t *testing.T) {
			bubble(t, nil, func(w *world) {
				w.write("a")
				w.run()
				after(time.Second)
				if outage {
					w.f.Outage(true)
					w.write("b")
					after(time.Second)
				}
				began := time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
				defer cancel()
				if err := w.sender.Close(ctx); err != nil && !outage {
					t.Errorf("Close: %v", err)
				}
				err := w.wait()
				if !errors.Is(err, produce.ErrClosed) {
					t.Errorf("Run: %v", err)
				}
				if d := time.Since(began); d > 40*time.Second {
					t.Errorf("it took %v", d)
				}
				w.f.Outage(false)
				w.want("a", 1)
				if err := w.run().wait(); !errors.Is(err, produce.ErrClosed) {
					t.Errorf("the next run: %v", err)
				}
			})
		})
	}
}

func TestClosingTheConsumerEndsBegin(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.f.Outage(true)
		w.run()
		after(5 * time.Second)
		began := time.Now()
		close(w.closing)
		if err := w.wait(); !errors.Is(err, consume.ErrClosed) || time.Since(began) > 100*time.Millisecond {
			t.Errorf("Begin: %v after %v", err, time.Since(began))
		}
		w.f.Outage(false)
	})
}

func TestTheContextEndsBegin(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.f.Outage(true)
		w.run()
		after(5 * time.Second)
		if err := w.stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Begin: %v", err)
		}
	})
}

func TestOneRunAtATimeUsesAProducer(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.run()
		after(time.Second)
		if _, err := w.transactor.Begin(context.Background(), nil); !errors.Is(err, transact.ErrInUse) {
			t.Errorf("Begin: %v", err)
		}
	})
}
