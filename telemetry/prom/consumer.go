package prom

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
)

// ConsumerCollector returns a collector of a consumer's metrics; stats is its method Stats.
func ConsumerCollector(client string, stats func() concord.ConsumerStats) prometheus.Collector {
	f := newFamily("concord_consumer_", client)
	counters := consumerCounters(f)
	transactions := f.describe("transactions_total", "Transactions of Transform.", "outcome")
	pauses := f.describe("pauses_total", "How often partitions were paused.", "reason")
	partitions := f.describe("partitions", "Partitions that are assigned.")
	paused := f.describe("partitions_paused", "Partitions that are paused for the reason. A partition may have several reasons.", "reason")
	records := f.describe("records_in_flight", "Records that were read and are not done yet.")
	bytes := f.describe("bytes_in_flight", "Bytes of keys, values and headers of the records in flight.")
	lag := f.describe("lag_records", "Records of a partition that are not done yet.", "topic", "partition")
	f.collect = func(to chan<- prometheus.Metric) {
		s := stats()
		for _, c := range counters {
			counter(to, c.desc, c.of(&s))
		}
		counter(to, transactions, s.Transactions, "committed")
		counter(to, transactions, s.Aborted, "aborted")
		for _, r := range concord.PauseReasons() { // reasons at 0 too: rate() needs the first sample
			counter(to, pauses, s.Pauses[r], r.String())
			gauge(to, paused, s.Paused[r], r.String())
		}
		gauge(to, partitions, s.Partitions)
		gauge(to, records, s.InFlight)
		gauge(to, bytes, s.InFlightBytes)
		for _, l := range s.Lag {
			gauge(to, lag, l.Records, l.Topic, strconv.Itoa(int(l.Partition)))
		}
	}
	return f.collector
}

// consumerCounter is a counter without further labels.
type consumerCounter struct {
	desc *prometheus.Desc
	of   func(*concord.ConsumerStats) uint64
}

func consumerCounters(f family) []consumerCounter {
	return []consumerCounter{
		{f.describe("records_handled_total", "Records whose handler returned nil."),
			func(s *concord.ConsumerStats) uint64 { return s.Handled }},
		{f.describe("retries_total", "Attempts after the first, at reading records and at handling them."),
			func(s *concord.ConsumerStats) uint64 { return s.Retried }},
		{f.describe("records_delayed_total", "Records that were published to a retry topic."),
			func(s *concord.ConsumerStats) uint64 { return s.Delayed }},
		{f.describe("dead_letters_total", "Records that were dead-lettered."),
			func(s *concord.ConsumerStats) uint64 { return s.DeadLetters }},
		{f.describe("records_skipped_total", "Records that the policy or an interceptor skipped."),
			func(s *concord.ConsumerStats) uint64 { return s.Skipped }},
		{f.describe("records_rewound_total", "Records that the client read twice by itself, dropped the second time."),
			func(s *concord.ConsumerStats) uint64 { return s.Rewound }},
		{f.describe("records_foreign_total", "Records of other groups in shared retry topics, passed over."),
			func(s *concord.ConsumerStats) uint64 { return s.Foreign }},
		{f.describe("corrupt_batches_total", "Batches that could not be read. Each ended its run."),
			func(s *concord.ConsumerStats) uint64 { return s.Corrupt }},
		{f.describe("late_failures_total", "Handlers that failed or panicked after their run had ended."),
			func(s *concord.ConsumerStats) uint64 { return s.Late }},
		{f.describe("commit_failures_total", "Commits of offsets that failed. They are retried while the partition is assigned."),
			func(s *concord.ConsumerStats) uint64 { return s.CommitFailures }},
		{f.describe("rebalances_total", "Assignments and revocations of partitions."),
			func(s *concord.ConsumerStats) uint64 { return s.Rebalances }},
		{f.describe("partitions_lost_total", "Partitions that were lost rather than revoked."),
			func(s *concord.ConsumerStats) uint64 { return s.Lost }},
	}
}

// ReadinessCollector returns a collector of whether a consumer is ready; ready is its method Ready.
func ReadinessCollector(client string, ready func() error) prometheus.Collector {
	f := newFamily("concord_consumer_", client)
	isReady := f.describe("ready", "1 while the consumer runs, reaches a broker and has its assignment.")
	f.collect = func(to chan<- prometheus.Metric) { flag(to, isReady, ready() == nil) }
	return f.collector
}
