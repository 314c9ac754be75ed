package registrytest_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// drip sends a byte now and then, and never ends.
var drip = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	for r.Context().Err() == nil {
		_, _ = io.WriteString(w, " ")
		_ = http.NewResponseController(w).Flush()
		time.Sleep(5 * time.Millisecond)
	}
})

// flood sends ten gigabytes, if the client takes them.
var flood = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	chunk := []byte(strings.Repeat(" ", 1<<20))
	for range 10 << 10 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
})

// What a client makes of each fault, for a read and for a registration, and that
// it works again when the fault is over.
func TestWhatTheClientMakesOfEachFault(t *testing.T) {
	t.Parallel()
	var leaked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			leaked.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(elsewhere.Close)

	for name, tc := range map[string]struct {
		fault registrytest.Fault
		want  error // of a read that meets it each time; nil: it succeeds all the same
		retry bool  // whether the error may be gone later
		heals bool  // a call that meets it twice succeeds at the third attempt
	}{
		"hang":                    {registrytest.Hang(), registry.ErrUnavailable, true, true},
		"slow body":               {registrytest.Answer(drip), registry.ErrUnavailable, true, true},
		"cut before the answer":   {registrytest.CutBeforeAnswer(), registry.ErrUnavailable, true, true},
		"cut mid-body":            {registrytest.CutInBody(), registry.ErrUnavailable, true, true},
		"503 with Retry-After":    {registrytest.Status(503).WithRetryAfter(0), registry.ErrUnavailable, true, true},
		"429":                     {registrytest.Status(429), registry.ErrUnavailable, true, true},
		"500 of the store":        {registrytest.Status(500).WithCode(50001), registry.ErrStore, true, true},
		"401":                     {registrytest.Status(401), registry.ErrDenied, false, false},
		"403":                     {registrytest.Status(403), registry.ErrDenied, false, false},
		"200 with HTML":           {registrytest.HTML(), registry.ErrNotRegistry, false, false},
		"10 GB body":              {registrytest.Answer(flood), registry.ErrTooLarge, false, false},
		"redirect elsewhere":      {registrytest.Answer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect)), registry.ErrNotRegistry, false, false},
		"redirect round in rings": {registrytest.Answer(http.RedirectHandler("", http.StatusTemporaryRedirect)), registry.ErrNotRegistry, false, false},
		"slow, but in time":       {registrytest.Delay(20 * time.Millisecond), nil, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := registrytest.New(t)
			id := reg.Register("events", registry.Schema{Text: eventV1}).ID
			connect := func() *registry.Client {
				c, err := registry.NewClient(reg.URL(), registry.WithAttemptTimeout(200*time.Millisecond), registry.WithRetries(2), registry.WithRetryWait(0, 0),
					registry.WithResponseLimit(1<<20), registry.WithAuth(registry.Basic("user", registry.NewSecret("CANARY"))), registry.WithLogger(slog.New(slog.DiscardHandler)))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := c.Close(t.Context()); err != nil && t.Context().Err() == nil {
						t.Errorf("Close: %v", err)
					}
				})
				return c
			}
			calls := map[string]func(*registry.Client) error{
				"read": func(c *registry.Client) error { _, err := c.SchemaByID(t.Context(), id); return err },
				"register": func(c *registry.Client) error {
					_, err := c.Register(t.Context(), "events", registry.Schema{Text: eventV2})
					return err
				},
			}
			for what, call := range calls {
				remove := reg.Inject(registrytest.AnyRoute, tc.fault)
				c := connect()
				err := call(c)
				remove()
				switch {
				case tc.want == nil && err != nil, tc.want != nil && !errors.Is(err, tc.want), registry.IsRetryable(err) != tc.retry:
					t.Errorf("%s: %v, want %v (retryable: %t)", what, err, tc.want, tc.retry)
				case err != nil && strings.Contains(err.Error(), "CANARY"):
					t.Errorf("%s: the password shows in: %v", what, err)
				}
				if tc.heals {
					remove = reg.Inject(registrytest.AnyRoute, tc.fault, registrytest.Times(2))
					if err := call(connect()); err != nil {
						t.Errorf("%s: met twice, and then no more: %v", what, err)
					}
					remove()
				}
				if err := call(connect()); err != nil {
					t.Errorf("%s: after the fault: %v", what, err)
				}
			}
			if leaked.Load() != 0 {
				t.Error("credentials went to another origin")
			}
		})
	}
}

func TestOneOfThreeRegistriesDown(t *testing.T) {
	t.Parallel()
	one, two, three := registrytest.New(t), registrytest.New(t), registrytest.New(t)
	for _, reg := range []*registrytest.Registry{one, two, three} {
		reg.Register("events", registry.Schema{Text: eventV1})
	}
	one.Inject(registrytest.AnyRoute, registrytest.CutBeforeAnswer())
	c, err := registry.NewClient(one.URL(), registry.WithFailover(two.URL(), three.URL()), registry.WithRetries(0), registry.WithLatestTTL(0),
		registry.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for range 20 {
		if _, err := c.Versions(t.Context(), "events"); err != nil {
			t.Fatal(err)
		}
	}
	if a, b, d := one.Calls(registrytest.AnyRoute), two.Calls("GET /subjects/{subject}/versions"), three.Calls(registrytest.AnyRoute); a != 1 || b != 20 || d > 2 {
		t.Errorf("the registries were asked %d, %d and %d times, want 1, 20 and none but to set up", a, b, d)
	}
}
