package registry

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cache is a bounded LRU whose hits take no lock.
//
// golang-lru keeps the order and the entries, under mu. Before it lies a table of
// atomic pointers to entries that are also in the LRU, in sets of ways by the
// key's hash, so that keys with one hash seldom displace each other; a hit there marks the entry as used in place of moving it, and eviction
// gives a marked one a second turn. So hits scale with the processors, and what
// is used stays while many others pass through.
//
// Entries carry their time of expiry. (golang-lru's expirable cache is not used:
// in v2.0.7 each one starts a goroutine that nothing can end.)
type cache[K comparable, V any] struct {
	hash  func(K) uint64
	front []atomic.Pointer[entry[K, V]]

	mu      sync.Mutex
	lru     *simplelru.LRU[K, *entry[K, V]]
	entries int
	bytes   int64 // bound of the sum of sizes
	held    int64

	displaced uint
	evictions int64
}

type entry[K comparable, V any] struct {
	key     K
	value   V
	size    int64
	expires time.Time // zero: never
	used    atomic.Bool
}

// ways is the size of a set: together with a table of four places an entry, an
// entry finds its set full about once in 300 times.
const ways = 4

// newCache makes a cache of so many entries and bytes. A nil hash is the general
// one; one of the caller's must depend on a random seed, too.
func newCache[K comparable, V any](entries int, bytes int64, hash func(K) uint64) *cache[K, V] {
	if hash == nil {
		seed := maphash.MakeSeed()
		hash = func(key K) uint64 { return maphash.Comparable(seed, key) }
	}
	// One more than ours, so that the LRU never evicts on its own.
	lru, err := simplelru.NewLRU[K, *entry[K, V]](entries+1, nil)
	if err != nil {
		panic(err) // only for a size below 1, which the option refuses
	}
	return &cache[K, V]{
		hash:    hash,
		front:   make([]atomic.Pointer[entry[K, V]], 1<<bits.Len(uint(ways*entries-1))),
		lru:     lru,
		entries: entries,
		bytes:   bytes,
	}
}

// hashID is a hash of ids that costs one multiplication, by a number that the
// sender of ids does not know.
func hashID() func(SchemaID) uint64 {
	factor := rand.Uint64() | 1
	return func(id SchemaID) uint64 { return uint64(uint32(id)) * factor >> 32 }
}

// set is where the entry of a key may be in the front.
func (c *cache[K, V]) set(key K) []atomic.Pointer[entry[K, V]] {
	i := c.hash(key) & uint64(len(c.front)-ways)
	return c.front[i : i+ways : i+ways]
}

// show puts an entry of the LRU into the front, under mu.
func (c *cache[K, V]) show(e *entry[K, V]) {
	set := c.set(e.key)
	for i := range set {
		if set[i].Load() == nil {
			set[i].Store(e)
			return
		}
	}
	c.displaced++ // in turn, so that two keys do not push out each other for ever
	set[c.displaced%ways].Store(e)
}

// get is the value kept for the key, or nil. It must not be changed.
func (c *cache[K, V]) get(key K) *V {
	var e *entry[K, V]
	set := c.set(key)
	for i := range set {
		if seen := set[i].Load(); seen != nil && seen.key == key {
			e = seen
			break
		}
	}
	if e == nil {
		if e = c.find(key); e == nil {
			return nil
		}
	}
	if !e.expires.IsZero() && !time.Now().Before(e.expires) {
		c.removeEntry(e)
		return nil
	}
	if !e.used.Load() { // a store each time would make the processors share the line
		e.used.Store(true)
	}
	return &e.value
}

// find looks in the LRU for an entry that the front has not.
func (c *cache[K, V]) find(key K) *entry[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.lru.Get(key)
	if !ok {
		return nil
	}
	c.hide(e) // another caller may have shown it meanwhile
	c.show(e)
	return e
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
	c.show(e)
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
		c.evictions++
	}
}

// has reports whether the key is kept, without using it.
func (c *cache[K, V]) has(key K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Contains(key)
}

// size is how much is kept, and how much was evicted so far.
func (c *cache[K, V]) size() (entries int, bytes, evictions int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Len(), c.held, c.evictions
}

// drop removes an entry, under mu.
func (c *cache[K, V]) drop(e *entry[K, V]) {
	c.lru.Remove(e.key)
	c.hide(e)
	c.held -= e.size
}

// hide takes an entry out of the front, under mu.
func (c *cache[K, V]) hide(e *entry[K, V]) {
	set := c.set(e.key)
	for i := range set {
		set[i].CompareAndSwap(e, nil)
	}
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
