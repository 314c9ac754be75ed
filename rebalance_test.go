//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

// memberOf is a consumer of strings with further settings.
func memberOf(t testing.TB, bootstrap, group string, settings kafka.ConfigMap, opts ...concord.ConsumerOption) *concord.Consumer[string, string] {
	t.Helper()
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "heartbeat.interval.ms": 100, "session.timeout.ms": 3000}
	for name, v := range settings {
		config[name] = v
	}
	c, err := concord.NewConsumer(&config, concord.String(), concord.String(), append([]concord.ConsumerOption{quiet}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeNow(t testing.TB, c *concord.Consumer[string, string]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// await waits until ok.
func await(t testing.TB, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestARestartOfAStaticMemberMovesNothing(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var handled atomic.Int64
	handler := func(context.Context, *texts) error { handled.Add(1); return nil }
	start := func(name string) (c *concord.Consumer[string, string], end func()) {
		c = memberOf(t, bootstrap, "g", kafka.ConfigMap{
			"group.instance.id": name, "session.timeout.ms": 10000,
			// A cooperative member says which partitions it has; the embedded broker, unlike Kafka, rebalances when that is new.
			"partition.assignment.strategy": "range",
		})
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- c.Run(running, []string{"t"}, handler) }()
		return c, func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			closeNow(t, c)
		}
	}
	a, endA := start("a")
	b, endB := start("b")
	defer endA()
	await(t, ctx, "both to have partitions", func() bool {
		return a.Stats().Partitions > 0 && b.Stats().Partitions > 0 && a.Stats().Partitions+b.Stats().Partitions == 3
	})
	before, had := a.Stats().Rebalances, b.Stats().Partitions
	for range 2 {
		endB()
		fill(t, bootstrap, "t", 30, 30)
		b, endB = start("b")
		await(t, ctx, "the restarted one to have its partitions", func() bool { return b.Stats().Partitions == had })
	}
	await(t, ctx, "all to be handled", func() bool { return handled.Load() >= 60 })
	endB()
	if n := a.Stats().Rebalances; n != before || handled.Load() != 60 {
		t.Errorf("the other member saw %d rebalances; %d records handled, want 60", n-before, handled.Load())
	}
}

// A second run of a static member's consumer begins with what is committed.
func TestAStaticMembersNextRunLosesNothing(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"group.instance.id": "a", "partition.assignment.strategy": "range"}) // see above
	defer closeNow(t, c)
	seen := make(map[string]int)
	for round := range 3 {
		p := newProducer(t, bootstrap, concord.String(), concord.String())
		for i := range 100 {
			if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: fmt.Sprint(i), Value: fmt.Sprint(round, " ", i)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Flush(testContext(t)); err != nil {
			t.Fatal(err)
		}
		n := 0
		for m, err := range c.Messages(testContext(t), "t") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > 80 { // the last is read again
				break
			}
			seen[m.Value]++
		}
	}
	for m, err := range c.Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		if seen[m.Value]++; len(seen) == 300 {
			break
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d of 300 records", len(seen))
	}
	for value, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", value, n)
		}
	}
}

func TestPartitionsThatAreGivenUpAreDrainedFirst(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"classic", "consumer"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t")
			n := 300
			settings := kafka.ConfigMap{}
			if protocol == "consumer" {
				settings["group.protocol"] = "consumer"
				n = 900 // a heartbeat of this protocol comes every five seconds
			}
			fill(t, bootstrap, "t", n, 30)
			ctx, cancel := context.WithCancel(testContext(t))
			defer cancel()
			var mu sync.Mutex
			times := make(map[string]int)
			handler := func(ctx context.Context, m *texts) error {
				time.Sleep(50 * time.Millisecond) // it is in the middle of one when it has to give its partition up
				mu.Lock()
				defer mu.Unlock()
				times[m.Value]++
				return ctx.Err()
			}
			start := func() (*concord.Consumer[string, string], chan error) {
				config := kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"}
				if protocol == "classic" {
					config["heartbeat.interval.ms"], config["session.timeout.ms"] = 100, 3000
				}
				for name, v := range settings {
					config[name] = v
				}
				// Queues of one: the partitions are paused when they are given up.
				c, err := concord.NewConsumer(&config, concord.String(), concord.String(), quiet, concord.WithMaxInFlight(1, 0))
				if err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- c.Run(ctx, []string{"t"}, handler) }()
				return c, ended
			}
			a, endedA := start()
			await(t, ctx, "the first to be at work", func() bool { return a.Stats().Handled > 3 })
			b, endedB := start()
			await(t, ctx, "the second to be at work", func() bool { return b.Stats().Handled > 0 })
			await(t, ctx, "all to be handled", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(times) == n
			})
			time.Sleep(100 * time.Millisecond) // and nothing again
			cancel()
			if err := errors.Join(<-endedA, <-endedB); err != nil {
				t.Error(err)
			}
			closeNow(t, a)
			closeNow(t, b)
			for value, k := range times {
				if k != 1 {
					t.Errorf("record %s was handled %d times", value, k)
				}
			}
		})
	}
}

// loseMembership answers heartbeats as if the member were none, while what it returns is set.
func loseMembership(cluster *kfake.Cluster) *atomic.Bool {
	var lose atomic.Bool
	cluster.ControlKey(kmsg.Heartbeat.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !lose.Load() {
			return nil, nil, false
		}
		resp := r.ResponseKind().(*kmsg.HeartbeatResponse)
		resp.ErrorCode = kerr.UnknownMemberID.Code
		return resp, nil, true
	})
	return &lose
}

func TestWhatIsDoneWithALostPartitionDoesNotCount(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	lose := loseMembership(cluster)
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	partition := int32(0)
	for _, v := range []string{"a", "b", "c"} {
		if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: v, ToPartition: &partition}); err != nil {
			t.Fatal(err)
		}
	}
	c := memberOf(t, bootstrap, "g", nil)
	defer closeNow(t, c)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var mu sync.Mutex
	var got []string
	err := c.Run(ctx, []string{"t"}, func(handling context.Context, m *texts) error {
		mu.Lock()
		first := len(got) == 0
		got = append(got, m.Value)
		all := len(got) == 4
		mu.Unlock()
		if first {
			lose.Store(true)
			<-handling.Done() // its partition is lost; and it succeeds all the same
			lose.Store(false)
		}
		if all {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[a a b c]" {
		t.Errorf("handled %v: want the one that was lost again", got)
	}
	if s := c.Stats(); s.Lost == 0 {
		t.Error("nothing was lost")
	}
}

func TestAPatternTakesTopicsThatComeLater(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "orders-eu", "other", "plain")
	produce(t, bootstrap, "orders-eu", "a")
	produce(t, bootstrap, "other", "not wanted")
	c := memberOf(t, bootstrap, "g", kafka.ConfigMap{"topic.metadata.refresh.interval.ms": 200})
	defer closeNow(t, c)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	got := make(chan string, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Run(ctx, []string{"^orders-.*", "plain"}, func(_ context.Context, m *texts) error {
			got <- m.Topic + " " + m.Value
			return nil
		})
	}()
	want := func(w string) {
		t.Helper()
		select {
		case g := <-got:
			if g != w {
				t.Errorf("%q, want %q", g, w)
			}
		case err := <-ended:
			t.Fatalf("the run ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("waited in vain for %q", w)
		}
	}
	want("orders-eu a")
	produce(t, bootstrap, "plain", "b")
	want("plain b")
	for _, topic := range []string{"orders-us", "orders-at"} {
		if err := cluster.CreateTopic(topic, 3, nil); err != nil {
			t.Fatal(err)
		}
		produce(t, bootstrap, topic, "c")
		want(topic + " c")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCloseWaitsForAHandlerUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	c := memberOf(t, bootstrap, "g", nil, concord.WithDrainTimeout(50*time.Millisecond))
	atWork, release := make(chan struct{}), make(chan struct{})
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error {
			close(atWork)
			<-release // whatever its context says
			return nil
		})
	})
	<-atWork
	for range 2 { // and once more
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		err := c.Close(ctx)
		cancel()
		if e, ok := errors.AsType[*concord.ConsumeError](err); !ok || e.Doing != "close" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close beside a handler at work: %v", err)
		}
	}
	if err := <-run.done; err == nil {
		t.Error("a run whose handler does not return says nothing of it")
	}
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); !errors.Is(err, concord.ErrClosed) {
		t.Errorf("a run after that: %v", err)
	}
	close(release)
	closeNow(t, c)
}
