package transact_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/reroute"
)

var errBad = errors.New("bad")

func failing(_ context.Context, value string) error {
	if strings.HasPrefix(value, "bad") {
		return errBad
	}
	return nil
}

func actions(handling, sending handle.Action) func(*consume.Config) {
	return func(c *consume.Config) {
		c.Policy = func(f *handle.Failure) handle.Action {
			if f.Stage == handle.Sending {
				return sending
			}
			return handling
		}
		c.Backoff = backoff.Policy{Base: 10 * time.Millisecond, Max: time.Second}
	}
}

func TestWhatAFailedAttemptMadeIsDropped(t *testing.T) {
	bubble(t, func(c *consume.Config) {
		c.Policy = func(f *handle.Failure) handle.Action {
			if f.Attempt < 3 {
				return handle.RetryRecord
			}
			return handle.ToDeadLetters
		}
	}, func(w *world) {
		w.handle = failing
		w.write("a", "bad", "b")
		w.run()
		after(time.Minute)
		w.want("a b", 3)
		if got := w.out("dead"); got != "bad" {
			t.Errorf("dead letters [%s]", got)
		}
		if s := w.counts(); s.DeadLetters != 1 || s.Retried != 2 || s.Handled != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAPanicOfAnInterceptorDropsWhatWasMade(t *testing.T) {
	bubble(t, func(c *consume.Config) {
		c.Intercept = func(ctx context.Context, _ *kafkaclient.Record, next func(context.Context) error) error {
			_ = next(ctx)
			panic("an interceptor's")
		}
	}, func(w *world) {
		w.write("a")
		w.cancel, w.done = func() {}, make(chan error, 1)
		go func() {
			defer func() { w.done <- fmt.Errorf("%v", recover()) }()
			_ = w.transform(context.Background())
		}()
		if err := w.wait(); !strings.Contains(err.Error(), "an interceptor's") {
			t.Errorf("Run: %v", err)
		}
		w.want("", -1)
	})
}

func TestALostPartitionsOutputsAreDroppedAndWrittenByItsNextOwner(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.run()
		after(time.Second)
		w.f.FailNext(clienttest.OpAddOffsets, 3, needsAbort(kafkaclient.Other)) // the transaction is tried for a while
		w.write("a", "b")
		after(150 * time.Millisecond)
		w.f.Kick(w.client)
		after(time.Minute)
		w.want("a b", 2)
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestARunThatIsNoMemberAnyMoreEndsAtOnceAndWithoutAnError(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.run()
		after(time.Second)
		w.f.FailNext(clienttest.OpAddOffsets, 100, needsAbort(kafkaclient.NotMember))
		w.write("a")
		after(time.Second)
		began := time.Now()
		if err := w.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if d := time.Since(began); d > 16*time.Second {
			t.Errorf("it took %v", d)
		}
		w.want("", -1)
	})
}

func TestARevokedPartitionIsCommittedWhileOthersKeepMakingOutputs(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.f.CreateTopic("t", 2)
		w.handle = func(context.Context, string) error { time.Sleep(20 * time.Millisecond); return nil }
		w.f.Delay(clienttest.OpCommitTxn, 50*time.Millisecond) // there is more after each transaction
		w.client.Script(clienttest.Assign(t0, tp{Topic: "t", Partition: 1}))
		w.write("a")
		for range 1000 {
			w.f.Append("t", 1, kafkaclient.Record{Value: []byte("x")})
		}
		w.run()
		after(time.Second)
		began := time.Now()
		w.client.Script(clienttest.Revoke(t0))
		for w.counts().Rebalances < 2 || w.counts().Partitions != 1 {
			time.Sleep(time.Millisecond)
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("the revocation took %v", d)
		}
		if at, _ := w.f.Committed("g", t0); at != 1 {
			t.Errorf("committed to %d", at)
		}
	})
}

func TestPartitionsAssignedByHandAreCommitted(t *testing.T) {
	bubble(t, func(c *consume.Config) { c.Partitions = []int32{0} }, func(w *world) {
		w.write("a", "b")
		w.run()
		after(time.Second)
		w.want("a b", 2)
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestAStartPositionIsCommittedInATransaction(t *testing.T) {
	bubble(t, func(c *consume.Config) {
		c.Starts = consume.Starts{All: true, Place: kafkaclient.Place{End: true}}
	}, func(w *world) {
		w.write("a", "b")
		w.run()
		after(time.Second)
		w.want("", 2)
		if err := w.engine.Seek(context.Background(), consume.Starts{Offsets: map[tp]int64{t0: 1}}); err != nil {
			t.Error(err)
		}
		after(time.Second)
		w.want("b", 2)
		w.f.Rebalance("g")
		after(time.Second)
		w.want("b", 2)
	})
}

func refuse(w *world, topic, prefix string) {
	w.f.Refuse(func(r *kafkaclient.Record) *kafkaclient.Error {
		if r.Topic == topic && strings.HasPrefix(string(r.Value), prefix) {
			return clienttest.NewError(kafkaclient.MessageRefused)
		}
		return nil
	})
}

func TestAMessageThatIsRefusedIsFoundAndThePolicyIsAsked(t *testing.T) {
	for name, test := range map[string]struct {
		action    handle.Action
		out, dead string
		committed int64
		fails     bool
	}{
		"dead letter": {handle.ToDeadLetters, "a b c", "huge", 4, false},
		"skip":        {handle.SkipRecord, "a b c", "", 4, false},
		"stop":        {handle.StopRun, "a b", "", 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, actions(handle.StopRun, test.action), func(w *world) {
				refuse(w, "out", "huge")
				w.write("a", "b", "huge", "c")
				w.run()
				after(time.Minute)
				err := w.stop()
				if f, ok := errors.AsType[*handle.Failure](err); ok != test.fails || ok && (f.Offset != 2 || f.Stage != handle.Sending) {
					t.Errorf("Run: %v", err)
				}
				if test.fails {
					if got := w.out("out"); !strings.HasPrefix(test.out, got) {
						t.Errorf("written [%s]", got)
					}
					return
				}
				w.want(test.out, test.committed)
				if got := w.out("dead"); got != test.dead {
					t.Errorf("dead letters [%s]", got)
				}
			})
		})
	}
}

// A transaction with a message that is refused is written again in halves.
func TestOneRefusedMessageAmongManyCostsFewTransactions(t *testing.T) {
	bubble(t, actions(handle.StopRun, handle.ToDeadLetters), func(w *world) {
		refuse(w, "out", "huge")
		for i := range 500 {
			w.write(fmt.Sprint("r", i))
			if i == 300 {
				w.write("huge")
			}
		}
		w.run()
		after(time.Minute)
		if got := strings.Fields(w.out("out")); len(got) != 500 || got[0] != "r0" || got[499] != "r499" {
			t.Errorf("%d are written", len(got))
		}
		if got := w.out("dead"); got != "huge" {
			t.Errorf("dead letters [%s]", got)
		}
		if s := w.counts(); s.Aborted > 20 || s.Transactions > 40 {
			t.Errorf("%d transactions, and %d were aborted", s.Transactions, s.Aborted)
		}
	})
}

func TestADeadLetterThatIsRefusedIsReduced(t *testing.T) {
	bubble(t, actions(handle.ToDeadLetters, handle.StopRun), func(w *world) {
		w.handle = failing
		refuse(w, "dead", "bad")
		w.write("a", "bad", "b")
		w.run()
		after(time.Minute)
		w.want("a b", 3)
		records := w.f.Records("dead", 0)
		if len(records) != 1 || len(records[0].Value) != 0 {
			t.Fatalf("%d dead letters", len(records))
		}
		if d, ok := reroute.ParseDeadLetter(records[0].Headers); !ok || d.Origin.Offset != 1 {
			t.Errorf("%+v", records[0].Headers)
		}
	})
}

func TestRetryTopicsWithinTransactions(t *testing.T) {
	bubble(t, func(c *consume.Config) {
		actions(handle.ToRetryTopic, handle.StopRun)(c)
		c.Retries = &handle.Retries{Topics: reroute.Retries{{Suffix: ".1m", Delay: time.Minute}}}
	}, func(w *world) {
		w.f.CreateTopic("t.1m", 1)
		w.handle = failing
		w.write("a", "bad", "b")
		w.run()
		after(2 * time.Minute)
		w.want("a b", 3)
		if got := w.out("dead"); got != "bad" {
			t.Errorf("dead letters [%s]", got)
		}
		if s := w.counts(); s.Delayed != 1 || s.DeadLetters != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestARunThatEndsDuringAnOutageReturnsInTimeAndTheNextOneGoesOn(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.write("a")
		w.run()
		after(time.Second)
		w.f.Outage(true)
		w.write("b")
		w.f.Outage(false)
		after(90 * time.Millisecond)
		w.f.Outage(true)
		began := time.Now()
		err := w.stop()
		if d := time.Since(began); d > 60*time.Second {
			t.Errorf("it took %v", d)
		}
		w.f.Outage(false)
		t.Logf("Run: %v", err)
		w.run()
		after(time.Minute)
		w.want("a b", 2)
	})
}
