"""Confluent's Python serializers, driven over standard input: one JSON command a line, one JSON answer a line.

Values are JSON in which {"$bytes": base64}, {"$time": microseconds}, {"$decimal": text} and {"$date": days} stand for what
JSON has no form for.
"""

import base64
import datetime
import decimal
import json
import sys

from confluent_kafka.schema_registry import (Schema, SchemaReference, SchemaRegistryClient, header_schema_id_serializer,
                                             prefix_schema_id_serializer)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def from_json(v):
    if isinstance(v, list):
        return [from_json(x) for x in v]
    if not isinstance(v, dict):
        return v
    if "$bytes" in v:
        return base64.b64decode(v["$bytes"])
    if "$time" in v:
        return EPOCH + datetime.timedelta(microseconds=v["$time"])
    if "$decimal" in v:
        return decimal.Decimal(v["$decimal"])
    if "$date" in v:
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=v["$date"])
    if "$duration" in v:
        return (datetime.datetime.min + datetime.timedelta(microseconds=v["$duration"])).time()
    if "$branch" in v:
        return (v["$branch"], from_json(v["value"]))
    return {k: from_json(x) for k, x in v.items()}


def to_json(v):
    if isinstance(v, (list, tuple)):
        return [to_json(x) for x in v]
    if isinstance(v, dict):
        return {k: to_json(x) for k, x in v.items()}
    if isinstance(v, bytes):
        return {"$bytes": base64.b64encode(v).decode()}
    if isinstance(v, datetime.datetime):
        return {"$time": (v - EPOCH) // datetime.timedelta(microseconds=1)}
    if isinstance(v, datetime.date):
        return {"$date": (v - datetime.date(1970, 1, 1)).days}
    if isinstance(v, datetime.time):
        return {"$duration": ((v.hour * 60 + v.minute) * 60 + v.second) * 1000000 + v.microsecond}
    if isinstance(v, decimal.Decimal):
        return {"$decimal": format(v, "f")}
    return v


def message_class(c):
    files = descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(c["descriptors"]))
    pool = descriptor_pool.DescriptorPool()
    for f in files.file:
        pool.Add(f)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(c["message"]))


def schema_of(c):
    if "schema" not in c:
        return None
    references = [SchemaReference(r["name"], r["subject"], r["version"]) for r in c.get("references", [])]
    return Schema(c["schema"], c["format"].upper(), references)


def write(client, c):
    conf = {"auto.register.schemas": c.get("register", False), "use.latest.version": not c.get("register", False),
            "schema.id.serializer": header_schema_id_serializer if c["framing"] == "header" else prefix_schema_id_serializer}
    value = c["value"]
    if c["format"] == "avro":
        serializer, value = AvroSerializer(client, schema_of(c), conf=conf), from_json(value)
    elif c["format"] == "json":
        serializer = JSONSerializer(schema_of(c), client, conf=dict(conf, **{"validate": True}))
    else:
        message = message_class(c)
        serializer, value = ProtobufSerializer(message, client, conf=conf), json_format.ParseDict(value, message())
    headers = []
    data = serializer(value, SerializationContext(c["topic"], MessageField.VALUE, headers))
    return {"bytes": None if data is None else base64.b64encode(data).decode(), "headers": {k: base64.b64encode(v).decode() for k, v in headers}}


def read(client, c):
    if c["format"] == "avro":
        deserializer = AvroDeserializer(client, schema_of(c), conf={"use.latest.version": False})
    elif c["format"] == "json":
        deserializer = JSONDeserializer(schema_of(c), schema_registry_client=client, conf={"validate": True})
    else:
        deserializer = ProtobufDeserializer(message_class(c), schema_registry_client=client)
    headers = [(k, base64.b64decode(v)) for k, v in c.get("headers", {}).items()]
    data = None if c["bytes"] is None else base64.b64decode(c["bytes"])
    value = deserializer(data, SerializationContext(c["topic"], MessageField.VALUE, headers))
    if c["format"] == "protobuf" and value is not None:
        value = json_format.MessageToDict(value)
    return {"value": to_json(value)}


def main():
    client = SchemaRegistryClient({"url": sys.argv[1]})
    for line in sys.stdin:
        c = json.loads(line)
        try:
            answer = write(client, c) if c["op"] == "write" else read(client, c)
        except Exception as e:  # the test decides what to make of it
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), flush=True)


main()
