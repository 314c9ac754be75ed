//go:build cgo

package main

import (
	"context"
	"errors"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/examples/internal/cluster"
)

// behind is how many records of a topic a group has not committed yet. When no producer writes to the old topic any
// more, and this is zero for the conversion service and for each consumer of it, the old topic is done with.
//
// Behind the last record of a transaction stands its marker, which no consumer is given: a
// group that has read everything may be behind by one for each partition that transactions wrote to.
func behind(ctx context.Context, c *cluster.Cluster, group, topic string) (n int64, err error) {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap, "enable.metrics.push": false})
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	metadata, err := admin.GetMetadata(&topic, false, 10_000)
	if err != nil {
		return 0, err
	}
	ends := make(map[kafka.TopicPartition]kafka.OffsetSpec)
	var partitions []kafka.TopicPartition
	for _, p := range metadata.Topics[topic].Partitions {
		tp := kafka.TopicPartition{Topic: &topic, Partition: p.ID}
		ends[tp] = kafka.LatestOffsetSpec
		partitions = append(partitions, tp)
	}
	latest, err := admin.ListOffsets(ctx, ends)
	if err != nil {
		return 0, err
	}
	for _, info := range latest.ResultInfos {
		if info.Error.Code() != kafka.ErrNoError {
			return 0, info.Error
		}
		n += int64(info.Offset)
	}
	committed, err := admin.ListConsumerGroupOffsets(ctx, []kafka.ConsumerGroupTopicPartitions{{Group: group, Partitions: partitions}})
	if e, ok := errors.AsType[kafka.Error](err); ok && e.Code() == kafka.ErrGroupIDNotFound {
		return n, nil
	}
	if err != nil {
		return 0, err
	}
	for _, g := range committed.ConsumerGroupsTopicPartitions {
		for _, p := range g.Partitions {
			if p.Offset > 0 {
				n -= int64(p.Offset)
			}
		}
	}
	return n, nil
}
