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

// Producing traces and measures the messages that a producer sends, for [concord.WithProduceInterceptor].
// Errors of the meter provider go to OpenTelemetry's error handler.
func Producing(opts ...Option) concord.ProduceInterceptor {
	i, err := newInstrument(opts, "messaging.client.sent.messages", "Messages that were sent, delivered or not.",
		"messaging.client.operation.duration", "Time from sending a message to its acknowledgement or failure.")
	if err != nil {
		otel.Handle(err)
	}
	return func(ctx context.Context, m *concord.Outgoing) func(concord.Delivery, error) {
		began := time.Now()
		attributes := operation("send", "send", m.Topic)
		spanCtx, span := i.tracer.Start(ctx, "send "+m.Topic, trace.WithSpanKind(trace.SpanKindProducer), trace.WithTimestamp(began), trace.WithAttributes(attributes...))
		i.propagator.Inject(spanCtx, headers{&m.Headers})
		return func(d concord.Delivery, err error) {
			if err == nil {
				span.SetAttributes(partitionID(d.Partition), attribute.Int64("messaging.kafka.offset", d.Offset))
				attributes = append(attributes, partitionID(d.Partition))
			}
			i.end(spanCtx, span, began, attributes, err)
		}
	}
}

// Handling traces and measures the records that consumers of the group handle, for
// [concord.WithHandleInterceptor]. Errors of the meter provider go to OpenTelemetry's error handler.
func Handling(group string, opts ...Option) concord.HandleInterceptor {
	i, err := newInstrument(opts, "messaging.client.consumed.messages", "Records that were handled, or failed.",
		"messaging.process.duration", "Time to read and handle a record, with all its attempts.")
	if err != nil {
		otel.Handle(err)
	}
	return func(ctx context.Context, r concord.Record, next func(context.Context) error) error {
		began := time.Now()
		attributes := append(operation("process", "process", r.Topic), attribute.String("messaging.consumer.group.name", group), partitionID(r.Partition))
		own := r.Headers
		remote := trace.SpanContextFromContext(i.propagator.Extract(context.Background(), headers{&own}))
		opts := []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindConsumer), trace.WithTimestamp(began), trace.WithAttributes(attributes...),
			trace.WithAttributes(attribute.Int64("messaging.kafka.offset", r.Offset), attribute.Int("messaging.message.body.size", bodySize(r))),
		}
		if remote.IsValid() {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: remote}))
			if i.parent {
				ctx = trace.ContextWithRemoteSpanContext(ctx, remote)
			}
		}
		ctx, span := i.tracer.Start(ctx, "process "+r.Topic, opts...)
		err := next(ctx)
		i.end(ctx, span, began, attributes, err)
		return err
	}
}

// bodySize is the size of the record's value in bytes.
func bodySize(r concord.Record) int {
	size := r.Size - len(r.Key)
	for i := range r.Headers {
		size -= len(r.Headers[i].Key) + len(r.Headers[i].Value)
	}
	return size
}

// end ends the span and records the metrics.
func (i *instrument) end(ctx context.Context, span trace.Span, began time.Time, attributes []attribute.KeyValue, err error) {
	now := time.Now()
	if err != nil {
		kind := errorType(err)
		attributes = append(attributes, kind)
		span.SetAttributes(kind)
		span.SetStatus(codes.Error, kind.Value.AsString())
	}
	span.End(trace.WithTimestamp(now))
	set := metric.WithAttributeSet(attribute.NewSet(attributes...))
	i.messages.Add(ctx, 1, set)
	i.duration.Record(ctx, now.Sub(began).Seconds(), set)
}
