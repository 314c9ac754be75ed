//go:build cgo

package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestMain(m *testing.M) {
	if isChild() {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

// The short form of each trial; the command runs the long one.
func TestGuarantees(t *testing.T) {
	t.Parallel()
	for _, trial := range trials {
		t.Run(trial.name, func(t *testing.T) {
			if trial.name != "cycles" { // it measures the whole process, so it runs before the others
				t.Parallel()
			}
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			if err := trial.run(ctx, &soak{out: t.Output(), short: true}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A position is valid while the new leader of its partition has written nothing yet.
func TestANewLeaderKnowsTheEpochBefore(t *testing.T) {
	t.Parallel()
	w, err := (&soak{out: t.Output(), short: true}).newWorld(t.Context(), "in")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.end)
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: w.topic("in"), Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	before := w.cluster.PartitionInfo(w.topic("in"), 0)
	for w.cluster.PartitionInfo(w.topic("in"), 0).Epoch == before.Epoch {
		w.cluster.ShufflePartitionLeaders()
	}
	now := w.cluster.PartitionInfo(w.topic("in"), 0)
	r := kmsg.NewPtrOffsetForLeaderEpochRequest()
	r.ReplicaID = -1
	topic := kmsg.NewOffsetForLeaderEpochRequestTopic()
	topic.Topic = w.topic("in")
	partition := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	partition.CurrentLeaderEpoch, partition.LeaderEpoch = now.Epoch, before.Epoch
	topic.Partitions = append(topic.Partitions, partition)
	r.Topics = append(r.Topics, topic)
	shard, err := cl.Broker(int(now.Leader)).Request(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	got := shard.(*kmsg.OffsetForLeaderEpochResponse).Topics[0].Partitions[0]
	if got.ErrorCode != 0 || got.LeaderEpoch != before.Epoch || got.EndOffset != 1 {
		t.Errorf("error %d, epoch %d ends at %d; want epoch %d to end at 1", got.ErrorCode, got.LeaderEpoch, got.EndOffset, before.Epoch)
	}
}
