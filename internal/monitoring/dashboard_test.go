//go:build cgo

package monitoring_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/concord-go/concord"
)

type dashboard struct {
	UID        string `json:"uid"`
	Templating struct {
		List []struct{ Name, Type string }
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ H, W, X, Y int }
		Targets []struct {
			Expr, LegendFormat string
			Datasource         struct{ UID string }
		}
	}
}

// Every query of the dashboard is evaluated on what a stack at work shows.
func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	text := must(os.ReadFile("../../monitoring/dashboard.json"))(t)
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	s, e := newStage(t), newEngine(t)
	handler := func(m *message) error {
		if m.Value.Number%5 == 0 {
			return concord.Permanent(errors.New("refused"))
		}
		return nil
	}
	s.handler.Store(&handler)
	if err := s.register(`{"type":"record","name":"R","fields":[]}`); err != nil {
		t.Fatal(err)
	}
	var families []*dto.MetricFamily
	for i := range 15 {
		s.work()
		_ = s.register(`{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`)
		if i == 10 {
			time.Sleep(1200 * time.Millisecond) // lag is looked up once a second
		}
		families = s.scrape()
		e.minute(families)
	}
	known := make(map[string]bool)
	for _, f := range families {
		known[f.GetName()] = true
		if f.GetType() == dto.MetricType_HISTOGRAM {
			known[f.GetName()+"_bucket"], known[f.GetName()+"_count"], known[f.GetName()+"_sum"] = true, true, true
		}
	}
	variable := strings.NewReplacer("$__rate_interval", "5m", "$client", ".*")
	label := regexp.MustCompile(`\{\{(\w+)\}\}`)
	used := make(map[string]bool)
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d %q: no title, or the id of another", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			expr := variable.Replace(target.Expr)
			parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
			if err != nil {
				t.Errorf("%s: %v", p.Title, err)
				continue
			}
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("%s: its data source is %q", p.Title, target.Datasource.UID)
			}
			parser.Inspect(parsed, func(n parser.Node, _ []parser.Node) error {
				if v, ok := n.(*parser.VectorSelector); ok {
					if used[v.Name] = true; !known[v.Name] {
						t.Errorf("%s: there is no metric %s", p.Title, v.Name)
					}
				}
				return nil
			})
			q := must(e.query.NewInstantQuery(context.Background(), e.db, nil, expr, e.now.Add(-time.Minute)))(t)
			result := q.Exec(context.Background())
			if result.Err != nil {
				t.Errorf("%s: %v", p.Title, result.Err)
				continue
			}
			vector := must(result.Vector())(t)
			if len(vector) == 0 && !strings.HasSuffix(expr, "> 0") {
				t.Errorf("%s: %s finds nothing", p.Title, expr)
			}
			for _, m := range label.FindAllStringSubmatch(target.LegendFormat, -1) {
				for _, sample := range vector {
					if sample.Metric.Get(m[1]) == "" && m[1] != "context" {
						t.Errorf("%s: a series without the label %s", p.Title, m[1])
					}
				}
			}
		}
	}
	// And the other way round: what is exported is shown, but for a few.
	for name := range known {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if !strings.HasPrefix(name, "concord_") || used[base] || used[base+"_bucket"] || used[base+"_count"] {
			continue
		}
		switch base {
		case "concord_registry_contexts", "concord_registry_subjects", "concord_registry_versions", "concord_registry_requests_in_flight",
			"concord_registry_client_cache_bytes", "concord_registry_client_cache_evictions_total", "concord_registry_client_cache_absent_total", "concord_registry_client_cache_stale_total":
		default:
			t.Errorf("%s is on no panel", name)
		}
	}
}
