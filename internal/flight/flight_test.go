package flight_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/concord-go/concord/internal/flight"
)

func TestConcurrentCallersShareOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int]
		var calls atomic.Int32
		release := make(chan struct{})
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				v, err := g.Do(t.Context(), "k", func(context.Context) (int, error) {
					calls.Add(1)
					<-release
					return 7, nil
				})
				if v != 7 || err != nil {
					t.Errorf("Do = %d, %v; want 7", v, err)
				}
			})
		}
		synctest.Wait() // all 64 wait
		close(release)
		wg.Wait()
		if n := calls.Load(); n != 1 {
			t.Fatalf("%d calls, want 1", n)
		}
		if v, _ := g.Do(t.Context(), "k", func(context.Context) (int, error) { return 8, nil }); v != 8 {
			t.Fatalf("a later Do got %d: a result must not be kept", v)
		}
	})
}

func TestKeysDoNotWaitForOneAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[int, int]
		release := make(chan struct{})
		defer close(release)
		go g.Do(t.Context(), 1, func(context.Context) (int, error) { <-release; return 0, nil })
		synctest.Wait()
		if v, err := g.Do(t.Context(), 2, func(context.Context) (int, error) { return 2, nil }); v != 2 || err != nil {
			t.Fatalf("Do(2) = %d, %v while key 1 hangs", v, err)
		}
	})
}

func TestACancelledWaiterLeavesAndTheCallGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int]
		release := make(chan struct{})
		var callErr atomic.Value
		fn := func(ctx context.Context) (int, error) {
			select {
			case <-release:
				return 7, nil
			case <-ctx.Done():
				callErr.Store(ctx.Err())
				return 0, ctx.Err()
			}
		}
		first, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := g.Do(first, "k", fn)
			left <- err
		}()
		synctest.Wait()
		stayed := make(chan int, 1)
		go func() {
			v, _ := g.Do(t.Context(), "k", fn)
			stayed <- v
		}()
		synctest.Wait()
		leave() // the caller whose context the call began with
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("the waiter that left got %v", err)
		}
		close(release)
		if v := <-stayed; v != 7 {
			t.Fatalf("the waiter that stayed got %d, want 7", v)
		}
		if err := callErr.Load(); err != nil {
			t.Fatalf("the call was cancelled (%v) though somebody waited", err)
		}
	})
}

func TestTheCallIsCancelledWhenAllHaveLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int]
		ctx, cancel := context.WithCancel(t.Context())
		cancelled, mayEnd := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_, err := g.Do(ctx, "k", func(ctx context.Context) (int, error) {
					<-ctx.Done()
					close(cancelled)
					<-mayEnd
					return 0, ctx.Err()
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Do = %v, want context.Canceled", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		<-cancelled
		// The abandoned call still runs: a new caller must not join it.
		if v, err := g.Do(t.Context(), "k", func(context.Context) (int, error) { return 9, nil }); v != 9 || err != nil {
			t.Fatalf("Do after an abandoned call = %d, %v; want 9", v, err)
		}
		close(mayEnd)
	})
}

func TestTheCallKeepsTheFirstCallersValuesAndNotItsDeadline(t *testing.T) {
	t.Parallel()
	type key struct{}
	var g flight.Group[string, any]
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "trace"), 1<<40)
	defer cancel()
	v, err := g.Do(ctx, "k", func(ctx context.Context) (any, error) {
		if _, has := ctx.Deadline(); has {
			t.Error("the call has its first caller's deadline")
		}
		return ctx.Value(key{}), nil
	})
	if v != "trace" || err != nil {
		t.Fatalf("Do = %v, %v", v, err)
	}
}

func TestAPanicReachesEveryWaiterAndWedgesNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var g flight.Group[string, int]
		release := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				defer func() {
					p, ok := recover().(*flight.PanicError)
					if !ok || p.Value != "boom" || len(p.Stack) == 0 {
						t.Errorf("the waiter did not panic with the call's value")
					}
				}()
				g.Do(t.Context(), "k", func(context.Context) (int, error) {
					<-release
					panic("boom")
				})
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if v, _ := g.Do(t.Context(), "k", func(context.Context) (int, error) { return 1, nil }); v != 1 {
			t.Fatal("the key is wedged after a panic")
		}
	})
}

func TestGoexitReachesTheWaiters(t *testing.T) {
	t.Parallel()
	var g flight.Group[string, int]
	_, err := g.Do(t.Context(), "k", func(context.Context) (int, error) { runtime.Goexit(); return 0, nil })
	if !errors.Is(err, flight.ErrGoexit) {
		t.Fatalf("Do = %v, want ErrGoexit", err)
	}
}

func TestAnEndedContextStartsNothing(t *testing.T) {
	t.Parallel()
	var g flight.Group[string, int]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.Do(ctx, "k", func(context.Context) (int, error) { t.Error("called"); return 0, nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Do = %v", err)
	}
}
