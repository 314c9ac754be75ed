//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/concord-go/concord"
)

// The policy is not asked about a loop that is left.
func TestABreakIsNoFailureOfItsRecord(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]concord.Action{
		"dead letters": concord.ToDeadLetters, "skip": concord.SkipRecord, "retry": concord.RetryRecord, "recovery": concord.AwaitRecovery, "retry topic": concord.ToRetryTopic, "stop": concord.StopRun,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.soon", "t.dead")
			produce(t, bootstrap, "t", "a", "b", "c", "d", "e", "f")
			aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
			c := consumerWith(t, bootstrap, "g", concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")),
				concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: time.Hour}), concord.WithRetryPause(time.Hour, time.Hour),
				concord.WithPolicy(func(f concord.Failure) concord.Action {
					t.Errorf("the policy is asked about %v", f.Err)
					return action
				}))
			for m, err := range c.Messages(testContext(t), "t") {
				if err != nil {
					t.Fatal(err)
				}
				if m.Value == "b" {
					break
				}
			}
			if s := c.Stats(); s.Handled != 1 || s.DeadLetters+s.Skipped+s.Delayed+s.Retried != 0 {
				t.Errorf("%+v", s)
			}
			if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[b c d e f]" {
				t.Errorf("the next run reads %v, want [b c d e f]", got)
			}
		})
	}
}

func TestALoopThatIsLeftByAPanicRedeliversItsRecord(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b")
	c := consumerWith(t, bootstrap, "g", concord.WithPolicy(func(concord.Failure) concord.Action { return concord.SkipRecord }))
	func() {
		defer func() {
			if v := recover(); v != "of the loop" {
				t.Errorf("recovered %v", v)
			}
		}()
		for range c.Messages(testContext(t), "t") {
			panic("of the loop")
		}
	}()
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[a b]" {
		t.Errorf("the next run reads %v, want both", got)
	}
}

// Three partitions have a record ready at once, of which the loop sees one.
func TestRecordsThatALoopHasNotSeenWhenItsContextEndsAreNoFailures(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	fillNumbers(t, bootstrap, 9)
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := consumerWith(t, bootstrap, "g", concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")),
		concord.WithPolicy(func(concord.Failure) concord.Action { return concord.ToDeadLetters }))
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var seen []string
	for m, err := range c.Messages(ctx, "t") {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, m.Value); len(seen) == 1 {
			await(t, ctx, "the other partitions", func() bool { return c.Stats().InFlight == 9 })
		}
		cancel()
	}
	if s := c.Stats(); int(s.Handled) != len(seen) || s.DeadLetters != 0 {
		t.Errorf("the loop saw %d: %+v", len(seen), s)
	}
	all := append(seen, readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))...)
	slices.Sort(all)
	if got := fmt.Sprint(all); got != "[0 1 2 3 4 5 6 7 8]" {
		t.Errorf("the loop and the next run have %v, want each record once", got)
	}
}

func TestALoopsErrorIsTheLastThingThatComes(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "poison", "b")
	var got []string
	for m, err := range pickyConsumer(t, bootstrap, nil).Messages(testContext(t), "t") {
		if err != nil {
			if e, ok := errors.AsType[*concord.RecordError](err); m != nil || !ok || e.Offset != 1 {
				t.Errorf("%v, %v", m, err)
			}
			got = append(got, "error")
			continue
		}
		got = append(got, m.Value)
	}
	if fmt.Sprint(got) != "[a error]" {
		t.Errorf("got %v", got)
	}
}

// The records of other partitions wait for their turn longer than an interceptor's timeout.
func TestAnInterceptorsTimeoutDoesNotEndALoop(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	fillNumbers(t, bootstrap, 9)
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.WithHandleInterceptor(shortened))
	n := 0
	for _, err := range c.Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			time.Sleep(300 * time.Millisecond) // the timeout passes meanwhile
		}
	}
	if n != 9 {
		t.Errorf("the loop saw %d records of 9, and no error", n)
	}
}

func TestAPanicOfARunComesToTheLoop(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	c := consumerWith(t, bootstrap, "g", concord.WithHandleInterceptor(func(context.Context, concord.Record, func(context.Context) error) error {
		panic("of an interceptor")
	}))
	defer func() {
		if v := recover(); v == nil {
			t.Error("no panic")
		}
		if err := c.Close(testContext(t)); err != nil {
			t.Error(err)
		}
	}()
	for _, err := range c.Messages(testContext(t), "t") {
		t.Errorf("something comes: %v", err)
	}
}
