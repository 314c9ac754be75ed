package transact

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

var (
	// ErrFenced says that another producer has taken over the transactional id.
	ErrFenced = errors.New("another producer has taken over the transactional id")
	// ErrInUse says that another run uses the producer.
	ErrInUse = errors.New("the producer is used by another Transform")

	errNoMember   = errors.New("the consumer is no member of its group at the moment")
	errDropped    = errors.New("its transaction was aborted, or never written")
	errUnresolved = errors.New("its transaction has no result: no broker answered in time")
)

// DefaultInterval is how often a transaction is written by default.
const DefaultInterval = 100 * time.Millisecond

const (
	// stepWait bounds how long the consumer is not polled.
	stepWait = 10 * time.Second
	// abortWait bounds an abort when partitions are given up: Close waits for it.
	abortWait = 5 * time.Second
	// mostRecords bounds a transaction, so that it ends before its timeout on a slow broker.
	mostRecords = 10_000
)

// recovery is the backoff between attempts.
var recovery = backoff.Policy{Base: 200 * time.Millisecond, Max: 15 * time.Second}

// Transactor is the transactions of a producer. It outlives runs: a transaction whose result is
// not known is resolved before the next run reads offsets.
type Transactor struct {
	sender   *produce.Sender
	interval time.Duration
	log      *slog.Logger
	using    chan struct{} // one token: held by the run in progress

	// Of whoever holds the token:
	client kafkaclient.Transactions
	begun  bool // the producer has its epoch
	state  state
	fatal  error // the producer is of no further use
}

type state uint8

const (
	none       state = iota
	open             // messages and offsets are being added
	committing       // it may be committed already: only committing again tells
	aborting
)

// New makes the transactor of a producer with a transactional id. interval is how often a transaction is
// written when there is something to write; [DefaultInterval] where it is not positive.
func New(sender *produce.Sender, interval time.Duration, log *slog.Logger) *Transactor {
	if interval <= 0 {
		interval = DefaultInterval
	}
	if log == nil {
		log = slog.Default()
	}
	return &Transactor{sender: sender, interval: interval, log: log, using: make(chan struct{}, 1)}
}

// Begin takes the transactor for a run: it initializes the producer where that has not
// happened, and resolves a transaction that an earlier run has left. It waits for brokers until ctx is
// done, or closing is closed, or the producer closes. The producer stays open until end is called.
func (t *Transactor) Begin(ctx context.Context, closing <-chan struct{}) (end func(), err error) {
	select {
	case t.using <- struct{}{}:
	default:
		return nil, ErrInUse
	}
	client, release, err := t.sender.Use()
	if err != nil {
		<-t.using
		return nil, err
	}
	end = func() {
		release()
		<-t.using
	}
	t.client = client.Transactions()
	if err := t.prepare(ctx, closing); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// prepare tries until the producer can begin a transaction.
func (t *Transactor) prepare(ctx context.Context, closing <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-closing:
			cancel(consume.ErrClosed)
		case <-t.sender.Closing():
			cancel(produce.ErrClosed)
		case <-stop:
		}
	}()
	defer func() { close(stop); <-watched }()
	for attempt := 1; ; attempt++ {
		if t.fatal != nil {
			return t.fatal
		}
		step, cancelStep := context.WithTimeout(ctx, stepWait)
		doing, err := t.resolve(step)
		cancelStep()
		switch {
		case err == nil && doing == "":
			return nil
		case err == nil:
			attempt = 0
			continue
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !retriable(err):
			return t.failure(doing, err)
		}
		t.log.LogAttrs(ctx, slog.LevelWarn, "transactions cannot begin yet", slog.String("error", err.Error()), slog.String("client", t.sender.Name()))
		if !inflight.Sleep(recovery.FullJitter(attempt), ctx.Done(), nil) {
			return context.Cause(ctx)
		}
	}
}

// resolve makes the next step towards a producer without a transaction. doing is empty when there is
// none to make.
func (t *Transactor) resolve(ctx context.Context) (doing string, err error) {
	switch {
	case !t.begun:
		if err = t.client.Init(ctx); err == nil {
			t.begun = true
		}
		return "begin with transactions", err
	case t.state == committing:
		err = t.client.Commit(ctx)
		if needsAbort(err) {
			t.state, err = aborting, nil
		} else if err == nil {
			t.state = none
		}
		return "commit a transaction", err
	case t.state != none:
		if err = t.client.Abort(ctx); err == nil {
			t.state = none
		}
		return "abort a transaction", err
	}
	return "", nil
}

// failure is an error that ends a run. It ends later runs too only if the producer is of no further
// use.
func (t *Transactor) failure(doing string, err error) error {
	fenced := kafkaclient.KindOf(err) == kafkaclient.Fenced
	if fenced {
		err = errors.Join(ErrFenced, err)
	}
	failed := &consume.Error{Doing: doing, Err: err}
	if fenced || kafkaclient.IsFatal(err) {
		t.fatal = failed
	}
	return failed
}

func retriable(err error) bool {
	return errors.Is(err, errNoMember) || kafkaclient.IsRetriable(err)
}

func needsAbort(err error) bool {
	e, ok := errors.AsType[*kafkaclient.Error](err)
	return ok && e.TxnAbort
}

// permanentRefusal reports whether an error is the message's own fault, as far as that can be told.
func permanentRefusal(err error) bool {
	return kafkaclient.KindOf(err) == kafkaclient.MessageRefused
}

// Sink makes outputs of records, for dead letters and retry topics within the transaction.
func (t *Transactor) Sink() handle.Sink { return sink{t.sender} }

type sink struct{ sender *produce.Sender }

func (s sink) Partitions(ctx context.Context, topic string) (int32, error) {
	return s.sender.Partitions(ctx, topic)
}

func (s sink) Put(_ context.Context, r *kafkaclient.Record, _ func(error)) (*produce.Output, error) {
	o := produce.NewOutput(s.sender, nil)
	*o.Record() = *r
	return o, nil
}
