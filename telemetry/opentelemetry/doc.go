// Package opentelemetry traces and measures producing and consuming by OpenTelemetry's
// semantic conventions for messaging and Kafka (1.44). No other package of concord links OpenTelemetry.
//
//	p, err := concord.NewProducer(config, keys, values, concord.WithProduceInterceptor(opentelemetry.Producing()))
//	c, err := concord.NewConsumer(config, keys, values, concord.WithHandleInterceptor(opentelemetry.Handling("billing")),
//		concord.WithObserver(opentelemetry.Consuming("billing")))
//
// # Spans
//
// A message that is produced has a span "send TOPIC" of kind producer. It ends with the
// acknowledgement; the headers traceparent and tracestate carry its context (W3C
// Trace Context). A record that is handled has a span "process TOPIC" of kind consumer, over
// all its attempts. It links to the span of the message and, with
// [WithRemoteParent], is a child of it. A failure sets the span's status and its attribute error.type: the
// class of the error, the name of a Kafka error such as UNKNOWN_TOPIC_OR_PARTITION, or the Go type of the error.
//
// [Consuming] adds spans of kind client: "poll TOPIC" for each batch of a
// partition's records and "commit TOPIC" for committed offsets. The span of offsets that a transaction
// committed has no length. No span has a key, a value, or an error's text.
//
// # Metrics
//
//	messaging.client.sent.messages, messaging.client.operation.duration
//	messaging.client.consumed.messages, messaging.process.duration
//
// Durations are in seconds, in the buckets that the conventions recommend.
//
// Interceptors are safe for concurrent use. The providers are the global ones unless
// options say otherwise.
package opentelemetry
