//go:build cgo

// Package cluster starts a broker and a registry for an example, or uses those that its flags name.
package cluster

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/registry"
)

// Cluster is the broker and the registry of an example.
type Cluster struct {
	Bootstrap   string
	RegistryURL string
	Registry    *registry.Client

	stack *devstack.Stack // nil with the user's own
}

// Flags adds -bootstrap and -registry, and returns the function that opens the cluster after parsing.
func Flags(fs *flag.FlagSet) (open func(out io.Writer) (*Cluster, error)) {
	bootstrap := fs.String("bootstrap", "", "`HOST:PORT` of a Kafka broker; empty starts one here")
	registryURL := fs.String("registry", "", "`URL` of a Schema Registry; empty starts one here")
	return func(out io.Writer) (*Cluster, error) {
		c := &Cluster{Bootstrap: *bootstrap, RegistryURL: *registryURL}
		if (c.Bootstrap == "") != (c.RegistryURL == "") {
			return nil, errors.New("give both -bootstrap and -registry, or neither")
		}
		var err error
		if c.Bootstrap == "" {
			if c.stack, err = devstack.Start(devstack.Options{}); err != nil {
				return nil, err
			}
			c.Bootstrap, c.RegistryURL = c.stack.Bootstrap(), c.stack.RegistryURL()
			fmt.Fprintf(out, "embedded broker %s, embedded registry %s\n", c.Bootstrap, c.RegistryURL)
		}
		if c.Registry, err = registry.NewClient(c.RegistryURL); err != nil {
			c.Close()
			return nil, err
		}
		return c, nil
	}
}

// Close stops what was started.
func (c *Cluster) Close() {
	if c.Registry != nil {
		c.Registry.Close(context.Background())
	}
	if c.stack != nil {
		c.stack.Close(context.Background())
	}
}

// Topics creates topics with three partitions, unless they exist.
func (c *Cluster) Topics(ctx context.Context, names ...string) error {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap, "enable.metrics.push": false})
	if err != nil {
		return err
	}
	defer admin.Close()
	var specs []kafka.TopicSpecification
	for _, name := range names {
		specs = append(specs, kafka.TopicSpecification{Topic: name, NumPartitions: 3, ReplicationFactor: -1})
	}
	results, err := admin.CreateTopics(ctx, specs)
	if err != nil {
		return err
	}
	for _, r := range results {
		if code := r.Error.Code(); code != kafka.ErrNoError && code != kafka.ErrTopicAlreadyExists {
			return r.Error
		}
	}
	return nil
}

// Group returns the configuration of a consumer that reads from the beginning.
func (c *Cluster) Group(name string) *kafka.ConfigMap {
	return &kafka.ConfigMap{"bootstrap.servers": c.Bootstrap, "group.id": name, "auto.offset.reset": "earliest"}
}

// Quiet discards the clients' log.
var Quiet = concord.WithLogger(slog.New(slog.DiscardHandler))
