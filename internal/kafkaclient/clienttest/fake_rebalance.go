package clienttest

import (
	"maps"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Event is a rebalance that a test scripts.
type Event struct {
	change     change
	partitions []TP
	then       func() // for a membership, when the callback has returned
}

type change uint8

const (
	assigned change = iota + 1
	revoked
	lost
)

// Assign is an event that assigns partitions.
func Assign(partitions ...TP) Event { return Event{change: assigned, partitions: partitions} }

// Revoke is an event that revokes partitions.
func Revoke(partitions ...TP) Event { return Event{change: revoked, partitions: partitions} }

// Lose is an event that takes partitions away.
func Lose(partitions ...TP) Event { return Event{change: lost, partitions: partitions} }

// Script queues rebalances; each Poll delivers what is queued, in order. A consumer that has a script
// before it subscribes is not simulated as a member of its group.
func (c *FakeConsumer) Script(events ...Event) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if c.member == nil {
		c.cfg.Scripted = true
	}
	c.script = append(c.script, events...)
	c.f.wake()
}

// nextEvent is the callback that is due, if any. The caller holds the lock.
func (c *FakeConsumer) nextEvent() (Event, bool) {
	if c.rebalancer == nil {
		return Event{}, false
	}
	if len(c.script) > 0 {
		e := c.script[0]
		c.script = c.script[1:]
		return e, true
	}
	m := c.member
	if m == nil || c.f.faults.down {
		return Event{}, false
	}
	if m.gone {
		return c.rejoin(m)
	}
	g := c.f.group(c.cfg.Group)
	if c.cfg.Cooperative || c.cfg.Protocol848 {
		return c.incremental(g, m)
	}
	return c.eager(g, m)
}

// rejoin is what a consumer gets after its membership has ended.
func (c *FakeConsumer) rejoin(m *groupMember) (Event, bool) {
	again := func() {
		if c.fenced {
			c.member = nil
			return
		}
		c.f.join(c)
	}
	if len(c.parts) > 0 {
		return Event{change: lost, partitions: sorted(maps.Keys(c.parts)), then: again}, true
	}
	again()
	return c.nextEvent()
}

// eager revokes everything from every member, and assigns once all have given up theirs.
func (c *FakeConsumer) eager(g *group, m *groupMember) (Event, bool) {
	if m.synced == g.generation {
		return Event{}, false
	}
	if m.joined != g.generation && len(m.owned) > 0 {
		return Event{change: revoked, partitions: sorted(maps.Keys(m.owned)), then: func() {
			clear(m.owned)
			m.joined = g.generation
			c.f.wake()
		}}, true
	}
	if m.joined != g.generation {
		m.joined = g.generation
		c.f.wake()
	}
	for _, o := range g.members {
		if o.joined != g.generation && o.consumer != nil && !o.consumer.cfg.Cooperative && !o.consumer.cfg.Protocol848 {
			return Event{}, false
		}
	}
	for tp := range m.target { // a cooperative member may still have it
		if o := g.owner(tp); o != nil && o != m {
			return Event{}, false
		}
	}
	return m.take(sorted(maps.Keys(m.target)), g.generation), true
}

// incremental revokes what goes to other members, and assigns what they have given up.
func (c *FakeConsumer) incremental(g *group, m *groupMember) (Event, bool) {
	var leaving, coming []TP
	for tp := range m.owned {
		if !m.target[tp] {
			leaving = append(leaving, tp)
		}
	}
	whole := true
	for tp := range m.target {
		switch o := g.owner(tp); o {
		case m:
		case nil:
			coming = append(coming, tp)
		default:
			whole = false
		}
	}
	slices.SortFunc(leaving, compareTP)
	slices.SortFunc(coming, compareTP)
	switch {
	case len(leaving) > 0:
		return Event{change: revoked, partitions: leaving, then: func() {
			for _, tp := range leaving {
				delete(m.owned, tp)
			}
			c.f.wake()
		}}, true
	case len(coming) > 0 || whole && m.synced != g.generation && !c.cfg.Protocol848:
		// The classic protocol ends every rebalance with an assignment, even an empty one.
		return m.take(coming, g.generation), true
	case whole:
		m.synced = g.generation
	}
	return Event{}, false
}

// take makes partitions a member's. They are its own before the callback, as for the group.
func (m *groupMember) take(partitions []TP, generation int) Event {
	for _, tp := range partitions {
		m.owned[tp] = true
	}
	m.synced, m.joined = generation, generation
	return Event{change: assigned, partitions: partitions}
}

// deliver runs the callback of an event. The caller holds the lock, which is released
// meanwhile.
func (c *FakeConsumer) deliver(e Event) {
	r := c.rebalancer
	tps := slices.Clone(e.partitions)
	if e.change == lost {
		for _, tp := range tps {
			if p := c.parts[tp]; p != nil {
				p.lost = true
			}
		}
	}
	if c.member != nil {
		c.member.waiting = false
	}
	c.usage.callback = true
	c.f.mu.Unlock()
	var at []kafkaclient.Position
	switch e.change {
	case assigned:
		at = r.Assigned(tps)
	case revoked:
		r.Revoked(tps)
	case lost:
		r.Lost(tps)
	}
	c.f.mu.Lock()
	c.usage.callback = false
	if e.change == assigned {
		c.install(e.partitions, at)
	} else {
		for _, tp := range e.partitions {
			delete(c.parts, tp)
		}
	}
	if e.then != nil {
		e.then()
	}
}
