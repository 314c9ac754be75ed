package clienttest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Reset says where a consumer begins without a committed offset.
type Reset uint8

// The values of auto.offset.reset. The zero value is the earliest.
const (
	ResetEarliest Reset = iota
	ResetLatest
	ResetNone
)

// ConsumerConfig configures a fake consumer.
type ConsumerConfig struct {
	Group         string
	InstanceID    string        // not empty: a static member
	Cooperative   bool          // the cooperative protocol instead of the eager one
	Protocol848   bool          // the protocol of KIP-848, which is incremental, too
	Scripted      bool          // rebalances come from Script alone
	ReadCommitted bool          // only committed records
	Reset         Reset         // without a committed offset
	MaxPoll       time.Duration // max.poll.interval.ms; 0 is 5 minutes

	BatchMax int        // the most records of a Batch; 0 is 64
	Sizes    func() int // instead of BatchMax, for each batch; called with the Fake's lock held
	// MaxBatches is the most batches of a Poll; 0 is one of each partition.
	MaxBatches int
	// LatePause lets one more batch come after Pause.
	LatePause bool
	// RecordsFirst lets Poll fetch before it runs the callbacks that are due, so that it may bring records
	// of a partition that it has revoked.
	RecordsFirst bool
	// WaitOn lets Poll wait for more after a callback, rather than return.
	WaitOn bool
	// AnyCommit allows commits of partitions that are not assigned.
	AnyCommit bool
}

// FakeConsumer is a consumer of a Fake.
type FakeConsumer struct {
	f          *Fake
	cfg        ConsumerConfig
	name       string
	usage      usage
	committing bool

	topics     []string
	rebalancer kafkaclient.Rebalancer
	member     *groupMember
	fenced     bool // another consumer has taken the instance id over
	reported   bool // Poll has brought the error of it
	script     []Event
	errors     []kafkaclient.FetchError
	batches    []kafkaclient.Batch // injected
	parts      map[TP]*part
	turn       int  // which partition is fetched first
	order      []TP // of parts, as of the last fetch
}

var _ kafkaclient.Consumer = (*FakeConsumer)(nil)

// Consumer returns a new consumer.
func (f *Fake) Consumer(cfg ConsumerConfig) *FakeConsumer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cfg.MaxPoll == 0 {
		cfg.MaxPoll = 5 * time.Minute
	}
	if cfg.BatchMax <= 0 {
		cfg.BatchMax = 64
	}
	c := &FakeConsumer{f: f, cfg: cfg, name: f.clientName("consumer"), parts: map[TP]*part{}}
	c.usage.name = c.name
	return c
}

// begin begins a call that only the owner makes; finish ends it unless begin has failed.
func (c *FakeConsumer) begin(op Op, inCallback bool) error {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	return c.usage.enter(c.f, op, inCallback)
}

func (c *FakeConsumer) finish(op Op) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.usage.leave(op)
}

// locally is a whole call that asks no broker.
func (c *FakeConsumer) locally(op Op, inCallback bool, do func() error) error {
	if err := c.begin(op, inCallback); err != nil {
		return err
	}
	defer c.finish(op)
	apply, err := c.f.local(op)
	if !apply {
		return err
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if e := do(); e != nil {
		return e
	}
	c.f.wake()
	return err
}

// Subscribe implements [kafkaclient.Consumer].
func (c *FakeConsumer) Subscribe(topics []string, r kafkaclient.Rebalancer) error {
	return c.locally(OpSubscribe, false, func() error {
		if c.cfg.Group == "" || len(topics) == 0 || r == nil || (c.rebalancer == nil && len(c.parts) > 0) {
			c.f.violate("%s: Subscribe without a group, topics or a Rebalancer, or with a manual assignment", c.name)
			return because(kafkaclient.Invalid, "Subscribe: invalid")
		}
		c.topics, c.rebalancer = slices.Clone(topics), r
		switch {
		case c.cfg.Scripted:
			return nil
		case c.member == nil:
			c.f.join(c)
		case c.member.gone: // the next Poll joins
		default:
			c.member.topics = c.topics
			c.f.rebalance(c.f.group(c.cfg.Group))
		}
		for _, t := range topics {
			if c.f.topics[t] == nil && !strings.HasPrefix(t, "^") {
				err := because(kafkaclient.UnknownTopic, "subscribed topic not available: "+t)
				c.errors = append(c.errors, kafkaclient.FetchError{Err: err})
			}
		}
		return nil
	})
}

// Leave implements [kafkaclient.Consumer].
func (c *FakeConsumer) Leave(wait time.Duration) error {
	if err := c.begin(OpLeave, false); err != nil {
		return err
	}
	defer c.finish(OpLeave)
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	apply, err := true, error(nil)
	if c.isMember() {
		apply, err = c.f.request(ctx, OpLeave)
	} else {
		apply, err = c.f.local(OpLeave)
	}
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.release(apply)
	return err
}

func (c *FakeConsumer) isMember() bool {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	return c.member != nil && !c.member.gone
}

// release gives everything up. A member that the group does not hear of stays one until its
// session times out.
func (c *FakeConsumer) release(heard bool) {
	if m := c.member; m != nil && !m.gone {
		if heard {
			c.f.part(m)
		} else {
			m.consumer, m.seen, m.waiting = nil, time.Now(), false
		}
	}
	c.member, c.rebalancer, c.topics, c.script = nil, nil, nil, nil
	c.errors, c.batches = nil, nil
	clear(c.parts)
	c.f.wake()
}

// Assign implements [kafkaclient.Consumer].
func (c *FakeConsumer) Assign(at []kafkaclient.Position) error {
	return c.locally(OpAssign, false, func() error {
		if c.rebalancer != nil {
			c.f.violate("%s: Assign with a subscription", c.name)
			return because(kafkaclient.Invalid, "Assign: there is a subscription")
		}
		clear(c.parts)
		tps := make([]TP, 0, len(at))
		for _, p := range at {
			tps = append(tps, p.TopicPartition)
		}
		c.install(tps, at)
		return nil
	})
}

// each calls do for assigned partitions.
func (c *FakeConsumer) each(op Op, tps []TP, do func(*part)) error {
	return c.locally(op, true, func() error {
		var first error
		for _, tp := range tps {
			p := c.parts[tp]
			if p == nil {
				c.f.violate("%s: %s of %s, which is not assigned", c.name, op, place(tp))
				first = because(kafkaclient.Invalid, string(op)+": not assigned")
				continue
			}
			do(p)
		}
		return first
	})
}

// Pause implements [kafkaclient.Consumer].
func (c *FakeConsumer) Pause(partitions []TP) error {
	return c.each(OpPause, partitions, func(p *part) {
		p.late = c.cfg.LatePause && !p.paused
		p.paused = true
	})
}

// Resume implements [kafkaclient.Consumer].
func (c *FakeConsumer) Resume(partitions []TP) error {
	return c.each(OpResume, partitions, func(p *part) {
		if p.paused {
			p.fresh()
		}
		p.paused, p.late = false, false
	})
}

// Seek implements [kafkaclient.Consumer].
func (c *FakeConsumer) Seek(to []kafkaclient.Position) error {
	tps := make([]TP, 0, len(to))
	offsets := map[TP]int64{}
	for _, p := range to {
		tps = append(tps, p.TopicPartition)
		offsets[p.TopicPartition] = p.Offset
	}
	return c.each(OpSeek, tps, func(p *part) {
		p.fresh()
		p.position, p.stopped, p.late = offsets[p.tp], false, false
		c.resolve(p)
	})
}

// Inject lets the next Poll bring errors.
func (c *FakeConsumer) Inject(errs ...kafkaclient.FetchError) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.errors = append(c.errors, errs...)
	c.f.wake()
}

// InjectBatch lets the next Poll bring a batch as it is, whatever is assigned: records that come
// again, or in a wrong order, or a count of records that were rewound.
func (c *FakeConsumer) InjectBatch(batches ...kafkaclient.Batch) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.batches = append(c.batches, batches...)
	c.f.wake()
}

// Position is the offset of the next record that the consumer fetches; ok is false where the partition is not
// assigned or has no position.
func (c *FakeConsumer) Position(tp TP) (offset int64, ok bool) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	p := c.parts[tp]
	if p == nil || p.position < 0 {
		return -1, false
	}
	return p.position, true
}

// Paused reports whether a partition is assigned and paused.
func (c *FakeConsumer) Paused(tp TP) bool {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	p := c.parts[tp]
	return p != nil && p.paused
}

// Connection implements [kafkaclient.Consumer].
func (c *FakeConsumer) Connection() error {
	c.f.mu.Lock()
	if c.usage.closed {
		c.f.violate("%s: Connection after Close", c.name)
	}
	c.f.mu.Unlock()
	return c.f.connection()
}

// Name implements [kafkaclient.Consumer].
func (c *FakeConsumer) Name() string { return c.name }

// Close implements [kafkaclient.Consumer].
func (c *FakeConsumer) Close() error {
	if err := c.begin(OpClose, false); err != nil {
		return err
	}
	_, err := c.f.local(OpClose)
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	if c.committing {
		c.f.violate("%s: Close during Commit", c.name)
	}
	c.usage.leave(OpClose)
	c.usage.closed = true
	c.release(!c.f.faults.down)
	return err
}
