package prom

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
)

// collector makes metrics out of figures that it asks for.
type collector struct {
	descriptions []*prometheus.Desc
	collect      func(chan<- prometheus.Metric)
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descriptions {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) { c.collect(to) }

// family describes metrics, which all have the label "client".
type family struct {
	*collector
	prefix string
	client prometheus.Labels
}

func newFamily(prefix, client string) family {
	return family{&collector{}, prefix, prometheus.Labels{"client": client}}
}

func (f family) describe(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc(f.prefix+name, help, labels, f.client)
	f.descriptions = append(f.descriptions, d)
	return d
}

func counter[N uint64 | int64](to chan<- prometheus.Metric, d *prometheus.Desc, n N, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func gauge[N int | int64](to chan<- prometheus.Metric, d *prometheus.Desc, n N, labels ...string) {
	to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
}

// ConsumerCollector is a collector of a consumer's figures; stats is its method Stats.
func ConsumerCollector(client string, stats func() concord.ConsumerStats) prometheus.Collector {
	f := newFamily("concord_consumer_", client)
	handled := f.describe("records_handled_total", "Records whose handler returned nil.")
	retries := f.describe("retries_total", "Tries after the first, of reading and of handlers.")
	delayed := f.describe("records_delayed_total", "Records that were put into a retry topic.")
	transactions := f.describe("transactions_total", "Transactions of Transform.", "outcome")
	lag := f.describe("lag_records", "Records of a partition that are not handled yet.", "topic", "partition")
	dead := f.describe("dead_letters_total", "Records that became dead letters.")
	skipped := f.describe("records_skipped_total", "Records that the policy had skipped.")
	reread := f.describe("records_reread_total", "Records that librdkafka read twice, and that were left out the second time.")
	rebalances := f.describe("rebalances_total", "Assignments and revocations of partitions.")
	lost := f.describe("partitions_lost_total", "Partitions that were lost rather than revoked.")
	pauses := f.describe("pauses_total", "How often partitions were paused.", "reason")
	partitions := f.describe("partitions", "Partitions that are assigned.")
	inHand := f.describe("records_in_hand", "Records that are read and not handled yet.")
	bytes := f.describe("bytes_in_hand", "Bytes of keys and values of the records in hand.")
	paused := f.describe("partitions_paused", "Partitions that the reason keeps paused.", "reason")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		counter(to, handled, s.Handled)
		counter(to, retries, s.Retried)
		counter(to, delayed, s.Delayed)
		counter(to, transactions, s.Transactions, "committed")
		counter(to, transactions, s.Aborted, "aborted")
		for _, l := range s.Lag {
			gauge(to, lag, l.Records, l.Topic, strconv.Itoa(int(l.Partition)))
		}
		counter(to, dead, s.DeadLetters)
		counter(to, skipped, s.Skipped)
		counter(to, reread, s.Rewound)
		counter(to, rebalances, s.Rebalances)
		counter(to, lost, s.Lost)
		gauge(to, partitions, s.Partitions)
		gauge(to, inHand, s.InFlight)
		gauge(to, bytes, s.InFlightBytes)
		for _, r := range concord.PauseReasons() { // also those that are 0
			counter(to, pauses, s.Pauses[r], r.String())
			gauge(to, paused, s.Paused[r], r.String())
		}
	}
	return f.collector
}
