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

	"github.com/concord-go/concord"
)

// fill writes n records with so many keys to three partitions.
func fill(t testing.TB, bootstrap, topic string, n, keys int) {
	t.Helper()
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range n {
		partition := int32(i % keys % 3)
		m := texts{Topic: topic, Key: fmt.Sprint(i % keys), Value: fmt.Sprint(i), ToPartition: &partition}
		if err := p.ProduceAsync(testContext(t), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

func consumerWith(t testing.TB, bootstrap, group string, opts ...concord.ConsumerOption) *concord.Consumer[string, string] {
	t.Helper()
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest", "heartbeat.interval.ms": 100,
		// kfake leaves a member that goes in the middle of a rebalance now and then without
		// an answer, and the others waiting until its session ends.
		"session.timeout.ms": 3000,
	}, concord.String(), concord.String(), append([]concord.ConsumerOption{quiet}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeNow(t, c) })
	return c
}

func TestEachConcurrencyKeepsItsOrder(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	const n, keys = 3000, 30
	fill(t, bootstrap, "t", n, keys)
	for name, c := range map[string]struct {
		option concord.Concurrency
		order  func(m *texts) string // records with one of these come in order; empty: none do
		most   int
	}{
		"in order":     {concord.InOrder(), func(m *texts) string { return fmt.Sprint(m.Partition) }, 3},
		"in key order": {concord.InKeyOrder(8), func(m *texts) string { return m.Key }, 8},
		"unordered":    {concord.Unordered(8), nil, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(testContext(t))
			var mu sync.Mutex
			seen, last := make(map[string]bool), make(map[string]int64)
			var now, most atomic.Int32
			err := consumerWith(t, bootstrap, name, c.option).Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
				if k := now.Add(1); k > most.Load() {
					most.Store(k)
				}
				defer now.Add(-1)
				if m.Offset%10 == 0 {
					time.Sleep(time.Millisecond)
				}
				mu.Lock()
				defer mu.Unlock()
				if seen[m.Value] {
					t.Errorf("%s came twice", m.Value)
				}
				seen[m.Value] = true
				if c.order != nil {
					of := c.order(m)
					if before, ok := last[of]; ok && before >= m.Offset {
						t.Errorf("offset %d of %s after %d", m.Offset, of, before)
					}
					last[of] = m.Offset
				}
				if len(seen) == n {
					cancel()
				}
				return nil
			})
			if err != nil || len(seen) != n {
				t.Errorf("%d records, %v", len(seen), err)
			}
			if got := int(most.Load()); got > c.most || got < 2 {
				t.Errorf("%d handlers at once, want 2 to %d", got, c.most)
			}
		})
	}
}

// Of what a run did out of order, only what nothing unhandled lies before is committed.
func TestNothingUnhandledIsCommitted(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	const n, keys, stuck = 300, 30, 40
	fill(t, bootstrap, "t", n, keys)
	ctx, cancel := context.WithCancel(testContext(t))
	var mu sync.Mutex
	handled := make(map[string]int)
	count := 0
	err := consumerWith(t, bootstrap, "g", concord.Unordered(4), concord.WithDrainTimeout(time.Millisecond)).Run(ctx, []string{"t"}, func(ctx context.Context, m *texts) error {
		if m.Value == fmt.Sprint(stuck) {
			<-ctx.Done()
			return ctx.Err()
		}
		mu.Lock()
		defer mu.Unlock()
		handled[m.Value]++
		if count++; count == n-1 {
			cancel()
		}
		return nil
	})
	if err == nil {
		t.Error("a record whose handler was stopped is no error")
	}
	again := 0
	for m, err := range consumerWith(t, bootstrap, "g").Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		again++
		handled[m.Value]++
		if len(handled) == n {
			break
		}
	}
	// Of its partition, a third of all records, those after it come again.
	if len(handled) != n || again > n/3 || handled[fmt.Sprint(stuck)] != 1 {
		t.Errorf("%d of %d handled, %d of them again", len(handled), n, again)
	}
}

// A slow handler bounds what is in flight, and other partitions go on.
func TestASlowPartitionIsPausedAndOthersGoOn(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	const n = 300
	fill(t, bootstrap, "t", n, 3)
	ctx, cancel := context.WithCancel(testContext(t))
	var slow, fast atomic.Int32
	release := make(chan struct{})
	err := consumerWith(t, bootstrap, "g", concord.WithMaxInFlight(10, 0)).Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
		if m.Partition == 0 {
			<-release
			slow.Add(1)
		} else if fast.Add(1) == n*2/3 {
			close(release) // the fast ones are done, all of them
		}
		if slow.Load()+fast.Load() == n {
			cancel()
		}
		return nil
	})
	if err != nil || slow.Load() != n/3 || fast.Load() != n*2/3 {
		t.Errorf("%d and %d, %v", slow.Load(), fast.Load(), err)
	}
}

func TestAPanicOfAHandlerIsThatOfRun(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b")
	c := consumerWith(t, bootstrap, "g")
	func() {
		defer func() {
			if v := recover(); v == nil {
				t.Error("no panic")
			}
		}()
		_ = c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
			if m.Value == "b" {
				panic("of the handler")
			}
			return nil
		})
	}()
	for m, err := range c.Messages(testContext(t), "t") {
		if err != nil || m.Value != "b" {
			t.Errorf("%v, %v: want b again", m, err)
		}
		break
	}
}

func TestTheBrokerMayAssignPartitions(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	const n = 300
	fill(t, bootstrap, "t", n, 30)
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest", "group.protocol": "consumer"}
	for name, v := range map[string]kafka.ConfigValue{"session.timeout.ms": 6000, "heartbeat.interval.ms": 100, "partition.assignment.strategy": "range"} {
		refused := kafka.ConfigMap{name: v}
		for k, v := range config {
			refused[k] = v
		}
		_, err := concord.NewConsumer(&refused, concord.String(), concord.String(), quiet)
		if e, ok := errors.AsType[*concord.ConfigError](err); !ok || e.Setting != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var mu sync.Mutex
	seen := make(map[string]int)
	var members sync.WaitGroup
	for range 2 {
		c, err := concord.NewConsumer(&config, concord.String(), concord.String(), quiet)
		if err != nil {
			t.Fatal(err)
		}
		members.Go(func() {
			err := c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
				mu.Lock()
				defer mu.Unlock()
				if seen[m.Value]++; len(seen) == n {
					cancel()
				}
				return nil
			})
			if err := errors.Join(err, c.Close(testContext(t))); err != nil {
				t.Error(err)
			}
		})
	}
	members.Wait()
	if len(seen) != n {
		t.Errorf("%d of %d records", len(seen), n)
	}
}
