//go:build cgo

package rdkafka_test

import (
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

func TestConformance(t *testing.T) {
	clienttest.Run(t, clienttest.Harness{Cluster: newCluster, Consumer: newConsumer, Producer: newProducer})
}

var quiet = slog.New(slog.DiscardHandler)

// startBroker starts an embedded broker.
func startBroker(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, string) {
	t.Helper()
	c, end, err := devstack.NewCluster(nil, append([]kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return c, c.ListenAddrs()[0]
}

func newCluster(t testing.TB) *clienttest.Cluster {
	c, bootstrap := startBroker(t)
	return &clienttest.Cluster{
		Bootstrap:   bootstrap,
		CreateTopic: func(topic string, partitions int32) error { return c.CreateTopic(topic, partitions, nil) },
		Expel: func(group string) {
			expelled := "" // the member; when it has joined again, it is another
			c.ControlKey(kmsg.Heartbeat.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				beat := r.(*kmsg.HeartbeatRequest)
				if beat.Group != group || expelled != "" && beat.MemberID != expelled {
					return nil, nil, false
				}
				expelled = beat.MemberID
				answer := r.ResponseKind().(*kmsg.HeartbeatResponse)
				answer.ErrorCode = kerr.UnknownMemberID.Code
				return answer, nil, true
			})
		},
	}
}

func newConsumer(t testing.TB, c *clienttest.Cluster, o clienttest.ConsumerOptions) (kafkaclient.Consumer, error) {
	config := map[string]any{"bootstrap.servers": c.Bootstrap, "group.id": o.Group, "auto.offset.reset": o.Reset}
	switch o.Protocol {
	case clienttest.BrokerAssignedGroup:
		config["group.protocol"] = "consumer"
	case clienttest.EagerGroup:
		config["partition.assignment.strategy"] = "range"
		fallthrough
	default:
		config["heartbeat.interval.ms"] = 100 // a member learns of a rebalance with its heartbeat
		config["session.timeout.ms"] = 6000   // the broker keeps an expelled member so long
	}
	if o.InstanceID != "" {
		config["group.instance.id"] = o.InstanceID
	}
	if o.ReadUncommitted {
		config["isolation.level"] = "read_uncommitted"
	}
	return makeConsumer(config, rdkafka.Config{Log: quiet})
}

// makeConsumer makes a consumer with the runtime's defaults.
func makeConsumer(config map[string]any, c rdkafka.Config) (*rdkafka.Consumer, error) {
	s, err := kafkaconfig.Read(config)
	if err != nil {
		return nil, err
	}
	settings, err := s.ForConsumer()
	if err != nil {
		return nil, err
	}
	c.Settings = settings.Settings
	return rdkafka.NewConsumer(c)
}

func newProducer(t testing.TB, c *clienttest.Cluster, o clienttest.ProducerOptions, r kafkaclient.Reporter) (kafkaclient.Producer, error) {
	config := map[string]any{"bootstrap.servers": c.Bootstrap}
	if o.Linger > 0 {
		config["linger.ms"] = strconv.FormatInt(o.Linger.Milliseconds(), 10)
	}
	return makeProducer(config, o.TransactionalID, rdkafka.Config{Log: quiet}, r)
}

func makeProducer(config map[string]any, id string, c rdkafka.Config, r kafkaclient.Reporter) (*rdkafka.Producer, error) {
	s, err := kafkaconfig.Read(config)
	if err != nil {
		return nil, err
	}
	settings, err := s.ForProducer(id, id != "")
	if err != nil {
		return nil, err
	}
	c.Settings = settings.Settings
	return rdkafka.NewProducer(c, r)
}
