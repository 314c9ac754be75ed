package clienttest

import (
	"context"
	"slices"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Commit implements [kafkaclient.Consumer].
func (c *FakeConsumer) Commit(ctx context.Context, at []kafkaclient.Position) error {
	if err := c.beginCommit(at); err != nil {
		return err
	}
	defer c.endCommit()
	c.f.mu.Lock()
	m := c.member // a request names the membership of when it was made
	c.f.mu.Unlock()
	apply, err := c.f.request(ctx, OpCommit)
	if !apply {
		return err
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.tick()
	if c.cfg.Group == "" {
		return because(kafkaclient.Invalid, "Commit without a group")
	}
	if c.fenced {
		return NewError(kafkaclient.Fenced)
	}
	if m != nil && m.gone {
		return NewError(kafkaclient.NotMember)
	}
	for _, p := range at {
		if q := c.parts[p.TopicPartition]; q != nil && q.lost {
			return NewError(kafkaclient.NotMember)
		}
	}
	g := c.f.group(c.cfg.Group)
	g.commit(c.name, false, g.request(), at)
	return err
}

// CommitSoon implements [kafkaclient.Consumer].
func (c *FakeConsumer) CommitSoon(ctx context.Context, at []kafkaclient.Position) error {
	return c.Commit(ctx, at)
}

func (c *FakeConsumer) beginCommit(at []kafkaclient.Position) error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	switch {
	case c.usage.closed:
		c.f.violate("%s: Commit after Close", c.name)
		return because(kafkaclient.Closed, "Commit after Close")
	case c.committing:
		c.f.violate("%s: two Commits at once", c.name)
		return because(kafkaclient.Invalid, "two Commits at once")
	case len(at) == 0:
		return NewError(kafkaclient.NoOffset)
	}
	for _, p := range at {
		if p.Offset < 0 {
			c.f.violate("%s: Commit of offset %d of %s", c.name, p.Offset, place(p.TopicPartition))
			return because(kafkaclient.Invalid, "Commit of a negative offset")
		}
		if c.parts[p.TopicPartition] == nil && !c.cfg.AnyCommit {
			c.f.violate("%s: Commit of %s, which is not assigned", c.name, place(p.TopicPartition))
		}
	}
	c.committing = true
	return nil
}

func (c *FakeConsumer) endCommit() {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.committing = false
}

// Committed implements [kafkaclient.Consumer].
func (c *FakeConsumer) Committed(ctx context.Context, of []TP) ([]kafkaclient.Position, error) {
	return c.ask(ctx, OpCommitted, of, func(tp TP) (kafkaclient.Position, *kafkaclient.Error) {
		if at, ok := c.f.group(c.cfg.Group).committed[tp]; ok {
			return at, nil
		}
		return At(tp.Topic, tp.Partition, -1), nil
	})
}

// ListOffsets implements [kafkaclient.Consumer].
func (c *FakeConsumer) ListOffsets(ctx context.Context, of []TP, where kafkaclient.Place) ([]kafkaclient.Position, error) {
	return c.ask(ctx, OpListOffsets, of, func(tp TP) (kafkaclient.Position, *kafkaclient.Error) {
		l := c.f.log(tp)
		if l == nil {
			return kafkaclient.Position{}, NewError(kafkaclient.UnknownTopic)
		}
		return At(tp.Topic, tp.Partition, l.offset(where, c.cfg.ReadCommitted)), nil
	})
}

// ask is a request about partitions.
func (c *FakeConsumer) ask(ctx context.Context, op Op, of []TP, answer func(TP) (kafkaclient.Position, *kafkaclient.Error)) ([]kafkaclient.Position, error) {
	if err := c.begin(op, true); err != nil {
		return nil, err
	}
	defer c.finish(op)
	var topics []string
	if op == OpListOffsets { // the leaders answer it, and the coordinator answers the other
		for _, tp := range of {
			topics = append(topics, tp.Topic)
		}
		topics = slices.Compact(topics)
	}
	if _, err := c.f.request(ctx, op, topics...); err != nil {
		return nil, err
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	out := make([]kafkaclient.Position, 0, len(of))
	for _, tp := range of {
		at, err := answer(tp)
		if err != nil {
			return nil, err
		}
		out = append(out, at)
	}
	return out, nil
}

// End implements [kafkaclient.Consumer].
func (c *FakeConsumer) End(tp TP) (offset int64, ok bool) {
	if c.begin("End", true) != nil {
		return 0, false
	}
	defer c.finish("End")
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	p := c.parts[tp]
	if p == nil || p.high < 0 {
		return 0, false
	}
	return p.high, true
}

// GroupMetadata implements [kafkaclient.Consumer].
func (c *FakeConsumer) GroupMetadata() (m kafkaclient.GroupMetadata, isMember bool, err error) {
	meta := &groupMetadata{group: c.cfg.Group}
	err = c.locally(OpGroupMetadata, true, func() error {
		switch {
		case c.member != nil && !c.member.gone:
			meta.member, meta.generation = c.member, c.member.synced
			isMember = c.member.synced > 0
		case c.cfg.Scripted:
			isMember = c.rebalancer != nil
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return meta, isMember, nil
}
