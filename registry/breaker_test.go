package registry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/registry"
)

// once are options under which each call is one request.
func once() []registry.ClientOption {
	return []registry.ClientOption{registry.WithRetries(0), registry.WithMissingTTL(0)}
}

func TestAnUnreachableRegistryIsNotAskedByEveryCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		var up atomic.Bool
		c := newClient(t, append(once(), over(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			if up.Load() {
				return reply(200, "[]"), nil
			}
			time.Sleep(5 * time.Second) // a connect timeout
			return nil, errors.New("no route to host")
		}))...)
		ctx := t.Context()
		for range 5 {
			if _, err := c.Subjects(ctx); !registry.IsRetryable(err) || errors.Is(err, registry.ErrCircuitOpen) {
				t.Fatalf("%v before the circuit opens", err)
			}
		}
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { _, _ = c.Subjects(ctx) })
		}
		wg.Wait()
		if n := asked.Load(); n != 5 {
			t.Errorf("%d requests of 5 calls and then 100 at once, want 5", n)
		}
		start := time.Now()
		_, err := c.Subjects(ctx)
		if time.Since(start) != 0 || !errors.Is(err, registry.ErrCircuitOpen) || !errors.Is(err, registry.ErrUnavailable) || !registry.IsRetryable(err) {
			t.Errorf("%v after %v, want a refusal at once that may be repeated", err, time.Since(start))
		}
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || e.RetryAfter <= 0 || e.RetryAfter > 30*time.Second || e.Attempts != 0 {
			t.Errorf("%+v: want it to say when to come again", e)
		}
		if s := c.Stats(); !s.CircuitOpen || s.Refused != 101 || s.Requests != 5 || s.Failures != 5 {
			t.Errorf("%+v, want 101 calls refused, 5 requests", s)
		}

		time.Sleep(e.RetryAfter)
		for range 100 {
			wg.Go(func() { _, _ = c.Subjects(ctx) })
		}
		wg.Wait()
		if n := asked.Load(); n != 6 {
			t.Errorf("%d requests after 100 more calls when the time is over, want 6: one call is the probe", n)
		}
		up.Store(true)
		time.Sleep(30 * time.Second)
		if _, err := c.Subjects(ctx); err != nil {
			t.Errorf("%v when the registry is back and the time is over", err)
		}
		if c.Stats().CircuitOpen {
			t.Error("the circuit is open after an answer")
		}
	})
}

func TestProbesBecomeRare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c := newClient(t, append(once(), registry.WithCircuitBreaker(1, 8*time.Second), over(func(*http.Request) (*http.Response, error) {
			asked.Add(1)
			return nil, errors.New("connection refused")
		}))...)
		start := time.Now()
		var at []time.Duration
		for range 400 {
			before := asked.Load()
			_, _ = c.Subjects(t.Context())
			if asked.Load() > before {
				at = append(at, time.Since(start))
			}
			time.Sleep(100 * time.Millisecond)
		}
		if got, want := fmt.Sprint(at), "[0s 1s 3s 7s 15s 23s 31s 39s]"; got != want {
			t.Errorf("asked at %s, want %s", got, want)
		}
	})
}

func TestWhatARegistryAnsweredOpensNoCircuit(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 404, 409, 422, 429, 500} {
		n := 0
		c := newClient(t, append(once(), over(func(*http.Request) (*http.Response, error) { n++; return reply(status, ""), nil }))...)
		for range 20 {
			_, _ = c.Subjects(t.Context())
		}
		if n != 20 {
			t.Errorf("status %d: %d of 20 calls were sent", status, n)
		}
	}
	n := 0
	c := newClient(t, append(once(), registry.WithCircuitBreaker(0, 0), over(func(*http.Request) (*http.Response, error) { n++; return nil, errors.New("refused") }))...)
	for range 20 {
		_, _ = c.Subjects(t.Context())
	}
	if n != 20 {
		t.Errorf("without a circuit breaker %d of 20 calls were sent", n)
	}
}

func TestCallersWithShortDeadlinesOpenTheCircuitToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c := newClient(t, over(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		for range 50 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			if _, err := c.Subjects(ctx); !registry.IsRetryable(err) {
				t.Fatal(err)
			}
			cancel()
		}
		if n := asked.Load(); n != 5 {
			t.Errorf("%d requests of 50 calls, want 5", n)
		}
	})
}

func TestACallerWhoLeavesOpensNoCircuit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c := newClient(t, over(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}))
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, cancel)
			_, _ = c.Subjects(ctx)
		}
		if n := asked.Load(); n != 20 {
			t.Errorf("%d of 20 calls were sent", n)
		}
	})
}

func TestAnOutageIsLoggedOnceInAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		var up atomic.Bool
		c := newClient(t, append(once(), registry.WithLogger(slog.New(slog.NewTextHandler(&text, nil))), registry.WithHeader("X-Key", canary),
			over(func(r *http.Request) (*http.Response, error) {
				if up.Load() {
					return reply(200, "[]"), nil
				}
				return nil, errors.New("refused, with " + canary)
			}))...)
		for range 20 {
			for range 10 {
				_, _ = c.Subjects(t.Context())
			}
			time.Sleep(time.Minute)
			up.Store(!up.Load())
			_, _ = c.Subjects(t.Context())
		}
		log := text.String()
		if open, back := strings.Count(log, "does not answer"), strings.Count(log, "answers again"); open != 10 || back != 10 {
			t.Errorf("logged %d times that the registry does not answer, and %d times that it does: want 10 and 10:\n%s", open, back, log)
		}
		if strings.Contains(log, canary) {
			t.Errorf("a secret is in the log:\n%s", log)
		}
	})
}

func BenchmarkOpenCircuit(b *testing.B) {
	c, err := registry.NewClient("http://a", append(once(), registry.WithCircuitBreaker(1, time.Hour), registry.WithLogger(slog.New(slog.DiscardHandler)),
		over(func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }))...)
	if err != nil {
		b.Fatal(err)
	}
	_, _ = c.SchemaByID(b.Context(), 1)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = c.SchemaByID(b.Context(), 1)
	}
}
