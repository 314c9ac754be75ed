//go:build cgo

package rdkafka

import (
	"context"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// transactions implements [kafkaclient.Transactions].
type transactions struct {
	p *Producer
	// busy holds one token while librdkafka is in a call: it takes one at a time, and a call goes on
	// after its context was canceled, until its deadline.
	busy chan struct{}
}

// initStep bounds a call in C. InitTransactions goes on where an earlier call has stopped, and Close waits for
// a call whose context was canceled.
const initStep = time.Second

func (t *transactions) Init(ctx context.Context) error {
	for {
		began := time.Now()
		step, cancel := context.WithTimeout(ctx, initStep)
		err := t.call(step, t.p.kp.InitTransactions)
		cancel()
		if ctx.Err() != nil || kafkaclient.KindOf(err) != kafkaclient.TimedOut || time.Since(began) < initStep/2 {
			return err
		}
	}
}

func (t *transactions) Begin() error { return asError(t.error(t.p.kp.BeginTransaction())) }

func (t *transactions) AddOffsets(ctx context.Context, at []kafkaclient.Position, m kafkaclient.GroupMetadata) error {
	metadata, ok := m.(*kafka.ConsumerGroupMetadata)
	if !ok || metadata == nil {
		return refusal(kafkaclient.Invalid, "the group metadata is not that of a consumer of the same client")
	}
	offsets := fromPositions(at)
	return t.call(ctx, func(ctx context.Context) error { return t.p.kp.SendOffsetsToTransaction(ctx, offsets, metadata) })
}

func (t *transactions) Commit(ctx context.Context) error {
	return t.call(ctx, t.p.kp.CommitTransaction)
}

func (t *transactions) Abort(ctx context.Context) error {
	return t.call(ctx, t.p.kp.AbortTransaction)
}

// call waits for an earlier call that goes on, then for this one.
func (t *transactions) call(ctx context.Context, f func(context.Context) error) error {
	if ctx.Err() != nil {
		return noAnswer(context.Cause(ctx))
	}
	select {
	case t.busy <- struct{}{}:
	case <-ctx.Done():
		return noAnswer(context.Cause(ctx))
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout(ctx))
	_, err := call(ctx, &t.p.calls, func(int) (struct{}, error) {
		defer cancel()
		defer func() { <-t.busy }()
		return struct{}{}, f(bounded) // of a context the kafka package takes the deadline alone
	})
	if err == nil {
		t.p.conn.reached()
	}
	return asError(t.error(err))
}

// error is that of a call. It is nil for nil.
func (t *transactions) error(err error) *kafkaclient.Error {
	if err == nil {
		return nil
	}
	return txnError(t.p.explain(err))
}
