package clienttest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func testReports(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 2)
	w := h.writer(t, c, ProducerOptions{})
	const n = 200
	for i := range n {
		w.produce(t, kafkaclient.Record{Topic: "t", Partition: int32(i % 2), Value: []byte("v")}, i)
		w.produce(t, kafkaclient.Record{Topic: "t", Partition: int32(i % 2), Value: []byte("v")}, nil)
	}
	w.wait(t, 2*n)
	if len(w.delivered) != n || w.acknowledged != n || len(w.failed) != 0 || len(w.twice) != 0 {
		t.Fatalf("%d delivered, %d acknowledged, %d failed, %d twice", len(w.delivered), w.acknowledged, len(w.failed), len(w.twice))
	}
	for i := range n {
		r := w.delivered[i]
		if r.Err != nil || r.Partition != int32(i%2) || r.Offset != int64(i/2*2) {
			t.Fatalf("message %d: %+v", i, r)
		}
	}
	if err := w.Connection(); err != nil {
		t.Error(err)
	}
	if w.Name() == "" {
		t.Error("no name")
	}
	if w.Transactions() != nil {
		t.Error("transactions without an id")
	}
}

func testProduceConcurrently(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 3)
	w := h.writer(t, c, ProducerOptions{})
	var wg sync.WaitGroup
	const goroutines, each = 8, 100
	for g := range goroutines {
		wg.Go(func() {
			value := make([]byte, 8)
			for i := range each {
				copy(value, fmt.Sprintf("%d-%d", g, i)) // the producer has copied the last one
				w.produce(t, kafkaclient.Record{Topic: "t", Partition: kafkaclient.AnyPartition, Key: value, Value: value}, fmt.Sprint(g, i))
			}
		})
	}
	wg.Wait()
	w.wait(t, goroutines*each)
	m := h.member(t, c, ConsumerOptions{})
	m.subscribe("t")
	m.until("all", func() bool { return len(m.records) >= goroutines*each })
	seen := make(map[string]bool)
	for i := range m.records {
		if !bytes.Equal(m.records[i].Key, m.records[i].Value) {
			t.Fatal("a record was changed after Produce")
		}
		seen[string(m.records[i].Value)] = true
	}
	if len(seen) != goroutines*each {
		t.Errorf("%d of %d", len(seen), goroutines*each)
	}
}

func testRefusedMessages(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	w := h.writer(t, c, ProducerOptions{})
	refused := 0
	for name, r := range map[string]kafkaclient.Record{
		"no topic":            {},
		"an invalid topic":    {Topic: "a b"},
		"a topic with a zero": {Topic: "a\x00b"},
		"a long topic":        {Topic: strings.Repeat("x", 250)},
		"before 1970":         {Topic: "t", Timestamp: time.UnixMilli(-1)},
		"after 2262":          {Topic: "t", Timestamp: time.UnixMilli(1 << 60)},
		"a header with zero":  {Topic: "t", Headers: []kafkaclient.Header{{Key: "a\x00b"}}},
		"negative partition":  {Topic: "t", Partition: -2},
		"no such partition":   {Topic: "t", Partition: 7},
		"too large":           {Topic: "t", Value: make([]byte, 2<<20)},
	} {
		err := w.Produce(&r, name)
		if err == nil { // it is a report then
			refused++
			w.wait(t, refused)
			if e := w.delivered[name].Err; e != nil {
				err = e
			}
		}
		wantKind(t, name, err, kafkaclient.MessageRefused)
		if e, ok := err.(*kafkaclient.Error); ok && (e.MaybeWritten || kafkaclient.IsRetriable(e)) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("v")}, "good")
	w.wait(t, refused+1)
	if r := w.delivered["good"]; r.Err != nil || r.Offset != 0 {
		t.Errorf("%+v", r)
	}
	if len(w.delivered) != refused+1 {
		t.Errorf("%d reports", len(w.delivered))
	}
}

func testPartitions(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 5)
	w := h.writer(t, c, ProducerOptions{})
	ctx := suiteContext(t)
	if n, err := w.Partitions(ctx, "t"); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	_, err := w.Partitions(ctx, "no-such-topic")
	wantKind(t, "Partitions", err, kafkaclient.UnknownTopic)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.Partitions(canceled, "t"); err == nil {
		t.Error("a canceled context is ignored")
	}
	for i := range 100 {
		w.produce(t, kafkaclient.Record{Topic: "t", Partition: kafkaclient.AnyPartition, Key: []byte(fmt.Sprint(i % 20))}, i)
	}
	w.wait(t, 100)
	used := make(map[int32]bool)
	for i := range 100 {
		if w.delivered[i].Partition != w.delivered[i%20].Partition {
			t.Errorf("the key of message %d has two partitions", i)
		}
		used[w.delivered[i].Partition] = true
	}
	if len(used) < 3 {
		t.Errorf("20 keys are in %d of 5 partitions", len(used))
	}
	// Kafka's murmur2, as Java's producer has it.
	w.produce(t, kafkaclient.Record{Topic: "t", Partition: kafkaclient.AnyPartition, Key: []byte("21")}, "21")
	w.wait(t, 101)
	if p := w.delivered["21"].Partition; p != murmur2Partition([]byte("21"), 5) {
		t.Errorf("partition %d", p)
	}
}

// murmur2Partition is that of org.apache.kafka.common.utils.Utils.murmur2.
func murmur2Partition(key []byte, partitions int32) int32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h = h*m ^ k
	}
	for i := len(key) - 1; i >= 0; i-- {
		h ^= uint32(key[i]) << (8 * i)
		if i == 0 {
			h *= m
		}
	}
	h ^= h >> 13
	h *= m
	h ^= h >> 15
	return int32(h&0x7fffffff) % partitions
}

func testHurry(t *testing.T, h Harness) {
	c := h.cluster(t, "t", 1)
	w := h.writer(t, c, ProducerOptions{Linger: suiteWait})
	began := time.Now()
	w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("v")}, nil)
	for deadline := time.Now().Add(suiteWait); time.Now().Before(deadline); {
		w.Hurry()
		w.mu.Lock()
		n := w.acknowledged
		w.mu.Unlock()
		if n == 1 {
			break
		}
	}
	if took := time.Since(began); took > suiteWait/2 {
		t.Errorf("it lingered for %v", took)
	}
}

func testPurge(t *testing.T, h Harness) {
	w := h.writer(t, &Cluster{Bootstrap: "127.0.0.1:1"}, ProducerOptions{})
	const n = 10
	for i := range n {
		w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("v")}, i)
		w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("v")}, nil)
	}
	w.Purge()
	w.wait(t, 2*n)
	if len(w.delivered) != n || len(w.failed) != n {
		t.Fatalf("%d delivered, %d failed", len(w.delivered), len(w.failed))
	}
	for i := range n {
		wantKind(t, "with a token", w.delivered[i].Err, kafkaclient.Purged)
		wantKind(t, "without", w.failed[i].Err, kafkaclient.Purged)
		if w.failed[i].Topic != "t" || w.failed[i].Err.MaybeWritten {
			t.Errorf("%+v", w.failed[i])
		}
	}
}

func testProducerWithoutBroker(t *testing.T, h Harness) {
	w := h.writer(t, &Cluster{Bootstrap: "127.0.0.1:1"}, ProducerOptions{})
	w.produce(t, kafkaclient.Record{Topic: "t", Value: []byte("v")}, nil)
	for deadline := time.Now().Add(suiteWait); w.Connection() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Connection says nothing")
		}
	}
	checkUnreachable(t, w.Connection())
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := w.Partitions(ctx, "t"); !kafkaclient.IsRetriable(err) {
		t.Errorf("Partitions: %v", err)
	}
	w.Purge()
	w.wait(t, 1)
}

func checkUnreachable(t testing.TB, err error) {
	t.Helper()
	wantKind(t, "Connection", err, kafkaclient.Unreachable)
	for _, part := range []string{"no broker reached", "127.0.0.1:1", "last error: "} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}
