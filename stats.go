package concord

// ConsumerStats is what a consumer has done since it was made, and what it has in flight.
type ConsumerStats struct {
	Handled     uint64 // records whose handler returned nil
	Retried     uint64 // attempts after the first, of reading and of handlers
	Delayed     uint64 // records that were put into a retry topic
	DeadLetters uint64 // records that were dead-lettered
	Skipped     uint64 // records that the policy, or an interceptor, skipped
	Rewound     uint64 // records that the client read twice by itself, and that were left out the second time
	Foreign     uint64 // records of other groups in shared retry topics, which were passed over
	Rebalances  uint64 // assignments and revocations
	Lost        uint64 // partitions that were lost rather than revoked
	Corrupt     uint64 // batches that could not be read; each ended its run
	// Late counts handlers that failed or panicked after their run had ended: nobody else
	// hears of them but the log.
	Late           uint64
	CommitFailures uint64 // commits that failed; they are tried again while the partition is assigned
	// Transactions and Aborted count those of [Transform] that were committed and aborted.
	Transactions, Aborted uint64
	// Pauses counts how often partitions were paused for each reason.
	Pauses map[PauseReason]uint64

	Partitions    int // assigned now
	InFlight      int // records that are read and not done yet
	InFlightBytes int // bytes of their keys, values and headers
	// Paused is how many partitions each reason keeps paused now; one may have several.
	Paused map[PauseReason]int
	// Lag is that of each assigned partition whose position is known, in order, as of the
	// last second.
	Lag []PartitionLag
}

// PartitionLag is how many records of a partition are not done yet. In a topic that transactions
// write, their markers count as records until they are read past.
type PartitionLag struct {
	Topic     string
	Partition int32
	Records   int64
}

// ProducerStats is what a producer has done since it was made.
type ProducerStats struct {
	Delivered uint64 // messages that were acknowledged
	Failed    uint64 // messages that were queued and given up
	InFlight  int    // messages without a result now
}

// PauseReason is why a consumer takes no more records of a partition for a while.
type PauseReason uint8

// The reasons.
const (
	// InFlightFull: as many records, or bytes, of the partition are in flight as
	// [WithMaxInFlight] allows.
	InFlightFull PauseReason = iota
	// Outage: a record waits for the registry.
	Outage
	// DeadLettersUnavailable: a record cannot be dead-lettered yet.
	DeadLettersUnavailable
	// RetryPause: a record waits for its handler's next attempt.
	RetryPause
	// RetryTopicsUnavailable: a record cannot be put into a retry topic yet.
	RetryTopicsUnavailable
	// NotYetDue: a record in a retry topic waits for its time.
	NotYetDue
	// TooManyDeadLetters: the limit was passed, and pauses; see [WithDeadLetterPause].
	TooManyDeadLetters
	// EarlierHandler: a handler that was given up, for it did not return within the drain
	// timeout, still works on the partition.
	EarlierHandler
	numPauseReasons
)

var pauseReasonNames = [numPauseReasons]string{"in flight full", "outage", "dead letters unavailable", "retry pause", "retry topics unavailable", "not yet due", "too many dead letters", "earlier handler"}

// PauseReasons are all reasons.
func PauseReasons() []PauseReason {
	all := make([]PauseReason, numPauseReasons)
	for i := range all {
		all[i] = PauseReason(i)
	}
	return all
}

// String is the reason in words.
func (r PauseReason) String() string {
	if r < numPauseReasons {
		return pauseReasonNames[r]
	}
	return "unknown"
}
