package cow_test

import (
	"sync"
	"testing"

	"github.com/concord-go/concord/internal/cow"
)

func TestMapUnderConcurrentWriters(t *testing.T) {
	t.Parallel()
	var m cow.Map[int, int]
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				m.Store(w*1000+i, i)
				if v, ok := m.Load(w*1000 + i); !ok || v != i {
					t.Errorf("Load(%d) = %d, %v", w*1000+i, v, ok)
				}
			}
		})
	}
	wg.Wait()
	if m.Len() != 800 {
		t.Fatalf("Len = %d, want 800", m.Len())
	}
}

func TestLoadOrStoreKeepsTheFirst(t *testing.T) {
	t.Parallel()
	var m cow.Map[string, int]
	if v, loaded := m.LoadOrStore("a", 1); v != 1 || loaded {
		t.Fatalf("first LoadOrStore = %d, %v", v, loaded)
	}
	if v, loaded := m.LoadOrStore("a", 2); v != 1 || !loaded {
		t.Fatalf("second LoadOrStore = %d, %v", v, loaded)
	}
	m.Delete("a")
	if _, ok := m.Load("a"); ok || m.Len() != 0 {
		t.Fatal("a deleted key is still there")
	}
}

func TestMaxBoundsTheMap(t *testing.T) {
	t.Parallel()
	m := cow.Map[int, int]{Max: 8}
	for i := range 100 {
		m.Store(i, i)
		if v, ok := m.Load(i); !ok || v != i {
			t.Fatalf("the entry just stored is gone: %d, %v", v, ok)
		}
	}
	if m.Len() != 8 {
		t.Fatalf("Len = %d, want 8", m.Len())
	}
	m.Store(99, 1)
	if m.Len() != 8 {
		t.Fatalf("Len after a replacement = %d, want 8", m.Len())
	}
}

func TestLoadAllocatesNothing(t *testing.T) {
	var m cow.Map[int, int]
	m.Store(1, 1)
	if n := testing.AllocsPerRun(100, func() { m.Load(1) }); n != 0 {
		t.Fatalf("%v allocations a Load, want 0", n)
	}
}
