package produce_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// TestRandomSchedules runs seeded schedules of everything that a Sender does at once, under
// a fake clock, and checks what must hold in each:
//   - done is called once for each message, and a callback once for each message that was queued;
//   - a failure is either returned by Produce, or counted by one Flush or Close;
//   - a Flush that does not say that messages wait leaves none of those from before it;
//   - the client is closed once, unused, with nothing pending, and no goroutine remains.
func TestRandomSchedules(t *testing.T) {
	t.Parallel()
	schedules := 20_000
	if testing.Short() || raceEnabled {
		schedules = 2000
	}
	seen := map[string]int{}
	for seed := range schedules {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, uint64(seed))
			w.run()
			w.check(seen)
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, kind := range []string{"delivered", "returned", "flushed", "given up", "left", "refused", "callback", "flush waits", "output"} {
		if seen[kind] == 0 {
			t.Errorf("no schedule had one that was: %s", kind)
		}
	}
}

// world is one schedule.
type world struct {
	t       *testing.T
	c       *client
	s       *produce.Sender
	patient bool // Close waits for everything

	mu       sync.Mutex
	random   *rand.Rand
	tracked  []*tracked
	flushes  map[*produce.FlushError]bool // each result once: Flush after Close has that of Close
	closeErr error
	outputs  int
}

// tracked is what is known of a message.
type tracked struct {
	async, left               bool
	queued, reported, refused bool
	failed                    error // as the client reported
	returned                  bool  // Produce returned the failure
	done, callback            int
	wantsDone, wantsCallback  bool
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 1)), flushes: map[*produce.FlushError]bool{}}
	w.patient = w.below(2) == 0
	w.c = &client{}
	if w.below(3) > 0 {
		w.c.capacity = 1 + w.below(6)
	}
	w.c.onReport = func(id int64, err *kafkaclient.Error) {
		if id < 0 {
			return // of an output
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		m := w.tracked[id]
		if m.reported {
			t.Errorf("message %d was reported twice: the test is wrong", id)
		}
		if m.reported = true; err != nil {
			m.failed = err
		}
	}
	w.s = newSender(t, w.c, produce.Config{Lingers: w.below(2) == 0})
	return w
}

// below is a random number from 0 to n-1.
func (w *world) below(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

// pause sleeps for 0 to n-1 milliseconds.
func (w *world) pause(n int) { time.Sleep(time.Duration(w.below(n)) * time.Millisecond) }

// run runs the schedule to its end.
func (w *world) run() {
	end := make(chan struct{})
	var broker, all sync.WaitGroup
	broker.Go(func() { w.broker(end) })
	for range 1 + w.below(4) {
		all.Go(func() {
			for range 1 + w.below(6) {
				w.pause(8)
				w.produce()
			}
		})
	}
	for range w.below(3) {
		all.Go(func() { w.pause(30); w.flush() })
	}
	for range w.below(2) {
		all.Go(func() { w.pause(20); w.transact() })
	}
	all.Go(func() { w.pause(60); w.close() })
	all.Wait()
	w.flush() // after Close
	close(end)
	broker.Wait()
}

// broker acknowledges and refuses what is queued.
func (w *world) broker(end <-chan struct{}) {
	for {
		select {
		case <-end:
			return
		case <-time.After(time.Duration(w.below(10)) * time.Millisecond):
		}
		if w.below(3) > 0 {
			w.c.settle(1+w.below(5), nil)
		} else {
			w.c.settle(1+w.below(2), errBroker)
		}
	}
}

func (w *world) produce() {
	m, err := w.s.NewMessage("t")
	if err != nil {
		if !errors.Is(err, produce.ErrClosed) {
			w.t.Errorf("NewMessage: %v", err)
		}
		return
	}
	k := &tracked{async: w.below(2) == 0, wantsDone: w.below(2) == 0}
	k.wantsCallback = k.async && w.below(2) == 0
	w.mu.Lock()
	m.Record.Offset = int64(len(w.tracked))
	w.tracked = append(w.tracked, k)
	w.mu.Unlock()
	count := func(n *int) produce.Callback {
		return produce.CallbackFunc(func(_ produce.Delivery, err error) {
			w.pause(3)
			w.mu.Lock()
			defer w.mu.Unlock()
			if *n++; k.reported && (err != nil) != (k.failed != nil) {
				w.t.Errorf("told %v of a message that has %v", err, k.failed)
			}
		})
	}
	if k.wantsDone {
		m.Done = count(&k.done)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.below(20))*time.Millisecond)
	defer cancel()
	if w.below(8) == 0 {
		_ = m.Fail(errors.New("it does not serialize"))
		k.refused = true
		return
	}
	if !k.async {
		_, err = w.s.Produce(ctx, m)
	} else if k.wantsCallback {
		err = w.s.ProduceAsync(ctx, m, count(&k.callback))
	} else {
		err = w.s.ProduceAsync(ctx, m, nil)
	}
	w.returned(k, err)
}

// returned notes what a call returned.
func (w *world) returned(k *tracked, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e, _ := errors.AsType[*produce.Error](err)
	switch {
	case err == nil:
		k.queued = true
	case e == nil:
		w.t.Errorf("not an Error: %v", err)
	case k.failed != nil && errors.Is(err, k.failed):
		k.queued, k.returned = true, true
	case e.MaybeDelivered:
		k.queued, k.left = true, true
	default:
		k.refused = true
	}
}

func (w *world) flush() {
	w.mu.Lock()
	var before []*tracked
	for _, k := range w.tracked {
		if k.queued {
			before = append(before, k)
		}
	}
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.below(100))*time.Millisecond)
	defer cancel()
	err := w.s.Flush(ctx)
	e, ok := errors.AsType[*produce.FlushError](err)
	if err != nil && !ok {
		w.t.Errorf("Flush: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if e != nil {
		w.flushes[e] = true
	}
	if e != nil && e.Waiting > 0 {
		return
	}
	for _, k := range before {
		if !k.reported {
			w.t.Error("Flush returned before a message had its result")
		}
		if k.wantsCallback && k.callback == 0 {
			w.t.Error("Flush returned before a callback")
		}
	}
}

// transact sends outputs while it uses the client.
func (w *world) transact() {
	_, release, err := w.s.Use()
	if err != nil {
		return
	}
	defer release()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(w.below(200))*time.Millisecond)
	defer cancel()
	for range w.below(4) {
		o := produce.NewOutput(w.s, nil)
		o.Record().Topic, o.Record().Offset = "out", -1
		if o.Send(ctx) == nil {
			w.mu.Lock()
			w.outputs++
			w.mu.Unlock()
		}
		w.pause(4)
	}
	_ = w.s.AwaitReports(ctx)
}

func (w *world) close() {
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if !w.patient {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.below(20))*time.Millisecond)
	}
	defer cancel()
	err := w.s.Close(ctx)
	e, ok := errors.AsType[*produce.FlushError](err)
	if err != nil && !ok || w.patient && ok && e.Waiting > 0 {
		w.t.Errorf("Close: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closeErr = err
	if ok {
		w.flushes[e] = true
	}
}

// check checks what must hold at the end.
func (w *world) check(seen map[string]int) {
	if n := w.s.Stats().Pending; n != 0 || !w.c.isClosed() {
		w.t.Errorf("%d pending; closed: %v", n, w.c.isClosed())
	}
	delivered, failed, unseen := 0, 0, 0
	for i, k := range w.tracked {
		switch {
		case k.queued == k.refused || k.reported != k.queued:
			w.t.Errorf("message %d: queued %v, refused %v, reported %v", i, k.queued, k.refused, k.reported)
		case k.done != count(k.wantsDone) || k.callback != count(k.wantsCallback && k.queued):
			w.t.Errorf("message %d: done was called %d times, the callback %d times: %+v", i, k.done, k.callback, k)
		}
		delivered += count(k.reported && k.failed == nil)
		failed += count(k.failed != nil)
		unseen += count(k.failed != nil && !k.returned)
		seen["returned"] += count(k.returned)
		seen["left"] += count(k.left)
		seen["refused"] += count(k.refused)
		seen["callback"] += k.callback
	}
	told, givenUp := 0, 0
	for e := range w.flushes {
		told += e.Failed
		seen["flush waits"] += count(e.Waiting > 0)
	}
	if e, ok := errors.AsType[*produce.FlushError](w.closeErr); ok {
		givenUp = e.Waiting
	}
	if told > unseen || unseen > told+givenUp {
		w.t.Errorf("%d failures that Produce did not return; flushes told of %d, and Close of %d given up", unseen, told, givenUp)
	}
	if st := w.s.Stats(); int(st.Delivered+st.Failed) != delivered+failed+w.outputs {
		w.t.Errorf("%+v, want %d and %d and %d outputs", st, delivered, failed, w.outputs)
	}
	seen["delivered"] += delivered
	seen["flushed"] += told
	seen["given up"] += givenUp
	seen["output"] += w.outputs
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
