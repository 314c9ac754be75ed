package reroute

import (
	"strconv"
	"strings"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// Prefixes of the headers of envelopes.
const (
	kafkaDLQ    = "__dlq.errors."
	concordDLQ  = "concord.dlq."
	springDLT   = "kafka_dlt-"
	connectErrs = "__connect.errors."
	retryPrefix = "concord.retry."
)

// isDeadLetterHeader reports whether a header belongs to a dead letter of any profile.
func isDeadLetterHeader(key string) bool {
	return strings.HasPrefix(key, kafkaDLQ) || strings.HasPrefix(key, concordDLQ) || strings.HasPrefix(key, springDLT) || strings.HasPrefix(key, connectErrs)
}

func isRetryHeader(key string) bool { return strings.HasPrefix(key, retryPrefix) }

// isEnvelopeHeader reports whether a header belongs to an envelope, and not to the record.
func isEnvelopeHeader(key string) bool { return isDeadLetterHeader(key) || isRetryHeader(key) }

// OwnHeaders are the headers that a record had before it came to a retry topic: all but
// concord.retry.*. It is headers itself where there are none of those; appending to the
// result never writes to headers.
func OwnHeaders(headers []kafkaclient.Header) []kafkaclient.Header {
	for i := range headers {
		if isRetryHeader(headers[i].Key) {
			return appendExcept(make([]kafkaclient.Header, 0, len(headers)), headers, isRetryHeader)
		}
	}
	return headers[:len(headers):len(headers)]
}

// appendExcept appends the headers whose keys are not matched.
func appendExcept(dst, headers []kafkaclient.Header, match func(key string) bool) []kafkaclient.Header {
	for _, h := range headers {
		if !match(h.Key) {
			dst = append(dst, h)
		}
	}
	return dst
}

func textHeader(key, value string) kafkaclient.Header {
	return kafkaclient.Header{Key: key, Value: []byte(value)}
}

func numberHeader(key string, n int64) kafkaclient.Header {
	return kafkaclient.Header{Key: key, Value: strconv.AppendInt(nil, n, 10)}
}

// parseNumber reads decimal digits, without a sign, up to most.
func parseNumber(text []byte, most int64) (int64, bool) {
	if len(text) == 0 || len(text) > 19 {
		return 0, false
	}
	var n uint64 // 19 digits fit
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > uint64(most) {
		return 0, false
	}
	return int64(n), true
}
