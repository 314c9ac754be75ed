//go:build cgo

package rdkafka

import (
	"context"
	"slices"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Commit commits positions. librdkafka waits without a bound of ours, so it does on a goroutine of
// its own; a later Commit waits for an earlier one that goes on after the end of its context.
func (c *Consumer) Commit(ctx context.Context, at []kafkaclient.Position) error {
	if len(at) == 0 {
		return nil
	}
	at = slices.Clone(at) // the call may outlive its context
	tps := fromPositions(at)
	if ctx.Err() != nil {
		return noAnswer(context.Cause(ctx))
	}
	select {
	case c.committing <- struct{}{}:
	case <-ctx.Done():
		return noAnswer(context.Cause(ctx))
	}
	_ = c.store(at) // or librdkafka's next commit would put what was stored before in its place; what is not assigned need not be
	done := make(chan error, 1)
	c.calls.Go(func() {
		committed, err := c.kc.CommitOffsets(tps)
		<-c.committing
		if err == nil {
			err = firstError(committed)
		}
		if err == nil {
			c.conn.reached()
			c.background.placedAt(at)
		}
		done <- err
	})
	select {
	case err := <-done:
		return asError(toError(err))
	case <-ctx.Done():
		return noAnswer(context.Cause(ctx))
	}
}

// Committed asks the coordinator.
func (c *Consumer) Committed(ctx context.Context, of []kafkaclient.TopicPartition) ([]kafkaclient.Position, error) {
	if len(of) == 0 {
		return nil, nil
	}
	tps := fromPartitions(of)
	committed, err := call(ctx, &c.calls, func(ms int) ([]kafka.TopicPartition, error) { return c.kc.Committed(tps, ms) })
	if code(err) == kafka.ErrGroupIDNotFound { // nothing was committed yet
		committed, err = tps, nil
	}
	if err == nil {
		err = firstError(committed)
	}
	if err != nil {
		return nil, toError(err)
	}
	c.conn.reached()
	at := make([]kafkaclient.Position, len(committed))
	for i := range committed {
		at[i] = toPosition(&committed[i])
	}
	return at, nil
}

// ListOffsets asks the leaders of the partitions, each once. With read_committed librdkafka is told so: the
// end is the last stable offset.
func (c *Consumer) ListOffsets(ctx context.Context, of []kafkaclient.TopicPartition, place kafkaclient.Place) ([]kafkaclient.Position, error) {
	spec := kafka.EarliestOffsetSpec
	switch {
	case !place.Time.IsZero():
		spec = kafka.NewOffsetSpecForTimestamp(max(place.Time.UnixMilli(), 0)) // negative ones are other places
	case place.End:
		spec = kafka.LatestOffsetSpec
	}
	found, err := c.listOffsets(ctx, of, spec)
	if err != nil || place.Time.IsZero() {
		return found, err
	}
	var late []kafkaclient.TopicPartition // nothing so late
	for i := range found {
		if found[i].Offset < 0 {
			late = append(late, found[i].TopicPartition)
		}
	}
	ends, err := c.listOffsets(ctx, late, kafka.LatestOffsetSpec)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if found[i].Offset < 0 {
			found[i], ends = ends[0], ends[1:]
		}
	}
	return found, nil
}

func (c *Consumer) listOffsets(ctx context.Context, of []kafkaclient.TopicPartition, spec kafka.OffsetSpec) ([]kafkaclient.Position, error) {
	if len(of) == 0 {
		return nil, nil
	}
	admin, err := kafka.NewAdminClientFromConsumer(c.kc)
	if err != nil {
		return nil, toError(err)
	}
	defer admin.Close()
	ctx, cancel := context.WithTimeout(ctx, callMost)
	defer cancel()
	specs := make(map[kafka.TopicPartition]kafka.OffsetSpec, len(of))
	for _, tp := range fromPartitions(of) {
		specs[tp] = spec
	}
	result, err := admin.ListOffsets(ctx, specs, kafka.SetAdminIsolationLevel(c.isolation),
		kafka.SetAdminRequestTimeout(callTimeout(ctx)))
	if err != nil {
		return nil, c.explainList(ctx, of, err)
	}
	c.conn.reached()
	at := make(map[kafkaclient.TopicPartition]kafkaclient.Position, len(of))
	for tp, info := range result.ResultInfos {
		if info.Error.Code() != kafka.ErrNoError {
			return nil, toError(info.Error)
		}
		at[toPartition(&tp)] = kafkaclient.Position{TopicPartition: toPartition(&tp), Offset: int64(info.Offset), LeaderEpoch: -1}
	}
	positions := make([]kafkaclient.Position, len(of))
	for i, tp := range of {
		p, ok := at[tp]
		if !ok {
			return nil, toError(kafka.NewError(kafka.ErrUnknownPartition, "the broker did not answer for a partition", false))
		}
		positions[i] = p
	}
	return positions, nil
}

// explainList finds the partition that does not exist: librdkafka says only that no leader was found.
func (c *Consumer) explainList(ctx context.Context, of []kafkaclient.TopicPartition, err error) error {
	if code(err) != kafka.ErrNoent {
		return toError(err)
	}
	topics := make(map[string]kafka.TopicMetadata)
	for _, tp := range of {
		topic, ok := topics[tp.Topic]
		if !ok {
			metadata, failed := c.kc.GetMetadata(&tp.Topic, false, milliseconds(callTimeout(ctx)))
			if failed != nil {
				return toError(failed)
			}
			topic = metadata.Topics[tp.Topic]
			topics[tp.Topic] = topic
		}
		switch {
		case topic.Error.Code() != kafka.ErrNoError:
			return toError(topic.Error)
		case int(tp.Partition) >= len(topic.Partitions):
			return toError(kafka.NewError(kafka.ErrUnknownPartition, "", false))
		}
	}
	return toError(kafka.NewError(kafka.ErrLeaderNotAvailable, "", false))
}
