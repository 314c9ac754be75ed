package reroute

import (
	"encoding/binary"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// Profile is which names the headers of a dead letter have.
type Profile uint8

// The profiles.
const (
	// Kafka has the names of Kafka's own dead-letter queues for share groups (KIP-1191),
	// __dlq.errors.topic, .partition, .offset, .group, .delivery.count and .message, numbers
	// as decimal text, and besides them concord.dlq.stage, .class, .schema.id or
	// .schema.guid, and .time (RFC 3339, UTC).
	Kafka Profile = iota
	// Spring has those of Spring for Apache Kafka's DeadLetterPublishingRecoverer:
	// kafka_dlt-original-topic, -original-partition (4 bytes, big-endian), -original-offset
	// and -original-timestamp (8 bytes; milliseconds, -1 where there is none),
	// -original-timestamp-type, -original-consumer-group, -exception-fqcn and
	// -exception-message.
	Spring
	// Connect has those of Kafka Connect's dead-letter queue: __connect.errors.topic,
	// .partition, .offset (decimal text), .connector.name (the group), .task.id (0), .stage,
	// .class.name, .exception.class.name and .exception.message.
	Connect
)

// timestampHeader is the record's timestamp, decimal milliseconds since 1970, where clients
// cannot write it as one. Spring has a header for every timestamp.
const timestampHeader = concordDLQ + "timestamp"

// Origin is where a record comes from.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
	Group     string // the consumer group that failed on it
}

// The stages that profiles have words for. Others are free text.
const (
	StageKey   = "reading the key"
	StageValue = "reading the value"
)

// Reason is why a record is dead-lettered.
type Reason struct {
	Stage    string            // what was being done, such as StageKey
	Class    serde.Class       // left out where it is serde.Unclassified
	SchemaID registry.SchemaID // that of the writer schema; zero: not known
	GUID     registry.GUID     // used where there is no SchemaID
	Attempts int               // how often it was handled, in retry topics too
	Text     string            // the error's text; it must contain nothing of the record
}

// errorClass stands for the class of the exception.
const errorClass = "github.com/concord-go/concord.RecordError"

// DeadLetter is the dead letter of a record, to be written to topic: the record's key,
// value, timestamp and headers, without those of an earlier envelope, and the headers of the
// profile. Its partition is the origin's modulo partitions, how many topic has, or
// [kafkaclient.AnyPartition] where that is not positive. Texts in its headers have at most
// 1 KiB, valid UTF-8, and no control characters. A timestamp that clients cannot write is
// not set, but in a header.
func DeadLetter(profile Profile, rec *kafkaclient.Record, origin Origin, reason Reason, now time.Time, partitions int32, topic string) *kafkaclient.Record {
	headers := appendExcept(make([]kafkaclient.Header, 0, len(rec.Headers)+12), rec.Headers, isEnvelopeHeader)
	switch profile {
	case Spring:
		headers = appendSpring(headers, rec, origin, reason)
	case Connect:
		headers = appendConnect(headers, origin, reason)
	default:
		headers = appendKafka(headers, origin, reason, now)
	}
	if profile != Spring && !rec.Timestamp.IsZero() && !writable(rec.Timestamp) {
		headers = append(headers, numberHeader(timestampHeader, rec.Timestamp.UnixMilli()))
	}
	return copyTo(topic, partitionOf(origin.Partition, partitions), rec, headers)
}

func appendKafka(headers []kafkaclient.Header, origin Origin, reason Reason, now time.Time) []kafkaclient.Header {
	headers = append(headers,
		boundedHeader(kafkaDLQ+"topic", origin.Topic),
		numberHeader(kafkaDLQ+"partition", int64(origin.Partition)),
		numberHeader(kafkaDLQ+"offset", origin.Offset),
		boundedHeader(kafkaDLQ+"group", origin.Group),
		numberHeader(kafkaDLQ+"delivery.count", int64(reason.Attempts)),
		boundedHeader(kafkaDLQ+"message", reason.Text),
		boundedHeader(concordDLQ+"stage", reason.Stage))
	if reason.Class != serde.Unclassified {
		headers = append(headers, textHeader(concordDLQ+"class", reason.Class.Error()))
	}
	if reason.SchemaID != 0 {
		headers = append(headers, numberHeader(concordDLQ+"schema.id", int64(reason.SchemaID)))
	} else if !reason.GUID.IsZero() {
		headers = append(headers, textHeader(concordDLQ+"schema.guid", reason.GUID.String()))
	}
	return append(headers, textHeader(concordDLQ+"time", now.UTC().Format(time.RFC3339Nano)))
}

func appendSpring(headers []kafkaclient.Header, rec *kafkaclient.Record, origin Origin, reason Reason) []kafkaclient.Header {
	at := int64(-1) // as in Java: none
	if !rec.Timestamp.IsZero() {
		at = rec.Timestamp.UnixMilli()
	}
	return append(headers,
		boundedHeader(springDLT+"original-topic", origin.Topic),
		kafkaclient.Header{Key: springDLT + "original-partition", Value: binary.BigEndian.AppendUint32(nil, uint32(origin.Partition))},
		kafkaclient.Header{Key: springDLT + "original-offset", Value: binary.BigEndian.AppendUint64(nil, uint64(origin.Offset))},
		kafkaclient.Header{Key: springDLT + "original-timestamp", Value: binary.BigEndian.AppendUint64(nil, uint64(at))},
		textHeader(springDLT+"original-timestamp-type", rec.TimestampType.String()),
		boundedHeader(springDLT+"original-consumer-group", origin.Group),
		textHeader(springDLT+"exception-fqcn", errorClass),
		boundedHeader(springDLT+"exception-message", reason.Text))
}

func appendConnect(headers []kafkaclient.Header, origin Origin, reason Reason) []kafkaclient.Header {
	return append(headers,
		boundedHeader(connectErrs+"topic", origin.Topic),
		numberHeader(connectErrs+"partition", int64(origin.Partition)),
		numberHeader(connectErrs+"offset", origin.Offset),
		boundedHeader(connectErrs+"connector.name", origin.Group),
		textHeader(connectErrs+"task.id", "0"),
		textHeader(connectErrs+"stage", connectStage(reason.Stage)),
		textHeader(connectErrs+"class.name", errorClass),
		textHeader(connectErrs+"exception.class.name", errorClass),
		boundedHeader(connectErrs+"exception.message", reason.Text))
}

func boundedHeader(key, text string) kafkaclient.Header {
	return kafkaclient.Header{Key: key, Value: boundedText(text)}
}

// connectStage is Connect's name of a stage.
func connectStage(stage string) string {
	switch stage {
	case StageKey:
		return "KEY_CONVERTER"
	case StageValue:
		return "VALUE_CONVERTER"
	}
	return "TASK_PUT"
}
