package kafkaclient

import (
	"context"
	"time"
)

// Report is the result of a message.
type Report struct {
	Topic     string // only with an error
	Partition int32
	Offset    int64
	Err       *Error // nil: it was acknowledged
}

// Reporter takes the results of messages. A producer calls it from one goroutine. It must
// not call the producer, but for Connection and Name.
type Reporter interface {
	// Delivered is the result of the message that was produced with the token.
	Delivered(token any, r Report)
	// Acknowledged: so many messages without a token were.
	Acknowledged(n int)
	// Failed is the result of a message without a token that was not acknowledged.
	Failed(r Report)
}

// Producer writes records, idempotently. It is safe for concurrent use until Close.
type Producer interface {
	// Produce queues a record. The error has the kind [QueueFull] where there is no room at the
	// moment; otherwise, without an error, the Reporter is called once. token may be nil.
	Produce(r *Record, token any) error
	// Hurry sends what waits for its batch to fill. It returns soon, and may be called again.
	Hurry()
	// Purge gives up what has no result yet: the Reporter gets errors of kind [Purged].
	Purge()
	// Partitions is how many partitions the topic has. The error has the kind [UnknownTopic]
	// where it does not exist.
	Partitions(ctx context.Context, topic string) (int32, error)
	// Transactions is nil for a producer without a transactional id.
	Transactions() Transactions
	// Connection is as in [Consumer].
	Connection() error
	// Name is the client's name in logs.
	Name() string
	// Close ends the producer and its goroutines. The Reporter is not called afterwards. Nothing else may be
	// called during or after it.
	Close()
}

// Transactions are those of a producer. One goroutine at a time calls them. The context
// bounds the wait; what was asked for may happen all the same, and the call can be made again.
type Transactions interface {
	// Init takes over the transactional id; what an earlier holder left open is aborted.
	Init(ctx context.Context) error
	Begin() error
	// AddOffsets makes the consumer's positions part of the transaction.
	AddOffsets(ctx context.Context, at []Position, m GroupMetadata) error
	// Commit waits for all messages to be acknowledged, and commits.
	Commit(ctx context.Context) error
	// Abort gives up the messages that are queued, and aborts.
	Abort(ctx context.Context) error
}

// Token is a SASL/OAUTHBEARER token (RFC 6750) with its principal.
type Token struct {
	Value      string
	Expires    time.Time
	Principal  string
	Extensions map[string]string
}

// TokenSource brings a token; clients call it before the last one expires.
type TokenSource func(ctx context.Context) (Token, error)
