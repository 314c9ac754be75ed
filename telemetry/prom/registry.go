package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord/registry"
)

// RegistryCollector is a collector of a registry client's figures; stats is its method
// Stats.
func RegistryCollector(client string, stats func() registry.Stats) prometheus.Collector {
	f := newFamily("concord_registry_client_", client)
	requests := f.describe("requests_total", "HTTP requests sent.")
	failures := f.describe("request_failures_total", "HTTP requests that brought no success.")
	refused := f.describe("calls_refused_total", "Calls refused at once while the circuit was open.")
	open := f.describe("circuit_open", "1 while calls are refused at once.")
	hits := f.describe("cache_hits_total", "Questions answered with what was kept.", "cache")
	misses := f.describe("cache_misses_total", "Questions asked of the registry.", "cache")
	absent := f.describe("cache_absent_total", "Questions answered with a kept absence.", "cache")
	stale := f.describe("cache_stale_total", "Questions answered with what was older than its TTL, for the registry gave no answer.", "cache")
	evictions := f.describe("cache_evictions_total", "Entries that went because the cache was full.", "cache")
	entries := f.describe("cache_entries", "Entries held.", "cache")
	bytes := f.describe("cache_bytes", "About how much memory the entries take.", "cache")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		counter(to, requests, s.Requests)
		counter(to, failures, s.Failures)
		counter(to, refused, s.Refused)
		isOpen := 0
		if s.CircuitOpen {
			isOpen = 1
		}
		gauge(to, open, isOpen)
		for _, c := range []struct {
			name  string
			stats registry.CacheStats
		}{
			{"schemas_by_id", s.SchemasByID}, {"schemas_by_guid", s.SchemasByGUID}, {"versions", s.Versions},
			{"latest", s.Latest}, {"lookups", s.Lookups}, {"registrations", s.Registrations},
		} {
			counter(to, hits, c.stats.Hits, c.name)
			counter(to, misses, c.stats.Misses, c.name)
			counter(to, absent, c.stats.Absent, c.name)
			counter(to, stale, c.stats.Stale, c.name)
			counter(to, evictions, c.stats.Evictions, c.name)
			gauge(to, entries, c.stats.Entries, c.name)
			gauge(to, bytes, c.stats.Bytes, c.name)
		}
	}
	return f.collector
}
