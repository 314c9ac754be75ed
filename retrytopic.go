package concord

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// RetryTopic is one of the topics in which records wait for a later try; see [WithRetryTopics].
type RetryTopic struct {
	// Suffix makes the topic's name of the source topic's: ".retry-10m", say.
	Suffix string
	// Delay is how long a record waits in it.
	Delay time.Duration
}

// Headers of a record in a retry topic, all decimal text but the topic.
const (
	retryHeader          = "concord.retry."
	retryTopicHeader     = retryHeader + "topic" // where the record comes from
	retryPartitionHeader = retryHeader + "partition"
	retryOffsetHeader    = retryHeader + "offset"
	retryCountHeader     = retryHeader + "count"      // how many retry topics it has been to
	retryTriesHeader     = retryHeader + "tries"      // how often its handler was called
	retryDueHeader       = retryHeader + "not-before" // milliseconds since 1970
)

// retried is what a record in a retry topic says of itself; zero for any other.
type retried struct {
	from  Origin // Group is not known
	times int    // retry topics it has been to, this one included
	tries int    // calls of its handler before
	due   time.Time
}

// parseRetried reads the headers of a record in a retry topic whose source is named.
func parseRetried(headers []Header, source string) (r retried, ok bool) {
	r.from.Partition, r.from.Offset = -1, -1
	for _, h := range headers {
		if !strings.HasPrefix(h.Key, retryHeader) {
			continue
		}
		if h.Key == retryTopicHeader {
			r.from.Topic = string(h.Value)
			continue
		}
		n, err := strconv.ParseInt(string(h.Value), 10, 64)
		if err != nil || n < 0 {
			continue
		}
		switch h.Key {
		case retryPartitionHeader:
			r.from.Partition = int32(min(n, math.MaxInt32))
		case retryOffsetHeader:
			r.from.Offset = n
		case retryCountHeader:
			r.times = int(min(n, math.MaxInt16))
		case retryTriesHeader:
			r.tries = int(min(n, math.MaxInt32))
		case retryDueHeader:
			r.due = time.UnixMilli(n)
		}
	}
	return r, r.from.Topic == source && r.from.Partition >= 0 && r.from.Offset >= 0 && r.times > 0
}

// retryHeaders are a record's headers, and those of a retry topic.
func retryHeaders(own []Header, r retried) []Header {
	headers := append(make([]Header, 0, len(own)+6), withoutRetry(own)...)
	add := func(key, value string) { headers = append(headers, Header{Key: key, Value: []byte(value)}) }
	add(retryTopicHeader, r.from.Topic)
	add(retryPartitionHeader, strconv.Itoa(int(r.from.Partition)))
	add(retryOffsetHeader, strconv.FormatInt(r.from.Offset, 10))
	add(retryCountHeader, strconv.Itoa(r.times))
	add(retryTriesHeader, strconv.Itoa(r.tries))
	add(retryDueHeader, strconv.FormatInt(r.due.UnixMilli(), 10))
	return headers
}

// withoutRetry are the headers that a record had before it came to a retry topic.
func withoutRetry(headers []Header) []Header {
	for i, h := range headers {
		if !strings.HasPrefix(h.Key, retryHeader) {
			continue
		}
		kept := append(make([]Header, 0, len(headers)), headers[:i]...)
		for _, h := range headers[i+1:] {
			if !strings.HasPrefix(h.Key, retryHeader) {
				kept = append(kept, h)
			}
		}
		return kept
	}
	return headers
}
