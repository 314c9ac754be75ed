//go:build cgo

package concord

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// outstanding counts the messages that have no result yet, in cohorts: a flush
// seals the cohort of the moment and waits for it and for those before, so that
// messages which others go on producing do not keep it waiting. Messages are counted
// in and out without a lock. The zero value is not usable; see init.
//
// Messages whose results nobody asks for are anonymous: their reports say nothing of whose
// they are, and so not which flush they are for. They are only counted, and while a flush
// waits for that count to become zero no further message is anonymous.
type outstanding struct {
	open atomic.Pointer[cohort] // nil once no more are taken

	anonymous atomic.Int64 // those without a result
	flushes   atomic.Int32 // under way; one more once no more messages are taken

	mu     sync.Mutex
	sealed []*cohort
	none   chan struct{} // closed, and made anew, when no message is anonymous any more
	failed int           // of the anonymous ones, since the last report
	err    error         // the first failure
}

// cohort is the messages between two flushes.
type cohort struct {
	// waiting is how many have no result, and one more while the cohort is open. Once
	// it is 0 it stays so.
	waiting atomic.Int64
	done    chan struct{} // closed when waiting is 0

	mu     sync.Mutex
	failed int
	err    error // the first failure
}

func newCohort() *cohort {
	c := &cohort{done: make(chan struct{})}
	c.waiting.Store(1)
	return c
}

func (o *outstanding) init() {
	o.open.Store(newCohort())
	o.none = make(chan struct{})
}

// addAnonymous counts an anonymous message in; false where it has to be another now.
func (o *outstanding) addAnonymous() bool {
	o.anonymous.Add(1)
	if o.flushes.Load() == 0 { // looked at after the count, as a flush counts after it has said that it is there
		return true
	}
	o.settleAnonymous(1, nil)
	return false
}

// settleAnonymous counts so many out. err is the failure of one.
func (o *outstanding) settleAnonymous(n int, err error) {
	if err != nil {
		o.mu.Lock()
		if o.failed == 0 {
			o.err = err
		}
		o.failed++
		o.mu.Unlock()
	}
	if o.anonymous.Add(-int64(n)) == 0 && o.flushes.Load() > 0 {
		o.mu.Lock()
		close(o.none)
		o.none = make(chan struct{})
		o.mu.Unlock()
	}
}

// awaitAnonymous waits until no message is anonymous.
func (o *outstanding) awaitAnonymous(ctx context.Context) error {
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
		case <-none:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// add counts a message in; ErrClosed once no more are taken.
func (o *outstanding) add() (*cohort, error) {
	for {
		c := o.open.Load()
		if c == nil {
			return nil, ErrClosed
		}
		// A cohort that was sealed in the meantime takes the message all the same, unless
		// it is done: then there is another by now.
		for n := c.waiting.Load(); n > 0; n = c.waiting.Load() {
			if c.waiting.CompareAndSwap(n, n+1) {
				return c, nil
			}
		}
	}
}

// settle counts a message out. unseen is its failure where no caller learns of it.
func (c *cohort) settle(unseen error) {
	if unseen != nil {
		c.mu.Lock()
		if c.failed == 0 {
			c.err = unseen
		}
		c.failed++
		c.mu.Unlock()
	}
	c.leave()
}

func (c *cohort) leave() {
	if c.waiting.Add(-1) == 0 {
		close(c.done)
	}
}

// close refuses further messages.
func (o *outstanding) close() {
	o.flushes.Add(1)
	o.seal(nil)
}

// seal puts another cohort, or none, in place of the open one.
func (o *outstanding) seal(next *cohort) []*cohort {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open.Load() != nil {
		c := o.open.Swap(next)
		o.sealed = append(o.sealed, c)
		c.leave()
	}
	return slices.Clone(o.sealed)
}

// flush waits for all that was counted in before. Cohorts that are done are
// reported once and forgotten; the others stay for the next flush.
func (o *outstanding) flush(ctx context.Context) error {
	cohorts := o.seal(newCohort())
	stopped := o.awaitAnonymous(ctx)
	var e FlushError
	if stopped != nil { // else those that there are now came later
		e.Waiting = int(o.anonymous.Load())
	}
	for _, c := range cohorts {
		select {
		case <-c.done:
			continue
		default:
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			stopped = context.Cause(ctx)
		}
		if stopped != nil {
			break
		}
	}
	return o.report(&e, cohorts, stopped)
}

// report fills in what became of the cohorts, and of anonymous messages that failed.
func (o *outstanding) report(e *FlushError, cohorts []*cohort, stopped error) error {
	o.mu.Lock()
	e.Failed, e.Err = o.failed, o.err
	o.failed, o.err = 0, nil
	o.mu.Unlock()
	for _, c := range cohorts {
		waiting := int(c.waiting.Load()) // before failed: what leaves has failed already
		c.mu.Lock()
		failed, err := c.failed, c.err
		c.failed, c.err = 0, nil
		c.mu.Unlock()
		e.Waiting += waiting
		e.Failed += failed
		if e.Err == nil {
			e.Err = err
		}
		if waiting == 0 {
			o.forget(c)
		}
	}
	if e.Waiting == 0 && e.Failed == 0 {
		return nil
	}
	if e.Err == nil {
		e.Err = stopped
	}
	return e
}

func (o *outstanding) forget(c *cohort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if i := slices.Index(o.sealed, c); i >= 0 {
		o.sealed = slices.Delete(o.sealed, i, i+1)
	}
}

// waiting is how many messages have no result yet.
func (o *outstanding) waiting() int {
	n := int(o.anonymous.Load())
	o.mu.Lock()
	defer o.mu.Unlock()
	if c := o.open.Load(); c != nil {
		n += int(c.waiting.Load()) - 1
	}
	for _, c := range o.sealed {
		n += int(c.waiting.Load())
	}
	return n
}
