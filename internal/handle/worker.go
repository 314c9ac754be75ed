package handle

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
)

// worker handles records one after another.
type worker struct {
	*Pool
	work  Work
	batch inflight.Batch

	part      *Partition // that of the batch
	in        Input
	outputs   bool           // Handle has made outputs that are not in an Outcome yet
	outcome   Outcome        // what an interceptor's next has found
	republish []*republished // records of the batch that went to other topics
	settled   int            // of those, how many have their acknowledgement
}

// Start starts a worker that takes up to most items at once, until the queue is closed.
func (p *Pool) Start(q *inflight.Queue[Item], most int) {
	p.owned.Go(func() {
		w := &worker{Pool: p, work: p.cfg.NewWork()}
		var items []Item
		for {
			if items = q.Take(items, most); len(items) == 0 {
				return
			}
			for rest := items; len(rest) > 0; {
				n := 1
				for n < len(rest) && rest[n].Partition == rest[0].Partition {
					n++
				}
				w.pass(rest[:n])
				rest = rest[n:]
			}
			clear(items)
		}
	})
}

// pass goes through records of one partition, up to one that ends the run.
func (w *worker) pass(items []Item) {
	p := items[0].Partition
	if !w.begin(p, items) {
		return
	}
	returned := false
	defer func() {
		if !returned { // a panic, or runtime.Goexit, as testing's FailNow calls it
			if value := recover(); value != nil {
				w.panics(value)
			} else {
				w.fail((&Failure{Stage: Handling, Err: errGoexit}).at(w.in.Record))
			}
			w.drop(errDropped)
			dropOutputs(w.outcome.Outputs, errDropped)
		}
		w.outcome = Outcome{}
		clear(w.republish)
		w.republish, w.settled = w.republish[:0], 0
		p.End(&w.batch)
	}()
	for i := range items {
		if w.stop.Raised() || p.Closed() || !w.limit.wait(w, p) {
			break
		}
		if o := w.handle(&items[i]); !w.mark(i, &items[i], o) {
			break
		}
		w.settle(false)
	}
	w.settle(true)
	returned = true
}

var errGoexit = errors.New("the handler ended its goroutine")

// begin makes the records the worker's; false where their partition closes, or the run stops.
func (w *worker) begin(p *Partition, items []Item) bool {
	var numbers [inflight.BatchMax]inflight.Number
	for i := range items {
		numbers[i] = items[i].Number
	}
	w.part = p
	return !w.stop.Raised() && p.Begin(&w.batch, numbers[:len(items)])
}

// mark takes an outcome into account; false where the batch ends with it.
func (w *worker) mark(i int, it *Item, o Outcome) bool {
	switch o.Kind {
	case Failed:
		w.fail(o.Err)
		return false
	case Abandoned:
		if !w.stop.Raised() && !it.Partition.Closed() { // the handler asked for it
			w.stop.Raise()
		}
		return false
	}
	if o.pending != nil {
		o.pending.index, o.pending.item = i, *it
		if o.Kind == DeadLettered { // the limit counts what is decided, not what is acknowledged
			w.limit.add(w.Pool, true)
			o.pending.counted = true
		}
		w.republish = append(w.republish, o.pending)
		return true
	}
	w.done(i, it, o)
	return true
}

// done counts a record that is done, but for its transaction where there is a committer.
func (w *worker) done(i int, it *Item, o Outcome) {
	switch o.Kind {
	case Skipped:
		w.counts.Skipped.Add(1)
	case Foreign:
		w.counts.Foreign.Add(1)
	case Delayed:
		w.counts.Delayed.Add(1)
	case DeadLettered:
		w.counts.DeadLetters.Add(1)
	}
	if !o.counted {
		w.limit.add(w.Pool, o.Kind == DeadLettered)
	}
	handled := o.Kind == Handled
	if w.cfg.Stage == nil {
		if handled {
			w.batch.Handled(i)
		} else {
			w.batch.Done(i)
		}
		return
	}
	s := &Staged{Partition: it.Partition, Number: it.Number, Record: it.Record, Retried: w.in.Retried, Kind: o.Kind, Outputs: o.Outputs, failure: o.failure}
	for _, out := range o.Outputs {
		s.Size += out.Size()
	}
	it.Partition.Grow(s.Size)
	w.batch.Staged(i, handled)
	w.cfg.Stage(s)
}

// handle does everything for a record, within the interceptors.
func (w *worker) handle(it *Item) Outcome {
	p := it.Partition
	w.in = Input{Record: it.Record, Origin: w.originOf(it.Record), GivenUp: p.waits.Done()}
	if w.cfg.Intercept == nil {
		return w.process(p.ctx)
	}
	called := false
	err := w.cfg.Intercept(p.ctx, it.Record, func(ctx context.Context) error {
		if !called {
			called = true
			w.outcome = w.process(ctx)
		}
		return w.outcome.Err
	})
	o := w.outcome
	w.outcome = Outcome{}
	switch {
	case !called && err == nil:
		return Outcome{Kind: Skipped}
	case !called, err != nil && o.Err == nil:
		dropOutputs(o.Outputs, err)
		if errors.Is(err, ErrAbandon) || !called && (w.stop.Raised() || p.Closed()) {
			return Outcome{Kind: Abandoned, Err: err}
		}
		return Outcome{Kind: Failed, Err: (&Failure{Stage: Handling, Err: err}).at(it.Record)}
	}
	return o // what next has found counts, whatever an interceptor makes of it
}

// originOf is where a record was read, as its origin.
func (p *Pool) originOf(m *kafkaclient.Record) reroute.Origin {
	return reroute.Origin{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, Group: p.cfg.Group}
}

// call calls the handler. With Config.Recover a panic is an error.
func (w *worker) call(ctx context.Context) (err error) {
	if w.cfg.Recover {
		defer func() {
			if value := recover(); value != nil {
				err = &PanicError{Value: value, Stack: debug.Stack()}
			}
		}()
	}
	w.outputs = true
	return w.work.Handle(ctx)
}

// record is the one at work.
func (w *worker) record() *kafkaclient.Record { return w.in.Record }
