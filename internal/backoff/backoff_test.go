package backoff_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

func TestCeilingDoublesUpToMax(t *testing.T) {
	t.Parallel()
	p := backoff.Policy{Base: 100 * time.Millisecond, Max: time.Second}
	for failures, want := range []time.Duration{0, 100e6, 200e6, 400e6, 800e6, 1e9, 1e9} {
		if got := p.Ceiling(failures); got != want {
			t.Errorf("Ceiling(%d) = %v, want %v", failures, got, want)
		}
	}
}

func TestCeilingNeverOverflows(t *testing.T) {
	t.Parallel()
	p := backoff.Policy{Base: math.MaxInt64 / 3, Max: math.MaxInt64}
	for failures := range 200 {
		if d := p.Ceiling(failures); d < 0 {
			t.Fatalf("Ceiling(%d) = %d", failures, d)
		}
	}
	if d := p.Ceiling(math.MaxInt); d != math.MaxInt64 {
		t.Fatalf("Ceiling(MaxInt) = %d, want Max", d)
	}
}

func TestFullJitterFillsTheRange(t *testing.T) {
	t.Parallel()
	p := backoff.Policy{Base: 1000, Max: 1000}
	low, high := false, false
	for range 1000 {
		d := p.FullJitter(1)
		if d < 0 || d > 1000 {
			t.Fatalf("FullJitter = %d, outside 0..1000", d)
		}
		low, high = low || d < 250, high || d > 750
	}
	if !low || !high {
		t.Fatalf("1000 draws: below a quarter %v, above three quarters %v", low, high)
	}
	if d := (backoff.Policy{}).FullJitter(3); d != 0 {
		t.Fatalf("the zero policy waits %v", d)
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := backoff.Wait(t.Context(), time.Minute); err != nil || time.Since(start) != time.Minute {
			t.Fatalf("Wait = %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := backoff.Wait(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Fatalf("Wait = %v after %v", err, time.Since(start))
		}
		if err := backoff.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Wait of nothing with an ended context = %v", err)
		}
	})
}
