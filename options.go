package concord

import (
	"context"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// ProducerOption changes how a producer is made.
type ProducerOption interface{ applyProducer(*producerOptions) }

// ConsumerOption changes how a consumer is made.
type ConsumerOption interface{ applyConsumer(*consumerOptions) }

// Option is an option of both.
type Option interface {
	ProducerOption
	ConsumerOption
}

// clientOptions are those of both.
type clientOptions struct {
	log        *slog.Logger
	tokens     kafkaclient.TokenSource
	statistics func([]byte)
	observers  observers
}

type producerOptions struct {
	clientOptions
	interceptors []ProduceInterceptor

	transactional       bool
	transactionalID     string
	transactionInterval time.Duration
}

type consumerOptions struct {
	clientOptions
	drain       time.Duration
	concurrency Concurrency
	limits      inflight.Limits
	policy      Policy
	retry       backoff.Policy
	recovers    bool
	deadLetters *deadLetters // nil: none
	retries     *retryTopics // nil: none

	interceptors []HandleInterceptor
	starts       consume.Starts
	partitions   []int32 // nil: those that the group assigns
	stopAtEnd    bool
	missing      MissingTopics
}

type consumerOption func(*consumerOptions)

func (f consumerOption) applyConsumer(o *consumerOptions) { f(o) }

type producerOption func(*producerOptions)

func (f producerOption) applyProducer(o *producerOptions) { f(o) }

// clientOption is an option of both.
type clientOption func(*clientOptions)

func (f clientOption) applyProducer(o *producerOptions) { f(&o.clientOptions) }
func (f clientOption) applyConsumer(o *consumerOptions) { f(&o.clientOptions) }

// WithLogger says where the log goes: that of the client, which tells of brokers that
// cannot be reached and the like, and a consumer's, which tells of rebalances and of records that
// fail. Lines about failing records are limited to one of a kind in 10 s. The default, also for nil, is [slog.Default] at the time of
// the call. With slog.New(slog.DiscardHandler) nothing is logged.
func WithLogger(log *slog.Logger) Option { return clientOption(func(o *clientOptions) { o.log = log }) }

// Token is a token for SASL/OAUTHBEARER (RFC 7628).
type Token struct {
	Value string
	// Expires is when it is no longer valid. A new one is asked for before that.
	Expires time.Time
	// Principal is whom it is for. Some brokers ignore it.
	Principal string
	// Extensions are SASL extensions (RFC 7628, section 3.1). nil means none.
	Extensions map[string]string
}

// WithTokenSource brings tokens for sasl.mechanism=OAUTHBEARER, as a cloud's identity service issues them
// (AWS MSK IAM, for one). source is called when the client first connects and before a token expires, one
// call at a time, and its context ends when the client is closed. An error is logged, and the client asks again later. It is a [*ConfigError] together with another
// mechanism or with sasl.oauthbearer.method=oidc, which needs no source.
func WithTokenSource(source func(context.Context) (Token, error)) Option {
	return clientOption(func(o *clientOptions) {
		if o.tokens = nil; source == nil {
			return
		}
		o.tokens = func(ctx context.Context) (kafkaclient.Token, error) {
			t, err := source(ctx)
			return kafkaclient.Token(t), err
		}
	})
}

// WithStatistics takes the client's statistics, in its own JSON, as often as
// statistics.interval.ms says. f must not block, nor keep the bytes. A consumer has statistics only while it runs.
func WithStatistics(f func(json []byte)) Option {
	return clientOption(func(o *clientOptions) { o.statistics = f })
}

// DefaultDrainTimeout is the drain timeout of a consumer that is given no other.
const DefaultDrainTimeout = 10 * time.Second

// WithDrainTimeout says how long handlers may go on with the records that they have begun after
// [Consumer.Run]'s context is done, or their partition is revoked, before their own
// context is cancelled too. The default is [DefaultDrainTimeout]; zero cancels both at once. Negative means zero.
func WithDrainTimeout(d time.Duration) ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.drain = max(d, 0) })
}

// MissingTopics is what a consumer does about a topic that does not exist.
type MissingTopics uint8

// The choices.
const (
	// Wait waits until the topic is created, and logs that it does. It is read from up to
	// topic.metadata.refresh.interval.ms after that, 10 s by default.
	Wait MissingTopics = iota
	// Fail ends Run with a [*ConsumeError].
	Fail
)

// WithMissingTopics says what a consumer does about a topic that does not exist. The default is [Wait].
// With [WithManualAssignment] a missing topic or partition ends the run in any case.
func WithMissingTopics(m MissingTopics) ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.missing = m })
}

func orDefault(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
