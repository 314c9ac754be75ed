//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

// The partition waits for the handler, and is not lost to the run.
func TestSeekBesideAHandlerThatDoesNotReturnKeepsThePartition(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b")
	c := consumerWith(t, bootstrap, "g", concord.WithDrainTimeout(50*time.Millisecond))
	release, atWork := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	var got []string
	handled := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			first := false
			once.Do(func() { first = true; close(atWork); <-release })
			if !first {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, m.Value)
			}
			return nil
		})
	})
	<-atWork
	if err := c.Seek(run.ctx, concord.FromBeginning()); err != nil {
		t.Fatal(err)
	}
	run.await("the partition to wait", func() bool { return c.Stats().Paused[concord.EarlierHandler] == 1 })
	if n := handled(); n != 0 {
		t.Errorf("%d records were handled beside the earlier handler", n)
	}
	close(release)
	produce(t, bootstrap, "t", "c", "d")
	run.await("all records", func() bool { return handled() == 4 })
	if err := run.end(); err != nil || fmt.Sprint(got) != "[a b c d]" {
		t.Errorf("handled %v, %v", got, err)
	}
}

func TestARecordThatFailsAtAStartPositionIsTheNextRunsFirst(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "c")
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[a b c]" {
		t.Fatal(got)
	}
	for name, start := range map[string]concord.StartPosition{"beginning": concord.FromBeginning(), "offset": concord.FromOffset("t", 0, 1)} {
		t.Run(name, func(t *testing.T) {
			c := consumerWith(t, bootstrap, "g", start, concord.WithStopAtEnd())
			err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return errors.New("the database is unavailable") })
			if _, ok := errors.AsType[*concord.RecordError](err); !ok {
				t.Fatalf("the first run: %v", err)
			}
			want := map[string]string{"beginning": "[a b c]", "offset": "[b c]"}[name]
			if got := fmt.Sprint(readAll(t, c)); got != want {
				t.Errorf("the second run of the same consumer handled %v, want %s", got, want)
			}
			if got := fmt.Sprint(readAll(t, c)); got != "[]" {
				t.Errorf("a third run handled %v, though the start position was committed", got)
			}
		})
	}
}

// An eager rebalance takes all partitions away and assigns them anew before anything was handled.
func TestAStartAtTheEndOutlivesARebalance(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	fillNumbers(t, bootstrap, 30)
	var mu sync.Mutex
	var seen []string
	start := func() (*concord.Consumer[string, string], *running) {
		c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"partition.assignment.strategy": "range"}, concord.FromEnd())
		t.Cleanup(func() { closeNow(t, c) })
		return c, inBackground(t, func(ctx context.Context) error {
			return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, m.Value)
				return nil
			})
		})
	}
	a, runA := start()
	runA.await("a to have all partitions", func() bool { return a.Stats().Partitions == 3 })
	b, runB := start()
	runB.await("both to have partitions", func() bool {
		return b.Stats().Partitions > 0 && a.Stats().Partitions > 0 && a.Stats().Partitions+b.Stats().Partitions == 3
	})
	// Each partition gets a record: one from before would come in front of it.
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range int32(3) {
		if _, err := p.Produce(runA.ctx, texts{Topic: "t", Value: fmt.Sprint("new ", i), ToPartition: &i}); err != nil {
			t.Fatal(err)
		}
	}
	runA.await("the new records", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) >= 3 })
	if err := errors.Join(runA.end(), runB.end()); err != nil {
		t.Error(err)
	}
	slices.Sort(seen)
	if fmt.Sprint(seen) != "[new 0 new 1 new 2]" {
		t.Errorf("handled %v, want what was written after the start", seen)
	}
}

func TestThePositionOfASeekIsCommittedThoughNothingIsHandled(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "c")
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[a b c]" {
		t.Fatal(got)
	}
	c := consumerWith(t, bootstrap, "g", concord.WithDrainTimeout(0))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(ctx context.Context, _ *texts) error { <-ctx.Done(); return ctx.Err() })
	})
	run.await("partitions", func() bool { return c.Stats().Partitions == 3 })
	if err := c.Seek(run.ctx, concord.FromOffset("t", 0, 1)); err != nil {
		t.Fatal(err)
	}
	run.end()
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[b c]" {
		t.Errorf("the next run reads %v, want [b c]", got)
	}
}

// A topic is deleted and made anew with the same first record, and fewer records than were read of the old one.
func TestRecordsOfATopicThatWasMadeAnewAreNotTakenForRewoundOnes(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t)
	if err := cluster.CreateTopic("t", 1, nil); err != nil {
		t.Fatal(err)
	}
	put := func(cl *kgo.Client, values ...string) {
		t.Helper()
		for i, v := range values {
			if err := cl.ProduceSync(testContext(t), &kgo.Record{Topic: "t", Value: []byte(v), Timestamp: time.UnixMilli(1727260800000 + int64(i))}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	cl := kgoClient(t, bootstrap)
	put(cl, "header", "a1", "a2", "a3")
	c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"topic.metadata.refresh.interval.ms": 60000})
	defer closeNow(t, c)
	var mu sync.Mutex
	var got []string
	has := func(value string) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return slices.Contains(got, value) }
	}
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m.Value)
			return nil
		})
	})
	run.await("the old topic", has("a3"))
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis, req.TopicNames = 1000, []string{"t"}
	gone := kmsg.NewDeleteTopicsRequestTopic()
	gone.Topic = kmsg.StringPtr("t")
	req.Topics = append(req.Topics, gone)
	if _, err := req.RequestWith(run.ctx, cl); err != nil {
		t.Fatal(err)
	}
	if err := cluster.CreateTopic("t", 1, nil); err != nil {
		t.Fatal(err)
	}
	put(kgoClient(t, bootstrap), "header", "b1")
	// The position is out of range now, and goes back to the beginning.
	select {
	case err := <-run.done:
		// It may also see that the topic is another one, and end.
		t.Logf("the run ended: %v", err)
		return
	case <-waiting(run, has("b1")):
	}
	put(kgoClient(t, bootstrap), "b2", "b3", "b4", "b5")
	run.await("the new topic", has("b5"))
	if err := run.end(); err != nil {
		t.Error(err)
	}
	if want := "[b1 b2 b3 b4 b5]"; fmt.Sprint(got[len(got)-5:]) != want || c.Stats().Rewound > 1 {
		t.Errorf("handled %v, %d taken for rewound ones; want them to end with %s", got, c.Stats().Rewound, want)
	}
}

// waiting is closed once ok is true, or the run's time is over.
func waiting(r *running, ok func() bool) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r.ctx.Err() == nil && !ok() {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return done
}

func TestSeekOfAConsumerThatDoesNotRunSaysSo(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	c := consumerWith(t, bootstrap, "g")
	if err := c.Seek(testContext(t), concord.FromBeginning()); !errors.Is(err, concord.ErrNotRunning) {
		t.Errorf("before a run: %v", err)
	}
	var handled atomic.Int32
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { handled.Add(1); return nil })
	})
	run.await("the record", func() bool { return handled.Load() == 1 })
	err := c.Seek(run.ctx, concord.FromBeginning(), concord.FromOffset("elsewhere", 0, 1))
	if e, ok := errors.AsType[*concord.ConsumeError](err); !ok || e.Doing != "seek" {
		t.Errorf("to a partition that is not assigned: %v", err)
	}
	if err := run.end(); err != nil || handled.Load() != 1 {
		t.Errorf("handled %d, %v: nothing was to be moved", handled.Load(), err)
	}
	if err := c.Seek(testContext(t), concord.FromBeginning()); !errors.Is(err, concord.ErrNotRunning) {
		t.Errorf("after it: %v", err)
	}
}
