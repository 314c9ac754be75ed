package prom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
)

// ProducerCollector returns a collector of a producer's metrics; stats is its method Stats.
func ProducerCollector(client string, stats func() concord.ProducerStats) prometheus.Collector {
	f := newFamily("concord_producer_", client)
	delivered := f.describe("messages_delivered_total", "Messages that were acknowledged.")
	failed := f.describe("messages_failed_total", "Messages that were queued and given up.")
	inFlight := f.describe("messages_in_flight", "Messages that are queued or sent, without a result yet.")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		counter(to, delivered, s.Delivered)
		counter(to, failed, s.Failed)
		gauge(to, inFlight, s.InFlight)
	}
	return f.collector
}
