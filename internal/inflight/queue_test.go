package inflight_test

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/concord-go/concord/internal/inflight"
)

func TestASteadyBacklogKeepsASmallRing(t *testing.T) {
	t.Parallel()
	const backlog = 1_000
	total := 5_000_000
	if raceEnabled {
		total /= 20
	}
	q := inflight.NewQueue[int]()
	var batch []int
	pushed, taken, largest := 0, 0, 0
	chunk := make([]int, 100)
	for taken < total {
		for pushed-taken < backlog {
			for i := range chunk {
				chunk[i] = pushed + i
			}
			q.Push(chunk...)
			pushed += len(chunk)
		}
		batch = q.Take(batch, 64)
		for _, v := range batch {
			if v != taken {
				t.Fatalf("took %d, want %d", v, taken)
			}
			taken++
		}
		largest = max(largest, q.Cap())
	}
	if largest > 4*backlog {
		t.Errorf("the ring had room for %d items with a backlog of %d", largest, backlog)
	}
}

func TestAQueueShrinksAfterABurst(t *testing.T) {
	t.Parallel()
	q := inflight.NewQueue[int]()
	for i := range 100_000 {
		q.Push(i)
	}
	var batch []int
	for q.Len() > 100 {
		batch = q.Take(batch, 64)
	}
	if q.Cap() > 1024 {
		t.Errorf("the ring has room for %d items after a burst, with %d queued", q.Cap(), q.Len())
	}
}

func TestSeveralTakersShareItemsAndCloseEndsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := inflight.NewQueue[int]()
		var mu sync.Mutex
		var got []int
		var takers sync.WaitGroup
		for range 4 {
			takers.Go(func() {
				var batch []int
				for {
					if batch = q.Take(batch, 3); len(batch) == 0 {
						return
					}
					mu.Lock()
					if !slices.IsSorted(batch) {
						t.Errorf("a batch is out of order: %v", batch)
					}
					got = append(got, batch...)
					mu.Unlock()
				}
			})
		}
		want := make([]int, 1000)
		for i := range want {
			want[i] = i
			if i%7 == 0 {
				synctest.Wait() // all takers wait: the next Push has to wake one
			}
			q.Push(i)
		}
		synctest.Wait()
		mu.Lock()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d items were taken, want each of %d once", len(got), len(want))
		}
		mu.Unlock()
		q.Push(1, 2, 3)
		q.Close()
		q.Push(4)
		takers.Wait()
		if q.Len() != 0 || q.Cap() != 0 {
			t.Errorf("a closed queue holds %d items in a ring of %d", q.Len(), q.Cap())
		}
		if got := q.Take(nil, 1); len(got) != 0 {
			t.Errorf("a closed queue gave %v", got)
		}
	})
}

func TestOnePushOfManyWakesAllTakers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := inflight.NewQueue[int]()
		hold := make(chan struct{})
		var mu sync.Mutex
		busy := 0
		var takers sync.WaitGroup
		for range 3 {
			takers.Go(func() {
				for len(q.Take(nil, 1)) > 0 {
					mu.Lock()
					busy++
					mu.Unlock()
					<-hold
				}
			})
		}
		synctest.Wait()
		q.Push(1, 2, 3)
		synctest.Wait()
		mu.Lock()
		if busy != 3 {
			t.Errorf("%d of 3 takers got an item", busy)
		}
		mu.Unlock()
		q.Close()
		close(hold)
		takers.Wait()
	})
}
