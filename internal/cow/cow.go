// Package cow has a copy-on-write map: what is compiled once and looked up for
// every message.
package cow

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Map is a map that readers take without a lock: one atomic load and one map
// lookup. Each Store copies it, so it suits a few thousand entries written
// rarely. The zero value is an empty map without a bound. Safe for concurrent
// use; must not be copied.
type Map[K comparable, V any] struct {
	m  atomic.Pointer[entries[K, V]]
	mu sync.Mutex // serializes writers

	// Max is the most entries kept; 0 means no bound. At the bound a Store
	// drops an arbitrary entry first. Set it before the first use.
	Max int
}

// entries is what readers see. Where there is but one entry, as with one topic and one
// schema, to compare its key takes less than to hash.
type entries[K comparable, V any] struct {
	all   map[K]V
	key   K
	value V
}

func newEntries[K comparable, V any](all map[K]V) *entries[K, V] {
	e := &entries[K, V]{all: all}
	if len(all) == 1 {
		for e.key, e.value = range all {
		}
	}
	return e
}

// Load returns the value stored for k.
func (c *Map[K, V]) Load(k K) (v V, ok bool) {
	e := c.m.Load()
	if e == nil {
		return v, false
	}
	if len(e.all) == 1 {
		if e.key == k {
			return e.value, true
		}
		return v, false
	}
	v, ok = e.all[k]
	return v, ok
}

// Store sets the value of k.
func (c *Map[K, V]) Store(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(k, v)
}

// LoadOrStore returns the value that k has, or else stores v; so that callers
// that computed the same thing at the same time go on with one of them.
func (c *Map[K, V]) LoadOrStore(k K, v V) (actual V, loaded bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.Load(k); ok {
		return old, true
	}
	c.store(k, v)
	return v, false
}

// Delete removes k.
func (c *Map[K, V]) Delete(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.m.Load()
	if old == nil {
		return
	}
	if _, ok := old.all[k]; !ok {
		return
	}
	next := maps.Clone(old.all)
	delete(next, k)
	c.m.Store(newEntries(next))
}

// Len is the number of entries.
func (c *Map[K, V]) Len() int {
	if e := c.m.Load(); e != nil {
		return len(e.all)
	}
	return 0
}

func (c *Map[K, V]) store(k K, v V) {
	old := c.m.Load()
	next := make(map[K]V, c.Len()+1)
	if old != nil {
		maps.Copy(next, old.all)
	}
	if _, has := next[k]; !has && c.Max > 0 && len(next) >= c.Max {
		for victim := range next {
			delete(next, victim)
			break
		}
	}
	next[k] = v
	c.m.Store(newEntries(next))
}
