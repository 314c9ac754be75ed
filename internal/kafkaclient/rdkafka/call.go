//go:build cgo

package rdkafka

import (
	"context"
	"sync"
	"time"
)

// callMost bounds a call whose context has no deadline.
const callMost = time.Minute

// call runs what blocks in C on a goroutine of wg, and returns when it has, or ctx is done: C
// knows no context. f gets the milliseconds that are left.
func call[T any](ctx context.Context, wg *sync.WaitGroup, f func(milliseconds int) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var zero T
	if ctx.Err() != nil {
		return zero, noAnswer(context.Cause(ctx))
	}
	done := make(chan answer, 1)
	left := milliseconds(callTimeout(ctx))
	wg.Go(func() {
		v, err := f(left)
		done <- answer{v, err}
	})
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return zero, noAnswer(context.Cause(ctx))
	}
}

// callTimeout is the time until ctx's deadline, but no more than a minute; at least a millisecond.
func callTimeout(ctx context.Context) time.Duration {
	left := callMost
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, time.Until(deadline))
	}
	return max(left, time.Millisecond)
}
