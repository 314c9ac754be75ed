package prom_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/telemetry/prom"
)

// scrape is all that the collectors show, a line a metric.
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

func TestAConsumersFiguresAreShown(t *testing.T) {
	t.Parallel()
	stats := func() concord.ConsumerStats {
		return concord.ConsumerStats{
			Handled: 1, Retried: 2, DeadLetters: 3, Skipped: 4, Rebalances: 5, Lost: 6, Pauses: map[concord.PauseReason]uint64{concord.Outage: 7},
			Partitions: 8, InHand: 9, InHandSize: 10, Paused: map[concord.PauseReason]int{concord.QueueFull: 11},
		}
	}
	const want = `concord_consumer_bytes_in_hand client=a 10
concord_consumer_dead_letters_total client=a 3
concord_consumer_partitions client=a 8
concord_consumer_partitions_lost_total client=a 6
concord_consumer_partitions_paused client=a reason=dead letters unavailable 0
concord_consumer_partitions_paused client=a reason=outage 0
concord_consumer_partitions_paused client=a reason=queue full 11
concord_consumer_partitions_paused client=a reason=retry pause 0
concord_consumer_pauses_total client=a reason=dead letters unavailable 0
concord_consumer_pauses_total client=a reason=outage 7
concord_consumer_pauses_total client=a reason=queue full 0
concord_consumer_pauses_total client=a reason=retry pause 0
concord_consumer_rebalances_total client=a 5
concord_consumer_records_handled_total client=a 1
concord_consumer_records_in_hand client=a 9
concord_consumer_records_skipped_total client=a 4
concord_consumer_retries_total client=a 2
`
	if got := scrape(t, prom.ConsumerCollector("a", stats)); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestARegistryClientsFiguresAreShown(t *testing.T) {
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
		if !strings.Contains(got, "concord_registry_"+want) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(got, "\n"); n != 4+6*7 {
		t.Errorf("%d metrics:\n%s", n, got)
	}
}

// Several of one program are told apart.
func TestCollectorsOfSeveralClientsGoTogether(t *testing.T) {
	t.Parallel()
	stats := func() concord.ConsumerStats { return concord.ConsumerStats{} }
	if got := scrape(t, prom.ConsumerCollector("a", stats), prom.ConsumerCollector("b", stats)); strings.Count(got, "client=b") != strings.Count(got, "client=a") {
		t.Errorf("got\n%s", got)
	}
}
