//go:build cgo

// Dynamic writes and reads events without a Go type for them: the writer's schema
// and the reader's come from files, and values are maps.
//
//	go run ./examples/dynamic
//
// starts a broker and a registry of its own; -bootstrap and -registry name yours,
// where the topic dynamic-user-events must exist unless the broker makes topics by itself.
package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

//go:embed schemas/user_event.avsc
var writerSchema string

// The reader calls eventTime by another name, and has a field that the writer
// does not know.
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
	bootstrap := fs.String("bootstrap", "", "`HOST:PORT` of a Kafka broker; empty starts one here")
	registryURL := fs.String("registry", "", "`URL` of a Schema Registry; empty starts one here")
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
	switch {
	case (*bootstrap == "") != (*registryURL == ""):
		return errors.New("give both -bootstrap and -registry, or neither")
	case *bootstrap == "":
		stack, err := devstack.Start(devstack.Options{})
		if err != nil {
			return err
		}
		defer stack.Close(context.WithoutCancel(ctx))
		*bootstrap, *registryURL = stack.Bootstrap(), stack.RegistryURL()
	}
	reg, err := registry.NewClient(*registryURL)
	if err != nil {
		return err
	}
	defer reg.Close(context.WithoutCancel(ctx))

	id := rand.Text() // marks this run's records, in a topic that may hold others
	if err := produce(ctx, *bootstrap, reg, writer, id, *events); err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	if err := consume(ctx, *bootstrap, reg, id, *events, out); err != nil {
		return fmt.Errorf("consuming: %w", err)
	}
	fmt.Fprintf(out, "%d events written under one schema and read under another, without a Go type\n", *events)
	return nil
}

func produce(ctx context.Context, bootstrap string, reg *registry.Client, schema, run string, events int) error {
	values, err := serde.NewSerializer(reg, avro.Dynamic(schema), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), values, quiet)
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

func consume(ctx context.Context, bootstrap string, reg *registry.Client, run string, events int, out io.Writer) (err error) {
	values, err := serde.NewDeserializer(reg, avro.Dynamic(readerSchema))
	if err != nil {
		return err
	}
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap,
		"group.id":          "dynamic-" + run,
		"auto.offset.reset": "earliest",
	}, concord.String(), values, quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	seen := 0
	for m, err := range c.Messages(ctx, topic) {
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

// quiet keeps librdkafka's log out of the example's output.
var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))
