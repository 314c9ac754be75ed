package consume

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// counters are what Snapshot reads.
type counters struct {
	handle.Counters
	handled, rewound, rebalances, lost, corrupt, late, transactions, aborted, commitFailures atomic.Uint64

	mu   sync.Mutex
	live map[*partition]struct{}
}

func (c *counters) add(p *partition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		c.live = make(map[*partition]struct{})
	}
	c.live[p] = struct{}{}
}

func (c *counters) remove(p *partition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, p)
}

// partitions are the live ones.
func (c *counters) partitions() []*partition {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.live))
}

// Snapshot is what an engine has done, and what it has in flight.
type Snapshot struct {
	Handled, Retried, Delayed, DeadLetters, Skipped, Rewound, Foreign uint64
	Rebalances, Lost, Corrupt, Late, Transactions, Aborted            uint64
	CommitFailures                                                    uint64
	Pauses                                                            [handle.NumReasons]uint64

	Partitions, InFlight, InFlightBytes int
	Paused                              [handle.NumReasons]int
	Lag                                 []Lag
}

// Lag is how many records of a partition are not done.
type Lag struct {
	kafkaclient.TopicPartition
	Records int64
}

// Snapshot may be called from any goroutine.
func (e *Engine) Snapshot() Snapshot {
	c := &e.counts
	var s Snapshot
	for _, p := range c.partitions() {
		in := p.Snapshot()
		s.Partitions++
		s.InFlight += in.Records
		s.InFlightBytes += in.Bytes
		for r := range handle.NumReasons {
			if in.Holds[r] > 0 {
				s.Paused[r]++
			}
		}
		if n, ok := p.lag(in); ok {
			s.Lag = append(s.Lag, Lag{p.TopicPartition, n})
		}
	}
	slices.SortFunc(s.Lag, func(a, b Lag) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	s.Handled, s.Retried, s.Delayed, s.DeadLetters = c.handled.Load(), c.Retried.Load(), c.Delayed.Load(), c.DeadLetters.Load()
	s.Skipped, s.Rewound, s.Foreign = c.Skipped.Load(), c.rewound.Load(), c.Foreign.Load()
	s.Rebalances, s.Lost, s.Corrupt, s.Late = c.rebalances.Load(), c.lost.Load(), c.corrupt.Load(), c.late.Load()
	s.Transactions, s.Aborted, s.CommitFailures = c.transactions.Load(), c.aborted.Load(), c.commitFailures.Load()
	for r := range handle.NumReasons {
		s.Pauses[r] = c.Pauses[r].Load()
	}
	return s
}
