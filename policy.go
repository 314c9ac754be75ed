package concord

import (
	"errors"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/serde"
)

// Action is what a consumer does about a record that could not be read or handled.
type Action uint8

// The actions.
const (
	// StopRun ends Run with the record's error. Nothing at or past the record is
	// committed, so the next run begins with it.
	StopRun Action = iota
	// RetryRecord tries again after a pause that grows from attempt to attempt. The record's
	// partition waits, and is paused.
	RetryRecord
	// AwaitRecovery is RetryRecord for an outage, which is not the record's fault: it is
	// tried without end, and never dead-lettered.
	AwaitRecovery
	// ToDeadLetters publishes the record to its dead-letter topic and goes on; see
	// [WithDeadLetters], without which it means StopRun.
	ToDeadLetters
	// SkipRecord goes on as if the record had been handled. It is lost to this group.
	SkipRecord
	// ToRetryTopic publishes the record to its next retry topic and goes on; see
	// [WithRetryTopics]. Without that, or when no retry topic is left, it means ToDeadLetters.
	ToRetryTopic
)

// Failure is a record's failure, for a [Policy].
type Failure struct {
	*RecordError
	// Class is that of the error.
	Class serde.Class
	// Attempt counts the attempts of this stage in the topic that the record was read from, from 1.
	Attempt int
	// RetryTopics is how many retry topics the record has been to.
	RetryTopics int
}

// Policy decides about a record that failed. It is called from several goroutines at once, and
// again after each further attempt.
type Policy func(Failure) Action

// DefaultPolicy is the policy of a consumer that is given no other:
//
//   - The registry is unavailable, whoever called it: [AwaitRecovery].
//   - The registry denies access: [StopRun].
//   - A record that cannot be read, now or ever (see [serde.IsPoison]): [ToDeadLetters].
//   - A message made of the record can never be written ([Sending]): [ToDeadLetters].
//   - A handler's error that is [Permanent]: [ToDeadLetters].
//   - Any other error of a handler: [RetryRecord] that many times, then [ToRetryTopic] and, where no
//     retry topic is left, [ToDeadLetters].
//   - Anything else: [StopRun].
func DefaultPolicy(retries int) Policy {
	return func(f Failure) Action {
		switch {
		case f.Class == serde.RegistryUnavailable:
			return AwaitRecovery
		case f.Class == serde.RegistryDenied:
			return StopRun
		case f.Stage == Sending:
			return ToDeadLetters
		case f.Stage != Handling && serde.IsPoison(f.Err):
			return ToDeadLetters
		case f.Stage != Handling:
			return StopRun
		case IsPermanent(f.Err):
			return ToDeadLetters
		case f.Attempt <= retries:
			return RetryRecord
		}
		return ToRetryTopic
	}
}

// permanent is an error that no further attempt mends.
type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// Permanent marks a handler's error as one that no further attempt mends. nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// IsPermanent reports whether err, or what it wraps, was marked by [Permanent].
func IsPermanent(err error) bool {
	_, ok := errors.AsType[permanent](err)
	return ok
}

// WithPolicy says what a consumer does about records that cannot be read or handled. The default, also
// for nil, is [DefaultPolicy](0).
func WithPolicy(p Policy) ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.policy = p })
}

// The pauses of [RetryRecord] by default.
const (
	defaultRetryFirst   = 100 * time.Millisecond
	defaultRetryLongest = 10 * time.Second
)

// WithRetryPause says how long a record waits before its next attempt ([RetryRecord]): a random time
// up to first, then up to twice that, and so on up to longest. The default is 100 ms and 10 s.
func WithRetryPause(first, longest time.Duration) ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.retry = backoff.Policy{Base: max(first, 0), Max: max(longest, 0)} })
}

// WithRecover makes a panic of a handler an error of its record, a [*PanicError], about which the
// [Policy] decides. By default a panic ends the run and goes on in the goroutine that called Run.
func WithRecover() ConsumerOption {
	return consumerOption(func(o *consumerOptions) { o.recovers = true })
}
