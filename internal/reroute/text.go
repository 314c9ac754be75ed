package reroute

import (
	"math"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
)

// maxText is the longest text in a header of a dead letter, in bytes.
const maxText = 1024

const ellipsis = "…"

// boundedText is the text as it may stand in a header: at most maxText bytes of valid
// UTF-8 without control characters. Invalid bytes become U+FFFD, control characters
// spaces, and a text that is too long ends with an ellipsis. It reads no more of the text
// than it needs, and leaves its own results as they are.
func boundedText(text string) []byte {
	out := make([]byte, 0, min(len(text), maxText))
	cut := 0 // the longest prefix of out that leaves room for the ellipsis
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:]) // an invalid byte is RuneError of size 1
		if unprintable(r) {
			r = ' '
		}
		if len(out)+utf8.RuneLen(r) > maxText {
			return append(out[:cut], ellipsis...)
		}
		out = utf8.AppendRune(out, r)
		if len(out) <= maxText-len(ellipsis) {
			cut = len(out)
		}
		i += size
	}
	return out
}

// unprintable reports whether a character would break or reorder the lines of a log or a terminal.
func unprintable(r rune) bool {
	return unicode.IsControl(r) ||
		r == '\u2028' || r == '\u2029' || // line and paragraph separators
		r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' // changes of direction
}

// maxTopic is the length of the longest topic name.
const maxTopic = 249

// validTopic reports whether a broker accepts the name.
func validTopic[T string | []byte](name T) bool {
	return len(name) <= maxTopic && kafkaconfig.ValidTopic(string(name)) == nil
}

// writable reports whether clients can write the timestamp: Kafka counts milliseconds from
// 1970, librdkafka reads 0 as now, and confluent-kafka-go goes through nanoseconds.
func writable(at time.Time) bool {
	ms := at.UnixMilli()
	return ms >= 1 && ms <= math.MaxInt64/1_000_000
}

// partitionOf is the partition of the same number, modulo how many there are.
func partitionOf(partition, partitions int32) int32 {
	if partition < 0 || partitions <= 0 {
		return kafkaclient.AnyPartition
	}
	return partition % partitions
}

// copyTo is a record with the key, the value and, where clients can write it, the
// timestamp of another.
func copyTo(topic string, partition int32, rec *kafkaclient.Record, headers []kafkaclient.Header) *kafkaclient.Record {
	out := &kafkaclient.Record{Topic: topic, Partition: partition, LeaderEpoch: -1, Key: rec.Key, Value: rec.Value, Headers: headers}
	if writable(rec.Timestamp) {
		out.Timestamp = rec.Timestamp
	}
	return out
}
