// Package backoff computes how long to wait before trying again.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Policy is a capped exponential back-off. Safe for concurrent use.
type Policy struct {
	Base time.Duration // the bound of the first wait
	Max  time.Duration // the bound of every wait
}

// Ceiling is the longest wait after a number of failures: Base doubled for each
// one after the first, at most Max. 0 where there was no failure.
func (p Policy) Ceiling(failures int) time.Duration {
	if failures < 1 || p.Base <= 0 || p.Max <= 0 {
		return 0
	}
	d := min(p.Base, p.Max)
	for range failures - 1 {
		if d > p.Max/2 {
			return p.Max
		}
		d *= 2
	}
	return d
}

// FullJitter is a random wait between 0 and the ceiling, so that clients which
// failed together do not come back together.
func (p Policy) FullJitter(failures int) time.Duration {
	c := p.Ceiling(failures)
	if c <= 0 {
		return 0
	}
	return rand.N(c + 1)
}

// Wait sleeps for d, or until the context ends, whose error it then returns.
func Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
