//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

func TestAFutureIsTheMessagesResult(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	var futures []*concord.Future
	partition := int32(1)
	for i := range 10 {
		f, err := p.ProduceFuture(testContext(t), texts{Topic: "t", Value: fmt.Sprint(i), ToPartition: &partition})
		if err != nil {
			t.Fatal(err)
		}
		futures = append(futures, f)
	}
	for i, f := range futures {
		if d, err := f.Wait(testContext(t)); err != nil || d.Partition != 1 || d.Offset != int64(i) {
			t.Errorf("message %d: %+v, %v", i, d, err)
		}
		select {
		case <-f.Done():
		default:
			t.Errorf("message %d has a result, and is not done", i)
		}
	}
	if _, err := p.ProduceFuture(testContext(t), texts{Topic: ""}); err == nil {
		t.Error("a message without a topic has a future")
	}
}

func TestAFutureMayBeLeft(t *testing.T) {
	t.Parallel()
	p := newProducer(t, "127.0.0.1:1", concord.String(), concord.String(), kafka.ConfigMap{"message.timeout.ms": 300})
	f, err := p.ProduceFuture(testContext(t), texts{Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.Wait(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's", err)
	}
	var pe *concord.ProduceError
	if _, err := f.Wait(testContext(t)); !errors.As(err, &pe) || errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the delivery's", err)
	}
}

func TestABatchSaysOfEachMessageWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	partition := int32(2)
	ms := make([]texts, 20)
	for i := range ms {
		ms[i] = texts{Topic: "t", Value: fmt.Sprint(i), ToPartition: &partition}
	}
	ds, err := p.ProduceBatch(testContext(t), ms)
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range ds {
		if d.Partition != 2 || d.Offset != int64(i) {
			t.Errorf("message %d: %+v", i, d)
		}
	}
	ms[3].Topic = "" // refused before it is queued
	ds, err = p.ProduceBatch(testContext(t), ms)
	be, ok := errors.AsType[*concord.BatchError](err)
	if !ok || len(be.Errs) != len(ms) || len(be.Unwrap()) != 1 || be.Errs[3] == nil {
		t.Fatalf("%v, want that the fourth failed", err)
	}
	if ds[3] != (concord.Delivery{}) || ds[4].Offset != 23 {
		t.Errorf("those around it: %+v, %+v", ds[3], ds[4])
	}
	if ds, err := p.ProduceBatch(testContext(t), nil); err != nil || len(ds) != 0 {
		t.Errorf("no messages: %v, %v", ds, err)
	}
}

func TestABatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newProducer(t, "127.0.0.1:1", concord.String(), concord.String(), kafka.ConfigMap{"message.timeout.ms": 2000})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := p.ProduceBatch(ctx, make([]texts, 3))
	if err == nil {
		t.Fatal("messages without topics are taken")
	}
	_, err = p.ProduceBatch(ctx, []texts{{Topic: "t"}, {Topic: "t"}})
	be, ok := errors.AsType[*concord.BatchError](err)
	if !ok || len(be.Unwrap()) != 2 || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	if pe, ok := errors.AsType[*concord.ProduceError](be.Errs[1]); !ok || !pe.MaybeDelivered {
		t.Errorf("%v, want that it may be delivered", be.Errs[1])
	}
}

func TestCloseDoesNotHangWithACallback(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	defer close(release)
	for range 2 {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t"}, func(concord.Delivery, error) { <-release }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if fe, ok := errors.AsType[*concord.FlushError](p.Close(ctx)); !ok || fe.Waiting != 2 {
		t.Errorf("%v, want what is still waiting", fe)
	}
}

// Nobody asks for the results of these, and a flush knows of them all the same.
func TestFlushKnowsOfMessagesThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	var producing sync.WaitGroup
	const goroutines, each = 4, 2000
	for range goroutines {
		producing.Go(func() {
			for i := range each {
				var callback func(concord.Delivery, error)
				if i%7 == 0 {
					callback = func(concord.Delivery, error) {}
				}
				if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: "k", Value: fmt.Sprint(i)}, callback); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 { // in the middle of it
		if err := p.Flush(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	producing.Wait()
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s != (concord.ProducerStats{Delivered: goroutines * each}) {
		t.Errorf("after the flush: %+v", s)
	}

	cluster.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		return nil, errors.New("the broker is away"), true
	})
	p = newProducer(t, bootstrap, concord.String(), concord.String(), kafka.ConfigMap{"message.timeout.ms": 1000})
	for range 3 {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if fe, ok := errors.AsType[*concord.FlushError](p.Flush(soon)); !ok || fe.Waiting != 3 || fe.Failed != 0 || !errors.Is(fe, context.DeadlineExceeded) {
		t.Errorf("a flush that does not wait: %+v", fe)
	}
	fe, ok := errors.AsType[*concord.FlushError](p.Flush(testContext(t)))
	if !ok || fe.Waiting != 0 || fe.Failed != 3 {
		t.Fatalf("a flush: %+v", fe)
	}
	if pe, ok := errors.AsType[*concord.ProduceError](fe); !ok || pe.Topic != "t" {
		t.Errorf("its reason: %v", fe)
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Errorf("what was reported is reported again: %v", err)
	}
}
