//go:build cgo

package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// stalled describes a group that makes no progress: its members, its offsets, and the last lines that the
// members logged.
func (w *world) stalled(ctx context.Context, c *crew) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var b strings.Builder
	if err := w.describe(ctx, &b); err != nil {
		fmt.Fprintf(&b, "no further details: %v\n", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for place, said := range c.said {
		fmt.Fprintf(&b, "process %d logged:\n%s", place, said)
	}
	return b.String()
}

func (w *world) describe(ctx context.Context, b *strings.Builder) error {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": w.bootstrap, "enable.metrics.push": false})
	if err != nil {
		return err
	}
	defer admin.Close()
	group := w.topic("g")
	groups, err := admin.DescribeConsumerGroups(ctx, []string{group})
	if err != nil {
		return err
	}
	for _, g := range groups.ConsumerGroupDescriptions {
		fmt.Fprintf(b, "group %s: %s, coordinator %d\n", g.GroupID, g.State, g.Coordinator.ID)
		for _, m := range g.Members {
			fmt.Fprintf(b, "  %s has %v\n", m.ConsumerID, m.Assignment.TopicPartitions)
		}
	}
	committed, err := admin.ListConsumerGroupOffsets(ctx, []kafka.ConsumerGroupTopicPartitions{{Group: group}})
	if err != nil {
		return err
	}
	for _, g := range committed.ConsumerGroupsTopicPartitions {
		fmt.Fprintf(b, "committed: %v\n", g.Partitions)
	}
	for _, topic := range []string{w.topic("in"), w.topic("out")} {
		for _, level := range []kafka.IsolationLevel{kafka.IsolationLevelReadUncommitted, kafka.IsolationLevelReadCommitted} {
			asked := make(map[kafka.TopicPartition]kafka.OffsetSpec)
			for partition := range int32(w.partitions) {
				asked[kafka.TopicPartition{Topic: &topic, Partition: partition}] = kafka.LatestOffsetSpec
			}
			ends, err := admin.ListOffsets(ctx, asked, kafka.SetAdminIsolationLevel(level))
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "ends of %s at isolation level %d:", topic, level)
			for partition := range int32(w.partitions) {
				fmt.Fprintf(b, " %d", ends.ResultInfos[kafka.TopicPartition{Topic: &topic, Partition: partition}].Offset)
			}
			b.WriteByte('\n')
		}
	}
	return nil
}

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

// lines passes on what is written to it, and calls line with each whole line.
type lines struct {
	to   *tail
	line func(string)
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			break
		}
		l.line(string(line))
		l.rest = rest
	}
	return l.to.Write(p)
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - tailSize; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	if t == nil {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
