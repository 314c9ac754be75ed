package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
)

// ProducerCollector is a collector of a producer's figures; stats is its method Stats.
func ProducerCollector(client string, stats func() concord.ProducerStats) prometheus.Collector {
	f := newFamily("concord_producer_", client)
	delivered := f.describe("messages_delivered_total", "Messages that were acknowledged.")
	failed := f.describe("messages_failed_total", "Messages that were queued, and given up.")
	waiting := f.describe("messages_waiting", "Messages without a result.")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		counter(to, delivered, s.Delivered)
		counter(to, failed, s.Failed)
		gauge(to, waiting, s.InFlight)
	}
	return f.collector
}
