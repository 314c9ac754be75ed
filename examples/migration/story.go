//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/examples/internal/cluster"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// story is the whole migration.
type story struct {
	cluster *cluster.Cluster
	events  int // half written as version 1, half as version 2
	out     io.Writer
}

func (s *story) tell(ctx context.Context) (err error) {
	c, half := s.cluster, s.events/2
	ctx, fail := context.WithCancelCause(ctx)
	defer func() {
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause // the service that failed, not the step that noticed it
		}
		fail(nil)
	}()
	fmt.Fprintf(s.out, "\n1. Producers write version 1 to %s.\n", oldTopic)
	if _, err := c.Registry.Register(ctx, oldTopic+"-value", registry.Schema{Text: schemaV1}); err != nil {
		return err
	}
	if err := produce(ctx, c, oldTopic, schemaV1, eventV1, 0, half/2); err != nil {
		return err
	}

	fmt.Fprintf(s.out, "\n2. Version 2 is incompatible:\n")
	verdict, err := c.Registry.TestCompatibility(ctx, oldTopic+"-value", registry.LatestVersion, registry.Schema{Text: schemaV2})
	if err != nil {
		return err
	}
	if verdict.Compatible {
		return errors.New("version 2 is compatible with version 1: there is nothing to migrate")
	}
	for _, reason := range verdict.Messages {
		if strings.Contains(reason, "errorType") { // the others name the compared schema
			fmt.Fprintf(s.out, "   %s\n", reason)
		}
	}
	if _, err := c.Registry.Register(ctx, newTopic+"-value", registry.Schema{Text: schemaV2}); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "   So it gets its own topic and subject, %s.\n", newTopic)

	fmt.Fprintf(s.out, "\n3. The conversion service and a consumer of both topics start; version 1 is still written.\n")
	converter := start(ctx, fail, "the conversion service", func(ctx context.Context) error { return convert(ctx, c) })
	both := newTally()
	auditing := start(ctx, fail, "the consumer of both topics", func(ctx context.Context) error {
		return consume(ctx, c, "audit", false, []string{oldTopic, newTopic}, both.add)
	})
	if err := produce(ctx, c, oldTopic, schemaV1, eventV1, half/2, half*3/4); err != nil {
		return err
	}
	if err := converter.end(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "   The conversion service is stopped half-way and restarted.\n")
	converter = start(ctx, fail, "the conversion service", func(ctx context.Context) error { return convert(ctx, c) })

	fmt.Fprintf(s.out, "\n4. New producers write version 2 to %s, while the last old producers finish.\n", newTopic)
	if err := produce(ctx, c, newTopic, schemaV2, eventV2, half, half+(s.events-half)/2); err != nil {
		return err
	}
	if err := produce(ctx, c, oldTopic, schemaV1, eventV1, half*3/4, half); err != nil {
		return err
	}
	if err := produce(ctx, c, newTopic, schemaV2, eventV2, half+(s.events-half)/2, s.events); err != nil {
		return err
	}

	fmt.Fprintf(s.out, "\n5. No producer writes to %s any more. It is drained when every group has committed up to its end:\n", oldTopic)
	for _, group := range []string{conversion, "audit"} {
		for n := int64(-1); n != 0; {
			if n, err = behind(ctx, c, group, oldTopic); err != nil {
				return err
			}
			if n > 0 && !sleep(ctx, 200*time.Millisecond) {
				return context.Cause(ctx)
			}
		}
		fmt.Fprintf(s.out, "   lag of %s: 0\n", group)
	}
	if err := converter.end(); err != nil {
		return err
	}
	if err := both.await(ctx, s.events); err != nil {
		return fmt.Errorf("the consumer of both topics: %w", err)
	}
	if err := auditing.end(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "   The conversion service is stopped; the consumer is deployed without the old topic.\n")

	fmt.Fprintf(s.out, "\n6. A consumer of version 2 only reads %s from the beginning.\n", newTopic)
	alone := newTally()
	if err := consume(ctx, c, "billing", true, []string{newTopic}, alone.add, concord.WithStopAtEnd()); err != nil {
		return err
	}
	for who, t := range map[string]*tally{"the consumer of both topics": both, "the consumer of the new topic": alone} {
		if err := t.check(s.events); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
	}
	fmt.Fprintf(s.out, "\n%d events: each handled once by the consumer of both topics and written once to %s, %d of them converted\n", s.events, newTopic, alone.converted)
	return nil
}

// service runs in the background.
type service struct {
	stop context.CancelFunc
	done chan error
}

// start starts a service. If it fails, so does the migration.
func start(ctx context.Context, fail context.CancelCauseFunc, name string, run func(context.Context) error) *service {
	running, stop := context.WithCancel(ctx)
	s := &service{stop, make(chan error, 1)}
	go func() {
		err := run(running)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			fail(err)
		}
		s.done <- err
	}()
	return s
}

// end stops the service gracefully.
func (s *service) end() error {
	s.stop()
	return <-s.done
}

// tally counts events by number.
type tally struct {
	mu        sync.Mutex
	seen      map[int64]int
	last      map[string]int64 // by key
	converted int
	outOfLine int
}

func newTally() *tally { return &tally{seen: make(map[int64]int), last: make(map[string]int64)} }

func (t *tally) add(e UserEventV2, m *concord.Message[string, UserEvent]) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	number := e.OccurredAt.Sub(firstEvent).Milliseconds() / 1000
	t.seen[number]++
	if converted(m.Headers) {
		t.converted++
	}
	line := m.Topic + m.Key // within a topic the events of a user keep their order
	if before, ok := t.last[line]; ok && number < before && t.seen[number] == 1 && !converted(m.Headers) {
		t.outOfLine++
	}
	t.last[line] = number
	return nil
}

// await waits until so many different events were seen.
func (t *tally) await(ctx context.Context, n int) error {
	for {
		t.mu.Lock()
		seen := len(t.seen)
		t.mu.Unlock()
		if seen >= n {
			return nil
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return fmt.Errorf("%d of %d events: %w", seen, n, context.Cause(ctx))
		}
	}
}

// check reports what is missing, or there twice.
func (t *tally) check(n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	lost, again := 0, 0
	for i := range int64(n) {
		lost += max(0, 1-t.seen[i])
		again += max(0, t.seen[i]-1)
	}
	if lost > 0 || again > 0 || len(t.seen) != n || t.outOfLine > 0 {
		return fmt.Errorf("%d events lost, %d duplicated, %d out of order, %d numbers for %d events", lost, again, t.outOfLine, len(t.seen), n)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

var firstEvent = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// The events in both versions: one a second, by seven users.
func eventV1(i int) UserEventV1 {
	return UserEventV1{UserID: userOf(i).String(), EventTime: firstEvent.Add(time.Duration(i) * time.Second).Format(time.RFC3339), Action: "click"}
}

func eventV2(i int) UserEventV2 {
	return UserEventV2{User: userOf(i), OccurredAt: firstEvent.Add(time.Duration(i) * time.Second), Action: "click"}
}

func userOf(i int) User { return User{Tenant: "acme", Number: int64(i % 7)} }

// produce writes the events from first to last to a topic.
func produce[T any](ctx context.Context, c *cluster.Cluster, topic, schema string, event func(int) T, first, last int) (err error) {
	values, err := serde.NewSerializer(c.Registry, avro.For[T](avro.WithSchema(schema)))
	if err != nil {
		return err
	}
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": c.Bootstrap}, concord.String(), values, cluster.Quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(context.WithoutCancel(ctx))) }()
	var ms []concord.Message[string, T]
	for i := first; i < last; i++ {
		ms = append(ms, concord.Message[string, T]{Topic: topic, Key: userOf(i).String(), Value: event(i)})
	}
	_, err = p.ProduceBatch(ctx, ms)
	return err
}
