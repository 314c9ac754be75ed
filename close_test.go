//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

func TestAMessageThatAProducerForTransformRefusesIsNotInFlight(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet, concord.WithTransactionalID("x"))
	if err != nil {
		t.Fatal(err)
	}
	m := texts{Topic: "t", Value: "v"}
	for name, send := range map[string]func() error{
		"ProduceAsync": func() error { return p.ProduceAsync(testContext(t), m, nil) },
		"ProduceAsync with callback": func() error {
			return p.ProduceAsync(testContext(t), m, func(concord.Delivery, error) { t.Error("called") })
		},
		"Produce":       func() error { _, err := p.Produce(testContext(t), m); return err },
		"ProduceFuture": func() error { _, err := p.ProduceFuture(testContext(t), m); return err },
		"ProduceBatch":  func() error { _, err := p.ProduceBatch(testContext(t), []texts{m}); return err },
	} {
		err := send()
		if e, ok := errors.AsType[*concord.ProduceError](err); !ok || e.Topic != "t" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := p.Stats(); s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// A lingering producer is hurried by Flush, from goroutines of its own, while Close destroys the client.
func TestFlushAndCloseAtTheSameTime(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var group sync.WaitGroup
	deadline := time.Now().Add(3 * time.Second)
	var closed atomic.Int32
	for range 4 {
		group.Go(func() {
			for time.Now().Before(deadline) {
				p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "linger.ms": 500}, concord.String(), concord.String(), quiet)
				if err != nil {
					t.Error(err)
					return
				}
				var results atomic.Int32
				for range 20 {
					if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Value: "v"}, func(concord.Delivery, error) { results.Add(1) }); err != nil {
						t.Error(err)
					}
				}
				var both sync.WaitGroup
				for range 4 {
					both.Go(func() {
						if err := p.Flush(testContext(t)); err != nil && !errors.Is(err, concord.ErrClosed) {
							t.Errorf("Flush: %v", err)
						}
					})
				}
				both.Go(func() {
					if err := p.Close(testContext(t)); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				both.Wait()
				if n := results.Load(); n != 20 {
					t.Errorf("%d of 20 results", n)
				}
				closed.Add(1)
			}
		})
	}
	group.Wait()
	t.Logf("%d producers", closed.Load())
}

func TestNothingIsTakenAfterClose(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	if err := p.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	_, err := p.Produce(testContext(t), texts{Topic: "t", Value: "v"})
	if e, ok := errors.AsType[*concord.ProduceError](err); !ok || e.Topic != "t" || !errors.Is(err, concord.ErrClosed) {
		t.Errorf("Produce: %v", err)
	}
	if err := p.Flush(testContext(t)); err != nil && !errors.Is(err, concord.ErrClosed) {
		t.Errorf("Flush: %v", err)
	}
}
