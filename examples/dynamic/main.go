//go:build cgo

// Dynamic writes and reads events without a Go type for them: the writer's schema
// and the reader's come from files, and values are maps.
//
//	go run ./examples/dynamic
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
	"os"
	"os/signal"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/serde"
)

//go:embed schemas/user_event.avsc
var writerSchema string

// The reader has another name for eventTime, and a field that the writer does not have.
//
//go:embed schemas/user_event_reader.avsc
var readerSchema string

const topic = "dynamic-user-events"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "dynamic:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	fs := flag.NewFlagSet("dynamic", flag.ContinueOnError)
	fs.SetOutput(errOut)
	open := cluster.Flags(fs)
	events := fs.Int("events", 3, "how many events to produce")
	schemaFile := fs.String("schema", "", "`FILE` with the writer's schema; empty takes schemas/user_event.avsc")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *events < 1 {
		return fmt.Errorf("-events %d: want 1 or more", *events)
	}
	writer := writerSchema
	if *schemaFile != "" {
		text, err := os.ReadFile(*schemaFile)
		if err != nil {
			return err
		}
		writer = string(text)
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
	if err := produce(ctx, c, writer, id, *events); err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	if err := consume(ctx, c, id, *events, out); err != nil {
		return fmt.Errorf("consuming: %w", err)
	}
	fmt.Fprintf(out, "%d events written under one schema and read under another, without a Go type\n", *events)
	return nil
}

func produce(ctx context.Context, c *cluster.Cluster, schema, run string, events int) error {
	values, err := serde.NewSerializer(c.Registry, avro.Dynamic(schema), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer p.Close(context.WithoutCancel(ctx))
	for i := range events {
		user := fmt.Sprintf("u%d", 123+i)
		_, err := p.Produce(ctx, concord.Message[string, map[string]any]{
			Topic:   topic,
			Key:     user,
			Value:   map[string]any{"userId": user, "eventTime": 1727260800000 + i},
			Headers: []concord.Header{{Key: "run", Value: []byte(run)}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func consume(ctx context.Context, c *cluster.Cluster, run string, events int, out io.Writer) (err error) {
	values, err := serde.NewDeserializer(c.Registry, avro.Dynamic(readerSchema))
	if err != nil {
		return err
	}
	consumer, err := concord.NewConsumer(c.Group("dynamic-"+run), concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close(context.WithoutCancel(ctx))) }()
	seen := 0
	for m, err := range consumer.Messages(ctx, topic) {
		if err != nil {
			return err
		}
		if len(m.Headers) == 0 || string(m.Headers[0].Value) != run {
			continue
		}
		fmt.Fprintf(out, "%s partition %d offset %d written under schema %d: userId=%v occurredAt=%v source=%v\n",
			m.Key, m.Partition, m.Offset, m.ValueInfo.SchemaID, m.Value["userId"], m.Value["occurredAt"], m.Value["source"])
		if seen++; seen == events {
			return nil
		}
	}
	return context.Cause(ctx)
}
