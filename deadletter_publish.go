//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// WithDeadLetters has records that cannot be read or handled published by p to a
// dead-letter topic, to(source topic), in place of ending the run; the consumer's [Policy]
// says which. A dead letter has the record's key, value, headers and timestamp as they
// are, and headers that say where it comes from and why; it goes to the partition of
// the same number, modulo how many there are. The record's offset is stored once the dead
// letter is acknowledged. While it cannot be published, the record's partition waits, and
// is paused; nothing is skipped.
//
// The program closes p, after the consumer. [Transform] has its own producer publish them, and p may
// be nil.
func WithDeadLetters(p *Producer[[]byte, []byte], to func(topic string) string, opts ...DeadLetterOption) ConsumerOption {
	d := &deadLetters{producer: p, to: to, counts: make(map[string]partitionCount)}
	for _, o := range opts {
		o.applyDeadLetters(d)
	}
	return d
}

// DeadLetterTopic is one dead-letter topic for all sources.
func DeadLetterTopic(name string) func(topic string) string {
	return func(string) string { return name }
}

// DeadLetterOption changes [WithDeadLetters]. A [DeadLetterProfile] is one.
type DeadLetterOption interface{ applyDeadLetters(*deadLetters) }

func (p DeadLetterProfile) applyDeadLetters(d *deadLetters) { d.profile = p }

// WithDeadLetterLimit ends Run with [ErrTooManyDeadLetters] when more than that share of the
// last so many records became dead letters: the fault is then not in single records, and
// what comes after is better left in the topic. There is no limit by default.
func WithDeadLetterLimit(share float64, records int) DeadLetterOption {
	return deadLetterLimit{share, records}
}

type deadLetterLimit struct {
	share   float64
	records int
}

func (l deadLetterLimit) applyDeadLetters(d *deadLetters) {
	if l.records > 0 {
		d.recent = &recent{share: l.share, dead: make([]bool, l.records)}
	}
}

// recent is what became of the last records.
type recent struct {
	share float64

	mu    sync.Mutex
	dead  []bool // a ring
	next  int
	full  bool
	count int // of those in it that are dead
}

// add says what became of a record; tooMany that the limit is passed, which is not said
// before the ring is full.
func (r *recent) add(dead bool) (tooMany bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead[r.next] {
		r.count--
	}
	if dead {
		r.count++
	}
	r.dead[r.next] = dead
	if r.next++; r.next == len(r.dead) {
		r.next, r.full = 0, true
	}
	return r.full && float64(r.count) > r.share*float64(len(r.dead))
}

// deadLetters publishes them.
type deadLetters struct {
	recent   *recent // nil: no limit
	producer *Producer[[]byte, []byte]
	to       func(topic string) string
	profile  DeadLetterProfile
	group    string

	mu     sync.Mutex
	counts map[string]partitionCount
}

func (d *deadLetters) applyConsumer(to *consumerOptions) { to.deadLetters = d }

// partitionCount is how many partitions a topic had a while ago: there may be more later.
type partitionCount struct {
	n  int32
	at time.Time
}

const (
	countsFor  = 5 * time.Minute
	lookupWait = time.Second // it cannot be interrupted
)

// publish returns when the dead letter is acknowledged.
func (d *deadLetters) publish(ctx context.Context, m *kafka.Message, f Failure) error {
	letter, err := d.letter(d.producer, m, f)
	if err != nil {
		return err
	}
	_, err = d.producer.Produce(ctx, letter)
	return err
}

// output is the dead letter as an output of a transaction.
func (d *deadLetters) output(ctx context.Context, t *transactor, m *kafka.Message, f Failure) (*output, error) {
	letter, err := d.letter(t.letters, m, f)
	if err != nil {
		return nil, err
	}
	return t.letters.output(ctx, &letter)
}

// letter makes the dead letter of a record.
func (d *deadLetters) letter(p *Producer[[]byte, []byte], m *kafka.Message, f Failure) (Message[[]byte, []byte], error) {
	topic := d.to(f.Topic)
	if topic == f.Topic {
		return Message[[]byte, []byte]{}, errDeadLetterLoop
	}
	n, err := d.partitions(p, topic)
	if err != nil {
		return Message[[]byte, []byte]{}, err
	}
	partition := f.Partition % n
	out := Message[[]byte, []byte]{
		Topic: topic, Key: m.Key, NullKey: m.Key == nil, Value: m.Value, Tombstone: m.Value == nil, ToPartition: &partition,
		Headers: deadLetterHeaders(d.profile, headersOf(m), f, d.group, m.Timestamp, m.TimestampType.String(), time.Now()),
	}
	if m.Timestamp.UnixMilli() > 0 {
		out.Timestamp = m.Timestamp
	}
	return out, nil
}

var errDeadLetterLoop = errors.New("the dead-letter topic is the topic itself")

// partitions is how many the topic has.
func (d *deadLetters) partitions(p *Producer[[]byte, []byte], topic string) (int32, error) {
	d.mu.Lock()
	c := d.counts[topic]
	d.mu.Unlock()
	if c.n > 0 && time.Since(c.at) < countsFor {
		return c.n, nil
	}
	if err := validTopic(topic); err != nil {
		return 0, err
	}
	metadata, err := p.sender.kp.GetMetadata(&topic, false, int(lookupWait/time.Millisecond))
	if err != nil {
		return 0, err
	}
	t := metadata.Topics[topic]
	if t.Error.Code() != kafka.ErrNoError {
		return 0, fmt.Errorf("the dead-letter topic %s: %w", topic, t.Error)
	}
	c = partitionCount{int32(len(t.Partitions)), time.Now()}
	if c.n == 0 {
		return 0, fmt.Errorf("the dead-letter topic %s has no partitions", topic)
	}
	d.mu.Lock()
	d.counts[topic] = c
	d.mu.Unlock()
	return c.n, nil
}
