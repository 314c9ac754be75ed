//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
)

// newTransformer is a consumer of group g and a producer for Transform.
func newTransformer(t testing.TB, bootstrap, id string, opts ...concord.ConsumerOption) (*concord.Consumer[string, string], *concord.Producer[string, string]) {
	t.Helper()
	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "transaction.timeout.ms": 10000}, concord.String(), concord.String(), quiet,
		concord.WithTransactionalID(id), concord.WithTransactionInterval(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return pickyConsumer(t, bootstrap, nil, opts...), p
}

// fill writes numbers to topic t, to its three partitions in turn.
func fillNumbers(t testing.TB, bootstrap string, n int) {
	t.Helper()
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range n {
		partition := int32(i % 3)
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: fmt.Sprint(i % 30), Value: fmt.Sprint(i), ToPartition: &partition}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

// committed is what a topic's committed transactions wrote, by partition.
func committed(t testing.TB, bootstrap, topic string) map[int32][]*texts {
	t.Helper()
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "reader" + fmt.Sprint(rand.Int64()), "auto.offset.reset": "earliest",
	}, concord.String(), concord.String(), quiet, concord.FromBeginning(), concord.WithStopAtEnd())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(testContext(t))
	all := make(map[int32][]*texts)
	for m, err := range c.Messages(testContext(t), topic) {
		if err != nil {
			t.Fatal(err)
		}
		all[m.Partition] = append(all[m.Partition], m)
	}
	return all
}

// copying writes each number to topic out, in the partition that it came from.
func copying(_ context.Context, m *texts, send func(texts) error) error {
	return send(texts{Topic: "out", Key: m.Key, Value: m.Value, ToPartition: &m.Partition})
}

// checkCopy says what is wrong with the copy of n numbers: each is there once and in order.
func checkCopy(t *testing.T, bootstrap string, n int) {
	t.Helper()
	seen := make([]int, n)
	for partition, messages := range committed(t, bootstrap, "out") {
		last := -1
		for _, m := range messages {
			var i int
			if _, err := fmt.Sscan(m.Value, &i); err != nil {
				t.Fatal(err)
			}
			if i <= last || int32(i%3) != partition {
				t.Errorf("%d after %d in partition %d", i, last, partition)
			}
			last = i
			seen[i]++
		}
	}
	for i, times := range seen {
		if times != 1 {
			t.Fatalf("%d is there %d times", i, times)
		}
	}
}

// until ends a Transform when all that it reads is committed.
func until(t testing.TB, n int, c *concord.Consumer[string, string], run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		case <-time.After(20 * time.Millisecond):
			if s := c.Stats(); int(s.Handled+s.DeadLetters+s.Skipped) >= n && s.InFlight == 0 {
				cancel()
			}
		}
	}
}

func TestATransformationIsWrittenOnceAndInOrder(t *testing.T) {
	t.Parallel()
	for name, concurrency := range map[string]concord.Concurrency{"in order": concord.InOrder(), "in key order": concord.InKeyOrder(4), "unordered": concord.Unordered(8)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "out")
			const n = 3000
			fillNumbers(t, bootstrap, n)
			c, p := newTransformer(t, bootstrap, "a", concurrency, concord.WithPolicy(concord.DefaultPolicy(3)), concord.WithRetryPause(time.Millisecond, time.Millisecond))
			var failures atomic.Int32
			until(t, n, c, func(ctx context.Context) error {
				return concord.Transform(ctx, c, p, []string{"t"}, func(ctx context.Context, m *texts, send func(texts) error) error {
					if err := copying(ctx, m, send); err != nil {
						return err
					}
					if rand.IntN(100) == 0 && failures.Add(1) < 20 {
						return errors.New("failed after it has sent")
					}
					return nil
				})
			})
			checkCopy(t, bootstrap, n)
			if s := c.Stats(); s.Transactions == 0 || s.Handled != n || s.InFlightBytes != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// What a broker may answer at any step, and members that come and go: nothing is lost, and
// nothing is there twice.
func TestATransformationIsExactlyOnceThoughBrokersFailAndMembersComeAndGo(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t", "out")
	var faults atomic.Int32
	for _, key := range []kmsg.Key{kmsg.AddOffsetsToTxn, kmsg.TxnOffsetCommit, kmsg.EndTxn, kmsg.AddPartitionsToTxn} {
		cluster.ControlKey(key.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			if rand.IntN(4) != 0 {
				return nil, nil, false
			}
			faults.Add(1)
			code := []int16{kerr.NotCoordinator.Code, kerr.CoordinatorLoadInProgress.Code, kerr.ConcurrentTransactions.Code}[rand.IntN(3)]
			switch req := req.(type) {
			case *kmsg.AddOffsetsToTxnRequest:
				resp := req.ResponseKind().(*kmsg.AddOffsetsToTxnResponse)
				resp.ErrorCode = code
				return resp, nil, true
			case *kmsg.EndTxnRequest:
				resp := req.ResponseKind().(*kmsg.EndTxnResponse)
				resp.ErrorCode = code
				return resp, nil, true
			case *kmsg.TxnOffsetCommitRequest:
				if rand.IntN(2) == 0 {
					code = kerr.IllegalGeneration.Code
				}
				resp := req.ResponseKind().(*kmsg.TxnOffsetCommitResponse)
				for _, topic := range req.Topics {
					rt := kmsg.NewTxnOffsetCommitResponseTopic()
					rt.Topic = topic.Topic
					for _, partition := range topic.Partitions {
						rp := kmsg.NewTxnOffsetCommitResponseTopicPartition()
						rp.Partition, rp.ErrorCode = partition.Partition, code
						rt.Partitions = append(rt.Partitions, rp)
					}
					resp.Topics = append(resp.Topics, rt)
				}
				return resp, nil, true
			}
			return nil, errors.New("the connection ends"), true
		})
	}
	const n, members, lives = 3000, 3, 3
	fillNumbers(t, bootstrap, n)
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	var group sync.WaitGroup
	var copied, aborted atomic.Uint64
	for member := range members {
		group.Go(func() {
			for life := 0; ctx.Err() == nil; life++ {
				c, p := newTransformer(t, bootstrap, fmt.Sprint("member", member), concord.InKeyOrder(3))
				live, end := context.WithCancel(ctx)
				if life < lives {
					time.AfterFunc(time.Duration(300+rand.IntN(1500))*time.Millisecond, end)
				}
				if err := concord.Transform(live, c, p, []string{"t"}, func(ctx context.Context, m *texts, send func(texts) error) error {
					time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
					return copying(ctx, m, send)
				}); err != nil {
					t.Error(err)
					cancel()
				}
				end()
				aborted.Add(c.Stats().Aborted)
				if err := errors.Join(c.Close(testContext(t)), p.Close(testContext(t))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for ctx.Err() == nil {
		time.Sleep(500 * time.Millisecond)
		copied.Store(0)
		for _, messages := range committed(t, bootstrap, "out") {
			copied.Add(uint64(len(messages)))
		}
		if copied.Load() >= n {
			cancel()
		}
	}
	group.Wait()
	checkCopy(t, bootstrap, n)
	t.Logf("%d faults, %d transactions aborted", faults.Load(), aborted.Load())
}

// A message waits for its transaction, while the function goes on with memory of its own.
func TestAMessageOfATransactionKeepsNothingOfItsCallers(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	produce(t, bootstrap, "t", "a", "b", "c")
	from, to := newTransformer(t, bootstrap, "id", concord.WithStopAtEnd())
	value := make([]byte, 1)
	headers := []concord.Header{{Key: "value", Value: value}}
	err := concord.Transform(testContext(t), from, to, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error {
		copy(value, m.Value)
		return send(texts{Topic: "out", Key: "k", Value: m.Value, Headers: headers})
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, ms := range committed(t, bootstrap, "out") {
		for _, m := range ms {
			n++
			if got := string(m.Headers[0].Value); got != m.Value {
				t.Errorf("the header of %s has the value %s", m.Value, got)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
}

func TestDeadLettersAreInTheTransaction(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t", "out", "dead")
	// The broker takes no message over 10 kB.
	limit := "10000"
	if err := setTopicConfig(cluster, "out", "max.message.bytes", limit); err != nil {
		t.Fatal(err)
	}
	const n = 300
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range n {
		v, partition := fmt.Sprint(i), int32(i%3)
		if i%10 == 0 {
			v = "poison " + v
		}
		if _, err := p.Produce(testContext(t), texts{Topic: "t", Value: v, ToPartition: &partition}); err != nil {
			t.Fatal(err)
		}
	}
	c, tp := newTransformer(t, bootstrap, "a", concord.WithDeadLetters(nil, concord.DeadLetterTopic("dead")))
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error { return nil }); err == nil || !strings.Contains(err.Error(), "WithDeadLetters needs a producer") {
		t.Errorf("Run: %v", err)
	}
	until(t, n, c, func(ctx context.Context) error {
		return concord.Transform(ctx, c, tp, []string{"t"}, func(_ context.Context, m *texts, send func(texts) error) error {
			var i int
			fmt.Sscan(m.Value, &i)
			switch {
			case i%10 == 1:
				return concord.Permanent(errors.New("refused"))
			case i%100 == 2:
				return send(texts{Topic: "out", Value: incompressible(20000)})
			}
			return send(texts{Topic: "out", Value: m.Value})
		})
	})
	count := func(topic string) (all int) {
		for _, messages := range committed(t, bootstrap, topic) {
			all += len(messages)
		}
		return all
	}
	if out, dead := count("out"), count("dead"); dead != n*2/10+n/100 || out != n-dead {
		t.Errorf("%d copied, %d dead", out, dead)
	}
	stages := make(map[string]int)
	for _, messages := range committed(t, bootstrap, "dead") {
		for _, m := range messages {
			d, ok := concord.ParseDeadLetter(m.Headers)
			from := d.Origin
			if !ok || from.Topic != "t" || from.Partition != m.Partition {
				t.Errorf("%+v", from)
			}
			for _, h := range m.Headers {
				if h.Key == "concord.dlq.stage" {
					stages[string(h.Value)]++
				}
			}
		}
	}
	if len(stages) != 3 {
		t.Errorf("%v", stages)
	}
}

func TestATransformationThatIsFencedEnds(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	fillNumbers(t, bootstrap, 30)
	c, p := newTransformer(t, bootstrap, "one")
	first := make(chan error, 1)
	going := make(chan struct{})
	var once sync.Once
	go func() {
		first <- concord.Transform(testContext(t), c, p, []string{"t"}, func(ctx context.Context, m *texts, send func(texts) error) error {
			once.Do(func() { close(going) })
			return copying(ctx, m, send)
		})
	}()
	<-going
	c2, p2 := newTransformer(t, bootstrap, "one")
	ctx, cancel := context.WithCancel(testContext(t))
	second := make(chan error, 1)
	go func() { second <- concord.Transform(ctx, c2, p2, []string{"t"}, copying) }()
	// Something for the first to commit.
	for {
		fillNumbers(t, bootstrap, 30)
		select {
		case err := <-first:
			if !errors.Is(err, concord.ErrFenced) {
				t.Errorf("got %v", err)
			}
			cancel()
			if err := <-second; err != nil {
				t.Error(err)
			}
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func incompressible(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.IntN(256))
	}
	return string(b)
}

func setTopicConfig(cluster *kfake.Cluster, topic, name, value string) error {
	admin, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": cluster.ListenAddrs()[0]})
	if err != nil {
		return err
	}
	defer admin.Close()
	results, err := admin.IncrementalAlterConfigs(context.Background(), []kafka.ConfigResource{{Type: kafka.ResourceTopic, Name: topic, Config: []kafka.ConfigEntry{{Name: name, Value: value, IncrementalOperation: kafka.AlterConfigOpTypeSet}}}})
	if err == nil && results[0].Error.Code() != kafka.ErrNoError {
		err = results[0].Error
	}
	return err
}
