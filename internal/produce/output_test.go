package produce_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

func output(s *produce.Sender, done produce.Callback) *produce.Output {
	o := produce.NewOutput(s, done)
	m := o.Message()
	m.Record.Topic = "out"
	m.Record.Value = append(m.ValueBuffer(), "value"...)
	m.AddHeader(kafkaclient.Header{Key: "k", Value: []byte("v")})
	return o
}

func TestAnOutputIsWrittenAgainAfterAnAbort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		var told []produce.Delivery
		o := output(s, produce.CallbackFunc(func(d produce.Delivery, err error) {
			if err != nil {
				t.Errorf("done: %v", err)
			}
			told = append(told, d)
		}))
		if o.Size() != 7 {
			t.Errorf("size %d, want 7", o.Size())
		}
		if _, err := o.Result(); err == nil {
			t.Error("a result before Send")
		}
		first := time.UnixMilli(time.Now().UnixMilli())
		purged := &kafkaclient.Error{Kind: kafkaclient.Purged, MaybeWritten: true}
		for i, reason := range []*kafkaclient.Error{purged, nil} {
			if err := o.Send(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Result(); err == nil {
				t.Error("a result before the report")
			}
			if err := o.Send(t.Context()); err == nil {
				t.Error("sent twice at a time")
			}
			if n := s.Stats().Pending; n != 1 {
				t.Errorf("%d pending, want 1", n)
			}
			time.Sleep(time.Second)
			c.settle(-1, reason)
			if err := s.AwaitReports(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Result(); (err == nil) != (i == 1) || reason != nil && !errors.Is(err, purged) {
				t.Errorf("attempt %d: %v", i, err)
			}
		}
		want := produce.Delivery{Topic: "out", Partition: 3, Offset: 1, Timestamp: first}
		o.Finish(nil)
		o.Finish(errors.New("late"))
		if diff := cmp.Diff([]produce.Delivery{want}, told); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(produce.Stats{Delivered: 1, Failed: 1}, s.Stats()); diff != "" {
			t.Error(diff)
		}
		if a, b := c.taken[0], c.taken[1]; !a.Timestamp.Equal(b.Timestamp) || len(b.Headers) != 1 {
			t.Errorf("the second attempt differs: %v, %v", a, b)
		}
	})
}

func TestAnOutputThatIsDroppedFinishesWithAnErrorOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}}
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		dropped := errors.New("aborted")
		told := 0
		o := output(s, produce.CallbackFunc(func(_ produce.Delivery, err error) {
			told++
			var e *produce.Error
			if !errors.Is(err, dropped) || !errors.As(err, &e) || e.Topic != "out" {
				t.Errorf("done: %v", err)
			}
		}))
		o.Finish(dropped)
		o.Finish(nil)
		if told != 1 {
			t.Errorf("done was called %d times", told)
		}
		output(s, nil).Finish(nil) // no interceptors
	})
}

func TestAnOutputThatIsRefusedHasTheErrorAsItsResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}, refuse: errBroker}
		s := newSender(t, c, produce.Config{})
		o := output(s, nil)
		if err := o.Send(t.Context()); kafkaclient.KindOf(err) != kafkaclient.MessageRefused {
			t.Errorf("Send: %v", err)
		}
		if _, err := o.Result(); !errors.Is(err, errBroker) {
			t.Errorf("Result: %v", err)
		}
		c.set(func(c *client) { c.refuse = nil; c.capacity = 1 })
		if err := o.Send(t.Context()); err != nil {
			t.Errorf("Send again: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		full := output(s, nil)
		if err := full.Send(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send to a full queue: %v", err)
		}
		if n := s.Stats().Pending; n != 1 {
			t.Errorf("%d pending, want 1", n)
		}
		closeAll(t, s, c)
		if err := o.Send(t.Context()); !errors.Is(err, produce.ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
		if err := s.AwaitReports(t.Context()); err != nil {
			t.Errorf("AwaitReports after Close: %v", err)
		}
	})
}

// What ends the wait for reports: their context, or Close, which gives outputs up.
func TestTheWaitForReportsEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}}
		s := newSender(t, c, produce.Config{})
		o := output(s, nil)
		if err := o.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.AwaitReports(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("AwaitReports: %v", err)
		}
		_, release, err := s.Use()
		if err != nil {
			t.Fatal(err)
		}
		waited := make(chan error, 1)
		go func() {
			defer release()
			waited <- s.AwaitReports(t.Context())
		}()
		var e *produce.FlushError
		if took, err := closing(t, s); !errors.As(err, &e) || e.Waiting != 1 || took > 1200*time.Millisecond {
			t.Errorf("Close: %v after %v", err, took)
		}
		if err := <-waited; err != nil {
			t.Errorf("AwaitReports during Close: %v", err)
		}
		if _, err := o.Result(); kafkaclient.KindOf(err) != kafkaclient.Purged {
			t.Errorf("Result: %v", err)
		}
	})
}
