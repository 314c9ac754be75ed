package consume

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// run is one Run: the partitions that are assigned, and the workers that handle their records.
type run struct {
	*Engine
	caller    context.Context // Run's
	ctx       context.Context // of all handlers
	cancel    context.CancelFunc
	waits     context.Context // of what waits on behalf of a record: it ends when the run stops
	endWaits  context.CancelFunc
	stop      *inflight.Signal
	committer Committer // nil: the engine commits
	pool      *handle.Pool
	stopWhen  <-chan struct{}
	stopAt    StopAt

	queues []*inflight.Queue[handle.Item] // shared by the partitions; none where each has its own
	seed   maphash.Seed
	spread int // of the next record without a key

	// The owner's:
	parts      map[kafkaclient.TopicPartition]*partition
	fetch      kafkaclient.Fetch
	fresh      map[kafkaclient.TopicPartition]bool // assigned during the Poll under way: records that it brings are from before
	commits    commits
	full       int // partitions that are paused because they are full
	reconciled time.Time
	measured   time.Time
	joinedAt   time.Time // the run began, or its last partition was lost; zero: that was logged, or partitions were assigned
	subscribed bool
	settled    bool // the ends were looked up since the last record
	items      []handle.Item
	entries    []inflight.Entry

	mu       sync.Mutex
	changed  []*partition
	dirty    atomic.Bool // there are changed ones
	failed   error
	panicVal *handlerPanic
	ended    bool // Run has returned, or is about to: nobody will see a failure
}

// handlerPanic is a panic of a handler on its way to the goroutine that called Run.
type handlerPanic struct {
	value any
	stack []byte
}

func (p *handlerPanic) String() string {
	return fmt.Sprintf("%v\n\nthe handler's stack:\n%s", p.value, p.stack)
}

func (e *Engine) newRun(ctx context.Context, newWork func() handle.Work, mode Mode) *run {
	r := &run{
		Engine: e, caller: ctx, stop: inflight.NewSignal(), stopWhen: mode.Stop, stopAt: cmp.Or(mode.StopAt, e.cfg.StopAt),
		seed: maphash.MakeSeed(), parts: make(map[kafkaclient.TopicPartition]*partition), fresh: make(map[kafkaclient.TopicPartition]bool), joinedAt: time.Now(),
	}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.waits, r.endWaits = context.WithCancel(r.ctx)
	r.commits.init(r)
	if mode.Committer != nil {
		r.committer = mode.Committer(&Host{r})
	}
	r.pool = handle.NewPool(r.handling(newWork, mode), handle.Run{
		Context: r.ctx, Stop: r.stop, Log: e.log, Counters: &e.counts.Counters, Owned: &e.owned, Fail: r.fail, Panic: r.panics, Late: r.lateFailure,
	})
	switch e.cfg.Order {
	case ByKey:
		for range max(e.cfg.Workers, 1) {
			q := inflight.NewQueue[handle.Item]()
			r.queues = append(r.queues, q)
			r.pool.Start(q, inflight.BatchMax)
		}
	case Unordered:
		r.queues = []*inflight.Queue[handle.Item]{inflight.NewQueue[handle.Item]()}
		for range max(e.cfg.Workers, 1) {
			r.pool.Start(r.queues[0], 1)
		}
	}
	e.owned.Go(r.watch)
	return r
}

// handling is what the workers do.
func (r *run) handling(newWork func() handle.Work, mode Mode) handle.Config {
	c := handle.Config{
		Group: r.cfg.Group, NewWork: newWork, Policy: r.cfg.Policy, Backoff: r.cfg.Backoff, Recover: r.cfg.Recover, Intercept: r.cfg.Intercept,
		DeadLetters: r.cfg.DeadLetters, Retries: r.cfg.Retries, Sink: mode.Sink,
	}
	if r.committer != nil {
		c.Stage = r.committer.Staged
	}
	return c
}

// watch raises stop when the run is to end, and ends the handlers' context a while later.
func (r *run) watch() {
	select {
	case <-r.caller.Done():
	case <-r.closing.C():
	case <-r.stopWhen:
	case <-r.stop.C():
	case <-r.ctx.Done():
		return
	}
	r.stop.Raise()
	r.endWaits()
	timer := time.NewTimer(r.cfg.Drain)
	defer timer.Stop()
	select {
	case <-timer.C:
		r.cancel()
	case <-r.ctx.Done():
	}
}

// begin subscribes to the topics, or assigns what was asked for.
func (r *run) begin(topics []string) error {
	if r.cfg.Retries != nil {
		topics = r.cfg.Retries.Topics.Topics(topics)
	}
	if r.cfg.Partitions != nil {
		return r.assignManually(topics)
	}
	if err := r.client.Subscribe(topics, members{r.Engine}); err != nil {
		return &Error{Doing: "subscribe", Err: err}
	}
	r.subscribed = true
	return nil
}

// loop polls until the run is to stop.
func (r *run) loop() error {
	for {
		if r.stop.Raised() || r.finished() {
			return nil
		}
		if r.committer != nil {
			if err := r.committer.Step(); err != nil {
				return err
			}
		} else {
			r.commits.step()
		}
		select {
		case s := <-r.seeks:
			s.done <- r.seek(s.to)
		default:
		}
		r.fetch.Reset()
		clear(r.fresh)
		r.client.Poll(r.pollWait(), &r.fetch)
		if err := r.dispatch(); err != nil {
			return err
		}
		if r.fetch.Empty() {
			r.logUnassigned()
		}
		if r.fetch.Empty() || time.Since(r.reconciled) > reconcileEvery {
			r.reconcile()
		}
	}
}

// pollWait is how long polling may take: changes wait for its end.
func (r *run) pollWait() time.Duration {
	if r.full > 0 || r.dirty.Load() || r.committer != nil && r.committer.Pending() {
		return busyWait
	}
	return pollWait
}

// finish gives everything up in good order: handlers drain, what is done is committed, and the
// group is left. A static member stays.
func (r *run) finish() error {
	r.stop.Raise()
	r.state.Store(int32(notRunning))
	assigned := slices.Collect(maps.Keys(r.parts))
	err := r.release(r.all(), false)
	if err != nil {
		err = &Error{Doing: "end", Err: err}
	}
	err = join(err, r.commits.now())
	if r.cfg.Static && r.subscribed {
		r.startIdling(assigned)
	} else if leaving := r.client.Leave(leaveWait); leaving != nil {
		err = join(err, &Error{Doing: "leave the group", Err: leaving})
	}
	return err
}

// close ends the workers, once their handlers return.
func (r *run) close() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.stop.Raise()
	r.cancel()
	if r.commits.cancel != nil {
		r.commits.cancel()
	}
	for _, q := range r.queues {
		q.Close()
	}
	for _, p := range r.parts { // where an observer has panicked while they were given up
		p.Close()
		p.Leave()
		if p.queue != nil {
			p.queue.Close()
		}
		r.counts.remove(p)
	}
	if r.committer != nil {
		r.committer.End()
	}
}

// fail ends the run with its first failure. After Run has returned it is logged and counted:
// nobody would see it otherwise.
func (r *run) fail(err error) {
	if errors.Is(err, handle.ErrTooManyDeadLetters) {
		err = &Error{Doing: "consume", Err: err}
	}
	r.stop.Raise()
	r.mu.Lock()
	ended := r.ended
	if !ended && r.failed == nil {
		r.failed = err
	}
	r.mu.Unlock()
	if ended {
		r.lateFailure(err)
	}
}

// lateFailure logs and counts what fails after Run has returned, or while it does.
func (r *run) lateFailure(err error) {
	r.mu.Lock()
	ended := r.ended
	r.mu.Unlock()
	if ended {
		r.counts.late.Add(1)
		r.log.Log(context.Background(), slog.LevelError, "a handler failed after its run had ended", "late", err)
	}
}

// panics keeps the first panic for Run's goroutine.
func (r *run) panics(value any) {
	r.stop.Raise()
	p := &handlerPanic{value, debug.Stack()}
	r.mu.Lock()
	ended := r.ended
	if !ended && r.panicVal == nil {
		r.panicVal = p
	}
	r.mu.Unlock()
	if ended {
		r.counts.late.Add(1)
		r.log.Log(context.Background(), slog.LevelError, "a handler panicked after its run had ended", "late",
			&handle.PanicError{Value: value, Stack: p.stack}, slog.String("stack", string(p.stack)))
	}
}

func (r *run) panicked() *handlerPanic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.panicVal
}

// failure is the first failure of a handler. From then on further ones are logged.
func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	return r.failed
}
