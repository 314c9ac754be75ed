package devstack

import (
	"context"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Sessions has a broker's classic groups keep members that live and lose those that were killed, as Kafka does while
// members wait for the answer to their JoinGroup. By itself the broker goes on with the old session of a member that
// waits, which cannot send heartbeats then, and drops it when that is over; and it begins no session for a new member
// whose connection has ended meanwhile, which so stays in the group for good, with partitions that nobody reads.
//
// Therefore a member that waits is sent heartbeats in its name as long as it is connected, and a last one.
type Sessions struct {
	broker *kfake.Cluster
	client *kgo.Client
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex
	connected map[string]bool  // remote addresses
	joins     map[joiner]int32 // the group's generation at a JoinGroup, until that has been answered
}

type joiner struct{ group, member string }

// Listener has the broker's connections known; its broker must have it from [kfake.ListenFn].
func (s *Sessions) Listener(ln net.Listener) net.Listener { return listener{ln, s} }

// Watch begins. Close is to be called before the broker's.
func (s *Sessions) Watch(broker *kfake.Cluster) (err error) {
	s.broker, s.joins = broker, make(map[joiner]int32)
	if s.client, err = kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...)); err != nil {
		return err
	}
	broker.ControlKey(kmsg.JoinGroup.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if r := r.(*kmsg.JoinGroupRequest); r.MemberID != "" {
			s.joined(joiner{r.Group, r.MemberID})
		}
		return nil, nil, false
	})
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.wg.Go(func() { s.watch(ctx) })
	return nil
}

// Close ends the watch.
func (s *Sessions) Close() {
	if s.stop != nil {
		s.stop()
		s.wg.Wait()
		s.client.Close()
	}
}

func (s *Sessions) joined(j joiner) {
	var before int32
	if g := s.broker.GroupInfo(j.group); g != nil {
		before = g.Epoch
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins[j] = before
}

// sessionsPause is well below any session's timeout.
const sessionsPause = 250 * time.Millisecond

func (s *Sessions) watch(ctx context.Context) {
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
func (s *Sessions) waited(ctx context.Context, j joiner, before int32) bool {
	g := s.broker.GroupInfo(j.group)
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

// beat reports whether the broker took a heartbeat in a member's name, or has no such member.
func (s *Sessions) beat(ctx context.Context, j joiner, generation int32) bool {
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

func (s *Sessions) done(j joiner, before int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joins[j] == before { // it has not joined again
		delete(s.joins, j)
	}
}

type listener struct {
	net.Listener
	sessions *Sessions
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
	sessions *Sessions
}

func (c *conn) Close() error {
	c.sessions.connect(c.RemoteAddr().String(), false)
	return c.Conn.Close()
}

func (s *Sessions) connect(addr string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !is {
		delete(s.connected, addr)
		return
	}
	if s.connected == nil {
		s.connected = make(map[string]bool)
	}
	s.connected[addr] = true
}
