package consume

import (
	"sync/atomic"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
)

// partition is one that this consumer has, as the owner sees it.
type partition struct {
	*handle.Partition
	queue *inflight.Queue[handle.Item] // its own; nil where partitions share queues

	away     atomic.Bool  // gone, and its position is not to be committed any more
	end      atomic.Int64 // the offset of the next record that will be written, as last known; -1: not known
	caughtUp atomic.Int64 // the offset up to which there is nothing more to read; -1: not known

	paused bool  // what the client was told
	full   bool  // it is paused because it is full
	slow   bool  // it was full for longer than the owner waits
	stopAt int64 // records from here on are left out; -1: none are
	after  *straggler
}

// lag is how many records are not done; ok is false where that is not known yet.
func (p *partition) lag(in inflight.Snapshot) (records int64, ok bool) {
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
