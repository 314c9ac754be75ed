//go:build cgo

package concord_test

import (
	"context"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// page is an event of some 200 bytes.
type page struct {
	ID       string            `avro:"id"`
	UserID   string            `avro:"userId"`
	Time     int64             `avro:"time"`
	Score    float64           `avro:"score"`
	Referrer *string           `avro:"referrer"`
	Tags     []string          `avro:"tags"`
	Labels   map[string]string `avro:"labels"`
}

func samplePage() page {
	referrer := "https://example.com/landing/page"
	return page{
		ID: "0190f6f2-7c1e-7cc2-9b9a-2f1c6d0b9a11", UserID: "u123456", Time: 1727260800123, Score: 0.875, Referrer: &referrer,
		Tags: []string{"new", "beta", "eu-west", "returning"}, Labels: map[string]string{"campaign": "spring-sale", "device": "thin-client-14"},
	}
}

// stage is a broker with a topic of pages, and the client of a registry.
func stage(b *testing.B, records int) (bootstrap string, client *registry.Client) {
	b.Helper()
	_, bootstrap = newCluster(b, "pages")
	reg := registrytest.New(b)
	client, err := registry.NewClient(reg.URL())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close(context.Background()) })
	values, err := serde.NewSerializer(client, avro.For[page](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		b.Fatal(err)
	}
	p := newProducer(b, bootstrap, concord.String(), values)
	for i := range records {
		partition := int32(i % 3)
		if err := p.ProduceAsync(context.Background(), concord.Message[string, page]{Topic: "pages", Key: "k", Value: samplePage(), ToPartition: &partition}, nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	return bootstrap, client
}

// cpuTime is what the process, the embedded broker included, has used of processors: on a machine
// that others use it says more than the rate does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

const benchRecords = 200_000

// BenchmarkConsume reads the same records with kafka.Consumer's Poll, and with a Consumer
// that decodes them: records a second, more is better.
func BenchmarkConsume(b *testing.B) {
	bootstrap, client := stage(b, benchRecords)
	rate := func(b *testing.B, took time.Duration, cpu time.Duration) {
		records := float64(benchRecords) * float64(b.N)
		b.ReportMetric(records/took.Seconds(), "records/s")
		b.ReportMetric(float64(cpu.Nanoseconds())/records, "cpu-ns/record")
	}
	group := 0
	config := func() *kafka.ConfigMap {
		group++
		return &kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": string(rune('a' + group)), "auto.offset.reset": "earliest", "enable.metrics.push": false}
	}
	raw := func(b *testing.B) {
		var took time.Duration
		cpu := cpuTime()
		for range b.N {
			kc, err := kafka.NewConsumer(config())
			if err != nil {
				b.Fatal(err)
			}
			if err := kc.Subscribe("pages", nil); err != nil {
				b.Fatal(err)
			}
			var began time.Time
			for n := 0; n < benchRecords; {
				if _, ok := kc.Poll(100).(*kafka.Message); ok {
					if n++; n == 1 {
						began = time.Now()
					}
				}
			}
			took += time.Since(began)
			kc.Close()
		}
		rate(b, took, cpuTime()-cpu)
	}
	typed := func(b *testing.B) {
		var took time.Duration
		cpu := cpuTime()
		for range b.N {
			values, err := serde.NewDeserializer(client, avro.For[page]())
			if err != nil {
				b.Fatal(err)
			}
			c, err := concord.NewConsumer(config(), concord.String(), values, quiet)
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var n atomic.Int64
			var began, ended time.Time
			err = c.Run(ctx, []string{"pages"}, func(_ context.Context, m *concord.Message[string, page]) error {
				switch n.Add(1) {
				case 1:
					began = time.Now()
				case benchRecords:
					ended = time.Now()
					cancel()
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			took += ended.Sub(began)
			c.Close(context.Background())
		}
		rate(b, took, cpuTime()-cpu)
	}
	for range 2 {
		b.Run("raw", raw)
		b.Run("typed", typed)
	}
}

// BenchmarkProduce sends the same events with kafka.Producer, their bytes ready-made and reports
// read from its channel, and with a Producer that serializes them: "raw" and "typed" learn of
// failures alone, "raw-each" and "typed-each" of each message what became of it.
func BenchmarkProduce(b *testing.B) {
	bootstrap, client := stage(b, 0)
	values, err := serde.NewSerializer(client, avro.For[page](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		b.Fatal(err)
	}
	ready, err := values.AppendSerialize(context.Background(), nil, serde.ValueOf("pages"), samplePage())
	if err != nil {
		b.Fatal(err)
	}
	const inFlight = 90_000 // as many as may wait for their reports
	key, topic := []byte("k"), "pages"
	raw := func(b *testing.B, opaque func() any) {
		kp, err := kafka.NewProducer(&kafka.ConfigMap{
			"bootstrap.servers": bootstrap, "enable.idempotence": true, "compression.type": "lz4", "linger.ms": 5, "partitioner": "murmur2_random", "enable.metrics.push": false,
			"go.delivery.report.fields": "none", "go.events.channel.size": 1024, "go.produce.channel.size": 0,
		})
		if err != nil {
			b.Fatal(err)
		}
		defer kp.Close()
		slots, done := make(chan struct{}, inFlight), make(chan struct{})
		go func() {
			for event := range kp.Events() {
				if m, ok := event.(*kafka.Message); ok {
					if m.TopicPartition.Error != nil {
						b.Error(m.TopicPartition.Error)
					}
					<-slots
				}
			}
			close(done)
		}()
		b.ReportAllocs()
		cpu := cpuTime()
		b.ResetTimer()
		for range b.N {
			slots <- struct{}{}
			if err := kp.Produce(&kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}, Key: key, Value: ready.Bytes, Opaque: opaque()}, nil); err != nil {
				b.Fatal(err)
			}
		}
		for range inFlight {
			slots <- struct{}{}
		}
		b.StopTimer()
		b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/record")
	}
	typed := func(b *testing.B, each bool) {
		p := newProducer(b, bootstrap, concord.String(), values)
		slots := make(chan struct{}, inFlight)
		var report func(concord.Delivery, error)
		if each {
			report = func(_ concord.Delivery, err error) {
				if err != nil {
					b.Error(err)
				}
				<-slots
			}
		}
		m := concord.Message[string, page]{Topic: topic, Key: "k", Value: samplePage()}
		b.ReportAllocs()
		cpu := cpuTime()
		b.ResetTimer()
		for range b.N {
			if each {
				slots <- struct{}{}
			}
			if err := p.ProduceAsync(context.Background(), m, report); err != nil {
				b.Fatal(err)
			}
		}
		if err := p.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(b.N), "cpu-ns/record")
	}
	for range 2 {
		b.Run("raw", func(b *testing.B) { raw(b, func() any { return nil }) })
		b.Run("typed", func(b *testing.B) { typed(b, false) })
		b.Run("raw-each", func(b *testing.B) { raw(b, func() any { return new(int64) }) })
		b.Run("typed-each", func(b *testing.B) { typed(b, true) })
	}
}
