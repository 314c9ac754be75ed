package registry

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache is a bounded LRU whose hits take no lock.
//
// golang-lru keeps the order and the entries, under mu. Before it lies a table of
// atomic pointers, indexed by the key's hash, of entries that are also in the
// LRU; a hit there marks the entry as used in place of moving it, and eviction
// gives a marked one a second turn. So hits scale with the processors, and what
// is used stays while many others pass through.
//
// Entries carry their time of expiry. (golang-lru's expirable cache is not used:
// in v2.0.7 each one starts a goroutine that nothing can end.)
type cache[K comparable, V any] struct {
	seed  maphash.Seed
	front []atomic.Pointer[entry[K, V]]

	mu      sync.Mutex
	lru     *simplelru.LRU[K, *entry[K, V]]
	entries int
	bytes   int64 // bound of the sum of sizes
	held    int64
}

type entry[K comparable, V any] struct {
	key     K
	value   V
	size    int64
	expires time.Time // zero: never
	used    atomic.Bool
}

func newCache[K comparable, V any](entries int, bytes int64) *cache[K, V] {
	// One more than ours, so that the LRU never evicts on its own.
	lru, err := simplelru.NewLRU[K, *entry[K, V]](entries+1, nil)
	if err != nil {
		panic(err) // only for a size below 1, which the option refuses
	}
	return &cache[K, V]{
		seed:    maphash.MakeSeed(),
		front:   make([]atomic.Pointer[entry[K, V]], 1<<bits.Len(uint(2*entries-1))),
		lru:     lru,
		entries: entries,
		bytes:   bytes,
	}
}

func (c *cache[K, V]) slot(key K) *atomic.Pointer[entry[K, V]] {
	return &c.front[maphash.Comparable(c.seed, key)&uint64(len(c.front)-1)]
}

func (c *cache[K, V]) get(key K) (V, bool) {
	slot := c.slot(key)
	e := slot.Load()
	if e == nil || e.key != key {
		c.mu.Lock()
		e, _ = c.lru.Get(key)
		if e != nil {
			slot.Store(e)
		}
		c.mu.Unlock()
		if e == nil {
			var zero V
			return zero, false
		}
	}
	if !e.expires.IsZero() && !time.Now().Before(e.expires) {
		c.removeEntry(e)
		var zero V
		return zero, false
	}
	if !e.used.Load() { // a store each time would make the processors share the line
		e.used.Store(true)
	}
	return e.value, true
}

// put keeps a value for ttl; 0 means until it is evicted.
func (c *cache[K, V]) put(key K, value V, size int64, ttl time.Duration) {
	if size > c.bytes {
		return
	}
	e := &entry[K, V]{key: key, value: value, size: size}
	if ttl > 0 {
		e.expires = time.Now().Add(ttl)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.lru.Peek(key); ok {
		c.drop(old)
	}
	c.lru.Add(key, e)
	c.slot(key).Store(e)
	c.held += size
	// Readers mark entries meanwhile: turns bounds the search where they mark
	// them as fast as they are looked at.
	for turns := 2 * c.lru.Len(); c.lru.Len() > c.entries || c.held > c.bytes; turns-- {
		_, oldest, _ := c.lru.GetOldest()
		if oldest == e || oldest.used.Swap(false) && turns > 0 {
			c.lru.Get(oldest.key) // a second turn: now it is the newest
			continue
		}
		c.drop(oldest)
	}
}

// drop removes an entry, under mu.
func (c *cache[K, V]) drop(e *entry[K, V]) {
	c.lru.Remove(e.key)
	c.slot(e.key).CompareAndSwap(e, nil)
	c.held -= e.size
}

// removeEntry removes exactly e, not what has taken its place meanwhile.
func (c *cache[K, V]) removeEntry(e *entry[K, V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, ok := c.lru.Peek(e.key); ok && now == e {
		c.drop(e)
	}
}

// removeFunc removes the entries whose key the function accepts.
func (c *cache[K, V]) removeFunc(is func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.lru.Values() {
		if is(e.key) {
			c.drop(e)
		}
	}
}
