//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

func TestARecordThatFailsIsTriedAgainInItsTimeAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "t.later", "t.dead")
	produce(t, bootstrap, "t", "bad", "good", "mended")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := pickyConsumer(t, bootstrap, nil,
		concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 200 * time.Millisecond}, concord.RetryTopic{Suffix: ".later", Delay: 400 * time.Millisecond}),
		concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")))
	var mu sync.Mutex
	var got []string
	first := make(map[string]time.Time)
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%s %d", m.Value, m.RetryTopics))
			if m.Topic != "t" || len(m.Headers) != 0 {
				t.Errorf("%s comes from %s[%d]@%d with %d headers, want it as it was", m.Value, m.Topic, m.Partition, m.Offset, len(m.Headers))
			}
			if want := map[string]int64{"bad": 0, "good": 1, "mended": 2}[m.Value]; m.Offset != want {
				t.Errorf("%s at offset %d, want %d", m.Value, m.Offset, want)
			}
			if m.RetryTopics == 0 {
				first[m.Value] = time.Now()
			} else if waited := time.Since(first[m.Value]); waited < []time.Duration{0, 195 * time.Millisecond, 590 * time.Millisecond}[m.RetryTopics] {
				t.Errorf("%s comes again after %v", m.Value, waited)
			}
			switch {
			case m.Value == "bad" && m.RetryTopics == 2:
				fallthrough
			case m.Value == "bad", m.Value == "mended" && m.RetryTopics == 0:
				return errors.New("not yet")
			}
			return nil
		})
	})
	run.await("all outcomes", func() bool { s := c.Stats(); return s.DeadLetters == 1 && s.Handled == 2 && s.InFlight == 0 })
	err := run.end()
	if err != nil {
		t.Fatal(err)
	}
	if want := "[bad 0 good 0 mended 0 bad 1 mended 1 bad 2]"; fmt.Sprint(got) != want {
		t.Errorf("handled %v, want %s", got, want)
	}
	if s := c.Stats(); s.Delayed != 3 || s.DeadLetters != 1 || s.Handled != 2 || s.Pauses[concord.NotYetDue] == 0 {
		t.Errorf("%+v", s)
	}
	letters := consumerWith(t, bootstrap, "letters", concord.WithStopAtEnd())
	n := 0
	for m, err := range letters.Messages(testContext(t), "t.dead") {
		if err != nil {
			t.Fatal(err)
		}
		n++
		d, ok := concord.ParseDeadLetter(m.Headers)
		from, own := d.Origin, d.Headers
		if !ok || from != (concord.Origin{Topic: "t", Partition: 0, Offset: 0, Group: "g"}) || len(own) != 0 || m.Value != "bad" {
			t.Errorf("the dead letter %q comes from %+v with %d headers of its own: want its first place, and none", m.Value, from, len(own))
		}
		for _, h := range m.Headers {
			if h.Key == "__dlq.errors.delivery.count" && string(h.Value) != "3" {
				t.Errorf("delivered %s times, want 3", h.Value)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d dead letters, want 1", n)
	}
}

func TestARunThatEndsLeavesWhatIsNotDue(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.later")
	produce(t, bootstrap, "t", "a")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	run := func(delay time.Duration, handler concord.Handler[string, string], end func(concord.ConsumerStats) bool) {
		c := pickyConsumer(t, bootstrap, nil, concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".later", Delay: delay}), concord.InKeyOrder(1))
		ctx, cancel := context.WithCancel(testContext(t))
		go func() {
			defer cancel()
			for ctx.Err() == nil && !end(c.Stats()) {
				time.Sleep(10 * time.Millisecond)
			}
		}()
		if err := c.Run(ctx, []string{"t"}, handler); err != nil {
			t.Error(err)
		}
		if err := c.Close(testContext(t)); err != nil {
			t.Error(err)
		}
	}
	run(time.Hour, func(context.Context, *texts) error { return errors.New("not yet") },
		func(s concord.ConsumerStats) bool { return s.Pauses[concord.NotYetDue] > 0 })
	// The delay counts, and not the header alone: this program has a shorter one.
	var got []string
	run(0, func(_ context.Context, m *texts) error {
		got = append(got, fmt.Sprintf("%s %d", m.Value, m.RetryTopics))
		return nil
	}, func(s concord.ConsumerStats) bool { return s.Handled > 0 })
	if fmt.Sprint(got) != "[a 1]" {
		t.Errorf("the next run handled %v", got)
	}
}

func TestRetryTopicsArePartOfATransaction(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "out")
	produce(t, bootstrap, "t", "a", "b")
	c, p := newTransformer(t, bootstrap, "id", concord.WithStopAtEnd(), concord.WithRetryTopics(nil, concord.RetryTopic{Suffix: ".soon", Delay: 50 * time.Millisecond}))
	err := concord.Transform(testContext(t), c, p, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error {
		if err := send(texts{Topic: "out", Key: m.Key, Value: fmt.Sprint(m.Value, m.RetryTopics)}); err != nil {
			return err
		}
		if m.Value == "a" && m.RetryTopics == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, ms := range committed(t, bootstrap, "out") {
		for _, m := range ms {
			values = append(values, m.Value)
		}
	}
	slices.Sort(values)
	if fmt.Sprint(values) != "[a1 b0]" {
		t.Errorf("%v, want what was sent in tries that did not fail", values)
	}
}

func TestRetryTopicsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, topics := range map[string][]concord.RetryTopic{
		"none":               nil,
		"without a suffix":   {{Delay: time.Second}},
		"a negative delay":   {{Suffix: ".r", Delay: -1}},
		"twice the same":     {{Suffix: ".r"}, {Suffix: ".r"}},
		"one within another": {{Suffix: ".r"}, {Suffix: ".x.r"}},
	} {
		_, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": "localhost:1", "group.id": "g", "auto.offset.reset": "earliest"},
			concord.String(), concord.String(), quiet, concord.WithRetryTopics(nil, topics...))
		if _, ok := errors.AsType[*concord.ConfigError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
