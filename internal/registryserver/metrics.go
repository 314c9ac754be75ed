package registryserver

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/concord-go/concord/registry"
)

// maxContextLabels is how many contexts have series of their own.
const maxContextLabels = 100

type metrics struct {
	handler      http.Handler
	requests     *prometheus.CounterVec
	durations    *prometheus.HistogramVec
	inFlight     prometheus.Gauge
	incompatible *prometheus.CounterVec
}

func newMetrics(e *Engine) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "concord_registry_requests_total", Help: "Requests answered.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "concord_registry_request_duration_seconds", Help: "Time from a request's arrival to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.000_1, 3, 12), // 0.1 ms to 18 s
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "concord_registry_requests_in_flight", Help: "Requests being answered.",
		}),
		incompatible: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "concord_registry_incompatible_total", Help: "Schemas that were found incompatible with earlier versions.",
		}, []string{"operation", "type"}),
	}
	all := prometheus.NewRegistry() // this Engine's own: several may be in one process
	all.MustRegister(m.requests, m.durations, m.inFlight, m.incompatible, stateCollector{e})
	m.handler = promhttp.HandlerFor(all, promhttp.HandlerOpts{})
	return m
}

// observe answers a request through next, and counts it.
func (m *metrics) observe(w http.ResponseWriter, r *http.Request, route *route, next func(http.ResponseWriter)) {
	method, pattern := "other", "other"
	if route != nil {
		pattern = route.pattern
		if route.methods[r.Method] != nil {
			method = r.Method
		}
	}
	m.inFlight.Inc()
	defer m.inFlight.Dec()
	began, watched := time.Now(), &watchedWriter{ResponseWriter: w, status: http.StatusOK}
	next(watched)
	m.requests.WithLabelValues(method, pattern, strconv.Itoa(watched.status)).Inc()
	m.durations.WithLabelValues(method, pattern).Observe(time.Since(began).Seconds())
}

// refused counts a schema that did not go with earlier ones.
func (m *metrics) refused(operation string, t registry.SchemaType) {
	m.incompatible.WithLabelValues(operation, string(t)).Inc()
}

// watchedWriter notes the status of an answer.
type watchedWriter struct {
	http.ResponseWriter
	status int
}

func (w *watchedWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// stateCollector reads off the state when it is asked.
type stateCollector struct{ e *Engine }

var (
	contextsDesc = prometheus.NewDesc("concord_registry_contexts", "Schema contexts.", nil, nil)
	subjectsDesc = prometheus.NewDesc("concord_registry_subjects", "Subjects with a live version.", []string{"context"}, nil)
	versionsDesc = prometheus.NewDesc("concord_registry_versions", "Versions of all subjects.", []string{"context", "state"}, nil)
	schemasDesc  = prometheus.NewDesc("concord_registry_schemas", "Schema ids in use.", []string{"context"}, nil)
	smallestDesc = prometheus.NewDesc("concord_registry_schema_id_smallest", "The smallest schema id in use.", []string{"context"}, nil)
	largestDesc  = prometheus.NewDesc("concord_registry_schema_id_largest", "The largest schema id in use.", []string{"context"}, nil)
)

// Describe is prometheus.Collector's.
func (stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{contextsDesc, subjectsDesc, versionsDesc, schemasDesc, smallestDesc, largestDesc} {
		ch <- d
	}
}

// contextFigures are what there is to tell of a context.
type contextFigures struct {
	name                    string
	subjects, live, deleted int
	schemas                 int
	smallest, largest       int32
}

// Collect is prometheus.Collector's. The channel is not written to under the lock.
func (s stateCollector) Collect(ch chan<- prometheus.Metric) {
	contexts, all := s.e.figures()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(contextsDesc, float64(contexts))
	for _, f := range all {
		gauge(subjectsDesc, float64(f.subjects), f.name)
		gauge(versionsDesc, float64(f.live), f.name, "live")
		gauge(versionsDesc, float64(f.deleted), f.name, "deleted")
		gauge(schemasDesc, float64(f.schemas), f.name)
		if f.schemas > 0 {
			gauge(smallestDesc, float64(f.smallest), f.name)
			gauge(largestDesc, float64(f.largest), f.name)
		}
	}
}

func (e *Engine) figures() (contexts int, all []contextFigures) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := slices.Sorted(maps.Keys(e.state.contexts))
	for _, name := range names[:min(len(names), maxContextLabels)] {
		c := e.state.contexts[name]
		f := contextFigures{name: name, schemas: len(c.ids), smallest: math.MaxInt32}
		for _, sub := range c.subjects {
			if sub.live > 0 {
				f.subjects++
			}
			f.live += sub.live
			f.deleted += len(sub.versions) - sub.live
		}
		for id := range c.ids {
			f.smallest, f.largest = min(f.smallest, id), max(f.largest, id)
		}
		all = append(all, f)
	}
	return len(names), all
}
