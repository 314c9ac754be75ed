package reroute

import (
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Reduction is how much of a record a dead letter leaves out, because brokers or clients
// refuse it for good: it is too large.
type Reduction uint8

// The reductions, in the order in which they are tried.
const (
	// Whole: nothing is left out.
	Whole Reduction = iota
	// WithoutHeaders: the record's own headers are left out.
	WithoutHeaders
	// Reference: the value and the key are left out too. What stays says where the record is.
	Reference
)

// String is the reduction in words.
func (r Reduction) String() string {
	switch r {
	case Whole:
		return "whole"
	case WithoutHeaders:
		return "without headers"
	}
	return "reference"
}

// Headers of a dead letter that was reduced, in every profile, as decimal text.
const (
	droppedHeadersHeader = concordDLQ + "dropped.headers" // how many own headers there were
	droppedValueHeader   = concordDLQ + "dropped.value"   // the value's size in bytes
	droppedKeyHeader     = concordDLQ + "dropped.key"     // the key's
)

// droppedBy is the reduction that puts a header into a dead letter.
func droppedBy(key string) Reduction {
	switch key {
	case droppedHeadersHeader:
		return WithoutHeaders
	case droppedValueHeader, droppedKeyHeader:
		return Reference
	}
	return Whole
}

// Reduce is a dead letter with less of its record; out is not changed. It may be applied
// again to its own result. Where there is nothing to leave out, it returns out itself, and
// there is no use in writing it again.
//
// Headers of the profile stay, and so does the count of replays. A key that is left out
// becomes null, a value empty: it does not look like a tombstone. Keys and values without
// bytes stay as they are, so that a tombstone, which has no concord.dlq.dropped.value,
// remains one.
func Reduce(out *kafkaclient.Record, to Reduction) *kafkaclient.Record {
	if to == Whole {
		return out
	}
	dropped, count := droppable(out.Headers)
	key, value := to >= Reference && len(out.Key) > 0, to >= Reference && len(out.Value) > 0
	if dropped == 0 && !key && !value {
		return out
	}
	reduced := *out
	reduced.Headers = make([]kafkaclient.Header, 0, len(out.Headers)-dropped+3)
	if dropped == 0 {
		reduced.Headers = append(reduced.Headers, out.Headers...)
	} else {
		if count > 0 {
			reduced.Headers = append(reduced.Headers, numberHeader(replayCountHeader, int64(count)))
		}
		reduced.Headers = appendExcept(reduced.Headers, out.Headers, isOwnHeader)
		reduced.Headers = append(reduced.Headers, numberHeader(droppedHeadersHeader, int64(dropped)))
	}
	if key {
		reduced.Headers = append(reduced.Headers, numberHeader(droppedKeyHeader, int64(len(out.Key))))
		reduced.Key = nil
	}
	if value {
		reduced.Headers = append(reduced.Headers, numberHeader(droppedValueHeader, int64(len(out.Value))))
		reduced.Value = []byte{}
	}
	return &reduced
}

// droppable is how many headers Reduce may leave out, and the count of replays, which it
// keeps. Zero where they were left out before.
func droppable(headers []kafkaclient.Header) (dropped, count int) {
	for i := range headers {
		switch {
		case headers[i].Key == droppedHeadersHeader:
			return 0, 0
		case isOwnHeader(headers[i].Key):
			dropped++
		}
	}
	if count = replays(headers); count > 0 {
		dropped--
	}
	return dropped, count
}

func isOwnHeader(key string) bool { return !isDeadLetterHeader(key) }
