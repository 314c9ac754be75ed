package consume_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

func TestCloseReturnsFromEveryState(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(*world, *node)
		most    time.Duration
	}{
		"never run": {func(*world, *node) {}, 0},
		"running":   {func(_ *world, n *node) { n.run(); after(time.Second) }, 200 * time.Millisecond},
		"run ended": {func(_ *world, n *node) { n.run(); after(time.Second); _ = n.stop() }, 0},
		"joining":   {func(w *world, n *node) { w.f.Outage(true); n.run(); after(time.Second) }, 10 * time.Second},
		"handler at work": {func(w *world, n *node) {
			n.handle = func(context.Context, string) error { time.Sleep(10 * time.Second); return nil }
			w.write("a")
			n.run()
			after(time.Second)
		}, 11 * time.Second},
		"handler that ends with its context": {func(w *world, n *node) {
			n.handle = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
			w.write("a")
			n.run()
			after(time.Second)
		}, drain + time.Second},
		"handler that does not return for long": {func(w *world, n *node) {
			n.handle = func(context.Context, string) error { time.Sleep(drain + 20*time.Second); return nil }
			w.write("a")
			n.run()
			after(time.Second)
		}, drain + 20*time.Second},
		"no broker and something to commit": {func(w *world, n *node) {
			w.write("a")
			n.run()
			after(time.Second)
			w.f.Outage(true)
		}, 20 * time.Second},
		"record that waits": {func(w *world, n *node) {
			n.handle = func(context.Context, string) error { return errBad }
			w.write("a")
			n.run()
			after(time.Second)
		}, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(always(handle.RetryRecord), client{}, nil)
				test.prepare(w, n)
				closes(t, n, test.most)
				w.f.Outage(false)
			})
		})
	}
}

// closes closes a node twice, and checks that it is closed.
func closes(t *testing.T, n *node, most time.Duration) {
	t.Helper()
	began := time.Now()
	for range 2 {
		if err := n.engine.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if d := time.Since(began); d > most {
		t.Errorf("Close took %v, want %v at most", d, most)
	}
	wantErr(t, n.engine.Run(context.Background(), []string{"t"}, nil, consume.Mode{}), consume.ErrClosed)
	wantErr(t, n.engine.Seek(context.Background(), consume.Starts{All: true}), consume.ErrClosed)
	wantErr(t, n.engine.Ready(), consume.ErrClosed)
}

func TestCloseReturnsWithItsContextAndGoesOn(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("a")
		n := w.node(nil, client{}, g.handle)
		w.write("a")
		n.run()
		<-g.at
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		wantErr(t, n.engine.Close(ctx), context.DeadlineExceeded)
		if err := n.engine.Close(context.Background()); err == nil || !strings.Contains(err.Error(), "has not ended") {
			t.Errorf("Close with a handler that does not return: %v", err)
		}
		close(g.open)
		if err := n.engine.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestOneRunAtATime(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil)
		wantErr(t, n.engine.Seek(context.Background(), consume.Starts{All: true}), consume.ErrNotRunning)
		n.run()
		after(time.Second)
		wantErr(t, n.engine.Run(context.Background(), []string{"t"}, nil, consume.Mode{}), consume.ErrRunning)
		if err := n.stop(); err != nil {
			t.Error(err)
		}
		w.write("a")
		n.run()
		after(time.Second)
		n.wantHandled("a")
		_ = n.stop()
		if err := n.engine.Run(context.Background(), nil, nil, consume.Mode{}); err == nil {
			t.Error("a run without topics")
		}
	})
}

func TestAFailedBeginningLeavesTheEngineUsable(t *testing.T) {
	t.Run("subscribe", func(t *testing.T) {
		bubble(t, func(w *world) {
			n := w.node(nil, client{}, nil)
			w.f.FailNext(clienttest.OpSubscribe, 1, clienttest.NewError(kafkaclient.Invalid))
			if e, ok := n.run().wait().(*consume.Error); !ok || e.Doing != "subscribe" {
				t.Error("no error")
			}
			wantErr(t, n.engine.Ready(), consume.ErrNotRunning)
			w.write("a")
			n.run()
			after(time.Second)
			n.wantHandled("a")
		})
	})
	t.Run("assign", func(t *testing.T) {
		bubble(t, func(w *world) {
			n := w.node(func(c *consume.Config) { c.Partitions = []int32{0}; c.StopAt = consume.StopAtFirstEnd }, client{}, nil)
			w.write("a")
			w.f.FailNext(clienttest.OpListOffsets, 1, clienttest.NewError(kafkaclient.Denied))
			if e, ok := n.run().wait().(*consume.Error); !ok || e.Doing != "find where to stop" {
				t.Error("no error")
			}
			wantErr(t, n.engine.Ready(), consume.ErrNotRunning)
			if s := n.engine.Snapshot(); s.Partitions != 0 {
				t.Errorf("%+v", s)
			}
			if err := n.run().wait(); err != nil {
				t.Error(err)
			}
			n.wantHandled("a")
		})
	})
}

func TestModeStopEndsTheRun(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil)
		stop := make(chan struct{})
		n.mode.Stop = stop
		w.write("a")
		n.run()
		after(time.Second)
		close(stop)
		if err := n.wait(); err != nil {
			t.Error(err)
		}
		w.wantCommitted(t0, 1)
	})
}

func TestReadyInAllStates(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil)
		wantErr(t, n.engine.Ready(), consume.ErrNotRunning)
		w.f.Outage(true)
		n.run()
		after(time.Second)
		if err := n.engine.Ready(); kafkaclient.KindOf(err) != kafkaclient.Unreachable {
			t.Errorf("no broker: %v", err)
		}
		after(10 * time.Second)
		if !strings.Contains(n.logged(), "no broker is reached") {
			t.Error("nothing is logged after ten seconds without an assignment")
		}
		w.f.Outage(false)
		after(time.Second)
		wantErr(t, n.engine.Ready(), nil)
		n.client.Script(clienttest.Lose(t0, t1))
		after(time.Second)
		if err := n.engine.Ready(); err == nil || !strings.Contains(err.Error(), "not assigned") {
			t.Errorf("after a loss: %v", err)
		}
		_ = n.stop()
		wantErr(t, n.engine.Ready(), consume.ErrNotRunning)
		n.close()
		wantErr(t, n.engine.Ready(), consume.ErrClosed)
	})
}

func TestAMemberWithoutPartitionsIsReady(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			w.node(nil, client{}, nil).run()
		}
		after(time.Second)
		for _, n := range w.nodes {
			wantErr(t, n.engine.Ready(), nil)
		}
	})
}

func TestAStaticMemberBetweenRunsDoesNotHoldItsGroupUp(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.node(nil, client{InstanceID: "a"}, nil)
		w.write("a")
		a.run()
		after(time.Second)
		if err := a.stop(); err != nil {
			t.Fatal(err)
		}
		b := w.node(nil, client{InstanceID: "b"}, nil).run()
		after(time.Second)
		if s := b.engine.Snapshot(); s.Partitions != 1 {
			t.Fatalf("b has %d partitions while a rests", s.Partitions)
		}
		w.write("b")
		w.writeTo(t1, "c")
		after(10 * time.Minute) // longer than max.poll.interval.ms
		if s := b.engine.Snapshot(); s.Partitions != 1 {
			t.Errorf("a has left the group: b has %d partitions", s.Partitions)
		}
		if got := a.handled(); got != "a" {
			t.Errorf("a handled %s between its runs", got)
		}
		a.run()
		after(10 * time.Second)
		if got := sortedText(a.handled() + " " + b.handled()); got != "a b c" {
			t.Errorf("handled %s", got)
		}
	})
}

func TestAStaticMemberThatIsClosedDoesNotLeave(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.node(nil, client{InstanceID: "a"}, nil).run()
		b := w.node(nil, client{InstanceID: "b"}, nil).run()
		after(time.Second)
		before := b.engine.Snapshot().Rebalances
		a.close()
		after(10 * time.Second)
		again := w.node(nil, client{InstanceID: "a"}, nil).run()
		after(time.Second)
		if s := again.engine.Snapshot(); s.Partitions != 1 {
			t.Errorf("%d partitions after the return", s.Partitions)
		}
		if after := b.engine.Snapshot().Rebalances; after != before {
			t.Errorf("%d rebalances because a static member was away for a moment", after-before)
		}
	})
}

func TestACorruptBatchEndsTheRunWithItsPlace(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil)
		w.write("a")
		n.run()
		after(time.Second)
		w.write("b")
		w.f.Corrupt(t0, 1)
		err := n.wait()
		var at *consume.PartitionError
		if !errors.As(err, &at) || at.TopicPartition != t0 || kafkaclient.KindOf(err) != kafkaclient.Corrupt {
			t.Errorf("Run: %v", err)
		}
		if s := n.engine.Snapshot(); s.Corrupt != 1 {
			t.Errorf("%+v", s)
		}
		w.wantCommitted(t0, 1)
	})
}

func TestAnUnknownTopicIsWaitedForUnlessItFailsTheRun(t *testing.T) {
	bubble(t, func(w *world) {
		waits := w.node(nil, client{}, nil).run("t", "later")
		after(time.Minute)
		w.f.CreateTopic("later", 1)
		w.writeTo(tp{Topic: "later"}, "a")
		after(time.Minute)
		waits.wantHandled("a")
		fails := w.node(func(c *consume.Config) { c.FailMissingTopics = true }, client{Group: "h"}, nil).run("missing")
		if err := fails.wait(); kafkaclient.KindOf(err) != kafkaclient.UnknownTopic {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestErrorsOfTheClientEndTheRunOrAreLogged(t *testing.T) {
	for kind, ends := range map[kafkaclient.Kind]bool{
		kafkaclient.Denied: true, kafkaclient.Fenced: true, kafkaclient.OutOfRange: true, kafkaclient.NoOffset: true, kafkaclient.Invalid: true,
		kafkaclient.Other: false, kafkaclient.Unreachable: false, kafkaclient.NotMember: false, kafkaclient.TimedOut: false,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(nil, client{}, nil).run()
				after(time.Second)
				n.client.Inject(kafkaclient.FetchError{Err: clienttest.NewError(kind)})
				after(time.Second)
				w.write("a")
				after(time.Second)
				err := n.stop()
				if e, ok := errors.AsType[*consume.Error](err); ok != ends || ok && (e.Doing != "consume" || kafkaclient.KindOf(err) != kind) {
					t.Errorf("Run: %v", err)
				}
				if !ends {
					n.wantHandled("a")
				}
			})
		})
	}
}

func TestPartitionsAssignedByHand(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { c.Partitions = []int32{1} }, client{}, nil)
		w.write("a")
		w.writeTo(t1, "b", "c")
		n.run()
		after(time.Second)
		wantErr(t, n.engine.Ready(), nil)
		if err := n.stop(); err != nil {
			t.Error(err)
		}
		n.wantHandled("b c")
		w.wantCommitted(t1, 2)
		w.writeTo(t1, "d")
		n.run()
		after(time.Second)
		n.wantHandled("b c d")
		_ = n.stop()
		if e, ok := n.run("^t.*").wait().(*consume.Error); !ok || e.Doing != "assign" {
			t.Error("a regular expression was assigned by hand")
		}
	})
}

func TestWorkersOfUnorderedAndByKeyWorkAtOnce(t *testing.T) {
	for _, order := range []consume.Order{consume.ByKey, consume.Unordered} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) { c.Order = order }, client{}, func(context.Context, string) error {
					time.Sleep(time.Second)
					return nil
				})
				w.write("a", "b", "c", "d") // without keys
				n.run()
				after(1100 * time.Millisecond)
				if s := n.engine.Snapshot(); s.Handled != 4 {
					t.Errorf("%d of 4 were handled at once", s.Handled)
				}
			})
		})
	}
}
