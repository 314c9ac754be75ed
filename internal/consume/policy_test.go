package consume_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
)

func TestEachActionOfThePolicy(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*world, *consume.Config)
		handled string
		commits int64
		failed  bool
		count   func(consume.Snapshot) uint64
	}{
		"stop":                        {always2(handle.StopRun), "a bad", 1, true, nil},
		"skip":                        {always2(handle.SkipRecord), "a bad c", 3, false, func(s consume.Snapshot) uint64 { return s.Skipped }},
		"retry":                       {firstThen(handle.RetryRecord, handle.SkipRecord), "a bad bad c", 3, false, func(s consume.Snapshot) uint64 { return s.Retried }},
		"await recovery":              {firstThen(handle.AwaitRecovery, handle.SkipRecord), "a bad bad c", 3, false, func(s consume.Snapshot) uint64 { return s.Retried }},
		"dead letters":                {withDead(handle.ToDeadLetters), "a bad c", 3, false, func(s consume.Snapshot) uint64 { return s.DeadLetters }},
		"no dead letters":             {always2(handle.ToDeadLetters), "a bad", 1, true, nil},
		"no retry topic, dead letter": {withDead(handle.ToRetryTopic), "a bad c", 3, false, func(s consume.Snapshot) uint64 { return s.DeadLetters }},
		"no retry topic":              {always2(handle.ToRetryTopic), "a bad", 1, true, nil},
		"unknown":                     {always2(99), "a bad", 1, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) { test.change(w, c) }, client{}, failing)
				w.write("a", "bad", "c")
				n.run()
				after(time.Minute)
				var failure *handle.Failure
				if err := n.stop(); errors.As(err, &failure) != test.failed {
					t.Fatalf("Run: %v", err)
				}
				if test.failed && (failure.Offset != 1 || failure.Stage != handle.Handling || !errors.Is(failure, errBad)) {
					t.Errorf("%+v", failure)
				}
				n.wantHandled(test.handled)
				w.wantCommitted(t0, test.commits)
				if s := n.engine.Snapshot(); test.count != nil && test.count(s) != 1 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func always2(a handle.Action) func(*world, *consume.Config) {
	return func(_ *world, c *consume.Config) { always(a)(c) }
}

func firstThen(first, then handle.Action) func(*world, *consume.Config) {
	return func(_ *world, c *consume.Config) {
		c.Policy = func(f *handle.Failure) handle.Action {
			if f.Attempt == 1 {
				return first
			}
			return then
		}
	}
}

func withDead(a handle.Action) func(*world, *consume.Config) {
	return func(w *world, c *consume.Config) { always(a)(c); c.DeadLetters = w.deadLetters() }
}

func TestARecordThatCannotBeReadIsTriedAgainFromTheStart(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { firstThen(handle.RetryRecord, handle.SkipRecord)(w, c) }, client{}, nil)
		w.write("unreadable", "b")
		n.run()
		after(time.Minute)
		n.wantHandled("b")
		if s := n.engine.Snapshot(); s.Retried != 1 || s.Skipped != 1 || s.Pauses[handle.RetryPause] != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRetriesWaitLongerEachTimeAndOthersGoOn(t *testing.T) {
	bubble(t, func(w *world) {
		var at []time.Time
		n := w.node(always(handle.RetryRecord), client{}, func(_ context.Context, v string) error {
			if v == "bad" {
				at = append(at, time.Now())
				return errBad
			}
			return nil
		})
		w.write("bad")
		w.writeTo(t1, "b")
		n.run()
		after(10 * time.Minute)
		if len(at) < 10 || len(at) > 10_000 {
			t.Fatalf("%d attempts", len(at))
		}
		for i := 1; i < len(at); i++ {
			if d := at[i].Sub(at[i-1]); d > min(100*time.Millisecond<<min(i-1, 20), 10*time.Second) {
				t.Errorf("pause %d took %v", i, d)
			}
		}
		if !strings.Contains(n.handled(), "b ") {
			t.Error("the other partition waits, too")
		}
		w.wantCommitted(t1, 1)
		w.wantCommitted(t0, -1)
	})
}

func TestWhenTheRunStopsNothingIsDeadLettered(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { withDead(handle.ToDeadLetters)(w, c) }, client{}, func(ctx context.Context, v string) error {
			if v == "b" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		w.write("a", "b", "c")
		n.run()
		after(time.Second)
		began := time.Now()
		if err := n.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if d := time.Since(began); d != drain {
			t.Errorf("the handler got %v", d)
		}
		if dead := w.values(tp{Topic: "dead", Partition: 0}); dead != "" {
			t.Errorf("dead letters: %s", dead)
		}
		w.wantCommitted(t0, 1)
	})
}

func TestErrAbandonEndsTheRunWithoutThePolicy(t *testing.T) {
	for _, intercepted := range []bool{false, true} {
		t.Run(fmt.Sprint(intercepted), func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) {
					withDead(handle.ToDeadLetters)(w, c)
					if intercepted {
						c.Intercept = func(ctx context.Context, r *kafkaclient.Record, next func(context.Context) error) error {
							if string(r.Value) == "b" {
								return handle.ErrAbandon
							}
							return next(ctx)
						}
					}
				}, client{}, func(_ context.Context, v string) error {
					if v == "b" {
						return fmt.Errorf("the loop was left: %w", handle.ErrAbandon)
					}
					return nil
				})
				w.write("a", "b", "c")
				if err := n.run().wait(); err != nil {
					t.Errorf("Run: %v", err)
				}
				w.wantCommitted(t0, 1)
				if s := n.engine.Snapshot(); s.DeadLetters != 0 || s.Handled != 1 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestThePanicOfAHandlerIsRunsUnlessItIsRecovered(t *testing.T) {
	bubble(t, func(w *world) {
		panics := func(_ context.Context, v string) error {
			if v == "b" {
				panic("secret")
			}
			return nil
		}
		n := w.node(nil, client{}, panics)
		w.write("a", "b", "c")
		err := n.run().wait()
		if err == nil || !strings.Contains(err.Error(), "panic: secret") || !strings.Contains(err.Error(), "policy_test.go") {
			t.Errorf("Run: %v, want a panic with the handler's stack", err)
		}
		w.wantCommitted(t0, 1)
		n.close()
		n = w.node(func(c *consume.Config) { c.Recover = true; always(handle.SkipRecord)(c) }, client{}, panics).run()
		after(time.Second)
		n.wantHandled("b c")
		if strings.Contains(n.logged(), "secret") {
			t.Errorf("the value of the panic is logged: %s", n.logged())
		}
	})
}

func TestAHandlerThatEndsItsGoroutineEndsTheRun(t *testing.T) {
	for _, order := range []consume.Order{consume.InOrder, consume.ByKey, consume.Unordered} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) { c.Order, c.Recover = order, true }, client{}, func(context.Context, string) error {
					runtime.Goexit()
					return nil
				})
				w.write("a")
				var f *handle.Failure
				if err := n.run().wait(); !errors.As(err, &f) || f.Offset != 0 {
					t.Errorf("Run: %v", err)
				}
				w.wantCommitted(t0, -1)
			})
		})
	}
}

func TestWhatFailsAfterTheRunHasEndedIsCountedAndLogged(t *testing.T) {
	for name, end := range map[string]func() error{
		"error": func() error { return errBad },
		"panic": func() error { panic("late") },
	} {
		for _, action := range []handle.Action{handle.StopRun, handle.SkipRecord} {
			t.Run(fmt.Sprint(name, action), func(t *testing.T) {
				bubble(t, func(w *world) {
					g := newGate("a")
					n := w.node(always(action), client{}, func(ctx context.Context, v string) error {
						_ = g.handle(ctx, v)
						return end()
					})
					w.write("a")
					n.run()
					<-g.at
					if err := n.stop(); err == nil || !strings.Contains(err.Error(), "a handler goes on") {
						t.Errorf("Run: %v", err)
					}
					close(g.open)
					after(time.Second)
					if s := n.engine.Snapshot(); s.Late != 1 || s.Skipped != 0 {
						t.Errorf("%+v", s)
					}
					if !strings.Contains(n.logged(), "level=ERROR") {
						t.Errorf("not logged: %s", n.logged())
					}
				})
			})
		}
	}
}

func TestTheLimitOfDeadLettersEndsTheRunOrPausesIt(t *testing.T) {
	bubble(t, func(w *world) {
		ends := w.node(func(c *consume.Config) {
			withDead(handle.ToDeadLetters)(w, c)
			c.DeadLetters.Limit = handle.Limit{Share: 0.5, Records: 4}
		}, client{}, failing)
		w.write("a", "bad1", "b", "bad2", "bad3", "c")
		for range 2 { // each run counts for itself: the second one begins behind bad3
			wantErrOr(t, ends.run())
		}
		ends.close()
	})
	t.Run("pause", func(t *testing.T) {
		bubble(t, func(w *world) {
			n := w.node(func(c *consume.Config) {
				withDead(handle.ToDeadLetters)(w, c)
				c.DeadLetters.Limit = handle.Limit{Share: 0.5, Records: 2, Pause: time.Minute}
			}, client{}, failing)
			w.write("bad1", "bad2", "c", "d")
			n.run()
			after(30 * time.Second)
			n.wantHandled("bad1 bad2")
			if s := n.engine.Snapshot(); s.Paused[handle.TooManyDeadLetters] != 1 {
				t.Errorf("%+v", s)
			}
			after(time.Minute)
			n.wantHandled("bad1 bad2 c d")
		})
	})
}

// wantErrOr waits for a run that either ends at the limit, or is stopped after a minute.
func wantErrOr(t *testing.T, n *node) {
	t.Helper()
	after(time.Minute)
	err := n.stop()
	if strings.Contains(n.handled(), "c") {
		if err != nil {
			t.Errorf("the limit of an earlier run counts in this one: %v", err)
		}
		return
	}
	wantErr(t, err, handle.ErrTooManyDeadLetters)
}

func TestTheLogOfAFloodOfFailuresIsLimited(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(always(handle.SkipRecord), client{}, failing)
		for i := range 1000 {
			w.write(fmt.Sprint("bad", i))
		}
		n.run()
		after(11 * time.Second)
		w.write("bad")
		after(time.Second)
		if lines := strings.Count(n.logged(), "a record is skipped"); lines != 2 {
			t.Errorf("%d lines for 1001 failures", lines)
		}
		if !strings.Contains(n.logged(), "suppressed=999") {
			t.Errorf("the second line does not say how many were left out: %s", n.logged())
		}
	})
}

func TestAttemptsCount(t *testing.T) {
	bubble(t, func(w *world) {
		var mu sync.Mutex
		var attempts []int
		n := w.node(func(c *consume.Config) {
			c.Policy = func(f *handle.Failure) handle.Action {
				if f.Attempt < 3 {
					return handle.RetryRecord
				}
				return handle.SkipRecord
			}
		}, client{}, failing)
		n.inputs = func(in handle.Input) {
			mu.Lock()
			defer mu.Unlock()
			attempts = append(attempts, in.Attempt)
			if in.Origin.Topic != "t" || in.Origin.Group != "g" {
				t.Errorf("%+v", in.Origin)
			}
		}
		w.write("bad", "a")
		n.run()
		after(time.Minute)
		if got := fmt.Sprint(attempts); got != "[1 2 3 1]" {
			t.Errorf("attempts %s", got)
		}
	})
}
