package devstack

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// WatchSessions has a broker's classic groups notice every member that was killed. The broker begins a member's
// session anew when it has answered its JoinGroup or SyncGroup, but not where that answer found nobody, so that a
// member killed while it waited stays in the group, with its partitions, for good. Each member is therefore sent one
// heartbeat in its name after it asked for either; from then on it has to send its own. End with stop.
func WatchSessions(broker *kfake.Cluster, bootstrap string) (stop func(), err error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return nil, err
	}
	s := sessions{groups: make(map[string]*group)}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup} {
		broker.ControlKey(key.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
			s.see(r)
			return nil, nil, false
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx, client) })
	return func() {
		cancel()
		wg.Wait()
		client.Close()
	}, nil
}

const sessionsPause = 250 * time.Millisecond

type sessions struct {
	mu     sync.Mutex
	groups map[string]*group
}

type group struct {
	generation int32                // of the last SyncGroup
	asked      map[string]time.Time // when a member sent its last JoinGroup or SyncGroup, until it has had its heartbeat
}

func (s *sessions) see(r kmsg.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r := r.(type) {
	case *kmsg.JoinGroupRequest:
		if r.MemberID != "" {
			s.asked(r.Group, r.MemberID)
		}
	case *kmsg.SyncGroupRequest:
		s.asked(r.Group, r.MemberID).generation = r.Generation
	}
}

func (s *sessions) asked(name, member string) *group {
	g := s.groups[name]
	if g == nil {
		g = &group{asked: make(map[string]time.Time)}
		s.groups[name] = g
	}
	g.asked[member] = time.Now()
	return g
}

func (s *sessions) watch(ctx context.Context, client *kgo.Client) {
	for tick := time.NewTicker(sessionsPause); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case now := <-tick.C:
			for request, asked := range s.due(now) {
				if beat(ctx, client, request) {
					s.done(request, asked)
				}
			}
		}
	}
}

// due are the heartbeats of members that asked a moment ago, and when they did.
func (s *sessions) due(now time.Time) map[*kmsg.HeartbeatRequest]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := make(map[*kmsg.HeartbeatRequest]time.Time)
	for name, g := range s.groups {
		for member, asked := range g.asked {
			if now.Sub(asked) >= sessionsPause {
				request := kmsg.NewPtrHeartbeatRequest()
				request.Group, request.MemberID, request.Generation = name, member, g.generation
				due[request] = asked
			}
		}
	}
	return due
}

// beat reports whether nothing more is owed: the session has begun, or the member is no longer there.
func beat(ctx context.Context, client *kgo.Client, request *kmsg.HeartbeatRequest) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return false
	}
	switch response.ErrorCode {
	case 0, kerr.RebalanceInProgress.Code, kerr.UnknownMemberID.Code:
		return true
	}
	return false // another generation: the member waits for it
}

func (s *sessions) done(request *kmsg.HeartbeatRequest, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[request.Group]; g.asked[request.MemberID].Equal(asked) {
		delete(g.asked, request.MemberID)
	}
}
