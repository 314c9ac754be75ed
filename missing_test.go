//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// With the defaults: a topic that is created later must not wait for the 5 minutes of a client's metadata.
func TestATopicThatIsCreatedLaterIsReadSoon(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	var book logBook
	c := consumerWith(t, bootstrap, "g", book.option(slog.LevelInfo))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t", "later"}, func(context.Context, *texts) error { return nil })
	})
	const line = "a topic does not exist (yet): waiting for it"
	run.await("the log line", func() bool { return len(book.lines(t, line)) > 0 })
	if first := book.lines(t, line)[0]; first["topic"] != "later" || first["level"] != "WARN" {
		t.Errorf("%v", first)
	}
	run.await("the topic that exists", func() bool { return c.Stats().Partitions == 3 && c.Ready() == nil })
	if err := cluster.CreateTopic("later", 3, nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	produce(t, bootstrap, "later", "a")
	run.await("its record", func() bool { return c.Stats().Handled == 1 })
	t.Logf("after %v", time.Since(began))
	if err := run.end(); err != nil {
		t.Error(err)
	}
}

func TestAMissingTopicEndsTheRunWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	for name, option := range map[string]concord.ConsumerOption{"Fail": concord.WithMissingTopics(concord.Fail), "by hand": concord.WithManualAssignment(0)} {
		// How long a client waits for a topic that may be about to be created.
		c := memberOf(t, bootstrap, name, kafka.ConfigMap{"topic.metadata.propagation.max.ms": 1000}, option)
		defer closeNow(t, c)
		err := c.Run(testContext(t), []string{"nowhere"}, func(context.Context, *texts) error { return nil })
		e, ok := errors.AsType[*concord.ConsumeError](err)
		if !ok || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Topic != "nowhere" || strings.Count(err.Error(), "concord: ") != 1 {
			t.Errorf("%s: %+v", name, e)
		}
		if ke, ok := errors.AsType[*concord.KafkaError](err); !ok || !strings.HasPrefix(ke.Name, "UNKNOWN_") && !strings.Contains(ke.Name, "UNKNOWN") {
			t.Errorf("%s: %+v, want the KafkaError", name, ke)
		}
		if _, ok := errors.AsType[kafka.Error](err); !ok {
			t.Errorf("%s: %v, want a kafka.Error in it", name, err)
		}
	}
}

// Nine of ten of a thousand.
func TestTheLimitOfDeadLettersThatIsOnByDefaultPausesAndSaysHowToChangeIt(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range 1100 {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Value: fmt.Sprint("poison ", i), ToPartition: new(int32)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var book logBook
	c := pickyConsumer(t, bootstrap, nil, book.option(slog.LevelInfo), concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	})
	run.await("the pause", func() bool { return c.Stats().Paused[concord.TooManyDeadLetters] == 1 })
	if err := run.end(); err != nil {
		t.Errorf("a run that pauses and is asked to end returned %v", err)
	}
	if s := c.Stats(); s.DeadLetters != 1000 || s.Handled != 0 {
		t.Errorf("%+v, want 1000 dead letters", s)
	}
	var said bool
	for line := range strings.Lines(book.String()) {
		said = said || strings.Contains(line, "WithDeadLetterLimit") && strings.Contains(line, `"level":"ERROR"`) && strings.Contains(line, `"of_records":1000`)
	}
	if !said {
		t.Errorf("the log does not say it: %s", book.String())
	}
	if low, high := watermarks(t, bootstrap, "t.dead"); high-low != 1000 {
		t.Errorf("%d dead letters", high-low)
	}
}

func TestAnErrorOfKafkaIsFoundInThatOfProduce(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	nine := int32(9)
	future := func(m texts) error {
		f, err := p.ProduceFuture(testContext(t), m)
		if err != nil {
			return err
		}
		_, err = f.Wait(testContext(t))
		return err
	}
	for name, err := range map[string]error{
		"too large": func() error {
			_, err := p.Produce(testContext(t), texts{Topic: "t", Value: strings.Repeat("x", 2_000_000)})
			return err
		}(),
		"no such partition":  func() error { _, err := p.Produce(testContext(t), texts{Topic: "t", ToPartition: &nine}); return err }(),
		"of a future":        future(texts{Topic: "t", ToPartition: &nine}),
		"of a future's call": future(texts{Topic: "t", Value: strings.Repeat("x", 2_000_000)}),
	} {
		pe, ok := errors.AsType[*concord.ProduceError](err)
		if !ok || pe.Topic != "t" || pe.MaybeDelivered {
			t.Errorf("%s: %v", name, err)
		}
		ke, ok := errors.AsType[*concord.KafkaError](err)
		below, of := errors.AsType[kafka.Error](err)
		if !ok || !of || ke.Code != int(below.Code()) || ke.Name == "" || ke.Retriable || strings.Count(err.Error(), "concord: ") != 1 {
			t.Errorf("%s: %v, %+v", name, err, ke)
		}
	}
}
