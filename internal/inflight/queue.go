package inflight

import "sync"

// Queue is an unbounded first-in, first-out queue. One worker takes from it, or several share
// it. It is a ring: its memory follows what is queued, also while it never becomes empty.
// Who pushes bounds what is in flight; see [Partition].
type Queue[T any] struct {
	mu      sync.Mutex
	some    sync.Cond
	ring    []T // its length is a power of two
	head, n int
	waiting int // workers in Take
	closed  bool
}

// minRing is the smallest ring that is kept.
const minRing = 64

// NewQueue makes an empty queue.
func NewQueue[T any]() *Queue[T] {
	q := &Queue[T]{}
	q.some.L = &q.mu
	return q
}

// Push appends items. After Close it does nothing.
func (q *Queue[T]) Push(items ...T) {
	if len(items) == 0 {
		return
	}
	q.mu.Lock()
	if !q.closed {
		q.resize(q.n + len(items))
		for _, item := range items {
			q.ring[(q.head+q.n)&(len(q.ring)-1)] = item
			q.n++
		}
	}
	waiting := q.waiting
	q.mu.Unlock()
	switch {
	case waiting == 0:
	case len(items) == 1 || waiting == 1:
		q.some.Signal()
	default:
		q.some.Broadcast()
	}
}

// Take moves up to most items into batch, which it empties first, and waits for the first of
// them. It returns none once the queue is closed.
func (q *Queue[T]) Take(batch []T, most int) []T {
	batch = batch[:0]
	var zero T
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.n == 0 && !q.closed {
		q.waiting++
		q.some.Wait()
		q.waiting--
	}
	for len(batch) < most && q.n > 0 {
		at := q.head
		batch = append(batch, q.ring[at])
		q.ring[at] = zero
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.n--
	}
	if len(q.ring) > minRing && q.n <= len(q.ring)/8 {
		q.resize(len(q.ring) / 4)
	}
	return batch
}

// Close drops what is queued. Workers get nothing more.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.ring, q.head, q.n = nil, 0, 0
	q.mu.Unlock()
	q.some.Broadcast()
}

// Len is how many items are queued, Cap how many the ring has room for.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n
}

// Cap is how many items the ring has room for.
func (q *Queue[T]) Cap() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.ring)
}

// resize makes room for want items: it grows the ring, or shrinks one that is far too large.
func (q *Queue[T]) resize(want int) {
	size := max(len(q.ring), minRing)
	for size < want {
		size *= 2
	}
	for size > minRing && want <= size/4 && q.n <= size/4 {
		size /= 2
	}
	if size == len(q.ring) {
		return
	}
	ring := make([]T, size)
	for i := range q.n {
		ring[i] = q.ring[(q.head+i)&(len(q.ring)-1)]
	}
	q.ring, q.head = ring, 0
}
