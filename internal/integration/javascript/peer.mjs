// Confluent's JavaScript serializers, driven over standard input: one JSON command a line, one JSON answer a line.
// Values are JSON in which {"$bytes": base64} stands for bytes.
import { createInterface } from 'node:readline'
import { createFileRegistry, fromBinary, fromJson, toJson } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import * as sr from '@confluentinc/schemaregistry'

const client = new sr.SchemaRegistryClient({ baseURLs: [process.argv[2]] })

const fromJSON = (v) => {
  if (Array.isArray(v)) return v.map(fromJSON)
  if (v === null || typeof v !== 'object') return v
  if ('$bytes' in v) return Buffer.from(v.$bytes, 'base64')
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, fromJSON(x)]))
}

const toJSON = (v) => {
  if (typeof v === 'bigint') return Number(v)
  if (v === null || v === undefined || typeof v !== 'object') return v ?? null
  if (Buffer.isBuffer(v) || v instanceof Uint8Array) return { $bytes: Buffer.from(v).toString('base64') }
  if (Array.isArray(v)) return v.map(toJSON)
  return Object.fromEntries(Object.entries(v).filter(([k]) => !k.startsWith('$')).map(([k, x]) => [k, toJSON(x)]))
}

const header = (c) => c.framing === 'header'

const typesOf = (c) => createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(c.descriptors, 'base64')))

const write = async (c) => {
  const conf = { useLatestVersion: true, autoRegisterSchemas: false }
  if (header(c)) conf.schemaIdSerializer = sr.HeaderSchemaIdSerializer
  let serializer
  let value = c.value
  if (c.format === 'protobuf') {
    const types = typesOf(c)
    serializer = new sr.ProtobufSerializer(client, sr.SerdeType.VALUE, { ...conf, registry: types })
    if (value !== null) value = fromJson(types.getMessage(c.message), value)
  } else {
    serializer = c.format === 'avro'
      ? new sr.AvroSerializer(client, sr.SerdeType.VALUE, conf)
      : new sr.JsonSerializer(client, sr.SerdeType.VALUE, { ...conf, validate: true })
    value = fromJSON(value)
  }
  const headers = {}
  const data = await serializer.serialize(c.topic, value, headers)
  return {
    bytes: data === null ? null : Buffer.from(data).toString('base64'),
    headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, Buffer.from(v).toString('base64')])),
  }
}

const read = async (c) => {
  const deserializer = c.format === 'avro'
    ? new sr.AvroDeserializer(client, sr.SerdeType.VALUE, {})
    : c.format === 'json'
      ? new sr.JsonDeserializer(client, sr.SerdeType.VALUE, { validate: true })
      : new sr.ProtobufDeserializer(client, sr.SerdeType.VALUE, {})
  const headers = Object.fromEntries(Object.entries(c.headers ?? {}).map(([k, v]) => [k, Buffer.from(v, 'base64')]))
  const data = c.bytes === null ? null : Buffer.from(c.bytes, 'base64')
  const value = await deserializer.deserialize(c.topic, data, headers)
  if (c.format === 'protobuf' && value) return { value: toJson(typesOf(c).getMessage(c.message), value) }
  return { value: toJSON(value) }
}

for await (const line of createInterface({ input: process.stdin })) {
  const c = JSON.parse(line)
  let answer
  try {
    answer = c.op === 'write' ? await write(c) : await read(c)
  } catch (e) {
    answer = { error: `${e.name}: ${e.message}` }
  }
  console.log(JSON.stringify(answer))
}
