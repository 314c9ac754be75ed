package inflight

import (
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound what is in flight of a partition. It is full when it reaches either, and no
// longer full at three quarters of both: what is left keeps handlers busy until more has come.
type Limits struct{ Records, Bytes int }

// trackedFactor bounds, as a multiple of Limits.Records, how many records are tracked: those in
// flight, and those that are done behind one that is not.
const trackedFactor = 8

// Reason is why a partition takes no more records for a while. [Full] is the partition's own;
// others are counted by [Partition.Hold].
type Reason uint8

// Full says that the [Limits] are reached.
const Full Reason = 0

// MaxReasons is how many reasons there can be.
const MaxReasons = 16

// Partition is what is in flight of one partition, from its assignment to its revocation. It is
// safe for concurrent use.
type Partition struct {
	limits  Limits
	handled *atomic.Uint64
	changed func()
	closing *Signal

	working atomic.Int32 // len(active)

	mu      sync.Mutex
	tracker tracker
	records int // in flight
	bytes   int
	active  []*Batch
	idle    chan struct{} // closed when the partition is closing and no batch is active
	holds   [MaxReasons]int
	noted   bool // changed was called since the last Reconcile

	room chan struct{} // one token: it was full, and is no longer
}

// NewPartition makes a partition. handled counts the records whose handlers returned nil, for
// several partitions. changed is called, from any goroutine and without a lock, when there is something to
// reconcile; it may be nil.
func NewPartition(limits Limits, handled *atomic.Uint64, changed func()) *Partition {
	return &Partition{limits: limits, handled: handled, changed: changed, closing: NewSignal(), idle: make(chan struct{}), room: make(chan struct{}, 1)}
}

// Enqueue takes records in flight. The first has the number that is returned, and each next one
// the next number. full says that the partition has become full.
func (p *Partition) Enqueue(entries []Entry) (first Number, full bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first = p.tracker.first + Number(p.tracker.n)
	for _, e := range entries {
		p.tracker.add(e)
		p.bytes += e.Size
	}
	p.records += len(entries)
	if p.holds[Full] == 0 && (p.records >= p.limits.Records || p.bytes >= p.limits.Bytes || p.tracker.n >= trackedFactor*p.limits.Records) {
		p.holds[Full] = 1
		full = true
	}
	return first, full
}

// WaitForRoom waits until the partition is not full; false where that takes longer than most.
func (p *Partition) WaitForRoom(most time.Duration) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	for {
		p.mu.Lock()
		p.count()
		p.makeRoom()
		full := p.holds[Full] > 0
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

// Begin makes the records the batch's, and the batch active; false where the partition is
// closing: no handler may begin then.
func (p *Partition) Begin(b *Batch, numbers []Number) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing.Raised() {
		return false
	}
	b.n = copy(b.numbers[:], numbers)
	b.done.Store(0)
	b.handled.Store(0)
	b.staged, b.counted.done, b.counted.handled = 0, 0, 0
	p.active = append(p.active, b)
	p.working.Store(int32(len(p.active)))
	return true
}

// End says that no handler works on the batch any more. Records that are neither done nor
// staged are abandoned: they are no longer in flight, and the position stays before them.
func (p *Partition) End(b *Batch) {
	p.mu.Lock()
	p.count()
	for i := range b.n {
		if (b.counted.done|b.staged)&(1<<i) == 0 {
			p.records--
			p.bytes -= p.tracker.size(b.numbers[i])
		}
	}
	if i := slices.Index(p.active, b); i >= 0 {
		p.active = slices.Delete(p.active, i, i+1)
	}
	p.working.Store(int32(len(p.active)))
	if p.closing.Raised() && len(p.active) == 0 {
		close(p.idle)
	}
	notify := p.note(p.makeRoom() || p.tracker.moved)
	p.mu.Unlock()
	p.notify(notify)
}

// count takes note of what is done of the active batches.
func (p *Partition) count() {
	for _, b := range p.active {
		done, handled := b.count()
		if handled > 0 {
			p.handled.Add(uint64(handled))
		}
		for ; done != 0; done &= done - 1 {
			p.finish(b.numbers[bits.TrailingZeros64(done)])
		}
	}
}

func (p *Partition) finish(n Number) {
	p.records--
	p.bytes -= p.tracker.size(n)
	p.tracker.done(n)
}

// Finish counts a record that was staged as done. extra is what [Partition.Grow] added for it.
func (p *Partition) Finish(n Number, extra int) {
	p.mu.Lock()
	p.finish(n)
	p.bytes -= extra
	notify := p.note(p.makeRoom() && !p.closing.Raised())
	p.mu.Unlock()
	p.notify(notify)
}

// Grow adds to the bytes in flight what was made of a record and is kept.
func (p *Partition) Grow(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes += bytes
}

// makeRoom ends the partition's being full where it is no longer.
func (p *Partition) makeRoom() (changed bool) {
	if p.holds[Full] == 0 || p.records > p.limits.Records*3/4 || p.bytes > p.limits.Bytes/4*3 || p.tracker.n > trackedFactor*p.limits.Records*3/4 {
		return false
	}
	p.holds[Full] = 0
	select {
	case p.room <- struct{}{}:
	default:
	}
	return true
}

// Hold counts one more reason to be paused, until release is called, once.
func (p *Partition) Hold(reason Reason) (release func()) {
	p.hold(reason, 1)
	return func() { p.hold(reason, -1) }
}

func (p *Partition) hold(reason Reason, n int) {
	p.mu.Lock()
	p.holds[reason] += n
	notify := p.note(!p.closing.Raised())
	p.mu.Unlock()
	p.notify(notify)
}

// note reports whether changed is to be called.
func (p *Partition) note(changed bool) bool {
	if !changed || p.noted {
		return false
	}
	p.noted = true
	return true
}

func (p *Partition) notify(changed bool) {
	if changed && p.changed != nil {
		p.changed()
	}
}

// Begins sets the position before any record is added: it counts as moved, so that it is
// committed though nothing is done yet.
func (p *Partition) Begins(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tracker.position, p.tracker.epoch, p.tracker.known, p.tracker.moved = offset, -1, true, true
}

// State is what [Partition.Reconcile] finds.
type State struct {
	Position int64 // the first offset that is not done
	Epoch    int32 // the leader's of the record before it; -1: not known
	Moved    bool  // Position has changed since the last call
	Paused   bool  // there is a reason to be paused
	Full     bool  // it is that the limits are reached
}

// Reconcile counts what is done.
func (p *Partition) Reconcile() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noted = false
	p.count()
	p.makeRoom()
	var s State
	for _, n := range p.holds {
		s.Paused = s.Paused || n > 0
	}
	s.Full = p.holds[Full] > 0
	s.Position, s.Epoch, s.Moved = p.tracker.take()
	return s
}

// Working reports whether a batch is active.
func (p *Partition) Working() bool { return p.working.Load() > 0 }

// Close keeps further batches from beginning and raises Closing. The channel is closed when no
// batch is active.
func (p *Partition) Close() (idle <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closing.Raised() {
		p.closing.Raise()
		if len(p.active) == 0 {
			close(p.idle)
		}
	}
	return p.idle
}

// Closing is closed when the partition is given up: whatever waits stops waiting.
func (p *Partition) Closing() <-chan struct{} { return p.closing.C() }

// Closed reports whether Close was called.
func (p *Partition) Closed() bool { return p.closing.Raised() }

// Snapshot is what a partition has in flight.
type Snapshot struct {
	Records, Bytes int
	Holds          [MaxReasons]int
	// Next is the offset of the first record that is not done; Known says whether there was one.
	Next  int64
	Known bool
}

// Snapshot counts what is done, and returns what is in flight.
func (p *Partition) Snapshot() Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count()
	s := Snapshot{Records: p.records, Bytes: p.bytes, Holds: p.holds}
	s.Next, s.Known = p.tracker.next()
	return s
}
