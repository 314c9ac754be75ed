package produce_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/produce"
)

func TestFlushReportsAFailureThatNobodySawOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		async(t, s, nil)                                                                 // anonymous
		async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))              // a callback
		left, cancel := context.WithCancel(t.Context())                                  // a caller that leaves
		time.AfterFunc(time.Second, cancel)                                              //
		if _, err := s.Produce(left, message(t, s)); !errors.Is(err, context.Canceled) { //
			t.Fatal(err)
		}
		var told sync.WaitGroup
		told.Go(func() { // a caller that is told: not counted
			if _, err := s.Produce(t.Context(), message(t, s)); !errors.Is(err, errBroker) {
				t.Errorf("Produce: %v", err)
			}
		})
		synctest.Wait()
		c.settle(-1, errBroker)
		told.Wait()
		err := s.Flush(t.Context())
		var e *produce.FlushError
		if !errors.As(err, &e) || e.Failed != 3 || e.Waiting != 0 || !errors.Is(err, errBroker) {
			t.Errorf("Flush: %v, want 3 failures", err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Errorf("second Flush: %v", err)
		}
	})
}

func TestTwoFlushesReportAFailureOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		for range 3 {
			async(t, s, nil)
			async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))
		}
		results := make(chan error, 2)
		for range 2 {
			go func() { results <- s.Flush(t.Context()) }()
		}
		synctest.Wait()
		c.settle(-1, errBroker)
		if got := failures(<-results) + failures(<-results); got != 6 {
			t.Errorf("the two reported %d failures, want 6", got)
		}
	})
}

func TestFlushEndsWithItsContextAndTheNextOneGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		async(t, s, nil)
		async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))
		async(t, s, nil)
		c.settle(1, errBroker)
		for round := range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			err := s.Flush(ctx)
			cancel()
			var e *produce.FlushError
			if !errors.As(err, &e) || e.Waiting != 2 || e.Failed != 1-round {
				t.Errorf("Flush: %+v, want 2 waiting and %d failed", err, 1-round)
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("Flush took %v", took)
			}
		}
		time.AfterFunc(time.Second, func() { c.settle(-1, nil) })
		if err := s.Flush(t.Context()); err != nil {
			t.Errorf("last Flush: %v", err)
		}
	})
}

func TestMessagesOfLaterDoNotDelayAFlush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		async(t, s, nil)
		async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))
		flushed := make(chan error, 1)
		go func() { flushed <- s.Flush(t.Context()) }()
		synctest.Wait()
		for range 10 {
			async(t, s, nil)
			async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))
		}
		c.settle(2, nil)
		synctest.Wait()
		select {
		case err := <-flushed:
			if err != nil {
				t.Errorf("Flush: %v", err)
			}
		default:
			t.Error("Flush waits for messages that were produced after it began")
		}
		if n := s.Stats().Pending; n != 20 {
			t.Errorf("%d pending, want 20", n)
		}
	})
}

func TestOnlyAFlushOfAClientThatLingersHurriesIt(t *testing.T) {
	t.Parallel()
	for _, lingers := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := &client{}
			s := newSender(t, c, produce.Config{Lingers: lingers})
			async(t, s, nil)
			time.AfterFunc(time.Second, func() { c.settle(-1, nil) })
			if err := s.Flush(t.Context()); err != nil {
				t.Errorf("Flush: %v", err)
			}
			if got := c.hurries >= 50; got != lingers {
				t.Errorf("lingers: %v, hurried %d times", lingers, c.hurries)
			}
			closeAll(t, s, c)
		})
	}
}
