package transact

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// Committer is one run's [consume.Committer].
type Committer struct {
	*Transactor
	host *consume.Host

	mu    sync.Mutex
	parts map[*handle.Partition]*staging

	// The owner's:
	ready   []*handle.Staged            // to be written, each partition's in order
	sent    []*handle.Staged            // in the transaction that is open
	places  map[*handle.Partition]int64 // where partitions begin: to be committed as well
	offsets []kafkaclient.Position      // in the transaction that is open
	placed  []*handle.Partition         // of places, those in the transaction that is open
	most    int                         // records of the next one
	last    time.Time                   // when a transaction was last begun
	failed  int                         // attempts in a row
	after   time.Time                   // no attempt before
	refused *handle.Staged              // a record with a message that can never be written

	expelled bool // the last attempt failed because the group has moved on
}

// staging is what a partition has ready.
type staging struct {
	byNumber map[inflight.Number]*handle.Staged
	next     inflight.Number // the first that is not collected
}

// Committer makes the committer of a run. Begin was called before.
func (t *Transactor) Committer(host *consume.Host) consume.Committer {
	return &Committer{Transactor: t, host: host, parts: make(map[*handle.Partition]*staging), places: make(map[*handle.Partition]int64), most: mostRecords}
}

// Staged is for [consume.Committer].
func (c *Committer) Staged(s *handle.Staged) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.Partition.Gone() {
		drop(s, errDropped)
		return
	}
	p := c.parts[s.Partition]
	if p == nil {
		p = &staging{byNumber: make(map[inflight.Number]*handle.Staged)}
		c.parts[s.Partition] = p
	}
	p.byNumber[s.Number] = s
}

// Place is for [consume.Committer].
func (c *Committer) Place(p *handle.Partition, offset int64) { c.places[p] = offset }

// Pending is for [consume.Committer].
func (c *Committer) Pending() bool {
	c.collect()
	return c.state != none || len(c.ready) > 0 || len(c.places) > 0
}

// collect takes over what is staged and has nothing before it that is not.
func (c *Committer) collect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for of, p := range c.parts {
		if of.Gone() { // a handler that was given up has returned while the partition was released
			for _, s := range p.byNumber {
				drop(s, errDropped)
			}
			delete(c.parts, of)
			continue
		}
		for {
			s, ok := p.byNumber[p.next]
			if !ok {
				break
			}
			delete(p.byNumber, p.next)
			p.next++
			c.ready = append(c.ready, s)
		}
	}
}

// Step is for [consume.Committer].
func (c *Committer) Step() error {
	select {
	case <-c.sender.Closing():
		return &consume.Error{Doing: "commit a transaction", Err: produce.ErrClosed}
	default:
	}
	now := time.Now()
	if now.Before(c.after) || c.state == none && now.Sub(c.last) < c.interval || !c.Pending() {
		return nil
	}
	return c.step(stepWait)
}

// step goes on with the transaction that is open, or writes the next one. The error ends the run.
func (c *Committer) step(wait time.Duration) error {
	if c.fatal != nil {
		return c.fatal
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.host.Context()), wait)
	defer cancel()
	if c.state == none {
		if err := c.write(ctx); err != nil {
			return c.failedStep(err)
		}
		if c.state == none { // there was nothing
			return nil
		}
	}
	switch c.state {
	case open, committing:
		c.state = committing
		if err := c.client.Commit(ctx); err != nil {
			return c.failedStep(err)
		}
		return c.committed(ctx)
	case aborting:
		return c.abort(nil)
	}
	return nil
}

// write begins a transaction and puts messages and offsets into it.
func (c *Committer) write(ctx context.Context) error {
	c.take()
	if len(c.sent) == 0 && len(c.places) == 0 {
		return nil
	}
	metadata, member, err := c.host.GroupMetadata()
	if err != nil {
		return err
	}
	if !member { // the coordinator would take it as offsets of no group in use, and not check them
		return errNoMember
	}
	if err := c.client.Begin(); err != nil {
		return err
	}
	c.state, c.last = open, time.Now()
	for _, s := range c.sent {
		for _, o := range s.Outputs {
			if err := o.Send(ctx); err != nil {
				if permanentRefusal(err) {
					c.refused = s
				}
				return err
			}
		}
	}
	c.position()
	for {
		err := c.client.AddOffsets(ctx, c.offsets, metadata)
		if err == nil || !retriable(err) || needsAbort(err) || ctx.Err() != nil {
			return err
		}
		if !inflight.Sleep(10*time.Millisecond, ctx.Done(), nil) {
			return err
		}
	}
}

// position computes the offsets of the transaction.
func (c *Committer) position() {
	c.offsets, c.placed = c.offsets[:0], c.placed[:0]
	index := make(map[*handle.Partition]int)
	at := func(p *handle.Partition, offset int64, epoch int32) {
		i, ok := index[p]
		if !ok {
			i = len(c.offsets)
			index[p] = i
			c.offsets = append(c.offsets, kafkaclient.Position{TopicPartition: p.TopicPartition})
		}
		c.offsets[i].Offset, c.offsets[i].LeaderEpoch = offset, epoch
	}
	for p, offset := range c.places {
		if !p.Gone() {
			at(p, offset, -1)
			c.placed = append(c.placed, p)
		} else {
			delete(c.places, p)
		}
	}
	for _, s := range c.sent {
		at(s.Partition, s.Record.Offset+1, s.Record.LeaderEpoch)
	}
}

// take moves the records of the next transaction to sent, but for those whose partition is another
// member's by now.
func (c *Committer) take() {
	taken := 0
	for ; taken < len(c.ready) && len(c.sent) < c.most; taken++ {
		if s := c.ready[taken]; !s.Partition.Gone() {
			c.sent = append(c.sent, s)
		} else {
			drop(s, errDropped)
		}
	}
	if c.ready = c.ready[taken:]; len(c.ready) == 0 {
		c.ready = nil
	}
}

// committed is the end of a transaction that was.
func (c *Committer) committed(ctx context.Context) error {
	err := c.sender.AwaitReports(ctx) // they are there, or on their way
	for _, s := range c.sent {
		for _, o := range s.Outputs {
			o.Finish(nil)
		}
		s.Partition.Finish(s.Number, s.Size)
	}
	for _, p := range c.placed {
		delete(c.places, p)
	}
	c.host.Committed(c.offsets)
	clear(c.sent)
	c.sent = c.sent[:0]
	c.state, c.failed, c.expelled = none, 0, false
	c.most = min(2*c.most, mostRecords)
	if err != nil {
		c.host.Warn("a transaction was committed, and reports of its messages are missing", err)
	}
	return nil
}

// Release is for [consume.Committer].
func (c *Committer) Release(leaving []*handle.Partition, lost bool, most time.Duration) error {
	var err error
	if !lost {
		err = c.finish(leaving, most)
	}
	leaves := make(map[*handle.Partition]bool, len(leaving))
	c.mu.Lock()
	for _, p := range leaving {
		leaves[p] = true
		delete(c.places, p)
		if staged := c.parts[p]; staged != nil {
			for _, s := range staged.byNumber {
				drop(s, errDropped)
			}
			delete(c.parts, p)
		}
	}
	c.mu.Unlock()
	kept := c.ready[:0]
	for _, s := range c.ready {
		if leaves[s.Partition] {
			drop(s, errDropped)
		} else {
			kept = append(kept, s)
		}
	}
	clear(c.ready[len(kept):])
	c.ready = kept
	return err
}

var errNotFinished = errors.New("a transaction did not end in time: its records are redelivered")

// finish goes on until nothing of the partitions waits any more, or the time is up.
func (c *Committer) finish(leaving []*handle.Partition, most time.Duration) error {
	c.expelled = false
	for deadline := time.Now().Add(most); c.fatal == nil && c.waits(leaving); {
		left := time.Until(deadline)
		select {
		case <-c.sender.Closing():
			return c.giveUp(produce.ErrClosed)
		default:
		}
		if c.expelled {
			// The group has moved on. No failure: what was not written is redelivered.
			c.expelled = false
			if c.state == none {
				return nil
			}
		}
		if left <= 0 {
			return c.giveUp(errNotFinished)
		}
		if wait := time.Until(c.after); wait > 0 {
			inflight.Sleep(min(wait, left), c.sender.Closing(), nil)
			continue
		}
		if err := c.step(min(left, stepWait)); err != nil {
			return err
		}
	}
	return nil
}

// waits reports whether something of the partitions is not written yet.
func (c *Committer) waits(leaving []*handle.Partition) bool {
	c.collect()
	if c.state != none {
		return true
	}
	for _, p := range leaving {
		if _, placed := c.places[p]; placed || slices.ContainsFunc(c.ready, func(s *handle.Staged) bool { return s.Partition == p }) {
			return true
		}
	}
	return false
}

// giveUp aborts what is open, unless it may be committed already.
func (c *Committer) giveUp(cause error) error {
	if c.state == open || c.state == aborting {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.host.Context()), abortWait)
		defer cancel()
		c.state = aborting
		if err := c.client.Abort(ctx); err == nil {
			c.ended()
			c.unsend()
		}
	}
	return &consume.Error{Doing: "commit a transaction", Err: cause}
}

// ended notes that a transaction was aborted.
func (c *Committer) ended() {
	c.host.Aborted()
	c.state = none
}

// End is for [consume.Committer].
func (c *Committer) End() {
	c.collect()
	c.mu.Lock()
	for _, p := range c.parts {
		for _, s := range p.byNumber {
			drop(s, errDropped)
		}
	}
	clear(c.parts)
	c.mu.Unlock()
	for _, s := range c.ready {
		drop(s, errDropped)
	}
	cause := errDropped
	if c.state == committing {
		cause = errUnresolved
	}
	for _, s := range c.sent {
		drop(s, cause)
	}
	c.ready, c.sent = nil, nil
}

// drop says that the outputs are not written.
func drop(s *handle.Staged, cause error) {
	for _, o := range s.Outputs {
		o.Finish(cause)
	}
}
