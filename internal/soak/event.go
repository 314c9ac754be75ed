//go:build cgo

package main

import (
	"context"
	"strings"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// event is the message of all trials.
type event struct {
	Number int64  `avro:"number"`
	Text   string `avro:"text"`
}

var text = strings.Repeat("event ", 30)

type (
	message  = concord.Message[int64, event]
	consumer = concord.Consumer[int64, event]
	producer = concord.Producer[int64, event]
)

func newConsumer(client *registry.Client, config *kafka.ConfigMap, opts ...concord.ConsumerOption) (*consumer, error) {
	values, err := serde.NewDeserializer(client, avro.For[event]())
	if err != nil {
		return nil, err
	}
	return concord.NewConsumer(config, concord.Int64(), values, append([]concord.ConsumerOption{quiet}, opts...)...)
}

func newProducer(client *registry.Client, bootstrap string, opts ...concord.ProducerOption) (*producer, error) {
	values, err := serde.NewSerializer(client, avro.For[event](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return nil, err
	}
	return concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.Int64(), values, append([]concord.ProducerOption{quiet}, opts...)...)
}

// newRaw is a producer of bytes for dead letters; it is closed with the world.
func (w *world) newRaw() (*concord.Producer[[]byte, []byte], error) {
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": w.bootstrap, "message.timeout.ms": 5000}, concord.Bytes(), concord.Bytes(), quiet)
	if err != nil {
		return nil, err
	}
	w.close = append(w.close, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return p, nil
}

// send produces the events from first to last, spread over a time.
func send(ctx context.Context, p *producer, topic string, first, last int, over time.Duration) error {
	began := time.Now()
	for i := first; i < last; i++ {
		if due := began.Add(over * time.Duration(i-first) / time.Duration(last-first)); time.Until(due) > 5*time.Millisecond {
			sleep(ctx, time.Until(due))
		}
		partition := int32(i % partitions)
		if err := p.ProduceAsync(ctx, message{Topic: topic, Key: int64(i), Value: event{int64(i), text}, ToPartition: &partition}, nil); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}
