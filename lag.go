//go:build cgo

package concord

import (
	"cmp"
	"slices"
	"time"
)

// lagEvery is how often the ends of partitions are looked up. librdkafka has them from its fetches:
// nothing is asked of a broker.
const lagEvery = time.Second

// measure notes where the partitions end.
func (s *session) measure() {
	s.measured = time.Now()
	for _, p := range s.partitions {
		if _, high, err := s.kc.GetWatermarkOffsets(p.topic, p.id); err == nil && high >= 0 {
			p.mu.Lock()
			p.highest = high
			p.mu.Unlock()
		}
	}
}

// lag is how many records the partition has that are not handled; ok is false where that is not
// known yet.
func (p *partition) lag() (records int64, ok bool) {
	position, ok := p.tracker.next()
	if !ok || p.highest < 0 {
		return 0, false
	}
	return max(p.highest-position, 0), true
}

// lags are those of all partitions, in order.
func (c *consumerCounts) lags() []PartitionLag {
	var lags []PartitionLag
	for p := range c.live {
		p.mu.Lock()
		if n, ok := p.lag(); ok {
			lags = append(lags, PartitionLag{p.topic, p.id, n})
		}
		p.mu.Unlock()
	}
	slices.SortFunc(lags, func(a, b PartitionLag) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return lags
}
