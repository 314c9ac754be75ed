//go:build cgo

package concord

import (
	"context"
	"sync/atomic"
	"time"
)

// breaker keeps handlers from getting to work for a time.
type breaker struct{ until atomic.Int64 } // nanoseconds since 1970; 0: it is closed

// open opens it for d; false where it is open already.
func (b *breaker) open(d time.Duration) bool {
	return b.until.CompareAndSwap(0, time.Now().Add(d).UnixNano())
}

// wait waits until it is closed; false where the run, or the partition, ends first.
func (b *breaker) wait(ctx context.Context, a *attempt, until int64) bool {
	release := a.hold(TooManyDeadLetters)
	defer release()
	if !a.session.stopping.sleep(ctx, time.Until(time.Unix(0, until))) {
		return false
	}
	b.until.CompareAndSwap(until, 0)
	return true
}
