//go:build cgo

package concord

import (
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
	d := &deadLetters{producer: p, to: to, partitions: newPartitionCounts()}
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

// WithDeadLetterPause has the limit of [WithDeadLetterLimit] stop the handling of all records for
// a time, in place of ending Run, and count anew after that. Zero, the default, ends Run.
func WithDeadLetterPause(d time.Duration) DeadLetterOption { return deadLetterPause(max(d, 0)) }

type deadLetterPause time.Duration

func (p deadLetterPause) applyDeadLetters(d *deadLetters) { d.pause = time.Duration(p) }

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

// reset forgets what became of them.
func (r *recent) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.dead)
	r.next, r.count, r.full = 0, 0, false
}

// deadLetters makes them.
type deadLetters struct {
	recent   *recent // nil: no limit
	pause    time.Duration
	producer *Producer[[]byte, []byte]
	to       func(topic string) string
	profile  DeadLetterProfile
	group    string

	partitions *partitionCounts
}

func (d *deadLetters) applyConsumer(to *consumerOptions) { to.deadLetters = d }

// letter makes the dead letter of a record. One that comes from a retry topic is said to come from
// where it was first.
func (d *deadLetters) letter(p *Producer[[]byte, []byte], m *kafka.Message, f Failure, r retried) (diverted, error) {
	if r.times > 0 {
		first := *f.RecordError
		first.Topic, first.Partition, first.Offset = r.from.Topic, r.from.Partition, r.from.Offset
		f.RecordError = &first
		f.Attempt += r.tries
	}
	topic := d.to(f.Topic)
	if topic == f.Topic || topic == *m.TopicPartition.Topic {
		return diverted{}, errDivertLoop
	}
	out, err := d.partitions.divert(p, m, topic, f.Partition)
	out.Headers = deadLetterHeaders(d.profile, withoutRetry(out.Headers), f, d.group, m.Timestamp, m.TimestampType.String(), time.Now())
	return out, err
}
