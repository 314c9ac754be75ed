package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord/registry"
)

// RegistryCollector returns a collector of a registry client's metrics; stats is its method Stats.
func RegistryCollector(client string, stats func() registry.Stats) prometheus.Collector {
	f := newFamily("concord_registry_client_", client)
	requests := f.describe("requests_total", "HTTP requests sent.")
	failures := f.describe("request_failures_total", "HTTP requests that did not succeed.")
	refused := f.describe("calls_refused_total", "Calls refused at once while the circuit was open.")
	open := f.describe("circuit_open", "1 while calls are refused at once.")
	hits := f.describe("cache_hits_total", "Calls answered from the cache.", "cache")
	misses := f.describe("cache_misses_total", "Calls that needed the registry.", "cache")
	absent := f.describe("cache_absent_total", "Calls answered from the cache: the registry has no such schema.", "cache")
	stale := f.describe("cache_stale_total", "Calls answered with an entry older than its TTL, as the registry was unavailable.", "cache")
	evictions := f.describe("cache_evictions_total", "Entries removed because the cache was full.", "cache")
	entries := f.describe("cache_entries", "Entries in the cache.", "cache")
	bytes := f.describe("cache_bytes", "Approximate memory of the entries.", "cache")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		counter(to, requests, s.Requests)
		counter(to, failures, s.Failures)
		counter(to, refused, s.Refused)
		flag(to, open, s.CircuitOpen)
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
