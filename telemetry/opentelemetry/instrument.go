//go:build cgo

package opentelemetry

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

// scope is the instrumentation's name.
const scope = "github.com/concord-go/concord/telemetry/opentelemetry"

// Option changes [Producing] and [Handling].
type Option func(*instrument)

// WithTracerProvider says where spans go; the default is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(i *instrument) { i.traces = p }
}

// WithMeterProvider says where metrics go; the default is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(i *instrument) { i.meters = p }
}

// WithPropagator says how headers carry a span's context; the default is W3C Trace
// Context.
func WithPropagator(p propagation.TextMapPropagator) Option {
	return func(i *instrument) { i.propagator = p }
}

// WithRemoteParent makes the span of handling a child of the message's span, so that both are in one
// trace. By default it starts a trace of its own and links to the message's span.
func WithRemoteParent() Option { return func(i *instrument) { i.parent = true } }

// instrument is what both interceptors use.
type instrument struct {
	traces     trace.TracerProvider
	meters     metric.MeterProvider
	propagator propagation.TextMapPropagator
	parent     bool

	tracer   trace.Tracer
	messages metric.Int64Counter
	duration metric.Float64Histogram
}

// buckets are those that the conventions recommend for durations in seconds.
var buckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

func newInstrument(opts []Option, counter, counterHelp, histogram, histogramHelp string) (*instrument, error) {
	i := &instrument{traces: otel.GetTracerProvider(), meters: otel.GetMeterProvider(), propagator: propagation.TraceContext{}}
	for _, o := range opts {
		o(i)
	}
	i.tracer = i.traces.Tracer(scope)
	meter := i.meters.Meter(scope)
	var err, err2 error
	i.messages, err = meter.Int64Counter(counter, metric.WithUnit("{message}"), metric.WithDescription(counterHelp))
	i.duration, err2 = meter.Float64Histogram(histogram, metric.WithUnit("s"), metric.WithDescription(histogramHelp), metric.WithExplicitBucketBoundaries(buckets...))
	return i, errors.Join(err, err2)
}

// operation returns the attributes that every span and metric of an operation has.
func operation(name, kind, topic string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system", "kafka"),
		attribute.String("messaging.operation.name", name),
		attribute.String("messaging.operation.type", kind),
		attribute.String("messaging.destination.name", topic),
	}
}

func partitionID(p int32) attribute.KeyValue {
	return attribute.String("messaging.destination.partition.id", strconv.Itoa(int(p)))
}

// errorType names the kind of err: a class, a name of Kafka's protocol, or a Go type. It never holds err's text,
// which may quote data.
func errorType(err error) attribute.KeyValue {
	kind := ""
	switch class := serde.ClassOf(err); {
	case class != serde.Unclassified:
		kind = class.Error()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		kind = "context ended"
	default:
		if e, ok := errors.AsType[*concord.KafkaError](err); ok && e.Name != "" {
			kind = e.Name
			break
		}
		inner := err
		if e, ok := errors.AsType[*concord.RecordError](err); ok {
			inner = e.Err
		} else if e, ok := errors.AsType[*concord.ProduceError](err); ok {
			inner = e.Err
		}
		kind = fmt.Sprintf("%T", inner)
	}
	return attribute.String("error.type", kind)
}

// headers is the carrier of a span's context.
type headers struct{ all *[]concord.Header }

// Get returns the last header with the key: where there are several, the last one counts.
func (h headers) Get(key string) string {
	for i := len(*h.all) - 1; i >= 0; i-- {
		if (*h.all)[i].Key == key {
			return string((*h.all)[i].Value)
		}
	}
	return ""
}

// Set replaces all headers with the key.
func (h headers) Set(key, value string) {
	kept := (*h.all)[:0]
	for _, header := range *h.all {
		if header.Key != key {
			kept = append(kept, header)
		}
	}
	*h.all = append(kept, concord.Header{Key: key, Value: []byte(value)})
}

// Keys returns the keys.
func (h headers) Keys() []string {
	keys := make([]string, len(*h.all))
	for i := range *h.all {
		keys[i] = (*h.all)[i].Key
	}
	return keys
}
