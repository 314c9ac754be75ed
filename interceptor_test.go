//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/concord-go/concord"
)

// shortened gives handlers a context that ends soon.
func shortened(ctx context.Context, _ concord.Record, next func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	return next(ctx)
}

func TestARecordWhoseInterceptorsTimeoutHasPassedIsAFailure(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a", "slow", "b", "c")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := consumerWith(t, bootstrap, "g", concord.WithHandleInterceptor(shortened), concord.WithPolicy(concord.DefaultPolicy(2)),
		concord.WithRetryPause(40*time.Millisecond, 40*time.Millisecond), concord.WithStopAtEnd(), concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(ctx context.Context, m *texts) error {
		got = append(got, fmt.Sprint(m.Value, m.Attempt))
		if m.Value == "slow" {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	})
	if want := "[a1 slow1 slow2 slow3 b1 c1]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("handled %v, %v; want %s", got, err, want)
	}
	if s := c.Stats(); s.DeadLetters != 1 || s.Handled != 3 || s.Retried != 2 {
		t.Errorf("%+v", s)
	}
	if found := deadLetters(t, bootstrap, "t.dead"); len(found) != 1 || string(found[0].Value) != "slow" {
		t.Errorf("%d dead letters", len(found))
	}
}

// The wait of a retry topic is longer than the handler's time.
func TestAnInterceptorsTimeoutDoesNotBoundTheWaitOfARetryTopic(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon")
	produce(t, bootstrap, "t", "a", "b")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := consumerWith(t, bootstrap, "g", concord.WithHandleInterceptor(shortened), concord.WithStopAtEnd(),
		concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 200 * time.Millisecond}))
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(ctx context.Context, m *texts) error {
		if m.RetryTopics == 0 && m.Value == "a" {
			<-ctx.Done()
			return ctx.Err()
		}
		if m.RetryTopics == 1 {
			got = append(got, m.Value)
		}
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[a]" {
		t.Errorf("from the retry topic %v, %v", got, err)
	}
}

func TestAnInterceptorsErrorEndsTheRunOnlyWhereTheHandlerSucceeded(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b")
	refused := errors.New("refused by the interceptor")
	c := consumerWith(t, bootstrap, "g", concord.WithHandleInterceptor(func(ctx context.Context, r concord.Record, next func(context.Context) error) error {
		if err := next(ctx); err != nil {
			return nil // which changes nothing
		}
		if r.Offset == 1 {
			return refused
		}
		return nil
	}), concord.WithPolicy(concord.DefaultPolicy(5)), concord.WithRetryPause(0, 0))
	failures := 0
	err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error {
		if failures++; failures == 1 {
			return errors.New("again")
		}
		return nil
	})
	if e, ok := errors.AsType[*concord.RecordError](err); !ok || !errors.Is(err, refused) || e.Offset != 1 || failures != 3 {
		t.Errorf("%d attempts, %v", failures, err)
	}
}
