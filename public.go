package concord

import (
	"errors"
	"sync"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaconfig"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/transact"
)

// This file turns what the engine says into the public types of this package.

// public is an error of the engine as users see it. Errors of handlers, formats and contexts stay as they are.
func public(err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *handle.Failure:
		return recordError(e)
	case *consume.Error:
		c := &ConsumeError{Doing: e.Doing, Err: public(e.Err)}
		if at, ok := e.Err.(*consume.PartitionError); ok {
			c.Topic, c.Partition, c.Err = at.Topic, at.Partition, public(at.Err)
		}
		return c
	case *handle.PanicError:
		return &PanicError{Value: e.Value, Stack: e.Stack}
	case *produce.Error:
		return &ProduceError{Topic: e.Topic, MaybeDelivered: e.MaybeDelivered, Err: public(e.Err)}
	case *produce.FlushError:
		return &FlushError{Waiting: e.Waiting, Failed: e.Failed, Err: public(e.Err)}
	case *kafkaclient.Error:
		return &KafkaError{Code: e.Code, Name: e.Name, Retriable: e.Retriable, Err: e.Err, text: e.Error()}
	case *kafkaconfig.Error:
		return &ConfigError{Setting: e.Setting, Reason: e.Reason, Err: e.Err}
	case interface{ Unwrap() []error }:
		all := e.Unwrap()
		joined := make([]error, len(all))
		for i := range all {
			joined[i] = public(all[i])
		}
		return errors.Join(joined...)
	}
	for _, s := range sentinels {
		if err == s.inside {
			return s.outside
		}
	}
	return wrapped(err)
}

// memo returns the same public error for the same error of the engine.
type memo struct {
	mu              sync.Mutex
	inside, outside error
}

func (m *memo) public(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != m.inside {
		m.inside, m.outside = err, public(err)
	}
	return m.outside
}

// wrapped adds the public form of an error of the engine that another error wraps.
func wrapped(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		if outside := public1(inner); outside != nil {
			return &rewrapped{err, outside}
		}
	}
	return err
}

// public1 is the public form of an error of a client, or of a sentinel; nil for any other.
func public1(err error) error {
	if e, ok := err.(*kafkaclient.Error); ok {
		return public(e)
	}
	for _, s := range sentinels {
		if err == s.inside {
			return s.outside
		}
	}
	return nil
}

// rewrapped has the text of one error, and the chain of another.
type rewrapped struct{ text, chain error }

func (r *rewrapped) Error() string   { return r.text.Error() }
func (r *rewrapped) Unwrap() []error { return []error{r.chain, r.text} }

var sentinels = []struct{ inside, outside error }{
	{consume.ErrClosed, ErrClosed}, {produce.ErrClosed, ErrClosed}, {consume.ErrRunning, ErrRunning}, {transact.ErrInUse, ErrRunning},
	{produce.ErrTransactional, errOnlyTransforms},
	{consume.ErrNotRunning, ErrNotRunning}, {handle.ErrTooManyDeadLetters, ErrTooManyDeadLetters}, {transact.ErrFenced, ErrFenced},
}

func recordError(f *handle.Failure) *RecordError {
	return &RecordError{
		Topic: f.Topic, Partition: f.Partition, Offset: f.Offset, Stage: Stage(f.Stage), SchemaID: f.SchemaID, GUID: f.GUID, Err: public(f.Err),
	}
}

// Stages, actions and pause reasons are converted by their numbers.
var (
	_ = [1]struct{}{}[int(Sending)-int(handle.Sending)]
	_ = [1]struct{}{}[int(ToRetryTopic)-int(handle.ToRetryTopic)]
	_ = [1]struct{}{}[int(numPauseReasons)-int(handle.NumReasons)]
)

// decides is a policy for the engine.
func (p Policy) decides(f *handle.Failure) handle.Action {
	return handle.Action(p(Failure{RecordError: recordError(f), Class: f.Class, Attempt: f.Attempt, RetryTopics: f.RetryTopic}))
}

func deliveryOf(d produce.Delivery) Delivery {
	return Delivery{Topic: d.Topic, Partition: d.Partition, Offset: d.Offset, Timestamp: d.Timestamp}
}

// callback is a function for results as the engine calls it.
type callback func(Delivery, error)

// Delivered is for [produce.Callback].
func (c callback) Delivered(d produce.Delivery, err error) { c(deliveryOf(d), public(err)) }

func consumerStats(s consume.Snapshot) ConsumerStats {
	out := ConsumerStats{
		Handled: s.Handled, Retried: s.Retried, Delayed: s.Delayed, DeadLetters: s.DeadLetters, Skipped: s.Skipped, Rewound: s.Rewound, Foreign: s.Foreign,
		Rebalances: s.Rebalances, Lost: s.Lost, Corrupt: s.Corrupt, Late: s.Late, CommitFailures: s.CommitFailures, Transactions: s.Transactions, Aborted: s.Aborted,
		Pauses: make(map[PauseReason]uint64), Paused: make(map[PauseReason]int),
		Partitions: s.Partitions, InFlight: s.InFlight, InFlightBytes: s.InFlightBytes,
	}
	for r := range numPauseReasons {
		if n := s.Pauses[r]; n > 0 {
			out.Pauses[r] = n
		}
		if n := s.Paused[r]; n > 0 {
			out.Paused[r] = n
		}
	}
	for _, l := range s.Lag {
		out.Lag = append(out.Lag, PartitionLag{Topic: l.Topic, Partition: l.Partition, Records: l.Records})
	}
	return out
}
