//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

// countedTransactions is a producer for Transform whose interceptor counts messages that begin and end.
func countedTransactions(t testing.TB, bootstrap string) (p *concord.Producer[string, string], begun, ended *atomic.Int32) {
	t.Helper()
	begun, ended = new(atomic.Int32), new(atomic.Int32)
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet, concord.WithTransactionalID("x"),
		concord.WithTransactionInterval(10*time.Millisecond),
		concord.WithProduceInterceptor(func(context.Context, *concord.Outgoing) func(concord.Delivery, error) {
			begun.Add(1)
			return func(concord.Delivery, error) { ended.Add(1) }
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(testContext(t)) })
	return p, begun, ended
}

func TestEveryMessageOfATransformHasAResult(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	produce(t, bootstrap, "t", "a", "poison")
	p, begun, ended := countedTransactions(t, bootstrap)
	c := consumerWith(t, bootstrap, "g", concord.WithPolicy(concord.DefaultPolicy(2)), concord.WithRetryPause(time.Millisecond, time.Millisecond))
	attempts := 0
	err := concord.Transform(testContext(t), c, p, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error {
		if err := send(texts{Topic: "out", Value: m.Value}); err != nil {
			return err
		}
		if err := send(texts{Topic: "no topic/", Value: m.Value}); err == nil {
			t.Error("a topic that no broker accepts is taken")
		}
		if attempts++; attempts < 3 || m.Value == "poison" {
			return errors.New("again")
		}
		return nil
	})
	if e, ok := errors.AsType[*concord.RecordError](err); !ok || e.Offset != 1 {
		t.Errorf("Transform: %v", err)
	}
	if begun.Load() != 12 || ended.Load() != 12 {
		t.Errorf("%d messages began, %d ended, want 12", begun.Load(), ended.Load())
	}
}

// The group's offsets are committed in the transaction though the consumer is no member of it.
func TestATransformOfPartitionsAssignedByHandCommits(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	produce(t, bootstrap, "t", "a", "b")
	for range 2 { // the second has nothing to do
		c, p := newTransformer(t, bootstrap, "x", concord.WithManualAssignment(0), concord.WithStopAtEnd())
		if err := concord.Transform(testContext(t), c, p, []string{"t"}, copying); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Close(testContext(t)), p.Close(testContext(t))); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, ms := range committed(t, bootstrap, "out") {
		for _, m := range ms {
			got = append(got, m.Value)
		}
	}
	if fmt.Sprint(got) != "[a b]" {
		t.Errorf("written %v, want each once", got)
	}
}

// A right that is missing is no end of the producer.
func TestATransformThatFailedCanBeRunAgain(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t", "out")
	fillNumbers(t, bootstrap, 30)
	p, begun, ended := countedTransactions(t, bootstrap)
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd())
	var denied atomic.Bool
	denied.Store(true)
	cluster.ControlKey(kmsg.TxnOffsetCommit.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !denied.Load() {
			return nil, nil, false
		}
		req := r.(*kmsg.TxnOffsetCommitRequest)
		resp := req.ResponseKind().(*kmsg.TxnOffsetCommitResponse)
		for _, topic := range req.Topics {
			rt := kmsg.NewTxnOffsetCommitResponseTopic()
			rt.Topic = topic.Topic
			for _, partition := range topic.Partitions {
				rp := kmsg.NewTxnOffsetCommitResponseTopicPartition()
				rp.Partition, rp.ErrorCode = partition.Partition, kerr.GroupAuthorizationFailed.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	err := concord.Transform(testContext(t), c, p, []string{"t"}, copying)
	if e, ok := errors.AsType[*concord.KafkaError](err); !ok || e.Code != int(kerr.GroupAuthorizationFailed.Code) {
		t.Errorf("without the right: %v", err)
	}
	if begun.Load() != ended.Load() || begun.Load() == 0 {
		t.Errorf("Transform has ended: %d messages began, %d ended", begun.Load(), ended.Load())
	}
	denied.Store(false)
	if err := concord.Transform(testContext(t), c, p, []string{"t"}, copying); err != nil {
		t.Fatalf("with it: %v", err)
	}
	checkCopy(t, bootstrap, 30)
}

func TestATransformEndsWhenItsProducerIsClosed(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	fillNumbers(t, bootstrap, 3000)
	for round := range 4 {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), concord.String(), quiet,
				concord.WithTransactionalID(fmt.Sprint("x", round)), concord.WithTransactionInterval(time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			c := memberOf(t, bootstrap, fmt.Sprint("g", round), nil, concord.WithDrainTimeout(time.Second))
			defer closeNow(t, c)
			run := inBackground(t, func(ctx context.Context) error { return concord.Transform(ctx, c, p, []string{"t"}, copying) })
			run.await("a transaction", func() bool { return c.Stats().Transactions > 0 })
			time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // anywhere in the next ones
			if err := p.Close(testContext(t)); err != nil {
				t.Errorf("Close: %v", err)
			}
			select {
			case err := <-run.done:
				if !errors.Is(err, concord.ErrClosed) {
					t.Errorf("Transform: %v", err)
				}
			case <-run.ctx.Done():
				t.Errorf("Transform goes on: %+v", c.Stats())
			}
			if err := concord.Transform(testContext(t), c, p, []string{"t"}, copying); !errors.Is(err, concord.ErrClosed) {
				t.Errorf("another Transform: %v", err)
			}
		})
	}
}

// send outlives its call: what it is given then belongs to no record.
func TestALateSendIsRefusedAndReachesNoTransaction(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	produce(t, bootstrap, "t", "a", "b", "c")
	p, begun, ended := countedTransactions(t, bootstrap)
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd())
	var earlier func(texts) error
	err := concord.Transform(testContext(t), c, p, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error {
		if earlier != nil {
			err := earlier(texts{Topic: "out", Value: "late"})
			if e, ok := errors.AsType[*concord.ProduceError](err); !ok || e.Topic != "out" {
				t.Errorf("a late send: %v", err)
			}
		}
		earlier = send
		return send(texts{Topic: "out", Value: m.Value, ToPartition: new(int32)})
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range committed(t, bootstrap, "out")[0] {
		got = append(got, m.Value)
	}
	if fmt.Sprint(got) != "[a b c]" || begun.Load() != ended.Load() {
		t.Errorf("written %v; %d messages began, %d ended", got, begun.Load(), ended.Load())
	}
}

// The coordinator does not answer: nothing is read yet.
func TestCloseEndsATransformThatHasNotBegun(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t", "out")
	c, p := newTransformer(t, bootstrap, "x")
	asked := make(chan struct{}, 100)
	cluster.ControlKey(kmsg.InitProducerID.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked <- struct{}{}
		resp := r.ResponseKind().(*kmsg.InitProducerIDResponse)
		resp.ErrorCode = kerr.CoordinatorLoadInProgress.Code
		return resp, nil, true
	})
	run := inBackground(t, func(ctx context.Context) error { return concord.Transform(ctx, c, p, []string{"t"}, copying) })
	<-asked
	closeNow(t, c)
	select {
	case err := <-run.done:
		if err != nil {
			t.Errorf("Transform: %v", err)
		}
	case <-run.ctx.Done():
		t.Error("Transform goes on")
	}
}

func TestAProducerForTransformSendsNowhereElse(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	c, p := newTransformer(t, bootstrap, "a")
	if _, err := p.Produce(testContext(t), texts{Topic: "t"}); err == nil || !strings.Contains(err.Error(), "Transform alone") {
		t.Errorf("Produce: %v", err)
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Errorf("Flush: %v", err)
	}
	plain := newProducer(t, bootstrap, concord.String(), concord.String())
	if err := concord.Transform(testContext(t), c, plain, []string{"t"}, copying); err == nil || !strings.Contains(err.Error(), "WithTransactionalID") {
		t.Errorf("Transform: %v", err)
	}
	if _, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "transactional.id": "a"}, concord.String(), concord.String(), quiet); err == nil || !strings.Contains(err.Error(), "WithTransactionalID") {
		t.Errorf("NewProducer: %v", err)
	}
}
