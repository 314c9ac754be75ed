//go:build cgo

package rdkafka_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// consumerSettings are those of a consumer that reads all.
func consumerSettings(bootstrap string, more ...string) map[string]any {
	config := map[string]any{"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"}
	for i := 0; i < len(more); i += 2 {
		config[more[i]] = more[i+1]
	}
	return config
}

// nothing takes results.
type nothing struct{}

func (nothing) Delivered(any, kafkaclient.Report) {}
func (nothing) Acknowledged(int)                  {}
func (nothing) Failed(kafkaclient.Report)         {}

func TestSettingsThatLibrdkafkaRefuses(t *testing.T) {
	t.Parallel()
	_, err := makeConsumer(consumerSettings("127.0.0.1:1", "no.such.setting", "x"), rdkafka.Config{Log: quiet})
	if e, ok := errors.AsType[*kafkaconfig.Error](err); !ok || e.Setting != "no.such.setting" || !errors.As(err, new(kafka.Error)) {
		t.Errorf("%v", err)
	}
	const canary = "canary-5f1d"
	for _, name := range []string{"sasl.password", "ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.client.secret"} {
		_, err := makeProducer(map[string]any{"bootstrap.servers": "127.0.0.1:1", "security.protocol": "ssl", "ssl.keystore.location": "/" + canary, name: canary}, "",
			rdkafka.Config{Log: quiet}, nothing{})
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		if strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
}

func TestTokensAreFetchedFromTheSource(t *testing.T) {
	t.Parallel()
	oauth := []string{"security.protocol", "sasl_plaintext", "sasl.mechanism", "OAUTHBEARER"}
	for name, c := range map[string]struct {
		token kafkaclient.Token
		err   error
		says  string
	}{
		"failure":        {err: errors.New("the identity provider is unavailable"), says: "the identity provider is unavailable"},
		"without value":  {token: kafkaclient.Token{Expires: time.Now().Add(time.Hour)}, says: "without a value"},
		"without expiry": {token: kafkaclient.Token{Value: "x"}, says: "without an expiry"},
		"expired":        {token: kafkaclient.Token{Value: "x", Expires: time.Now().Add(-time.Hour)}, says: "unexpired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := func(context.Context) (kafkaclient.Token, error) { return c.token, c.err }
			k, err := makeConsumer(consumerSettings("127.0.0.1:1", oauth...), rdkafka.Config{Log: quiet, TokenSource: source})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			f := pollUntil(t, k, "the failure", func(f *kafkaclient.Fetch) bool { return len(f.Errors) > 0 })
			if e := f.Errors[0].Err; e.Kind != kafkaclient.Denied || !strings.Contains(e.Text, c.says) {
				t.Errorf("%v: %v", e.Kind, e)
			}
			if err := k.Connection(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Connection: %v", err)
			}
		})
	}
	config := map[string]any{"bootstrap.servers": "127.0.0.1:1", oauth[0]: oauth[1], oauth[2]: oauth[3]}
	asked := make(chan struct{})
	stopped := make(chan struct{})
	p, err := makeProducer(config, "", rdkafka.Config{Log: quiet, TokenSource: func(ctx context.Context) (kafkaclient.Token, error) {
		close(asked)
		<-ctx.Done()
		close(stopped)
		return kafkaclient.Token{}, ctx.Err()
	}}, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	<-asked
	p.Close()
	select {
	case <-stopped:
	default:
		t.Error("Close did not wait for the source")
	}
}

func TestATokenIsTaken(t *testing.T) {
	t.Parallel()
	var calls int
	source := func(context.Context) (kafkaclient.Token, error) {
		calls++
		return kafkaclient.Token{Value: "abc.def.ghi", Expires: time.Now().Add(time.Hour), Principal: "ada", Extensions: map[string]string{"tenant": "t"}}, nil
	}
	_, bootstrap := startBroker(t)
	c, err := makeConsumer(consumerSettings(bootstrap, "security.protocol", "sasl_plaintext", "sasl.mechanism", "OAUTHBEARER"), rdkafka.Config{Log: quiet, TokenSource: source})
	if err != nil {
		t.Fatal(err)
	}
	// With a token it connects, and this broker refuses the mechanism.
	f := pollUntil(t, c, "the broker's answer", func(f *kafkaclient.Fetch) bool { return c.Connection() != nil })
	if err := c.Connection(); strings.Contains(err.Error(), "token") {
		t.Errorf("%v; %v", err, f.Errors)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if calls != 1 {
		t.Errorf("%d calls of the source", calls)
	}
}

func TestStatisticsAreHandedOn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := make(chan struct{})
	var once sync.Once
	take := func(data []byte) {
		mu.Lock()
		defer mu.Unlock()
		if !json.Valid(data) {
			t.Errorf("no JSON: %.40s", data)
		}
		once.Do(func() { close(got) })
	}
	p, err := makeProducer(map[string]any{"bootstrap.servers": "127.0.0.1:1", "statistics.interval.ms": 50}, "", rdkafka.Config{Log: quiet, Statistics: take}, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	<-got
	p.Close()
	calls := 0
	c, err := makeConsumer(consumerSettings("127.0.0.1:1", "statistics.interval.ms", "50"), rdkafka.Config{Log: quiet, Statistics: func(data []byte) {
		calls++
		take(data)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pollUntil(t, c, "statistics", func(*kafkaclient.Fetch) bool { return calls > 1 })
}

// logBuffer is a log that is read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestConnectionTroubleIsLoggedOnceAndForgottenWhenABrokerIsReached(t *testing.T) {
	t.Parallel()
	var log logBuffer
	cluster, bootstrap := startBroker(t)
	if err := cluster.CreateTopic("t", 1, nil); err != nil {
		t.Fatal(err)
	}
	c, err := makeConsumer(consumerSettings("127.0.0.1:1", "reconnect.backoff.ms", "10", "reconnect.backoff.max.ms", "20"),
		rdkafka.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Assign([]kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}}}); err != nil {
		t.Fatal(err)
	}
	pollUntil(t, c, "the trouble", func(*kafkaclient.Fetch) bool { return c.Connection() != nil })
	for range 5 {
		c.Poll(100*time.Millisecond, new(kafkaclient.Fetch))
	}
	text := log.String()
	if n := strings.Count(text, "code=_TRANSPORT"); n != 1 {
		t.Errorf("it is logged %d times:\n%s", n, text)
	}
	if !strings.Contains(text, "client="+c.Name()) && !strings.Contains(text, `client="`+c.Name()) {
		t.Errorf("the client is not named:\n%s", text)
	}
	reached, err := makeConsumer(consumerSettings("127.0.0.1:1,"+bootstrap), rdkafka.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer reached.Close()
	if err := reached.Assign([]kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}}}); err != nil {
		t.Fatal(err)
	}
	pollUntil(t, reached, "the end", func(f *kafkaclient.Fetch) bool { return len(f.Ends) > 0 })
	if err := reached.Connection(); err != nil {
		t.Errorf("while one broker is reached: %v", err)
	}
}

func TestClientsLeaveNoGoroutineBehind(t *testing.T) {
	cluster, bootstrap := startBroker(t)
	if err := cluster.CreateTopic("t", 1, nil); err != nil {
		t.Fatal(err)
	}
	before := len(clientGoroutines())
	p, err := makeProducer(map[string]any{"bootstrap.servers": bootstrap}, "", rdkafka.Config{Log: quiet}, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Produce(&kafkaclient.Record{Topic: "t"}, nil); err != nil {
		t.Fatal(err)
	}
	p.Hurry()
	c, err := makeConsumer(consumerSettings(bootstrap), rdkafka.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Assign([]kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}}}); err != nil {
		t.Fatal(err)
	}
	pollUntil(t, c, "a record", func(f *kafkaclient.Fetch) bool { return len(f.Batches) > 0 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = c.Commit(ctx, []kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}, Offset: 1}})
	if len(clientGoroutines()) == before {
		t.Fatal("no goroutine of a client is found while two are open: this test can see none")
	}
	p.Close()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	left := clientGoroutines()
	for deadline := time.Now().Add(5 * time.Second); len(left) > before && time.Now().Before(deadline); left = clientGoroutines() {
		runtime.Gosched() // the last may be about to return
	}
	if len(left) > before {
		t.Errorf("%d goroutines are left after Close:\n\n%s", len(left), strings.Join(left, "\n\n"))
	}
}

// clientGoroutines are the stacks of goroutines of the adapter or the kafka package.
func clientGoroutines() []string {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var found []string
	for s := range strings.SplitSeq(string(stacks), "\n\n") {
		if _, origin, ok := strings.Cut(s, "created by "); ok && (strings.HasPrefix(origin, "github.com/confluentinc/") ||
			strings.HasPrefix(origin, "sync.(*WaitGroup).Go") && strings.Contains(s, "kafkaclient/rdkafka.")) {
			found = append(found, s)
		}
	}
	return found
}

// TestProduceAllocatesNoMoreThanTheClient compares with the client's Produce of a message that is there already.
func TestProduceAllocatesNoMoreThanTheClient(t *testing.T) {
	p, err := makeProducer(map[string]any{"bootstrap.servers": "127.0.0.1:1"}, "", rdkafka.Config{Log: quiet}, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	kp, err := kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": "127.0.0.1:1", "go.logs.channel.enable": true})
	if err != nil {
		t.Fatal(err)
	}
	defer kp.Close()
	topic := "t"
	message := &kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: 0}, Key: []byte("k"), Value: []byte("v"),
		Headers: []kafka.Header{{Key: "a", Value: []byte("b")}}, Timestamp: time.Now()}
	record := &kafkaclient.Record{Topic: topic, Key: message.Key, Value: message.Value, Headers: []kafkaclient.Header{{Key: "a", Value: []byte("b")}}, Timestamp: message.Timestamp}
	const n = 1000
	own := testing.AllocsPerRun(n, func() {
		if err := p.Produce(record, nil); err != nil {
			t.Fatal(err)
		}
	})
	theirs := testing.AllocsPerRun(n, func() {
		if err := kp.Produce(message, nil); err != nil {
			t.Fatal(err)
		}
	})
	if own > theirs {
		t.Errorf("%v allocations, the client by itself %v", own, theirs)
	}
	p.Purge()
}

func TestAFullQueueIsTold(t *testing.T) {
	t.Parallel()
	p, err := makeProducer(map[string]any{"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 10}, "", rdkafka.Config{Log: quiet}, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer p.Purge()
	for range 10 {
		if err := p.Produce(&kafkaclient.Record{Topic: "t"}, "token"); err != nil {
			t.Fatal(err)
		}
	}
	err = p.Produce(&kafkaclient.Record{Topic: "t"}, "token")
	if kafkaclient.KindOf(err) != kafkaclient.QueueFull || !kafkaclient.IsRetriable(err) {
		t.Errorf("%v", err)
	}
}

func TestLibrdkafkasOwnTokensNeedNoSource(t *testing.T) {
	t.Parallel()
	_, bootstrap := startBroker(t)
	c, err := makeConsumer(consumerSettings(bootstrap, "security.protocol", "sasl_plaintext", "sasl.mechanism", "OAUTHBEARER",
		"enable.sasl.oauthbearer.unsecure.jwt", "true", "sasl.oauthbearer.config", "principal=ada"), rdkafka.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// With a token it connects, and this broker refuses the mechanism.
	pollUntil(t, c, "the broker's answer", func(*kafkaclient.Fetch) bool { return c.Connection() != nil })
	if err := c.Connection(); strings.Contains(err.Error(), "token") {
		t.Error(err)
	}
}
