package registry

import (
	"context"
	"sync"
)

// gate lets requests in until it is closed, and knows when the last has left.
type gate struct {
	mu     sync.Mutex
	inside int
	closed bool
	empty  chan struct{} // closed when closed and nobody is inside
	base   context.Context
	cancel context.CancelCauseFunc
}

func newGate() *gate {
	base, cancel := context.WithCancelCause(context.Background())
	return &gate{empty: make(chan struct{}), base: base, cancel: cancel}
}

// enter returns a context that ends with ctx and when the gate closes.
func (g *gate) enter(ctx context.Context) (context.Context, func(), error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, nil, ErrClosed
	}
	g.inside++
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(g.base, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.inside--; g.inside == 0 && g.closed {
			close(g.empty)
		}
	}, nil
}

// background runs work that nobody waits for but Close, in a goroutine whose
// context ends when the client closes.
func (c *Client) background(work func(context.Context)) error {
	ctx, leave, err := c.gate.enter(context.Background())
	if err != nil {
		return err
	}
	go func() {
		defer leave()
		work(ctx)
	}()
	return nil
}

// shut cancels who is inside and waits for them.
func (g *gate) shut(ctx context.Context) error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		g.cancel(ErrClosed)
		if g.inside == 0 {
			close(g.empty)
		}
	}
	g.mu.Unlock()
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
