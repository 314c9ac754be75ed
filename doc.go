// Package concord produces and consumes typed Kafka records whose schemas are kept
// in a Schema Registry. A service declares the Go type it writes or reads; what was
// written under one version of a schema is read by programs built for another.
//
//	reg, err := registry.NewClient("http://localhost:8081")
//
//	ser, err := serde.NewSerializer(reg, avro.For[UserEvent]())
//	p, err := concord.NewProducer(&kafka.ConfigMap{"bootstrap.servers": "localhost:9092"}, concord.String(), ser)
//	_, err = p.Produce(ctx, concord.Message[string, UserEvent]{Topic: "user-events", Key: "u123", Value: event})
//
//	de, err := serde.NewDeserializer(reg, avro.For[UserEvent]())
//	c, err := concord.NewConsumer(&kafka.ConfigMap{
//		"bootstrap.servers": "localhost:9092", "group.id": "billing", "auto.offset.reset": "earliest",
//	}, concord.String(), de)
//	err = c.Run(ctx, []string{"user-events"}, func(ctx context.Context, m *concord.Message[string, UserEvent]) error {
//		return bill(ctx, m.Value)
//	})
//
// [Producer] and [Consumer] stand on librdkafka and need cgo; the rest of this
// package, and packages registry, serde and avro, do not, and serve any Kafka client.
//
// # The way of the data
//
// Producing: key, then value go through a [Serializer] into pooled buffers, which
// librdkafka copies; one goroutine takes the delivery reports and gives each caller
// its own. Consuming: the goroutine that called Run polls and hands records to workers,
// which read key and value with a [Deserializer] and run the handler; it stores the offset
// up to which all of a partition is handled, and pauses partitions of which too much
// is in hand. Before a partition goes to another member its handlers may finish.
//
// # Concurrency
//
// A Producer may be used by any number of goroutines. A Consumer runs once at a
// time; its Close may be called from anywhere. Both own their goroutines, and Close
// waits for them.
//
// # Errors
//
// [*ConfigError] at construction, [*ProduceError] and [*FlushError] from a Producer,
// [*RecordError] and [*ConsumeError] from a Consumer. Where a record's bytes or its
// schema are at fault, errors.Is finds a [serde.Class] in them; where Kafka is, a
// kafka.Error. None holds a payload or a secret.
package concord
