//go:build cgo

package bench

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"

	clients "github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/bench/generated"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// These measure the typed clients against those of the kafka package, with the same settings and the same
// embedded broker, which shares the processors: of two figures side by side the ratio says something.

// clientStage is a broker with a topic, and the client of a registry.
type clientStage struct {
	bootstrap string
	url       string // of the registry
	client    *registry.Client
	ready     []byte // a UserEvent as it is on the wire
}

const eventTopic = "events"

func newClientStage(b *testing.B) *clientStage {
	b.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, eventTopic), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cluster.Close)
	url := registrytest.New(b).URL()
	client, err := registry.NewClient(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close(context.Background()) })
	s := &clientStage{bootstrap: cluster.ListenAddrs()[0], url: url, client: client}
	data, err := eventSerializer[generated.UserEvent](b, s).AppendSerialize(context.Background(), nil, serde.ValueOf(eventTopic), generatedEvent(b))
	if err != nil {
		b.Fatal(err)
	}
	s.ready = data.Bytes
	return s
}

func eventSerializer[T any](b *testing.B, s *clientStage) *serde.Serializer[T] {
	b.Helper()
	values, err := serde.NewSerializer(s.client, avro.For[T](avro.WithSchema(eventSchema)), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		b.Fatal(err)
	}
	return values
}

// generatedEvent is the sample in the generated type.
func generatedEvent(b *testing.B) (v generated.UserEvent) {
	b.Helper()
	payload, err := appendEvent(nil, new(sampleEvent()))
	if err == nil {
		err = v.DecodeAvro(payload)
	}
	if err != nil {
		b.Fatal(err)
	}
	return v
}

var quietly = clients.WithLogger(slog.New(slog.DiscardHandler))

// cpuTime is what the process, the embedded broker included, has used of processors: on a machine
// that others use it says more than the rate does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportClient(b *testing.B, messages int, took, cpu time.Duration) {
	b.ReportMetric(float64(messages)/took.Seconds(), "messages/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(messages), "cpu-ns/message")
}

// BenchmarkProduce sends UserEvents. raw is kafka.Producer with bytes that are ready-made, raw-encoding the same with
// concord's codec in front; concord and concord-generated are the Producer. All of these learn of failures alone; the
// rows that end in -each learn of each message what became of it. raw leaves key and value out of its reports, as the
// Producer does; raw-defaults has them copied there, which is what kafka.Producer does unless it is told otherwise.
func BenchmarkProduce(b *testing.B) {
	s := newClientStage(b)
	event := generatedEvent(b)
	plain := sampleEvent()
	b.Run("raw", func(b *testing.B) {
		produceRaw(b, s, false, func([]byte) ([]byte, error) { return s.ready, nil }, lean)
	})
	b.Run("raw-defaults", func(b *testing.B) {
		produceRaw(b, s, false, func([]byte) ([]byte, error) { return s.ready, nil }, nil)
	})
	b.Run("raw-encoding", func(b *testing.B) {
		produceRaw(b, s, false, func(dst []byte) ([]byte, error) { return event.AppendAvro(append(dst, s.ready[:5]...)) }, lean)
	})
	b.Run("concord", func(b *testing.B) { produceTyped(b, s, plain, false) })
	b.Run("concord-generated", func(b *testing.B) { produceTyped(b, s, event, false) })
	b.Run("raw-each", func(b *testing.B) {
		produceRaw(b, s, true, func([]byte) ([]byte, error) { return s.ready, nil }, lean)
	})
	b.Run("concord-each", func(b *testing.B) { produceTyped(b, s, plain, true) })
	b.Run("concord-generated-each", func(b *testing.B) { produceTyped(b, s, event, true) })
}

const inFlight = 90_000 // as many as may wait for their reports

// lean has the kafka package copy nothing into its reports.
var lean = kafka.ConfigMap{"go.delivery.report.fields": "none", "go.events.channel.size": 1024, "go.produce.channel.size": 0}

func produceRaw(b *testing.B, s *clientStage, each bool, value func(dst []byte) ([]byte, error), settings kafka.ConfigMap) {
	config := kafka.ConfigMap{
		"bootstrap.servers": s.bootstrap, "enable.idempotence": true, "compression.type": "lz4", "linger.ms": 5, "partitioner": "murmur2_random", "enable.metrics.push": false,
	}
	maps.Copy(config, settings)
	kp, err := kafka.NewProducer(&config)
	if err != nil {
		b.Fatal(err)
	}
	defer kp.Close()
	slots := make(chan struct{}, inFlight)
	go func() {
		for event := range kp.Events() {
			if m, ok := event.(*kafka.Message); ok {
				if m.TopicPartition.Error != nil {
					b.Error(m.TopicPartition.Error)
				}
				<-slots
			}
		}
	}()
	key, topic, buffer := []byte("k"), eventTopic, make([]byte, 0, 1024)
	b.ReportAllocs()
	cpu, began := cpuTime(), time.Now()
	for b.Loop() {
		slots <- struct{}{}
		v, err := value(buffer)
		if err != nil {
			b.Fatal(err)
		}
		m := &kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}, Key: key, Value: v}
		if each {
			m.Opaque = new(int64)
		}
		if err := kp.Produce(m, nil); err != nil {
			b.Fatal(err)
		}
	}
	for range inFlight {
		slots <- struct{}{}
	}
	reportClient(b, b.N, time.Since(began), cpuTime()-cpu)
}

func produceTyped[T any](b *testing.B, s *clientStage, v T, each bool) {
	p, err := clients.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.bootstrap, "enable.metrics.push": false}, clients.String(), eventSerializer[T](b, s), quietly)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	slots := make(chan struct{}, inFlight)
	var report func(clients.Delivery, error)
	if each {
		report = func(_ clients.Delivery, err error) {
			if err != nil {
				b.Error(err)
			}
			<-slots
		}
	}
	m := clients.Message[string, T]{Topic: eventTopic, Key: "k", Value: v}
	ctx := context.Background()
	b.ReportAllocs()
	cpu, began := cpuTime(), time.Now()
	for b.Loop() {
		if each {
			slots <- struct{}{}
		}
		if err := p.ProduceAsync(ctx, m, report); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	reportClient(b, b.N, time.Since(began), cpuTime()-cpu)
}

const consumed = 200_000

// BenchmarkConsume reads the same UserEvents. raw is kafka.Consumer's Poll, raw-decoding the same with concord's
// codec behind it; concord and concord-generated are the Consumer, which decodes them.
func BenchmarkConsume(b *testing.B) {
	s := newClientStage(b)
	fill(b, s)
	decoder, err := avro.NewDecoder[userEvent](avro.MustParse(eventSchema), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("raw", func(b *testing.B) { consumeRaw(b, s, func([]byte) error { return nil }) })
	b.Run("raw-decoding", func(b *testing.B) {
		consumeRaw(b, s, func(v []byte) error {
			var event userEvent
			return decoder.Decode(v[5:], &event)
		})
	})
	b.Run("concord", func(b *testing.B) { consumeTyped[userEvent](b, s) })
	b.Run("concord-generated", func(b *testing.B) { consumeTyped[generated.UserEvent](b, s) })
}

func fill(b *testing.B, s *clientStage) {
	b.Helper()
	p, err := clients.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.bootstrap, "enable.metrics.push": false}, clients.String(), clients.Bytes(), quietly)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	for i := range consumed {
		m := clients.Message[string, []byte]{Topic: eventTopic, Key: strconv.Itoa(i % 1000), Value: s.ready}
		if err := p.ProduceAsync(context.Background(), m, nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
}

var groups atomic.Int64

func consumerConfig(s *clientStage) *kafka.ConfigMap {
	return &kafka.ConfigMap{
		"bootstrap.servers": s.bootstrap, "group.id": "g" + strconv.FormatInt(groups.Add(1), 10), "auto.offset.reset": "earliest", "enable.metrics.push": false,
	}
}

// The time counts from the first message, so that joining the group is no part of it.
func consumeRaw(b *testing.B, s *clientStage, value func([]byte) error) {
	var took, cpu time.Duration
	for range b.N {
		kc, err := kafka.NewConsumer(consumerConfig(s))
		if err != nil {
			b.Fatal(err)
		}
		if err := kc.Subscribe(eventTopic, nil); err != nil {
			b.Fatal(err)
		}
		var began time.Time
		var used time.Duration
		for n := 0; n < consumed; {
			m, ok := kc.Poll(100).(*kafka.Message)
			if !ok {
				continue
			}
			if n++; n == 1 {
				began, used = time.Now(), cpuTime()
			}
			if err := value(m.Value); err != nil {
				b.Fatal(err)
			}
		}
		took += time.Since(began)
		cpu += cpuTime() - used
		if err := kc.Close(); err != nil {
			b.Fatal(err)
		}
	}
	reportClient(b, consumed*b.N, took, cpu)
}

func consumeTyped[T any](b *testing.B, s *clientStage) {
	var took, cpu time.Duration
	for range b.N {
		values, err := serde.NewDeserializer(s.client, avro.For[T](avro.WithSchema(eventSchema)))
		if err != nil {
			b.Fatal(err)
		}
		c, err := clients.NewConsumer(consumerConfig(s), clients.String(), values, quietly)
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var n atomic.Int64
		var began, ended time.Time
		var used, atEnd time.Duration
		err = c.Run(ctx, []string{eventTopic}, func(context.Context, *clients.Message[string, T]) error {
			switch n.Add(1) {
			case 1:
				began, used = time.Now(), cpuTime()
			case consumed:
				ended, atEnd = time.Now(), cpuTime()
				cancel()
			}
			return nil
		})
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		took += ended.Sub(began)
		cpu += atEnd - used
		if err := c.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	reportClient(b, consumed*b.N, took, cpu)
}
