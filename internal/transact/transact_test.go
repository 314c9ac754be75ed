package transact_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/transact"
)

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
