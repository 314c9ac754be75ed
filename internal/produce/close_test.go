package produce_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// closing closes s with a context of one second, and returns how long that takes and what Close does.
func closing(t *testing.T, s *produce.Sender) (time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	err := s.Close(ctx)
	return time.Since(began), err
}

func wantStuck(t *testing.T, s *produce.Sender, text string) {
	t.Helper()
	took, err := closing(t, s)
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("Close: %v, want %q", err, text)
	}
	if took != 6*time.Second {
		t.Errorf("Close took %v, want the context's 1 s and 5 s", took)
	}
}

// R20: a transaction is in the client when Close begins.
func TestCloseWaitsForUsersAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}}
		s := newSender(t, c, produce.Config{})
		used, release, err := s.Use()
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		<-s.Closing()
		if _, _, err := s.Use(); !errors.Is(err, produce.ErrClosed) {
			t.Errorf("Use during Close: %v", err)
		}
		time.Sleep(time.Hour)
		used.Hurry() // the client fails the test if it is closed
		if c.isClosed() {
			t.Error("the client is closed")
		}
		release()
		release() // once counts
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		if !c.isClosed() {
			t.Error("the client is not closed")
		}
	})
}

func TestCloseSaysThatAUserStaysAndEndsInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		_, release, err := s.Use()
		if err != nil {
			t.Fatal(err)
		}
		wantStuck(t, s, "still in use")
		if c.isClosed() {
			t.Error("the client was closed while it was in use")
		}
		release()
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if !c.isClosed() {
			t.Error("the client is not closed")
		}
	})
}

func TestCloseSaysThatACallbackDoesNotReturn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		unblock := make(chan struct{})
		async(t, s, produce.CallbackFunc(func(produce.Delivery, error) { <-unblock }))
		c.settle(-1, nil)
		wantStuck(t, s, "a callback does not return")
		if c.isClosed() {
			t.Error("the client was closed during a callback")
		}
		close(unblock)
		var e *produce.FlushError
		if err := s.Close(t.Context()); !errors.As(err, &e) || e.Waiting != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("second Close: %v", err)
		}
		if !c.isClosed() {
			t.Error("the client is not closed")
		}
	})
}

func TestCloseSaysThatTheClientDoesNotClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		c := &client{onClose: func() { <-unblock }}
		s := newSender(t, c, produce.Config{})
		wantStuck(t, s, "the client does not close")
		close(unblock)
		if err := s.Close(t.Context()); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// A report may come before the client's Produce has returned.
func TestCloseWaitsForACallThatQueuesAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, back := range []produce.Callback{nil, produce.CallbackFunc(func(produce.Delivery, error) {})} {
			c := &client{}
			c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil); time.Sleep(time.Hour) }
			s := newSender(t, c, produce.Config{})
			var sent sync.WaitGroup
			sent.Go(func() { async(t, s, back) })
			synctest.Wait()
			if n := s.Stats().Pending; n != 0 {
				t.Fatalf("%d pending, want the report to have come", n)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
			sent.Wait()
		}
	})
}

func TestCloseGivesUpWhatHasNoResultInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{conn: errUnreached}
		s := newSender(t, c, produce.Config{})
		var told error
		async(t, s, produce.CallbackFunc(func(_ produce.Delivery, err error) { told = err }))
		async(t, s, nil)
		var sent sync.WaitGroup
		sent.Go(func() {
			_, err := s.Produce(t.Context(), message(t, s))
			if kafkaclient.KindOf(err) != kafkaclient.Purged {
				t.Errorf("Produce: %v", err)
			}
		})
		synctest.Wait()
		took, err := closing(t, s)
		var e *produce.FlushError
		if !errors.As(err, &e) || e.Waiting != 3 || e.Failed != 0 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no broker reached") {
			t.Errorf("Close: %v", err)
		}
		if took > 1200*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		if kafkaclient.KindOf(told) != kafkaclient.Purged || !strings.Contains(told.Error(), "no broker reached") {
			t.Errorf("the callback was told %v", told)
		}
		sent.Wait()
		if again := s.Close(t.Context()); again != err {
			t.Errorf("second Close: %v", again)
		}
		if again := s.Flush(t.Context()); again != err {
			t.Errorf("Flush after Close: %v", again)
		}
		if n := s.Stats(); n.Pending != 0 || n.Failed != 3 {
			t.Errorf("%+v", n)
		}
	})
}

// R34: flushes that hurry the client, beside Close.
func TestCloseWaitsForAFlushThatHurriesTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{onHurry: func() { time.Sleep(7 * time.Millisecond) }}
		s := newSender(t, c, produce.Config{Lingers: true})
		for range 20 {
			async(t, s, nil)
		}
		var both sync.WaitGroup
		for range 4 {
			both.Go(func() {
				if err := s.Flush(t.Context()); err != nil {
					t.Errorf("Flush: %v", err)
				}
			})
		}
		both.Go(func() {
			time.Sleep(3 * time.Millisecond)
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		time.Sleep(25 * time.Millisecond)
		c.settle(-1, nil)
		both.Wait()
		if c.hurries < 10 {
			t.Errorf("hurried %d times", c.hurries)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Errorf("Flush after Close: %v", err)
		}
	})
}

func TestCloseWaitsForAFlushThatIsInTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hour := time.Hour
		c := &client{}
		c.onHurry = func() { d := hour; hour = 0; time.Sleep(d) }
		s := newSender(t, c, produce.Config{Lingers: true})
		async(t, s, nil)
		began := time.Now()
		go s.Flush(t.Context())
		synctest.Wait()
		closeAll(t, s, c)
		if took := time.Since(began); took != time.Hour {
			t.Errorf("Close took %v, want the hour of the flush", took)
		}
	})
}

func TestAMessageFromBeforeCloseIsRefusedAfterIt(t *testing.T) {
	t.Parallel()
	for range 500 {
		c := &client{}
		c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil) }
		s := newSender(t, c, produce.Config{})
		early, late := message(t, s), message(t, s)
		var both sync.WaitGroup
		both.Go(func() {
			if err := s.ProduceAsync(t.Context(), early, nil); err != nil && !errors.Is(err, produce.ErrClosed) {
				t.Errorf("ProduceAsync beside Close: %v", err)
			}
		})
		both.Go(func() {
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		both.Wait()
		if err := s.ProduceAsync(t.Context(), late, nil); !errors.Is(err, produce.ErrClosed) {
			t.Fatalf("ProduceAsync after Close: %v", err)
		}
	}
}

func TestFlushDuringCloseEndsWithItsContextAndLeavesFailuresToClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		s := newSender(t, c, produce.Config{})
		async(t, s, nil)
		async(t, s, nil)
		c.settle(1, errBroker)
		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		<-s.Closing()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var e *produce.FlushError
		if err := s.Flush(ctx); !errors.As(err, &e) || e.Waiting != 1 || e.Failed != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v", err)
		}
		c.settle(-1, nil)
		if err := <-closed; failures(err) != 1 {
			t.Errorf("Close: %v, want one failure", err)
		}
	})
}

// Real goroutines, for the race detector.
func TestEverythingBesideClose(t *testing.T) {
	t.Parallel()
	for range 200 {
		c := &client{capacity: 8, onPartitions: func(context.Context, string) (int32, error) { return 4, nil }}
		c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil) }
		s := newSender(t, c, produce.Config{Lingers: true})
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for range 20 {
					m, err := s.NewMessage("t")
					switch {
					case err != nil:
						return
					case i%2 == 0:
						err = s.ProduceAsync(t.Context(), m, nil)
					default:
						_, err = s.Produce(t.Context(), m)
					}
					if err != nil && !errors.Is(err, produce.ErrClosed) {
						t.Errorf("produce: %v", err)
					}
				}
			})
			all.Go(func() { _ = s.Flush(t.Context()) })
			all.Go(func() { _, _ = s.Partitions(t.Context(), "t") })
			all.Go(func() {
				if client, release, err := s.Use(); err == nil {
					client.Hurry()
					release()
				}
			})
		}
		all.Go(func() {
			if err := s.Close(t.Context()); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		all.Wait()
		if n := s.Stats().Pending; n != 0 || !c.isClosed() {
			t.Fatalf("%d pending, closed: %v", n, c.isClosed())
		}
	}
}
