//go:build cgo

package main

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// endOfEpochs answers where leader epochs end, in place of the embedded brokers. While a new leader has written
// nothing yet, they answer that the epoch before is unknown, where Kafka answers with the end of the log. A client that
// validates its position then takes the log for truncated, and starts at its first record.
//
// The logs of the trials are never truncated, so the high watermark is a correct end for each of their epochs.
func endOfEpochs(c *kfake.Cluster, r *kmsg.OffsetForLeaderEpochRequest) kmsg.Response {
	resp := r.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	for i := range r.Topics {
		topic := kmsg.NewOffsetForLeaderEpochResponseTopic()
		topic.Topic = r.Topics[i].Topic
		for _, asked := range r.Topics[i].Partitions {
			p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			p.Partition, p.LeaderEpoch, p.EndOffset = asked.Partition, -1, -1
			switch info := c.PartitionInfo(topic.Topic, asked.Partition); {
			case info == nil:
				p.ErrorCode = kerr.UnknownTopicOrPartition.Code
			case info.Leader != c.CurrentNode():
				p.ErrorCode = kerr.NotLeaderForPartition.Code
			case asked.CurrentLeaderEpoch >= 0 && asked.CurrentLeaderEpoch < info.Epoch:
				p.ErrorCode = kerr.FencedLeaderEpoch.Code
			case asked.CurrentLeaderEpoch > info.Epoch:
				p.ErrorCode = kerr.UnknownLeaderEpoch.Code
			case asked.LeaderEpoch <= info.Epoch:
				p.LeaderEpoch, p.EndOffset = asked.LeaderEpoch, info.HighWatermark
			}
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}
