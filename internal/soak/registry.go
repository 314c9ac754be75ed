//go:build cgo

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
)

// registryOutage stops the registry while events arrive under schemas that the consumer has not
// read yet.
func registryOutage(ctx context.Context, s *soak) error {
	w, err := s.newWorld(ctx, "in", "dead")
	if err != nil {
		return err
	}
	defer w.end()
	client, err := w.client()
	if err != nil {
		return err
	}
	defer client.Close(context.WithoutCancel(ctx))
	const versions = 40
	ids, err := registerVersions(ctx, client, w.topic("in"), versions)
	if err != nil {
		return err
	}

	raw, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": w.bootstrap}, concord.Int64(), concord.Bytes(), quiet)
	if err != nil {
		return err
	}
	defer raw.Close(context.WithoutCancel(ctx))
	readers, err := w.client() // with an empty cache
	if err != nil {
		return err
	}
	defer readers.Close(context.WithoutCancel(ctx))
	letters, err := w.newRaw()
	if err != nil {
		return err
	}
	c, err := newConsumer(readers, w.group("g"), concord.WithDeadLetters(letters, concord.DeadLetterTopic(w.topic("dead"))))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	l := newLedger(size(s, 60_000, 4000))
	var mu sync.Mutex
	running, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() {
		ran <- c.Run(running, []string{w.topic("in")}, func(_ context.Context, m *message) error {
			mu.Lock()
			defer mu.Unlock()
			return l.add(m.Value.Number)
		})
	}()

	// New versions are used before, during and after the outage.
	over, away := size(s, 100*time.Second, 6*time.Second), size(s, 60*time.Second, 3*time.Second)
	sent := make(chan error, 1)
	go func() { sent <- sendVersions(ctx, raw, w.topic("in"), ids, len(l.times), over) }()
	sleep(ctx, (over-away)/2)
	mu.Lock()
	before := l.seen
	mu.Unlock()
	if err := w.stopRegistry(ctx, away); err != nil {
		return err
	}
	mu.Lock()
	during := l.seen - before
	mu.Unlock()
	err = <-sent
	deadline := time.Now().Add(60 * time.Second)
	for seen := 0; err == nil && seen < len(l.times) && time.Now().Before(deadline); sleep(ctx, 50*time.Millisecond) {
		mu.Lock()
		seen = l.seen
		mu.Unlock()
		err = ctx.Err()
		select {
		case rerr := <-ran:
			err = errors.Join(rerr, errors.New("the run ended by itself"))
		default:
		}
	}
	stats := c.Stats()
	stop()
	if err == nil {
		err = <-ran
	}
	s.printf("%d events under %d schemas, registry unavailable for %v: %d handled meanwhile, %d lost, %d duplicated, %d dead letters, %d pauses for the outage",
		len(l.times), versions, away, during, l.lost(), l.again(), stats.DeadLetters, stats.Pauses[concord.Outage])
	switch {
	case err != nil:
		return err
	case l.lost() > 0 || l.again() > 0 || stats.DeadLetters > 0 || stats.Skipped > 0:
		return fmt.Errorf("%d events are lost: %s", l.lost(), l.missing())
	case stats.Pauses[concord.Outage] == 0:
		return errors.New("no partition ever waited for the registry: the trial tested nothing")
	}
	return nil
}

// registerVersions registers versions of the event's schema, each with one more field.
func registerVersions(ctx context.Context, client *registry.Client, topic string, versions int) ([]registry.SchemaID, error) {
	fields := `{"name":"number","type":"long"},{"name":"text","type":"string"}`
	var ids []registry.SchemaID
	for i := range versions {
		if i > 0 {
			fields += fmt.Sprintf(`,{"name":"more%d","type":"long","default":0}`, i)
		}
		r, err := client.Register(ctx, registry.Subject(topic+"-value"), registry.Schema{Text: `{"type":"record","name":"event","fields":[` + fields + `]}`})
		if err != nil {
			return nil, err
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// sendVersions sends n numbered events over a period, under one schema after another.
func sendVersions(ctx context.Context, p *concord.Producer[int64, []byte], topic string, ids []registry.SchemaID, n int, over time.Duration) error {
	own, err := avro.SchemaFor[event]()
	if err != nil {
		return err
	}
	encoder, err := avro.NewEncoder[event](own)
	if err != nil {
		return err
	}
	began := time.Now()
	for i := range n {
		if due := began.Add(over * time.Duration(i) / time.Duration(n)); time.Until(due) > 5*time.Millisecond {
			sleep(ctx, time.Until(due))
		}
		version := i * len(ids) / n
		value := binary.BigEndian.AppendUint32([]byte{0}, uint32(ids[version]))
		if value, err = encoder.AppendEncode(value, event{int64(i), text}); err != nil {
			return err
		}
		value = append(value, make([]byte, version)...) // a zero for each further field
		partition := int32(i % partitions)
		m := concord.Message[int64, []byte]{Topic: topic, Key: int64(i), Value: value, ToPartition: &partition}
		if err := p.ProduceAsync(ctx, m, nil); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}
