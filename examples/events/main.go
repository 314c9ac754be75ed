//go:build cgo

// Events has several types of events on one topic, in order. Each type has its own schema and subject
// (orders-OrderPlaced, ...). One producer writes them, and a router calls a handler for each type.
//
//	go run ./examples/events
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

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/serde"
)

const topic = "orders"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "events:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	fs := flag.NewFlagSet("events", flag.ContinueOnError)
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
	if err := produce(ctx, c); err != nil {
		return err
	}
	if err := handleAll(ctx, c, out); err != nil {
		return err
	}
	return handleSome(ctx, c, out)
}

// produce writes events of three types. The serializer names their subjects by topic and record.
func produce(ctx context.Context, c *cluster.Cluster) (err error) {
	values, err := serde.NewSerializer(c.Registry, serde.OneOf(
		serde.CaseOf[Event](avro.For[OrderPlaced]()),
		serde.CaseOf[Event](avro.For[OrderPaid]()),
		serde.CaseOf[Event](avro.For[*OrderShipped]()),
	), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(context.WithoutCancel(ctx))) }()
	var events []concord.Message[string, Event]
	for i := range 3 {
		order := fmt.Sprintf("order-%d", i)
		for _, e := range []Event{
			OrderPlaced{Order: order, Customer: "ada", Total: 19.90},
			OrderPaid{Order: order, Method: "card"},
			&OrderShipped{Order: order, Carrier: "post"},
		} {
			events = append(events, concord.Message[string, Event]{Topic: topic, Key: order, Value: e})
		}
	}
	_, err = p.ProduceBatch(ctx, events)
	return err
}

// handleAll has a handler for each type.
func handleAll(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	values, err := serde.NewDeserializer(c.Registry, serde.OneOf(
		serde.CaseOf[Event](avro.For[OrderPlaced]()),
		serde.CaseOf[Event](avro.For[OrderPaid]()),
		serde.CaseOf[Event](avro.For[*OrderShipped]()),
	))
	if err != nil {
		return err
	}
	router, err := concord.NewRouter(
		concord.On[Event](func(_ context.Context, m *concord.Message[string, OrderPlaced]) error {
			fmt.Fprintf(out, "%s placed by %s\n", m.Key, m.Value.Customer)
			return nil
		}),
		concord.On[Event](func(_ context.Context, m *concord.Message[string, OrderPaid]) error {
			fmt.Fprintf(out, "%s paid by %s\n", m.Key, m.Value.Method)
			return nil
		}),
		concord.On[Event](func(_ context.Context, m *concord.Message[string, *OrderShipped]) error {
			fmt.Fprintf(out, "%s shipped by %s\n", m.Key, m.Value.Carrier)
			return nil
		}),
	)
	if err != nil {
		return err
	}
	return consume(ctx, c, "everything", values, router.Handle)
}

// handleSome handles one type and ignores the others.
func handleSome(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	values, err := serde.NewDeserializer(c.Registry, serde.OneOf(serde.CaseOf[Event](avro.For[*OrderShipped]())).IgnoringOthers())
	if err != nil {
		return err
	}
	shipped := 0
	router, err := concord.NewRouter(concord.On[Event](func(_ context.Context, m *concord.Message[string, *OrderShipped]) error {
		shipped++
		return nil
	}))
	if err != nil {
		return err
	}
	err = consume(ctx, c, "shipments", values, router.Handle)
	fmt.Fprintf(out, "%d orders were shipped\n", shipped)
	return err
}

func consume(ctx context.Context, c *cluster.Cluster, group string, values concord.Deserializer[Event], handler concord.Handler[string, Event]) (err error) {
	// One goroutine for all partitions keeps the output, and the counter, in order.
	consumer, err := concord.NewConsumer(c.Group(group), concord.String(), values, cluster.Quiet, concord.WithStopAtEnd(), concord.InKeyOrder(1))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	return consumer.Run(ctx, []string{topic}, handler)
}
