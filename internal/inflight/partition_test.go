package inflight_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/inflight"
)

func newPartition(limits inflight.Limits, changed func()) (*inflight.Partition, *atomic.Uint64) {
	var handled atomic.Uint64
	return inflight.NewPartition(limits, &handled, changed), &handled
}

func entries(first int64, n, size int) []inflight.Entry {
	all := make([]inflight.Entry, n)
	for i := range all {
		all[i] = inflight.Entry{Offset: first + int64(i), Epoch: 5, Size: size}
	}
	return all
}

func numbers(first inflight.Number, n int) []inflight.Number {
	all := make([]inflight.Number, n)
	for i := range all {
		all[i] = first + inflight.Number(i)
	}
	return all
}

func TestLimitsHaveHysteresis(t *testing.T) {
	t.Parallel()
	for _, limits := range []inflight.Limits{{Records: 100, Bytes: 1 << 30}, {Records: 1 << 20, Bytes: 1000}} {
		p, _ := newPartition(limits, nil)
		if _, full := p.Enqueue(entries(0, 99, 10)); full {
			t.Fatal("full below the limit")
		}
		if _, full := p.Enqueue(entries(99, 1, 10)); !full {
			t.Fatal("not full at the limit")
		}
		if _, full := p.Enqueue(entries(100, 1, 10)); full {
			t.Fatal("it becomes full a second time")
		}
		for i := range 101 {
			var b inflight.Batch
			p.Begin(&b, numbers(inflight.Number(i), 1))
			b.Handled(0)
			p.End(&b)
			left := 100 - i
			if paused := p.Reconcile().Paused; paused != (left > 75) {
				t.Fatalf("paused is %v with %d of 100 left", paused, left)
			}
		}
	}
}

// Behind one record that does not end, others are done and take no room; the list of them has
// a bound all the same.
func TestWhatIsDoneBehindAStuckRecordIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 10
	p, _ := newPartition(inflight.Limits{Records: limit, Bytes: 1 << 30}, nil)
	stuck, _ := p.Enqueue(entries(0, 1, 1))
	var held inflight.Batch
	p.Begin(&held, []inflight.Number{stuck})
	total := 1
	for full := false; !full; {
		var first inflight.Number
		first, full = p.Enqueue(entries(int64(total), 1, 1))
		total++
		if total > 100*limit {
			t.Fatal("there is no bound")
		}
		var b inflight.Batch
		p.Begin(&b, []inflight.Number{first})
		b.Done(0)
		p.End(&b)
	}
	if !p.Reconcile().Paused {
		t.Error("the partition is full, and not paused")
	}
	held.Handled(0)
	p.End(&held)
	if s := p.Reconcile(); s.Paused || s.Position != int64(total) {
		t.Errorf("after the stuck record: %+v, want position %d and no pause", s, total)
	}
}

func TestHoldsAreCounted(t *testing.T) {
	t.Parallel()
	calls := 0
	p, _ := newPartition(inflight.Limits{Records: 10, Bytes: 10}, func() { calls++ })
	first := p.Hold(1)
	second := p.Hold(1)
	other := p.Hold(2)
	if calls != 1 {
		t.Errorf("changed was called %d times before Reconcile", calls)
	}
	first()
	other()
	if !p.Reconcile().Paused || p.Snapshot().Holds[1] != 1 {
		t.Error("one of two holds is left, and the partition is not paused")
	}
	second()
	if calls != 2 {
		t.Errorf("changed was called %d times", calls)
	}
	if p.Reconcile().Paused {
		t.Error("no hold is left, and the partition is paused")
	}
}

func TestBeginsIsAPositionThoughNothingIsDone(t *testing.T) {
	t.Parallel()
	p, _ := newPartition(inflight.Limits{Records: 10, Bytes: 10}, nil)
	p.Begins(42)
	if s := p.Snapshot(); !s.Known || s.Next != 42 {
		t.Errorf("%+v", s)
	}
	p.Enqueue(entries(50, 1, 1))
	if s := p.Reconcile(); !s.Moved || s.Position != 42 || s.Epoch != -1 {
		t.Errorf("%+v", s)
	}
	if s := p.Reconcile(); s.Moved {
		t.Error("it moves twice")
	}
}

func TestClosingWaitsForActiveBatchesAndRefusesOthers(t *testing.T) {
	t.Parallel()
	p, _ := newPartition(inflight.Limits{Records: 10, Bytes: 10}, nil)
	p.Enqueue(entries(0, 3, 1))
	var a, b, c inflight.Batch
	p.Begin(&a, numbers(0, 1))
	p.Begin(&b, numbers(1, 1))
	idle := p.Close()
	select {
	case <-p.Closing():
	default:
		t.Error("Closing is not closed")
	}
	if p.Begin(&c, numbers(2, 1)) {
		t.Error("a batch begins in a partition that is closing")
	}
	a.Handled(0)
	p.End(&a)
	select {
	case <-idle:
		t.Error("idle with a batch at work")
	default:
	}
	p.End(&b) // not handled: abandoned
	<-idle
	<-p.Close()
	if s := p.Reconcile(); s.Position != 1 {
		t.Errorf("position %d, want 1: record 1 was abandoned", s.Position)
	}
	if p.Working() {
		t.Error("it works")
	}
}

func TestMarksOfABatchAtWorkCount(t *testing.T) {
	t.Parallel()
	p, handled := newPartition(inflight.Limits{Records: 100, Bytes: 100}, nil)
	p.Enqueue(entries(0, 4, 1))
	var b inflight.Batch
	p.Begin(&b, numbers(0, 4))
	b.Handled(0)
	b.Done(1)
	if s := p.Reconcile(); s.Position != 2 || handled.Load() != 1 || !p.Working() {
		t.Errorf("position %d, %d handled", s.Position, handled.Load())
	}
	b.Staged(2, true)
	if p.Snapshot(); handled.Load() != 2 {
		t.Errorf("%d handled with one staged", handled.Load())
	}
	p.Grow(7)
	p.End(&b)
	if s := p.Snapshot(); s.Records != 1 || s.Bytes != 8 || handled.Load() != 2 {
		t.Errorf("%+v, %d handled", s, handled.Load())
	}
	p.Finish(2, 7)
	if s := p.Snapshot(); s.Records != 0 || s.Bytes != 0 || s.Next != 3 {
		t.Errorf("%+v", s)
	}
}

func TestWaitForRoomEndsWhenThereIsSome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPartition(inflight.Limits{Records: 4, Bytes: 100}, nil)
		p.Enqueue(entries(0, 4, 1))
		began := time.Now()
		if p.WaitForRoom(50 * time.Millisecond) {
			t.Error("room in a full partition")
		}
		if d := time.Since(began); d != 50*time.Millisecond {
			t.Errorf("waited %v", d)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(10 * time.Millisecond)
			var b inflight.Batch
			p.Begin(&b, numbers(0, 2))
			b.Handled(0)
			b.Handled(1)
			p.End(&b)
		})
		began = time.Now()
		if !p.WaitForRoom(time.Minute) || time.Since(began) != 10*time.Millisecond {
			t.Errorf("room after %v", time.Since(began))
		}
		wg.Wait()
	})
}

func TestASteadyStateAllocatesNothing(t *testing.T) { // not parallel: it counts
	p, _ := newPartition(inflight.Limits{Records: 100, Bytes: 1 << 20}, func() {})
	q := inflight.NewQueue[int]()
	es := entries(0, 10, 100)
	var b inflight.Batch
	var ns [10]inflight.Number
	var items []int
	got := testing.AllocsPerRun(1000, func() {
		first, _ := p.Enqueue(es)
		for i := range ns {
			ns[i] = first + inflight.Number(i)
			q.Push(i)
		}
		items = q.Take(items, 64)
		p.Begin(&b, ns[:])
		for i := range ns {
			b.Handled(i)
		}
		p.End(&b)
		p.Reconcile()
	})
	if got != 0 {
		t.Errorf("%v allocations for 10 records", got)
	}
}
