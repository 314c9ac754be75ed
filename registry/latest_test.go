package registry_test

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/registry"
)

// moody answers with the version it is set to, or not at all.
type moody struct {
	version atomic.Int64 // 0: refused, -1: hangs, -2: HTML, -3: 401, -4: 40401
	slow    atomic.Bool  // it takes a second
	asked   atomic.Int64
}

func (m *moody) option() registry.ClientOption {
	return over(func(r *http.Request) (*http.Response, error) {
		m.asked.Add(1)
		if m.slow.Load() {
			time.Sleep(time.Second)
		}
		switch v := m.version.Load(); v {
		case 0:
			return nil, errors.New("connection refused")
		case -1:
			<-r.Context().Done()
			return nil, r.Context().Err()
		case -2:
			return reply(200, "<html>down for maintenance</html>", "Content-Type", "text/html"), nil
		case -3:
			return reply(401, `{"error_code":401,"message":"no"}`), nil
		case -4:
			return reply(404, `{"error_code":40401,"message":"no"}`), nil
		default:
			return reply(200, `{"subject":"s","version":`+string(rune('0'+v))+`,"id":7,"schema":"x"}`), nil
		}
	})
}

// latest asks for the latest version of s and says which it is.
func latest(t *testing.T, c *registry.Client) (registry.Version, error) {
	t.Helper()
	r, err := c.Version(t.Context(), "s", registry.LatestVersion)
	return r.Version, err
}

func wantLatest(t *testing.T, c *registry.Client, what string, want registry.Version) {
	t.Helper()
	if got, err := latest(t, c); err != nil || got != want {
		t.Errorf("%s: version %d, %v, want %d", what, got, err, want)
	}
}

func closing(t *testing.T, c *registry.Client) {
	t.Helper()
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestLatestIsRenewedBeforeItExpiresAndNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m moody
		c := newClient(t, m.option(), registry.WithLatestTTL(4*time.Minute))
		defer closing(t, c)
		m.version.Store(1)
		wantLatest(t, c, "at first", 1)
		m.version.Store(2)
		m.slow.Store(true)
		time.Sleep(3*time.Minute - 1)
		wantLatest(t, c, "within three quarters of the TTL", 1)
		synctest.Wait()
		if n := m.asked.Load(); n != 1 {
			t.Errorf("%d requests before the last quarter, want 1", n)
		}
		time.Sleep(time.Nanosecond)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { wantLatest(t, c, "in the last quarter", 1) })
		}
		wg.Wait()
		time.Sleep(2 * time.Second)
		if n := m.asked.Load(); n != 2 {
			t.Errorf("%d requests after a hundred questions in the last quarter, want 2", n)
		}
		wantLatest(t, c, "renewed", 2)
		if s := c.Stats().Latest; s.Refreshes != 1 || s.Misses != 1 || s.Stale != 0 || s.Hits != 102 {
			t.Errorf("%+v, want 1 refresh, 1 miss, 102 hits", s)
		}
	})
}

func TestAnAnswerThatNobodyAskedForIsWaitedForAfterItsTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m moody
		c := newClient(t, m.option(), registry.WithLatestTTL(time.Minute))
		defer closing(t, c)
		m.version.Store(1)
		wantLatest(t, c, "at first", 1)
		m.version.Store(2)
		time.Sleep(time.Minute)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { wantLatest(t, c, "when the TTL has passed", 2) })
		}
		wg.Wait()
		if n := m.asked.Load(); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestAnOutageIsRiddenOutWithWhatWasLatest(t *testing.T) {
	t.Parallel()
	for name, mood := range map[string]int64{"refused": 0, "hanging": -1, "a proxy's page": -2} {
		synctest.Test(t, func(t *testing.T) {
			var m moody
			c := newClient(t, m.option(), registry.WithLatestTTL(time.Minute), registry.WithStaleLatest(10*time.Minute))
			defer closing(t, c)
			m.version.Store(1)
			wantLatest(t, c, "at first", 1)
			m.version.Store(mood)
			time.Sleep(2 * time.Minute)
			for range 3 {
				start := time.Now()
				wantLatest(t, c, name, 1)
				if waited := time.Since(start); waited > time.Second {
					t.Errorf("%s: waited %v for an answer that was there, want a second at most", name, waited)
				}
			}
			if s := c.Stats().Latest; s.Stale != 3 {
				t.Errorf("%s: %+v, want 3 stale answers", name, s)
			}
			m.version.Store(2)
			time.Sleep(2 * time.Minute)
			wantLatest(t, c, "when the registry is back", 2)

			m.version.Store(mood)
			time.Sleep(11 * time.Minute)
			if v, err := latest(t, c); err == nil {
				t.Errorf("%s: version %d later than the stated time after its TTL", name, v)
			}
		})
	}
}

func TestARefusalIsNotRiddenOut(t *testing.T) {
	t.Parallel()
	for mood, want := range map[int64]error{-3: registry.ErrDenied, -4: registry.ErrSubjectNotFound} {
		synctest.Test(t, func(t *testing.T) {
			var m moody
			c := newClient(t, m.option(), registry.WithLatestTTL(time.Minute))
			defer closing(t, c)
			m.version.Store(1)
			wantLatest(t, c, "at first", 1)
			m.version.Store(mood)
			time.Sleep(time.Minute)
			if v, err := latest(t, c); !errors.Is(err, want) {
				t.Errorf("version %d, %v, want %v", v, err, want)
			}
			m.version.Store(0)
			if v, err := latest(t, c); mood == -4 && !errors.Is(err, want) {
				t.Errorf("version %d, %v right after the registry said that there is none", v, err)
			}
		})
	}
}

func TestARenewalFromBeforeARegistrationIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const first, second = `{"subject":"s","version":1,"id":1,"schema":"x"}`, `{"subject":"s","version":2,"id":2,"schema":"y"}`
		var gets atomic.Int64
		c := newClient(t, registry.WithLatestTTL(4*time.Minute), over(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				return reply(200, second), nil
			}
			switch gets.Add(1) {
			case 1:
				return reply(200, first), nil
			case 2: // the renewal: its answer was made before the registration, and comes after it
				time.Sleep(5 * time.Second)
				return reply(200, first), nil
			}
			return reply(200, second), nil
		}))
		defer closing(t, c)
		wantLatest(t, c, "at first", 1)
		time.Sleep(3 * time.Minute)
		wantLatest(t, c, "in the last quarter", 1)
		time.Sleep(time.Second)
		if _, err := c.Register(t.Context(), "s", registry.Schema{Text: "y"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		wantLatest(t, c, "after the registration", 2)
	})
}

func TestCloseEndsARenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var m moody
		c := newClient(t, m.option(), registry.WithLatestTTL(4*time.Minute))
		m.version.Store(1)
		wantLatest(t, c, "at first", 1)
		m.version.Store(-1)
		time.Sleep(3 * time.Minute)
		wantLatest(t, c, "in the last quarter", 1)
		start := time.Now()
		closing(t, c)
		if waited := time.Since(start); waited != 0 {
			t.Errorf("Close waited %v for a renewal", waited)
		}
		wantLatest(t, c, "after Close, within the TTL", 1)
		time.Sleep(2 * time.Minute)
		if v, err := latest(t, c); !errors.Is(err, registry.ErrClosed) {
			t.Errorf("after Close and the TTL: version %d, %v, want ErrClosed", v, err)
		}
	})
}
