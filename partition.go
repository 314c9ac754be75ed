//go:build cgo

package concord

import (
	"context"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// partition is one that this member has, from its assignment to its revocation; when it
// comes back it is another.
type partition struct {
	topic string
	id    int32
	// ctx is what its handlers get. It ends when the partition is lost, and when it is
	// revoked and a handler does not end in time.
	ctx    context.Context
	cancel context.CancelFunc
	lane   *lane // its own; nil where partitions share lanes
	limit  queueLimit

	mu      sync.Mutex
	tracker tracker
	bytes   int // of the records in hand
	queued  int // records in hand
	running int // records whose handlers are at work
	closed  bool
	idle    chan struct{} // closed when the partition is closed and no handler is at work
	holds   [numPauseReasons]int
	listed  bool          // among the session's changed partitions
	room    chan struct{} // one token: it was full, and is no longer

	// Of Transform:
	transforms bool                // records are in hand until they are committed
	settled    map[uint64]*settled // by number: done with, but for their transaction
	next       uint64              // the first number that is not collected
	gone       bool                // another member's

	// The session's goroutine's own:
	paused bool // what librdkafka was told
	ended  bool // read to its end, as far as is known
}

// queueLimit is when a partition is paused, and, at three quarters of it, resumed: what is
// left keeps handlers busy until more has come.
type queueLimit struct{ records, bytes int }

func sizeOf(m *kafka.Message) int { return len(m.Key) + len(m.Value) }

// enqueue takes a record in hand; full says that the partition is to be paused.
func (p *partition) enqueue(m *kafka.Message) (j job, full bool) {
	epoch := int32(-1)
	if m.LeaderEpoch != nil {
		epoch = *m.LeaderEpoch
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	j = job{record: m, partition: p, number: p.tracker.add(int64(m.TopicPartition.Offset), epoch)}
	p.queued++
	p.bytes += sizeOf(m)
	if p.holds[QueueFull] == 0 && (p.queued >= p.limit.records || p.bytes >= p.limit.bytes) {
		p.holds[QueueFull] = 1
		full = true
	}
	return j, full
}

func (p *partition) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// waitForRoom waits until a partition that was full is no longer; false where that takes
// too long.
func (p *partition) waitForRoom(most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	for {
		p.mu.Lock()
		full := p.holds[QueueFull] > 0
		p.mu.Unlock()
		if !full {
			return true
		}
		select {
		case <-p.room:
		case <-timer.C:
			return false
		}
	}
}

// begin says that a handler gets to work; it must not where the partition is gone.
func (p *partition) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running++
	return true
}

// end says that a handler has ended; changed, that the session is to look at the
// partition.
func (p *partition) end(j *job, handled bool) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if handled {
		p.tracker.done(j.number)
	}
	if !handled || !p.transforms {
		p.queued--
		p.bytes -= sizeOf(j.record)
	}
	if p.closed {
		if p.running == 0 {
			close(p.idle)
		}
		return false
	}
	return p.list(p.hasRoom() || p.tracker.moved)
}

// hasRoom ends the partition's being full where it is no longer.
func (p *partition) hasRoom() (changed bool) {
	if p.holds[QueueFull] > 0 && p.queued <= p.limit.records*3/4 && p.bytes <= p.limit.bytes/4*3 {
		p.holds[QueueFull] = 0
		changed = true
		select {
		case p.room <- struct{}{}:
		default:
		}
	}
	return changed
}

// settle says that a record is done with but for its transaction.
func (p *partition) settle(j *job, outputs []*output, dead bool) {
	r := &settled{record: j.record, partition: p, outputs: outputs, dead: dead}
	for _, o := range outputs {
		r.size += o.size()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		r.drop()
		return
	}
	p.bytes += r.size
	p.settled[j.number] = r
}

// collect appends what is to be committed next: no record before it is still in hand.
func (p *partition) collect(to []*settled) []*settled {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		r, ok := p.settled[p.next]
		if !ok {
			return to
		}
		delete(p.settled, p.next)
		p.next++
		to = append(to, r)
	}
}

// committed says that a record's transaction is.
func (p *partition) committed(r *settled) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued--
	p.bytes -= r.size + sizeOf(r.record)
	return p.list(p.hasRoom() && !p.closed)
}

// leave says that the partition is another member's.
func (p *partition) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for _, r := range p.settled {
		r.drop()
	}
	p.settled = nil
}

func (p *partition) isGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// hold counts one more, or with -1 one less, reason to be paused.
func (p *partition) hold(reason PauseReason, n int) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holds[reason] += n
	return p.list(!p.closed)
}

// list reports whether the partition is to be listed: it is not yet.
func (p *partition) list(changed bool) bool {
	if !changed || p.listed {
		return false
	}
	p.listed = true
	return true
}

// look is what the session's goroutine does about a change: the offset to be stored,
// if any, and whether the partition is to be paused.
func (p *partition) look() (position kafka.TopicPartition, store, pause bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listed = false
	for _, n := range p.holds {
		pause = pause || n > 0
	}
	offset, epoch, store := p.tracker.take()
	store = store && !p.transforms
	position = p.topicPartition()
	if store {
		position.Offset = kafka.Offset(offset)
		if epoch >= 0 {
			position.LeaderEpoch = &epoch
		}
	}
	return position, store, pause
}

func (p *partition) topicPartition() kafka.TopicPartition {
	return kafka.TopicPartition{Topic: &p.topic, Partition: p.id}
}

// close keeps further handlers from getting to work. The channel is closed when those at
// work have ended.
func (p *partition) close() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.idle = make(chan struct{})
		if p.running == 0 {
			close(p.idle)
		}
	}
	if p.lane != nil {
		p.lane.close()
	}
	return p.idle
}
