//go:build cgo

package rdkafka_test

import (
	"context"
	"hash/crc32"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
)

// rawBatch is a batch of one record whose bytes are payload, with a compression codec.
func rawBatch(payload []byte, codec int16) []byte {
	at := time.Now().UnixMilli()
	b := kmsg.RecordBatch{Magic: 2, Attributes: codec, FirstTimestamp: at, MaxTimestamp: at, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 1, Records: payload}
	b.Length = int32(len(b.AppendTo(nil)) - 12)
	b.CRC = int32(crc32.Checksum(b.AppendTo(nil)[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b.AppendTo(nil)
}

func kgoClient(t testing.TB, bootstrap string) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produceRaw(t testing.TB, cl *kgo.Client, topic string, partition int32, batch []byte) {
	t.Helper()
	ctx := context.Background()
	metadata := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = kmsg.StringPtr(topic)
	metadata.Topics = append(metadata.Topics, asked)
	known, err := metadata.RequestWith(ctx, cl)
	if err != nil {
		t.Fatal(err)
	}
	request := kmsg.NewPtrProduceRequest()
	request.Acks, request.TimeoutMillis = -1, 1000
	to := kmsg.NewProduceRequestTopic()
	to.Topic, to.TopicID = topic, known.Topics[0].TopicID
	part := kmsg.NewProduceRequestTopicPartition()
	part.Partition, part.Records = partition, batch
	to.Partitions = append(to.Partitions, part)
	request.Topics = append(request.Topics, to)
	answer, err := request.RequestWith(ctx, cl)
	if err != nil {
		t.Fatal(err)
	}
	if code := answer.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("the raw batch is refused with %d", code)
	}
}

// pollUntil polls until done, and returns all that was brought.
func pollUntil(t testing.TB, c kafkaclient.Consumer, what string, done func(*kafkaclient.Fetch) bool) *kafkaclient.Fetch {
	t.Helper()
	f := new(kafkaclient.Fetch)
	for deadline := time.Now().Add(30 * time.Second); !done(f); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in time: %+v", what, f)
		}
		c.Poll(100*time.Millisecond, f)
	}
	return f
}

func TestABatchThatCannotBeReadIsAnErrorOfItsPartition(t *testing.T) {
	t.Parallel()
	for codec, name := range []string{1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"} {
		if name == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, bootstrap := startBroker(t)
			if err := cluster.CreateTopic("t", 3, nil); err != nil {
				t.Fatal(err)
			}
			cl := kgoClient(t, bootstrap)
			for p := range int32(3) {
				if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Partition: p, Value: []byte("good")}).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
			produceRaw(t, cl, "t", 1, rawBatch([]byte("this is not compressed"), int16(codec)))
			c, err := makeConsumer(map[string]any{"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"}, rdkafka.Config{Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var at []kafkaclient.Position
			for p := range int32(3) {
				at = append(at, kafkaclient.Position{TopicPartition: kafkaclient.TopicPartition{Topic: "t", Partition: p}, LeaderEpoch: -1})
			}
			if err := c.Assign(at); err != nil {
				t.Fatal(err)
			}
			// It is reported again and again, but held back until the others are at their ends.
			f := pollUntil(t, c, "the error of partition 1", func(f *kafkaclient.Fetch) bool { return len(f.Errors) > 0 })
			for _, e := range f.Errors {
				if e.Err.Kind != kafkaclient.Corrupt || e.TopicPartition != at[1].TopicPartition {
					t.Errorf("%v of %v: %v", e.Err.Kind, e.TopicPartition, e.Err)
				}
			}
			// A seek past it goes on.
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Partition: 1, Value: []byte("after")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			at[1].Offset = 2
			if err := c.Seek(at[1:2]); err != nil {
				t.Fatal(err)
			}
			pollUntil(t, c, "the record behind it", func(f *kafkaclient.Fetch) bool {
				return len(f.Batches) > 0 && string(f.Batches[0].Records[0].Value) == "after"
			})
		})
	}
}
