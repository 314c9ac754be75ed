//go:build cgo

package opentelemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/concord-go/concord"
)

// Consuming traces and measures polls and commits of a consumer of the group, for [concord.WithObserver]:
// spans "poll TOPIC" for records that arrived, and "commit TOPIC" for committed offsets.
func Consuming(group string, opts ...Option) concord.Observer {
	i := &instrument{traces: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, o := range opts {
		o(i)
	}
	i.tracer = i.traces.Tracer(scope)
	duration, err := i.meters.Meter(scope).Float64Histogram("messaging.client.operation.duration", metric.WithUnit("s"),
		metric.WithDescription("Time of a poll or a commit."), metric.WithExplicitBucketBoundaries(buckets...))
	if err != nil {
		otel.Handle(err)
	}
	span := func(name, kind, topic string, took time.Duration, err error, attributes, own []attribute.KeyValue) {
		attributes = append(operation(name, kind, topic), attributes...)
		now := time.Now()
		_, span := i.tracer.Start(context.Background(), name+" "+topic, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-took)),
			trace.WithAttributes(attributes...), trace.WithAttributes(own...))
		if err != nil {
			kind := errorType(err)
			attributes = append(attributes, kind)
			span.SetAttributes(kind)
			span.SetStatus(codes.Error, kind.Value.AsString())
		}
		span.End(trace.WithTimestamp(now))
		if took > 0 || name == "poll" {
			duration.Record(context.Background(), took.Seconds(), metric.WithAttributeSet(attribute.NewSet(attributes...)))
		}
	}
	consumers := attribute.String("messaging.consumer.group.name", group)
	return concord.Observer{
		OnPolled: func(p concord.Polled) {
			span("poll", "receive", p.Topic, p.Took, nil, []attribute.KeyValue{consumers, partitionID(p.Partition)},
				[]attribute.KeyValue{attribute.Int("messaging.batch.message_count", p.Records), attribute.Int64("messaging.kafka.offset", p.First)})
		},
		OnCommitted: func(c concord.Committed) {
			topics := make(map[string]int)
			for _, p := range c.Positions {
				topics[p.Topic]++
			}
			for topic, n := range topics {
				span("commit", "settle", topic, c.Took, c.Err, []attribute.KeyValue{consumers}, []attribute.KeyValue{attribute.Int("messaging.batch.message_count", n)})
			}
		},
	}
}
