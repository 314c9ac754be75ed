package concord

import (
	"context"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

// DeadLetterProfile says which headers a dead letter has that tell where the record comes from
// and what was wrong with it. Headers that the record came with are kept, except those
// of an earlier dead letter. Texts are cut off at 1 KiB.
type DeadLetterProfile uint8

// The profiles.
const (
	// KafkaProfile has the names of Kafka's own dead-letter queues for share groups
	// (KIP-1191): __dlq.errors.topic, .partition, .offset, .group, .delivery.count and
	// .message, numbers as decimal text. Besides them it has concord.dlq.stage, .class,
	// .schema.id or .schema.guid, and .time (RFC 3339, UTC).
	KafkaProfile DeadLetterProfile = iota
	// SpringProfile has those of Spring for Apache Kafka's DeadLetterPublishingRecoverer:
	// kafka_dlt-original-topic, -original-partition (4 bytes, big-endian),
	// -original-offset and -original-timestamp (8 bytes), -original-timestamp-type,
	// -original-consumer-group, -exception-fqcn and -exception-message.
	SpringProfile
	// ConnectProfile has those of Kafka Connect's dead-letter queue: __connect.errors.topic,
	// .partition, .offset (decimal text), .connector.name (the group), .task.id (0), .stage,
	// .class.name, .exception.class.name and .exception.message.
	ConnectProfile
)

// Origin is where a dead letter comes from.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
	Group     string
}

// DeadLetter is what the headers of a dead letter say; see [ParseDeadLetter].
type DeadLetter struct {
	// Origin is where the record comes from. Anyone who may write to the topic can set it.
	Origin Origin
	// Headers are those that the record came with.
	Headers []Header
	// Replays is how often [ReplayDeadLetters] has replayed the record.
	Replays int
	// HeadersDropped says that the record's headers were left out, ValueDropped that its key
	// and value were: it was too large for its dead-letter topic.
	HeadersDropped, ValueDropped bool
}

// ParseDeadLetter reads the headers of a dead letter in any of the profiles. ok is false where it is none.
func ParseDeadLetter(headers []Header) (d DeadLetter, ok bool) {
	parsed, ok := reroute.ParseDeadLetter(headers)
	return DeadLetter{
		Origin: Origin(parsed.Origin), Headers: parsed.Own, Replays: parsed.Replays,
		HeadersDropped: parsed.Dropped >= reroute.WithoutHeaders, ValueDropped: parsed.Dropped >= reroute.Reference,
	}, ok
}

// WithDeadLetters publishes records that cannot be read or handled to a
// dead-letter topic, to(source topic), with p, instead of ending the run; the consumer's [Policy]
// says which. A dead letter has the record's key, value, headers and timestamp as they
// are, and headers that say where it comes from and why. It goes to the partition of
// the same number, modulo how many there are. The record's offset is committed after the dead
// letter is acknowledged. While the topic is unavailable, the record's partition waits, and
// is paused; nothing is skipped. A record that is too large with these headers is published without its own
// headers, then without key and value, as a reference to where it is. If that is refused too, the policy is asked
// again, with the stage [Sending].
//
// [WithDeadLetterLimit] is on by default.
//
// The program closes p, after the consumer. [Transform] publishes with its own producer, and p may
// be nil.
func WithDeadLetters(p *Producer[[]byte, []byte], to func(topic string) string, opts ...DeadLetterOption) ConsumerOption {
	d := deadLetters{producer: p, to: to}
	for _, o := range opts {
		if o != nil {
			o.applyDeadLetters(&d)
		}
	}
	return consumerOption(func(o *consumerOptions) { o.deadLetters = &d })
}

// DeadLetterTopic is one dead-letter topic for all sources.
func DeadLetterTopic(name string) func(topic string) string {
	return func(string) string { return name }
}

// DeadLetterOption changes [WithDeadLetters]. A [DeadLetterProfile] is one.
type DeadLetterOption interface{ applyDeadLetters(*deadLetters) }

type deadLetterOption func(*deadLetters)

func (f deadLetterOption) applyDeadLetters(d *deadLetters) { f(d) }

func (p DeadLetterProfile) applyDeadLetters(d *deadLetters) { d.profile = p }

// The limit of dead letters that is on by default: more than nine of ten of the last 1,000 records pause
// the consumer for 30 s.
const (
	defaultLimitShare   = 0.9
	defaultLimitRecords = 1000
	defaultLimitPause   = 30 * time.Second
)

// WithDeadLetterLimit ends Run with [ErrTooManyDeadLetters] when more than that share of the
// last so many records were dead-lettered: the fault is then not in single records (a wrong registry or a wrong
// type, perhaps), and the following ones are better left in the topic. By default, more than 0.9 of the last
// 1,000 records pause the consumer for 30 s, again and again. Zero records turn the limit off.
func WithDeadLetterLimit(share float64, records int) DeadLetterOption {
	return deadLetterOption(func(d *deadLetters) { d.limit, d.limited = handle.Limit{Share: share, Records: records}, true })
}

// WithDeadLetterPause makes the limit of [WithDeadLetterLimit] stop the handling of all records for
// a time, instead of ending Run, and count anew after that. Zero ends Run.
func WithDeadLetterPause(d time.Duration) DeadLetterOption {
	return deadLetterOption(func(to *deadLetters) { to.pause, to.pauses = max(d, 0), true })
}

// deadLetters is what [WithDeadLetters] says. Consumers share one, so nothing in it changes.
type deadLetters struct {
	producer *Producer[[]byte, []byte]
	to       func(topic string) string
	profile  DeadLetterProfile
	limit    handle.Limit
	limited  bool // limit is given
	pause    time.Duration
	pauses   bool // pause is given
}

// engine is the same for the engine.
func (d *deadLetters) engine() *handle.DeadLetters {
	limit := d.limit
	if !d.limited {
		limit = handle.Limit{Share: defaultLimitShare, Records: defaultLimitRecords, Pause: defaultLimitPause}
	}
	if d.pauses {
		limit.Pause = d.pause
	}
	return &handle.DeadLetters{Topic: d.to, Profile: reroute.Profile(d.profile), Limit: limit, Sink: sinkOf(d.producer)}
}

// sink publishes records with a producer.
type sink struct{ sender *produce.Sender }

func sinkOf(p *Producer[[]byte, []byte]) handle.Sink {
	if p == nil {
		return nil
	}
	return sink{p.sender}
}

// Partitions is for [handle.Sink].
func (s sink) Partitions(ctx context.Context, topic string) (int32, error) {
	return s.sender.Partitions(ctx, topic)
}

// Put is for [handle.Sink].
func (s sink) Put(ctx context.Context, r *kafkaclient.Record, done func(error)) (*produce.Output, error) {
	m, err := s.sender.NewMessage(r.Topic)
	if err != nil {
		return nil, err
	}
	m.Record = *r
	return nil, s.sender.ProduceAsync(ctx, m, produce.CallbackFunc(func(_ produce.Delivery, err error) { done(err) }))
}
