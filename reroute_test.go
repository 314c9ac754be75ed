//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord"
)

// Milliseconds that are meant as microseconds are beyond the year 50000, which clients do not write.
func TestARecordWithATimestampOutOfRangeIsDeadLetteredAndDelayed(t *testing.T) {
	t.Parallel()
	for name, transform := range map[string]bool{"run": false, "transform": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.soon", "t.dead", "out")
			cl := kgoClient(t, bootstrap)
			for _, v := range []string{"poison", "later", "good"} {
				produceRaw(t, cl, "t", rawRecord("k", v), 0, time.Now().UnixMicro())
			}
			aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
			c, p := newTransformer(t, bootstrap, "x", concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")),
				concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: time.Millisecond}))
			handler := func(_ context.Context, m *texts) error {
				if m.Timestamp.Year() < 50000 {
					t.Errorf("%q comes with the timestamp %v", m.Value, m.Timestamp)
				}
				if m.Value == "later" && m.RetryTopics == 0 {
					return errors.New("later")
				}
				return nil
			}
			run := inBackground(t, func(ctx context.Context) error {
				if transform {
					return concord.Transform(ctx, c, p, []string{"t"}, func(ctx context.Context, m *texts, _ func(texts) error) error { return handler(ctx, m) })
				}
				return c.Run(ctx, []string{"t"}, handler)
			})
			run.await("all three", func() bool {
				s := c.Stats()
				return s.DeadLetters == 1 && s.Handled == 2 && s.Delayed == 1 && s.InFlight == 0
			})
			if err := run.end(); err != nil {
				t.Error(err)
			}
			if found := deadLetters(t, bootstrap, "t.dead"); len(found) != 1 || string(found[0].Value) != "poison" {
				t.Errorf("%d dead letters", len(found))
			}
		})
	}
}

// Brokers take a little more than the dead-letter producer's message.max.bytes.
func TestARecordThatIsTooLargeForItsDeadLetterTopicIsReduced(t *testing.T) {
	t.Parallel()
	for name, transform := range map[string]bool{"run": false, "transform": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.dead")
			cl := kgoClient(t, bootstrap, kgo.ProducerBatchMaxBytes(1_048_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
			many := []kgo.RecordHeader{{Key: "own", Value: []byte(strings.Repeat("h", 900_000))}}
			for _, r := range []*kgo.Record{
				{Topic: "t", Value: []byte("good")},
				{Topic: "t", Key: []byte("large"), Value: []byte("poison" + strings.Repeat("x", 1_020_000))},
				{Topic: "t", Key: []byte("headers"), Value: []byte("poison" + strings.Repeat("x", 100_000)), Headers: many},
				{Topic: "t", Value: []byte("last")},
			} {
				if err := cl.ProduceSync(testContext(t), r).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
			dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
			c, p := newTransformer(t, bootstrap, "x", concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
			run := inBackground(t, func(ctx context.Context) error {
				if transform {
					return concord.Transform(ctx, c, p, []string{"t"}, func(context.Context, *texts, func(texts) error) error { return nil })
				}
				return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
			})
			run.await("all records", func() bool { s := c.Stats(); return s.DeadLetters == 2 && s.Handled == 2 && s.InFlight == 0 })
			if err := run.end(); err != nil {
				t.Error(err)
			}
			found := deadLetters(t, bootstrap, "t.dead")
			if len(found) != 2 {
				t.Fatalf("%d dead letters", len(found))
			}
			for _, m := range found {
				d, ok := concord.ParseDeadLetter(m.Headers)
				if !ok || d.Origin.Topic != "t" || !d.HeadersDropped {
					t.Errorf("%+v", d)
				}
				switch d.Origin.Offset {
				case 1: // nothing but where it is
					if !d.ValueDropped || len(m.Value) != 0 {
						t.Errorf("the large one has %d bytes, dropped %t", len(m.Value), d.ValueDropped)
					}
				case 2:
					if d.ValueDropped || len(m.Value) != 100_006 {
						t.Errorf("the one with large headers has %d bytes, dropped %t", len(m.Value), d.ValueDropped)
					}
				}
			}
		})
	}
}

// The text of an error is not bounded, and a record of 60 KB with it in a header is too large for its topic.
func TestTheTextOfAnErrorIsBoundedInADeadLetter(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	produce(t, bootstrap, "t", "a")
	dead := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.WithDeadLetters(dead, concord.DeadLetterTopic("t.dead")))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error {
		return errors.New(strings.Repeat("\xff\x00é\n", 500_000))
	}); err != nil {
		t.Fatal(err)
	}
	found := deadLetters(t, bootstrap, "t.dead")
	if len(found) != 1 {
		t.Fatalf("%d dead letters", len(found))
	}
	for _, h := range found[0].Headers {
		if len(h.Value) > 1024 || !utf8.Valid(h.Value) || strings.ContainsAny(string(h.Value), "\x00\n") {
			t.Errorf("header %s has %d bytes, or such that are no text", h.Key, len(h.Value))
		}
	}
}

func TestTheHeadersOfADeadLetterAreNotWhatTheHandlerMadeOfThem(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	p := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	if _, err := p.Produce(testContext(t), concord.Message[[]byte, []byte]{Topic: "t", Value: []byte("v"), Headers: []concord.Header{{Key: "own", Value: []byte("as it was")}}}); err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, bootstrap, "g", concord.Bytes(), concord.Bytes(), concord.WithStopAtEnd(), concord.WithDeadLetters(p, concord.DeadLetterTopic("t.dead")))
	if err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *concord.Message[[]byte, []byte]) error {
		copy(m.Headers[0].Value, "changed!!")
		copy(m.Value, "x")
		m.Headers[0].Key = "other"
		return errors.New("no")
	}); err != nil {
		t.Fatal(err)
	}
	found := deadLetters(t, bootstrap, "t.dead")
	if len(found) != 1 || string(found[0].Value) != "v" {
		t.Fatalf("%d dead letters", len(found))
	}
	if d, _ := concord.ParseDeadLetter(found[0].Headers); len(d.Headers) != 1 || d.Headers[0].Key != "own" || string(d.Headers[0].Value) != "as it was" {
		t.Errorf("headers %v", d.Headers)
	}
}

func TestARecordThatSomebodyPutIntoARetryTopicIsHandledAndMayFail(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "t.dead")
	produce(t, bootstrap, "t.soon", "by hand", "next")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")),
		concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 10 * time.Millisecond}))
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		got = append(got, fmt.Sprint(m.Topic, " ", m.Value))
		if m.Value == "by hand" {
			return errors.New("no")
		}
		return nil
	})
	if err != nil || fmt.Sprint(got) != "[t.soon by hand t.soon next]" {
		t.Errorf("handled %v, %v", got, err)
	}
	found := deadLetters(t, bootstrap, "t.dead")
	if len(found) != 1 {
		t.Fatalf("%d dead letters", len(found))
	}
	if d, ok := concord.ParseDeadLetter(found[0].Headers); !ok || d.Origin.Topic != "t.soon" || d.Origin.Offset != 0 {
		t.Errorf("%+v", d)
	}
}

// Each group reads the retry topic with a suffix that both use, and handles only its own records there.
func TestGroupsDoNotHandleEachOthersRetries(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon")
	produce(t, bootstrap, "t", "a")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var mu sync.Mutex
	got := make(map[string][]string)
	start := func(group string) (*concord.Consumer[string, string], *running) {
		c := consumerWith(t, bootstrap, group, concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 10 * time.Millisecond}))
		return c, inBackground(t, func(ctx context.Context) error {
			return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
				mu.Lock()
				defer mu.Unlock()
				got[group] = append(got[group], fmt.Sprint(m.Value, m.RetryTopics))
				if group == "bad" && m.RetryTopics == 0 {
					return errors.New("only this group fails")
				}
				return nil
			})
		})
	}
	bad, runOfBad := start("bad")
	good, runOfGood := start("good")
	runOfGood.await("the other group's record to be passed over", func() bool { return good.Stats().Foreign == 1 })
	runOfBad.await("the retry", func() bool { return bad.Stats().Handled == 1 })
	if err := errors.Join(runOfBad.end(), runOfGood.end()); err != nil {
		t.Error(err)
	}
	if fmt.Sprint(got["good"]) != "[a0]" || fmt.Sprint(got["bad"]) != "[a0 a1]" {
		t.Errorf("handled %v", got)
	}
}

func TestAMissingRetryTopicIsWaitedFor(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"topic.metadata.refresh.interval.ms": 200},
		concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: time.Millisecond}))
	defer closeNow(t, c)
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			if m.RetryTopics == 0 {
				return errors.New("later")
			}
			return nil
		})
	})
	run.await("the record to wait", func() bool { return c.Stats().Paused[concord.RetryTopicsUnavailable] == 1 })
	if s := c.Stats(); s.Delayed+s.Handled != 0 {
		t.Errorf("%+v", s)
	}
	if err := cluster.CreateTopic("t.soon", 3, nil); err != nil {
		t.Fatal(err)
	}
	run.await("the record", func() bool { return c.Stats().Handled == 1 })
	if err := run.end(); err != nil {
		t.Error(err)
	}
}
