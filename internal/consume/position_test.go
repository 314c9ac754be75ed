package consume_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

func TestSeekCommitsThePositionThoughNothingIsHandled(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil)
		w.write("a", "b", "c")
		n.run()
		after(6 * time.Second)
		w.wantCommitted(t0, 3)
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 3}}); err != nil {
			t.Fatal(err)
		}
		if err := n.engine.Seek(w.t.Context(), consume.Starts{All: true, Place: kafkaclient.Place{End: true}}); err != nil {
			t.Fatal(err)
		}
		after(6 * time.Second)
		w.wantCommitted(t1, 0)
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 1}}); err != nil {
			t.Fatal(err)
		}
		after(6 * time.Second)
		n.wantHandled("a b c b c")
		w.wantCommitted(t0, 3)
		var e *consume.Error
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{{Topic: "x"}: 1}}); !errors.As(err, &e) {
			t.Errorf("Seek of a partition that is not assigned: %v", err)
		}
	})
}

func TestSeekIntoThePastIsCommitted(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("again")
		n := w.node(nil, client{}, g.handle)
		w.write("a", "b")
		n.run()
		after(6 * time.Second)
		w.wantCommitted(t0, 2)
		n.handle = func(ctx context.Context, _ string) error { return g.handle(ctx, "again") }
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 0}}); err != nil {
			t.Fatal(err)
		}
		after(6 * time.Second) // the handler of a is at work
		w.wantCommitted(t0, 0)
		close(g.open)
		after(6 * time.Second)
		w.wantCommitted(t0, 2)
	})
}

func TestSeekIntoThePastEndsTheCommitUnderWay(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("again")
		n := w.node(nil, client{}, nil)
		w.write("a", "b")
		w.f.Delay(clienttest.OpCommit, 3*time.Second)
		n.run()
		after(6 * time.Second) // a commit is under way
		w.wantCommitted(t0, -1)
		n.handle = func(ctx context.Context, _ string) error { return g.handle(ctx, "again") }
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 0}}); err != nil {
			t.Fatal(err)
		}
		after(4 * time.Second)
		if at := w.committed(t0); at > 0 {
			t.Errorf("after Seek to 0 the position from before is committed, %d", at)
		}
		after(10 * time.Second)
		w.wantCommitted(t0, 0)
		close(g.open)
	})
}

func TestSeekWithAHandlerThatDoesNotReturnKeepsThePartition(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("a")
		n := w.node(nil, client{}, g.handle)
		w.write("a", "b")
		n.run()
		<-g.at
		began := time.Now()
		if err := n.engine.Seek(w.t.Context(), consume.Starts{All: true}); err != nil {
			t.Errorf("Seek: %v", err)
		}
		if d := time.Since(began); d > drain+3*time.Second {
			t.Errorf("Seek took %v", d)
		}
		after(time.Minute)
		n.wantHandled("a")
		close(g.open)
		after(time.Second)
		n.wantHandled("a a b")
		w.write("c")
		after(6 * time.Second)
		n.wantHandled("a a b c")
		w.wantCommitted(t0, 3)
	})
}

func TestSeekDoesNotWaitForARecordThatOnlyWaits(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) {
			always(handle.RetryRecord)(c)
			c.Backoff.Base, c.Backoff.Max = 100*time.Hour, 100*time.Hour
		}, client{}, failing)
		w.write("bad", "b")
		n.run()
		after(time.Minute)
		began := time.Now()
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 1}}); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d > 200*time.Millisecond {
			t.Errorf("Seek took %v", d)
		}
		after(6 * time.Second)
		n.wantHandled("bad b")
		w.wantCommitted(t0, 2)
	})
}

func TestAStartSurvivesARebalanceAndARecordThatFails(t *testing.T) {
	bubble(t, func(w *world) {
		w.write("a", "b", "c")
		w.f.SetCommitted("g", clienttest.At("t", 0, 2))
		fail := true
		n := w.node(func(c *consume.Config) { c.Starts = consume.Starts{All: true} }, client{}, func(context.Context, string) error {
			if fail {
				return errBad
			}
			return nil
		})
		if err := n.run().wait(); err == nil {
			t.Fatal("no failure")
		}
		w.wantCommitted(t0, 0) // going back counts, too
		fail = false
		n.run()
		after(6 * time.Second)
		n.wantHandled("a a b c")
		w.f.Rebalance("g")
		after(6 * time.Second)
		n.wantHandled("a a b c") // it began once
		w.wantCommitted(t0, 3)
	})
}

func TestStartingAtTheEndIsCommittedBeforeAnythingComes(t *testing.T) {
	bubble(t, func(w *world) {
		w.write("a", "b")
		n := w.node(func(c *consume.Config) { c.Starts = consume.Starts{All: true, Place: kafkaclient.Place{End: true}} }, client{}, nil).run()
		after(time.Second)
		m := w.node(nil, client{}, nil).run() // takes a partition over
		after(time.Second)
		w.write("c")
		w.writeTo(t1, "d")
		after(time.Second)
		if got := sortedText(n.handled() + " " + m.handled()); got != "c d" {
			t.Errorf("handled %s", got)
		}
	})
}

func TestAStartThatWasLostBeforeItWasCommittedHoldsAgain(t *testing.T) {
	bubble(t, func(w *world) {
		w.write("a", "b")
		w.f.SetCommitted("g", clienttest.At("t", 0, 2), clienttest.At("t", 1, 0))
		n := w.node(func(c *consume.Config) { c.Starts = consume.Starts{Offsets: map[tp]int64{t0: 1}} }, client{}, nil).run()
		after(time.Second)
		n.wantHandled("b")
		w.f.Kick(n.client)
		after(6 * time.Second)
		n.wantHandled("b b")
		w.wantCommitted(t0, 2)
	})
}

func TestAStartThatCannotBeFoundEndsTheRun(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { c.Starts = consume.Starts{All: true} }, client{}, nil)
		w.write("a")
		w.f.FailNext(clienttest.OpListOffsets, 1, clienttest.NewError(kafkaclient.Denied))
		var e *consume.Error
		if err := n.run().wait(); !errors.As(err, &e) || e.Doing != "find where to start" {
			t.Errorf("Run: %v", err)
		}
		n.wantHandled("")
		w.wantCommitted(t0, -1)
	})
}

func TestAStartIsAskedForAgainWhileLeadersChange(t *testing.T) {
	for name, c := range map[string]struct {
		failures int
		handled  string
	}{"soon there": {3, "a b"}, "for longer than it waits": {1000, ""}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				fenced := &kafkaclient.Error{Code: 74, Name: "FENCED_LEADER_EPOCH", Kind: kafkaclient.Other, Text: "Leader epoch is older than broker epoch"}
				w.f.FailNext(clienttest.OpListOffsets, c.failures, fenced)
				w.write("a", "b")
				n := w.node(func(config *consume.Config) { config.Starts = consume.Starts{All: true} }, client{}, nil).run()
				after(20 * time.Second)
				n.wantHandled(c.handled)
				if c.handled == "" {
					var e *consume.Error
					if err := n.wait(); !errors.As(err, &e) || !errors.Is(err, fenced) {
						t.Errorf("the run ended with %v", err)
					}
				}
			})
		})
	}
}

func TestStopWhenCaughtUp(t *testing.T) {
	bubble(t, func(w *world) {
		w.write("a", "b")
		w.f.AppendControl("t", 0, 2) // markers at the end
		w.f.AppendControl("t", 1, 3)
		n := w.node(func(c *consume.Config) { c.StopAt = consume.StopWhenCaughtUp }, client{}, func(_ context.Context, v string) error {
			if v == "b" {
				w.write("meanwhile")
			}
			return nil
		})
		if err := n.run().wait(); err != nil {
			t.Error(err)
		}
		n.wantHandled("a b meanwhile")
		w.wantCommitted(t0, 5)
	})
}

func TestStopWhenCaughtUpIncludesTheRunsOwnRetries(t *testing.T) {
	bubble(t, func(w *world) {
		w.write("bad", "b")
		n := w.node(func(c *consume.Config) { retryTopics(w)(c); c.StopAt = consume.StopWhenCaughtUp }, client{}, failing)
		began := time.Now()
		if err := n.run().wait(); err != nil {
			t.Error(err)
		}
		n.wantHandled("bad b bad bad")
		if d := time.Since(began); d < 61*time.Minute {
			t.Errorf("it ended after %v", d)
		}
		if s := n.engine.Snapshot(); s.Delayed != 2 || s.DeadLetters != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestStopAtFirstEndLeavesOutWhatComesLater(t *testing.T) {
	for _, viaMode := range []bool{false, true} {
		t.Run(map[bool]string{false: "config", true: "mode"}[viaMode], func(t *testing.T) {
			bubble(t, func(w *world) {
				w.write("a", "b")
				n := w.node(func(c *consume.Config) {
					if !viaMode {
						c.StopAt = consume.StopAtFirstEnd
					}
				}, client{}, func(context.Context, string) error { w.write("later"); return nil })
				if viaMode {
					n.mode.StopAt = consume.StopAtFirstEnd
				}
				if err := n.run().wait(); err != nil {
					t.Error(err)
				}
				n.wantHandled("a b")
				w.wantCommitted(t0, 2)
				if s := n.engine.Snapshot(); s.Partitions != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestTheLagOfWhatIsReadIsZeroBehindControlRecords(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("b")
		n := w.node(nil, client{}, g.handle)
		w.write("a", "b", "c")
		w.f.AppendControl("t", 0, 1)
		n.run()
		<-g.at
		after(2 * time.Second)
		if lag := lagOf(n, t0); lag != 3 {
			t.Errorf("lag %d with b at work, want 3: b, c and a marker", lag)
		}
		close(g.open)
		after(2 * time.Second)
		if lag := lagOf(n, t0); lag != 0 {
			t.Errorf("lag %d", lag)
		}
		w.f.AppendControl("t", 0, 1)
		after(2 * time.Second)
		if lag := lagOf(n, t0); lag != 0 {
			t.Errorf("lag %d after another marker", lag)
		}
	})
}

func lagOf(n *node, of tp) int64 {
	for _, l := range n.engine.Snapshot().Lag {
		if l.TopicPartition == of {
			return l.Records
		}
	}
	return -1
}

func TestWhatIsInFlightIsBoundedAndThePartitionGoesOnAtThreeQuarters(t *testing.T) {
	bubble(t, func(w *world) {
		release := make(chan struct{})
		n := w.node(func(c *consume.Config) { c.Limits = inflight.Limits{Records: 8, Bytes: 1 << 20} }, client{BatchMax: 2}, func(context.Context, string) error {
			<-release
			return nil
		})
		for range 50 {
			w.write("x")
		}
		n.run()
		after(time.Second)
		s := n.engine.Snapshot()
		if s.InFlight < 8 || s.InFlight > 8+2 || s.Paused[handle.Full] != 1 || s.Pauses[handle.Full] != 1 || !n.client.Paused(t0) {
			t.Errorf("%+v", s)
		}
		close(release)
		after(6 * time.Second)
		w.wantCommitted(t0, 50)
	})
}

func TestSeekLetsAHandlerFinish(t *testing.T) {
	bubble(t, func(w *world) {
		var ended error
		n := w.node(nil, client{}, func(ctx context.Context, v string) error {
			if v == "a" {
				time.Sleep(2 * time.Second)
				ended = ctx.Err()
			}
			return nil
		})
		w.write("a", "b", "c")
		n.run()
		after(time.Second)
		if err := n.engine.Seek(w.t.Context(), consume.Starts{Offsets: map[tp]int64{t0: 2}}); err != nil {
			t.Fatal(err)
		}
		after(6 * time.Second)
		n.wantHandled("a c")
		if ended != nil {
			t.Errorf("the handler's context: %v", ended)
		}
		if s := n.engine.Snapshot(); s.Handled != 2 || s.Pauses[handle.EarlierHandler] != 0 {
			t.Errorf("%+v", s)
		}
	})
}
