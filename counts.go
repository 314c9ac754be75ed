//go:build cgo

package concord

import (
	"sync"
	"sync/atomic"
)

// Stats may be called from anywhere, also while the consumer runs.
func (c *Consumer[K, V]) Stats() ConsumerStats { return c.poller.counts.stats() }

// consumerCounts is what Stats reads.
type consumerCounts struct {
	handled, retried, delayed, deadLetters, skipped, reread, rebalances, lost, transactions, aborted atomic.Uint64
	pauses                                                                                           [numPauseReasons]atomic.Uint64

	mu   sync.Mutex
	live map[*partition]struct{}
}

// assigned notes partitions, and with gone that they are no longer assigned.
func (c *consumerCounts) assigned(p *partition, gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live == nil {
		c.live = make(map[*partition]struct{})
	}
	if gone {
		delete(c.live, p)
	} else {
		c.live[p] = struct{}{}
	}
}

func (c *consumerCounts) stats() ConsumerStats {
	s := ConsumerStats{
		Handled: c.handled.Load(), Retried: c.retried.Load(), Delayed: c.delayed.Load(), DeadLetters: c.deadLetters.Load(), Skipped: c.skipped.Load(), Reread: c.reread.Load(),
		Rebalances: c.rebalances.Load(), Lost: c.lost.Load(), Transactions: c.transactions.Load(), Aborted: c.aborted.Load(), Pauses: make(map[PauseReason]uint64), Paused: make(map[PauseReason]int),
	}
	for r := range numPauseReasons {
		if n := c.pauses[r].Load(); n > 0 {
			s.Pauses[r] = n
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Partitions = len(c.live)
	s.Lag = c.lags()
	for p := range c.live {
		p.mu.Lock()
		s.InHand += p.queued
		s.InHandSize += p.bytes
		for r, n := range p.holds {
			if n > 0 {
				s.Paused[PauseReason(r)]++
			}
		}
		p.mu.Unlock()
	}
	return s
}
