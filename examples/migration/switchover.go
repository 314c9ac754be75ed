//go:build cgo

package main

import (
	"context"
	"errors"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/examples/internal/cluster"
)

// behind returns the lag of a group in a topic. When no producer writes to the old topic any
// more, and the lag of the conversion service and of each consumer is zero, the old topic is drained.
//
// A transaction ends with a marker, which consumers do not get: in a topic written by transactions, a
// group that has read everything may have a lag of one for each partition.
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
