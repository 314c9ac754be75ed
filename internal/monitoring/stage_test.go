//go:build cgo

package monitoring_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/internal/registryserver"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/telemetry/prom"
)

type event struct {
	Number int64 `avro:"number"`
}

type message = concord.Message[string, event]

var quiet = concord.WithLogger(slog.New(slog.DiscardHandler))

// stage is a broker, a registry, a producer, a consumer and a transformer, all running, and their metrics.
type stage struct {
	t         *testing.T
	ctx       context.Context
	cluster   *kfake.Cluster
	registry  *registryserver.Server
	client    *registry.Client
	gathered  *prometheus.Registry
	producer  *concord.Producer[string, event]
	consumer  *concord.Consumer[string, event]
	stop      context.CancelFunc // ends the consumer's run
	stopped   chan struct{}      // closed when the run has ended
	handler   atomic.Pointer[func(*message) error]
	transform atomic.Pointer[func(message, func(message) error) error]
	onRequest atomic.Pointer[func(kmsg.Request) (kmsg.Response, error, bool)]
	number    int64
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// drain is the drain timeout of the stage's consumer.
const drain = 300 * time.Millisecond

func newStage(t *testing.T, deadLetters ...concord.DeadLetterOption) *stage {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s := &stage{t: t, ctx: ctx, gathered: prometheus.NewRegistry(), stopped: make(chan struct{})}
	s.cluster = must(kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, "in", "out", "dead"), kfake.GroupMinSessionTimeout(time.Second)))(t)
	s.cluster.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if f := s.onRequest.Load(); f != nil {
			return (*f)(r)
		}
		return nil, nil, false
	})
	s.registry = must(registryserver.Listen("127.0.0.1:0", registryserver.Options{Dir: t.TempDir()}))(t)
	s.client = must(registry.NewClient(s.registry.URL(), registry.WithLogger(slog.New(slog.DiscardHandler))))(t)
	observed := prom.NewObserverMetrics("c")
	observe := concord.WithObserver(observed.Observer())
	bootstrap := s.cluster.ListenAddrs()[0]

	values := must(serde.NewSerializer(s.client, avro.For[event](), serde.WithWriterSchema(serde.AutoRegister())))(t)
	reads := must(serde.NewDeserializer(s.client, avro.For[event]()))(t)
	s.producer = must(concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "message.timeout.ms": 1000}, concord.String(), values, quiet, observe))(t)
	aside := must(concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.Bytes(), concord.Bytes(), quiet))(t)
	group := func(name string) *kafka.ConfigMap {
		return &kafka.ConfigMap{
			"bootstrap.servers": bootstrap, "group.id": name, "auto.offset.reset": "earliest", "session.timeout.ms": 3000, "heartbeat.interval.ms": 100, "auto.commit.interval.ms": 50,
		}
	}
	dead := concord.WithDeadLetters(aside, concord.DeadLetterTopic("dead"), deadLetters...)
	s.consumer = must(concord.NewConsumer(group("g"), concord.String(), reads, quiet, observe, dead, concord.WithDrainTimeout(drain)))(t)
	from := must(concord.NewConsumer(group("t"), concord.String(), reads, quiet))(t)
	to := must(concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}, concord.String(), values, quiet, concord.WithTransactionalID("t"), concord.WithTransactionInterval(10*time.Millisecond)))(t)
	s.gathered.MustRegister(observed, prom.ConsumerCollector("c", s.consumer.Stats), prom.ConsumerCollector("t", from.Stats),
		prom.ReadinessCollector("c", s.consumer.Ready), prom.ReadinessCollector("t", from.Ready),
		prom.ProducerCollector("c", s.producer.Stats), prom.RegistryCollector("c", s.client.Stats))

	ran := make(chan error, 2)
	running, stop := context.WithCancel(ctx)
	s.stop = stop
	go func() {
		defer close(s.stopped)
		ran <- s.consumer.Run(running, []string{"in"}, func(_ context.Context, m *message) error {
			if f := s.handler.Load(); f != nil {
				return (*f)(m)
			}
			return nil
		})
	}()
	go func() {
		ran <- concord.Transform(ctx, from, to, []string{"in"}, func(_ context.Context, m *message, send func(message) error) error {
			out := message{Topic: "out", Key: m.Key, Value: m.Value}
			if f := s.transform.Load(); f != nil {
				return (*f)(out, send)
			}
			return send(out)
		})
	}()
	t.Cleanup(func() {
		s.onRequest.Store(nil)
		s.handler.Store(nil)
		cancel()
		for range 2 {
			if err := <-ran; err != nil {
				t.Logf("a run ended: %v", err)
			}
		}
		closing, end := context.WithTimeout(context.Background(), 5*time.Second)
		defer end()
		for _, close := range []func(context.Context) error{s.consumer.Close, from.Close, to.Close, s.producer.Close, aside.Close} {
			_ = close(closing)
		}
		s.client.Close(closing)
		s.registry.Close(closing)
		s.cluster.Close()
	})
	s.await("the consumers to handle records", func() bool {
		s.produce(3)
		return s.consumer.Stats().Handled > 0 && from.Stats().Transactions > 0
	})
	return s
}

func (s *stage) await(what string, ok func() bool) {
	s.t.Helper()
	for !ok() {
		if s.ctx.Err() != nil {
			s.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// produce sends events. Failures show in the metrics.
func (s *stage) produce(n int) {
	s.t.Helper()
	for range n {
		s.number++
		if err := s.producer.ProduceAsync(s.ctx, message{Topic: "in", Key: fmt.Sprint(s.number), Value: event{s.number}}, nil); err != nil {
			s.t.Fatal(err)
		}
	}
}

// register registers a schema of the subject "s".
func (s *stage) register(text string) error {
	_, err := s.client.Register(s.ctx, "s", registry.Schema{Text: text})
	return err
}

// work is the load of one minute.
func (s *stage) work() {
	s.produce(6)
	_, _ = s.client.SchemaTypes(s.ctx)
}

// scrape returns what Prometheus would scrape now.
func (s *stage) scrape() []*dto.MetricFamily {
	families := must(s.gathered.Gather())(s.t)
	resp, err := http.Get(s.registry.URL() + "/metrics")
	if err != nil {
		return families // the registry is down; Prometheus would get nothing from it either
	}
	defer resp.Body.Close()
	body := must(io.ReadAll(resp.Body))(s.t)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	parsed := must(parser.TextToMetricFamilies(newReader(body)))(s.t)
	for _, f := range parsed {
		families = append(families, f)
	}
	return families
}
