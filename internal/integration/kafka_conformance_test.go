//go:build cgo

package integration

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// The adapter passes the conformance suite on Apache Kafka too.
func TestTheClientConformsOnKafka(t *testing.T) {
	n := &sharedNode{t: t, bootstrap: kafkaNode(t), log: slog.New(slog.DiscardHandler)}
	clienttest.Run(t, clienttest.Harness{Cluster: n.cluster, Consumer: n.consumer, Producer: n.producer})
}

// sharedNode gives one node to one test of the suite at a time, as each expects a cluster without topics. Groups and
// transactional IDs get a suffix, and topics are deleted at the end of the test.
type sharedNode struct {
	t         *testing.T
	bootstrap string
	log       *slog.Logger

	inUse    sync.Mutex
	sequence atomic.Int64
}

func (n *sharedNode) cluster(t testing.TB) *clienttest.Cluster {
	t.Helper()
	n.inUse.Lock()
	t.Cleanup(n.inUse.Unlock)
	n.sequence.Add(1)
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.bootstrap))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return &clienttest.Cluster{
		Bootstrap: n.bootstrap,
		CreateTopic: func(topic string, partitions int32) error {
			t.Cleanup(func() {
				if err := deleteTopic(cl, topic); err != nil {
					t.Errorf("the topic is left: %v", err)
				}
			})
			return createEmptyTopic(cl, topic, partitions)
		},
		Expel: func(group string) {
			if err := expel(t.Context(), cl, n.own(group)); err != nil {
				t.Errorf("the members are not expelled: %v", err)
			}
		},
	}
}

// own is the name of a group, or a transactional ID, of the test in progress.
func (n *sharedNode) own(name string) string {
	return fmt.Sprintf("%s-conformance-%d", name, n.sequence.Load())
}

func (n *sharedNode) consumer(t testing.TB, c *clienttest.Cluster, o clienttest.ConsumerOptions) (kafkaclient.Consumer, error) {
	config := map[string]any{"bootstrap.servers": c.Bootstrap, "group.id": n.own(o.Group), "auto.offset.reset": o.Reset}
	if o.Protocol == clienttest.BrokerAssignedGroup {
		config["group.protocol"] = "consumer"
	} else {
		config["heartbeat.interval.ms"], config["session.timeout.ms"] = 100, 6000
	}
	if o.Protocol == clienttest.EagerGroup {
		config["partition.assignment.strategy"] = "range"
	}
	if o.InstanceID != "" {
		config["group.instance.id"] = o.InstanceID
	}
	if o.ReadUncommitted {
		config["isolation.level"] = "read_uncommitted"
	}
	s, err := kafkaconfig.Read(config)
	if err != nil {
		return nil, err
	}
	settings, err := s.ForConsumer()
	if err != nil {
		return nil, err
	}
	return rdkafka.NewConsumer(rdkafka.Config{Log: n.log, Settings: settings.Settings})
}

func (n *sharedNode) producer(t testing.TB, c *clienttest.Cluster, o clienttest.ProducerOptions, r kafkaclient.Reporter) (kafkaclient.Producer, error) {
	config := map[string]any{"bootstrap.servers": c.Bootstrap}
	if o.Linger > 0 {
		config["linger.ms"] = strconv.FormatInt(o.Linger.Milliseconds(), 10)
	}
	s, err := kafkaconfig.Read(config)
	if err != nil {
		return nil, err
	}
	id := ""
	if o.TransactionalID != "" {
		id = n.own(o.TransactionalID)
	}
	settings, err := s.ForProducer(id, id != "")
	if err != nil {
		return nil, err
	}
	return rdkafka.NewProducer(rdkafka.Config{Log: n.log, Settings: settings.Settings}, r)
}

const adminWait = 30 * time.Second

// createEmptyTopic creates a topic and waits for its leaders; the embedded broker has them at once.
func createEmptyTopic(cl *kgo.Client, topic string, partitions int32) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminWait)
	defer cancel()
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = int32(adminWait.Milliseconds())
	of := kmsg.NewCreateTopicsRequestTopic()
	of.Topic, of.NumPartitions, of.ReplicationFactor = topic, partitions, -1
	request.Topics = append(request.Topics, of)
	answer, err := request.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(answer.Topics[0].ErrorCode); err != nil {
		return err
	}
	for {
		ready, err := hasLeaders(ctx, cl, topic, partitions)
		if ready || err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // brokers have no notification for this
	}
}

func hasLeaders(ctx context.Context, cl *kgo.Client, topic string, partitions int32) (bool, error) {
	metadata := kmsg.NewPtrMetadataRequest()
	of := kmsg.NewMetadataRequestTopic()
	of.Topic = kmsg.StringPtr(topic)
	metadata.Topics = append(metadata.Topics, of)
	answer, err := metadata.RequestWith(ctx, cl)
	if err != nil {
		return false, err
	}
	if answer.Topics[0].ErrorCode != 0 || len(answer.Topics[0].Partitions) != int(partitions) {
		return false, nil
	}
	for _, p := range answer.Topics[0].Partitions {
		if p.ErrorCode != 0 {
			return false, nil
		}
	}
	return true, nil
}

func deleteTopic(cl *kgo.Client, topic string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminWait)
	defer cancel()
	request := kmsg.NewPtrDeleteTopicsRequest()
	request.TimeoutMillis = int32(adminWait.Milliseconds())
	of := kmsg.NewDeleteTopicsRequestTopic()
	of.Topic = kmsg.StringPtr(topic)
	request.TopicNames, request.Topics = []string{topic}, append(request.Topics, of)
	answer, err := request.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(answer.Topics[0].ErrorCode)
}

// expel removes the members of a group, which learn of it with their next heartbeats.
func expel(ctx context.Context, cl *kgo.Client, group string) error {
	describe := kmsg.NewPtrDescribeGroupsRequest()
	describe.Groups = []string{group}
	described, err := describe.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group = group
	for _, m := range described.Groups[0].Members {
		member := kmsg.NewLeaveGroupRequestMember()
		member.MemberID, member.InstanceID = m.MemberID, m.InstanceID
		leave.Members = append(leave.Members, member)
	}
	left, err := leave.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(left.ErrorCode)
}
