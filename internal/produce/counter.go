package produce

import (
	"context"
	"sync"
)

// counter counts what must end before the client may be closed.
type counter struct {
	mu     sync.Mutex
	n      int
	sealed bool
	zero   chan struct{} // closed when n is 0; nil while nobody waits
}

// add counts one in; false once the counter is sealed.
func (c *counter) add() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sealed {
		return false
	}
	c.n++
	return true
}

// done counts one out.
func (c *counter) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.zero != nil {
		close(c.zero)
		c.zero = nil
	}
}

// wait returns once the count has been 0, or with the cause of ctx's end.
func (c *counter) wait(ctx context.Context) error {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.zero == nil {
		c.zero = make(chan struct{})
	}
	zero := c.zero
	c.mu.Unlock()
	select {
	case <-zero:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// seal refuses further ones if the count is 0, and reports whether it does.
func (c *counter) seal() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sealed = c.sealed || c.n == 0
	return c.sealed
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}
