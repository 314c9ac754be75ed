package prom

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

// maxSchemas bounds the series of records by schema: further schemas are counted as "other", so that
// records cannot create series without end.
const maxSchemas = 1000

// ObserverMetrics measures each record and commit. It is a [prometheus.Collector]; its method
// Observer returns the observer for [concord.WithObserver]. One may serve several clients.
type ObserverMetrics struct {
	durations *prometheus.HistogramVec
	schemas   *prometheus.CounterVec
	commits   *prometheus.CounterVec

	decoded, decodeFailed, encoded, encodeFailed prometheus.Observer

	mu   sync.RWMutex
	seen map[schemaKey]prometheus.Counter
}

type schemaKey struct {
	topic string
	role  serde.Role
	info  serde.Info
}

// NewObserverMetrics returns metrics with the label client.
func NewObserverMetrics(client string) *ObserverMetrics {
	labels := prometheus.Labels{"client": client}
	m := &ObserverMetrics{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "concord_serde_duration_seconds", Help: "Time to deserialize, or serialize, key and value of a record.", ConstLabels: labels,
			Buckets: prometheus.ExponentialBuckets(0.000_000_25, 4, 14), // 0.25 us to 17 s
		}, []string{"operation", "outcome"}),
		schemas: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "concord_records_by_schema_total", Help: "Keys and values read, by the ID or GUID of their writer schema.", ConstLabels: labels,
		}, []string{"topic", "role", "schema"}),
		commits: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "concord_consumer_commits_total", Help: "Commits of offsets.", ConstLabels: labels,
		}, []string{"outcome"}),
		seen: make(map[schemaKey]prometheus.Counter),
	}
	m.decoded, m.decodeFailed = m.durations.WithLabelValues("deserialize", "success"), m.durations.WithLabelValues("deserialize", "failure")
	m.encoded, m.encodeFailed = m.durations.WithLabelValues("serialize", "success"), m.durations.WithLabelValues("serialize", "failure")
	m.commits.WithLabelValues("success")
	m.commits.WithLabelValues("failure")
	return m
}

// Describe is for [prometheus.Collector].
func (m *ObserverMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{m.durations, m.schemas, m.commits} {
		c.Describe(to)
	}
}

// Collect is for [prometheus.Collector].
func (m *ObserverMetrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.durations, m.schemas, m.commits} {
		c.Collect(to)
	}
}

// Observer returns the observer for [concord.WithObserver].
func (m *ObserverMetrics) Observer() concord.Observer {
	observe := func(took time.Duration, err error, success, failure prometheus.Observer) {
		if err != nil {
			success = failure
		}
		success.Observe(took.Seconds())
	}
	return concord.Observer{
		OnDecoded: func(d concord.Decoded) {
			observe(d.Took, d.Err, m.decoded, m.decodeFailed)
			m.count(schemaKey{d.Topic, serde.Key, d.Key})
			m.count(schemaKey{d.Topic, serde.Value, d.Value})
		},
		OnEncoded: func(e concord.Encoded) { observe(e.Took, e.Err, m.encoded, m.encodeFailed) },
		OnCommitted: func(c concord.Committed) {
			outcome := "success"
			if c.Err != nil {
				outcome = "failure"
			}
			m.commits.WithLabelValues(outcome).Inc()
		},
	}
}

// count counts a key or value that has a schema.
func (m *ObserverMetrics) count(k schemaKey) {
	if k.info.SchemaID == 0 && k.info.GUID.IsZero() {
		return
	}
	m.mu.RLock()
	c := m.seen[k]
	m.mu.RUnlock()
	if c == nil {
		c = m.newSeries(k)
	}
	c.Inc()
}

func (m *ObserverMetrics) newSeries(k schemaKey) prometheus.Counter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) >= maxSchemas {
		return m.schemas.WithLabelValues("other", k.role.String(), "other")
	}
	schema := strconv.Itoa(int(k.info.SchemaID))
	if k.info.SchemaID == 0 {
		schema = k.info.GUID.String()
	}
	c := m.schemas.WithLabelValues(k.topic, k.role.String(), schema)
	m.seen[k] = c
	return c
}
