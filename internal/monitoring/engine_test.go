//go:build cgo

package monitoring_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"
)

func newReader(b []byte) io.Reader { return bytes.NewReader(b) }

const alertsFile = "../../monitoring/alerts.yml"

// engine is Prometheus without its scraping: its store, its query language and its rules.
type engine struct {
	t      *testing.T
	db     *tsdb.DB
	query  *promql.Engine
	groups map[string]*rules.Group
	now    time.Time
}

func newEngine(t *testing.T) *engine {
	e := &engine{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	e.db = must(tsdb.Open(t.TempDir(), nil, nil, tsdb.DefaultOptions(), nil))(t)
	t.Cleanup(func() { e.db.Close() })
	p := parser.NewParser(parser.Options{})
	e.query = promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, Parser: p})
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(e.query, e.db), AppendableV2: e.db, Queryable: e.db, Context: context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Logger: slog.New(slog.DiscardHandler), Parser: p,
	})
	var errs []error
	e.groups, errs = manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, alertsFile)
	for _, err := range errs {
		t.Fatal(err)
	}
	return e
}

// minute takes a scrape, lets the rules look at it, and lets a minute pass.
func (e *engine) minute(families []*dto.MetricFamily) {
	e.t.Helper()
	app := e.db.Appender(context.Background())
	add := func(name string, own []*dto.LabelPair, v float64, more ...string) {
		b := labels.NewBuilder(labels.FromStrings("__name__", name, "job", "test", "instance", "here"))
		for _, l := range own {
			b.Set(l.GetName(), l.GetValue())
		}
		for i := 0; i < len(more); i += 2 {
			b.Set(more[i], more[i+1])
		}
		if _, err := app.Append(0, b.Labels(), e.now.UnixMilli(), v); err != nil {
			e.t.Fatalf("%s: %v", name, err)
		}
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch {
			case m.GetHistogram() != nil:
				h := m.GetHistogram()
				infinite := false
				for _, b := range h.GetBucket() {
					infinite = infinite || math.IsInf(b.GetUpperBound(), 1)
					add(f.GetName()+"_bucket", m.GetLabel(), float64(b.GetCumulativeCount()), "le", strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64))
				}
				if !infinite {
					add(f.GetName()+"_bucket", m.GetLabel(), float64(h.GetSampleCount()), "le", "+Inf")
				}
				add(f.GetName()+"_sum", m.GetLabel(), h.GetSampleSum())
				add(f.GetName()+"_count", m.GetLabel(), float64(h.GetSampleCount()))
			case m.GetCounter() != nil:
				add(f.GetName(), m.GetLabel(), m.GetCounter().GetValue())
			default:
				add(f.GetName(), m.GetLabel(), m.GetGauge().GetValue()+m.GetUntyped().GetValue())
			}
		}
	}
	if err := app.Commit(); err != nil {
		e.t.Fatal(err)
	}
	for _, g := range e.groups {
		g.Eval(context.Background(), e.now)
		for _, r := range g.Rules() {
			if r.LastError() != nil {
				e.t.Fatalf("%s: %v", r.Name(), r.LastError())
			}
		}
	}
	e.now = e.now.Add(time.Minute)
}

// firing are the names of the alerts that fire.
func (e *engine) firing() (names []string) {
	for _, g := range e.groups {
		for _, r := range g.AlertingRules() {
			if r.State() == rules.StateFiring {
				names = append(names, r.Name())
			}
		}
	}
	slices.Sort(names)
	return names
}

// alerts are the names of all.
func (e *engine) alerts() (names []string) {
	for _, g := range e.groups {
		for _, r := range g.AlertingRules() {
			names = append(names, r.Name())
		}
	}
	slices.Sort(names)
	return names
}
