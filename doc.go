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
// [NewProducer] and [NewConsumer] use librdkafka and need cgo; nothing else in this
// package does. Packages registry, serde and avro work with any Kafka client.
//
// # Data flow
//
// Producing: a [Serializer] writes the key, then the value, into pooled buffers, which
// the client copies. One goroutine takes the delivery reports and returns each
// result to its caller. Consuming: the goroutine that called Run polls and passes records to workers,
// which read key and value with a [Deserializer] and run the handler. It commits the offset
// up to which all records of a partition are done, and pauses partitions that have too many
// in flight. Before a partition goes to another member, its handlers may finish.
//
// # Concurrency
//
// A Producer may be used by any number of goroutines. A Consumer has one run at a
// time; its other methods may be called from anywhere. Both own their goroutines, and Close
// waits for them.
//
// # Errors
//
// Constructors return a [*ConfigError]; a Producer a [*ProduceError] or [*FlushError]; a Consumer a
// [*RecordError] or [*ConsumeError]. If a record's bytes or its
// schema are at fault, errors.Is finds a [serde.Class] in them; if Kafka is, errors.As finds a
// [*KafkaError], and the client's own error below it. No error contains a payload or a secret.
package concord
