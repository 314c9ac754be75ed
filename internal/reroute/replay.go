package reroute

import (
	"math"
	"strings"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Headers of a record that is a replay of a dead letter. They are its own: they stay when
// it is dead-lettered again.
const (
	replayPrefix          = "concord.replay."
	replayCountHeader     = replayPrefix + "count" // how often it was replayed, decimal
	replayTopicHeader     = replayPrefix + "topic" // where it was when it was first dead-lettered
	replayPartitionHeader = replayPrefix + "partition"
	replayOffsetHeader    = replayPrefix + "offset"
)

// Replayed is the record that a dead letter was, to be written to a topic: to the same
// partition where that is the origin's and the key is null, and to that of the key
// otherwise. rec is the dead letter, d what its headers say. The result has the record's own
// headers, concord.replay.count, which is one more than before, and in
// concord.replay.topic, .partition and .offset where it was when it was first dead-lettered.
// ok is false where the dead letter is a [Reference] only: there is nothing to write.
//
// d.Origin is not to be trusted; the caller checks to.
func Replayed(rec *kafkaclient.Record, d DeadLettered, to string) (out *kafkaclient.Record, ok bool) {
	if d.Dropped >= Reference {
		return nil, false
	}
	first := d.Origin
	if origin, ok := replayOrigin(d.Own); ok {
		first = origin
	}
	headers := appendExcept(make([]kafkaclient.Header, 0, len(d.Own)+4), d.Own, isReplayHeader)
	headers = append(headers,
		numberHeader(replayCountHeader, int64(min(max(d.Replays, 0), math.MaxInt32-1))+1),
		textHeader(replayTopicHeader, first.Topic),
		numberHeader(replayPartitionHeader, int64(first.Partition)),
		numberHeader(replayOffsetHeader, first.Offset))
	partition := kafkaclient.AnyPartition
	if rec.Key == nil && to == d.Origin.Topic {
		partition = d.Origin.Partition
	}
	return copyTo(to, partition, rec, headers), true
}

func isReplayHeader(key string) bool { return strings.HasPrefix(key, replayPrefix) }

// replays is how often a record was replayed: the largest number in a header, so that no
// header can hide an earlier count. A number that is too large counts as MaxInt32.
func replays(headers []kafkaclient.Header) int {
	most := int64(0)
	for i := range headers {
		if headers[i].Key != replayCountHeader {
			continue
		}
		if n, ok := parseNumber(headers[i].Value, math.MaxInt64); ok {
			most = max(most, n)
		}
	}
	return int(min(most, math.MaxInt32))
}

// replayOrigin is where a replayed record was when it was first dead-lettered.
func replayOrigin(headers []kafkaclient.Header) (Origin, bool) {
	var c candidate
	for i := range headers {
		f := fields(0)
		switch headers[i].Key {
		case replayTopicHeader:
			f = topicField
		case replayPartitionHeader:
			f = partitionField
		case replayOffsetHeader:
			f = offsetField
		default:
			continue
		}
		if c.seen&f != 0 || !c.set(f, headers[i].Value, false) {
			c.bad |= f
		}
		c.seen |= f
	}
	return Origin{Topic: string(c.topic), Partition: c.partition, Offset: c.offset}, c.valid()
}
