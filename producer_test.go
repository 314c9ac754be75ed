//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

func TestKeysGoWhereJavasProducerPutsThem(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	// toPositive(murmur2(key)) % 3, with the hashes of Kafka's own tests of
	// Utils.murmur2: "21" -> -973932308, "foobar" -> -790332482,
	// "a-little-bit-long-string" -> -985981536, "abc" -> 479470107.
	for key, hash := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "abc": 479470107} {
		d, err := p.Produce(testContext(t), texts{Topic: "t", Key: key, Value: "v"})
		if err != nil {
			t.Fatal(err)
		}
		if want := (hash & 0x7fffffff) % 3; d.Partition != want {
			t.Errorf("key %q went to partition %d, want %d", key, d.Partition, want)
		}
	}
}

func TestEveryCallbackIsCalledOnce(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	var mu sync.Mutex
	calls := make(map[int]int)
	const n = 500
	for i := range n {
		err := p.ProduceAsync(testContext(t), texts{Topic: "t", Key: fmt.Sprint(i)}, func(d concord.Delivery, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err != nil || d.Topic != "t" {
				t.Errorf("message %d: %+v, %v", i, d, err)
			}
			calls[i]++
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for i := range n {
		if calls[i] != 1 {
			t.Errorf("callback %d was called %d times", i, calls[i])
		}
	}
}

// blockProduce keeps produce requests unanswered until the test ends.
func blockProduce(t *testing.T) (bootstrap string, release func()) {
	cluster, bootstrap := newCluster(t, "t")
	released := make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		cluster.SleepControl(func() { <-released })
		return nil, nil, false
	})
	return bootstrap, release
}

func TestAFullQueueWaitsForTheContext(t *testing.T) {
	t.Parallel()
	bootstrap, release := blockProduce(t)
	p := newProducer(t, bootstrap, concord.String(), concord.String(), kafka.ConfigMap{"queue.buffering.max.messages": 5})
	for range 5 {
		if err := p.ProduceAsync(testContext(t), texts{Topic: "t"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := p.ProduceAsync(ctx, texts{Topic: "t"}, nil)
	var pe *concord.ProduceError
	if !errors.As(err, &pe) || !errors.Is(err, context.DeadlineExceeded) || pe.MaybeDelivered {
		t.Fatalf("got %v, want the context's end and nothing queued", err)
	}
	if err := p.Flush(ctx); err == nil {
		t.Fatal("Flush says that all is delivered")
	} else if fe, ok := errors.AsType[*concord.FlushError](err); !ok || fe.Waiting != 5 {
		t.Fatalf("Flush says %v, want 5 waiting", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- p.ProduceAsync(testContext(t), texts{Topic: "t"}, nil) }()
	release()
	if err := <-waited; err != nil {
		t.Fatalf("there was room again, yet: %v", err)
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

func TestAnEndedContextSaysThatTheMessageMayBeDelivered(t *testing.T) {
	t.Parallel()
	bootstrap, _ := blockProduce(t)
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := p.Produce(ctx, texts{Topic: "t"})
	var pe *concord.ProduceError
	if !errors.As(err, &pe) || !pe.MaybeDelivered || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
}

func TestCloseGivesUpInTimeAndReportsIt(t *testing.T) {
	t.Parallel()
	bootstrap, _ := blockProduce(t)
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	result := make(chan error, 1)
	if err := p.ProduceAsync(testContext(t), texts{Topic: "t"}, func(_ concord.Delivery, err error) { result <- err }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := p.Close(ctx)
	if fe, ok := errors.AsType[*concord.FlushError](err); !ok || fe.Waiting+fe.Failed != 1 {
		t.Errorf("Close says %v", err)
	}
	if err := <-result; err == nil {
		t.Error("the callback says delivered")
	}
	if again := p.Close(context.Background()); again != err {
		t.Errorf("a second Close says %v", again)
	}
	if _, err := p.Produce(context.Background(), texts{Topic: "t"}); !errors.Is(err, concord.ErrClosed) {
		t.Errorf("Produce after Close: %v", err)
	}
}

func TestWhatAProducerCannotPromiseIsRefused(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]kafka.ConfigValue{
		"acks": 1, "enable.idempotence": false, "transactional.id": "x", "go.batch.producer": true,
		"delivery.report.only.error": true, "no.such.setting": "x",
	} {
		_, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": "127.0.0.1:1", name: value}, concord.String(), concord.String(), quiet)
		var ce *concord.ConfigError
		if !errors.As(err, &ce) || ce.Setting != name {
			t.Errorf("%s: got %v, want a ConfigError for it", name, err)
		}
	}
	if _, err := concord.NewProducer[string, string](nil, concord.String(), concord.String()); err == nil {
		t.Error("a nil ConfigMap was taken")
	}
}

func TestNoSecretStandsInAConfigError(t *testing.T) {
	t.Parallel()
	const canary = "canary-5f1d"
	for _, name := range []string{"sasl.password", "ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.client.secret"} {
		_, err := concord.NewProducer(&kafka.ConfigMap{
			"bootstrap.servers": "127.0.0.1:1", "security.protocol": "nonsense", name: canary,
		}, concord.String(), concord.String(), quiet)
		if err == nil {
			t.Fatalf("%s: taken", name)
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
}

func TestCredentialsInAnAddressAreRefused(t *testing.T) {
	t.Parallel()
	_, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": "ada:canary@localhost:1"}, concord.String(), concord.String(), quiet)
	if ce, ok := errors.AsType[*concord.ConfigError](err); !ok || ce.Setting != "bootstrap.servers" || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

type refusing struct{}

func (refusing) AppendSerialize(context.Context, []byte, serde.Field, string) (serde.Data, error) {
	return serde.Data{}, serde.TypeMismatch
}

func TestAValueThatDoesNotFitIsRefusedBeforeItIsQueued(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), refusing{})
	_, err := p.Produce(testContext(t), texts{Topic: "t"})
	var pe *concord.ProduceError
	if !errors.As(err, &pe) || pe.MaybeDelivered || !errors.Is(err, serde.TypeMismatch) {
		t.Fatalf("got %v", err)
	}
	for _, topic := range []string{"", ".", "..", "a b", "a\x00b", strings.Repeat("x", 250)} {
		if _, err := p.Produce(testContext(t), texts{Topic: topic, Tombstone: true}); err == nil {
			t.Errorf("topic %q was taken", topic)
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Errorf("refused messages count as outstanding: %v", err)
	}
}

func TestClientsLeaveNoGoroutineBehind(t *testing.T) {
	_, bootstrap := newCluster(t, "t")
	for range 3 {
		p := newProducer(t, bootstrap, concord.String(), concord.String())
		if _, err := p.Produce(testContext(t), texts{Topic: "t", Key: "k"}); err != nil {
			t.Fatal(err)
		}
		c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
		for range c.Messages(testContext(t), "t") {
			if len(clientGoroutines()) == 0 {
				t.Fatal("no goroutine of a client is found while two are open: this test can see none")
			}
			break
		}
		if err := p.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	left := clientGoroutines()
	for tries := 0; len(left) > 0 && tries < 50; tries++ { // the last may be about to return
		time.Sleep(20 * time.Millisecond)
		left = clientGoroutines()
	}
	if len(left) > 0 {
		t.Errorf("%d goroutines are left after Close:\n\n%s", len(left), strings.Join(left, "\n\n"))
	}
}

// clientGoroutines are the stacks of goroutines that a Producer, a Consumer or the
// kafka package started. The broker's, which is in this process too, do not count.
func clientGoroutines() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var found []string
	for _, s := range strings.Split(string(stacks), "\n\n") {
		if _, origin, ok := strings.Cut(s, "created by "); ok &&
			(strings.HasPrefix(origin, "github.com/concord-go/concord.") || strings.HasPrefix(origin, "github.com/confluentinc/") ||
				strings.HasPrefix(origin, "sync.(*WaitGroup).Go") && strings.Contains(s, "github.com/concord-go/concord.")) {
			found = append(found, s)
		}
	}
	return found
}
