// Package prom exports the metrics of consumers, producers and registry clients to Prometheus. No other
// package of concord links the Prometheus client.
//
//	reg := prometheus.NewRegistry()
//	reg.MustRegister(
//		prom.ConsumerCollector("billing", consumer.Stats),
//		prom.ReadinessCollector("billing", consumer.Ready),
//		prom.ProducerCollector("billing", producer.Stats),
//		prom.RegistryCollector("billing", client.Stats),
//	)
//	http.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
//
// A collector reads the figures at each scrape and keeps none. The name that it is given becomes the
// label "client", which tells several clients of one program apart. [ObserverMetrics] counts and
// measures single records; it needs [concord.WithObserver].
//
// # Metrics
//
// Of a consumer (concord_consumer_...):
//
//	records_handled_total, retries_total, records_delayed_total, dead_letters_total, records_skipped_total,
//	records_rewound_total, records_foreign_total, corrupt_batches_total, late_failures_total,
//	commit_failures_total, rebalances_total, partitions_lost_total, transactions_total{outcome}, pauses_total{reason},
//	partitions, partitions_paused{reason}, records_in_flight, bytes_in_flight, lag_records{topic,partition}, ready
//
// Of a producer (concord_producer_...):
//
//	messages_delivered_total, messages_failed_total, messages_in_flight
//
// Of a registry client (concord_registry_client_...):
//
//	requests_total, request_failures_total, calls_refused_total, circuit_open,
//	cache_hits_total{cache}, cache_misses_total{cache}, cache_absent_total{cache},
//	cache_stale_total{cache}, cache_evictions_total{cache}, cache_entries{cache}, cache_bytes{cache}
//
// Of [ObserverMetrics]:
//
//	concord_serde_duration_seconds{operation,outcome}, concord_records_by_schema_total{topic,role,schema},
//	concord_consumer_commits_total{outcome}
//
// The label reason has the words of [concord.PauseReason], such as "in flight full".
//
// Collectors are safe for concurrent use.
package prom
