package consume

import (
	"context"
	"sync/atomic"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Partition is one that this consumer has, from its assignment to its revocation; when it
// comes back it is another.
type Partition struct {
	*inflight.Partition
	kafkaclient.TopicPartition

	// ctx is what its handlers get. It ends when the partition is lost, and when it is
	// given up and a handler does not return in time.
	ctx    context.Context
	cancel context.CancelFunc
	// waits is for what waits on behalf of a record: it also ends when the partition closes, or
	// the run stops.
	waits    context.Context
	endWaits context.CancelFunc

	queue *inflight.Queue[item] // its own; nil where partitions share queues
	retry int                   // the index of the retry topic that it is of; -1: of none
	from  string                // of a retry topic: the topic that its records come from

	gone     atomic.Bool
	away     atomic.Bool  // gone, and its position is not to be committed any more
	end      atomic.Int64 // the offset of the next record that will be written, as last known; -1: not known
	caughtUp atomic.Int64 // the offset up to which there is nothing more to read; -1: not known

	// The owner's:
	paused bool  // what the client was told
	full   bool  // it is paused because it is full
	slow   bool  // it was full for longer than the owner waits
	stopAt int64 // records from here on are left out; -1: none are
	after  *straggler
}

// item is a record on its way to a worker.
type item struct {
	record    *kafkaclient.Record
	partition *Partition
	number    inflight.Number
}

// hold pauses the partition for a reason until release is called.
func (p *Partition) hold(c *counters, reason inflight.Reason) (release func()) {
	c.pauses[reason].Add(1)
	return p.Hold(reason)
}

// lag is how many records are not done; ok is false where that is not known yet.
func (p *Partition) lag(in inflight.Snapshot) (records int64, ok bool) {
	end, caught := p.end.Load(), p.caughtUp.Load()
	next := in.Next
	if in.Records == 0 && caught >= 0 && (!in.Known || caught > next) {
		next, in.Known = caught, true // what is left are control records
	}
	if end < 0 && caught >= 0 {
		end = caught
	}
	if end < 0 || !in.Known {
		return 0, false
	}
	return max(end-next, 0), true
}

// Gone reports whether the partition is another member's: nothing of it can be committed.
func (p *Partition) Gone() bool { return p.gone.Load() }
