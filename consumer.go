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
// a consumer group. A record's offset may be committed only after its handler, and those
// of all records before it in its partition, have returned nil: every record is handled
// at least once, and once more where the process ends between the two. Records of a
// partition are handled in order, those of several partitions at the same time;
// [InKeyOrder] and [Unordered] allow more. A slow handler holds up nobody else: what is
// in hand of its partition is bounded ([WithQueue]), and polling goes on.
//
// What becomes of records that fail is the [Policy]'s to say: without one, a consumer
// waits for a registry that is away, and any other failure ends Run, or makes a dead
// letter ([WithDeadLetters]).
//
// It commits what was handled every auto.commit.interval.ms, when partitions are
// taken away, and at the end of Run. When partitions go to another member, or Run ends,
// the handlers at work may finish ([WithDrainTimeout]), and what was not begun is left to
// the next owner; when partitions are lost, their handlers' contexts end at once, and
// nothing they do is stored.
//
// With group.instance.id it is a static member (KIP-345): its partitions stay its own when it is closed, until
// session.timeout.ms, so that a restart moves none.
//
// By default it shares partitions out cooperatively
// (partition.assignment.strategy=cooperative-sticky), reads only what committed
// transactions wrote (isolation.level=read_committed), and waits 100 ms for a fetch to fill
// (fetch.wait.max.ms).
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
	o := consumerOptions{drain: defaultDrain, queue: defaultQueue, retry: defaultRetry}
	for _, opt := range opts {
		if opt != nil {
			opt.applyConsumer(&o)
		}
	}
	if o.policy == nil {
		o.policy = DefaultPolicy(0)
	}
	s, err := readSettings(config)
	if err != nil {
		return nil, err
	}
	if err := s.forConsumer(); err != nil {
		return nil, err
	}
	if o.stopAtEnd {
		s["enable.partition.eof"] = "true"
	}
	if o.deadLetters != nil {
		o.deadLetters.group = s["group.id"]
		if o.deadLetters.to == nil {
			return nil, &ConfigError{Reason: "WithDeadLetters needs a topic"}
		}
	}
	if err := o.starts.check(); err != nil {
		return nil, err
	}
	if o.retries != nil {
		if err := o.retries.check(); err != nil {
			return nil, err
		}
	}
	p, err := newPoller(s, o)
	if err != nil {
		return nil, s.refused(err)
	}
	s.log(orDefault(o.log), "a consumer is configured")
	return &Consumer[K, V]{key: key, value: value, poller: p}, nil
}

// Run reads the topics and calls handler for each record, until ctx is done, the
// consumer is closed, or something fails. A topic that begins with "^" is a
// regular expression.
//
// When ctx is done, handlers may finish the records in hand: their own context
// ends later, after [WithDrainTimeout]. What was handled is committed, the group
// is left, and Run returns nil, as it does after Close; or the error of a handler that
// failed after that. A panic of a handler becomes one of Run.
//
// A record at which the [Policy] stops ends Run with a [*RecordError]: nothing at or past
// it in its partition is committed, so that the next Run begins with it.
// [serde.ClassOf] tells a bad record from an outage. Other failures are a [*ConsumeError]; those that librdkafka gets over
// by itself, such as a broker that is away, go to the log only.
func (c *Consumer[K, V]) Run(ctx context.Context, topics []string, handler Handler[K, V]) error {
	if handler == nil {
		return &ConsumeError{Doing: "subscribe", Err: errors.New("the handler is nil")}
	}
	if d := c.poller.options.deadLetters; d != nil && d.producer == nil {
		return &ConfigError{Reason: "WithDeadLetters needs a producer; only Transform does without"}
	}
	if r := c.poller.options.retries; r != nil && r.producer == nil {
		return &ConfigError{Reason: "WithRetryTopics needs a producer; only Transform does without"}
	}
	return c.poller.run(ctx, topics, nil, intercepted(c.poller.options.interceptors, func(ctx context.Context, a *attempt) error {
		return c.process(ctx, a, handler)
	}))
}

// process reads and handles a record, and does what the policy wants where that fails.
func (c *Consumer[K, V]) process(ctx context.Context, a *attempt, handler Handler[K, V]) error {
	m := new(Message[K, V])
	if a.partition.retry != nil && !a.await(ctx) {
		return left{errNotYetDue}
	}
	for tries := 1; ; tries++ {
		failed := c.readObserved(ctx, a, m)
		if failed == nil {
			break
		}
		if again, err := a.settle(ctx, failed, tries); !again {
			return err
		}
	}
	for tries := 1; ; tries++ {
		err := handler(ctx, m)
		if err == nil {
			return nil
		}
		if again, err := a.settle(ctx, recordError(a.record, Handling, m.ValueInfo, err), tries); !again {
			return err
		}
	}
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
// The loop's body runs on the goroutine that ranges, for one record at a time. A record
// counts as handled when the loop comes back for the next one. The record at which the
// loop is left, by break, return or panic, does not, and is read again. An error comes
// with a nil message and is the last thing to come; there is none when ctx is done or
// the consumer is closed.
func (c *Consumer[K, V]) Messages(ctx context.Context, topics ...string) iter.Seq2[*Message[K, V], error] {
	return func(yield func(*Message[K, V], error) bool) {
		turns, left, ended := make(chan turn[K, V]), make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- c.Run(ctx, topics, func(handling context.Context, m *Message[K, V]) error {
				return handOver(ctx, handling, m, turns, left)
			})
		}()
		var err error
		defer func() {
			close(left)
			if err == nil {
				<-ended
			}
		}()
		for {
			select {
			case t := <-turns:
				if !yield(t.message, nil) {
					return
				}
				close(t.done)
			case err = <-ended:
				if err != nil && !errors.Is(err, errBreak) {
					yield(nil, err)
				}
				if err == nil {
					err = errBreak // it is taken
				}
				return
			}
		}
	}
}

// turn is a record on its way to a loop's body.
type turn[K, V any] struct {
	message *Message[K, V]
	done    chan struct{} // closed when the loop comes back
}

// handOver gives a record to the loop, and waits until that comes back.
func handOver[K, V any](ctx, handling context.Context, m *Message[K, V], turns chan<- turn[K, V], left <-chan struct{}) error {
	t := turn[K, V]{m, make(chan struct{})}
	select {
	case turns <- t:
	case <-ctx.Done(): // no further record
		return errBreak
	case <-left:
		return errBreak
	case <-handling.Done():
		return errBreak
	}
	select {
	case <-t.done:
		return nil
	case <-left:
	}
	select {
	case <-t.done: // it had come back before it was left
		return nil
	default:
		return errBreak
	}
}

// Seek moves the run in progress: partitions go on where the starts say, and those of which
// nothing is said, as they were. It may be called from anywhere but a handler. Handlers at work with records
// of such partitions may finish ([WithDrainTimeout]); what is in hand besides is dropped. A
// partition of [FromOffset] that is not assigned is an error, and nothing is moved then; [ErrNotRunning]
// is that of a consumer without a run.
func (c *Consumer[K, V]) Seek(ctx context.Context, to ...Start) error {
	return c.poller.requestSeek(ctx, to)
}

// Close ends a Run in progress and the consumer itself: what was handled is
// committed, the group is left. It waits for the handler of the record in hand
// until ctx is done, at the most for the drain timeout and 30 s, and goes on in the background after that. Further calls
// wait for the first one and return the same. Not from a handler.
func (c *Consumer[K, V]) Close(ctx context.Context) error { return c.poller.close(ctx) }

// readObserved is read, and tells of it.
func (c *Consumer[K, V]) readObserved(ctx context.Context, a *attempt, m *Message[K, V]) *RecordError {
	told := c.poller.options.observers.decoded
	if len(told) == 0 {
		return c.read(ctx, a, m)
	}
	began := time.Now()
	failed := c.read(ctx, a, m)
	d := Decoded{Topic: m.Topic, Key: m.KeyInfo, Value: m.ValueInfo, Took: time.Since(began)}
	if failed != nil {
		d.Err = failed
	}
	tell(told, d)
	return failed
}

// read fills in m, the one place where a kafka.Message becomes a Message.
func (c *Consumer[K, V]) read(ctx context.Context, a *attempt, m *Message[K, V]) *RecordError {
	km := a.record
	m.Topic = *km.TopicPartition.Topic
	m.Partition = km.TopicPartition.Partition
	m.Offset = int64(km.TopicPartition.Offset)
	m.Timestamp = km.Timestamp
	m.Headers = headersOf(km)
	if a.retried.times > 0 { // it looks as it did the first time
		m.Topic, m.Partition, m.Offset = a.retried.from.Topic, a.retried.from.Partition, a.retried.from.Offset
		m.Headers, m.Retries = withoutRetry(m.Headers), a.retried.times
	}
	var err error
	m.KeyInfo, err = c.key.Deserialize(ctx, serde.KeyOf(m.Topic), serde.Data{Bytes: km.Key, Headers: m.Headers, Given: true}, &m.Key)
	if err != nil {
		return recordError(km, ReadingKey, m.KeyInfo, err)
	}
	m.NullKey = m.KeyInfo.Tombstone
	m.ValueInfo, err = c.value.Deserialize(ctx, serde.ValueOf(m.Topic), serde.Data{Bytes: km.Value, Headers: m.Headers, Given: true}, &m.Value)
	if err != nil {
		return recordError(km, ReadingValue, m.ValueInfo, err)
	}
	m.Tombstone = m.ValueInfo.Tombstone
	return nil
}

func recordError(km *kafka.Message, stage Stage, info serde.Info, err error) *RecordError {
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

// headersOf are a record's headers, nil where it has none.
func headersOf(km *kafka.Message) []Header {
	if len(km.Headers) == 0 {
		return nil
	}
	headers := make([]Header, len(km.Headers))
	for i, h := range km.Headers {
		headers[i] = Header(h)
	}
	return headers
}
