//go:build cgo

package concord

import (
	"context"
	"time"
)

// Record is what an interceptor sees of a record. Nothing in it may be changed.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Headers   []Header
	// Key is the key's bytes, nil where it is null; Size the bytes of key and value.
	Key  []byte
	Size int
}

// HandleInterceptor stands around the reading and handling of a record, with all that
// the [Policy] has done: retries, pauses, a dead letter. It calls next, once, with ctx or
// one made of it, which the handler gets, and returns next's error: nil where the
// record is done with.
type HandleInterceptor func(ctx context.Context, r Record, next func(context.Context) error) error

// WithHandleInterceptor adds interceptors; the first given is the outermost. They run on
// the goroutine of the handler.
func WithHandleInterceptor(interceptors ...HandleInterceptor) ConsumerOption {
	return handleInterceptors(interceptors)
}

type handleInterceptors []HandleInterceptor

func (i handleInterceptors) applyConsumer(to *consumerOptions) {
	to.interceptors = append(to.interceptors, i...)
}

// intercepted is handle within the interceptors.
func intercepted(interceptors []HandleInterceptor, handle func(context.Context, *attempt) error) func(context.Context, *attempt) error {
	if len(interceptors) == 0 {
		return handle
	}
	return func(ctx context.Context, a *attempt) error {
		m := a.record
		r := Record{
			Topic: *m.TopicPartition.Topic, Partition: m.TopicPartition.Partition, Offset: int64(m.TopicPartition.Offset), Timestamp: m.Timestamp,
			Headers: headersOf(m), Key: m.Key, Size: sizeOf(m),
		}
		next := func(ctx context.Context) error { return handle(ctx, a) }
		for i := len(interceptors) - 1; i >= 0; i-- {
			intercept, inner := interceptors[i], next
			next = func(ctx context.Context) error { return intercept(ctx, r, inner) }
		}
		return next(ctx)
	}
}
