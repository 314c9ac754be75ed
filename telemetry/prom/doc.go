// Package prom shows what consumers and registry clients do to Prometheus. Nothing but it
// links the Prometheus client.
//
//	reg := prometheus.NewRegistry()
//	reg.MustRegister(
//		prom.ConsumerCollector("billing", consumer.Stats),
//		prom.RegistryCollector("schemas", client.Stats),
//	)
//	http.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
//
// A collector asks for the figures when it is scraped, and keeps none. Each has the name
// that it was given in the label "client", which tells several of one program apart.
//
// # Metrics
//
// Of a consumer, each beginning with concord_consumer_:
//
//	records_handled_total, retries_total, dead_letters_total, records_skipped_total, records_reread_total,
//	rebalances_total, partitions_lost_total, pauses_total{reason}
//	partitions, records_in_hand, bytes_in_hand, partitions_paused{reason}
//
// Of a registry client, each beginning with concord_registry_:
//
//	requests_total, request_failures_total, calls_refused_total, circuit_open,
//	cache_hits_total{cache}, cache_misses_total{cache}, cache_absent_total{cache},
//	cache_stale_total{cache}, cache_evictions_total{cache}, cache_entries{cache}, cache_bytes{cache}
//
// Collectors are safe for concurrent use.
package prom
