package handle

import (
	"context"
	"sync/atomic"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Partition is one that is assigned, as workers see it, from its assignment to its revocation; when it comes
// back it is another.
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

	retries bool // it is of a retry topic
	gone    atomic.Bool
}

// NewPartition makes a partition. handlers and waits are the contexts of the run's handlers, and of what
// waits; retries says that it is of a retry topic.
func NewPartition(p *inflight.Partition, tp kafkaclient.TopicPartition, handlers, waits context.Context, retries bool) *Partition {
	n := &Partition{Partition: p, TopicPartition: tp, retries: retries}
	n.ctx, n.cancel = context.WithCancel(handlers)
	n.waits, n.endWaits = context.WithCancel(waits)
	return n
}

// Cancel ends the context of the partition's handlers.
func (p *Partition) Cancel() { p.cancel() }

// Close keeps further batches from beginning and ends what waits. The channel is closed when no handler
// works on the partition.
func (p *Partition) Close() (idle <-chan struct{}) {
	idle = p.Partition.Close()
	p.endWaits()
	return idle
}

// Leave says that the partition is another member's: nothing of it can be committed.
func (p *Partition) Leave() {
	p.gone.Store(true)
	p.cancel()
}

// Gone reports whether Leave was called.
func (p *Partition) Gone() bool { return p.gone.Load() }

// IsRetryTopic reports whether the partition is of a retry topic.
func (p *Partition) IsRetryTopic() bool { return p.retries }

// Pause pauses the partition for a reason until release is called.
func (p *Partition) Pause(c *Counters, reason inflight.Reason) (release func()) {
	c.Pauses[reason].Add(1)
	return p.Hold(reason)
}

// Item is a record on its way to a worker.
type Item struct {
	Record    *kafkaclient.Record
	Partition *Partition
	Number    inflight.Number
}
