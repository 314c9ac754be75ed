package clienttest

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// group is a consumer group: its members and its committed offsets.
type group struct {
	name       string
	committed  map[TP]kafkaclient.Position
	history    []CommitEntry
	onCommit   func(CommitEntry)
	requests   int64          // that commit offsets
	newest     map[TP]int64   // the request that each committed offset is of
	members    []*groupMember // in the order in which they joined
	generation int
}

// groupMember is a membership. One that has been evicted has gone set; its consumer joins anew
// as another member.
type groupMember struct {
	id       string
	instance string        // of a static member
	consumer *FakeConsumer // nil while a static member is away
	topics   []string
	owned    map[TP]bool // what the consumer has, until its callback has returned
	target   map[TP]bool // what the group wants it to have
	joined   int         // eager: the generation for which it has given up its partitions
	synced   int         // the generation of which it has its assignment
	seen     time.Time   // when it last polled, or went away
	waiting  bool        // it waits in Poll
	gone     bool
}

// groupMetadata is the kafkaclient.GroupMetadata of the fake.
type groupMetadata struct {
	group      string
	member     *groupMember // nil without a membership
	generation int
}

// join makes a consumer a member. A static member that was away gets back what it had,
// without a rebalance; one that is still there is fenced.
func (f *Fake) join(c *FakeConsumer) {
	g := f.group(c.cfg.Group)
	f.members++
	m := &groupMember{id: fmt.Sprintf("member-%d", f.members), instance: c.cfg.InstanceID, consumer: c, topics: c.topics,
		owned: map[TP]bool{}, target: map[TP]bool{}, seen: time.Now()}
	c.member = m
	i := -1
	if m.instance != "" {
		i = slices.IndexFunc(g.members, func(o *groupMember) bool { return o.instance == m.instance })
	}
	if i < 0 {
		g.members = append(g.members, m)
		f.rebalance(g)
		return
	}
	old := g.members[i]
	g.members[i] = m
	m.target, old.gone = old.target, true
	m.joined, m.synced = g.generation, -1
	if old.consumer != nil {
		old.consumer.fenced = true
	}
	if !slices.Equal(old.topics, m.topics) {
		f.rebalance(g)
	}
	f.wake()
}

// part ends a membership; a static member keeps its partitions until its session times out.
func (f *Fake) part(m *groupMember) {
	if m.gone {
		return
	}
	if m.instance != "" {
		m.consumer, m.seen, m.waiting = nil, time.Now(), false
		f.wake()
		return
	}
	f.evict(m)
}

// evict ends a membership from the group's side.
func (f *Fake) evict(m *groupMember) {
	m.gone = true
	for _, g := range f.groups {
		if i := slices.Index(g.members, m); i >= 0 {
			g.members = slices.Delete(g.members, i, i+1)
			f.rebalance(g)
		}
	}
}

// expires is when a membership ends unless its consumer polls, or comes back.
func (m *groupMember) expires() time.Time {
	switch {
	case m.consumer == nil:
		return m.seen.Add(sessionTimeout)
	case m.waiting:
		return never
	}
	return m.seen.Add(m.consumer.cfg.MaxPoll)
}

// sessionTimeout is Kafka's default of session.timeout.ms.
const sessionTimeout = 45 * time.Second

// tick evicts whose time is over. There is no goroutine for it: whoever waits also waits for
// the next such time.
func (f *Fake) tick() {
	now := time.Now()
	if now.Before(f.nextExpiry()) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(f.groups)) {
		for _, m := range slices.Clone(f.groups[name].members) {
			if now.Before(m.expires()) {
				continue
			}
			if m.consumer != nil {
				e := because(kafkaclient.NotMember, "max.poll.interval.ms exceeded")
				e.Code, e.Name = -147, "_MAX_POLL_EXCEEDED"
				m.consumer.errors = append(m.consumer.errors, kafkaclient.FetchError{Err: e})
			}
			f.evict(m)
		}
	}
}

// nextExpiry is when tick has something to do next.
func (f *Fake) nextExpiry() time.Time {
	next := never
	for _, g := range f.groups {
		for _, m := range g.members {
			next = earlier(next, m.expires())
		}
	}
	return next
}

// Kick ends the membership of a consumer, as when its session expires. Its next Poll brings Lost,
// and it joins again.
func (f *Fake) Kick(c *FakeConsumer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.member == nil || c.member.gone {
		f.violate("test: Kick: %s is not a member", c.usage.name)
		return
	}
	f.evict(c.member)
}

// Rebalance begins a rebalance of a group that changes nothing else.
func (f *Fake) Rebalance(group string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rebalance(f.group(group))
}

// reassign rebalances the groups for which the topics have changed.
func (f *Fake) reassign() {
	for _, name := range slices.Sorted(maps.Keys(f.groups)) {
		g := f.groups[name]
		for m, target := range f.targets(g) {
			if !maps.Equal(target, m.target) {
				f.rebalance(g)
				break
			}
		}
	}
}

func (f *Fake) rebalance(g *group) {
	g.generation++
	targets := f.targets(g)
	for _, m := range g.members {
		m.target = targets[m]
		if m.consumer == nil {
			maps.DeleteFunc(m.owned, func(tp TP, _ bool) bool { return !m.target[tp] })
			m.joined, m.synced = g.generation, g.generation
		}
	}
	f.wake()
}

// targets shares the partitions of each topic out: evenly, in ranges, and so that members
// keep what they have where that is even.
func (f *Fake) targets(g *group) map[*groupMember]map[TP]bool {
	targets := map[*groupMember]map[TP]bool{}
	for _, m := range g.members {
		targets[m] = map[TP]bool{}
	}
	for _, name := range slices.Sorted(maps.Keys(f.topics)) {
		var members []*groupMember
		for _, m := range g.members {
			if subscribes(m.topics, name) {
				members = append(members, m)
			}
		}
		if len(members) > 0 {
			share(name, len(f.topics[name].logs), members, targets)
		}
	}
	return targets
}

func share(topic string, partitions int, members []*groupMember, targets map[*groupMember]map[TP]bool) {
	free := map[TP]bool{}
	for p := range partitions {
		free[TP{Topic: topic, Partition: int32(p)}] = true
	}
	had := map[*groupMember][]TP{}
	for _, m := range members {
		for _, tp := range sorted(maps.Keys(m.target)) {
			if free[tp] {
				had[m] = append(had[m], tp)
			}
		}
	}
	// One more goes to those that have the least of other topics, then the most of this one.
	order := slices.Clone(members)
	slices.SortStableFunc(order, func(a, b *groupMember) int {
		return cmp.Or(cmp.Compare(len(targets[a]), len(targets[b])), cmp.Compare(len(had[b]), len(had[a])))
	})
	quota := map[*groupMember]int{}
	for i, m := range order {
		quota[m] = partitions / len(members)
		if i < partitions%len(members) {
			quota[m]++
		}
		for _, tp := range had[m] {
			if quota[m] > 0 && free[tp] {
				targets[m][tp] = true
				delete(free, tp)
				quota[m]--
			}
		}
	}
	rest := sorted(maps.Keys(free))
	for _, m := range members {
		for range quota[m] {
			targets[m][rest[0]] = true
			rest = rest[1:]
		}
	}
}

// subscribes reports whether a subscription has a topic.
func subscribes(topics []string, name string) bool {
	return slices.ContainsFunc(topics, func(t string) bool {
		if !strings.HasPrefix(t, "^") {
			return t == name
		}
		re, err := regexp.Compile(t)
		return err == nil && re.MatchString(name)
	})
}

// owner is the member of a group that has a partition, or nil.
func (g *group) owner(tp TP) *groupMember {
	for _, m := range g.members {
		if m.owned[tp] {
			return m
		}
	}
	return nil
}

// request is the number of a request that commits offsets.
func (g *group) request() int64 {
	g.requests++
	return g.requests
}

// commit makes offsets count, but for partitions that a later request has committed: those of a transaction may
// be older than what was committed meanwhile.
func (g *group) commit(client string, txn bool, order int64, at []kafkaclient.Position) {
	at = slices.DeleteFunc(slices.Clone(at), func(p kafkaclient.Position) bool { return g.newest[p.TopicPartition] > order })
	if g.newest == nil {
		g.newest = map[TP]int64{}
	}
	for _, p := range at {
		g.committed[p.TopicPartition], g.newest[p.TopicPartition] = p, order
	}
	entry := CommitEntry{Time: time.Now(), Client: client, Txn: txn, Positions: slices.Clone(at)}
	g.history = append(g.history, entry)
	if g.onCommit != nil {
		g.onCommit(entry)
	}
}

// OnCommit sets what is called with each commit of a group, at the moment at which it counts. It is called with
// the Fake's lock held.
func (f *Fake) OnCommit(group string, do func(CommitEntry)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.group(group).onCommit = do
}
