package prom

import "github.com/prometheus/client_golang/prometheus"

// collector reads figures at each scrape and turns them into metrics.
type collector struct {
	descriptions []*prometheus.Desc
	collect      func(chan<- prometheus.Metric)
}

// Describe is for [prometheus.Collector].
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descriptions {
		to <- d
	}
}

// Collect is for [prometheus.Collector].
func (c *collector) Collect(to chan<- prometheus.Metric) { c.collect(to) }

// family describes metrics with a common prefix, which all have the label "client".
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

// flag is a gauge of 1 or 0.
func flag(to chan<- prometheus.Metric, d *prometheus.Desc, is bool) {
	n := 0
	if is {
		n = 1
	}
	gauge(to, d, n)
}
