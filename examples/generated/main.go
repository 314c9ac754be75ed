//go:build cgo

// Generated writes and reads orders with types and code generated from a schema by concord gen avro,
// and reads orders that were written under a later schema.
//
//	go run ./examples/generated
//
// It starts an embedded broker and registry; -bootstrap and -registry name yours.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/signal"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/generated/orders"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/serde"
)

// The schema of a later program: it has a new field and more precise times.
//
//go:embed order_later.avsc
var laterSchema string

const topic = "orders"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "generated:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	fs := flag.NewFlagSet("generated", flag.ContinueOnError)
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

	id := rand.Text() // marks the records of this run: the topic may hold others
	placed := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	// Write with the generated code, under the schema of the type.
	err = produce(ctx, c, avro.For[*orders.Order](), id, &orders.Order{
		ID: "o-1", PlacedAt: placed, Status: orders.StatusPaid, Payment: &orders.Card{LastDigits: "4242"},
		Items: []orders.Item{{Sku: "sku-7", Quantity: 2, Price: big.NewRat(1999, 100)}},
	})
	if err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	// Write as a later program, without a Go type.
	err = produce(ctx, c, avro.Dynamic(laterSchema), id, map[string]any{
		"id": "o-2", "channel": "shop", "placed_at": placed.Add(time.Hour), "status": "NEW", "note": map[string]any{"string": "by the back door"},
		"payment": map[string]any{"com.example.shop.Invoice": map[string]any{"days": 30}},
		"items":   []any{map[string]any{"sku": "sku-8", "quantity": 1, "price": big.NewRat(5, 1)}},
	})
	if err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	if err := consume(ctx, c, id, 2, out); err != nil {
		return fmt.Errorf("consuming: %w", err)
	}
	return nil
}

func produce[T any](ctx context.Context, c *cluster.Cluster, format serde.Format[T], run string, v T) error {
	values, err := serde.NewSerializer(c.Registry, format, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer p.Close(context.WithoutCancel(ctx))
	_, err = p.Produce(ctx, concord.Message[string, T]{
		Topic: topic, Key: "customer-1", Value: v, Headers: []concord.Header{{Key: "run", Value: []byte(run)}},
	})
	return err
}

func consume(ctx context.Context, c *cluster.Cluster, run string, events int, out io.Writer) (err error) {
	values, err := serde.NewDeserializer(c.Registry, avro.For[orders.Order]())
	if err != nil {
		return err
	}
	consumer, err := concord.NewConsumer(c.Group("generated-"+run), concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	for m, err := range consumer.Messages(ctx, topic) {
		if err != nil {
			return err
		}
		if len(m.Headers) == 0 || string(m.Headers[0].Value) != run {
			continue
		}
		print(out, &m.Value)
		if events--; events == 0 {
			return nil
		}
	}
	return ctx.Err()
}

func print(out io.Writer, o *orders.Order) {
	fmt.Fprintf(out, "%s, placed %s, %s:", o.ID, o.PlacedAt.Format(time.DateTime), o.Status)
	for _, item := range o.Items {
		fmt.Fprintf(out, " %d x %s at %s,", item.Quantity, item.Sku, item.Price.FloatString(2))
	}
	switch payment := o.Payment.(type) {
	case *orders.Card:
		fmt.Fprintf(out, " by card ending in %s", payment.LastDigits)
	case *orders.Invoice:
		fmt.Fprintf(out, " by invoice in %d days", payment.Days)
	}
	if o.Note != nil {
		fmt.Fprintf(out, " (%s)", *o.Note)
	}
	fmt.Fprintln(out)
}
