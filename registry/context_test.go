package registry_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

// recording answers every request with a version and notes what it was.
func recording(lines *[]string) registry.ClientOption {
	var mu sync.Mutex
	return over(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		*lines = append(*lines, r.Method+" "+r.URL.String())
		switch {
		case r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/versions") || strings.HasSuffix(r.URL.Path, "/subjects")), r.Method == http.MethodDelete:
			return reply(200, "[]"), nil
		case strings.HasPrefix(r.URL.Path, "/config") || strings.HasPrefix(r.URL.Path, "/mode"):
			return reply(200, `{"mode":"READONLY","compatibilityLevel":"FULL"}`), nil
		}
		return reply(200, `{"subject":":.staging:s","version":1,"id":7,"schema":"x","is_compatible":true}`), nil
	})
}

func TestAClientOfAContextStaysInIt(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"staging", ".staging"} {
		var got []string
		c := newClient(t, registry.WithSchemaContext(name), recording(&got))
		ctx := t.Context()
		x := registry.Schema{Text: "x"}
		_, _ = c.SchemaByID(ctx, 9)
		_, _ = c.Version(ctx, "s", 1)
		_, _ = c.Version(ctx, ":.other:s", 1)
		_, _ = c.Version(ctx, ":.:s", 1)
		_, _ = c.Version(ctx, ":s", 1)
		_, _ = c.VersionWithMetadata(ctx, "s", map[string]string{"k": "v&"})
		_, _ = c.Lookup(ctx, "s", x)
		_, _ = c.Register(ctx, "s", x)
		_, _ = c.TestCompatibility(ctx, "s", registry.AllVersions, x)
		_, _ = c.Versions(ctx, "s")
		_, _ = c.Subjects(ctx)
		_, _ = c.Subjects(ctx, registry.Prefix("orders"))
		_, _ = c.Subjects(ctx, registry.Prefix(":*:"))
		_, _ = c.Config(ctx, registry.Global())
		_, _ = c.Mode(ctx, registry.OfSubject("s"))
		_, _ = c.DeleteVersion(ctx, "s", 1)
		_, _ = c.DeleteSubject(ctx, "s")
		const base = "http://a"
		want := []string{
			"GET " + base + "/schemas/ids/9?subject=%3A.staging%3A",
			"GET " + base + "/subjects/:.staging:s/versions/1?deleted=true",
			"GET " + base + "/subjects/:.other:s/versions/1?deleted=true",
			"GET " + base + "/subjects/:.:s/versions/1?deleted=true",
			"GET " + base + "/subjects/:.staging::s/versions/1?deleted=true",
			"GET " + base + "/subjects/:.staging:s/metadata?key=k&value=v%26",
			"POST " + base + "/subjects/:.staging:s",
			"POST " + base + "/subjects/:.staging:s/versions",
			"POST " + base + "/compatibility/subjects/:.staging:s/versions?verbose=true",
			"GET " + base + "/subjects/:.staging:s/versions",
			"GET " + base + "/subjects?subjectPrefix=%3A.staging%3A",
			"GET " + base + "/subjects?subjectPrefix=%3A.staging%3Aorders",
			"GET " + base + "/subjects?subjectPrefix=%3A%2A%3A",
			"GET " + base + "/config/:.staging:",
			"GET " + base + "/mode/:.staging:s",
			"DELETE " + base + "/subjects/:.staging:s/versions/1",
			"DELETE " + base + "/subjects/:.staging:s",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnotherContextsIDIsNotTakenForTheClients(t *testing.T) {
	t.Parallel()
	for context, want := range map[string]int{"staging": 0, ".": 1, "other": 1} {
		asked := 0
		c := newClient(t, registry.WithSchemaContext(context), over(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/schemas/ids/7") {
				asked++
			}
			return reply(200, `{"subject":":.staging:s","version":1,"id":7,"schema":"x"}`), nil
		}))
		if _, err := c.Version(t.Context(), ":.staging:s", 1); err != nil {
			t.Fatal(err)
		}
		if _, err := c.SchemaByID(t.Context(), 7); err != nil || asked != want {
			t.Errorf("client of context %q: %v, asked %d times for the id, want %d", context, err, asked, want)
		}
	}
}

func TestAContextsNameIsChecked(t *testing.T) {
	t.Parallel()
	for _, name := range []string{":staging", ":.staging:", "a\nb"} {
		if _, err := registry.NewClient("http://a", registry.WithSchemaContext(name)); err == nil {
			t.Errorf("%q is taken for a context", name)
		}
	}
	var got []string
	c := newClient(t, registry.WithSchemaContext("."), recording(&got))
	_, _ = c.SchemaByID(t.Context(), 1)
	if diff := cmp.Diff([]string{"GET http://a/schemas/ids/1"}, got); diff != "" {
		t.Errorf("the default context (-want +got):\n%s", diff)
	}
}

func TestWarmFetchesWhatWillBeAskedFor(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"/subjects/a/versions?deleted=true":      "[1,2]",
		"/subjects/a/versions/1?deleted=true":    `{"subject":"a","version":1,"id":1,"schema":"a1","deleted":true}`,
		"/subjects/a/versions/2?deleted=true":    `{"subject":"a","version":2,"id":2,"schema":"a2","references":[{"name":"n","subject":"b","version":3}]}`,
		"/subjects/a/versions/latest":            `{"subject":"a","version":2,"id":2,"schema":"a2","references":[{"name":"n","subject":"b","version":3}]}`,
		"/subjects/b/versions/3?deleted=true":    `{"subject":"b","version":3,"id":3,"schema":"b3","references":[{"name":"n","subject":"b","version":3}]}`,
		"/subjects/gone/versions?deleted=true":   "[1]",
		"/subjects/gone/versions/1?deleted=true": `{"subject":"gone","version":1,"id":4,"schema":"g","deleted":true}`,
	}
	var mu sync.Mutex
	down, asked := false, make(map[string]int)
	c := newClient(t, registry.WithRetries(0), over(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.URL.RequestURI()]++
		body, ok := answers[r.URL.RequestURI()]
		switch {
		case down:
			return nil, io.ErrUnexpectedEOF
		case ok:
			return reply(200, body), nil
		}
		return reply(404, `{"error_code":40401,"message":"no"}`), nil
	}))
	ctx := t.Context()
	err := c.Warm(ctx, "a", "nowhere", "gone", "a")
	if !errors.Is(err, registry.ErrSubjectNotFound) || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("Warm: %v, want that nowhere is not found, and nothing else", err)
	}
	for uri, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", uri, n)
		}
	}
	down = true
	for id := range registry.SchemaID(4) {
		if _, err := c.SchemaByID(ctx, id+1); err != nil {
			t.Errorf("schema %d: %v", id+1, err)
		}
	}
	if r, err := c.Version(ctx, "a", registry.LatestVersion); err != nil || r.Version != 2 {
		t.Errorf("latest of a: %+v, %v", r, err)
	}
	if _, err := c.Version(ctx, "b", 3); err != nil {
		t.Errorf("what a refers to: %v", err)
	}
}
