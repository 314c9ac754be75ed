// Package flight collapses concurrent calls for the same thing into one.
package flight

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// ErrGoexit is what waiters get when the function ended its goroutine.
var ErrGoexit = errors.New("flight: the function called runtime.Goexit")

// PanicError carries a function's panic to each of its waiters, which panic
// with it in turn: a panic is seen where the result was wanted, as if the
// waiter had called the function itself.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked first
}

// Error is the panic's value and its stack.
func (p *PanicError) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Group runs at most one call a key at a time; whoever asks meanwhile waits for
// that call. The zero value is ready. Safe for concurrent use; must not be
// copied.
//
// A call runs in its own goroutine, which ends with the function. No lock is
// held meanwhile, so keys do not delay one another.
type Group[K comparable, V any] struct {
	mu    sync.Mutex
	calls map[K]*call[V]
}

type call[V any] struct {
	done    chan struct{} // closed when value, err and panicked are set
	cancel  context.CancelFunc
	waiters int // under Group.mu

	value    V
	err      error
	panicked *PanicError
}

// Do returns what fn gave for the key, run by this caller or by an earlier one.
//
// fn's context has the values of the first caller's context, and neither its
// deadline nor its cancellation: a caller whose context ends leaves with the
// context's error, the call goes on for the others, and is cancelled when the
// last has left. A caller that comes after that starts a call of its own.
func (g *Group[K, V]) Do(ctx context.Context, key K, fn func(context.Context) (V, error)) (V, error) {
	if err := ctx.Err(); err != nil {
		var zero V
		return zero, err
	}
	g.mu.Lock()
	c, ok := g.calls[key]
	if ok {
		c.waiters++
		g.mu.Unlock()
	} else {
		callCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		c = &call[V]{done: make(chan struct{}), cancel: cancel, waiters: 1}
		if g.calls == nil {
			g.calls = make(map[K]*call[V])
		}
		g.calls[key] = c
		g.mu.Unlock()
		go g.run(callCtx, key, c, fn)
	}

	select {
	case <-c.done:
		return c.result()
	case <-ctx.Done():
	}
	g.mu.Lock()
	c.waiters--
	if c.waiters == 0 {
		g.forget(key, c)
		c.cancel()
	}
	g.mu.Unlock()
	select {
	case <-c.done: // both were ready: the result is the better answer
		return c.result()
	default:
		var zero V
		return zero, ctx.Err()
	}
}

func (g *Group[K, V]) run(ctx context.Context, key K, c *call[V], fn func(context.Context) (V, error)) {
	returned := false
	defer func() {
		if !returned {
			if r := recover(); r != nil {
				c.panicked = &PanicError{Value: r, Stack: debug.Stack()}
			} else {
				c.err = ErrGoexit
			}
		}
		g.mu.Lock()
		g.forget(key, c)
		g.mu.Unlock()
		c.cancel()
		close(c.done)
	}()
	c.value, c.err = fn(ctx)
	returned = true
}

// forget takes c out of the map, under mu, unless a later call has its place.
func (g *Group[K, V]) forget(key K, c *call[V]) {
	if g.calls[key] == c {
		delete(g.calls, key)
	}
}

func (c *call[V]) result() (V, error) {
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.value, c.err
}
