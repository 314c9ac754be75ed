package handle

import (
	"sync/atomic"

	"github.com/concord-go/concord/internal/inflight"
)

// The reasons for which a partition is paused, besides [inflight.Full].
const (
	Full                   = inflight.Full
	Outage inflight.Reason = iota
	DeadLettersUnavailable
	RetryPause
	RetryTopicsUnavailable
	NotYetDue
	TooManyDeadLetters
	EarlierHandler // a handler that was given up still works on the partition
	NumReasons
)

// Counters count what workers do.
type Counters struct {
	Retried, Delayed, DeadLetters, Skipped, Foreign atomic.Uint64

	Pauses [NumReasons]atomic.Uint64
}
