//go:build cgo

package integration

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// A broker of three is killed and comes back while numbered events are written and handled, and while transactions run.
func TestALeaderThatIsKilledLosesNothing(t *testing.T) {
	brokers, err := startKafka(installed(t, "kafka"), clusterConfig{nodes: 3})
	if err != nil {
		t.Fatal(err)
	}
	var addresses []string
	for _, b := range brokers {
		addresses = append(addresses, b.bootstrap)
	}
	bootstrap := strings.Join(addresses, ",")
	defer func() {
		for _, b := range brokers {
			b.process.kill()
		}
	}()

	t.Run("ledger", func(t *testing.T) {
		topic := createTopic(t, bootstrap, "ledger", 3)
		leader := leaderOf(t, bootstrap, topic, 0)
		const events = 30_000
		p := newProducer(t, bootstrap, concord.Int64())
		var failed atomic.Int64
		for i := range events {
			if i == events/3 {
				brokers[leader-1].process.kill()
			}
			if i == 2*events/3 {
				if err := brokers[leader-1].restart(); err != nil {
					t.Fatal(err)
				}
			}
			callback := func(_ concord.Delivery, err error) {
				if err != nil {
					failed.Add(1)
				}
			}
			if err := p.ProduceAsync(t.Context(), concord.Message[string, int64]{Topic: topic, Key: fmt.Sprint(i % 100), Value: int64(i)}, callback); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		times := make([]int, events)
		c := newConsumer(t, bootstrap, "ledger", concord.Int64(), nil, concord.WithStopAtEnd())
		for m, err := range c.Messages(t.Context(), topic) {
			if err != nil {
				t.Fatal(err)
			}
			times[m.Value]++
		}
		lost, twice := 0, 0
		for _, n := range times {
			if n == 0 {
				lost++
			} else if n > 1 {
				twice++
			}
		}
		t.Logf("%d events, the leader of a partition killed and restarted: %d lost, %d there twice", events, lost, twice)
		if lost > 0 || twice > 0 || failed.Load() > 0 {
			t.Errorf("%d lost, %d twice, %d failed", lost, twice, failed.Load())
		}
	})

	t.Run("promises", func(t *testing.T) {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for _, n := range []int{2, 0} {
				time.Sleep(5 * time.Second)
				brokers[n].process.kill()
				time.Sleep(3 * time.Second)
				if err := brokers[n].restart(); err != nil {
					t.Error(err)
				}
			}
		}()
		soak(t, bootstrap, "handle", "transform")
		<-ended
	})
}

// leaderOf is the number of the node that leads a partition.
func leaderOf(t testing.TB, bootstrap, topic string, partition int) int {
	t.Helper()
	admin := newAdmin(t, bootstrap)
	metadata, err := admin.GetMetadata(&topic, false, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return int(metadata.Topics[topic].Partitions[partition].Leader)
}

func newAdmin(t testing.TB, bootstrap string, settings ...kafka.ConfigMap) *kafka.AdminClient {
	t.Helper()
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for _, s := range settings {
		for name, v := range s {
			config[name] = v
		}
	}
	admin, err := kafka.NewAdminClient(&config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return admin
}

var topics atomic.Int64

// createTopic creates a topic of a name of its own.
func createTopic(t testing.TB, bootstrap, name string, partitions int) string {
	t.Helper()
	topic := fmt.Sprintf("%s-%d", name, topics.Add(1))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results, err := newAdmin(t, bootstrap).CreateTopics(ctx, []kafka.TopicSpecification{{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}})
	if err == nil && results[0].Error.Code() != kafka.ErrNoError {
		err = results[0].Error
	}
	if err != nil {
		t.Fatal(err)
	}
	return topic
}

func newProducer[V any](t testing.TB, bootstrap string, value concord.Serializer[V], settings ...kafka.ConfigMap) *concord.Producer[string, V] {
	t.Helper()
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for _, s := range settings {
		for name, v := range s {
			config[name] = v
		}
	}
	p, err := concord.NewProducer(&config, concord.String(), value, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = p.Close(ctx)
	})
	return p
}

func newConsumer[V any](t testing.TB, bootstrap, group string, value concord.Deserializer[V], settings kafka.ConfigMap, opts ...concord.ConsumerOption) *concord.Consumer[string, V] {
	t.Helper()
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"}
	for name, v := range settings {
		config[name] = v
	}
	c, err := concord.NewConsumer(&config, concord.String(), value, append([]concord.ConsumerOption{quiet}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}
