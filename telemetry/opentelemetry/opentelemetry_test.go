//go:build cgo

package opentelemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/telemetry/opentelemetry"
)

type texts = concord.Message[string, string]

// describe is a span in a line.
func describe(s sdktrace.ReadOnlySpan) string {
	var all []string
	for _, a := range s.Attributes() {
		all = append(all, fmt.Sprintf("%s=%v", a.Key, a.Value.String()))
	}
	slices.Sort(all)
	return fmt.Sprintf("%s %s %s links=%d %s", s.Name(), s.SpanKind(), s.Status().Code, len(s.Links()), strings.Join(all, " "))
}

func TestWhatIsSentAndHandledIsTracedAndMeasured(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	traces, meters := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	providers := []opentelemetry.Option{opentelemetry.WithTracerProvider(traces), opentelemetry.WithMeterProvider(meters)}
	quiet := concord.WithLogger(slog.New(slog.DiscardHandler))
	config := kafka.ConfigMap{"bootstrap.servers": cluster.ListenAddrs()[0]}

	p, err := concord.NewProducer(&config, concord.String(), concord.String(), quiet, concord.WithProduceInterceptor(opentelemetry.Producing(providers...)))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(ctx)
	callerCtx, caller := traces.Tracer("test").Start(ctx, "caller")
	stale := []concord.Header{{Key: "traceparent", Value: []byte("00-00000000000000000000000000000001-0000000000000001-01")}}
	for _, v := range []string{"good", "bad"} {
		if _, err := p.Produce(callerCtx, texts{Topic: "t", Key: "key", Value: v, Headers: stale}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Produce(callerCtx, texts{Topic: "not a topic"}); err == nil {
		t.Error("no error")
	}
	caller.End()

	config["group.id"], config["auto.offset.reset"] = "g", "earliest"
	c, err := concord.NewConsumer(&config, concord.String(), concord.String(), quiet, concord.WithHandleInterceptor(opentelemetry.Handling("g", append(providers, opentelemetry.WithRemoteParent())...)),
		concord.WithObserver(opentelemetry.Consuming("g", providers...)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var inHandler trace.SpanContext
	err = c.Run(ctx, []string{"t"}, func(ctx context.Context, m *texts) error {
		if m.Value == "bad" {
			return fmt.Errorf("with a secret: %w", serde.RuleFailed)
		}
		inHandler = trace.SpanContextFromContext(ctx)
		return nil
	})
	if !errors.Is(err, serde.RuleFailed) {
		t.Fatal(err)
	}

	var got []string
	byName := make(map[string][]sdktrace.ReadOnlySpan)
	for _, s := range spans.Ended() {
		if s.Name() != "caller" && s.Name() != "poll t" && s.Name() != "commit t" {
			got = append(got, describe(s))
			byName[s.Name()] = append(byName[s.Name()], s)
		}
	}
	const common = " messaging.system=kafka"
	want := []string{
		"send t producer Unset links=0 messaging.destination.name=t messaging.destination.partition.id=0 messaging.kafka.offset=0 messaging.operation.name=send messaging.operation.type=send" + common,
		"send t producer Unset links=0 messaging.destination.name=t messaging.destination.partition.id=0 messaging.kafka.offset=1 messaging.operation.name=send messaging.operation.type=send" + common,
		"send not a topic producer Error links=0 error.type=*errors.errorString messaging.destination.name=not a topic messaging.operation.name=send messaging.operation.type=send" + common,
		"process t consumer Unset links=1 messaging.consumer.group.name=g messaging.destination.name=t messaging.destination.partition.id=0 messaging.kafka.offset=0 messaging.message.body.size=4 messaging.operation.name=process messaging.operation.type=process" + common,
		"process t consumer Error links=1 error.type=rule failed messaging.consumer.group.name=g messaging.destination.name=t messaging.destination.partition.id=0 messaging.kafka.offset=1 messaging.message.body.size=3 messaging.operation.name=process messaging.operation.type=process" + common,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("spans (-want +got):\n%s", d)
	}
	polled, commits := int64(0), 0
	for _, s := range spans.Ended() {
		line := describe(s)
		switch s.Name() {
		case "poll t":
			for _, a := range s.Attributes() {
				if a.Key == "messaging.batch.message_count" {
					polled += a.Value.AsInt64()
				}
			}
			if !strings.HasPrefix(line, "poll t client Unset links=0 messaging.batch.message_count=") || !strings.Contains(line, " messaging.operation.name=poll messaging.operation.type=receive"+common) {
				t.Errorf("a poll: %s", line)
			}
		case "commit t":
			commits++
			if !strings.HasPrefix(line, "commit t client Unset links=0 messaging.batch.message_count=1 messaging.consumer.group.name=g") || !strings.HasSuffix(line, " messaging.operation.name=commit messaging.operation.type=settle"+common) {
				t.Errorf("a commit: %s", line)
			}
		}
	}
	if polled != 2 || commits == 0 {
		t.Errorf("%d records polled, %d commits", polled, commits)
	}
	for i, s := range byName["process t"] {
		sent := byName["send t"][i].SpanContext()
		if s.Parent().SpanID() != sent.SpanID() || s.SpanContext().TraceID() != sent.TraceID() || s.Links()[0].SpanContext.SpanID() != sent.SpanID() {
			t.Errorf("record %d is handled under %v, not %v", i, s.Parent().SpanID(), sent.SpanID())
		}
		if sent.TraceID() != caller.SpanContext().TraceID() {
			t.Error("what is sent is not in the caller's trace")
		}
		if strings.Contains(s.Status().Description, "secret") || s.Status().Code == codes.Ok {
			t.Errorf("status %v", s.Status())
		}
	}
	if inHandler.SpanID() != byName["process t"][0].SpanContext().SpanID() {
		t.Error("the handler's context has another span")
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &data); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for _, m := range data.ScopeMetrics[0].Metrics {
		switch points := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range points.DataPoints {
				counts[m.Name] += p.Value
			}
		case metricdata.Histogram[float64]:
			for _, p := range points.DataPoints {
				counts[m.Name] += int64(p.Count)
				if m.Unit != "s" || len(p.Bounds) != 14 || !p.Attributes.HasValue(attribute.Key("messaging.operation.name")) {
					t.Errorf("%s: %s, %v, %v", m.Name, m.Unit, p.Bounds, p.Attributes)
				}
			}
		}
	}
	if n := counts["messaging.client.operation.duration"]; n < 5 { // three sends, and at least a poll and a commit
		t.Errorf("%d operations measured", n)
	}
	counts["messaging.client.operation.duration"] = 3
	wantCounts := map[string]int64{
		"messaging.client.sent.messages": 3, "messaging.client.operation.duration": 3, "messaging.client.consumed.messages": 2, "messaging.process.duration": 2,
	}
	if d := cmp.Diff(wantCounts, counts); d != "" {
		t.Errorf("metrics (-want +got):\n%s", d)
	}
}

func TestWithoutARemoteParentATraceIsItsOwn(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	handling := opentelemetry.Handling("g", opentelemetry.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))))
	const remote = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, headers := range [][]concord.Header{
		{{Key: "traceparent", Value: []byte("nonsense")}},
		{{Key: "traceparent", Value: []byte("00-00000000000000000000000000000001-0000000000000001-01")}, {Key: "traceparent", Value: []byte(remote)}},
	} {
		if err := handling(context.Background(), concord.Record{Topic: "t", Headers: headers}, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	ended := spans.Ended()
	if len(ended[0].Links()) != 0 || len(ended[1].Links()) != 1 || ended[1].Parent().IsValid() || ended[1].Links()[0].SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("links %v and %v, parent %v", ended[0].Links(), ended[1].Links(), ended[1].Parent())
	}
}

// error.type has the protocol's name of a Kafka error, and never an error's text.
func TestErrorTypesNameTheKindOfError(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	handling := opentelemetry.Handling("g", opentelemetry.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))))
	for _, c := range []struct {
		err  error
		want string
	}{
		{&concord.ProduceError{Topic: "t", Err: &concord.KafkaError{Name: "UNKNOWN_TOPIC_OR_PARTITION"}}, "UNKNOWN_TOPIC_OR_PARTITION"},
		{fmt.Errorf("secret: %w", serde.RuleFailed), "rule failed"},
		{fmt.Errorf("secret: %w", context.DeadlineExceeded), "context ended"},
		{&concord.RecordError{Topic: "t", Err: &concord.PanicError{}}, "*concord.PanicError"},
		{errors.New("secret"), "*errors.errorString"},
	} {
		if err := handling(context.Background(), concord.Record{Topic: "t"}, func(context.Context) error { return c.err }); !errors.Is(err, c.err) {
			t.Fatal(err)
		}
		ended := spans.Ended()
		got := ""
		for _, a := range ended[len(ended)-1].Attributes() {
			if a.Key == "error.type" {
				got = a.Value.AsString()
			}
		}
		if got != c.want {
			t.Errorf("%v: error.type is %q, want %q", c.err, got, c.want)
		}
	}
}
