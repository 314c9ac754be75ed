package concord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/transact"
	"github.com/concord-go/concord/serde"
)

// Producer writes records with keys of type K and values of type V. Several
// goroutines may use one, and should: they share its batches and connections.
//
// It is idempotent and waits for all in-sync replicas (enable.idempotence,
// acks=all), so that retries neither lose, duplicate nor reorder messages. Keys
// go to partitions as with Java's producer (partitioner=murmur2_random).
// Batches are compressed with lz4 and wait up to 5 ms to fill
// (compression.type, linger.ms); a message is given up after
// message.timeout.ms, 5 minutes. These last four are defaults
// that the configuration may change.
type Producer[K, V any] struct {
	key   Serializer[K]
	value Serializer[V]
	keeps [2]bool // by serde.Role: headers that frame come from the message

	sender       *produce.Sender
	interceptors []ProduceInterceptor
	encoded      func(Encoded)        // nil: nobody observes
	transactor   *transact.Transactor // nil unless it is for Transform
	closed       memo
}

func producerOptionsOf(opts []ProducerOption) producerOptions {
	var o producerOptions
	for _, opt := range opts {
		if opt != nil {
			opt.applyProducer(&o)
		}
	}
	return o
}

// newProducer makes a producer on a client that open makes.
func newProducer[K, V any](key Serializer[K], value Serializer[V], o producerOptions, settings kafkaconfig.Producer, open func(kafkaclient.Reporter) (kafkaclient.Producer, error)) (*Producer[K, V], error) {
	if key == nil || value == nil {
		return nil, &ConfigError{Reason: "a Producer needs a key serializer and a value serializer; use concord.Bytes() for one that is not used"}
	}
	sender, err := produce.New(open, produce.Config{Log: orDefault(o.log), Lingers: settings.Lingers})
	if err != nil {
		return nil, public(err)
	}
	p := &Producer[K, V]{
		key: key, value: value, sender: sender, interceptors: o.interceptors,
		encoded: observe(o.observers, func(o *Observer) func(Encoded) { return o.OnEncoded }),
	}
	if o.transactional {
		p.transactor = transact.New(sender, o.transactionInterval, orDefault(o.log))
	}
	_, p.keeps[serde.Key] = any(key).(interface{ keepsFraming() })
	_, p.keeps[serde.Value] = any(value).(interface{ keepsFraming() })
	return p, nil
}

// logSettings logs once what a client runs with, without what may be a secret.
func logSettings(to *slog.Logger, text string, settings kafkaconfig.Settings) {
	if to.Enabled(context.Background(), slog.LevelInfo) {
		attrs := settings.Redacted()
		group := make([]any, len(attrs))
		for i := range attrs {
			group[i] = attrs[i]
		}
		to.LogAttrs(context.Background(), slog.LevelInfo, text, slog.Group("settings", group...))
	}
}

// Produce writes a message and returns when it is acknowledged, which takes at
// least the linger time: a loop over Produce is slow, many goroutines or
// [Producer.ProduceAsync] are not. While the queue is full, it waits for room.
//
// The error is a [*ProduceError]. When ctx is done before the acknowledgement, the
// message may be delivered all the same, and the error says so; if it
// is not, the next Flush reports it. When no broker is reached, the error says so, and names
// the brokers and the last connection error.
func (p *Producer[K, V]) Produce(ctx context.Context, m Message[K, V]) (Delivery, error) {
	out, err := p.message(ctx, &m)
	if err != nil {
		return Delivery{}, public(err)
	}
	d, err := p.sender.Produce(ctx, out)
	if err != nil {
		return Delivery{}, public(err)
	}
	return deliveryOf(d), nil
}

// ProduceAsync queues a message and returns. While the queue is full, it waits
// for room until ctx is done; ctx has no influence on the delivery after that.
//
// An error is a [*ProduceError]: the message was not queued, and callback is not
// called. Otherwise callback is called exactly once, with the result. It may be
// nil, which is the fastest way: Flush reports failures. Callbacks run one at a time on the goroutine
// that takes the delivery reports, so one that blocks, or produces to a full
// queue, stops all others; a panic in one is not recovered.
func (p *Producer[K, V]) ProduceAsync(ctx context.Context, m Message[K, V], done func(Delivery, error)) error {
	out, err := p.message(ctx, &m)
	if err == nil {
		var f produce.Callback
		if done != nil {
			f = callback(done)
		}
		err = p.sender.ProduceAsync(ctx, out, f)
	}
	return public(err)
}

// Prepare has the key and value serializers do what they would do with the first message to
// each topic: find or register the schema, and check that K and V fit it. So a program
// learns at its start what is missing. All failures are reported, each a [*ProduceError];
// serializers without such a step are passed over.
func (p *Producer[K, V]) Prepare(ctx context.Context, topics ...string) error {
	var errs []error
	for _, topic := range topics {
		err := kafkaconfig.ValidTopic(topic)
		if err == nil {
			err = errors.Join(prepare(ctx, p.key, serde.KeyOf(topic)), prepare(ctx, p.value, serde.ValueOf(topic)))
		}
		if err != nil {
			errs = append(errs, &ProduceError{Topic: topic, Err: err})
		}
	}
	return errors.Join(errs...)
}

// Flush waits until every message that was queued before has its result. The
// error is a [*FlushError]: failures that were not returned by Produce, since
// the last Flush, and what is still waiting when ctx is done. That stays
// queued and is delivered later, if possible.
func (p *Producer[K, V]) Flush(ctx context.Context) error { return public(p.sender.Flush(ctx)) }

// Close refuses further messages with [ErrClosed], flushes, and ends the
// producer. A [Transform] that uses it ends, and Close waits for that. Messages without a result when ctx is done are given up: their
// callbacks get an error, and Close reports them in a [*FlushError]. Further
// calls wait for the first one and return the same. Close returns within seconds of the end of
// ctx; where a callback or the client does not return, it
// says so, and what is left goes on in the background. It must not be called from a callback.
func (p *Producer[K, V]) Close(ctx context.Context) error {
	return p.closed.public(p.sender.Close(ctx))
}

// Stats may be called from any goroutine.
func (p *Producer[K, V]) Stats() ProducerStats {
	s := p.sender.Stats()
	return ProducerStats{Delivered: s.Delivered, Failed: s.Failed, InFlight: s.Pending}
}

// message serializes a message.
func (p *Producer[K, V]) message(ctx context.Context, m *Message[K, V]) (*produce.Message, error) {
	out, err := p.sender.NewMessage(m.Topic)
	if err != nil {
		return nil, err
	}
	headers := m.Headers
	if len(p.interceptors) > 0 {
		headers, out.Done = intercepted(ctx, p.interceptors, m.Topic, headers)
	}
	if err := p.fillObserved(ctx, out, m, headers); err != nil {
		return nil, out.Fail(err)
	}
	return out, nil
}

// fillObserved is fill, observed.
func (p *Producer[K, V]) fillObserved(ctx context.Context, out *produce.Message, m *Message[K, V], headers []Header) error {
	if p.encoded == nil {
		return p.fill(ctx, out, m, headers)
	}
	began := time.Now()
	err := p.fill(ctx, out, m, headers)
	p.encoded(Encoded{Topic: m.Topic, Size: out.Record.Size(), Took: time.Since(began), Err: err})
	return err
}

// fill makes the record, in the message's buffers.
func (p *Producer[K, V]) fill(ctx context.Context, out *produce.Message, m *Message[K, V], headers []Header) error {
	if err := kafkaconfig.ValidTopic(m.Topic); err != nil {
		return err
	}
	r := &out.Record
	r.Topic, r.Timestamp = m.Topic, m.Timestamp
	if m.ToPartition != nil {
		if *m.ToPartition < 0 {
			return fmt.Errorf("there is no partition %d", *m.ToPartition)
		}
		r.Partition = *m.ToPartition
	}
	for _, h := range headers {
		if !p.replaces(h.Key) {
			out.AddHeader(h)
		}
	}
	if !m.NullKey {
		data, err := p.key.AppendSerialize(ctx, out.KeyBuffer(), serde.KeyOf(m.Topic), m.Key)
		if err != nil {
			return fmt.Errorf("serializing the key: %w", err)
		}
		r.Key = data.Bytes
		for _, h := range data.Headers {
			out.AddHeader(h)
		}
	}
	if !m.Tombstone {
		data, err := p.value.AppendSerialize(ctx, out.ValueBuffer(), serde.ValueOf(m.Topic), m.Value)
		if err != nil {
			return fmt.Errorf("serializing the value: %w", err)
		}
		r.Value = data.Bytes
		for _, h := range data.Headers {
			out.AddHeader(h)
		}
	}
	return nil
}

// replaces reports whether a header of the message is left out because it names
// the schema of bytes that the record was read from, not of those now written.
func (p *Producer[K, V]) replaces(header string) bool {
	switch header {
	case "__value_schema_id":
		return !p.keeps[serde.Value]
	case "__key_schema_id":
		return !p.keeps[serde.Key]
	}
	return false
}
