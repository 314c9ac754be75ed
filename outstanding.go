//go:build cgo

package concord

import (
	"context"
	"sync"
)

// outstanding counts the messages that have no result yet, in cohorts: a flush
// seals the cohort of the moment and waits for it and for those before, so that
// messages which others go on producing do not keep it waiting.
type outstanding struct {
	mu     sync.Mutex
	closed bool
	open   *cohort
	sealed []*cohort
}

// cohort is the messages between two flushes. outstanding.mu guards it.
type cohort struct {
	waiting int
	failed  int
	err     error // the first failure
	done    chan struct{}
}

// add counts a message in; ErrClosed once no more are taken.
func (o *outstanding) add() (*cohort, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, ErrClosed
	}
	if o.open == nil {
		o.open = &cohort{done: make(chan struct{})}
	}
	o.open.waiting++
	return o.open, nil
}

// settle counts a message out. unseen is its failure where no caller learns of it.
func (o *outstanding) settle(c *cohort, unseen error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if unseen != nil {
		if c.failed == 0 {
			c.err = unseen
		}
		c.failed++
	}
	if c.waiting--; c.waiting == 0 && c != o.open {
		close(c.done)
	}
}

// close refuses further messages.
func (o *outstanding) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
}

// flush waits for all that was counted in before. Cohorts that are done are
// reported once and forgotten; the others stay for the next flush.
func (o *outstanding) flush(ctx context.Context) error {
	o.mu.Lock()
	if c := o.open; c != nil {
		o.open = nil
		o.sealed = append(o.sealed, c)
		if c.waiting == 0 {
			close(c.done)
		}
	}
	cohorts := append([]*cohort(nil), o.sealed...)
	o.mu.Unlock()

	var stopped error
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
	return o.report(cohorts, stopped)
}

func (o *outstanding) report(cohorts []*cohort, stopped error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var e FlushError
	for _, c := range cohorts {
		e.Waiting += c.waiting
		e.Failed += c.failed
		if e.Err == nil {
			e.Err = c.err
		}
		if c.waiting == 0 {
			o.forget(c)
		} else {
			c.failed, c.err = 0, nil
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

func (o *outstanding) forget(c *cohort) {
	for i, s := range o.sealed {
		if s == c {
			o.sealed = append(o.sealed[:i], o.sealed[i+1:]...)
			return
		}
	}
}
