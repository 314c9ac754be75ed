package clienttest

import (
	"maps"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// part is an assigned partition of a consumer.
type part struct {
	tp       TP
	position int64 // of the next record; -1 is the committed offset, or what Reset says
	paused   bool
	late     bool      // a batch that is under way comes in spite of the pause
	stopped  bool      // there is no position to fetch from
	lost     bool      // the callback Lost runs
	missing  bool      // the error that there is no such partition was reported
	ended    int64     // the position of the last End; -1 for none
	high     int64     // the end as of the last fetch; -1 before it
	retry    time.Time // not before this time, after a corrupt record
}

// fresh forgets what was fetched.
func (p *part) fresh() { p.ended, p.retry = -1, time.Time{} }

// install assigns partitions, with the positions where a caller gave some.
func (c *FakeConsumer) install(partitions []TP, at []kafkaclient.Position) {
	for _, tp := range partitions {
		c.parts[tp] = &part{tp: tp, position: -1, ended: -1, high: -1}
	}
	for _, a := range at {
		p := c.parts[a.TopicPartition]
		if p == nil {
			c.f.violate("%s: Assigned returns a position of %s, which is not assigned", c.name, place(a.TopicPartition))
			continue
		}
		p.position = a.Offset
	}
	for _, tp := range partitions {
		c.resolve(c.parts[tp])
	}
}

// resolve finds where to begin with a partition that has no position.
func (c *FakeConsumer) resolve(p *part) {
	if p.position >= 0 || p.stopped {
		return
	}
	if c.cfg.Group != "" {
		if c.cfg.ReadCommitted && c.f.unstable(c.cfg.Group, p.tp) {
			return // as the coordinator answers UNSTABLE_OFFSET_COMMIT (KIP-447)
		}
		if at, ok := c.f.group(c.cfg.Group).committed[p.tp]; ok {
			p.position = at.Offset
			return
		}
	}
	c.reset(p, kafkaclient.NoOffset)
}

// reset applies auto.offset.reset, or reports the error that it is set to be.
func (c *FakeConsumer) reset(p *part, kind kafkaclient.Kind) {
	l := c.f.log(p.tp)
	switch {
	case c.cfg.Reset == ResetNone:
		p.stopped = true
		c.errors = append(c.errors, kafkaclient.FetchError{TopicPartition: p.tp, Err: NewError(kind)})
	case l == nil: // later
	case c.cfg.Reset == ResetLatest:
		p.position = l.readable(c.cfg.ReadCommitted)
	default:
		p.position = l.start
	}
}

// Poll implements [kafkaclient.Consumer].
func (c *FakeConsumer) Poll(wait time.Duration, f *kafkaclient.Fetch) {
	if c.begin(OpPoll, false) != nil {
		return
	}
	defer c.finish(OpPoll)
	apply, err := c.f.local(OpPoll)
	if e, ok := err.(*kafkaclient.Error); ok {
		f.Errors = append(f.Errors, kafkaclient.FetchError{Err: e})
	}
	if !apply {
		return
	}
	deadline := time.Now().Add(wait)
	for done := err != nil; ; {
		c.f.mu.Lock()
		done = c.pollOnce(f) || done
		changed, until := c.f.changed, c.wakeAt(deadline)
		left := time.Until(until)
		if done || !time.Now().Before(deadline) {
			c.seen(false)
			c.f.mu.Unlock()
			return
		}
		c.seen(true)
		c.f.mu.Unlock()
		timer := time.NewTimer(left)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// pollOnce does what is due, and reports whether Poll returns. The caller holds the lock.
func (c *FakeConsumer) pollOnce(f *kafkaclient.Fetch) bool {
	c.f.tick()
	c.seen(false)
	if c.cfg.RecordsFirst && c.fetch(f) {
		for e, ok := c.nextEvent(); ok; e, ok = c.nextEvent() {
			c.deliver(e)
		}
		return true
	}
	called := false
	for e, ok := c.nextEvent(); ok; e, ok = c.nextEvent() {
		c.deliver(e)
		called = true
		c.seen(false)
	}
	if called && !c.cfg.WaitOn {
		return true // records of after the callback come with the next Poll
	}
	return c.fetch(f)
}

// seen notes that the member polls. Its time does not run while it waits.
func (c *FakeConsumer) seen(waiting bool) {
	if m := c.member; m != nil && !m.gone {
		m.seen, m.waiting = time.Now(), waiting
	}
}

func (c *FakeConsumer) wakeAt(deadline time.Time) time.Time {
	until := earlier(deadline, c.f.nextExpiry())
	now := time.Now()
	for _, p := range c.parts {
		if p.retry.After(now) && !p.paused {
			until = earlier(until, p.retry)
		}
	}
	return until
}

// fetch appends what is there, and reports whether that is anything.
func (c *FakeConsumer) fetch(f *kafkaclient.Fetch) bool {
	if c.fenced && !c.reported {
		c.reported = true
		c.errors = append(c.errors, kafkaclient.FetchError{Err: NewError(kafkaclient.Fenced)})
	}
	before := len(f.Batches) + len(f.Ends) + len(f.Errors)
	tps := c.inOrder()
	most := len(tps)
	if c.cfg.MaxBatches > 0 {
		most = min(most, c.cfg.MaxBatches)
	}
	for i := range tps {
		if most == 0 {
			break
		}
		n := len(f.Batches)
		tp := tps[(c.turn+i)%len(tps)]
		if !c.f.faults.unreachable(tp.Topic) {
			c.fetchFrom(c.parts[tp], f)
		}
		if len(f.Batches) > n {
			most--
		}
	}
	if c.cfg.MaxBatches > 0 {
		c.turn++
	}
	f.Errors = append(f.Errors, c.errors...)
	f.Batches = append(f.Batches, c.batches...)
	c.errors, c.batches = nil, nil
	return len(f.Batches)+len(f.Ends)+len(f.Errors) > before
}

// inOrder are the assigned partitions, sorted.
func (c *FakeConsumer) inOrder() []TP {
	same := len(c.order) == len(c.parts)
	for i := 0; same && i < len(c.order); i++ {
		same = c.parts[c.order[i]] != nil
	}
	if !same {
		c.order = sorted(maps.Keys(c.parts))
	}
	return c.order
}

func (c *FakeConsumer) fetchFrom(p *part, f *kafkaclient.Fetch) {
	c.resolve(p)
	l := c.f.log(p.tp)
	if l == nil && !p.missing {
		c.errors = append(c.errors, kafkaclient.FetchError{TopicPartition: p.tp, Err: NewError(kafkaclient.UnknownTopic)})
	}
	p.missing = l == nil
	if l == nil || p.stopped || p.position < 0 || p.paused && !p.late || time.Now().Before(p.retry) {
		return
	}
	p.late = false
	if p.position < l.start || p.position > l.end() {
		p.fresh()
		c.reset(p, kafkaclient.OutOfRange)
		if p.stopped {
			return
		}
	}
	size := c.cfg.BatchMax
	if c.cfg.Sizes != nil {
		size = max(1, c.cfg.Sizes())
	}
	records, next := l.read(p.position, size, c.cfg.ReadCommitted)
	if len(records) > 0 {
		f.Batches = append(f.Batches, kafkaclient.Batch{TopicPartition: p.tp, Records: records})
		p.ended = -1
	}
	p.position, p.high, p.retry = next, l.readable(c.cfg.ReadCommitted), time.Time{}
	switch {
	case p.paused: // the end is not reported to one that was paused meanwhile
	case l.corrupt[next] && next < p.high:
		p.retry = time.Now().Add(500 * time.Millisecond)
		c.errors = append(c.errors, kafkaclient.FetchError{TopicPartition: p.tp, Err: NewError(kafkaclient.Corrupt)})
	case next >= p.high && p.ended != next:
		p.ended = next
		f.Ends = append(f.Ends, kafkaclient.Position{TopicPartition: p.tp, Offset: next, LeaderEpoch: -1})
	}
}
