package registry

import (
	"context"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/flight"
)

// memo remembers the answers to one kind of question: hits, and for a short time
// definite absences, each in a cache of its own so that a flood of unknown ids
// pushes no known one out. Concurrent misses of a key are one call.
type memo[K comparable, V any] struct {
	hits       *cache[K, V]
	misses     *cache[K, error]
	missingTTL time.Duration
	size       func(V) int64
	calls      flight.Group[generation[K], V]

	// mu makes the comparison of epochs and the storing of an answer one step
	// against forget. Nothing is called under it but the caches.
	mu    sync.Mutex
	epoch uint64
}

// generation is a key at a time: a caller that comes after forget does not join
// a call from before.
type generation[K comparable] struct {
	key   K
	epoch uint64
}

func newMemo[K comparable, V any](cfg *clientConfig, size func(V) int64) *memo[K, V] {
	return &memo[K, V]{
		hits:       newCache[K, V](cfg.cacheEntries, cfg.cacheBytes),
		misses:     newCache[K, error](cfg.cacheEntries, cfg.cacheBytes),
		missingTTL: cfg.missingTTL,
		size:       size,
	}
}

// load returns what is remembered for the key or else asks. A ttl of 0 keeps the
// answer until it is evicted, a negative one does not keep it.
func (m *memo[K, V]) load(ctx context.Context, key K, ttl time.Duration, ask func(context.Context) (V, error)) (V, error) {
	if v, err, ok := m.known(key); ok {
		return v, err
	}
	m.mu.Lock()
	epoch := m.epoch
	m.mu.Unlock()
	return m.calls.Do(ctx, generation[K]{key, epoch}, func(ctx context.Context) (V, error) {
		// A call may have ended between the look above and this one.
		if v, err, ok := m.known(key); ok {
			return v, err
		}
		v, err := ask(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		switch {
		case m.epoch != epoch: // asked before something changed
		case err == nil && ttl >= 0:
			m.hits.put(key, v, m.size(v), ttl)
		case err != nil && m.missingTTL > 0 && isDefiniteAbsence(err):
			m.misses.put(key, err, 0, m.missingTTL)
		}
		return v, err
	})
}

func (m *memo[K, V]) known(key K) (V, error, bool) {
	if v, ok := m.hits.get(key); ok {
		return v, nil, true
	}
	if err, ok := m.misses.get(key); ok {
		var zero V
		return zero, err, true
	}
	var zero V
	return zero, nil, false
}

// forget drops what is remembered of the keys: of hits those for which hit is
// true, of absences those for which miss is. Answers still on their way are not
// kept.
func (m *memo[K, V]) forget(hit, miss func(K) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epoch++
	if hit != nil {
		m.hits.removeFunc(hit)
	}
	if miss != nil {
		m.misses.removeFunc(miss)
	}
}
