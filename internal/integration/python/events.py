"""Writes Avro records with Confluent's Python SerializingProducer and reads them with its DeserializingConsumer."""

import sys

from confluent_kafka import DeserializingConsumer, SerializingProducer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import StringDeserializer, StringSerializer

SCHEMA = '{"type":"record","name":"Event","namespace":"com.example","fields":[{"name":"id","type":"string"},{"name":"n","type":"long"}]}'


def main():
    bootstrap, registry, topic, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    client = SchemaRegistryClient({"url": registry})
    producer = SerializingProducer({"bootstrap.servers": bootstrap, "key.serializer": StringSerializer("utf_8"), "value.serializer": AvroSerializer(client, SCHEMA)})
    for i in range(count):
        producer.produce(topic, key=f"k{i}", value={"id": f"python-{i}", "n": i})
    left = producer.flush(30)
    if left:
        sys.exit(f"{left} messages are not delivered")
    consumer = DeserializingConsumer({"bootstrap.servers": bootstrap, "group.id": "python", "auto.offset.reset": "earliest",
                                      "key.deserializer": StringDeserializer("utf_8"), "value.deserializer": AvroDeserializer(client)})
    consumer.subscribe([topic])
    seen = set()
    for _ in range(300):
        m = consumer.poll(0.2)
        if m is None:
            continue
        if m.error():
            sys.exit(str(m.error()))
        seen.add(m.value()["id"])
        if len(seen) == 2 * count:
            break
    consumer.close()
    print("\n".join(sorted(seen)))


main()
