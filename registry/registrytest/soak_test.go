package registrytest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// soakTime is how long the soak goes on: CONCORD_SOAK, or a few seconds.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("CONCORD_SOAK")
	if text == "" {
		return 3 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("CONCORD_SOAK: %v", err)
	}
	return d
}

func anyFault(rnd *rand.Rand) registrytest.Fault {
	switch rnd.IntN(8) {
	case 0:
		return registrytest.Delay(time.Duration(rnd.IntN(50)) * time.Millisecond)
	case 1:
		return registrytest.Hang()
	case 2:
		return registrytest.Status(503).WithRetryAfter(0)
	case 3:
		return registrytest.Status(429)
	case 4:
		return registrytest.Status(500).WithCode(50001)
	case 5:
		return registrytest.CutBeforeAnswer()
	case 6:
		return registrytest.CutInBody()
	}
	return registrytest.HTML()
}

// mayFail reports whether an error is one that such faults cause and that says
// nothing of the thing asked for.
func mayFail(err error) bool {
	return registry.IsRetryable(err) || errors.Is(err, registry.ErrNotRegistry)
}

// Clients register, look up and read while requests meet random faults. What was
// acknowledged must be there at the end, what is answered must be right, and an
// outage must never look like an absence.
func TestRandomFaultsLoseNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("soak", soak)
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			var stacks strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks.String())
		}
	}
}

func soak(t *testing.T) {
	reg := registrytest.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), soakTime(t))
	defer cancel()

	var faults, work sync.WaitGroup
	for seed := range uint64(2) {
		faults.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 1))
			routes := registrytest.Routes()
			for ctx.Err() == nil {
				remove := reg.Inject(routes[rnd.IntN(len(routes))], anyFault(rnd))
				all := func() {}
				if rnd.IntN(4) == 0 {
					all = reg.Inject(registrytest.AnyRoute, anyFault(rnd), registrytest.Times(1+rnd.IntN(20)))
				}
				time.Sleep(time.Duration(rnd.IntN(100)) * time.Millisecond)
				remove()
				all()
			}
		})
	}

	type acknowledged struct {
		at   registry.Registered
		text string
	}
	var mu sync.Mutex
	var kept []acknowledged
	var failures int
	fails := func(what string, err error) {
		mu.Lock()
		defer mu.Unlock()
		failures++
		if !mayFail(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	const workers = 8
	for w := range workers {
		work.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 2))
			c, err := registry.NewClient(reg.URL(), registry.WithAttemptTimeout(100*time.Millisecond), registry.WithTimeout(2*time.Second),
				registry.WithRetryWait(time.Millisecond, 20*time.Millisecond), registry.WithLatestTTL(50*time.Millisecond), registry.WithMissingTTL(time.Millisecond),
				registry.WithCacheSize(20, 1<<20), registry.WithCircuitBreaker(5, 50*time.Millisecond), registry.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() {
				if err := c.Close(context.Background()); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			for i := 0; ctx.Err() == nil; i++ {
				subject := registry.Subject(fmt.Sprintf("s-%d-%d", w, i/3))
				text := fmt.Sprintf(`{"type":"record","name":"R","fields":[{"name":"w%d","type":"int"}`, w)
				for n := range i%3 + 1 {
					text += fmt.Sprintf(`,{"name":"f%d","type":"int","default":%d}`, n, i/3)
				}
				text += "]}"
				r, err := c.Register(context.Background(), subject, registry.Schema{Text: text})
				if err != nil {
					fails("Register", err)
				} else {
					mu.Lock()
					kept = append(kept, acknowledged{r, text})
					mu.Unlock()
				}
				mu.Lock()
				var old acknowledged
				if len(kept) > 0 {
					old = kept[rnd.IntN(len(kept))]
				}
				mu.Unlock()
				if old.text == "" {
					continue
				}
				if s, err := c.SchemaByID(context.Background(), old.at.ID); err != nil {
					fails("SchemaByID", err)
				} else if s.Text != old.text {
					t.Errorf("schema %d is %s, want %s", old.at.ID, s.Text, old.text)
				}
				if got, err := c.Lookup(context.Background(), old.at.Subject, registry.Schema{Text: old.text}); err != nil {
					fails("Lookup", err)
				} else if got.ID != old.at.ID || got.Version != old.at.Version {
					t.Errorf("looked up version %d, id %d, want %d, %d", got.Version, got.ID, old.at.Version, old.at.ID)
				}
				if got, err := c.Version(context.Background(), old.at.Subject, registry.LatestVersion); err != nil {
					fails("Version", err)
				} else if got.Version < 1 || got.Subject != old.at.Subject {
					t.Errorf("latest of %s: version %d of %s", old.at.Subject, got.Version, got.Subject)
				}
			}
		})
	}
	work.Wait()
	faults.Wait()
	reg.RemoveFaults()

	c := client(t, reg)
	for _, k := range kept {
		got, err := c.Version(t.Context(), k.at.Subject, k.at.Version)
		if err != nil || got.ID != k.at.ID || got.Text != k.text {
			t.Errorf("acknowledged %s version %d, id %d: now id %d, %v", k.at.Subject, k.at.Version, k.at.ID, got.ID, err)
		}
	}
	if len(kept) == 0 || failures == 0 {
		t.Errorf("%d registrations acknowledged, %d calls failed: want some of both", len(kept), failures)
	}
	t.Logf("%d registrations acknowledged, %d calls failed, %d requests", len(kept), failures, reg.Calls(registrytest.AnyRoute))
}
