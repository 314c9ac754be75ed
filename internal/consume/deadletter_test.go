package consume_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/reroute"
)

var dead0 = tp{Topic: "dead", Partition: 0}

func TestDeadLettersArePipelined(t *testing.T) {
	for _, order := range []consume.Order{consume.InOrder, consume.ByKey} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			bubble(t, func(w *world) {
				c := func(c *consume.Config) {
					withDead(handle.ToDeadLetters)(w, c)
					c.Order = order
					c.DeadLetters.Sink = w.sink(0)
				}
				w.sink(100 * time.Millisecond)
				for i := range 64 {
					w.write(fmt.Sprint("k=bad", i))
				}
				n := w.node(c, client{}, failing).run()
				after(250 * time.Millisecond)
				if s := n.engine.Snapshot(); s.DeadLetters != 64 {
					t.Errorf("%d dead letters after two latencies", s.DeadLetters)
				}
				if err := n.stop(); err != nil {
					t.Error(err)
				}
				w.wantCommitted(t0, 64)
				if got := strings.Fields(w.values(dead0)); len(got) != 64 || got[0] != "bad0" || got[63] != "bad63" {
					t.Errorf("dead letters %v", got)
				}
			})
		})
	}
}

func TestAPartitionWaitsForDeadLettersThatAreUnavailableAndKeepsItsOrder(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { withDead(handle.ToDeadLetters)(w, c) }, client{BatchMax: 1}, failing)
		w.f.TopicOutage("dead", true)
		w.write("a", "bad1", "bad2", "b")
		n.run()
		after(30 * time.Second)
		if s := n.engine.Snapshot(); s.Paused[handle.DeadLettersUnavailable] != 1 || s.DeadLetters != 0 {
			t.Errorf("%+v", s)
		}
		w.wantCommitted(t0, 1)
		w.writeTo(t1, "c")
		after(time.Second)
		if !strings.Contains(n.handled(), "c") {
			t.Error("the other partition waits, too")
		}
		w.f.TopicOutage("dead", false)
		after(30 * time.Second)
		w.wantCommitted(t0, 4)
		if got := w.values(dead0); got != "bad1 bad2" {
			t.Errorf("dead letters [%s]", got)
		}
		if s := n.engine.Snapshot(); s.Paused[handle.DeadLettersUnavailable] != 0 || s.DeadLetters != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestADeadLetterThatIsTooLargeLosesItsHeadersThenItsValueThenThePolicyIsAsked(t *testing.T) {
	for name, test := range map[string]struct {
		refuse  func(*kafkaclient.Record) bool
		value   string
		headers bool
		asked   int
	}{
		"headers":    {func(r *kafkaclient.Record) bool { return hasHeader(r, "own") }, "bad", false, 0},
		"value":      {func(r *kafkaclient.Record) bool { return len(r.Value) > 0 }, "", false, 0},
		"everything": {func(r *kafkaclient.Record) bool { return true }, "", false, 1},
	} {
		for _, byClient := range []bool{false, true} {
			t.Run(fmt.Sprint(name, byClient), func(t *testing.T) {
				bubble(t, func(w *world) {
					asked := 0
					n := w.node(func(c *consume.Config) {
						withDead(0)(w, c)
						c.Policy = func(f *handle.Failure) handle.Action {
							if f.Stage == handle.Sending {
								asked++
								return handle.SkipRecord
							}
							return handle.ToDeadLetters
						}
					}, client{}, failing)
					refuse := func(r *kafkaclient.Record) *kafkaclient.Error {
						if test.refuse(r) {
							return clienttest.NewError(kafkaclient.MessageRefused)
						}
						return nil
					}
					if byClient {
						w.f.Reject(refuse)
					} else {
						w.f.Refuse(refuse)
					}
					w.f.Append("t", 0, kafkaclient.Record{Value: []byte("bad"), Headers: []kafkaclient.Header{{Key: "own", Value: []byte("x")}}})
					w.write("b")
					n.run()
					after(10 * time.Second)
					w.wantCommitted(t0, 2)
					records := w.f.Records("dead", 0)
					if asked != test.asked || len(records) != 1-test.asked {
						t.Fatalf("the policy was asked %d times, and there are %d dead letters", asked, len(records))
					}
					if len(records) == 1 && (string(records[0].Value) != test.value || hasHeader(&records[0], "own")) {
						t.Errorf("%+v", records[0])
					}
					if len(records) == 1 {
						if d, ok := reroute.ParseDeadLetter(records[0].Headers); !ok || d.Origin.Topic != "t" {
							t.Errorf("no reference: %+v", records[0].Headers)
						}
					}
				})
			})
		}
	}
}

func hasHeader(r *kafkaclient.Record, key string) bool {
	for _, h := range r.Headers {
		if h.Key == key {
			return true
		}
	}
	return false
}

func TestARecordThatCanNeverBeRepublishedEndsTheRunWhereThePolicySaysSo(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(func(c *consume.Config) { withDead(handle.ToDeadLetters)(w, c) }, client{}, failing)
		w.f.Refuse(func(*kafkaclient.Record) *kafkaclient.Error { return clienttest.NewError(kafkaclient.MessageRefused) })
		w.write("a", "bad", "c")
		err := n.run().wait()
		if f, ok := err.(*handle.Failure); !ok || f.Stage != handle.Sending || f.Offset != 1 {
			t.Errorf("Run: %v", err)
		}
		w.wantCommitted(t0, 1)
	})
}

func TestADeadLetterTopicThatCannotBeRightEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		topic func(string) string
		want  string
	}{
		"the source":      {func(source string) string { return source }, "the topic that it was read from"},
		"an invalid name": {func(source string) string { return source + "/dead letters" }, "an invalid name"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(config *consume.Config) {
					withDead(handle.ToDeadLetters)(w, config)
					config.DeadLetters.Topic = c.topic
				}, client{}, failing)
				w.write("bad")
				err := n.run().wait()
				if f, ok := err.(*handle.Failure); !ok || f.Offset != 0 || !strings.Contains(f.Error(), c.want) {
					t.Errorf("the run ended with %v, want %q in it", err, c.want)
				}
			})
		})
	}
}

func retryTopics(w *world) func(*consume.Config) {
	w.f.CreateTopic("t.1m", 2)
	w.f.CreateTopic("t.1h", 2)
	return func(c *consume.Config) {
		withDead(handle.ToRetryTopic)(w, c)
		c.Retries = &handle.Retries{Topics: reroute.Retries{{Suffix: ".1m", Delay: time.Minute}, {Suffix: ".1h", Delay: time.Hour}}, Sink: w.sink(0)}
	}
}

func TestARecordGoesThroughTheRetryTopicsWhenItIsDueThenToTheDeadLetters(t *testing.T) {
	bubble(t, func(w *world) {
		began := time.Now()
		var at []string
		n := w.node(retryTopics(w), client{}, failing)
		n.inputs = func(in handle.Input) {
			at = append(at, fmt.Sprint(time.Since(began).Round(time.Minute), " ", in.Attempt, " ", in.Origin.Topic, in.Origin.Offset))
		}
		w.write("bad")
		n.run()
		after(2 * time.Hour)
		if got, want := strings.Join(at, ", "), "0s 1 t0, 1m0s 2 t0, 1h1m0s 3 t0"; got != want {
			t.Errorf("handled at %s, want %s", got, want)
		}
		if got := w.values(dead0); got != "bad" {
			t.Errorf("dead letters [%s]", got)
		}
		s := n.engine.Snapshot()
		if s.Delayed != 2 || s.DeadLetters != 1 || s.Pauses[handle.NotYetDue] != 2 {
			t.Errorf("%+v", s)
		}
		for _, of := range []tp{t0, {Topic: "t.1m"}, {Topic: "t.1h"}} {
			w.wantCommitted(of, 1)
		}
	})
}

func TestInARetryTopicForeignRecordsArePassedOverAndPlainOnesAreHandledAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		other := w.node(func(c *consume.Config) { retryTopics(w)(c); c.Group = "other" }, client{Group: "other"}, failing)
		w.write("bad1")
		other.run()
		after(time.Second)
		if err := other.stop(); err != nil {
			t.Fatal(err)
		}
		w.f.SetCommitted("g", clienttest.At("t", 0, 1))
		w.writeTo(tp{Topic: "t.1m", Partition: 0}, "good", "bad2")
		n := w.node(retryTopics(w), client{}, failing).run()
		after(30 * time.Second)
		n.wantHandled("good bad2")
		if s := n.engine.Snapshot(); s.Foreign != 1 || s.DeadLetters != 1 || s.Delayed != 0 {
			t.Errorf("%+v", s)
		}
		w.wantCommitted(tp{Topic: "t.1m"}, 3)
		if got := w.values(dead0); got != "bad2" {
			t.Errorf("dead letters [%s]", got)
		}
	})
}

func TestARetryThatIsRefusedBecomesADeadLetter(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(retryTopics(w), client{}, failing)
		w.f.Refuse(func(r *kafkaclient.Record) *kafkaclient.Error {
			if r.Topic != "dead" {
				return clienttest.NewError(kafkaclient.MessageRefused)
			}
			return nil
		})
		w.write("bad", "a")
		n.run()
		after(10 * time.Second)
		w.wantCommitted(t0, 2)
		if got := w.values(dead0); got != "bad" {
			t.Errorf("dead letters [%s]", got)
		}
	})
}

func TestStoppingDoesNotWaitForARetryThatIsNotDue(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(retryTopics(w), client{}, failing)
		w.write("bad")
		n.run()
		after(10 * time.Second)
		began := time.Now()
		if err := n.stop(); err != nil || time.Since(began) > 100*time.Millisecond {
			t.Errorf("Run: %v after %v", err, time.Since(began))
		}
		w.wantCommitted(tp{Topic: "t.1m"}, -1)
	})
}

func TestAnInterceptorsTimeoutGoesToThePolicyAndDoesNotCutRepublishing(t *testing.T) {
	bubble(t, func(w *world) {
		w.sink(time.Second) // slower than the interceptor allows
		n := w.node(func(c *consume.Config) {
			withDead(handle.ToDeadLetters)(w, c)
			c.Intercept = func(ctx context.Context, _ *kafkaclient.Record, next func(context.Context) error) error {
				ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
				return next(ctx)
			}
		}, client{}, func(ctx context.Context, v string) error {
			if v == "slow" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		w.write("a", "slow", "b")
		n.run()
		after(10 * time.Second)
		n.wantHandled("a slow b")
		w.wantCommitted(t0, 3)
		if got := w.values(dead0); got != "slow" {
			t.Errorf("dead letters [%s]", got)
		}
	})
}

func TestInterceptors(t *testing.T) {
	type next = func(context.Context) error
	errOwn := fmt.Errorf("the interceptor's own")
	for name, test := range map[string]struct {
		intercept func(ctx context.Context, next next) error
		handled   string
		commits   int64
		fails     error
	}{
		"swallowing the error does not hide it": {func(ctx context.Context, next next) error { _ = next(ctx); return nil }, "bad", -1, errBad},
		"not calling next skips the record":     {func(context.Context, next) error { return nil }, "", 2, nil},
		"an error of its own ends the run":      {func(context.Context, next) error { return errOwn }, "", -1, errOwn},
		"calling next twice handles once":       {func(ctx context.Context, next next) error { _ = next(ctx); return next(ctx) }, "bad", -1, errBad},
		"an error after success ends the run": {func(ctx context.Context, next next) error {
			if err := next(context.WithValue(ctx, key{}, true)); err != nil {
				return err
			}
			return errOwn
		}, "bad", -1, errOwn},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) {
					c.Intercept = func(ctx context.Context, _ *kafkaclient.Record, next func(context.Context) error) error {
						return test.intercept(ctx, next)
					}
				}, client{}, func(ctx context.Context, v string) error {
					if ctx.Value(key{}) != nil {
						return nil
					}
					return failing(ctx, v)
				})
				w.write("bad", "c")
				n.run()
				after(10 * time.Second)
				wantErr(t, n.stop(), test.fails)
				n.wantHandled(test.handled)
				w.wantCommitted(t0, test.commits)
			})
		})
	}
}

type key struct{}
