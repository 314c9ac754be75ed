package concord

import (
	"context"
	"fmt"
	"sync/atomic"
)

// Future is the result of a message that is in flight; see [Producer.ProduceFuture].
type Future struct {
	topic    string
	done     chan struct{}
	delivery Delivery
	err      error
}

// Done is closed when the result is there.
func (f *Future) Done() <-chan struct{} { return f.done }

// Wait waits for the result. The error is a [*ProduceError], also where ctx is done before; the
// message may be delivered all the same then.
func (f *Future) Wait(ctx context.Context) (Delivery, error) {
	select {
	case <-f.done:
		return f.delivery, f.err
	default:
	}
	select {
	case <-f.done:
		return f.delivery, f.err
	case <-ctx.Done():
		return Delivery{}, &ProduceError{Topic: f.topic, MaybeDelivered: true, Err: context.Cause(ctx)}
	}
}

// ProduceFuture queues a message like [Producer.ProduceAsync], and returns its future
// result. If there is an error, the message was not queued.
func (p *Producer[K, V]) ProduceFuture(ctx context.Context, m Message[K, V]) (*Future, error) {
	f := &Future{topic: m.Topic, done: make(chan struct{})}
	err := p.ProduceAsync(ctx, m, func(d Delivery, err error) {
		f.delivery, f.err = d, err
		close(f.done)
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// BatchError says which messages of a batch were not acknowledged.
type BatchError struct {
	// Errs has a [*ProduceError] for each message that was not, at its index, and nil for the others.
	Errs []error
}

func (e *BatchError) Error() string {
	failed, first := 0, -1
	for i, err := range e.Errs {
		if err != nil {
			if failed++; first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return "concord: a batch without failures"
	}
	return fmt.Sprintf("concord: %d of %d messages of the batch failed, first the one at %d: %s", failed, len(e.Errs), first, withoutName(e.Errs[first]))
}

// Unwrap is the errors that there are.
func (e *BatchError) Unwrap() []error {
	var errs []error
	for _, err := range e.Errs {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// ProduceBatch writes messages and returns when each has its result, or ctx is done: the
// deliveries in the messages' order and, if any failed, a [*BatchError]. Messages of one partition are
// written in their order; one that fails does not stop the others. A batch is no
// transaction: see [Transform] for that.
func (p *Producer[K, V]) ProduceBatch(ctx context.Context, ms []Message[K, V]) ([]Delivery, error) {
	b := &batch{results: make([]result, len(ms)), settled: make([]atomic.Bool, len(ms)), done: make(chan struct{})}
	b.waiting.Store(int64(len(ms)) + 1)
	for i := range ms {
		if err := p.ProduceAsync(ctx, ms[i], func(d Delivery, err error) { b.settle(i, result{d, err}) }); err != nil {
			b.settle(i, result{err: err})
		}
	}
	b.leave()
	select {
	case <-b.done:
	case <-ctx.Done():
	}
	deliveries := make([]Delivery, len(ms))
	var failed *BatchError
	for i := range ms {
		r := result{err: &ProduceError{Topic: ms[i].Topic, MaybeDelivered: true, Err: context.Cause(ctx)}}
		if b.settled[i].Load() {
			r = b.results[i]
		}
		deliveries[i] = r.Delivery
		if r.err != nil {
			if failed == nil {
				failed = &BatchError{Errs: make([]error, len(ms))}
			}
			failed.Errs[i] = r.err
		}
	}
	if failed != nil {
		return deliveries, failed
	}
	return deliveries, nil
}

// result is a delivery or an error.
type result struct {
	Delivery
	err error
}

// batch is the results of messages that were sent together.
type batch struct {
	results []result
	settled []atomic.Bool // the result is there
	waiting atomic.Int64  // results to come, and one more while the batch is queued
	done    chan struct{} // closed when none is
}

func (b *batch) settle(i int, r result) {
	b.results[i] = r
	b.settled[i].Store(true)
	b.leave()
}

func (b *batch) leave() {
	if b.waiting.Add(-1) == 0 {
		close(b.done)
	}
}
