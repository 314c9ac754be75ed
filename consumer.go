package concord

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
	"github.com/concord-go/concord/serde"
)

// Consumer reads records with keys of type K and values of type V as a member of
// a consumer group. A record's offset is committed only after its handler, and those
// of all records before it in its partition, have returned nil: every record is handled
// at least once, and once more where the process ends between the two. Records of a
// partition are handled in order, those of several partitions at the same time;
// [InKeyOrder] and [Unordered] allow more. A slow handler delays no other partition: what is
// in flight of its partition is bounded ([WithMaxInFlight]), and polling goes on.
//
// The [Policy] decides about records that fail. Without one, a consumer
// waits for a registry that is unavailable, and any other failure ends Run, or dead-letters
// the record ([WithDeadLetters]).
//
// Offsets are committed every auto.commit.interval.ms, when partitions are
// revoked, and at the end of Run. When partitions are revoked, or Run ends,
// the handlers at work may finish ([WithDrainTimeout]), and records that were not begun are left to
// the next owner. A record that only waits, for its next attempt or for an outage to end, stops waiting at once. When partitions
// are lost, their handlers' contexts end at once, and nothing they do is committed. If the same partition comes back
// while a handler of before still works on it, its records wait for that handler.
//
// With group.instance.id it is a static member (KIP-345): it keeps its partitions when it is closed, until
// session.timeout.ms, so that a restart moves none. Between two runs it stays in the group and takes part in rebalances.
//
// By default partitions are assigned cooperatively
// (partition.assignment.strategy=cooperative-sticky), only what committed transactions wrote is read
// (isolation.level=read_committed), a fetch waits up to 100 ms for data
// (fetch.wait.max.ms), and topics that are created later are found within 10 s
// (topic.metadata.refresh.interval.ms).
//
// One Run, Messages or [Transform] at a time; other methods may be called from any goroutine.
type Consumer[K, V any] struct {
	key     Deserializer[K]
	value   Deserializer[V]
	engine  *consume.Engine
	options *consumerOptions
	decoded func(Decoded) // nil: nobody observes
	closed  memo
}

// consumerOptionsOf applies the options to the defaults.
func consumerOptionsOf(opts []ConsumerOption) consumerOptions {
	o := consumerOptions{drain: DefaultDrainTimeout, limits: defaultMaxInFlight, retry: backoff.Policy{Base: defaultRetryFirst, Max: defaultRetryLongest}}
	for _, opt := range opts {
		if opt != nil {
			opt.applyConsumer(&o)
		}
	}
	if o.policy == nil {
		o.policy = DefaultPolicy(0)
	}
	return o
}

// newConsumer makes a consumer on a client that open makes.
func newConsumer[K, V any](key Deserializer[K], value Deserializer[V], o consumerOptions, settings kafkaconfig.Consumer, open func() (kafkaclient.Consumer, error)) (*Consumer[K, V], error) {
	if key == nil || value == nil {
		return nil, &ConfigError{Reason: "a Consumer needs a key deserializer and a value deserializer; use concord.Bytes() for one that is not used"}
	}
	if o.deadLetters != nil && o.deadLetters.to == nil {
		return nil, &ConfigError{Reason: "WithDeadLetters needs a topic"}
	}
	if err := checkStarts(&o.starts); err != nil {
		return nil, err
	}
	if o.partitions != nil && len(o.partitions) == 0 {
		return nil, &ConfigError{Reason: "WithManualAssignment names no partition"}
	}
	for _, partition := range o.partitions {
		if partition < 0 {
			return nil, &ConfigError{Reason: "WithManualAssignment: partitions are not negative"}
		}
	}
	cfg := consume.Config{
		Log: orDefault(o.log), Group: settings.Group, Static: settings.Static, CommitInterval: settings.CommitInterval, Drain: o.drain,
		Order: o.concurrency.order, Workers: o.concurrency.workers, Limits: o.limits, Policy: o.policy.decides, Backoff: o.retry, Recover: o.recovers,
		Intercept: intercept(o.interceptors), Observer: o.observers.engine(settings.Group), Starts: o.starts, Partitions: o.partitions,
		FailMissingTopics: o.missing == Fail,
	}
	if o.stopAtEnd {
		cfg.StopAt = consume.StopWhenCaughtUp
	}
	if o.deadLetters != nil {
		cfg.DeadLetters = o.deadLetters.engine()
	}
	if o.retries != nil {
		var err error
		if cfg.Retries, err = o.retries.engine(); err != nil {
			return nil, err
		}
	}
	client, err := open()
	if err != nil {
		return nil, public(err)
	}
	return &Consumer[K, V]{
		key: key, value: value, engine: consume.New(client, cfg), options: &o,
		decoded: observe(o.observers, func(o *Observer) func(Decoded) { return o.OnDecoded }),
	}, nil
}

// Run reads the topics and calls handler for each record, until ctx is done, the
// consumer is closed, or something fails. A topic that begins with "^" is a
// regular expression.
//
// When ctx is done, handlers may finish the records that they have begun: their own context
// ends later, after [WithDrainTimeout]. What was handled is committed, the group
// is left, and Run returns nil, as it does after Close; or the error of a handler that
// failed after that, if the [Policy] stops at it. A panic of a handler becomes one of Run, unless [WithRecover] is given.
//
// A record at which the [Policy] stops ends Run with a [*RecordError]: nothing at or past
// it in its partition is committed, so that the next Run begins with it.
// [serde.ClassOf] tells a bad record from an outage. Other failures are a [*ConsumeError], joined with that error where there are several. Those that the client recovers from
// by itself, such as an unavailable broker, go to the log only.
func (c *Consumer[K, V]) Run(ctx context.Context, topics []string, handler Handler[K, V]) error {
	if handler == nil {
		return &ConsumeError{Doing: "subscribe", Err: errors.New("the handler is nil")}
	}
	return c.run(ctx, topics, handler, consume.Mode{})
}

// run runs the engine with a handler, without a transaction.
func (c *Consumer[K, V]) run(ctx context.Context, topics []string, handler Handler[K, V], mode consume.Mode) error {
	return c.runWith(ctx, topics, func() handle.Work { return &work[K, V]{consumer: c, handler: handler} }, mode)
}

func (c *Consumer[K, V]) runWith(ctx context.Context, topics []string, newWork func() handle.Work, mode consume.Mode) error {
	if d := c.options.deadLetters; d != nil && d.producer == nil {
		return &ConfigError{Reason: "WithDeadLetters needs a producer; only Transform does without"}
	}
	if r := c.options.retries; r != nil && r.producer == nil {
		return &ConfigError{Reason: "WithRetryTopics needs a producer; only Transform does without"}
	}
	if err := checkTopics(topics); err != nil {
		return err
	}
	return public(c.engine.Run(ctx, topics, newWork, mode))
}

// checkTopics refuses names that no broker accepts.
func checkTopics(topics []string) error {
	for _, topic := range topics {
		if strings.HasPrefix(topic, "^") {
			continue
		}
		if err := kafkaconfig.ValidTopic(topic); err != nil {
			return &ConsumeError{Doing: "subscribe", Err: err}
		}
	}
	return nil
}

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
// counts as handled when the loop asks for the next one. The record at which the
// loop is left, by break, return or panic, does not, and is redelivered; the [Policy] is not asked about it. An error comes
// with a nil message and is the last thing to come; there is none when ctx is done or
// the consumer is closed.
func (c *Consumer[K, V]) Messages(ctx context.Context, topics ...string) iter.Seq2[*Message[K, V], error] {
	return func(yield func(*Message[K, V], error) bool) {
		l := &loop[K, V]{ctx: ctx, turns: make(chan turn[K, V]), left: make(chan struct{}), ended: make(chan struct{})}
		go l.run(c, topics)
		defer func() {
			close(l.left)
			<-l.ended
		}()
		for {
			select {
			case t := <-l.turns:
				if !yield(t.message, nil) {
					return
				}
				close(t.done)
			case <-l.ended:
				if l.panicked != nil {
					panic(l.panicked)
				}
				if l.err != nil {
					yield(nil, l.err)
				}
				return
			}
		}
	}
}

// Seek moves the run in progress: partitions continue where to says, and those of which
// it says nothing stay where they are. Handlers at work with records
// of such partitions may finish ([WithDrainTimeout]); other records in flight are dropped. A
// partition of [FromOffset] that is not assigned is an error, and nothing is moved then; a consumer that
// does not run returns [ErrNotRunning]. The new position is committed even if nothing is handled there. It must not be called from a handler.
func (c *Consumer[K, V]) Seek(ctx context.Context, to ...StartPosition) error {
	var starts consume.Starts
	for _, s := range to {
		if s.set != nil {
			s.set(&starts)
		}
	}
	if err := checkStarts(&starts); err != nil {
		return err
	}
	return public(c.engine.Seek(ctx, starts))
}

// Ready is nil when the consumer runs, a broker is reached, and the group has assigned its partitions, or
// has none for this member. Otherwise it says what is missing, for a readiness probe.
func (c *Consumer[K, V]) Ready() error { return public(c.engine.Ready()) }

// Stats may be called from any goroutine.
func (c *Consumer[K, V]) Stats() ConsumerStats { return consumerStats(c.engine.Snapshot()) }

// Close ends a Run in progress and the consumer itself: what was handled is
// committed, the group is left. It waits for the handlers at work
// until ctx is done, at most for the drain timeout and 45 s; what is left goes on in the background after that. Further calls
// wait for the first one and return the same. It must not be called from a handler.
func (c *Consumer[K, V]) Close(ctx context.Context) error {
	return c.closed.public(c.engine.Close(ctx))
}

// Prepare has the key and value deserializers read the schemas of every registered version of
// each topic's subjects, and reports those that K or V cannot read. So a program learns at its start
// what would otherwise fail with a record. Each failure is a [*ConsumeError] with its topic; deserializers
// without such a step are passed over.
func (c *Consumer[K, V]) Prepare(ctx context.Context, topics ...string) error {
	var errs []error
	for _, topic := range topics {
		err := kafkaconfig.ValidTopic(topic)
		if err == nil {
			err = errors.Join(prepare(ctx, c.key, serde.KeyOf(topic)), prepare(ctx, c.value, serde.ValueOf(topic)))
		}
		if err != nil {
			errs = append(errs, &ConsumeError{Doing: "prepare", Topic: topic, Partition: -1, Err: err})
		}
	}
	return errors.Join(errs...)
}

// prepare calls the Prepare of a serializer or deserializer that has one.
func prepare(ctx context.Context, s any, field serde.Field) error {
	if s, ok := s.(interface {
		Prepare(ctx context.Context, fields ...serde.Field) error
	}); ok {
		return s.Prepare(ctx, field)
	}
	return nil
}
