package inflight

import (
	"math/bits"
	"sync/atomic"
)

// BatchMax is how many records a batch has at most.
const BatchMax = 64

// Batch is records of one partition that a worker goes through. The worker marks each without
// taking the partition's lock; the partition looks at the marks when it is reconciled, so
// that what is done before a slow handler does not wait for it. A Batch may be used again
// after [Partition.End].
type Batch struct {
	numbers [BatchMax]Number
	n       int
	done    atomic.Uint64                  // bit i: record i is done, or staged
	handled atomic.Uint64                  // bit i: its handler returned nil
	staged  uint64                         // the worker's: bit i: a transaction will finish the record
	counted struct{ done, handled uint64 } // what the partition has counted; under its mutex
}

// Len is how many records the batch has.
func (b *Batch) Len() int { return b.n }

// Number is that of record i.
func (b *Batch) Number(i int) Number { return b.numbers[i] }

// Handled marks record i as done by its handler.
func (b *Batch) Handled(i int) {
	b.handled.Or(1 << i)
	b.done.Or(1 << i)
}

// Done marks record i as done in another way: it was skipped, or went to another topic.
func (b *Batch) Done(i int) { b.done.Or(1 << i) }

// Staged marks record i as one that [Partition.Finish] will count as done. handled is as in
// Handled.
func (b *Batch) Staged(i int, handled bool) {
	b.staged |= 1 << i
	if handled {
		b.handled.Or(1 << i)
	}
}

// count returns the records that are done since the last call, and how many were handled.
func (b *Batch) count() (done uint64, handled int) {
	allDone, allHandled := b.done.Load(), b.handled.Load()
	done, handled = allDone&^b.counted.done, bits.OnesCount64(allHandled&^b.counted.handled)
	b.counted.done, b.counted.handled = allDone, allHandled
	return done, handled
}
