package registry

import (
	"sync"
	"testing"
	"time"
)

// held checks the invariants of a cache and returns its number of entries.
func held[K comparable, V any](t *testing.T, c *cache[K, V]) int {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var bytes int64
	for _, e := range c.lru.Values() {
		bytes += e.size
	}
	if bytes != c.held || bytes > c.bytes || c.lru.Len() > c.entries {
		t.Errorf("%d entries of at most %d, %d bytes counted as %d of at most %d", c.lru.Len(), c.entries, bytes, c.held, c.bytes)
	}
	for i := range c.front {
		if e := c.front[i].Load(); e != nil {
			if now, ok := c.lru.Peek(e.key); !ok || now != e {
				t.Errorf("the front has %v, which the LRU has not", e.key)
			}
		}
	}
	return c.lru.Len()
}

func TestCacheKeepsWhatIsUsedWhileOthersPass(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](10, 1<<20, nil)
	c.put(-1, 42, 1, 0)
	for i := range 10_000 {
		if v := c.get(-1); v == nil || *v != 42 {
			t.Fatalf("the entry in use was evicted after %d others", i)
		}
		c.put(i, i, 1, 0)
	}
	if v := c.get(9_999); v == nil || *v != 9_999 {
		t.Errorf("get = %v of the entry put last", v)
	}
	if n := held(t, c); n != 10 {
		t.Errorf("%d entries, want 10", n)
	}
}

func TestCacheIsBoundedByBytes(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](1000, 100, nil)
	for i := range 50 {
		c.put(i, i, 30, 0)
	}
	if n := held(t, c); n != 3 {
		t.Errorf("%d entries of 30 bytes within 100, want 3", n)
	}
	c.put(1, 1, 101, 0)
	if c.get(1) != nil {
		t.Error("an entry larger than the bound was kept")
	}
	c.put(49, 7, 90, 0) // replaces, and pushes the others out
	if v := c.get(49); v == nil || *v != 7 || held(t, c) != 1 {
		t.Errorf("get = %v", v)
	}
}

func TestCacheOfOneEntryTakesTheNewOne(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](1, 100, nil)
	for i := range 5 {
		c.put(i, i, 1, 0)
		if c.get(i) == nil || held(t, c) != 1 {
			t.Fatalf("entry %d is not there", i)
		}
	}
}

func TestCacheForgetsExpiredEntries(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](10, 100, nil)
	c.put(1, 1, 1, time.Nanosecond)
	time.Sleep(time.Millisecond)
	if c.get(1) != nil || held(t, c) != 0 {
		t.Error("an expired entry is still there")
	}
}

func TestCacheUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newCache[int, int](16, 1<<20, nil)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 3000 {
				k := (i * (w + 1)) % 40
				if v := c.get(k); v != nil && *v != k {
					t.Errorf("get(%d) = %d", k, v)
				}
				c.put(k, k, 1, 0)
				if i%100 == 0 {
					c.removeFunc(func(k int) bool { return k%7 == 0 })
				}
			}
		})
	}
	wg.Wait()
	held(t, c)
}
