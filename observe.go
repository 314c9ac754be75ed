package concord

import (
	"time"

	"github.com/concord-go/concord/serde"
)

// Observer is told what a [Consumer] or [Producer] does: the seam for metrics and spans that need more
// than [Consumer.Stats] and interceptors. Each field may be nil, and what nobody asks for is not
// measured. The functions are called on the goroutines that do the work, several at a time, and must not block.
// What they are given is theirs only until they return.
type Observer struct {
	// Decoded: key and value of a record were read, or could not be.
	Decoded func(Decoded)
	// Encoded: key and value of a message were written, or could not be.
	Encoded func(Encoded)
	// Polled: records of a partition came from the brokers, and were handed to workers.
	Polled func(Polled)
	// Committed: offsets were committed, or were not.
	Committed func(Committed)
}

// Decoded is for [Observer].
type Decoded struct {
	Topic      string
	Key, Value serde.Info
	Took       time.Duration
	Err        error // nil, or a [*RecordError]
}

// Encoded is for [Observer].
type Encoded struct {
	Topic string
	Size  int // bytes of key and value
	Took  time.Duration
	Err   error
}

// Polled is for [Observer].
type Polled struct {
	Topic     string
	Partition int32
	Records   int
	First     int64 // offset of the first of them
	// Took is the time from when the first of them was taken to when they were handed over; records wait for
	// company as long as librdkafka has more at once.
	Took time.Duration
}

// Committed is for [Observer].
type Committed struct {
	Group     string
	Positions []Position
	// Took is 0 for what librdkafka commits by itself, in the background.
	Took time.Duration
	Err  error
}

// Position is a place in a partition.
type Position struct {
	Topic     string
	Partition int32
	Offset    int64
}
