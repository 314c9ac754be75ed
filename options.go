//go:build cgo

package concord

import (
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

// ProducerOption changes how [NewProducer] makes a producer.
type ProducerOption interface{ applyProducer(*producerOptions) }

// ConsumerOption changes how [NewConsumer] makes a consumer.
type ConsumerOption interface{ applyConsumer(*consumerOptions) }

// Option is an option of both.
type Option interface {
	ProducerOption
	ConsumerOption
}

type producerOptions struct {
	log          *slog.Logger
	interceptors produceInterceptors
	observers    observers

	transactional       bool
	transactionalID     string
	transactionInterval time.Duration
}

type consumerOptions struct {
	log         *slog.Logger
	drain       time.Duration
	concurrency Concurrency
	queue       queueLimit
	policy      Policy
	retry       backoff.Policy
	deadLetters *deadLetters
	retries     *retryTopics // nil: none

	interceptors []HandleInterceptor
	observers    observers
	starts       starts  // empty: at what is committed
	partitions   []int32 // nil: those that the group gives
	stopAtEnd    bool
}

type loggerOption struct{ log *slog.Logger }

// WithLogger says where librdkafka's own log goes, which tells of brokers that
// cannot be reached and the like, and what a consumer has to say of rebalances.
// The default, also for nil, is [slog.Default] at the time of the call. With
// slog.New(slog.DiscardHandler) nothing is logged.
func WithLogger(log *slog.Logger) Option { return loggerOption{log} }

func (o loggerOption) applyProducer(to *producerOptions) { to.log = o.log }
func (o loggerOption) applyConsumer(to *consumerOptions) { to.log = o.log }

type drainOption time.Duration

// WithDrainTimeout says how long handlers may go on with the records in hand after
// [Consumer.Run]'s context is done, or their partition is revoked, before their own
// context is cancelled too. The default is 10 s; zero cancels both at once. Negative means zero.
func WithDrainTimeout(d time.Duration) ConsumerOption { return drainOption(max(d, 0)) }

func (o drainOption) applyConsumer(to *consumerOptions) { to.drain = time.Duration(o) }

func orDefault(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}

// WithPolicy says what becomes of records that cannot be read or handled. The default, also
// for nil, is [DefaultPolicy](0).
func WithPolicy(p Policy) ConsumerOption { return policyOption{p} }

type policyOption struct{ policy Policy }

func (o policyOption) applyConsumer(to *consumerOptions) { to.policy = o.policy }

// WithRetryPause says how long a record waits before its handler's next try: a random time
// up to first, then twice that, and so on up to longest. The default is 100 ms and 10 s.
func WithRetryPause(first, longest time.Duration) ConsumerOption {
	return retryPause{max(first, 0), max(longest, 0)}
}

type retryPause struct{ first, longest time.Duration }

func (o retryPause) applyConsumer(to *consumerOptions) {
	to.retry = backoff.Policy{Base: o.first, Max: o.longest}
}
