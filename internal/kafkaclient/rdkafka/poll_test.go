//go:build cgo

package rdkafka_test

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
)

func TestBatchesAreBoundedAndHaveNoRoomToSpare(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := startBroker(t)
	if err := cluster.CreateTopic("t", 2, nil); err != nil {
		t.Fatal(err)
	}
	const n = 3000
	cl := kgoClient(t, bootstrap)
	large := make([]byte, 20_000)
	for i := range n {
		r := &kgo.Record{Topic: "t", Partition: int32(i % 2), Value: []byte(fmt.Sprint(i))}
		if i%2 == 1 && i < 400 {
			r.Value = large
		}
		cl.Produce(t.Context(), r, nil)
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := makeConsumer(consumerSettings(bootstrap), rdkafka.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var at []kafkaclient.Position
	for p := range int32(2) {
		at = append(at, kafkaclient.Position{TopicPartition: kafkaclient.TopicPartition{Topic: "t", Partition: p}, LeaderEpoch: -1})
	}
	if err := c.Assign(at); err != nil {
		t.Fatal(err)
	}
	var f kafkaclient.Fetch
	topics := make(map[int32]*byte)
	largest, read := 0, 0
	for deadline := time.Now().Add(30 * time.Second); read < n; f.Reset() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d", read, n)
		}
		c.Poll(100*time.Millisecond, &f)
		inPoll := 0
		for _, b := range f.Batches {
			inPoll += len(b.Records)
			largest = max(largest, len(b.Records))
			size := 0
			for i := range b.Records {
				r := &b.Records[i]
				size += r.Size()
				topic := unsafe.StringData(r.Topic)
				if topics[r.Partition] == nil {
					topics[r.Partition] = topic
				}
				if topics[r.Partition] != topic {
					t.Fatal("records of a partition have topic strings of their own")
				}
			}
			if len(b.Records) > 64 || size > 64<<10+len(large) || cap(b.Records) != len(b.Records) {
				t.Fatalf("a batch of %d records, %d bytes, with room for %d", len(b.Records), size, cap(b.Records))
			}
		}
		if inPoll > 256 {
			t.Fatalf("%d records in one Poll", inPoll)
		}
		read += inPoll
	}
	if largest < 2 {
		t.Error("no batch has two records")
	}
}

// BenchmarkPoll reads records of 100 bytes from an embedded broker.
func BenchmarkPoll(b *testing.B) {
	cluster, bootstrap := startBroker(b)
	if err := cluster.CreateTopic("t", 1, nil); err != nil {
		b.Fatal(err)
	}
	cl := kgoClient(b, bootstrap)
	value := make([]byte, 100)
	for range b.N {
		cl.Produce(b.Context(), &kgo.Record{Topic: "t", Value: value}, nil)
	}
	if err := cl.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	c, err := makeConsumer(consumerSettings(bootstrap), rdkafka.Config{Log: quiet})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Assign([]kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}, LeaderEpoch: -1}}); err != nil {
		b.Fatal(err)
	}
	var f kafkaclient.Fetch
	b.ReportAllocs()
	b.ResetTimer()
	for read := 0; read < b.N; f.Reset() {
		c.Poll(100*time.Millisecond, &f)
		for _, batch := range f.Batches {
			read += len(batch.Records)
		}
	}
}
