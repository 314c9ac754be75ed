//go:build cgo

// Protobuf has two types of messages, of one .proto file, on one topic. A producer writes them with their generated code,
// a router calls a handler for each type, and a program without generated code reads them with the types from the registry.
//
//	go run ./examples/protobuf
//
// It starts an embedded broker and registry; -bootstrap and -registry name yours.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/examples/protobuf/accounts"
	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/serde"
)

const topic = "accounts"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "protobuf:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	fs := flag.NewFlagSet("protobuf", flag.ContinueOnError)
	fs.SetOutput(errOut)
	open := cluster.Flags(fs)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	c, err := open(out)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Topics(ctx, topic); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *cluster.Cluster, io.Writer) error{produce, route, dynamic} {
		if err := step(ctx, c, out); err != nil {
			return err
		}
	}
	return nil
}

// types are the messages of the topic. proto.Message is their common type here; it may also be an interface of the program.
func types() *serde.Sum[proto.Message] {
	return serde.OneOf(
		serde.CaseOf[proto.Message](protobuf.For[*accounts.UserSignedUp]()),
		serde.CaseOf[proto.Message](protobuf.For[*accounts.UserLeft]()),
	)
}

func produce(ctx context.Context, c *cluster.Cluster, out io.Writer) (err error) {
	// Both messages are in one file, so they have one schema: the subject of the topic is enough.
	values, err := serde.NewSerializer(c.Registry, types(), serde.WithSubjectStrategy(serde.TopicName), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(context.WithoutCancel(ctx))) }()
	at := timestamppb.Timestamp{Seconds: 1767268800}
	_, err = p.ProduceBatch(ctx, []concord.Message[string, proto.Message]{
		{Topic: topic, Key: "ada", Value: &accounts.UserSignedUp{User: "ada", Email: "ada@example.com", At: &at}},
		{Topic: topic, Key: "ben", Value: &accounts.UserSignedUp{User: "ben", Email: "ben@example.com", At: &at}},
		{Topic: topic, Key: "ada", Value: &accounts.UserLeft{User: "ada", Reason: accounts.UserLeft_REASON_MOVED}},
	})
	fmt.Fprintln(out, "3 messages of 2 types were written")
	return err
}

func route(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	values, err := serde.NewDeserializer(c.Registry, types())
	if err != nil {
		return err
	}
	router, err := concord.NewRouter(
		concord.On[proto.Message](func(_ context.Context, m *concord.Message[string, *accounts.UserSignedUp]) error {
			fmt.Fprintf(out, "%s signed up\n", m.Value.GetUser())
			return nil
		}),
		concord.On[proto.Message](func(_ context.Context, m *concord.Message[string, *accounts.UserLeft]) error {
			fmt.Fprintf(out, "%s left: %s\n", m.Value.GetUser(), m.Value.GetReason())
			return nil
		}),
	)
	if err != nil {
		return err
	}
	return consume(ctx, c, "routed", values, router.Handle)
}

func dynamic(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	values, err := serde.NewDeserializer(c.Registry, protobuf.Dynamic())
	if err != nil {
		return err
	}
	return consume(ctx, c, "dynamic", values, func(_ context.Context, m *concord.Message[string, *dynamicpb.Message]) error {
		fmt.Fprintf(out, "%s, without generated code: user %s\n", m.Value.Descriptor().FullName(), m.Value.Get(m.Value.Descriptor().Fields().ByName("user")))
		return nil
	})
}

func consume[V any](ctx context.Context, c *cluster.Cluster, group string, values concord.Deserializer[V], handler concord.Handler[string, V]) (err error) {
	// One goroutine for all partitions keeps the output in order.
	consumer, err := concord.NewConsumer(c.Group(group), concord.String(), values, cluster.Quiet, concord.WithStopAtEnd(), concord.InKeyOrder(1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	return consumer.Run(ctx, []string{topic}, handler)
}
