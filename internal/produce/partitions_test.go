package produce_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

func TestPartitionsAreLookedUpOnceInFiveMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lookups := 0
		c := &client{onPartitions: func(context.Context, string) (int32, error) {
			time.Sleep(time.Second)
			lookups++
			return int32(3 + lookups), nil
		}}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		ask := func(want int32) {
			t.Helper()
			if n, err := s.Partitions(t.Context(), "t"); n != want || err != nil {
				t.Errorf("Partitions: %d, %v; want %d", n, err, want)
			}
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { ask(4) })
		}
		all.Wait()
		time.Sleep(5*time.Minute - time.Nanosecond)
		ask(4)
		time.Sleep(time.Nanosecond)
		ask(5)
		if lookups != 2 {
			t.Errorf("%d lookups, want 2", lookups)
		}
	})
}

func TestAFailedLookupIsNotRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := []int32{0, -1, 7}
		c := &client{onPartitions: func(context.Context, string) (n int32, err error) {
			n, answers = answers[0], answers[1:]
			if n < 0 {
				err = errBroker
			}
			return n, err
		}}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		if _, err := s.Partitions(t.Context(), "t"); kafkaclient.KindOf(err) != kafkaclient.UnknownTopic {
			t.Errorf("no partitions: %v", err)
		}
		if _, err := s.Partitions(t.Context(), "t"); !errors.Is(err, errBroker) {
			t.Errorf("an error: %v", err)
		}
		if n, err := s.Partitions(t.Context(), "t"); n != 7 || err != nil {
			t.Errorf("Partitions: %d, %v", n, err)
		}
	})
}

func TestALookupThatHangsKeepsNeitherCallersNorTheClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		c := &client{onPartitions: func(context.Context, string) (int32, error) { <-unblock; return 1, nil }}
		s := newSender(t, c, produce.Config{})
		began := time.Now()
		if _, err := s.Partitions(t.Context(), "t"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Partitions: %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("Partitions took %v, want 5s", took)
		}
		var asked sync.WaitGroup
		asked.Go(func() {
			began := time.Now()
			if _, err := s.Partitions(t.Context(), "u"); !errors.Is(err, produce.ErrClosed) || time.Since(began) != time.Millisecond {
				t.Errorf("Partitions at Close: %v after %v", err, time.Since(began))
			}
		})
		time.Sleep(time.Millisecond)
		wantStuck(t, s, "still in use")
		asked.Wait()
		if _, err := s.Partitions(t.Context(), "v"); !errors.Is(err, produce.ErrClosed) {
			t.Errorf("Partitions after Close: %v", err)
		}
		close(unblock)
		closeAll(t, s, c)
	})
}
