//go:build cgo

package concord

import (
	"log/slog"
	"time"
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
	log *slog.Logger
}

type consumerOptions struct {
	log   *slog.Logger
	drain time.Duration
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

// WithDrainTimeout says how long the handler may go on with the record in hand
// after [Consumer.Run]'s context is done, before its own context is cancelled
// too. The default is 10 s; zero cancels both at once. Negative means zero.
func WithDrainTimeout(d time.Duration) ConsumerOption { return drainOption(max(d, 0)) }

func (o drainOption) applyConsumer(to *consumerOptions) { to.drain = time.Duration(o) }

func orDefault(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
