package devstack_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord/internal/devstack"
)

// A member that is killed while it waits for its assignment leaves the group like any other.
func TestAMemberKilledWhileItWaitsLeavesTheGroup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	bootstrap := broker.ListenAddrs()[0]
	unwatch, err := devstack.WatchSessions(broker)
	if err != nil {
		t.Fatal(err)
	}
	defer unwatch()

	leader, victim := newMember(t, bootstrap), newMember(t, bootstrap)
	leader.mustJoin(ctx, t)
	leader.sync(ctx, t)
	waits := make(chan struct{})
	broker.ControlKey(kmsg.JoinGroup.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		if r.(*kmsg.JoinGroupRequest).MemberID != "" {
			broker.DropControl()
			close(waits)
		}
		return nil, nil, false
	})
	dead, kill := context.WithCancel(ctx)
	killed := make(chan error)
	go func() { killed <- victim.join(dead) }()
	<-waits
	kill()
	if err := <-killed; err == nil {
		t.Fatal("the broker did not wait for the leader")
	}
	victim.client.Close()

	leader.mustJoin(ctx, t) // which ends the wait
	leader.sync(ctx, t)
	for leader.beat(ctx, t) != kerr.RebalanceInProgress.Code {
		time.Sleep(50 * time.Millisecond)
	}
	leader.mustJoin(ctx, t)
	if g := broker.GroupInfo("g"); len(g.Members) != 1 {
		t.Errorf("the group has %d members, want the leader alone", len(g.Members))
	}
}

// member speaks the protocol of classic groups by hand.
type member struct {
	client     *kgo.Client
	id         string
	generation int32
}

func newMember(t *testing.T, bootstrap string) *member {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RequestRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &member{client: client}
}

func (m *member) join(ctx context.Context) error {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Group, r.ProtocolType, r.SessionTimeoutMillis, r.RebalanceTimeoutMillis = "g", "consumer", 1000, 600_000
	r.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range"}}
	for {
		r.MemberID = m.id
		response, err := r.RequestWith(ctx, m.client)
		if err != nil {
			return err
		}
		if response.ErrorCode != kerr.MemberIDRequired.Code {
			m.generation = response.Generation
			return kerr.ErrorForCode(response.ErrorCode)
		}
		m.id = response.MemberID
	}
}

func (m *member) mustJoin(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := m.join(ctx); err != nil {
		t.Fatalf("JoinGroup: %v", err)
	}
}

func (m *member) sync(ctx context.Context, t *testing.T) {
	t.Helper()
	r := kmsg.NewPtrSyncGroupRequest()
	r.Group, r.MemberID, r.Generation = "g", m.id, m.generation
	r.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: m.id}}
	response, err := r.RequestWith(ctx, m.client)
	if err == nil {
		err = kerr.ErrorForCode(response.ErrorCode)
	}
	if err != nil {
		t.Fatalf("SyncGroup: %v", err)
	}
}

func (m *member) beat(ctx context.Context, t *testing.T) int16 {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.MemberID, r.Generation = "g", m.id, m.generation
	response, err := r.RequestWith(ctx, m.client)
	if err != nil {
		t.Fatal(err)
	}
	return response.ErrorCode
}
