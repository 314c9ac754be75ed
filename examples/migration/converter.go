//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/serde"
)

const (
	oldTopic    = "user-events"
	newTopic    = "user-events.v2"
	deadTopic   = "user-events.conversion.dead"
	conversion  = "user-events-conversion" // the conversion service's group and transactional ID
	convertedBy = "converted-from"         // the header of a converted event that names the original
)

// convert is the conversion service: it writes each event of the old topic to the new one, exactly once. It runs until
// ctx is done. It may be killed at any time, and continues where it was.
func convert(ctx context.Context, c *cluster.Cluster) (err error) {
	from, err := serde.NewDeserializer(c.Registry, avro.For[UserEventV1](avro.WithSchema(schemaV1)))
	if err != nil {
		return err
	}
	to, err := serde.NewSerializer(c.Registry, avro.For[UserEventV2](avro.WithSchema(schemaV2)))
	if err != nil {
		return err
	}
	group := c.Group(conversion)
	_ = group.SetKey("session.timeout.ms", 6000) // how long the group takes to notice that it was killed
	consumer, err := concord.NewConsumer(group, concord.String(), from, cluster.Quiet, concord.WithDeadLetters(nil, concord.DeadLetterTopic(deadTopic)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	producer, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), to, cluster.Quiet, concord.WithTransactionalID(conversion))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, producer.Close(context.WithoutCancel(ctx))) }()
	if err := producer.Prepare(ctx, newTopic); err != nil { // checks that version 2 is registered and fits the type
		return err
	}
	return concord.Transform(ctx, consumer, producer, []string{oldTopic}, func(_ context.Context, m *concord.Message[string, UserEventV1], send func(concord.Message[string, UserEventV2]) error) error {
		event, err := upgrade(m.Value)
		if err != nil {
			return concord.Permanent(err)
		}
		return send(concord.Message[string, UserEventV2]{
			Topic: newTopic, Key: m.Key, NullKey: m.NullKey, Value: event, Tombstone: m.Tombstone, Timestamp: m.Timestamp,
			Headers: append(m.Headers, concord.Header{Key: convertedBy, Value: fmt.Appendf(nil, "%s/%d/%d", m.Topic, m.Partition, m.Offset)}),
		})
	})
}

// converted reports whether the conversion service wrote the event.
func converted(headers []concord.Header) bool {
	for _, h := range headers {
		if h.Key == convertedBy {
			return true
		}
	}
	return false
}
