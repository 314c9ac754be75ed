package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

// told collects what a hook is told, a line each.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (l *told) option() registry.ClientOption {
	return registry.WithRequestHook(func(_ context.Context, i registry.RequestInfo) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, fmt.Sprintf("%s %s %s %d/%d #%d %s %v %t", i.Method, i.Route, i.Host, i.Status, i.Code, i.Attempt, i.Cache, i.Duration, i.Err != nil))
	})
}

func (l *told) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := l.lines
	l.lines = nil
	return lines
}

func TestTheHookIsToldOfRequestsAndCaches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hook told
		n := 0
		c := newClient(t, hook.option(), registry.WithRetryWait(0, 0), registry.WithLatestTTL(time.Minute), over(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond)
			n++
			switch {
			case strings.HasPrefix(r.URL.Path, "/schemas/ids/8"):
				return reply(404, `{"error_code":40403,"message":"no"}`), nil
			case n == 1:
				return reply(503, ""), nil
			case n == 2:
				return nil, errors.New("reset")
			case strings.HasPrefix(r.URL.Path, "/schemas/ids"):
				return reply(200, idBody), nil
			case strings.HasSuffix(r.URL.Path, "/versions"):
				return reply(200, "[1]"), nil
			case n > 7:
				return nil, errors.New("reset")
			}
			return reply(200, versionBody), nil
		}))
		defer closing(t, c)
		ctx := t.Context()
		for range 2 {
			_, _ = c.SchemaByID(ctx, 1)
			_, _ = c.SchemaByID(ctx, 8)
		}
		_, _ = c.Versions(ctx, "a/b")
		_, _ = c.Version(ctx, "a/b", registry.LatestVersion)
		time.Sleep(45 * time.Second)
		_, _ = c.Version(ctx, "a/b", registry.LatestVersion)
		time.Sleep(time.Second)
		got := hook.take()
		want := []string{
			"GET /schemas/ids/{id} a 503/0 #1 miss 1ms true",
			"GET /schemas/ids/{id} a 0/0 #2 miss 1ms true",
			"GET /schemas/ids/{id} a 200/0 #3 miss 1ms false",
			"GET /schemas/ids/{id} a 404/40403 #1 miss 1ms true",
			"GET /schemas/ids/{id}  0/0 #0 hit 0s false",
			"GET /schemas/ids/{id}  0/0 #0 absent 0s true",
			"GET /subjects/{subject}/versions a 200/0 #1 none 1ms false",
			"GET /subjects/{subject}/versions/{version} a 200/0 #1 miss 1ms false",
			"GET /subjects/{subject}/versions/{version}  0/0 #0 hit 0s false",
			"GET /subjects/{subject}/versions/{version} a 200/0 #1 refresh 1ms false",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}

		time.Sleep(2 * time.Minute)
		_, _ = c.Version(ctx, "a/b", registry.LatestVersion)
		got = hook.take()
		if len(got) == 0 || got[len(got)-1] != "GET /subjects/{subject}/versions/{version}  0/0 #0 stale 0s false" {
			t.Errorf("told %q, want a stale answer at last", got)
		}
	})
}

func TestWhatTheHookIsToldIsItsOwn(t *testing.T) {
	t.Parallel()
	var kept []error
	c := newClient(t, registry.WithRetryWait(0, 0), registry.WithRetries(2),
		registry.WithRequestHook(func(_ context.Context, i registry.RequestInfo) { kept = append(kept, i.Err) }),
		over(func(*http.Request) (*http.Response, error) { return reply(503, ""), nil }))
	_, err := c.Subjects(t.Context())
	if len(kept) != 3 || kept[2] == err {
		t.Fatalf("%d errors kept; the last is the caller's: %v", len(kept), kept[2] == err)
	}
	for i, err := range kept {
		if e, ok := errors.AsType[*registry.Error](err); !ok || e.Attempts != i+1 {
			t.Errorf("attempt %d: %v", i+1, err)
		}
	}
}
