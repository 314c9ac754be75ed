package prom_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/telemetry/prom"
)

// scrape returns what the collectors export, one metric a line.
func scrape(t *testing.T, collectors ...prometheus.Collector) string {
	t.Helper()
	reg := prometheus.NewPedanticRegistry() // it checks that what is shown was described
	for _, c := range collectors {
		if err := reg.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		if f.GetHelp() == "" || strings.HasSuffix(f.GetName(), "_total") != (f.GetType().String() == "COUNTER") {
			t.Errorf("%s: %s, %q", f.GetName(), f.GetType(), f.GetHelp())
		}
		for _, m := range f.GetMetric() {
			b.WriteString(f.GetName())
			for _, l := range m.GetLabel() {
				fmt.Fprintf(&b, " %s=%s", l.GetName(), l.GetValue())
			}
			fmt.Fprintf(&b, " %v\n", m.GetCounter().GetValue()+m.GetGauge().GetValue())
		}
	}
	return b.String()
}

func TestConsumerMetricsShowEveryFigure(t *testing.T) {
	t.Parallel()
	stats := func() concord.ConsumerStats {
		return concord.ConsumerStats{
			Handled: 1, Retried: 2, DeadLetters: 3, Skipped: 4, Rebalances: 5, Lost: 6, Pauses: map[concord.PauseReason]uint64{concord.Outage: 7},
			Partitions: 8, InFlight: 9, InFlightBytes: 10, Paused: map[concord.PauseReason]int{concord.InFlightFull: 11},
			Delayed: 12, Transactions: 13, Aborted: 14, Lag: []concord.PartitionLag{{Topic: "t", Partition: 3, Records: 15}},
			Rewound: 16, Foreign: 17, Corrupt: 18, Late: 19, CommitFailures: 20,
		}
	}
	const want = `concord_consumer_bytes_in_flight client=a 10
concord_consumer_commit_failures_total client=a 20
concord_consumer_corrupt_batches_total client=a 18
concord_consumer_dead_letters_total client=a 3
concord_consumer_lag_records client=a partition=3 topic=t 15
concord_consumer_late_failures_total client=a 19
concord_consumer_partitions client=a 8
concord_consumer_partitions_lost_total client=a 6
concord_consumer_partitions_paused client=a reason=dead letters unavailable 0
concord_consumer_partitions_paused client=a reason=earlier handler 0
concord_consumer_partitions_paused client=a reason=in flight full 11
concord_consumer_partitions_paused client=a reason=not yet due 0
concord_consumer_partitions_paused client=a reason=outage 0
concord_consumer_partitions_paused client=a reason=retry pause 0
concord_consumer_partitions_paused client=a reason=retry topics unavailable 0
concord_consumer_partitions_paused client=a reason=too many dead letters 0
concord_consumer_pauses_total client=a reason=dead letters unavailable 0
concord_consumer_pauses_total client=a reason=earlier handler 0
concord_consumer_pauses_total client=a reason=in flight full 0
concord_consumer_pauses_total client=a reason=not yet due 0
concord_consumer_pauses_total client=a reason=outage 7
concord_consumer_pauses_total client=a reason=retry pause 0
concord_consumer_pauses_total client=a reason=retry topics unavailable 0
concord_consumer_pauses_total client=a reason=too many dead letters 0
concord_consumer_rebalances_total client=a 5
concord_consumer_records_delayed_total client=a 12
concord_consumer_records_foreign_total client=a 17
concord_consumer_records_handled_total client=a 1
concord_consumer_records_in_flight client=a 9
concord_consumer_records_rewound_total client=a 16
concord_consumer_records_skipped_total client=a 4
concord_consumer_retries_total client=a 2
concord_consumer_transactions_total client=a outcome=aborted 14
concord_consumer_transactions_total client=a outcome=committed 13
`
	if got := scrape(t, prom.ConsumerCollector("a", stats)); got != want {
		t.Errorf("got\n%s", got)
	}
	// A new field of the statistics must become a metric.
	if n := reflect.TypeFor[concord.ConsumerStats]().NumField(); n != 20 {
		t.Errorf("ConsumerStats has %d fields: is each a metric?", n)
	}
}

func TestReadinessIsShownAsOneOrZero(t *testing.T) {
	t.Parallel()
	var err error
	c := prom.ReadinessCollector("a", func() error { return err })
	if got := scrape(t, c); got != "concord_consumer_ready client=a 1\n" {
		t.Errorf("ready: %q", got)
	}
	err = errors.New("no broker")
	if got := scrape(t, c); got != "concord_consumer_ready client=a 0\n" {
		t.Errorf("not ready: %q", got)
	}
}

// Every metric is named in the package's documentation, as it is exported.
func TestTheDocumentationNamesEveryMetric(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	observed := prom.NewObserverMetrics("a")
	observed.Observer().OnEncoded(concord.Encoded{})
	observed.Observer().OnDecoded(concord.Decoded{Topic: "t", Value: serde.Info{SchemaID: 1}})
	lag := concord.ConsumerStats{Lag: []concord.PartitionLag{{}}}
	text := scrape(t, observed,
		prom.ConsumerCollector("a", func() concord.ConsumerStats { return lag }), prom.ReadinessCollector("a", func() error { return nil }),
		prom.ProducerCollector("a", func() concord.ProducerStats { return concord.ProducerStats{} }), prom.RegistryCollector("a", func() registry.Stats { return registry.Stats{} }))
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(line, " ")
		short := name
		for _, prefix := range []string{"concord_consumer_", "concord_producer_", "concord_registry_client_"} {
			short = strings.TrimPrefix(short, prefix)
		}
		if !regexp.MustCompile(`\b(` + name + `|` + short + `)\b`).Match(doc) {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}

func TestRegistryMetricsShowEveryFigure(t *testing.T) {
	t.Parallel()
	stats := func() registry.Stats {
		return registry.Stats{
			SchemasByID: registry.CacheStats{Hits: 1, Absent: 2, Misses: 3, Stale: 4, Evictions: 5, Entries: 6, Bytes: 7},
			Requests:    8, Failures: 9, Refused: 10, CircuitOpen: true,
		}
	}
	got := scrape(t, prom.RegistryCollector("a", stats))
	for _, want := range []string{
		"cache_hits_total cache=schemas_by_id client=a 1\n", "cache_absent_total cache=schemas_by_id client=a 2\n", "cache_misses_total cache=schemas_by_id client=a 3\n",
		"cache_stale_total cache=schemas_by_id client=a 4\n", "cache_evictions_total cache=schemas_by_id client=a 5\n", "cache_entries cache=schemas_by_id client=a 6\n",
		"cache_bytes cache=schemas_by_id client=a 7\n", "requests_total client=a 8\n", "request_failures_total client=a 9\n", "calls_refused_total client=a 10\n", "circuit_open client=a 1\n",
		"cache_hits_total cache=registrations client=a 0\n",
	} {
		if !strings.Contains(got, "concord_registry_client_"+want) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(got, "\n"); n != 4+6*7 {
		t.Errorf("%d metrics:\n%s", n, got)
	}
}

func TestProducerMetricsShowEveryFigure(t *testing.T) {
	t.Parallel()
	const want = `concord_producer_messages_delivered_total client=a 1
concord_producer_messages_failed_total client=a 2
concord_producer_messages_in_flight client=a 3
`
	if got := scrape(t, prom.ProducerCollector("a", func() concord.ProducerStats { return concord.ProducerStats{Delivered: 1, Failed: 2, InFlight: 3} })); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestObservedRecordsAndCommitsAreCounted(t *testing.T) {
	t.Parallel()
	m := prom.NewObserverMetrics("a")
	o := m.Observer()
	failed := errors.New("failed")
	for id := range 1100 {
		o.OnDecoded(concord.Decoded{Topic: "t", Value: serde.Info{SchemaID: registry.SchemaID(id)}, Took: time.Millisecond})
	}
	o.OnDecoded(concord.Decoded{Topic: "t", Value: serde.Info{SchemaID: 1}, Took: time.Millisecond, Err: failed})
	o.OnEncoded(concord.Encoded{Topic: "t", Took: time.Millisecond})
	o.OnEncoded(concord.Encoded{Topic: "t", Took: time.Millisecond, Err: failed})
	o.OnCommitted(concord.Committed{})
	o.OnCommitted(concord.Committed{Err: failed})
	got := scrape(t, m)
	for _, want := range []string{
		"concord_records_by_schema_total client=a role=value schema=1 topic=t 2\n", "concord_records_by_schema_total client=a role=value schema=1000 topic=t 1\n",
		"concord_records_by_schema_total client=a role=value schema=other topic=other 99\n",
		"concord_consumer_commits_total client=a outcome=failure 1\n", "concord_consumer_commits_total client=a outcome=success 1\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(got, "schema=0 ") {
		t.Error("data without a schema is counted under schema 0")
	}
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(m)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	samples := make(map[string]uint64)
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			if h := metric.GetHistogram(); h != nil {
				samples[fmt.Sprint(metric.GetLabel()[1].GetValue(), " ", metric.GetLabel()[2].GetValue())] = h.GetSampleCount()
			}
		}
	}
	if want := map[string]uint64{"deserialize success": 1100, "deserialize failure": 1, "serialize success": 1, "serialize failure": 1}; !maps.Equal(samples, want) {
		t.Errorf("durations %v, want %v", samples, want)
	}
}

// The label client tells several clients of one program apart.
func TestCollectorsOfSeveralClientsCanBeRegisteredTogether(t *testing.T) {
	t.Parallel()
	stats := func() concord.ConsumerStats { return concord.ConsumerStats{} }
	if got := scrape(t, prom.ConsumerCollector("a", stats), prom.ConsumerCollector("b", stats)); strings.Count(got, "client=b") != strings.Count(got, "client=a") {
		t.Errorf("got\n%s", got)
	}
}
