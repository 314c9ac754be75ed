package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/registry"
)

// counting answers each request by the rules and counts them by method and path.
type counting struct {
	mu    sync.Mutex
	asked map[string]int
	rules map[string]string // method and path -> answer; "!" before it: 404
}

func (s *counting) option() registry.ClientOption {
	return over(func(r *http.Request) (*http.Response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		key := r.Method + " " + r.URL.Path
		if s.asked == nil {
			s.asked = make(map[string]int)
		}
		s.asked[key]++
		body := s.rules[key]
		if missing, ok := strings.CutPrefix(body, "!"); ok {
			return reply(404, `{"error_code":`+missing+`,"message":"no"}`), nil
		}
		return reply(200, body), nil
	})
}

func (s *counting) want(t *testing.T, what, key string, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[key] != n {
		t.Errorf("%s: %d requests %s, want %d", what, s.asked[key], key, n)
	}
}

func TestAThousandQuestionsForAnUnknownSchemaAreOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		guid := registry.GUID{1}
		s := &counting{rules: map[string]string{
			"GET /schemas/ids/7": "!40403", "GET /schemas/guids/" + guid.String(): "!40403",
			"GET /subjects/s/versions/2": "!40402", "GET /subjects/s/versions/latest": "!40401", "POST /subjects/s": "!40403",
		}}
		c := newClient(t, s.option())
		ctx := t.Context()
		all := func() {
			t.Helper()
			for _, call := range []func() error{
				func() error { _, err := c.SchemaByID(ctx, 7); return err },
				func() error { _, err := c.SchemaByGUID(ctx, guid); return err },
				func() error { _, err := c.Version(ctx, "s", 2); return err },
				func() error { _, err := c.Version(ctx, "s", registry.LatestVersion); return err },
				func() error { _, err := c.Lookup(ctx, "s", registry.Schema{}); return err },
			} {
				if err := call(); err == nil || registry.IsRetryable(err) {
					t.Fatalf("%v, want a definite absence", err)
				}
			}
		}
		for range 1000 {
			all()
		}
		for key := range s.rules {
			s.want(t, "1,000 times within the TTL", key, 1)
		}
		time.Sleep(10*time.Second - 1)
		all()
		s.want(t, "just before the TTL ends", "GET /schemas/ids/7", 1)
		time.Sleep(time.Nanosecond)
		all()
		for key := range s.rules {
			s.want(t, "after the TTL", key, 2)
		}
	})
}

func TestOnlyDefiniteAbsencesAreRemembered(t *testing.T) {
	t.Parallel()
	for _, resp := range []struct {
		status int
		body   string
	}{{503, ""}, {401, ""}, {404, ""}, {404, `{"error_code":404,"message":""}`}, {503, `{"error_code":40403,"message":""}`}, {200, "<html>"}, {0, ""}} {
		n := 0
		c := newClient(t, registry.WithRetries(0), over(func(*http.Request) (*http.Response, error) {
			n++
			if resp.status == 0 {
				return nil, errors.New("connection refused")
			}
			return reply(resp.status, resp.body), nil
		}))
		for range 3 {
			if _, err := c.SchemaByID(t.Context(), 7); err == nil {
				t.Errorf("%v gave a schema", resp)
			}
		}
		if n != 3 {
			t.Errorf("%v: asked %d times, want 3: it is no definite absence", resp, n)
		}
	}
}

const versionBody = `{"subject":"s","version":1,"id":7,"schema":"x"}`

func TestLatestIsKeptForItsTTLAndTheRestUntilEvicted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &counting{rules: map[string]string{
			"GET /subjects/s/versions/latest": versionBody, "GET /subjects/s/versions/1": versionBody,
			"POST /subjects/s": versionBody, "POST /subjects/s/versions": versionBody, "GET /schemas/ids/7": idBody,
		}}
		c := newClient(t, s.option(), registry.WithLatestTTL(time.Minute))
		ctx := t.Context()
		all := func() {
			t.Helper()
			_, e1 := c.Version(ctx, "s", registry.LatestVersion)
			_, e2 := c.Version(ctx, "s", 1)
			_, e3 := c.Lookup(ctx, "s", registry.Schema{Text: "x"})
			_, e4 := c.Register(ctx, "s", registry.Schema{Text: "x", Type: registry.Avro})
			_, e5 := c.SchemaByID(ctx, 7)
			if err := errors.Join(e1, e2, e3, e4, e5); err != nil {
				t.Fatal(err)
			}
		}
		all() // its registration drops latest
		all()
		all()
		s.want(t, "within the TTL", "GET /subjects/s/versions/latest", 2)
		time.Sleep(time.Hour)
		all()
		s.want(t, "after the TTL", "GET /subjects/s/versions/latest", 3)
		for _, key := range []string{"GET /subjects/s/versions/1", "POST /subjects/s", "POST /subjects/s/versions"} {
			s.want(t, "an hour later", key, 1)
		}
		s.want(t, "a version's answer tells the schema of its id", "GET /schemas/ids/7", 0)
		// What differs is another question.
		_, _ = c.Lookup(ctx, "s", registry.Schema{Text: "x"}, registry.Normalize())
		_, _ = c.Lookup(ctx, "s", registry.Schema{Text: "x", Type: registry.JSON})
		_, _ = c.Lookup(ctx, "s", registry.Schema{Text: "x", Metadata: &registry.Metadata{Sensitive: []string{"p"}}})
		_, _ = c.Lookup(ctx, "s", registry.Schema{Text: "x", References: []registry.Reference{{Name: "n", Subject: "s", Version: 1}}})
		s.want(t, "four other schemas", "POST /subjects/s", 5)

		c = newClient(t, s.option(), registry.WithLatestTTL(0), registry.WithMissingTTL(0))
		_, _ = c.Version(ctx, "s", registry.LatestVersion)
		_, _ = c.Version(ctx, "s", registry.LatestVersion)
		s.want(t, "without a TTL", "GET /subjects/s/versions/latest", 5)
	})
}

func TestRegisteringAndDeletingInvalidate(t *testing.T) {
	t.Parallel()
	s := &counting{rules: map[string]string{
		"GET /subjects/s/versions/latest": "!40401", "GET /schemas/ids/7": "!40403", "GET /subjects/s/versions/1": "!40401",
		"POST /subjects/s": "!40401", "POST /subjects/s/versions": versionBody, "DELETE /subjects/s": `[1]`,
	}}
	c := newClient(t, s.option())
	ctx, x := t.Context(), registry.Schema{Text: "x"}
	ask := func() (errs []error) {
		_, e1 := c.Version(ctx, "s", registry.LatestVersion)
		_, e2 := c.Version(ctx, "s", 1)
		_, e3 := c.Lookup(ctx, "s", x)
		_, e4 := c.SchemaByID(ctx, 7)
		return []error{e1, e2, e3, e4}
	}
	for i, err := range ask() {
		if err == nil {
			t.Fatalf("question %d has an answer before the registration", i)
		}
	}
	if _, err := c.Register(ctx, "s", x); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"GET /subjects/s/versions/latest", "GET /subjects/s/versions/1", "POST /subjects/s"} {
		s.rules[key] = versionBody
	}
	s.rules["GET /schemas/ids/7"] = idBody
	for i, err := range ask() {
		if err != nil {
			t.Errorf("question %d after the registration: %v", i, err)
		}
	}
	if _, err := c.DeleteSubject(ctx, "s"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"GET /subjects/s/versions/latest", "GET /subjects/s/versions/1", "POST /subjects/s"} {
		s.rules[key] = "!40401"
	}
	for i, err := range ask() {
		if (err == nil) != (i == 3) {
			t.Errorf("question %d after the deletion: %v; only the id stays known", i, err)
		}
	}
	if _, err := c.Register(ctx, "s", x); err != nil {
		t.Fatal(err)
	}
	s.want(t, "registered again after the deletion", "POST /subjects/s/versions", 2)
}

func TestAnAnswerFromBeforeARegistrationIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, n := make(chan struct{}), 0
		c := newClient(t, over(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				return reply(200, `{"id":8,"version":2}`), nil
			}
			if n++; n == 1 {
				<-release
				return reply(200, versionBody), nil
			}
			return reply(200, strings.Replace(versionBody, `"version":1`, `"version":2`, 1)), nil
		}))
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = c.Version(context.Background(), "s", registry.LatestVersion) })
		synctest.Wait()
		if _, err := c.Register(t.Context(), "s", registry.Schema{Text: "y"}); err != nil {
			t.Fatal(err)
		}
		latest := func(when string) {
			t.Helper()
			if r, err := c.Version(t.Context(), "s", registry.LatestVersion); err != nil || r.Version != 2 {
				t.Errorf("%s: latest is %d (%v), want 2", when, r.Version, err)
			}
		}
		latest("while the old answer is on its way") // does not join that call
		close(release)
		wg.Wait()
		latest("after it came")
	})
}

func TestTheCallersSchemaIsNotShared(t *testing.T) {
	t.Parallel()
	s := &counting{rules: map[string]string{"POST /subjects/s/versions": `{"id":7}`}}
	c := newClient(t, s.option())
	mine := registry.Schema{
		Text: "x", References: []registry.Reference{{Name: "n", Subject: "r", Version: 1}},
		Metadata: &registry.Metadata{Tags: map[string][]string{"a": {"b"}}, Properties: map[string]string{"k": "v"}},
		RuleSet:  &registry.RuleSet{MigrationRules: []registry.Rule{{Name: "rule", Tags: []string{"t"}}}},
	}
	r, err := c.Register(t.Context(), "s", mine)
	if err != nil {
		t.Fatal(err)
	}
	mine.References[0].Name, mine.Metadata.Tags["a"][0], mine.Metadata.Properties["k"] = "changed", "changed", "changed"
	mine.RuleSet.MigrationRules[0].Name, mine.RuleSet.MigrationRules[0].Tags[0] = "changed", "changed"
	if text := fmt.Sprintf("%v %v %v", r.References, *r.Metadata, *r.RuleSet); strings.Contains(text, "changed") {
		t.Errorf("what the caller changed afterwards shows in the answer: %s", text)
	}
}

func TestMemoryStaysBounded(t *testing.T) {
	body := `{"schema":"` + strings.Repeat("x", 1000) + `"}`
	c := newClient(t, over(func(*http.Request) (*http.Response, error) { return reply(200, body), nil }), registry.WithCacheSize(500, 1<<30))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for id := range registry.SchemaID(100_000) {
		if _, err := c.SchemaByID(t.Context(), id+1); err != nil {
			t.Fatal(err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 8<<20 {
		t.Errorf("100,000 schemas of 1 kB through a cache of 500 keep %d bytes", grown)
	}
	runtime.KeepAlive(c)
}

func TestCachedAnswersAllocateNothing(t *testing.T) {
	if allocates {
		t.Skip("this build allocates")
	}
	s := &counting{rules: map[string]string{
		"GET /schemas/ids/7": idBody, "GET /schemas/guids/" + (registry.GUID{}).String(): idBody, "GET /subjects/s/versions/1": versionBody,
		"GET /subjects/s/versions/latest": versionBody,
	}}
	c := newClient(t, s.option())
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"SchemaByID":   func() error { _, err := c.SchemaByID(ctx, 7); return err },
		"SchemaByGUID": func() error { _, err := c.SchemaByGUID(ctx, registry.GUID{}); return err },
		"Version":      func() error { _, err := c.Version(ctx, "s", 1); return err },
		"latest":       func() error { _, err := c.Version(ctx, "s", registry.LatestVersion); return err },
	} {
		if n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}

func BenchmarkCachedSchemaByID(b *testing.B) {
	c, err := registry.NewClient("http://a", over(func(*http.Request) (*http.Response, error) { return reply(200, idBody), nil }))
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	for id := range registry.SchemaID(100) {
		if _, err := c.SchemaByID(ctx, id+1); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		id := registry.SchemaID(0)
		for b.Loop() {
			id = id%100 + 1
			_, _ = c.SchemaByID(ctx, id)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			id := registry.SchemaID(0)
			for pb.Next() {
				id = id%100 + 1
				_, _ = c.SchemaByID(ctx, id)
			}
		})
	})
}
