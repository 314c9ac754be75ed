package produce

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// groups counts the messages that have no result yet, in flush groups: a flush seals the open
// group and waits for it and for those before, so that messages which others go on producing do
// not delay it. Messages are counted in and out without a lock. The zero value is not usable;
// see init.
//
// Messages whose results nobody asks for are anonymous: their reports do not say which message
// they are for, and so not which flush. They are only counted. While a flush waits for that
// count to reach zero, no further message becomes anonymous.
type groups struct {
	open atomic.Pointer[group] // nil once no more messages are taken

	anonymous atomic.Int64 // anonymous messages without a result
	flushes   atomic.Int32 // under way; one more once no more messages are taken

	mu     sync.Mutex
	sealed []*group
	none   chan struct{} // closed, and made anew, when no message is anonymous any more
	failed int           // anonymous messages that failed since the last report
	err    error         // the first failure
}

// group is a flush group: the messages between two flushes.
type group struct {
	// waiting is how many messages have no result, and one more while the group is open.
	// Once it is 0 it stays so.
	waiting atomic.Int64
	done    chan struct{} // closed when waiting is 0

	mu     sync.Mutex
	failed int   // messages that failed and that nobody was told of
	err    error // the first failure
}

func newGroup() *group {
	g := &group{done: make(chan struct{})}
	g.waiting.Store(1)
	return g
}

func (o *groups) init() {
	o.open.Store(newGroup())
	o.none = make(chan struct{})
}

// addAnonymous counts an anonymous message in; false if a flush is under way and the message
// needs a group.
func (o *groups) addAnonymous() bool {
	if o.flushes.Load() != 0 { // so that messages do not touch the count that a flush waits for
		return false
	}
	o.anonymous.Add(1)
	if o.flushes.Load() == 0 { // read after counting, as a flush reads the count after it has announced itself
		return true
	}
	o.settleAnonymous(1, nil)
	return false
}

// settleAnonymous counts n anonymous messages out. err is the failure of one.
func (o *groups) settleAnonymous(n int, err error) {
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.failed == 0 {
			o.err = err
		}
		o.failed++
		if o.anonymous.Add(-int64(n)) == 0 && o.flushes.Load() > 0 {
			o.announceNone()
		}
		return
	}
	if o.anonymous.Add(-int64(n)) == 0 && o.flushes.Load() > 0 {
		o.mu.Lock()
		o.announceNone()
		o.mu.Unlock()
	}
}

// announceNone wakes the flushes. The caller holds mu.
func (o *groups) announceNone() {
	close(o.none)
	o.none = make(chan struct{})
}

// awaitAnonymous waits until no message is anonymous.
func (o *groups) awaitAnonymous(ctx context.Context) error {
	o.flushes.Add(1)
	defer o.flushes.Add(-1)
	for {
		o.mu.Lock()
		none := o.none
		o.mu.Unlock()
		if o.anonymous.Load() == 0 {
			return nil
		}
		select {
		case <-none: // perhaps closed for the zero before this flush: look again
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// add counts a message in; ErrClosed once no more are taken.
func (o *groups) add() (*group, error) {
	for {
		g := o.open.Load()
		if g == nil {
			return nil, ErrClosed
		}
		// A group that was sealed in the meantime takes the message all the same, unless it
		// is done: then there is another by now.
		for n := g.waiting.Load(); n > 0; n = g.waiting.Load() {
			if g.waiting.CompareAndSwap(n, n+1) {
				return g, nil
			}
		}
	}
}

// settle counts a message out. unseen is its failure where no caller learns of it.
func (g *group) settle(unseen error) {
	if unseen != nil {
		// Counted out under the lock: a report sees the message either waiting or failed.
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.failed == 0 {
			g.err = unseen
		}
		g.failed++
	}
	if g.waiting.Add(-1) == 0 {
		close(g.done)
	}
}

// take returns how many messages wait and how many have failed, and forgets the failures.
func (g *group) take() (waiting, failed int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	waiting, failed, err = int(g.waiting.Load()), g.failed, g.err
	g.failed, g.err = 0, nil
	return waiting, failed, err
}

// close refuses further messages. It is called once.
func (o *groups) close() {
	o.flushes.Add(1)
	o.seal(nil)
}

// seal puts another group, or none, in place of the open one.
func (o *groups) seal(next *group) []*group {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open.Load() != nil {
		g := o.open.Swap(next)
		o.sealed = append(o.sealed, g)
		g.settle(nil)
	}
	return slices.Clone(o.sealed)
}

// flush waits for all messages that were counted in before. Failures are reported once. Groups
// that are done are forgotten; the others stay for the next flush.
func (o *groups) flush(ctx context.Context) *FlushError {
	sealed := o.seal(newGroup())
	stopped := o.awaitAnonymous(ctx)
	anonymous := stopped != nil // else those that there are now came later
	for _, g := range sealed {
		select {
		case <-g.done:
			continue
		default:
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			stopped = context.Cause(ctx)
		}
		if stopped != nil {
			break
		}
	}
	return o.report(sealed, anonymous, stopped)
}

// report makes the result of a flush; nil if every message was acknowledged.
func (o *groups) report(sealed []*group, anonymous bool, stopped error) *FlushError {
	var e FlushError
	o.mu.Lock()
	e.Failed, e.Err = o.failed, o.err
	o.failed, o.err = 0, nil
	if anonymous {
		e.Waiting = int(o.anonymous.Load())
	}
	o.mu.Unlock()
	for _, g := range sealed {
		waiting, failed, err := g.take()
		e.Waiting += waiting
		e.Failed += failed
		if e.Err == nil {
			e.Err = err
		}
		if waiting == 0 {
			o.forget(g)
		}
	}
	if e.Waiting == 0 && e.Failed == 0 {
		return nil
	}
	if e.Err == nil {
		e.Err = stopped
	}
	return &e
}

func (o *groups) forget(g *group) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.sealed, g); i >= 0 {
		o.sealed = slices.Delete(o.sealed, i, i+1)
	}
}

// pending is how many messages have no result yet.
func (o *groups) pending() int {
	n := int(o.anonymous.Load())
	o.mu.Lock()
	defer o.mu.Unlock()
	if g := o.open.Load(); g != nil {
		n += int(g.waiting.Load()) - 1
	}
	for _, g := range o.sealed {
		n += int(g.waiting.Load())
	}
	return n
}
