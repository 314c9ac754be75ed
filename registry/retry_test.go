package registry_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/registry"
)

// transport is a network in memory, for tests in synthetic time.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, body string, header ...string) *http.Response {
	h := make(http.Header)
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

func over(f transport) registry.ClientOption {
	return registry.WithHTTPClient(&http.Client{Transport: f})
}

var silent = registry.WithLogger(slog.New(slog.DiscardHandler))

func newClient(t *testing.T, opts ...registry.ClientOption) *registry.Client {
	t.Helper()
	c, err := registry.NewClient("http://a", append([]registry.ClientOption{silent}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTransientFailuresAreRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504, 0} {
		var n int
		c := newClient(t, registry.WithRetryWait(0, 0), over(func(*http.Request) (*http.Response, error) {
			if n++; n < 4 && status == 0 {
				return nil, errors.New("connection reset")
			} else if n < 4 {
				return reply(status, ""), nil
			}
			return reply(200, idBody), nil
		}))
		if _, err := c.SchemaByID(t.Context(), 1); err != nil || n != 4 {
			t.Errorf("status %d: %v after %d requests, want success at the 4th", status, err, n)
		}
	}
}

func TestDecisionsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 301, 400, 401, 403, 404, 409, 422} {
		n := 0
		c := newClient(t, over(func(*http.Request) (*http.Response, error) { n++; return reply(status, ""), nil }))
		if _, err := c.SchemaByID(t.Context(), 1); err == nil || n != 1 {
			t.Errorf("status %d: %v after %d requests, want an error after 1", status, err, n)
		}
	}
}

func TestRetriesAndTimeoutsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		refuse := over(func(*http.Request) (*http.Response, error) { n++; return reply(503, ""), nil })
		c := newClient(t, refuse, registry.WithRetries(5), registry.WithRetryWait(time.Second, 2*time.Second))
		start := time.Now()
		_, err := c.Subjects(t.Context())
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || n != 6 || e.Attempts != 6 || !registry.IsRetryable(err) {
			t.Fatalf("%v after %d requests, want 6", err, n)
		}
		if waited := time.Since(start); waited <= 0 || waited > 9*time.Second {
			t.Errorf("waited %v, want more than nothing and at most 1+2+2+2+2 s", waited)
		}

		hang := over(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		c = newClient(t, hang, registry.WithAttemptTimeout(3*time.Second), registry.WithRetries(2), registry.WithRetryWait(0, 0))
		start = time.Now()
		if _, err := c.Subjects(t.Context()); !errors.Is(err, registry.ErrUnavailable) || time.Since(start) != 9*time.Second {
			t.Errorf("three hanging attempts of 3 s: %v after %v", err, time.Since(start))
		}
		c = newClient(t, hang, registry.WithTimeout(4*time.Second), registry.WithRetries(50))
		start = time.Now()
		if _, err := c.Subjects(t.Context()); !registry.IsRetryable(err) || time.Since(start) != 4*time.Second {
			t.Errorf("a call of at most 4 s: %v after %v", err, time.Since(start))
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value    string
		ctx      time.Duration // the caller's deadline
		want     time.Duration // how long the call takes
		requests int
		asked    time.Duration // Error.RetryAfter of a call that fails
	}{
		"seconds":                 {"7", time.Hour, 7 * time.Second, 2, 0},
		"a date":                  {"date", time.Hour, 9 * time.Second, 2, 0},
		"a date that is past":     {"Sat, 01 Jan 2000 00:00:00 GMT", time.Hour, 0, 2, 0},
		"nonsense":                {"soon", time.Hour, 0, 2, 0},
		"negative":                {"-5", time.Hour, 0, 2, 0},
		"beyond the bound":        {"3600", 2 * time.Hour, 0, 1, time.Hour},
		"absurd":                  {"99999999999999999999999", time.Hour, 0, 1, 365 * 24 * time.Hour},
		"beyond the deadline":     {"30", 10 * time.Second, 0, 1, 30 * time.Second},
		"as long as the deadline": {"5", 6 * time.Second, 5 * time.Second, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				value, n := tc.value, 0
				if value == "date" {
					value = time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat)
				}
				c := newClient(t, registry.WithRetryWait(0, 0), registry.WithTimeout(0), over(func(*http.Request) (*http.Response, error) {
					if n++; n == 1 {
						return reply(429, "", "Retry-After", value), nil
					}
					return reply(200, "[]"), nil
				}))
				ctx, cancel := context.WithTimeout(t.Context(), tc.ctx)
				defer cancel()
				start := time.Now()
				_, err := c.Subjects(ctx)
				if waited := time.Since(start); waited != tc.want || n != tc.requests || (err == nil) != (n == 2) {
					t.Errorf("%v after %d requests and %v, want %d and %v", err, n, waited, tc.requests, tc.want)
				}
				if e, ok := errors.AsType[*registry.Error](err); ok && e.RetryAfter != tc.asked {
					t.Errorf("RetryAfter = %v, want %v", e.RetryAfter, tc.asked)
				}
			})
		})
	}
}

func TestALatestVersionIsNotDeletedTwice(t *testing.T) {
	t.Parallel()
	for version, want := range map[registry.Version]int{registry.LatestVersion: 1, 3: 8} {
		n := 0
		c := newClient(t, registry.WithRetryWait(0, 0), registry.WithFailover("http://b"), over(func(*http.Request) (*http.Response, error) {
			n++
			return nil, errors.New("connection reset")
		}))
		if _, err := c.DeleteVersion(t.Context(), "s", version); !registry.IsRetryable(err) || n != want {
			t.Errorf("version %d: %v after %d requests, want %d", version, err, n, want)
		}
	}
}

func TestOneOfThreeURLsDown(t *testing.T) {
	t.Parallel()
	var asked [3]atomic.Int32
	up := func(i int) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { asked[i].Add(1); answer(w, 200, "[]") })
	}
	c := connect(t, "http://127.0.0.1:1", registry.WithFailover(up(1), up(2)), registry.WithRetries(0))
	for range 10 {
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked[1].Load() != 10 || asked[2].Load() != 0 {
		t.Errorf("the second URL was asked %d times, the third %d: want 10 and 0", asked[1].Load(), asked[2].Load())
	}
}

func TestFailoverRemembersWhoAnsweredAndComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked string
		down := map[string]bool{"a": true}
		c := newClient(t, registry.WithFailover("http://b", "http://c"), registry.WithRetries(0), over(func(r *http.Request) (*http.Response, error) {
			asked += r.URL.Host
			if down[r.URL.Host] {
				return nil, errors.New("connection refused")
			}
			return reply(200, "[]"), nil
		}))
		step := func(what, want string, fails bool) {
			t.Helper()
			asked = ""
			if _, err := c.Subjects(t.Context()); (err != nil) != fails || asked != want {
				t.Errorf("%s: asked %q (%v), want %q", what, asked, err, want)
			}
		}
		step("a is down", "ab", false)
		step("b answered last", "b", false)
		down["b"] = true
		step("b goes down, a is left alone", "bc", false)
		down["c"] = true
		step("all down, a and b left alone", "c", true)
		step("when all are left alone, all are asked", "cab", true)
		down["b"] = false
		step("and b answers", "cab", false)
		time.Sleep(time.Minute)
		down = map[string]bool{"b": true}
		step("after its time c is asked again", "bc", false)
	})
}

func TestAHangingURLLeavesTimeForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, registry.WithFailover("http://b"), over(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host == "a" {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return reply(200, "[]"), nil
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := c.Subjects(ctx); err != nil {
			t.Errorf("b would have answered within the caller's 2 s: %v", err)
		}
	})
}

func TestRefusedConnectionsAndUnknownNamesAreUnavailability(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://127.0.0.1:1", "http://registry.invalid"} {
		c := connect(t, url, registry.WithRetries(1))
		_, err := c.Subjects(t.Context())
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || !errors.Is(err, registry.ErrUnavailable) || !registry.IsRetryable(err) || e.Status != 0 || e.Attempts != 2 {
			t.Errorf("%s: %v", url, err)
		}
	}
}
