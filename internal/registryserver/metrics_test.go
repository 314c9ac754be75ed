package registryserver_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/registryserver"
)

// scrape returns the samples whose name begins with the prefix, without durations.
func scrape(t *testing.T, e *registryserver.Engine) map[string]string {
	t.Helper()
	status, text := do(e, "GET", "/metrics", "")
	if status != 200 {
		t.Fatalf("GET /metrics: %d", status)
	}
	samples := make(map[string]string)
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if i := strings.LastIndexByte(strings.TrimSpace(line), ' '); i > 0 {
			name, value = strings.TrimSpace(line)[:i], strings.TrimSpace(line)[i+1:]
		}
		if ok && !strings.HasPrefix(name, "#") && !strings.Contains(name, "_duration_seconds") {
			samples[name] = value
		}
	}
	return samples
}

func TestMetricsTellWhatAlertsLookAt(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	register := func(subject, text string, want int) {
		t.Helper()
		if status, body := do(e, "POST", "/subjects/"+subject+"/versions", fmt.Sprintf(`{"schema":%q}`, text)); status != want {
			t.Fatalf("%s: %d %s, want %d", subject, status, body, want)
		}
	}
	register("a", `"int"`, 200)
	register("a", `"long"`, 200)
	register("b", `"string"`, 200)
	register("a", `"string"`, 409)
	register("%3A.staging%3Aa", `"int"`, 200)
	do(e, "POST", "/compatibility/subjects/a/versions/latest", `{"schema":"\"string\""}`)
	// A gap: id 2 goes.
	do(e, "DELETE", "/subjects/a/versions/2", "")
	do(e, "DELETE", "/subjects/a/versions/2?permanent=true", "")
	do(e, "DELETE", "/subjects/b/versions/1", "")
	do(e, "GET", "/nowhere/CANARY", "")
	do(e, "GET", "/subjects/CANARY/versions", "")
	do(e, "BREW", "/subjects", "")

	got := scrape(t, e)
	want := map[string]string{
		`concord_registry_contexts`:                                                                                                "2",
		`concord_registry_subjects{context="."}`:                                                                                   "1",
		`concord_registry_subjects{context=".staging"}`:                                                                            "1",
		`concord_registry_versions{context=".",state="live"}`:                                                                      "1",
		`concord_registry_versions{context=".",state="deleted"}`:                                                                   "1",
		`concord_registry_versions{context=".staging",state="live"}`:                                                               "1",
		`concord_registry_versions{context=".staging",state="deleted"}`:                                                            "0",
		`concord_registry_schemas{context="."}`:                                                                                    "2",
		`concord_registry_schemas{context=".staging"}`:                                                                             "1",
		`concord_registry_schema_id_smallest{context="."}`:                                                                         "1",
		`concord_registry_schema_id_smallest{context=".staging"}`:                                                                  "1",
		`concord_registry_schema_id_largest{context="."}`:                                                                          "3",
		`concord_registry_schema_id_largest{context=".staging"}`:                                                                   "1",
		`concord_registry_incompatible_total{operation="register",type="AVRO"}`:                                                    "1",
		`concord_registry_incompatible_total{operation="test",type="AVRO"}`:                                                        "1",
		`concord_registry_requests_in_flight`:                                                                                      "0",
		`concord_registry_requests_total{method="POST",route="/subjects/{subject}/versions",status="200"}`:                         "4",
		`concord_registry_requests_total{method="POST",route="/subjects/{subject}/versions",status="409"}`:                         "1",
		`concord_registry_requests_total{method="POST",route="/compatibility/subjects/{subject}/versions/{version}",status="200"}`: "1",
		`concord_registry_requests_total{method="DELETE",route="/subjects/{subject}/versions/{version}",status="200"}`:             "3",
		`concord_registry_requests_total{method="GET",route="/subjects/{subject}/versions",status="404"}`:                          "1",
		`concord_registry_requests_total{method="other",route="other",status="404"}`:                                               "1",
		`concord_registry_requests_total{method="other",route="/subjects",status="405"}`:                                           "1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	_, text := do(e, "GET", "/metrics", "")
	if !strings.Contains(text, `concord_registry_request_duration_seconds_count{method="POST",route="/subjects/{subject}/versions"} 5`) {
		t.Error("the registrations are not among the durations")
	}
	if strings.Contains(text, "CANARY") {
		t.Error("what a client sent is in a label")
	}
}

func TestTheSmallestIDMayBeZero(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	mustDo(t, e, "PUT", "/mode", `{"mode":"IMPORT"}`)
	for id := range 20 {
		mustDo(t, e, "POST", fmt.Sprintf("/subjects/s%d/versions", id), fmt.Sprintf(`{"schema":"{\"type\":\"fixed\",\"name\":\"F\",\"size\":%d}","id":%d,"version":1}`, id+1, id))
	}
	got := scrape(t, e)
	if smallest, largest := got[`concord_registry_schema_id_smallest{context="."}`], got[`concord_registry_schema_id_largest{context="."}`]; smallest != "0" || largest != "19" {
		t.Errorf("ids from %s to %s, want 0 to 19", smallest, largest)
	}
}

func TestContextsDoNotFloodTheMetrics(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	for i := range 150 {
		do(e, "POST", fmt.Sprintf("/subjects/%%3A.c%d%%3Aa/versions", i), `{"schema":"\"int\""}`)
	}
	got := scrape(t, e)
	series := 0
	for name := range maps.Keys(got) {
		if regexp.MustCompile(`^concord_registry_schemas\{`).MatchString(name) {
			series++
		}
	}
	if series != 100 || got["concord_registry_contexts"] != "150" {
		t.Errorf("%d series of %s contexts, want 100 of 150: %q", series, got["concord_registry_contexts"], slices.Sorted(maps.Keys(got))[:3])
	}
}
