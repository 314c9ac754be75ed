//go:build cgo

// Quickstart shows concord's main job: services read events that were written under
// another version of their schema, older or newer.
//
//	go run ./examples/quickstart
//
// It starts an embedded broker and registry. With -bootstrap and -registry it
// uses yours: it creates the topic user-events if it does not exist, and
// registers both versions under user-events-value.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
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

const (
	topic   = "user-events"
	subject = "user-events-value"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// quickstart is the environment of the example.
type quickstart struct {
	bootstrap string
	registry  *registry.Client
	run       string // marks the records of this run: the topic may hold others
	events    int
	out       io.Writer
	progress  *progress
}

func run(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(errOut)
	bootstrap := fs.String("bootstrap", "", "`HOST:PORT` of a Kafka broker; empty starts one here")
	registryURL := fs.String("registry", "", "`URL` of a Schema Registry; empty starts one here")
	events := fs.Int("events", 6, "how many events to produce, half under each version")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	switch {
	case *events < 2:
		return fmt.Errorf("-events %d: want 2 or more", *events)
	case (*bootstrap == "") != (*registryURL == ""):
		return errors.New("give both -bootstrap and -registry, or neither")
	case *bootstrap == "":
		stack, err := devstack.Start(devstack.Options{})
		if err != nil {
			return err
		}
		defer stack.Close(context.WithoutCancel(ctx))
		*bootstrap, *registryURL = stack.Bootstrap(), stack.RegistryURL()
		fmt.Fprintf(out, "embedded broker %s, embedded registry %s\n", *bootstrap, *registryURL)
	}

	reg, err := registry.NewClient(*registryURL)
	if err != nil {
		return err
	}
	defer reg.Close(context.WithoutCancel(ctx))
	q := &quickstart{bootstrap: *bootstrap, registry: reg, run: rand.Text(), events: *events, out: out, progress: startProgress(errOut)}
	defer q.progress.stop()
	return q.migrate(ctx)
}

// migrate writes events under version 1, then under version 2, and reads all of them with both.
func (q *quickstart) migrate(ctx context.Context) error {
	if err := q.createTopic(ctx); err != nil {
		return err
	}
	half := q.events / 2

	v1, err := q.registry.Register(ctx, subject, registry.Schema{Text: schemaV1})
	if err != nil {
		return fmt.Errorf("registering version 1: %w", err)
	}
	q.progress.printf(q.out, "\nUserEvent version 1 is schema %d; a producer built for it writes %d events\n", v1.ID, half)
	if err := produce(ctx, q, avro.For[EventV1](avro.WithSchema(schemaV1)), eventV1, 0, half); err != nil {
		return fmt.Errorf("producing version 1: %w", err)
	}

	v2, err := q.registry.Register(ctx, subject, registry.Schema{Text: schemaV2})
	if err != nil {
		return fmt.Errorf("registering version 2: %w", err)
	}
	q.progress.printf(q.out, "UserEvent version 2 is schema %d; a producer built for it writes %d events\n", v2.ID, q.events-half)
	if err := produce(ctx, q, avro.For[EventV2](avro.WithSchema(schemaV2)), eventV2, half, q.events); err != nil {
		return fmt.Errorf("producing version 2: %w", err)
	}

	q.progress.printf(q.out, "\nread by a consumer built for version 2\n")
	byNew, err := consume(ctx, q, "built-for-v2", avro.For[EventV2](avro.WithSchema(schemaV2)))
	if err != nil {
		return fmt.Errorf("consuming with version 2: %w", err)
	}
	// Avro reads an int as a long, but not a long as an int. AllowNarrowing lets a consumer built for an int
	// read a long whose value fits.
	q.progress.printf(q.out, "\nread by a consumer built for version 1\n")
	byOld, err := consume(ctx, q, "built-for-v1", avro.For[EventV1](avro.WithSchema(schemaV1), avro.AllowNarrowing()))
	if err != nil {
		return fmt.Errorf("consuming with version 1: %w", err)
	}

	q.progress.printf(q.out, "\n%d events produced, %d under schema %d and %d under schema %d; all read twice: %d by version 2, %d by version 1\n",
		q.events, half, v1.ID, q.events-half, v2.ID, byNew, byOld)
	return nil
}

// produce writes the events from first to last under T's own schema. It is registered already: serializers
// register nothing by default.
func produce[T any](ctx context.Context, q *quickstart, format *avro.Format[T], event func(int) T, first, last int) error {
	values, err := serde.NewSerializer(q.registry, format)
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": q.bootstrap}, concord.String(), values, quiet)
	if err != nil {
		return err
	}
	defer p.Close(context.WithoutCancel(ctx))
	for i := first; i < last; i++ {
		err := p.ProduceAsync(ctx, concord.Message[string, T]{
			Topic:   topic,
			Key:     user(i),
			Value:   event(i),
			Headers: []concord.Header{{Key: "run", Value: []byte(q.run)}},
		}, nil)
		if err != nil {
			return err
		}
		q.progress.set("produced", i+1, q.events)
	}
	return p.Flush(ctx) // returns an error if any message was not delivered
}

// consume reads all events of this run into T, whatever schema they were written under.
func consume[T any](ctx context.Context, q *quickstart, group string, format *avro.Format[T]) (n int, err error) {
	values, err := serde.NewDeserializer(q.registry, format)
	if err != nil {
		return 0, err
	}
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": q.bootstrap,
		"group.id":          group + "-" + q.run,
		"auto.offset.reset": "earliest",
	}, concord.String(), values, quiet)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	for m, err := range c.Messages(ctx, topic) {
		if err != nil {
			return n, err
		}
		if !q.isMine(m.Headers) {
			continue
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return n, err
		}
		q.progress.printf(q.out, "%-5s partition %d offset %-3d written under schema %d: %s\n", m.Key, m.Partition, m.Offset, m.ValueInfo.SchemaID, value)
		n++
		q.progress.set("read by "+group, n, q.events)
		if n == q.events {
			return n, nil
		}
	}
	return n, context.Cause(ctx)
}

func (q *quickstart) isMine(headers []concord.Header) bool {
	for _, h := range headers {
		if h.Key == "run" {
			return string(h.Value) == q.run
		}
	}
	return false
}

// createTopic creates the topic unless it exists.
func (q *quickstart) createTopic(ctx context.Context) error {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": q.bootstrap, "enable.metrics.push": false})
	if err != nil {
		return err
	}
	defer admin.Close()
	results, err := admin.CreateTopics(ctx, []kafka.TopicSpecification{{Topic: topic, NumPartitions: 3, ReplicationFactor: -1}})
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

func user(i int) string { return fmt.Sprintf("u%d", 100+i) }

// quiet discards the clients' log.
var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))
