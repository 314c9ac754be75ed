package produce_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

func TestProduceReturnsWhereTheRecordIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil) }
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		if s.Name() != "client-1" || s.Transactional() {
			t.Errorf("name %q, transactional: %v", s.Name(), s.Transactional())
		}
		done := 0
		m := message(t, s)
		m.Record.Partition = 3
		m.Done = produce.CallbackFunc(func(d produce.Delivery, err error) { done++ })
		got, err := s.Produce(t.Context(), m)
		want := produce.Delivery{Topic: "t", Partition: 3, Timestamp: time.UnixMilli(time.Now().UnixMilli())}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Produce: %v\n%s", err, diff)
		}
		if done != 1 {
			t.Errorf("done was called %d times", done)
		}
		if diff := cmp.Diff(produce.Stats{Delivered: 1}, s.Stats()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAMessageNobodyAsksForHasNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{}
		var tokens []bool
		c.onProduce = func(_ *kafkaclient.Record, token any) { tokens = append(tokens, token != nil) }
		s := newSender(t, c, produce.Config{})
		defer closeAll(t, s, c)
		async(t, s, nil)
		async(t, s, produce.CallbackFunc(func(produce.Delivery, error) {}))
		m := message(t, s)
		m.Done = produce.CallbackFunc(func(produce.Delivery, error) {})
		if err := s.ProduceAsync(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]bool{false, true, true}, tokens); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDoneIsCalledOnceHoweverAMessageEnds(t *testing.T) {
	t.Parallel()
	cause := errors.New("it does not serialize")
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for name, end := range map[string]struct {
		send func(s *produce.Sender, c *client, m *produce.Message) error
		want error
	}{
		"serialization": {func(_ *produce.Sender, _ *client, m *produce.Message) error { return m.Fail(cause) }, cause},
		"queueing": {func(s *produce.Sender, c *client, m *produce.Message) error {
			c.set(func(c *client) { c.refuse = errBroker })
			return s.ProduceAsync(context.Background(), m, nil)
		}, errBroker},
		"closed": {func(s *produce.Sender, _ *client, m *produce.Message) error {
			if err := s.Close(context.Background()); err != nil {
				return err
			}
			_, err := s.Produce(context.Background(), m)
			return err
		}, produce.ErrClosed},
		"context": {func(s *produce.Sender, _ *client, m *produce.Message) error {
			_, err := s.Produce(over, m)
			return err
		}, context.Canceled},
		"full": {func(s *produce.Sender, c *client, m *produce.Message) error {
			c.set(func(c *client) { c.refuse = &kafkaclient.Error{Kind: kafkaclient.QueueFull} })
			return s.ProduceAsync(over, m, produce.CallbackFunc(func(produce.Delivery, error) { panic("called") }))
		}, context.Canceled},
		"report": {func(s *produce.Sender, c *client, m *produce.Message) error {
			c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, errBroker) }
			_, err := s.Produce(context.Background(), m)
			return err
		}, errBroker},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &client{}
				s := newSender(t, c, produce.Config{})
				var told []error
				m := message(t, s)
				m.Done = produce.CallbackFunc(func(_ produce.Delivery, err error) { told = append(told, err) })
				err := end.send(s, c, m)
				var e *produce.Error
				if !errors.Is(err, end.want) || !errors.As(err, &e) || e.Topic != "t" || e.MaybeDelivered {
					t.Errorf("error %v, want %v of the topic t", err, end.want)
				}
				if len(told) != 1 || told[0] != err {
					t.Errorf("done was told %v, want once %v", told, err)
				}
				if n := s.Stats().Pending; n != 0 {
					t.Errorf("%d pending", n)
				}
				closeAll(t, s, c)
			})
		})
	}
}

// R7: an anonymous message of a transactional producer was counted in and never out.
func TestMessagesOfATransactionalProducerAreRefusedBeforeTheyCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{txn: transactions{}}
		s := newSender(t, c, produce.Config{})
		if !s.Transactional() {
			t.Error("not transactional")
		}
		m, err := s.NewMessage("t")
		if m != nil || !errors.Is(err, produce.ErrTransactional) {
			t.Errorf("NewMessage: %v, %v", m, err)
		}
		if n := s.Stats().Pending; n != 0 {
			t.Errorf("%d pending", n)
		}
		closeAll(t, s, c)
	})
}

// A report and the end of the context cross: either Produce returns the failure, or Flush does.
func TestAFailureIsReturnedOrFlushedWhenItCrossesTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	c := &client{}
	s := newSender(t, c, produce.Config{})
	returned, flushed := 0, 0
	for round := range 4000 {
		ctx, cancel := context.WithCancel(t.Context())
		begin := make(chan struct{})
		c.onProduce = func(*kafkaclient.Record, any) { close(begin) }
		var crossing sync.WaitGroup
		switch round % 4 {
		case 0: // the end comes right behind the report
			crossing.Go(func() { <-begin; c.settle(-1, errBroker); c.reports <- cancel })
		case 1: // and right before it
			crossing.Go(func() { <-begin; cancel(); c.settle(-1, errBroker) })
		default:
			crossing.Go(func() { <-begin; c.settle(-1, errBroker) })
			crossing.Go(func() { <-begin; cancel() })
		}
		_, err := s.Produce(ctx, message(t, s))
		crossing.Wait()
		cancel()
		flush := s.Flush(t.Context())
		switch {
		case errors.Is(err, errBroker) && flush == nil:
			returned++
		case errors.Is(err, context.Canceled) && failures(flush) == 1:
			flushed++
		default:
			t.Fatalf("Produce: %v; Flush: %v", err, flush)
		}
	}
	if returned == 0 || flushed == 0 {
		t.Errorf("%d were returned, %d flushed: they did not cross", returned, flushed)
	}
	closeAll(t, s, c)
}

func failures(err error) int {
	if e, ok := errors.AsType[*produce.FlushError](err); ok {
		return e.Failed
	}
	return 0
}

func TestAnErrorSaysThatNoBrokerIsReached(t *testing.T) {
	t.Parallel()
	late := &kafkaclient.Error{Kind: kafkaclient.TimedOut, MaybeWritten: true, Text: "message timed out"}
	timedOut := func(c *client) func() { return func() { c.settle(-1, late) } }
	for name, test := range map[string]struct {
		do   func(ctx context.Context, s *produce.Sender, c *client) error
		want string
		is   error
	}{
		"Produce": {func(ctx context.Context, s *produce.Sender, c *client) error {
			_, err := s.Produce(ctx, message(c.t, s))
			return err
		}, "context deadline exceeded (no broker reached: brokers a:9092) (it may be delivered", context.DeadlineExceeded},
		"full queue": {func(ctx context.Context, s *produce.Sender, c *client) error {
			c.set(func(c *client) { c.refuse = &kafkaclient.Error{Kind: kafkaclient.QueueFull} })
			return s.ProduceAsync(ctx, message(c.t, s), nil)
		}, "context deadline exceeded (no broker reached: brokers a:9092)", context.DeadlineExceeded},
		"timed out": {func(ctx context.Context, s *produce.Sender, c *client) error {
			time.AfterFunc(time.Millisecond, timedOut(c))
			_, err := s.Produce(ctx, message(c.t, s))
			return err
		}, "message timed out (no broker reached: brokers a:9092)", late},
		"callback": {func(_ context.Context, s *produce.Sender, c *client) error {
			told := make(chan error, 1)
			async(c.t, s, produce.CallbackFunc(func(_ produce.Delivery, err error) { told <- err }))
			timedOut(c)()
			return <-told
		}, "message timed out (no broker reached: brokers a:9092)", late},
		"Flush": {func(ctx context.Context, s *produce.Sender, c *client) error {
			async(c.t, s, nil)
			return s.Flush(ctx)
		}, "0 messages failed, 1 not acknowledged: context deadline exceeded (no broker reached: brokers a:9092)", context.DeadlineExceeded},
		"Flush of a failure": {func(ctx context.Context, s *produce.Sender, c *client) error {
			async(c.t, s, nil)
			timedOut(c)()
			return s.Flush(ctx)
		}, "1 messages failed, 0 not acknowledged: produce to \"t\": message timed out (no broker reached: brokers a:9092)", late},
		"AwaitReports": {func(ctx context.Context, s *produce.Sender, c *client) error {
			o := produce.NewOutput(s, nil)
			if err := o.Send(ctx); err != nil {
				return err
			}
			return s.AwaitReports(ctx)
		}, "context deadline exceeded (no broker reached: brokers a:9092)", context.DeadlineExceeded},
		"Partitions": {func(ctx context.Context, s *produce.Sender, c *client) error {
			c.onPartitions = func(ctx context.Context, _ string) (int32, error) { <-ctx.Done(); return 0, ctx.Err() }
			_, err := s.Partitions(ctx, "t")
			return err
		}, "context deadline exceeded (no broker reached: brokers a:9092)", context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &client{conn: errUnreached}
				s := newSender(t, c, produce.Config{})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := test.do(ctx, s, c)
				if err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, test.is) {
					t.Errorf("error %q, want %q in it", err, test.want)
				}
				if strings.Count(err.Error(), "no broker") != 1 {
					t.Errorf("%q says it more than once", err)
				}
				c.settle(-1, nil)
				_ = s.Close(t.Context()) // some failures are its to tell
			})
		})
	}
}

func TestAFullQueueIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{capacity: 4}
		s := newSender(t, c, produce.Config{})
		for range 4 {
			async(t, s, nil)
		}
		var sent sync.WaitGroup
		for range 4 {
			sent.Go(func() { async(t, s, nil) })
		}
		time.Sleep(time.Second + time.Millisecond/2) // the waits between two looks are at their longest
		if n := s.Stats().Pending; n != 8 {
			t.Errorf("%d pending, want 8", n)
		}
		began := time.Now()
		c.settle(4, nil) // one report for all: what is left of the room is offered on
		sent.Wait()
		if waited := time.Since(began); waited != 0 {
			t.Errorf("room was not offered on: the last one waited %v", waited)
		}
		closeAll(t, s, c)
	})
}

func TestAFullQueueIsWaitedForUntilCloseBegins(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &client{capacity: 1}
		s := newSender(t, c, produce.Config{})
		async(t, s, nil)
		failed := make(chan error, 1)
		go func() { failed <- s.ProduceAsync(t.Context(), message(t, s), nil) }()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- s.Close(t.Context()) }()
		if err := <-failed; !errors.Is(err, produce.ErrClosed) {
			t.Errorf("ProduceAsync: %v", err)
		}
		c.settle(-1, nil)
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestOthersMemoryIsNotKept(t *testing.T) {
	t.Parallel()
	c := &client{}
	c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil) }
	s := newSender(t, c, produce.Config{})
	theirs := []byte(strings.Repeat("x", 4000))
	headers := []kafkaclient.Header{{Key: "a"}, {Key: "b"}}
	for range 100 {
		m := message(t, s)
		if len(m.Record.Headers) > 0 || len(m.KeyBuffer()) > 0 || m.Record.Key != nil {
			t.Fatalf("a new message has remains of another: %+v", m.Record)
		}
		_ = append(m.KeyBuffer(), "key"...)
		_ = append(m.ValueBuffer(), "value"...)
		m.Record.Key, m.Record.Value, m.Record.Headers = theirs, theirs, headers
		if err := s.ProduceAsync(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
		m = message(t, s)
		m.Record.Headers = headers
		m.AddHeader(kafkaclient.Header{Key: "c"})
		if got := len(m.Record.Headers); got != 3 {
			t.Fatalf("%d headers, want 3", got)
		}
		if err := s.ProduceAsync(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
	}
	if string(theirs) != strings.Repeat("x", 4000) || headers[0].Key != "a" || headers[1].Key != "b" {
		t.Error("memory of the caller was written to")
	}
	closeAll(t, s, c)
}

func TestAClientThatCannotBeOpenedIsAnError(t *testing.T) {
	t.Parallel()
	s, err := produce.New(func(kafkaclient.Reporter) (kafkaclient.Producer, error) { return nil, errBroker }, produce.Config{})
	if s != nil || !errors.Is(err, errBroker) {
		t.Errorf("New: %v, %v", s, err)
	}
}

func TestALargeBufferIsNotKept(t *testing.T) {
	t.Parallel()
	c := &client{}
	c.onProduce = func(*kafkaclient.Record, any) { c.settle(-1, nil) }
	s := newSender(t, c, produce.Config{})
	defer closeAll(t, s, c)
	for range 100 {
		m := message(t, s)
		if n := cap(m.ValueBuffer()); n > 64<<10 {
			t.Fatalf("a buffer of %d bytes was kept", n)
		}
		m.Record.Value = append(m.ValueBuffer(), make([]byte, 1<<20)...)
		for range 100 {
			m.AddHeader(kafkaclient.Header{Key: "h"})
		}
		if err := s.ProduceAsync(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
	}
}
