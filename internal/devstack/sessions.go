package devstack

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// WatchSessions has a broker's classic groups notice every member that was killed. The broker begins the session of
// a new member when it answers its JoinGroup, but not where that answer finds nobody: a member killed while it
// waited would stay in the group, with its partitions, for good. Each is therefore sent one heartbeat in its name
// when it has been answered; from then on it has to send its own. End with stop, before the broker.
func WatchSessions(broker *kfake.Cluster) (stop func(), err error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...))
	if err != nil {
		return nil, err
	}
	s := sessions{broker: broker, client: client, joins: make(map[joiner]int32)}
	broker.ControlKey(kmsg.JoinGroup.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if r := r.(*kmsg.JoinGroupRequest); r.MemberID != "" {
			s.joined(joiner{r.Group, r.MemberID})
		}
		return nil, nil, false
	})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx) })
	return func() {
		cancel()
		wg.Wait()
		client.Close()
	}, nil
}

type sessions struct {
	broker *kfake.Cluster
	client *kgo.Client

	mu    sync.Mutex
	joins map[joiner]int32 // the group's generation at a JoinGroup, until it has been answered
}

type joiner struct{ group, member string }

// generation is 0 where there is no such group.
func (s *sessions) generation(group string) int32 {
	if info := s.broker.GroupInfo(group); info != nil {
		return info.Epoch
	}
	return 0
}

func (s *sessions) joined(j joiner) {
	generation := s.generation(j.group)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins[j] = generation
}

func (s *sessions) watch(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.mu.Lock()
			waiting := maps.Clone(s.joins)
			s.mu.Unlock()
			for j, before := range waiting {
				// All that wait are answered when the generation begins.
				if now := s.generation(j.group); now > before && s.beat(ctx, j, now) {
					s.done(j, before)
				}
			}
		}
	}
}

// beat reports whether the session has begun, or the member is gone.
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
	return false
}

func (s *sessions) done(j joiner, before int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joins[j] == before { // it has not joined again
		delete(s.joins, j)
	}
}
