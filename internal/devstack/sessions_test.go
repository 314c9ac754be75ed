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
	broker := newBroker(t)
	bootstrap := broker.ListenAddrs()[0]
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

// A member that waits for the others for longer than its session keeps its place.
func TestAMemberThatWaitsKeepsItsPlace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	broker := newBroker(t)
	leader, patient := newMember(t, broker.ListenAddrs()[0]), newMember(t, broker.ListenAddrs()[0])
	leader.mustJoin(ctx, t)
	leader.sync(ctx, t)
	joined := make(chan error)
	go func() { joined <- patient.join(ctx) }()
	for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(50 * time.Millisecond) {
		leader.beat(ctx, t)
	}
	leader.mustJoin(ctx, t)
	if err := <-joined; err != nil || patient.generation != leader.generation {
		t.Errorf("%v, generation %d; want %d", err, patient.generation, leader.generation)
	}
	if leader.sync(ctx, t); patient.beat(ctx, t) != 0 {
		t.Error("the member that waited has lost its place")
	}
	// Once more, now that it has had a session.
	patient.metadata = []byte{1} // with which it is no repetition
	go func() { joined <- patient.join(ctx) }()
	for began := time.Now(); time.Since(began) < 3*time.Second; time.Sleep(50 * time.Millisecond) {
		leader.beat(ctx, t)
	}
	leader.mustJoin(ctx, t)
	if err := <-joined; err != nil || patient.generation != leader.generation {
		t.Errorf("%v, generation %d; want %d", err, patient.generation, leader.generation)
	}
}

// Members that repeat their JoinGroup in turn, each within the rebalance timeout of the one before, get an assignment all the same:
// also after a member was removed that waited for its SyncGroup.
func TestMembersThatRepeatJoinGroupAreAssigned(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	bootstrap := newBroker(t).ListenAddrs()[0]
	const timeout = 1500 // of a rebalance, in milliseconds
	leader, follower := newMember(t, bootstrap), newMember(t, bootstrap)
	leader.rebalance, follower.rebalance = timeout, timeout
	leader.mustJoin(ctx, t)
	leader.sync(ctx, t)
	joined := make(chan error, 1)
	go func() { joined <- follower.join(ctx) }()
	for leader.beat(ctx, t) != kerr.RebalanceInProgress.Code {
		time.Sleep(20 * time.Millisecond)
	}
	leader.mustJoin(ctx, t)
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	// The follower waits in SyncGroup and leaves.
	syncing := kmsg.NewPtrSyncGroupRequest()
	syncing.Group, syncing.MemberID, syncing.Generation = "g", follower.id, follower.generation
	waited, stop := context.WithTimeout(ctx, 300*time.Millisecond)
	defer stop()
	if _, err := syncing.RequestWith(waited, follower.client); err == nil {
		t.Fatal("the broker does not wait for the leader")
	}
	leaving := kmsg.NewPtrLeaveGroupRequest()
	leaving.Group, leaving.Members = "g", []kmsg.LeaveGroupRequestMember{{MemberID: follower.id}}
	if _, err := leaving.RequestWith(ctx, newMember(t, bootstrap).client); err != nil {
		t.Fatal(err)
	}
	// The leader joins again and again, on a new connection each time.
	for attempt := range 8 {
		again := newMember(t, bootstrap)
		again.id, again.rebalance = leader.id, timeout
		impatient, stop := context.WithTimeout(ctx, time.Second)
		err := again.join(impatient)
		stop()
		if err == nil {
			return
		}
		if attempt == 7 {
			t.Fatalf("it is not assigned: %v", err)
		}
		again.client.Close()
	}
}

func newBroker(t *testing.T) *kfake.Cluster {
	t.Helper()
	broker, end, err := devstack.NewCluster(nil, kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return broker
}

// member speaks the protocol of classic groups by hand.
type member struct {
	client     *kgo.Client
	id         string
	generation int32
	metadata   []byte
	rebalance  int32 // the rebalance timeout in milliseconds; 0: a long one
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
	if m.rebalance > 0 {
		r.RebalanceTimeoutMillis = m.rebalance
	}
	r.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: m.metadata}}
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

// Tests close brokers to have them gone.
func TestABrokerThatWasClosedCanBeEnded(t *testing.T) {
	t.Parallel()
	broker, end, err := devstack.NewCluster(nil, kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	m := newMember(t, broker.ListenAddrs()[0])
	m.mustJoin(t.Context(), t)
	broker.Close()
	time.Sleep(600 * time.Millisecond) // it is looked at meanwhile
	ended := make(chan struct{})
	go func() {
		end()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("it does not end")
	}
}
