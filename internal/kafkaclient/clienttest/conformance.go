package clienttest

import (
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Harness makes what the conformance suite needs. Clients are closed by the suite.
type Harness struct {
	// Cluster starts or names a cluster without the topics that the suite creates. It ends with t.
	Cluster func(t testing.TB) *Cluster
	// Consumer and Producer make clients of the adapter, with the runtime's defaults.
	Consumer func(t testing.TB, c *Cluster, o ConsumerOptions) (kafkaclient.Consumer, error)
	Producer func(t testing.TB, c *Cluster, o ProducerOptions, r kafkaclient.Reporter) (kafkaclient.Producer, error)
}

// Cluster is one that the suite runs against.
type Cluster struct {
	Bootstrap   string
	CreateTopic func(topic string, partitions int32) error
	// Expel makes the group's coordinator forget its members once, as after a session timeout. nil: the
	// tests that need it are skipped.
	Expel func(group string)
}

// ConsumerOptions say what kind of consumer a test needs.
type ConsumerOptions struct {
	Group           string
	InstanceID      string
	Protocol        GroupProtocol
	Reset           string // earliest where it is empty
	ReadUncommitted bool
}

// GroupProtocol is how a group shares partitions out.
type GroupProtocol uint8

// The protocols. BrokerAssigned is that of KIP-848.
const (
	CooperativeGroup GroupProtocol = iota
	EagerGroup
	BrokerAssignedGroup
)

// ProducerOptions say what kind of producer a test needs.
type ProducerOptions struct {
	TransactionalID string
	Linger          time.Duration // 0: a few milliseconds
}

// Run is the conformance suite: what the runtime relies on, whatever the client.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"Produce/reports":                           testReports,
		"Produce/from many goroutines":              testProduceConcurrently,
		"Produce/refused messages":                  testRefusedMessages,
		"Produce/partitions":                        testPartitions,
		"Produce/hurry":                             testHurry,
		"Produce/purge":                             testPurge,
		"Produce/no broker":                         testProducerWithoutBroker,
		"Records/round trip":                        testRoundTrip,
		"Records/order":                             testOrder,
		"Records/pause and resume":                  testPause,
		"Records/seek":                              testSeek,
		"Records/unknown topic":                     testUnknownTopic,
		"Records/no broker":                         testConsumerWithoutBroker,
		"Offsets/commit":                            testCommit,
		"Offsets/commit without answer":             testCommitCanceled,
		"Offsets/commit soon":                       testCommitSoon,
		"Offsets/commit soon while the group waits": testCommitSoonWhileTheGroupWaits,
		"Offsets/commit after commit soon":          testCommitAfterCommitSoon,
		"Offsets/list":                              testListOffsets,
		"Offsets/manual assignment":                 testAssign,
		"Offsets/none, without reset":               testNoReset,
		"Group/start positions":                     testStartPositions,
		"Group/two members, cooperative": func(t *testing.T, h Harness) {
			testTwoMembers(t, h, CooperativeGroup)
		},
		"Group/two members, eager": func(t *testing.T, h Harness) {
			testTwoMembers(t, h, EagerGroup)
		},
		"Group/two members, broker-assigned": func(t *testing.T, h Harness) {
			testTwoMembers(t, h, BrokerAssignedGroup)
		},
		"Group/leave":                testLeave,
		"Group/lost":                 testLost,
		"Group/close":                testCloseOfMember,
		"Group/close, static":        testCloseOfStaticMember,
		"Transactions/commit, abort": testTransactions,
		"Transactions/offsets":       testTransactionOffsets,
		"Transactions/open":          testOpenTransaction,
		"Transactions/fenced":        testFenced,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, h)
		})
	}
}
