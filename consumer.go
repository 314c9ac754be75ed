//go:build cgo

package concord

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/serde"
)

// Consumer reads records with keys of type K and values of type V as a member of
// a consumer group. A record's offset may be committed only after its handler
// has returned nil: every record is handled at least once, and once more where
// the process ends between the two. Records of a partition are handled in order,
// all of them on the goroutine that called Run or ranges over Messages.
//
// It commits what was handled every auto.commit.interval.ms, when partitions are
// taken away, and at the end of Run. By default it shares partitions out
// cooperatively (partition.assignment.strategy=cooperative-sticky) and reads only
// what committed transactions wrote (isolation.level=read_committed). A handler
// must return within librdkafka's max.poll.interval.ms, 5 minutes.
//
// One Run or Messages at a time; Close may be called from anywhere.
type Consumer[K, V any] struct {
	key    Deserializer[K]
	value  Deserializer[V]
	poller *poller
}

// defaultDrain is how long a handler may go on after Run's context is done.
const defaultDrain = 10 * time.Second

// NewConsumer makes a consumer. config holds librdkafka's settings; it is copied
// and never written to. "bootstrap.servers", "group.id" and "auto.offset.reset"
// are required, the last because it decides what a new group reads; what
// contradicts the promises above is refused with a [*ConfigError], as are
// settings that librdkafka does not know. It does not connect.
func NewConsumer[K, V any](config *kafka.ConfigMap, key Deserializer[K], value Deserializer[V], opts ...ConsumerOption) (*Consumer[K, V], error) {
	if key == nil || value == nil {
		return nil, &ConfigError{Reason: "a Consumer needs a key deserializer and a value deserializer; use concord.Bytes() for one that is not used"}
	}
	o := consumerOptions{drain: defaultDrain}
	for _, opt := range opts {
		if opt != nil {
			opt.applyConsumer(&o)
		}
	}
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	if err := s.forConsumer(); err != nil {
		return nil, err
	}
	p, err := newPoller(s.configMap(kafka.ConfigMap{"go.logs.channel.enable": true}), orDefault(o.log), o.drain)
	if err != nil {
		return nil, s.refused(err)
	}
	return &Consumer[K, V]{key: key, value: value, poller: p}, nil
}

// Run reads the topics and calls handler for each record, until ctx is done, the
// consumer is closed, or something fails. A topic that begins with "^" is a
// regular expression.
//
// When ctx is done, the handler may finish the record in hand: its own context
// ends later, after [WithDrainTimeout]. What was handled is committed, the group
// is left, and Run returns nil, as it does after Close.
//
// A record that cannot be read, and one whose handler returns an error, end Run
// with a [*RecordError]: nothing at or past it in its partition is committed, so
// that the next Run begins with it. [serde.ClassOf] tells a bad record from an
// outage. Other failures are a [*ConsumeError]; those that librdkafka gets over
// by itself, such as a broker that is away, go to the log only.
func (c *Consumer[K, V]) Run(ctx context.Context, topics []string, handler Handler[K, V]) error {
	if handler == nil {
		return &ConsumeError{Doing: "subscribe", Err: errors.New("the handler is nil")}
	}
	return c.poller.run(ctx, topics, func(ctx context.Context, km *kafka.Message) error {
		m := new(Message[K, V])
		if err := c.read(ctx, km, m); err != nil {
			return err
		}
		if err := handler(ctx, m); err != nil {
			return recordError(km, Handling, m.ValueInfo, err)
		}
		return nil
	})
}

// errBreak ends a run whose loop was left.
var errBreak = errors.New("loop left")

// Messages is Run as a loop:
//
//	for m, err := range c.Messages(ctx, "user-events") {
//		if err != nil {
//			return err
//		}
//		...
//	}
//
// A record counts as handled when the loop comes back for the next one. The
// record at which the loop is left, by break, return or panic, does not, and is
// read again. An error comes with a nil message and is the last thing to come;
// there is none when ctx is done or the consumer is closed.
func (c *Consumer[K, V]) Messages(ctx context.Context, topics ...string) iter.Seq2[*Message[K, V], error] {
	return func(yield func(*Message[K, V], error) bool) {
		err := c.Run(ctx, topics, func(_ context.Context, m *Message[K, V]) error {
			if !yield(m, nil) {
				return errBreak
			}
			return nil
		})
		if err != nil && !errors.Is(err, errBreak) {
			yield(nil, err)
		}
	}
}

// Close ends a Run in progress and the consumer itself: what was handled is
// committed, the group is left. It waits for the handler of the record in hand
// until ctx is done, and goes on in the background after that. Further calls
// wait for the first one and return the same. Not from a handler.
func (c *Consumer[K, V]) Close(ctx context.Context) error { return c.poller.close(ctx) }

// read fills in m, the one place where a kafka.Message becomes a Message.
func (c *Consumer[K, V]) read(ctx context.Context, km *kafka.Message, m *Message[K, V]) error {
	m.Topic = *km.TopicPartition.Topic
	m.Partition = km.TopicPartition.Partition
	m.Offset = int64(km.TopicPartition.Offset)
	m.Timestamp = km.Timestamp
	if len(km.Headers) > 0 {
		m.Headers = make([]Header, len(km.Headers))
		for i, h := range km.Headers {
			m.Headers[i] = Header(h)
		}
	}
	var err error
	m.KeyInfo, err = c.key.Deserialize(ctx, serde.KeyOf(m.Topic), serde.Data{Bytes: km.Key, Headers: m.Headers}, &m.Key)
	if err != nil {
		return recordError(km, ReadingKey, m.KeyInfo, err)
	}
	m.NullKey = m.KeyInfo.Tombstone
	m.ValueInfo, err = c.value.Deserialize(ctx, serde.ValueOf(m.Topic), serde.Data{Bytes: km.Value, Headers: m.Headers}, &m.Value)
	if err != nil {
		return recordError(km, ReadingValue, m.ValueInfo, err)
	}
	m.Tombstone = m.ValueInfo.Tombstone
	return nil
}

func recordError(km *kafka.Message, stage Stage, info serde.Info, err error) error {
	return &RecordError{
		Topic:     *km.TopicPartition.Topic,
		Partition: km.TopicPartition.Partition,
		Offset:    int64(km.TopicPartition.Offset),
		Stage:     stage,
		SchemaID:  info.SchemaID,
		GUID:      info.GUID,
		Err:       err,
	}
}
