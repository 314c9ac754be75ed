package kafkaclient

import (
	"context"
	"errors"
)

// Kind says what an error means to the runtime, whatever the client calls it.
type Kind uint8

// The kinds.
const (
	// Other is an error that no decision of the runtime depends on.
	Other Kind = iota
	// Unreachable: no broker can be reached, or a connection broke. Clients reconnect by themselves.
	Unreachable
	// TimedOut: no answer came in time, or a message was not acknowledged in time.
	TimedOut
	// UnknownTopic: the cluster does not know the topic, or (yet) the partition.
	UnknownTopic
	// Denied: authentication or authorization failed.
	Denied
	// QueueFull: the producer's queue has no room at the moment.
	QueueFull
	// MessageRefused: the message can never be written as it is: too large, invalid, an
	// invalid timestamp, a partition that does not exist, a policy of the broker.
	MessageRefused
	// Fenced: another producer, or another static member, has taken over the id.
	Fenced
	// NotMember: the group has gone on without this member (illegal generation, unknown
	// member, rebalance in progress): what it wanted to commit is not its own any more.
	NotMember
	// NoOffset: there is nothing to commit, or no committed offset and no reset policy.
	NoOffset
	// OutOfRange: the position is not in the log, and the settings say that this is an error.
	OutOfRange
	// Corrupt: a batch of records cannot be read: its checksum or compression is broken, or
	// its format is not supported.
	Corrupt
	// Purged: the client was told to give the message up.
	Purged
	// Closed: the client is closed.
	Closed
	// Invalid: the request contradicts the settings or the state of the client.
	Invalid
)

var kindNames = [...]string{"other", "unreachable", "timed out", "unknown topic", "denied", "queue full", "message refused", "fenced",
	"not a member", "no offset", "out of range", "corrupt", "purged", "closed", "invalid"}

// String is the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Error is an error of the broker or of the client.
type Error struct {
	// Code is Kafka's error code (https://kafka.apache.org/protocol#protocol_error_codes), or a
	// negative one of the client's own.
	Code int
	// Name is that of the code, such as "UNKNOWN_TOPIC_OR_PARTITION"; the client's for its own.
	Name string
	Kind Kind
	// Retriable: the same request may succeed later.
	Retriable bool
	// Fatal: the client is of no further use.
	Fatal bool
	// TxnAbort: the transaction must be aborted, and may then be tried again.
	TxnAbort bool
	// MaybeWritten: of a message that failed, it may be in the log all the same.
	MaybeWritten bool
	// Text says what happened, without secrets; Error returns it.
	Text string
	// Err is the client's own error.
	Err error
}

func (e *Error) Error() string {
	if e.Text != "" {
		return e.Text
	}
	if e.Err != nil {
		return e.Err.Error()
	}
	return e.Name
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of an error, [Other] where it is not one of a client.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Other
}

// IsRetriable reports whether the same request may succeed later.
func IsRetriable(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Retriable || e.Kind == TimedOut || e.Kind == Unreachable
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// IsFatal reports whether the client is of no further use.
func IsFatal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Fatal
}
