package concord

// ConsumerStats is what a consumer has done since it was made, and what it has in hand.
type ConsumerStats struct {
	Handled     uint64 // records whose handler returned nil
	Retried     uint64 // tries after the first, of reading and of handlers
	Delayed     uint64 // records that were put into a retry topic
	DeadLetters uint64
	Skipped     uint64 // records that the policy had skipped
	Reread      uint64 // records that librdkafka read twice, and that were left out the second time
	Rebalances  uint64 // assignments and revocations
	Lost        uint64 // partitions that were lost rather than revoked
	// Transactions and Aborted count those of [Transform] that were committed, and aborted.
	Transactions, Aborted uint64
	// Pauses counts how often partitions were paused for each reason.
	Pauses map[PauseReason]uint64

	Partitions int // assigned now
	InHand     int // records that are read and not handled yet
	InHandSize int // bytes of their keys and values
	// Paused is how many partitions each reason keeps paused now; one may have several.
	Paused map[PauseReason]int
	// Lag is that of each assigned partition of which a record was read, in order: as of the
	// last second.
	Lag []PartitionLag
}

// PartitionLag is how many records of a partition are not handled yet.
type PartitionLag struct {
	Topic     string
	Partition int32
	Records   int64
}

// ProducerStats is what a producer has done since it was made.
type ProducerStats struct {
	Delivered uint64 // messages that were acknowledged
	Failed    uint64 // messages that were queued, and given up
	Waiting   int    // messages without a result now
}

// PauseReason is why a consumer takes no more records of a partition for a while.
type PauseReason uint8

// The reasons.
const (
	// QueueFull: so many records, or bytes, of the partition are in hand as is allowed.
	QueueFull PauseReason = iota
	// Outage: a record waits for the registry.
	Outage
	// DeadLettersUnavailable: a dead letter could not be published yet.
	DeadLettersUnavailable
	// RetryPause: a record waits for its handler's next try.
	RetryPause
	// RetryTopicsUnavailable: a record could not be put into a retry topic yet.
	RetryTopicsUnavailable
	// NotYetDue: a record in a retry topic waits for its time.
	NotYetDue
	// TooManyDeadLetters: the limit was passed, and pauses; see [WithDeadLetterPause].
	TooManyDeadLetters
	numPauseReasons
)

var pauseReasonNames = [numPauseReasons]string{"queue full", "outage", "dead letters unavailable", "retry pause", "retry topics unavailable", "not yet due", "too many dead letters"}

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
