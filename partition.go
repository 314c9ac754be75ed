//go:build cgo

package concord

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
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
	retry  *RetryTopic // that it is of; nil where it is of none

	closed  atomic.Bool  // no further handler gets to work; set under mu
	working atomic.Int32 // len(active)

	mu      sync.Mutex
	tracker tracker
	bytes   int // of the records in hand
	queued  int // records in hand
	active  []*stretch
	idle    chan struct{} // closed when the partition is closed and no handler is at work
	highest int64         // the offset of the next record that will be written, as last known; negative: not known
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
	reread reread
}

// queueLimit is when a partition is paused, and, at three quarters of it, resumed: what is
// left keeps handlers busy until more has come.
type queueLimit struct{ records, bytes int }

func sizeOf(m *kafka.Message) int { return len(m.Key) + len(m.Value) }

// stretch is records of one partition that a worker goes through without taking the
// partition's lock for each. It is the worker's until end; the session looks at handled
// in the meantime, so that what is done before a slow handler does not wait for it.
type stretch struct {
	jobs    []job
	handled atomic.Int32 // of them, from the first on
	counted int          // of those, how many the partition knows of; under its mu
}

// enqueue takes records in hand; full says that the partition is to be paused.
func (p *partition) enqueue(jobs []job) (full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range jobs {
		m := jobs[i].record
		epoch := int32(-1)
		if m.LeaderEpoch != nil {
			epoch = *m.LeaderEpoch
		}
		jobs[i].number = p.tracker.add(int64(m.TopicPartition.Offset), epoch)
		p.bytes += sizeOf(m)
	}
	p.queued += len(jobs)
	if p.holds[QueueFull] == 0 && (p.queued >= p.limit.records || p.bytes >= p.limit.bytes) {
		p.holds[QueueFull] = 1
		full = true
	}
	return full
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

// begin says that handlers get to work; they must not where the partition is gone.
func (p *partition) begin(st *stretch, jobs []job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed.Load() {
		return false
	}
	st.jobs, st.counted = jobs, 0
	st.handled.Store(0)
	p.active = append(p.active, st)
	p.working.Store(int32(len(p.active)))
	return true
}

// count takes note of what was handled of a stretch.
func (p *partition) count(st *stretch) {
	handled := int(st.handled.Load())
	for i := st.counted; i < handled; i++ {
		j := &st.jobs[i]
		p.tracker.done(j.number)
		if !p.transforms {
			p.queued--
			p.bytes -= sizeOf(j.record)
		}
	}
	st.counted = handled
}

// end says that no handler is at work in the stretch any more, and whether the record
// behind those that were handled has failed; changed, that the session is to look at the
// partition.
func (p *partition) end(st *stretch, failed bool) (changed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(st)
	if failed {
		p.queued--
		p.bytes -= sizeOf(st.jobs[st.counted].record)
	}
	st.jobs = nil
	i := slices.Index(p.active, st)
	p.active = slices.Delete(p.active, i, i+1)
	p.working.Store(int32(len(p.active)))
	if p.closed.Load() {
		if len(p.active) == 0 {
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
func (p *partition) settle(a *attempt) {
	r := &settled{record: a.record, partition: p, outputs: a.outputs, dead: a.dead, retried: a.retried}
	for _, o := range r.outputs {
		r.size += o.size()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		r.drop()
		return
	}
	p.bytes += r.size
	p.settled[a.number] = r
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
	return p.list(p.hasRoom() && !p.closed.Load())
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
	return p.list(!p.closed.Load())
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
	for _, st := range p.active {
		p.count(st)
	}
	p.hasRoom()
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
	if !p.closed.Load() {
		p.closed.Store(true)
		p.idle = make(chan struct{})
		if len(p.active) == 0 {
			close(p.idle)
		}
	}
	if p.lane != nil {
		p.lane.close()
	}
	return p.idle
}
