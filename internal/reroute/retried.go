package reroute

import (
	"math"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// RetryKind says what a record is to the group that reads it, as far as retry topics go.
type RetryKind uint8

// The kinds.
const (
	// Source: it was not read from a retry topic.
	Source RetryKind = iota
	// Own: the group put it into the retry topic.
	Own
	// Foreign: another group did. It is to be passed over.
	Foreign
	// Plain: it has no valid envelope; somebody put it into the retry topic by hand. It is
	// handled like any other record, at once, but goes to no further retry topic.
	Plain
)

// Retried is what is known of the earlier attempts at a record.
type Retried struct {
	Kind RetryKind
	// Origin is where the record was read first. Of a Plain record, the topic is the retry
	// topic's source, but partition and offset are those in the retry topic.
	Origin   Origin
	Count    int       // retry topics it has been to, this one included
	Attempts int       // how often it was handled before
	Due      time.Time // when it is to be handled; zero: at once
	// Timestamp is the record's, where clients could not write it to the retry topic; zero
	// otherwise. The caller puts it into the record that it handles or dead-letters.
	Timestamp time.Time
}

// Headers of a record in a retry topic. Numbers are decimal text.
const (
	retryTopicHeader     = retryPrefix + "topic"
	retryPartitionHeader = retryPrefix + "partition"
	retryOffsetHeader    = retryPrefix + "offset"
	retryCountHeader     = retryPrefix + "count"
	retryAttemptsHeader  = retryPrefix + "attempts"
	retryDueHeader       = retryPrefix + "not-before" // milliseconds since 1970
	retryGroupHeader     = retryPrefix + "group"
	retryTimestampHeader = retryPrefix + "timestamp" // milliseconds since 1970; only where clients cannot write it
)

// Next is the topic in which the record waits next. ok is false where there is none left:
// it has been to all, it must not go to any, or the name would be invalid.
func (r Retries) Next(prev Retried) (topic string, ok bool) {
	if prev.Kind != Source && prev.Kind != Own || prev.Count < 0 || prev.Count >= len(r) {
		return "", false
	}
	topic = prev.Origin.Topic + r[prev.Count].Suffix
	return topic, validTopic(prev.Origin.Topic) && validTopic(topic)
}

// Retry is the record on its way to its next retry topic, [Retries.Next], which has so many
// partitions; attempts is how often it was handled since prev. ok is false where there is
// no topic left. The headers of an earlier envelope are replaced.
func (r Retries) Retry(rec *kafkaclient.Record, prev Retried, attempts int, partitions int32, now time.Time) (out *kafkaclient.Record, ok bool) {
	topic, ok := r.Next(prev)
	if !ok {
		return nil, false
	}
	// Rounded up: a record is not handled before its time.
	due := now.Add(r[prev.Count].Delay).Add(time.Millisecond - 1).UnixMilli()
	total := min(bounded(prev.Attempts)+bounded(attempts), math.MaxInt32)
	headers := appendExcept(make([]kafkaclient.Header, 0, len(rec.Headers)+8), rec.Headers, isRetryHeader)
	headers = append(headers,
		textHeader(retryTopicHeader, prev.Origin.Topic),
		numberHeader(retryPartitionHeader, int64(prev.Origin.Partition)),
		numberHeader(retryOffsetHeader, prev.Origin.Offset),
		numberHeader(retryCountHeader, int64(prev.Count)+1),
		numberHeader(retryAttemptsHeader, total),
		numberHeader(retryDueHeader, max(due, 0)),
		textHeader(retryGroupHeader, prev.Origin.Group))
	at := rec.Timestamp
	if !prev.Timestamp.IsZero() {
		at = prev.Timestamp
	}
	if !at.IsZero() && !writable(at) {
		headers = append(headers, numberHeader(retryTimestampHeader, at.UnixMilli()))
	}
	out = copyTo(topic, partitionOf(prev.Origin.Partition, partitions), rec, headers)
	if !writable(at) {
		out.Timestamp = time.Time{}
	}
	return out, true
}

// bounded is a number of attempts as it may stand in a header.
func bounded(attempts int) int64 { return int64(min(max(attempts, 0), math.MaxInt32)) }

// Parse says what a record is to the group that read it, and what is known of earlier
// attempts. partitions is how many the record's topic has; zero where that is not known,
// or may have grown since the record was written.
//
// An envelope is valid if each of its headers is there once, and well-formed. One of the
// group's own must fit: its topic is the source of the topic that the record was read from,
// its count is that retry topic's index plus one, and its partition is the record's, modulo
// partitions. One of another group need not: that group may have other retry topics. It is
// enough that the record's topic begins with the envelope's. Nobody waits longer than the
// delay of the retry topic from now, whatever the envelope says. The offset cannot be
// checked, nor whether the group wrote the envelope.
func (r Retries) Parse(rec *kafkaclient.Record, group string, partitions int32, now time.Time) Retried {
	source, index, is := r.Source(rec.Topic)
	if !is {
		return Retried{Origin: Origin{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset, Group: group}}
	}
	e, ok := readEnvelope(rec.Headers)
	switch {
	case !ok:
	case string(e.group) != group:
		if len(e.topic) < len(rec.Topic) && strings.HasPrefix(rec.Topic, string(e.topic)) {
			other := e.retried(Foreign)
			other.Origin.Group = string(boundedText(other.Origin.Group)) // fit for a log
			return other
		}
	case string(e.topic) == source && e.count == int64(index)+1 && (partitions <= 0 || int32(e.partition)%partitions == rec.Partition):
		own := e.retried(Own)
		if latest := now.Add(r[index].Delay); own.Due.After(latest) {
			own.Due = latest
		}
		return own
	}
	return Retried{Kind: Plain, Origin: Origin{Topic: source, Partition: rec.Partition, Offset: rec.Offset, Group: group}}
}
