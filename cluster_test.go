//go:build cgo

package concord_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/internal/devstack"
)

// newCluster starts a broker with topics of three partitions.
func newCluster(t testing.TB, topics ...string) (*kfake.Cluster, string) {
	t.Helper()
	c, end, err := devstack.NewCluster(nil, kfake.NumBrokers(1), kfake.SeedTopics(3, topics...), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return c, c.ListenAddrs()[0]
}

// testContext ends before the test binary is killed, so that a test which hangs
// says where.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))

func newProducer[K, V any](t testing.TB, bootstrap string, key concord.Serializer[K], value concord.Serializer[V], settings ...kafka.ConfigMap) *concord.Producer[K, V] {
	t.Helper()
	config := kafka.ConfigMap{"bootstrap.servers": bootstrap}
	for _, s := range settings {
		for name, v := range s {
			config[name] = v
		}
	}
	p, err := concord.NewProducer(&config, key, value, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return p
}

func newConsumer[K, V any](t testing.TB, bootstrap, group string, key concord.Deserializer[K], value concord.Deserializer[V], opts ...concord.ConsumerOption) *concord.Consumer[K, V] {
	t.Helper()
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap,
		"group.id":          group,
		"auto.offset.reset": "earliest",
		// A member learns of a rebalance with its heartbeat.
		"heartbeat.interval.ms": 100,
	}, key, value, append([]concord.ConsumerOption{quiet}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

type texts = concord.Message[string, string]

// produce writes values with their number as the key, to one partition.
func produce(t testing.TB, bootstrap, topic string, values ...string) {
	t.Helper()
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	var zero int32
	for _, v := range values {
		if _, err := p.Produce(testContext(t), texts{Topic: topic, Key: v, Value: v, ToPartition: &zero}); err != nil {
			t.Fatal(err)
		}
	}
}
