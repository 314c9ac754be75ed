//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord"
)

func TestAnAttemptGetsTheRecordAndNotWhatTheLastOneMadeOfIt(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	if _, err := p.Produce(testContext(t), concord.Message[[]byte, []byte]{Topic: "t", Key: []byte("k"), Value: []byte("a"), Headers: []concord.Header{{Key: "h", Value: []byte("1")}}}); err != nil {
		t.Fatal(err)
	}
	c := newConsumer(t, bootstrap, "g", concord.Bytes(), concord.Bytes(), concord.WithPolicy(concord.DefaultPolicy(3)), concord.WithRetryPause(time.Millisecond, time.Millisecond), concord.WithStopAtEnd())
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *concord.Message[[]byte, []byte]) error {
		got = append(got, fmt.Sprintf("%s %s %s %d %d", m.Topic, m.Key, m.Value, len(m.Headers), m.Attempt))
		m.Topic, m.Key[0], m.Value[0], m.Attempt = "elsewhere", 'x', 'x', 17
		m.Headers = append(m.Headers, concord.Header{Key: "more"})
		if len(got) < 3 {
			return errors.New("again")
		}
		return nil
	})
	if want := "t k a 1 1,t k a 1 2,t k a 1 3"; err != nil || strings.Join(got, ",") != want {
		t.Errorf("attempts saw %q, %v; want %s", got, err, want)
	}
}

// Attempts go on counting in the retry topics, for the handler; the policy gets those of the topic that it is in.
func TestAttemptsAreCountedOverRetriesAndRetryTopics(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.soon", "t.later", "t.dead")
	produce(t, bootstrap, "t", "a")
	aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	var mu sync.Mutex
	var handled, asked []string
	policy := concord.DefaultPolicy(1)
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.WithDeadLetters(aside, concord.DeadLetterTopic("t.dead")), concord.WithRetryPause(time.Millisecond, time.Millisecond),
		concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 10 * time.Millisecond}, concord.RetryTopic{Suffix: ".later", Delay: 10 * time.Millisecond}),
		concord.WithPolicy(func(f concord.Failure) concord.Action {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, fmt.Sprint(f.RetryTopics, "/", f.Attempt))
			return policy(f)
		}))
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		mu.Lock()
		defer mu.Unlock()
		handled = append(handled, fmt.Sprint(m.RetryTopics, "/", m.Attempt))
		return errors.New("never")
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "[0/1 0/2 1/3 1/4 2/5 2/6]"; fmt.Sprint(handled) != want {
		t.Errorf("handled %v, want %s", handled, want)
	}
	if want := "[0/1 0/2 1/1 1/2 2/1 2/2]"; fmt.Sprint(asked) != want {
		t.Errorf("the policy was asked about %v, want %s", asked, want)
	}
	found := deadLetters(t, bootstrap, "t.dead")
	if len(found) != 1 {
		t.Fatalf("%d dead letters", len(found))
	}
	for _, h := range found[0].Headers {
		if h.Key == "__dlq.errors.delivery.count" && string(h.Value) != "6" {
			t.Errorf("delivered %s times", h.Value)
		}
	}
}

// A fetch that waits long gets the ends of both topics while records are still being handled.
func TestARunThatStopsAtTheEndHandlesTheRetriesThatItHasPublished(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.soon")
			fillNumbers(t, bootstrap, 9)
			aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes(), kafka.ConfigMap{"linger.ms": 0})
			c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"auto.commit.interval.ms": 10, "fetch.wait.max.ms": 500, "fetch.min.bytes": 100000},
				concord.WithStopAtEnd(), concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: 10 * time.Millisecond}))
			defer closeNow(t, c)
			var n atomic.Int32
			err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
				if m.RetryTopics == 0 {
					time.Sleep(30 * time.Millisecond) // a slow handler
					return errors.New("again")
				}
				n.Add(1)
				return nil
			})
			if err != nil || n.Load() != 9 {
				t.Errorf("%d of 9 retries handled, %v", n.Load(), err)
			}
		})
	}
}

// Records without a key have no order in InKeyOrder.
func TestRecordsWithoutAKeyAreHandledAtTheSameTime(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	cl := kgoClient(t, bootstrap)
	const workers = 16
	var records []*kgo.Record
	for i := range 4 * workers {
		records = append(records, &kgo.Record{Topic: "t", Value: []byte(fmt.Sprint(i))})
	}
	if err := cl.ProduceSync(testContext(t), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c := consumerWith(t, bootstrap, "g", concord.InKeyOrder(workers), concord.WithStopAtEnd())
	var now, most atomic.Int32
	var once sync.Once
	together := make(chan struct{})
	ctx := testContext(t)
	err := c.Run(ctx, []string{"t"}, func(context.Context, *texts) error {
		defer now.Add(-1)
		n := now.Add(1)
		for {
			before := most.Load()
			if n <= before || most.CompareAndSwap(before, n) {
				break
			}
		}
		if n == 8 {
			once.Do(func() { close(together) })
		}
		select { // each waits until eight are at work
		case <-together:
		case <-time.After(10 * time.Second):
		}
		return nil
	})
	if err != nil || most.Load() < 8 {
		t.Errorf("%d at a time, %v", most.Load(), err)
	}
}

func TestAnAttemptSeesNothingOfWhatTheLastOneDidToItsHeaders(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: "v", Headers: []concord.Header{{Key: "k", Value: []byte("v")}}}); err != nil {
		t.Fatal(err)
	}
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.WithPolicy(concord.DefaultPolicy(2)), concord.WithRetryPause(0, 0))
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		if got := m.Headers[0].Key + "=" + string(m.Headers[0].Value); got != "k=v" {
			t.Errorf("attempt %d sees the header %s", m.Attempt, got)
		}
		if m.Attempt == 3 {
			return nil
		}
		m.Headers[0].Key, m.Headers[0].Value[0] = "changed", 'x'
		return errors.New("again")
	})
	if err != nil {
		t.Fatal(err)
	}
}
