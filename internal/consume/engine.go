package consume

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/ratelog"
)

// Engine is a consumer without its types. Run runs it once at a time; the other methods may be
// called from any goroutine.
type Engine struct {
	client kafkaclient.Consumer
	cfg    Config
	log    *ratelog.Logger
	counts counters
	state  atomic.Int32 // a readiness

	running    chan struct{} // one token: held by the run in progress
	committing chan struct{} // one token: held while the client commits
	seeks      chan seekRequest
	closing    *inflight.Signal
	closed     chan struct{} // closed when everything has ended
	once       sync.Once
	err        error // of closing; read it after closed
	owned      sync.WaitGroup

	// What is left of earlier runs; of whoever holds the token:
	run        *run // nil between runs
	idling     *idling
	placed     map[kafkaclient.TopicPartition]bool            // partitions whose start position was committed
	stragglers map[kafkaclient.TopicPartition]<-chan struct{} // handlers that were given up
}

const (
	// pollWait bounds how long the end of a context goes unnoticed, and busyWait how long it
	// is until a paused partition goes on.
	pollWait = 100 * time.Millisecond
	busyWait = 5 * time.Millisecond
	// commitWait and leaveWait bound what the end of a run waits for when no broker answers.
	commitWait = 5 * time.Second
	leaveWait  = 5 * time.Second
	// afterCancel is how long a handler may take to notice that its context has ended.
	afterCancel = 2 * time.Second
	// closeMost is how long, besides the drain timeout, Close waits at the most: for a
	// rebalance and the end of the run (afterCancel, a transaction and commitWait each),
	// leaveWait, and the client's own end.
	closeMost = 45 * time.Second
)

// New makes an engine, which owns the client from then on.
func New(client kafkaclient.Consumer, cfg Config) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Engine{
		client: client, cfg: cfg, log: ratelog.New(cfg.Log, client.Name()),
		running: make(chan struct{}, 1), committing: make(chan struct{}, 1), seeks: make(chan seekRequest), closing: inflight.NewSignal(), closed: make(chan struct{}),
		placed:     make(map[kafkaclient.TopicPartition]bool),
		stragglers: make(map[kafkaclient.TopicPartition]<-chan struct{}),
	}
}

// Mode is what a run does besides handling; its zero value is the usual one.
type Mode struct {
	// Committer writes in transactions; nil: the engine commits.
	Committer func(*Host) Committer
	// Sink takes dead letters and delayed records in place of the configured sinks.
	Sink handle.Sink
	// Stop ends the run without an error when it is closed.
	Stop <-chan struct{}
	// StopAt takes the place of the configured one, unless it is StopNever.
	StopAt StopAt
}

// Run reads the topics until ctx is done, the engine is closed, or something fails. newWork makes
// the typed half of each worker. It returns nil, a [*Failure], or an [*Error]; several are joined. A
// panic of a handler becomes one of Run, unless Config.Recover is set.
func (e *Engine) Run(ctx context.Context, topics []string, newWork func() handle.Work, mode Mode) error {
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	default:
		if e.closing.Raised() {
			return ErrClosed
		}
		return ErrRunning
	}
	if e.closing.Raised() {
		return ErrClosed
	}
	if len(topics) == 0 {
		return &Error{Doing: "subscribe", Err: errors.New("no topic is given")}
	}
	if err := e.stopIdling(true); err != nil {
		return err
	}
	r := e.newRun(ctx, newWork, mode)
	e.run = r
	defer func() { e.run = nil }()
	defer r.close()
	finished := false
	defer func() {
		if !finished { // an observer, or a transaction's policy, has panicked
			_ = r.finish()
		}
	}()
	e.state.Store(int32(joining))
	err := r.begin(topics)
	if err == nil {
		err = r.loop()
	}
	finished = true
	left := r.finish()
	err = join(join(err, r.failure()), left) // of a handler, that at work when the run stopped included
	if p := r.panicked(); p != nil {
		panic(p)
	}
	return err
}

// join is errors.Join, which keeps a single error as it is.
func join(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}

// Close ends a run in progress, then the client. It waits until ctx is done, and at the most for
// the drain timeout and 45 s; what is left then goes on in the background. Further calls wait
// for the first one.
func (e *Engine) Close(ctx context.Context) error {
	e.once.Do(func() {
		e.closing.Raise()
		go e.shutDown()
	})
	watchdog := time.NewTimer(e.cfg.Drain + closeMost)
	defer watchdog.Stop()
	select {
	case <-e.closed:
		return e.err
	case <-ctx.Done():
		return &Error{Doing: "close", Err: context.Cause(ctx)}
	case <-watchdog.C:
		return &Error{Doing: "close", Err: errStillClosing}
	}
}

var errStillClosing = errors.New("the client has not ended: a handler does not return, or the client hangs; closing goes on in the background")

func (e *Engine) shutDown() {
	defer close(e.closed)
	e.running <- struct{}{} // for good: nothing runs when the client goes
	_ = e.stopIdling(false) // a static member does not leave its group when it is closed
	e.committing <- struct{}{}
	if err := e.client.Close(); err != nil {
		e.err = &Error{Doing: "close", Err: err}
	}
	e.owned.Wait()
}

// Closing is closed when Close begins.
func (e *Engine) Closing() <-chan struct{} { return e.closing.C() }
