package registry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// staleWait is how long a caller waits for a new answer when there is an old one.
	staleWait = time.Second
	// renewalPause is the least time between a renewal that failed and the next.
	renewalPause = time.Second
)

// latest remembers answers that do not stay true. For a TTL they are used, in
// its last quarter renewed in the background if they are asked for, and after it
// callers wait for a new one. An old one is kept a while longer, for an outage.
type latest[K comparable, V any] struct {
	memo       *memo[K, *dated[V]]
	ttl, stale time.Duration
}

// dated is an answer, when it came, and what is being done to replace it.
type dated[V any] struct {
	value V
	at    time.Time

	mu      sync.Mutex
	renewal *renewal[V] // the last one
}

// renewal is one try to replace an answer. Read the other fields after done.
type renewal[V any] struct {
	done  chan struct{}
	value V
	err   error
	ended time.Time
}

func newLatest[K comparable, V any](cfg *clientConfig, size func(V) int64) *latest[K, V] {
	return &latest[K, V]{
		memo: newMemo[K](cfg, func(d *dated[V]) int64 { return size(d.value) + 128 }, nil),
		ttl:  cfg.latestTTL, stale: cfg.staleLatest,
	}
}

// get is the answer if it may be used without asking or renewing.
func (l *latest[K, V]) get(key K) *V {
	d := l.memo.hits.get(key)
	if d == nil || time.Since((*d).at) >= l.ttl/4*3 {
		return nil
	}
	l.memo.counts.hits.Inc()
	return &(*d).value
}

type sender[V any] func(context.Context, request) (V, error)

// ask answers when get has not.
func (l *latest[K, V]) ask(ctx context.Context, c *Client, key K, req request, send sender[V]) (V, error) {
	var old *dated[V]
	if d := l.memo.hits.get(key); d != nil {
		old = *d
	}
	if old != nil && time.Since(old.at) < l.ttl {
		l.memo.counts.hits.Inc()
		c.known(ctx, req.method, req.route, CacheHit, nil)
		_, _ = l.renew(c, key, old, req, send)
		return old.value, nil
	}
	var zero V
	if old == nil {
		if err := l.memo.absent(key); err != nil {
			c.known(ctx, req.method, req.route, CacheAbsent, err)
			return zero, err
		}
		req.cache = CacheMiss
		d, err := l.call(ctx, key, false, req, send)
		if err != nil {
			return zero, c.ended(ctx, req, err)
		}
		return d.value, nil
	}

	r, err := l.renew(c, key, old, req, send)
	if err != nil {
		return zero, req.error(err)
	}
	timer := time.NewTimer(staleWait)
	defer timer.Stop()
	why := errSlow
	select {
	case <-r.done:
		if r.err == nil {
			return r.value, nil
		}
		why = c.ended(ctx, req, r.err)
	case <-timer.C:
	case <-ctx.Done():
		return zero, c.ended(ctx, req, ctx.Err())
	}
	if !errors.Is(why, ErrUnavailable) && !errors.Is(why, ErrNotRegistry) || errors.Is(why, ErrClosed) {
		return zero, why
	}
	l.memo.counts.stale.Add(1)
	c.known(ctx, req.method, req.route, CacheStale, nil)
	c.log.warn(logStale, "an answer older than its TTL is used, for the registry gave none", why,
		slog.String("path", req.path), slog.Duration("age", time.Since(old.at).Round(time.Second)))
	return old.value, nil
}

// errSlow is why an old answer is used where its renewal takes long.
var errSlow error = unavailable{errors.New("the registry has not answered yet")}

// renew is the renewal of an old answer: the one under way or just failed, or
// else a new one, in the background.
func (l *latest[K, V]) renew(c *Client, key K, old *dated[V], req request, send sender[V]) (*renewal[V], error) {
	old.mu.Lock()
	defer old.mu.Unlock()
	if r := old.renewal; r != nil {
		select {
		case <-r.done:
			if r.err == nil || time.Since(r.ended) < renewalPause {
				return r, nil
			}
		default:
			return r, nil
		}
	}
	r := &renewal[V]{done: make(chan struct{})}
	req.cache = CacheRefresh
	err := c.background(func(ctx context.Context) {
		defer close(r.done)
		d, err := l.call(ctx, key, true, req, send)
		if err == nil {
			r.value = d.value
		} else if ctx.Err() == nil {
			c.log.warn(logRefresh, "an answer could not be renewed", err, slog.String("path", req.path))
		}
		r.err, r.ended = err, time.Now()
	})
	if err != nil {
		return nil, err
	}
	l.memo.counts.refreshes.Add(1)
	old.renewal = r
	return r, nil
}

// call asks the registry.
func (l *latest[K, V]) call(ctx context.Context, key K, anew bool, req request, send sender[V]) (*dated[V], error) {
	keep := l.ttl + l.stale
	if keep == 0 {
		keep = -1
	}
	return l.memo.call(ctx, key, keep, anew, func(ctx context.Context) (*dated[V], error) {
		v, err := send(ctx, req)
		if err != nil {
			return nil, err
		}
		return &dated[V]{value: v, at: time.Now()}, nil
	})
}
