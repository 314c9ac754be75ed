//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord"
)

func TestStatsSayWhatAConsumerDoes(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a", "poison", "again", "skip", "held", "b")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	policy := func(f concord.Failure) concord.Action {
		if f.Stage == concord.Handling && strings.Contains(f.Err.Error(), "skip") {
			return concord.SkipRecord
		}
		return concord.DefaultPolicy(1)(f)
	}
	c := pickyConsumer(t, bootstrap, nil, concord.WithPolicy(policy), concord.WithRetryPause(time.Millisecond, time.Millisecond), concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	if d := cmp.Diff(concord.ConsumerStats{Pauses: map[concord.PauseReason]uint64{}, Paused: map[concord.PauseReason]int{}}, c.Stats()); d != "" {
		t.Errorf("of a new consumer (-want +got):\n%s", d)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	failed := false
	err := c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
		switch m.Value {
		case "again":
			if !failed {
				failed = true
				return errors.New("once")
			}
		case "skip":
			return errors.New("skip it")
		case "held":
			if s := c.Stats(); s.Partitions != 3 || s.InFlight < 1 || s.InFlightBytes < len("heldheld") {
				t.Errorf("while a record is in hand: %+v", s)
			}
		case "b":
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := c.Stats()
	if s.Rebalances == 0 {
		t.Error("no rebalance")
	}
	s.Rebalances = 0
	want := concord.ConsumerStats{
		Handled: 4, Retried: 1, DeadLetters: 1, Skipped: 1,
		Pauses: map[concord.PauseReason]uint64{concord.RetryPause: 1}, Paused: map[concord.PauseReason]int{},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if concord.RetryPause.String() != "retry pause" || concord.PauseReason(99).String() != "unknown" {
		t.Error("the reasons' names")
	}
}

type contextKey struct{}

func TestInterceptorsStandAroundEachRecord(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b")
	var mu sync.Mutex
	var log []string
	note := func(format string, args ...any) {
		mu.Lock()
		log = append(log, fmt.Sprintf(format, args...))
		mu.Unlock()
	}
	around := func(name string) concord.HandleInterceptor {
		return func(ctx context.Context, r concord.Record, next func(context.Context) error) error {
			note("%s %s@%d %s %d", name, r.Topic, r.Offset, r.Key, r.Size)
			err := next(context.WithValue(ctx, contextKey{}, name))
			note("%s %v", name, err)
			return err
		}
	}
	var tries atomic.Int32
	c := consumerWith(t, bootstrap, "g", concord.WithHandleInterceptor(around("outer"), around("inner")), concord.WithPolicy(concord.DefaultPolicy(1)), concord.WithRetryPause(0, 0))
	err := c.Run(testContext(t), []string{"t"}, func(ctx context.Context, m *texts) error {
		note("handle %s under %v", m.Value, ctx.Value(contextKey{}))
		if m.Value == "b" && tries.Add(1) == 2 {
			return concord.Permanent(errors.New("end"))
		} else if m.Value == "b" {
			return errors.New("not yet")
		}
		return nil
	})
	const failed = "concord: t[0]@1: handling: end"
	if err == nil || err.Error() != failed {
		t.Errorf("got %v", err)
	}
	want := []string{
		"outer t@0 a 2", "inner t@0 a 2", "handle a under inner", "inner <nil>", "outer <nil>",
		"outer t@1 b 2", "inner t@1 b 2", "handle b under inner", "handle b under inner", "inner " + failed, "outer " + failed,
	}
	if !slices.Equal(log, want) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, log))
	}
}

func TestInterceptorsSeeEachMessageAndItsResult(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var mu sync.Mutex
	var log []string
	note := func(format string, args ...any) {
		mu.Lock()
		log = append(log, fmt.Sprintf(format, args...))
		mu.Unlock()
	}
	around := func(name string) concord.ProduceInterceptor {
		return func(_ context.Context, m *concord.Outgoing) func(concord.Delivery, error) {
			m.Headers = append(m.Headers, concord.Header{Key: name, Value: []byte(m.Topic)})
			return func(d concord.Delivery, err error) { note("%s %d %v", name, d.Offset, err != nil) }
		}
	}
	silent := func(context.Context, *concord.Outgoing) func(concord.Delivery, error) { return nil }
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet, concord.WithProduceInterceptor(around("first"), silent, around("second")))
	if err != nil {
		t.Fatal(err)
	}
	own := make([]concord.Header, 1, 8)
	own[0] = concord.Header{Key: "own"}
	zero := int32(0)
	m := texts{Topic: "t", Key: "k", Value: "v", Headers: own, ToPartition: &zero}
	if _, err := p.Produce(testContext(t), m); err != nil {
		t.Fatal(err)
	}
	if err := p.ProduceAsync(testContext(t), m, func(concord.Delivery, error) { note("callback") }); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := p.ProduceAsync(testContext(t), texts{Topic: "no topic"}, nil); err == nil {
		t.Error("no error")
	}
	if err := p.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	want := []string{"second 0 false", "first 0 false", "second 1 false", "first 1 false", "callback", "second 0 true", "first 0 true"}
	if d := cmp.Diff(want, log); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for m, err := range newConsumer(t, bootstrap, "g", concord.String(), concord.String()).Messages(testContext(t), "t") {
		if err != nil || fmt.Sprint(m.Headers) != fmt.Sprint([]concord.Header{{Key: "own"}, {Key: "first", Value: []byte("t")}, {Key: "second", Value: []byte("t")}}) {
			t.Errorf("%v, %v", m, err)
		}
		break
	}
	if spare := own[:2]; spare[1].Key != "" {
		t.Error("the caller's headers were written to")
	}
}
