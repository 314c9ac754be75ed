//go:build cgo

package rdkafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
)

// noRebalancer lets the group decide.
type noRebalancer struct{}

func (noRebalancer) Assigned([]kafkaclient.TopicPartition) []kafkaclient.Position { return nil }
func (noRebalancer) Revoked([]kafkaclient.TopicPartition)                         {}
func (noRebalancer) Lost([]kafkaclient.TopicPartition)                            {}

// TestCommitSoonEndsThoughTheLogBeginsAnew: a position behind the end of a topic that was made anew is reset, and
// librdkafka commits none before the one it knows.
func TestCommitSoonEndsThoughTheLogBeginsAnew(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		name := "while it is read"
		if restart {
			name = "between two members"
		}
		t.Run(name, func(t *testing.T) { t.Parallel(); testLogBeginsAnew(t, restart) })
	}
}

func testLogBeginsAnew(t *testing.T, restart bool) {
	cluster, bootstrap := startBroker(t)
	put := func(n int) {
		t.Helper()
		cl := kgoClient(t, bootstrap)
		for range n {
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	create := func(n int) {
		t.Helper()
		if err := cluster.CreateTopic("t", 1, nil); err != nil {
			t.Fatal(err)
		}
		put(n)
	}
	tp := kafkaclient.TopicPartition{Topic: "t"}
	start := func() *rdkafka.Consumer {
		t.Helper()
		c, err := makeConsumer(consumerSettings(bootstrap, "topic.metadata.refresh.interval.ms", "60000"), rdkafka.Config{Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Subscribe([]string{"t"}, noRebalancer{}); err != nil {
			t.Fatal(err)
		}
		return c
	}
	commitSoon := func(c *rdkafka.Consumer, offset int64) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() {
			done <- c.CommitSoon(ctx, []kafkaclient.Position{{TopicPartition: tp, Offset: offset, LeaderEpoch: -1}})
		}()
		pollUntil(t, c, "a commit", func(*kafkaclient.Fetch) bool {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				return true
			default:
				return false
			}
		})
		at, err := c.Committed(ctx, []kafkaclient.TopicPartition{tp})
		if err != nil || at[0].Offset != offset {
			t.Errorf("committed %v, %v; want %d", at, err, offset)
		}
	}
	read := func(c *rdkafka.Consumer, n int) {
		t.Helper()
		got := 0
		pollUntil(t, c, "the records", func(f *kafkaclient.Fetch) bool {
			for _, b := range f.Batches {
				got += len(b.Records) + b.Rewound
			}
			f.Reset()
			return got >= n
		})
	}
	if restart { // the group is ahead of the log, as after a broker has lost its end
		create(3)
		first := start()
		read(first, 3)
		if err := first.Commit(t.Context(), []kafkaclient.Position{{TopicPartition: tp, Offset: 8, LeaderEpoch: -1}}); err != nil {
			t.Fatal(err)
		}
		first.Close()
	} else {
		create(8)
	}
	c := start()
	defer c.Close()
	if !restart {
		read(c, 8)
		commitSoon(c, 8)
		if err := cluster.DeleteTopic("t"); err != nil {
			t.Fatal(err)
		}
		create(3)
	}
	read(c, 3)
	commitSoon(c, 3)
	put(1)
	read(c, 1)
	commitSoon(c, 4)
}
