//go:build cgo

package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	confluentregistry "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	confluentserde "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	twmb "github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/kgo"

	clients "github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/bench/generated"
	"github.com/concord-go/concord/serde"
)

// pipelined is how many events an iteration of BenchmarkPipeline moves.
const pipelined = 300_000

// pipeline serializes and produces events, and consumes and deserializes them.
type pipeline struct {
	produce, consume func(ctx context.Context, n int) error
}

// BenchmarkPipeline moves UserEvents through a broker in the same process: serialize, produce, consume, deserialize.
// The time includes making and closing the clients. concord and confluent-avrov2 use the kafka package; the other two
// call a codec by hand around franz-go, with the same linger and compression. twmb/avro has no registry client: it gets a
// ready-made schema ID. confluent-avrov2 looks up the latest version, its fastest way.
func BenchmarkPipeline(b *testing.B) {
	for _, row := range []struct {
		name string
		new  func(*testing.B, *clientStage) pipeline
	}{
		{"concord", concordPipeline}, {"confluent-avrov2", confluentPipeline}, {"franz-twmb", twmbPipeline}, {"franz-concord", franzPipeline},
	} {
		b.Run(row.name, func(b *testing.B) {
			ctx := context.Background()
			var took, cpu time.Duration
			for range b.N {
				p := row.new(b, newClientStage(b)) // a topic of its own
				used, began := cpuTime(), time.Now()
				if err := p.produce(ctx, pipelined); err != nil {
					b.Fatal(err)
				}
				if err := p.consume(ctx, pipelined); err != nil {
					b.Fatal(err)
				}
				took += time.Since(began)
				cpu += cpuTime() - used
			}
			reportClient(b, pipelined*b.N, took, cpu)
		})
	}
}

func eventDeserializer(b *testing.B, s *clientStage) *serde.Deserializer[generated.UserEvent] {
	b.Helper()
	values, err := serde.NewDeserializer(s.client, avro.For[generated.UserEvent](avro.WithSchema(eventSchema)))
	if err != nil {
		b.Fatal(err)
	}
	return values
}

func concordPipeline(b *testing.B, s *clientStage) pipeline {
	event, serializer, deserializer := generatedEvent(b), eventSerializer[generated.UserEvent](b, s), eventDeserializer(b, s)
	return pipeline{
		func(ctx context.Context, n int) error {
			p, err := clients.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.bootstrap, "enable.metrics.push": false}, clients.String(), serializer, quietly)
			if err != nil {
				return err
			}
			for range n {
				if err := p.ProduceAsync(ctx, clients.Message[string, generated.UserEvent]{Topic: eventTopic, Key: "k", Value: event}, nil); err != nil {
					return err
				}
			}
			return errors.Join(p.Flush(ctx), p.Close(ctx))
		},
		func(ctx context.Context, n int) error {
			c, err := clients.NewConsumer(consumerConfig(s), clients.String(), deserializer, quietly)
			if err != nil {
				return err
			}
			running, stop := context.WithCancel(ctx)
			defer stop()
			var handled atomic.Int64
			err = c.Run(running, []string{eventTopic}, func(context.Context, *clients.Message[string, generated.UserEvent]) error {
				if handled.Add(1) == int64(n) {
					stop()
				}
				return nil
			})
			return errors.Join(err, c.Close(ctx))
		},
	}
}

func confluentPipeline(b *testing.B, s *clientStage) pipeline {
	event := sampleEvent()
	registry, err := confluentregistry.NewClient(confluentregistry.NewConfig(s.url))
	if err != nil {
		b.Fatal(err)
	}
	config := avrov2.NewSerializerConfig()
	config.AutoRegisterSchemas, config.UseLatestVersion = false, true // its fastest way
	serializer, err := avrov2.NewSerializer(registry, confluentserde.ValueSerde, config)
	if err != nil {
		b.Fatal(err)
	}
	deserializer, err := avrov2.NewDeserializer(registry, confluentserde.ValueSerde, avrov2.NewDeserializerConfig())
	if err != nil {
		b.Fatal(err)
	}
	return pipeline{
		func(_ context.Context, n int) error {
			return confluentProduce(s, n, func() ([]byte, error) { return serializer.Serialize(eventTopic, &event) })
		},
		func(_ context.Context, n int) error {
			return confluentConsume(s, n, func(value []byte) error {
				var e userEvent
				return deserializer.DeserializeInto(eventTopic, value, &e)
			})
		},
	}
}

func confluentProduce(s *clientStage, n int, value func() ([]byte, error)) error {
	kp, err := kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.bootstrap, "enable.idempotence": true, "compression.type": "lz4", "linger.ms": 5, "enable.metrics.push": false})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		var failed error
		for event := range kp.Events() {
			if m, ok := event.(*kafka.Message); ok && m.TopicPartition.Error != nil {
				failed = m.TopicPartition.Error
			}
		}
		ended <- failed
	}()
	topic := eventTopic
	for range n {
		v, err := value()
		if err != nil {
			return err
		}
		m := &kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}, Key: []byte("k"), Value: v}
		for err = kp.Produce(m, nil); err != nil; err = kp.Produce(m, nil) {
			if e, ok := errors.AsType[kafka.Error](err); !ok || e.Code() != kafka.ErrQueueFull {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	}
	for kp.Flush(1000) > 0 {
	}
	kp.Close()
	return <-ended
}

func confluentConsume(s *clientStage, n int, read func([]byte) error) error {
	kc, err := kafka.NewConsumer(consumerConfig(s))
	if err != nil {
		return err
	}
	if err := kc.Subscribe(eventTopic, nil); err != nil {
		return err
	}
	for n > 0 {
		if m, ok := kc.Poll(100).(*kafka.Message); ok {
			n--
			if err := read(m.Value); err != nil {
				return err
			}
		}
	}
	return kc.Close()
}

func twmbPipeline(b *testing.B, s *clientStage) pipeline {
	event := sampleEvent()
	schema, err := twmb.Parse(eventSchema)
	if err != nil {
		b.Fatal(err)
	}
	return pipeline{
		func(ctx context.Context, n int) error {
			return franzProduce(ctx, s, n, func(dst []byte) ([]byte, error) { return schema.AppendEncode(append(dst, s.ready[:5]...), &event) })
		},
		func(ctx context.Context, n int) error {
			return franzConsume(ctx, s, n, func(value []byte) error {
				var e userEvent
				_, err := schema.Decode(value[5:], &e)
				return err
			})
		},
	}
}

func franzPipeline(b *testing.B, s *clientStage) pipeline {
	event, serializer, deserializer := generatedEvent(b), eventSerializer[generated.UserEvent](b, s), eventDeserializer(b, s)
	field := serde.ValueOf(eventTopic)
	return pipeline{
		func(ctx context.Context, n int) error {
			return franzProduce(ctx, s, n, func(dst []byte) ([]byte, error) {
				data, err := serializer.AppendSerialize(ctx, dst, field, event)
				return data.Bytes, err
			})
		},
		func(ctx context.Context, n int) error {
			return franzConsume(ctx, s, n, func(value []byte) error {
				var e generated.UserEvent
				_, err := deserializer.Deserialize(ctx, field, serde.Data{Bytes: value, Given: true}, &e)
				return err
			})
		},
	}
}

func franzProduce(ctx context.Context, s *clientStage, n int, value func(dst []byte) ([]byte, error)) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.bootstrap), kgo.ProducerLinger(5*time.Millisecond), kgo.ProducerBatchCompression(kgo.Lz4Compression()))
	if err != nil {
		return err
	}
	defer cl.Close()
	var failed atomic.Pointer[error]
	for range n {
		v, err := value(make([]byte, 0, 256)) // the client keeps it until it is acknowledged
		if err != nil {
			return err
		}
		cl.Produce(ctx, &kgo.Record{Topic: eventTopic, Key: []byte("k"), Value: v}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func franzConsume(ctx context.Context, s *clientStage, n int, read func([]byte) error) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.bootstrap), kgo.ConsumerGroup("franz"), kgo.ConsumeTopics(eventTopic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for n > 0 {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		for records := fetches.RecordIter(); !records.Done(); n-- {
			if err := read(records.Next().Value); err != nil {
				return err
			}
		}
	}
	return nil
}
