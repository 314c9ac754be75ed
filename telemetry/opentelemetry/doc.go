// Package opentelemetry traces and measures what producers send and consumers handle, as
// OpenTelemetry's semantic conventions for messaging and Kafka (1.44) have it. Nothing but it
// links OpenTelemetry.
//
//	p, err := concord.NewProducer(config, keys, values, concord.WithProduceInterceptor(opentelemetry.Producing()))
//	c, err := concord.NewConsumer(config, keys, values, concord.WithHandleInterceptor(opentelemetry.Handling("billing")),
//		concord.WithObserver(opentelemetry.Consuming("billing")))
//
// # Spans
//
// A message that is produced has a span "send TOPIC" of kind producer, which ends with the
// acknowledgement, and carries its context in the headers traceparent and tracestate (W3C
// Trace Context). A record that is handled has a span "process TOPIC" of kind consumer, over
// all its tries, which is linked to the span of the message, and is a child of it where
// [WithRemoteParent] says so. A failure is the span's status and its attribute error.type: the
// class of the error in words, or its Go type. [Consuming] adds spans of kind client, "poll TOPIC" for each batch of a
// partition's records and "commit TOPIC" for committed offsets; what librdkafka commits in the background
// has a span without a length. No span has a key, a value, or an
// error's text.
//
// # Metrics
//
//	messaging.client.sent.messages, messaging.client.operation.duration
//	messaging.client.consumed.messages, messaging.process.duration
//
// Durations are in seconds, in the buckets that the conventions advise.
//
// Interceptors are safe for concurrent use. The providers are the global ones unless
// options say otherwise.
package opentelemetry
