//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/serde"
)

// Producer writes records with keys of type K and values of type V. Several
// goroutines may use one, and should: they share its batches and connections.
//
// It is idempotent and waits for all in-sync replicas (enable.idempotence,
// acks=all), so that retries neither lose, duplicate nor reorder messages. Keys
// go to partitions as with Java's producer (partitioner=murmur2_random).
// Batches are compressed with lz4 and wait up to 5 ms for company
// (compression.type, linger.ms); a message is given up after librdkafka's
// message.timeout.ms, 5 minutes. The latter, and the partitioner, are defaults
// which the configuration may change.
type Producer[K, V any] struct {
	key    Serializer[K]
	value  Serializer[V]
	keeps  [2]bool // by serde.Role: headers that frame come from the message
	sender *sender

	interceptors produceInterceptors
	encoded      []func(Encoded)
	transactor   *transactor // nil unless it is for Transform
}

// NewProducer makes a producer. config holds librdkafka's settings; it is copied
// and never written to. "bootstrap.servers" is required; what contradicts the
// promises above is refused with a [*ConfigError], as are settings that
// librdkafka does not know. It does not connect: brokers that cannot be reached
// show in the log and, in time, as a failure to deliver.
func NewProducer[K, V any](config *kafka.ConfigMap, key Serializer[K], value Serializer[V], opts ...ProducerOption) (*Producer[K, V], error) {
	if key == nil || value == nil {
		return nil, &ConfigError{Reason: "a Producer needs a key serializer and a value serializer; use concord.Bytes() for one that is not used"}
	}
	var o producerOptions
	for _, opt := range opts {
		if opt != nil {
			opt.applyProducer(&o)
		}
	}
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	if err := s.forProducer(); err != nil {
		return nil, err
	}
	if o.transactional {
		if o.transactionalID == "" {
			return nil, refuse("transactional.id", "WithTransactionalID needs an id")
		}
		s["transactional.id"] = o.transactionalID
	}
	snd, err := newSender(s.configMap(kafka.ConfigMap{
		"go.logs.channel.enable":    true,
		"go.delivery.report.fields": "none",
		"go.events.channel.size":    1024, // reports between librdkafka and our goroutine; the default is a 16 MB channel
		"go.produce.channel.size":   0,
	}), orDefault(o.log), s.lingers())
	if err != nil {
		return nil, s.refused(err)
	}
	p := &Producer[K, V]{key: key, value: value, sender: snd, interceptors: o.interceptors, encoded: o.observers.encoded}
	if o.transactional {
		p.transactor = newTransactor(snd, o.transactionInterval)
	}
	s.log(orDefault(o.log), "a producer is configured")
	_, p.keeps[serde.Key] = any(key).(interface{ keepsFraming() })
	_, p.keeps[serde.Value] = any(value).(interface{ keepsFraming() })
	return p, nil
}

// Produce writes a message and returns when it is acknowledged, which takes at
// least the linger time: a loop over Produce is slow, many goroutines or
// [Producer.ProduceAsync] are not. When the queue is full, it waits for room.
//
// The error is a [*ProduceError]. When ctx is done before the acknowledgement
// came, the message may be delivered all the same, and the error says so; if it
// is not, the next Flush reports it.
func (p *Producer[K, V]) Produce(ctx context.Context, m Message[K, V]) (Delivery, error) {
	t := tickets.Get().(*ticket)
	if err := p.send(ctx, &m, t); err != nil {
		t.release()
		return Delivery{}, err
	}
	select {
	case r := <-t.result:
		t.release()
		return r.Delivery, r.err
	case <-ctx.Done():
	}
	t.left.Store(true) // from here on the delivery report keeps the ticket
	select {
	case r := <-t.result: // it came at the same moment
		return r.Delivery, r.err
	default:
		return Delivery{}, &ProduceError{Topic: m.Topic, MaybeDelivered: true, Err: context.Cause(ctx)}
	}
}

// ProduceAsync queues a message and returns. When the queue is full, it waits
// for room until ctx is done; ctx has no say in the delivery after that.
//
// An error is a [*ProduceError]: the message was not queued, and callback is not
// called. Otherwise callback is called exactly once, with the result. It may be
// nil, which is the fastest way: Flush reports failures. Callbacks run one at a time on the goroutine
// that takes the delivery reports, so one that blocks, or produces to a full
// queue, stops all others; a panic in one is not caught.
func (p *Producer[K, V]) ProduceAsync(ctx context.Context, m Message[K, V], callback func(Delivery, error)) error {
	if callback == nil && len(p.interceptors) == 0 && p.sender.out.addAnonymous() {
		return p.send(ctx, &m, nil)
	}
	t := callbackTickets.Get().(*ticket)
	t.callback = callback
	err := p.send(ctx, &m, t)
	if err != nil {
		t.release()
	}
	return err
}

// Prepare has key and value serializers do what they would do with the first message to
// each topic: find or register the schema, and see whether K and V fit it. So a program
// learns at its start what is missing. All failures are reported, each a [*ProduceError];
// serializers without such a step are passed over.
func (p *Producer[K, V]) Prepare(ctx context.Context, topics ...string) error {
	var errs []error
	for _, topic := range topics {
		err := validTopic(topic)
		if err == nil {
			err = errors.Join(prepare(ctx, p.key, serde.KeyOf(topic)), prepare(ctx, p.value, serde.ValueOf(topic)))
		}
		if err != nil {
			errs = append(errs, &ProduceError{Topic: topic, Err: err})
		}
	}
	return errors.Join(errs...)
}

func prepare(ctx context.Context, serializer any, field serde.Field) error {
	if s, ok := serializer.(interface {
		Prepare(ctx context.Context, fields ...serde.Field) error
	}); ok {
		return s.Prepare(ctx, field)
	}
	return nil
}

// Flush waits until every message that was queued before has its result. The
// error is a [*FlushError]: failures that were not returned by Produce, since
// the last Flush, and what is still waiting when ctx is done. That stays
// queued and is delivered later, if it can be.
func (p *Producer[K, V]) Flush(ctx context.Context) error { return p.sender.flush(ctx) }

// Close refuses further messages with [ErrClosed], flushes, and ends the
// producer. Messages without a result when ctx is done are given up: their
// callbacks get an error, and Close reports them in a [*FlushError]. Further
// calls wait for the first one and return the same. It returns within seconds of the end of
// ctx, whatever happens; where a callback does not come back, or librdkafka does not, it
// says so, and what is left goes on in the background. Not from a callback.
func (p *Producer[K, V]) Close(ctx context.Context) error { return p.sender.close(ctx) }

// send serializes the message and queues it. t is nil where nobody asks for the result.
func (p *Producer[K, V]) send(ctx context.Context, m *Message[K, V], t *ticket) error {
	if p.transactor != nil {
		return &ProduceError{Topic: m.Topic, Err: errOnlyTransforms}
	}
	if t != nil {
		cohort, err := p.sender.out.add()
		if err != nil {
			return &ProduceError{Topic: m.Topic, Err: err}
		}
		t.cohort = cohort
		if len(p.interceptors) > 0 {
			m.Headers, t.done = p.interceptors.intercept(ctx, m.Topic, m.Headers)
		}
	}
	s := scratches.Get().(*scratch)
	err := p.fillObserved(ctx, s, m, t)
	if err == nil {
		err = p.sender.send(ctx, &s.message, t)
	}
	s.release()
	if err == nil {
		return nil
	}
	err = &ProduceError{Topic: m.Topic, Err: err}
	if t == nil {
		p.sender.out.settleAnonymous(1, nil)
		return err
	}
	t.cohort.settle(nil)
	if t.done != nil {
		t.done(Delivery{}, err)
	}
	return err
}

var errOnlyTransforms = errors.New("this producer was made with WithTransactionalID: it sends in Transform alone")

// fillObserved is fill, and tells of it.
func (p *Producer[K, V]) fillObserved(ctx context.Context, s *scratch, m *Message[K, V], t *ticket) error {
	if len(p.encoded) == 0 {
		return p.fill(ctx, s, m, t)
	}
	began := time.Now()
	err := p.fill(ctx, s, m, t)
	tell(p.encoded, Encoded{Topic: m.Topic, Size: sizeOf(&s.message), Took: time.Since(began), Err: err})
	return err
}

// Stats may be called from anywhere.
func (p *Producer[K, V]) Stats() ProducerStats { return p.sender.stats() }

// fill builds the kafka.Message in s, whose buffers librdkafka copies.
func (p *Producer[K, V]) fill(ctx context.Context, s *scratch, m *Message[K, V], t *ticket) error {
	if err := validTopic(m.Topic); err != nil {
		return err
	}
	s.topic = m.Topic
	s.message = kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &s.topic, Partition: kafka.PartitionAny}}
	at := m.Timestamp
	if at.IsZero() && t != nil { // the caller learns of it
		at = time.Now()
	}
	if !at.IsZero() { // else librdkafka says when
		ms := at.UnixMilli()
		// Kafka counts from 1970, librdkafka reads 0 as now, the kafka package goes through nanoseconds.
		if ms < 1 || ms > math.MaxInt64/1_000_000 {
			return errors.New("timestamp out of range: want one after 1970 and before 2262")
		}
		s.message.Timestamp = time.UnixMilli(ms)
		if t != nil {
			t.topic, t.at = m.Topic, ms
		}
	}
	if m.ToPartition != nil {
		if *m.ToPartition < 0 {
			return fmt.Errorf("there is no partition %d", *m.ToPartition)
		}
		s.message.TopicPartition.Partition = *m.ToPartition
	}
	for _, h := range m.Headers {
		if !p.replaces(h.Key) {
			s.headers = append(s.headers, kafka.Header(h))
		}
	}
	if !m.NullKey {
		data, err := p.key.AppendSerialize(ctx, s.key[:0], serde.KeyOf(m.Topic), m.Key)
		if err != nil {
			return fmt.Errorf("serializing the key: %w", err)
		}
		s.message.Key = data.Bytes
		s.addHeaders(data.Headers)
	}
	if !m.Tombstone {
		data, err := p.value.AppendSerialize(ctx, s.value[:0], serde.ValueOf(m.Topic), m.Value)
		if err != nil {
			return fmt.Errorf("serializing the value: %w", err)
		}
		s.message.Value = data.Bytes
		s.addHeaders(data.Headers)
	}
	for i := range s.headers {
		if strings.IndexByte(s.headers[i].Key, 0) >= 0 {
			return errors.New("a header's key holds a zero byte, at which librdkafka would cut it off")
		}
	}
	s.message.Headers = s.headers
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

// scratch is what one send needs, and nobody after it.
type scratch struct {
	message    kafka.Message
	topic      string
	key, value []byte
	headers    []kafka.Header
}

var scratches = sync.Pool{New: func() any { return &scratch{key: make([]byte, 0, 64), value: make([]byte, 0, 512)} }}

// maxPooled is the largest buffer that is kept for the next message.
const maxPooled = 64 << 10

func (s *scratch) addHeaders(from []serde.Header) {
	for _, h := range from {
		s.headers = append(s.headers, kafka.Header(h))
	}
}

func (s *scratch) release() {
	s.key = keepBuffer(s.key, s.message.Key)
	s.value = keepBuffer(s.value, s.message.Value)
	clear(s.headers)
	s.headers = s.headers[:0]
	s.message = kafka.Message{}
	s.topic = ""
	scratches.Put(s)
}

// keepBuffer is the larger of the old buffer and the one it grew into.
func keepBuffer(old, grown []byte) []byte {
	if cap(grown) > cap(old) && cap(grown) <= maxPooled {
		return grown[:0]
	}
	return old[:0]
}
