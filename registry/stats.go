package registry

import (
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/tally"
)

// Stats is what a client did so far, and what it holds.
type Stats struct {
	SchemasByID   CacheStats
	SchemasByGUID CacheStats
	Versions      CacheStats // by number
	Latest        CacheStats // latest versions, also those by metadata
	Lookups       CacheStats
	Registrations CacheStats

	Requests    int64 // HTTP requests sent
	Failures    int64 // of them, those that brought no success
	Refused     int64 // calls that were refused at once while the circuit was open
	CircuitOpen bool  // whether a call now would be
}

// CacheStats is what one cache answered so far, and what it holds.
type CacheStats struct {
	Hits      int64 // questions answered with what was kept
	Absent    int64 // answered with a kept absence
	Misses    int64 // asked of the registry; concurrent ones for the same thing count once
	Stale     int64 // answered with what was older than its TTL, for the registry gave no answer
	Refreshes int64 // renewals in the background
	Evictions int64 // entries that went because the cache was full

	Entries int   // held now, absences not counted
	Bytes   int64 // about how much memory they take
}

type memoCounts struct {
	hits                             tally.Counter
	absent, misses, stale, refreshes atomic.Int64
}

func (m *memo[K, V]) stats() CacheStats {
	s := CacheStats{
		Hits: m.counts.hits.Load(), Absent: m.counts.absent.Load(), Misses: m.counts.misses.Load(),
		Stale: m.counts.stale.Load(), Refreshes: m.counts.refreshes.Load(),
	}
	s.Entries, s.Bytes, s.Evictions = m.hits.size()
	return s
}

func (s CacheStats) plus(o CacheStats) CacheStats {
	return CacheStats{
		s.Hits + o.Hits, s.Absent + o.Absent, s.Misses + o.Misses, s.Stale + o.Stale, s.Refreshes + o.Refreshes, s.Evictions + o.Evictions,
		s.Entries + o.Entries, s.Bytes + o.Bytes,
	}
}

// requestCounts are the client's own counters.
type requestCounts struct{ requests, failures, refused atomic.Int64 }

// Stats returns the client's counters. They are read one after the other, while
// others may add to them.
func (c *Client) Stats() Stats {
	order, _ := c.endpoints.round(time.Now(), true)
	return Stats{
		SchemasByID: c.ids.stats(), SchemasByGUID: c.guids.stats(), Versions: c.versions.stats(),
		Latest: c.newest.memo.stats().plus(c.byMetadata.memo.stats()), Lookups: c.lookups.stats(), Registrations: c.registered.stats(),
		Requests: c.counts.requests.Load(), Failures: c.counts.failures.Load(), Refused: c.counts.refused.Load(), CircuitOpen: len(order) == 0,
	}
}
