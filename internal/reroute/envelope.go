package reroute

import (
	"math"
	"strconv"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// envelope is the headers of a record in a retry topic, as they were read.
type envelope struct {
	topic, group      []byte
	partition, offset int64
	count, attempts   int64
	due               int64 // milliseconds since 1970
	timestamp         int64 // likewise; only with timestampSeen
	seen              uint8
}

// Bits of envelope.seen.
const (
	topicSeen uint8 = 1 << iota
	partitionSeen
	offsetSeen
	countSeen
	attemptsSeen
	dueSeen
	groupSeen
	timestampSeen
	envelopeSeen = timestampSeen - 1 // all but the timestamp, which is optional
)

// readEnvelope reads the headers of a retry topic. ok is false where one is missing, there
// twice, or not well-formed. Unknown ones are passed over.
func readEnvelope(headers []kafkaclient.Header) (e envelope, ok bool) {
	for i := range headers {
		h := &headers[i]
		bit := seenBit(h.Key)
		if bit == 0 {
			continue
		}
		if e.seen&bit != 0 || !e.set(bit, h.Value) {
			return envelope{}, false
		}
		e.seen |= bit
	}
	return e, e.seen&envelopeSeen == envelopeSeen
}

func seenBit(key string) uint8 {
	switch key {
	case retryTopicHeader:
		return topicSeen
	case retryPartitionHeader:
		return partitionSeen
	case retryOffsetHeader:
		return offsetSeen
	case retryCountHeader:
		return countSeen
	case retryAttemptsHeader:
		return attemptsSeen
	case retryDueHeader:
		return dueSeen
	case retryGroupHeader:
		return groupSeen
	case retryTimestampHeader:
		return timestampSeen
	}
	return 0
}

// set reads a value, and reports whether it is well-formed.
func (e *envelope) set(bit uint8, value []byte) (ok bool) {
	switch bit {
	case topicSeen:
		e.topic = value
		return validTopic(value)
	case partitionSeen:
		e.partition, ok = parseNumber(value, math.MaxInt32)
	case offsetSeen:
		e.offset, ok = parseNumber(value, math.MaxInt64)
	case countSeen:
		e.count, ok = parseNumber(value, math.MaxInt16)
		return ok && e.count > 0
	case attemptsSeen:
		e.attempts, ok = parseNumber(value, math.MaxInt32)
	case dueSeen:
		e.due, ok = parseNumber(value, math.MaxInt64)
	case groupSeen:
		e.group, ok = value, true
	case timestampSeen:
		e.timestamp, ok = parseTimestamp(value)
	}
	return ok
}

// parseTimestamp reads a timestamp that clients cannot write: others are not in a header.
func parseTimestamp(value []byte) (int64, bool) {
	if len(value) > len("-9223372036854775808") {
		return 0, false
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil && !writable(time.UnixMilli(n))
}

func (e *envelope) retried(kind RetryKind) Retried {
	r := Retried{
		Kind:   kind,
		Origin: Origin{Topic: string(e.topic), Partition: int32(e.partition), Offset: e.offset, Group: string(e.group)},
		Count:  int(e.count), Attempts: int(e.attempts), Due: time.UnixMilli(e.due),
	}
	if e.seen&timestampSeen != 0 {
		r.Timestamp = time.UnixMilli(e.timestamp)
	}
	return r
}
