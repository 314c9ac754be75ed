//go:build cgo

package concord

import (
	"sync"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// job is a record on its way to a handler.
type job struct {
	record    *kafka.Message
	partition *partition
	number    uint64 // in the partition's tracker
}

// lane is a queue of records. One worker takes them in their order, or several share it.
// It has no bound of its own: a partition that has too much in hand is paused.
type lane struct {
	mu     sync.Mutex
	some   sync.Cond
	jobs   []job
	head   int
	waits  int // workers that wait
	closed bool
}

func newLane() *lane {
	l := &lane{}
	l.some.L = &l.mu
	return l
}

// push appends jobs; none are taken after close.
func (l *lane) push(jobs ...job) {
	l.mu.Lock()
	if !l.closed {
		l.jobs = append(l.jobs, jobs...)
	}
	waits := l.waits
	l.mu.Unlock()
	switch {
	case waits == 0:
	case len(jobs) == 1 || waits == 1:
		l.some.Signal()
	default:
		l.some.Broadcast()
	}
}

// take moves up to most jobs into batch, waiting for the first; none come when the lane
// is closed.
func (l *lane) take(batch []job, most int) []job {
	batch = batch[:0]
	l.mu.Lock()
	for l.head == len(l.jobs) && !l.closed {
		l.waits++
		l.some.Wait()
		l.waits--
	}
	if !l.closed {
		n := min(most, len(l.jobs)-l.head)
		taken := l.jobs[l.head : l.head+n]
		batch = append(batch, taken...)
		clear(taken)
		if l.head += n; l.head == len(l.jobs) {
			l.jobs, l.head = l.jobs[:0], 0
		}
	}
	l.mu.Unlock()
	return batch
}

// close drops what is queued, and ends the workers once they have done what they took.
func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	clear(l.jobs)
	l.jobs, l.head = nil, 0
	l.mu.Unlock()
	l.some.Broadcast()
}
