//go:build cgo

package main

import (
	"context"
	"errors"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/serde"
)

// consume handles each event once, in its new form. During the transition it reads both topics, and ignores the copies of
// the conversion service, as it has the originals. A consumer of the new topic alone needs the copies, and
// passes copies as true.
func consume(ctx context.Context, c *cluster.Cluster, group string, copies bool, topics []string, handle func(e UserEventV2, m *concord.Message[string, UserEvent]) error, opts ...concord.ConsumerOption) (err error) {
	values, err := serde.NewDeserializer(c.Registry, serde.OneOf(
		serde.CaseOf[UserEvent](avro.For[UserEventV1](avro.WithSchema(schemaV1))),
		serde.CaseOf[UserEvent](avro.For[UserEventV2](avro.WithSchema(schemaV2))),
	))
	if err != nil {
		return err
	}
	consumer, err := concord.NewConsumer(c.Group(group), concord.String(), values, append(opts, cluster.Quiet)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	return consumer.Run(ctx, topics, func(_ context.Context, m *concord.Message[string, UserEvent]) error {
		switch e := m.Value.(type) {
		case UserEventV1:
			upgraded, err := upgrade(e)
			if err != nil {
				return concord.Permanent(err)
			}
			return handle(upgraded, m)
		case UserEventV2:
			if converted(m.Headers) && !copies {
				return nil
			}
			return handle(e, m)
		}
		return nil // a tombstone
	})
}
