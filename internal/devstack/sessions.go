package devstack

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// NewCluster is a [kfake.NewCluster] whose classic groups keep members that live and lose those that were killed, as
// Kafka does while members wait for the answer to their JoinGroup. By itself it goes on with the old session of a member
// that waits, which cannot send heartbeats then, and drops it when that is over; and it begins no session for a new
// member whose connection has ended meanwhile, which so stays in the group for good, with partitions that nobody reads.
//
// Therefore a member that waits is sent heartbeats in its name as long as it is connected, and a last one.
//
// A JoinGroup that a member repeats while its first one waits is held back until the rebalance completes. By itself the broker
// restarts the rebalance timeout with each one; and as it may count too few members as joined, after one was
// removed that waited for its SyncGroup, members that repeat it in turn would wait for ever.
//
// listen is [net.Listen] where it is nil. End with end, not with Close.
func NewCluster(listen func(network, address string) (net.Listener, error), opts ...kfake.Opt) (c *kfake.Cluster, end func(), err error) {
	if listen == nil {
		listen = net.Listen
	}
	s := &sessions{connected: make(map[string]bool), joins: make(map[joiner]int32), waiting: make(map[joiner]int32)}
	c, err = kfake.NewCluster(append(opts, kfake.ListenFn(func(network, address string) (net.Listener, error) {
		ln, err := listen(network, address)
		if err != nil {
			return nil, err
		}
		return listener{ln, s}, nil
	}))...)
	if err != nil {
		return nil, nil, err
	}
	stop, err := s.begin(c)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, func() {
		stop()
		c.Close()
	}, nil
}

type sessions struct {
	broker *kfake.Cluster
	client *kgo.Client

	mu        sync.Mutex
	connected map[string]bool  // remote addresses
	joins     map[joiner]int32 // the group's generation at a JoinGroup, until that has been answered
	waiting   map[joiner]int32 // the generation whose end a JoinGroup waits for
}

type joiner struct{ group, member string }

func (s *sessions) begin(broker *kfake.Cluster) (stop func(), err error) {
	s.broker = broker
	if s.client, err = kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	broker.ControlKey(kmsg.JoinGroup.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if r := r.(*kmsg.JoinGroupRequest); r.MemberID != "" {
			j := joiner{r.Group, r.MemberID}
			if s.repeats(j) {
				broker.SleepControl(func() { s.awaitRebalance(ctx, j) })
			}
			s.joined(j)
		}
		return nil, nil, false
	})
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx) })
	return func() {
		cancel()
		wg.Wait()
		s.client.Close()
	}, nil
}

func (s *sessions) joined(j joiner) {
	g := s.broker.GroupInfo(j.group)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, j)
	if g == nil {
		s.joins[j] = 0
		return
	}
	s.joins[j] = g.Epoch
	if g.State == preparing {
		s.waiting[j] = g.Epoch
	}
}

// preparing is the state of a group that waits for members to join.
const preparing = "PreparingRebalance"

// repeats reports whether a JoinGroup of the member waits already.
func (s *sessions) repeats(j joiner) bool { return s.stillWaits(j, s.broker.GroupInfo(j.group)) }

func (s *sessions) stillWaits(j joiner, g *kfake.GroupInfo) bool {
	if g == nil || g.State != preparing || !slices.ContainsFunc(g.Members, func(m kfake.GroupMember) bool { return m.MemberID == j.member }) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.waiting[j]
	return ok && at == g.Epoch
}

// awaitRebalance waits until the JoinGroup of a member that waits is answered.
func (s *sessions) awaitRebalance(ctx context.Context, j joiner) {
	for s.stillWaits(j, s.group(ctx, j.group)) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(repeatPause):
		}
	}
}

// repeatPause is how often the broker is asked about a group whose members repeat a JoinGroup.
const repeatPause = 20 * time.Millisecond

// sessionsPause is well below any session's timeout.
const sessionsPause = 250 * time.Millisecond

func (s *sessions) watch(ctx context.Context) {
	tick := time.NewTicker(sessionsPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.mu.Lock()
			joins := maps.Clone(s.joins)
			s.mu.Unlock()
			for j, before := range joins {
				if s.waited(ctx, j, before) {
					s.done(j, before)
				}
			}
		}
	}
}

// waited sends a heartbeat, and reports whether it was the last.
func (s *sessions) waited(ctx context.Context, j joiner, before int32) bool {
	g := s.group(ctx, j.group)
	if g == nil {
		return true
	}
	answered, connected := g.Epoch > before, false
	for _, m := range g.Members {
		if m.MemberID == j.member {
			s.mu.Lock()
			connected = s.connected[m.ClientHost]
			s.mu.Unlock()
		}
	}
	return s.beat(ctx, j, g.Epoch) && (answered || !connected)
}

// group is nil where there is no such group. The broker's own functions wait for ever once it is closed.
func (s *sessions) group(ctx context.Context, name string) *kfake.GroupInfo {
	info := make(chan *kfake.GroupInfo, 1)
	go func() { info <- s.broker.GroupInfo(name) }()
	select {
	case g := <-info:
		return g
	case <-ctx.Done():
		return nil
	}
}

// beat reports whether the broker took a heartbeat in a member's name, or has no such member.
func (s *sessions) beat(ctx context.Context, j joiner, generation int32) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.MemberID, r.Generation = j.group, j.member, generation
	response, err := r.RequestWith(ctx, s.client)
	if err != nil {
		return false
	}
	switch response.ErrorCode {
	case 0, kerr.RebalanceInProgress.Code, kerr.UnknownMemberID.Code:
		return true
	}
	return false // the generation is over
}

func (s *sessions) done(j joiner, before int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joins[j] == before { // it has not joined again
		delete(s.joins, j)
	}
}

type listener struct {
	net.Listener
	sessions *sessions
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.sessions.connect(c.RemoteAddr().String(), true)
	return &conn{Conn: c, sessions: l.sessions}, nil
}

type conn struct {
	net.Conn
	sessions *sessions
}

func (c *conn) Close() error {
	c.sessions.connect(c.RemoteAddr().String(), false)
	return c.Conn.Close()
}

func (s *sessions) connect(addr string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if is {
		s.connected[addr] = true
	} else {
		delete(s.connected, addr)
	}
}
