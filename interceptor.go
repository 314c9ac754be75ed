//go:build cgo

package concord

import (
	"context"
	"slices"
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

// Outgoing is what an interceptor sees of a message before it is serialized. It may add
// to Headers, or take away; nothing else may be changed.
type Outgoing struct {
	Topic   string
	Headers []Header
}

// ProduceInterceptor is called with each message before it is serialized and queued. done,
// if it is not nil, is called with the result, once: the delivery, or the [*ProduceError]. It
// runs on the goroutine that takes the delivery reports and must not block.
type ProduceInterceptor func(ctx context.Context, m *Outgoing) (done func(Delivery, error))

// WithProduceInterceptor adds interceptors, which are called in this order, and their
// dones in the opposite one.
func WithProduceInterceptor(interceptors ...ProduceInterceptor) ProducerOption {
	return produceInterceptors(interceptors)
}

type produceInterceptors []ProduceInterceptor

func (i produceInterceptors) applyProducer(to *producerOptions) {
	to.interceptors = append(to.interceptors, i...)
}

// intercept calls the interceptors, and returns the headers that they leave.
func (i produceInterceptors) intercept(ctx context.Context, topic string, headers []Header) (left []Header, done func(Delivery, error)) {
	// The message's own slice is the caller's.
	out := Outgoing{Topic: topic, Headers: append(make([]Header, 0, len(headers)+2), headers...)}
	var dones []func(Delivery, error)
	for _, intercept := range i {
		if d := intercept(ctx, &out); d != nil {
			dones = append(dones, d)
		}
	}
	if len(dones) == 0 {
		return out.Headers, nil
	}
	return out.Headers, func(d Delivery, err error) {
		for _, done := range slices.Backward(dones) {
			done(d, err)
		}
	}
}
