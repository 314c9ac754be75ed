package concord

import (
	"context"
	"slices"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// Record is what an interceptor sees of a record. Nothing in it may be changed.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Headers   []Header
	// Key is the key's bytes, nil where it is null. Size is the bytes of key, value and headers.
	Key  []byte
	Size int
}

// HandleInterceptor wraps the reading and handling of a record, with all that
// the [Policy] does: attempts, pauses, dead letters. It calls next, once, with ctx or
// a context made of it, which the handler gets, and returns next's error: nil where the
// record is done. A dead letter may still wait for its acknowledgement then.
//
// An interceptor that does not call next skips the record if it returns nil, and ends the run if
// it returns an error. If next was called, its error decides, whatever the interceptor
// returns, except that an error where next returned nil ends the run too. A context with a timeout bounds what
// the handler gets, not the consumer's pauses nor its dead letters.
type HandleInterceptor func(ctx context.Context, r Record, next func(context.Context) error) error

// WithHandleInterceptor adds interceptors; the first given is the outermost. They run on
// the goroutine of the handler.
func WithHandleInterceptor(interceptors ...HandleInterceptor) ConsumerOption {
	interceptors = slices.Clone(interceptors)
	return consumerOption(func(o *consumerOptions) { o.interceptors = append(o.interceptors, interceptors...) })
}

// intercept makes one function of the interceptors; nil where there are none.
func intercept(interceptors []HandleInterceptor) func(context.Context, *kafkaclient.Record, func(context.Context) error) error {
	if len(interceptors) == 0 {
		return nil
	}
	return func(ctx context.Context, m *kafkaclient.Record, handle func(context.Context) error) error {
		r := Record{
			Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Timestamp: m.Timestamp,
			Headers: m.Headers, Key: m.Key, Size: m.Size(),
		}
		next := func(ctx context.Context) error { return public(handle(ctx)) }
		for _, outer := range slices.Backward(interceptors) {
			inner := next
			next = func(ctx context.Context) error { return outer(ctx, r, inner) }
		}
		return next(ctx)
	}
}

// Outgoing is what an interceptor sees of a message before it is serialized. It may add
// to Headers, or remove some; nothing else may be changed.
type Outgoing struct {
	Topic   string
	Headers []Header
}

// ProduceInterceptor is called with each message before it is serialized and queued. done,
// if it is not nil, is called with the result, exactly once: the delivery, or a [*ProduceError]. It
// must not block: it may run on the goroutine that takes the delivery reports.
type ProduceInterceptor func(ctx context.Context, m *Outgoing) (done func(Delivery, error))

// WithProduceInterceptor adds interceptors, which are called in this order, and their
// dones in the opposite one.
func WithProduceInterceptor(interceptors ...ProduceInterceptor) ProducerOption {
	interceptors = slices.Clone(interceptors)
	return producerOption(func(o *producerOptions) { o.interceptors = append(o.interceptors, interceptors...) })
}

// intercepted calls the interceptors, and returns the headers that they leave.
func intercepted(ctx context.Context, interceptors []ProduceInterceptor, topic string, headers []Header) ([]Header, produce.Callback) {
	// The message's own slice is the caller's.
	out := Outgoing{Topic: topic, Headers: append(make([]Header, 0, len(headers)+2), headers...)}
	var dones []func(Delivery, error)
	for _, intercept := range interceptors {
		if d := intercept(ctx, &out); d != nil {
			dones = append(dones, d)
		}
	}
	if len(dones) == 0 {
		return out.Headers, nil
	}
	return out.Headers, callback(func(d Delivery, err error) {
		for _, done := range slices.Backward(dones) {
			done(d, err)
		}
	})
}
