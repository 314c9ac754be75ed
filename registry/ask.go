package registry

import "context"

// ask answers out of a memo that had no answer a moment ago, or sends the request.
func ask[K comparable, V any](ctx context.Context, c *Client, m *memo[K, V], key K, req request, send sender[V]) (V, error) {
	if err := m.absent(key); err != nil {
		c.known(ctx, req.method, req.route, CacheAbsent, err)
		var zero V
		return zero, err
	}
	req.cache = CacheMiss
	v, err := m.call(ctx, key, 0, false, func(ctx context.Context) (V, error) { return send(ctx, req) })
	return v, c.ended(ctx, req, err)
}

// ended makes an error of the wait itself an *Error too.
func (c *Client) ended(ctx context.Context, req request, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(*Error); ok {
		return err
	}
	e := req.error(err)
	if ctx.Err() != nil {
		e.Err = c.endOf(ctx, err)
	}
	return e
}
