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
	counts     memoCounts

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

func newMemo[K comparable, V any](cfg *clientConfig, size func(V) int64, hash func(K) uint64) *memo[K, V] {
	return &memo[K, V]{
		hits:       newCache[K, V](cfg.cacheEntries, cfg.cacheBytes, hash),
		misses:     newCache[K, error](cfg.cacheEntries, cfg.cacheBytes, hash),
		missingTTL: cfg.missingTTL,
		size:       size,
	}
}

// get is what is remembered for the key, or nil. It must not be changed.
func (m *memo[K, V]) get(key K) *V {
	v := m.hits.get(key)
	if v != nil {
		m.counts.hits.Inc()
	}
	return v
}

// absent is the registry's answer, if it is remembered, that there is no such thing.
func (m *memo[K, V]) absent(key K) error {
	err := m.misses.get(key)
	if err == nil {
		return nil
	}
	m.counts.absent.Add(1)
	return *err
}

// call asks, once for all who call with the key meanwhile, and remembers the
// answer. A ttl of 0 keeps it until it is evicted, a negative one does not keep
// it. With anew, what is remembered already is asked for all the same.
func (m *memo[K, V]) call(ctx context.Context, key K, ttl time.Duration, anew bool, ask func(context.Context) (V, error)) (V, error) {
	m.mu.Lock()
	epoch := m.epoch
	m.mu.Unlock()
	return m.calls.Do(ctx, generation[K]{key, epoch}, func(ctx context.Context) (V, error) {
		if !anew { // a call may have ended between the caller's look and this one
			if v := m.get(key); v != nil {
				return *v, nil
			}
			if err := m.absent(key); err != nil {
				var zero V
				return zero, err
			}
			m.counts.misses.Add(1)
		}
		v, err := ask(ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.epoch != epoch { // asked before something changed
			return v, err
		}
		if err == nil && ttl >= 0 {
			m.hits.put(key, v, m.size(v), ttl)
		}
		if err != nil && isDefiniteAbsence(err) {
			if anew {
				m.hits.removeFunc(func(k K) bool { return k == key })
			}
			if m.missingTTL > 0 {
				m.misses.put(key, err, 0, m.missingTTL)
			}
		}
		return v, err
	})
}

// learn keeps an answer that came by the way, unless there is one.
func (m *memo[K, V]) learn(key K, value V) {
	if !m.hits.has(key) {
		m.hits.put(key, value, m.size(value), 0)
	}
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
