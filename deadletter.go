package concord

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// DeadLetterProfile is how the headers of a dead letter say where the record comes from
// and what was wrong with it. Headers that the record came with are kept, but for those
// of an earlier time as a dead letter.
type DeadLetterProfile uint8

// The profiles.
const (
	// KafkaProfile has the names of Kafka's own dead-letter queues for share groups
	// (KIP-1191), __dlq.errors.topic, .partition, .offset, .group, .delivery.count and
	// .message, numbers as decimal text, and besides them concord.dlq.stage, .class,
	// .schema.id or .schema.guid, and .time (RFC 3339, UTC).
	KafkaProfile DeadLetterProfile = iota
	// SpringProfile has those of Spring for Apache Kafka's DeadLetterPublishingRecoverer:
	// kafka_dlt-original-topic, -original-partition (4 bytes, the most significant first),
	// -original-offset and -original-timestamp (8 bytes), -original-timestamp-type,
	// -original-consumer-group, -exception-fqcn and -exception-message.
	SpringProfile
	// ConnectProfile has those of Kafka Connect's dead-letter queue: __connect.errors.topic,
	// .partition, .offset (decimal text), .connector.name (the group), .task.id (0), .stage,
	// .class.name, .exception.class.name and .exception.message.
	ConnectProfile
)

// What the names of the profiles' headers begin with.
const (
	kafkaDLQ    = "__dlq.errors."
	concordDLQ  = "concord.dlq."
	springDLT   = "kafka_dlt-"
	connectErrs = "__connect.errors."
)

// isDeadLetterHeader reports whether a header was put there by a profile.
func isDeadLetterHeader(key string) bool {
	return strings.HasPrefix(key, kafkaDLQ) || strings.HasPrefix(key, concordDLQ) || strings.HasPrefix(key, springDLT) || strings.HasPrefix(key, connectErrs)
}

// Origin is where a dead letter comes from.
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
	Group     string
}

// errorClass stands for a class of exceptions, which Go has not.
const errorClass = "github.com/concord-go/concord.RecordError"

// deadLetterHeaders are the record's headers and those of the profile.
func deadLetterHeaders(profile DeadLetterProfile, own []Header, f Failure, group string, at time.Time, atType string, now time.Time) []Header {
	headers := make([]Header, 0, len(own)+10)
	for _, h := range own {
		if !isDeadLetterHeader(h.Key) {
			headers = append(headers, h)
		}
	}
	add := func(key, value string) { headers = append(headers, Header{Key: key, Value: []byte(value)}) }
	partition, offset := strconv.Itoa(int(f.Partition)), strconv.FormatInt(f.Offset, 10)
	message := f.Error()
	switch profile {
	case SpringProfile:
		add(springDLT+"original-topic", f.Topic)
		headers = append(headers,
			Header{Key: springDLT + "original-partition", Value: binary.BigEndian.AppendUint32(nil, uint32(f.Partition))},
			Header{Key: springDLT + "original-offset", Value: binary.BigEndian.AppendUint64(nil, uint64(f.Offset))},
			Header{Key: springDLT + "original-timestamp", Value: binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))})
		add(springDLT+"original-timestamp-type", atType)
		add(springDLT+"original-consumer-group", group)
		add(springDLT+"exception-fqcn", errorClass)
		add(springDLT+"exception-message", message)
	case ConnectProfile:
		add(connectErrs+"topic", f.Topic)
		add(connectErrs+"partition", partition)
		add(connectErrs+"offset", offset)
		add(connectErrs+"connector.name", group)
		add(connectErrs+"task.id", "0")
		add(connectErrs+"stage", connectStage(f.Stage))
		add(connectErrs+"class.name", errorClass)
		add(connectErrs+"exception.class.name", errorClass)
		add(connectErrs+"exception.message", message)
	default:
		add(kafkaDLQ+"topic", f.Topic)
		add(kafkaDLQ+"partition", partition)
		add(kafkaDLQ+"offset", offset)
		add(kafkaDLQ+"group", group)
		add(kafkaDLQ+"delivery.count", strconv.Itoa(f.Attempt))
		add(kafkaDLQ+"message", message)
		add(concordDLQ+"stage", f.Stage.String())
		if f.Class != serde.Unclassified {
			add(concordDLQ+"class", f.Class.Error())
		}
		if f.SchemaID != 0 {
			add(concordDLQ+"schema.id", strconv.Itoa(int(f.SchemaID)))
		} else if f.GUID != (registry.GUID{}) {
			add(concordDLQ+"schema.guid", f.GUID.String())
		}
		add(concordDLQ+"time", now.UTC().Format(time.RFC3339Nano))
	}
	return headers
}

// connectStage is Connect's word for a stage.
func connectStage(s Stage) string {
	switch s {
	case ReadingKey:
		return "KEY_CONVERTER"
	case ReadingValue:
		return "VALUE_CONVERTER"
	}
	return "TASK_PUT"
}

// ParseDeadLetter reads the headers of a dead letter, in any of the profiles: where the
// record comes from, and the headers that it came with. ok is false where it is none.
func ParseDeadLetter(headers []Header) (from Origin, own []Header, ok bool) {
	from.Partition, from.Offset = -1, -1
	for _, h := range headers {
		name, _ := strings.CutPrefix(h.Key, kafkaDLQ)
		if n, cut := strings.CutPrefix(h.Key, connectErrs); cut {
			name = n
		}
		if n, cut := strings.CutPrefix(h.Key, springDLT); cut {
			name = n
		}
		switch {
		case !isDeadLetterHeader(h.Key):
			own = append(own, h)
		case name == "topic" || name == "original-topic":
			from.Topic = string(h.Value)
		case name == "partition":
			if n, err := strconv.ParseInt(string(h.Value), 10, 32); err == nil {
				from.Partition = int32(n)
			}
		case name == "offset":
			if n, err := strconv.ParseInt(string(h.Value), 10, 64); err == nil {
				from.Offset = n
			}
		case name == "original-partition" && len(h.Value) == 4:
			from.Partition = int32(binary.BigEndian.Uint32(h.Value))
		case name == "original-offset" && len(h.Value) == 8:
			from.Offset = int64(binary.BigEndian.Uint64(h.Value))
		case name == "group" || name == "connector.name" || name == "original-consumer-group":
			from.Group = string(h.Value)
		}
	}
	return from, own, from.Topic != "" && from.Partition >= 0 && from.Offset >= 0
}
