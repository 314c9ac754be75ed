//go:build cgo

package concord_test

import (
	"bytes"
	"context"
	"encoding/json"
	"hash/crc32"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

// kgoClient is a client that writes what concord would not.
func kgoClient(t testing.TB, bootstrap string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// produceRaw writes a batch of one record to partition 0. records are the batch's bytes behind its
// header, compressed with a codec of Kafka's, and at is its timestamp in milliseconds.
func produceRaw(t testing.TB, cl *kgo.Client, topic string, records []byte, codec int16, at int64) {
	t.Helper()
	b := kmsg.RecordBatch{Magic: 2, Attributes: codec, FirstTimestamp: at, MaxTimestamp: at, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 1, Records: records}
	raw := b.AppendTo(nil)
	b.Length = int32(len(raw) - 12)
	raw = b.AppendTo(nil)
	b.CRC = int32(crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))

	metadata := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = kmsg.StringPtr(topic)
	metadata.Topics = append(metadata.Topics, asked)
	known, err := metadata.RequestWith(testContext(t), cl)
	if err != nil {
		t.Fatal(err)
	}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 1000
	to := kmsg.NewProduceRequestTopic()
	to.Topic, to.TopicID = topic, known.Topics[0].TopicID
	partition := kmsg.NewProduceRequestTopicPartition()
	partition.Records = b.AppendTo(nil)
	to.Partitions = append(to.Partitions, partition)
	req.Topics = append(req.Topics, to)
	resp, err := req.RequestWith(testContext(t), cl)
	if err != nil {
		t.Fatal(err)
	}
	if code := resp.Topics[0].Partitions[0].ErrorCode; code != 0 {
		t.Fatalf("produce: code %d", code)
	}
}

// rawRecord is a record as it stands in a batch.
func rawRecord(key, value string) []byte {
	r := kmsg.Record{Key: []byte(key), Value: []byte(value)}
	r.Length = int32(len(r.AppendTo(nil)) - 1)
	return r.AppendTo(nil)
}

// logBook keeps log lines as JSON.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// option has a client log to the book.
func (l *logBook) option(level slog.Level) concord.Option {
	return concord.WithLogger(slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: level})))
}

// lines are those with a text.
func (l *logBook) lines(t testing.TB, text string) (found []map[string]any) {
	t.Helper()
	for line := range bytes.Lines([]byte(l.String())) {
		var attrs map[string]any
		if err := json.Unmarshal(line, &attrs); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if attrs["msg"] == text {
			found = append(found, attrs)
		}
	}
	return found
}

// running is a run in the background.
type running struct {
	t    testing.TB
	ctx  context.Context
	stop context.CancelFunc
	done chan error
}

// inBackground runs until end is called, or the test's time is over.
func inBackground(t testing.TB, run func(context.Context) error) *running {
	r := &running{t: t, done: make(chan error, 1)}
	r.ctx, r.stop = context.WithCancel(testContext(t))
	go func() { r.done <- run(r.ctx) }()
	return r
}

// await waits until ok. The test fails if the run ends before.
func (r *running) await(what string, ok func() bool) {
	r.t.Helper()
	for !ok() {
		select {
		case err := <-r.done:
			r.t.Fatalf("the run ended while the test waited for %s: %v", what, err)
		case <-r.ctx.Done():
			r.t.Fatalf("waited in vain for %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// end stops the run and returns its error.
func (r *running) end() error {
	r.stop()
	return <-r.done
}

// deadLetters are those in a topic, read by a group of the test's own.
func deadLetters(t testing.TB, bootstrap, topic string) (found []concord.Message[[]byte, []byte]) {
	t.Helper()
	c := newConsumer(t, bootstrap, "reader of "+topic, concord.Bytes(), concord.Bytes(), concord.WithStopAtEnd(), concord.FromBeginning())
	for m, err := range c.Messages(testContext(t), topic) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, *m)
	}
	return found
}
