//go:build cgo

package rdkafka

import (
	"context"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// Producer implements [kafkaclient.Producer].
type Producer struct {
	kp         *kafka.Producer
	reporter   kafkaclient.Reporter
	statistics func([]byte)
	trouble    troubleLog // the events goroutine's
	conn       connection
	tokens     *tokens
	txn        *transactions // nil without a transactional id

	hurried atomic.Int64   // when Hurry last returned, in nanoseconds since 1970
	calls   sync.WaitGroup // that block in C
	owned   sync.WaitGroup // the goroutines that take events and the log
}

// NewProducer makes a producer of the settings of [kafkaconfig.Settings.ForProducer]. It does not
// connect. The error is a [*kafkaconfig.Error].
func NewProducer(config Config, reporter kafkaclient.Reporter) (*Producer, error) {
	kp, err := kafka.NewProducer(config.configMap(kafka.ConfigMap{
		"go.logs.channel.enable":    true,
		"go.delivery.report.fields": "none",
		"go.events.channel.size":    1024, // reports between librdkafka and our goroutine; the default is a 16 MB channel
		"go.produce.channel.size":   0,
	}))
	if err != nil {
		return nil, config.refused(err)
	}
	p := &Producer{
		kp: kp, reporter: reporter, statistics: config.Statistics,
		trouble: troubleLog{log: config.log(), client: kp.String()},
		conn:    connection{brokers: config.Settings.Brokers()},
		tokens:  newTokens(config.TokenSource, kp),
	}
	if config.Settings["transactional.id"] != "" {
		p.txn = &transactions{p: p, busy: make(chan struct{}, 1)}
	}
	p.owned.Go(p.drain)
	p.owned.Go(func() { drainLog(config.log(), kp.Logs()) })
	return p, nil
}

// scratch is what one Produce needs, and nobody after it.
type scratch struct {
	message kafka.Message
	topic   string
	headers []kafka.Header
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxPooledHeaders is how many headers' room is kept.
const maxPooledHeaders = 64

func (s *scratch) release() {
	clear(s.headers)
	s.headers = s.headers[:0]
	if cap(s.headers) > maxPooledHeaders {
		s.headers = nil
	}
	s.message, s.topic = kafka.Message{}, ""
	scratches.Put(s)
}

// Produce queues a record, which librdkafka copies.
func (p *Producer) Produce(r *kafkaclient.Record, token any) error {
	s := scratches.Get().(*scratch)
	defer s.release()
	if err := s.fill(r); err != nil {
		return err
	}
	s.message.Opaque = token // nil: the kafka package then needs neither a locked map nor an allocation
	err := p.kp.Produce(&s.message, nil)
	switch {
	case err == nil:
		return nil
	case code(err) == kafka.ErrQueueFull:
		return errQueueFull
	}
	return produceError(p.explain(err))
}

// errQueueFull is shared: whoever gets it tries again and again.
var errQueueFull = toError(kafka.NewError(kafka.ErrQueueFull, "the producer's queue is full", false))

func (s *scratch) fill(r *kafkaclient.Record) error {
	if err := kafkaconfig.ValidTopic(r.Topic); err != nil {
		return refusal(kafkaclient.MessageRefused, err.Error())
	}
	if r.Partition < kafkaclient.AnyPartition {
		return refusal(kafkaclient.MessageRefused, "a negative partition")
	}
	s.topic = r.Topic
	s.message.TopicPartition = kafka.TopicPartition{Topic: &s.topic, Partition: r.Partition}
	if !r.Timestamp.IsZero() { // else librdkafka takes the time
		ms := r.Timestamp.UnixMilli()
		// Kafka counts from 1970, librdkafka reads 0 as now, the kafka package goes through nanoseconds.
		if ms < 1 || ms > math.MaxInt64/1_000_000 {
			return refusal(kafkaclient.MessageRefused, "timestamp out of range: want one after 1970 and before 2262")
		}
		s.message.Timestamp = time.UnixMilli(ms)
	}
	for i := range r.Headers {
		if strings.IndexByte(r.Headers[i].Key, 0) >= 0 {
			return refusal(kafkaclient.MessageRefused, "a header's key contains a zero byte, at which librdkafka would cut it off")
		}
		s.headers = append(s.headers, kafka.Header(r.Headers[i]))
	}
	s.message.Key, s.message.Value, s.message.Headers = r.Key, r.Value, s.headers
	return nil
}

const (
	// hurryWait is how long a Hurry lasts.
	hurryWait = 10 * time.Millisecond
	// hurryGrace is how long Close waits after the last Hurry: the kafka package leaves a goroutine
	// behind that is inside librdkafka for at most hurryWait more, and cannot be waited for.
	hurryGrace = 20 * hurryWait
)

// Hurry makes librdkafka send what lingers. It does so only while one of its own flushes runs.
func (p *Producer) Hurry() {
	p.kp.Flush(int(hurryWait / time.Millisecond))
	p.hurried.Store(time.Now().UnixNano())
}

// Purge gives up what is queued, and what was sent without an answer so far.
func (p *Producer) Purge() { _ = p.kp.Purge(kafka.PurgeQueue | kafka.PurgeInFlight) }

// Partitions asks for the topic's metadata. Brokers that create topics on first use may create it.
func (p *Producer) Partitions(ctx context.Context, topic string) (int32, error) {
	if err := kafkaconfig.ValidTopic(topic); err != nil {
		return 0, refusal(kafkaclient.Invalid, err.Error())
	}
	metadata, err := call(ctx, &p.calls, func(ms int) (*kafka.Metadata, error) { return p.kp.GetMetadata(&topic, false, ms) })
	if err != nil {
		return 0, toError(err)
	}
	p.conn.reached()
	t, ok := metadata.Topics[topic]
	if !ok {
		return 0, toError(kafka.NewError(kafka.ErrUnknownTopic, "the cluster does not know the topic", false))
	}
	if t.Error.Code() != kafka.ErrNoError {
		return 0, toError(t.Error)
	}
	return int32(len(t.Partitions)), nil
}

// Transactions is nil without a transactional id.
func (p *Producer) Transactions() kafkaclient.Transactions {
	if p.txn == nil {
		return nil
	}
	return p.txn
}

// Connection is nil while a broker is reached.
func (p *Producer) Connection() error { return p.conn.err() }

// Name is librdkafka's client name.
func (p *Producer) Name() string { return p.kp.String() }

// Close ends the producer and its goroutines. Messages that have no result get none: the caller
// has waited for them, or has purged them.
func (p *Producer) Close() {
	p.tokens.close()
	p.calls.Wait()
	if last := p.hurried.Load(); last != 0 {
		time.Sleep(time.Until(time.Unix(0, last).Add(hurryGrace)))
	}
	p.kp.Close()
	p.owned.Wait()
}

// explain replaces librdkafka's "there was a fatal error" by that error.
func (p *Producer) explain(err error) error {
	if code(err) == kafka.ErrFatal {
		if fatal := p.kp.GetFatalError(); fatal != nil {
			return fatal
		}
	}
	return err
}
