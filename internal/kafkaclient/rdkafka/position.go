//go:build cgo

package rdkafka

import (
	"slices"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// fromPartitions copies: a call may outlive its context, and with it the caller's slice.
func fromPartitions(of []kafkaclient.TopicPartition) []kafka.TopicPartition {
	of = slices.Clone(of)
	tps := make([]kafka.TopicPartition, len(of))
	for i := range of {
		tps[i] = kafka.TopicPartition{Topic: &of[i].Topic, Partition: of[i].Partition, Offset: kafka.OffsetInvalid}
	}
	return tps
}

// fromPositions copies, as [fromPartitions] does.
func fromPositions(at []kafkaclient.Position) []kafka.TopicPartition {
	at = slices.Clone(at)
	tps := make([]kafka.TopicPartition, len(at))
	for i := range at {
		tps[i] = kafka.TopicPartition{Topic: &at[i].Topic, Partition: at[i].Partition, Offset: kafka.Offset(at[i].Offset)}
		if at[i].LeaderEpoch >= 0 {
			tps[i].LeaderEpoch = &at[i].LeaderEpoch
		}
	}
	return tps
}

func toPartition(tp *kafka.TopicPartition) kafkaclient.TopicPartition {
	p := kafkaclient.TopicPartition{Partition: tp.Partition}
	if tp.Topic != nil {
		p.Topic = *tp.Topic
	}
	return p
}

func toPartitions(of []kafka.TopicPartition) []kafkaclient.TopicPartition {
	tps := make([]kafkaclient.TopicPartition, len(of))
	for i := range of {
		tps[i] = toPartition(&of[i])
	}
	return tps
}

// toPosition has an Offset of -1 for each of librdkafka's logical offsets.
func toPosition(tp *kafka.TopicPartition) kafkaclient.Position {
	return kafkaclient.Position{TopicPartition: toPartition(tp), Offset: max(int64(tp.Offset), -1), LeaderEpoch: epoch(tp.LeaderEpoch)}
}

func epoch(e *int32) int32 {
	if e == nil {
		return -1
	}
	return *e
}
