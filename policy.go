package concord

import (
	"errors"

	"github.com/concord-go/concord/serde"
)

// Action is what a consumer does about a record that could not be read or handled.
type Action uint8

// The actions.
const (
	// StopRun ends Run with the record's error. Nothing at or past the record is
	// committed, so it is the first that the next run reads.
	StopRun Action = iota
	// RetryRecord tries again after a pause that grows from try to try. The record's
	// partition waits, and is paused.
	RetryRecord
	// AwaitRecovery is RetryRecord for what is not the record's fault, an outage: it is
	// tried without end, and no dead letter comes of it.
	AwaitRecovery
	// ToDeadLetters publishes the record to its dead-letter topic and goes on; see
	// [WithDeadLetters], without which it means StopRun.
	ToDeadLetters
	// SkipRecord goes on as if the record had been handled. It is lost to this group.
	SkipRecord
	// ToRetryTopic publishes the record to its next retry topic and goes on; see
	// [WithRetryTopics]. Without that, or when there is no further one, it means ToDeadLetters.
	ToRetryTopic
)

// Failure is a record's failure, for a [Policy].
type Failure struct {
	*RecordError
	// Class is that of the error.
	Class serde.Class
	// Attempt counts the tries of this stage, from 1.
	Attempt int
	// Retries is how many retry topics the record has been to.
	Retries int
}

// Policy decides what becomes of a record that failed. It is called from several
// goroutines at once, and asked again after each further try.
type Policy func(Failure) Action

// DefaultPolicy is the policy of a consumer that is given no other:
//
//   - A registry that is not available: [AwaitRecovery], whoever asked it.
//   - Access denied by the registry: [StopRun].
//   - A record that cannot be read, now or ever (see [serde.IsPoison]): [ToDeadLetters].
//   - A record of which [Transform] made a message that the broker refuses: [ToDeadLetters].
//   - A handler's error that is [Permanent]: [ToDeadLetters].
//   - Any other of a handler: [RetryRecord] so many times, then [ToRetryTopic] and, where no
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

// permanent is an error that no further try mends.
type permanent struct{ err error }

func (p permanent) Error() string { return p.err.Error() }
func (p permanent) Unwrap() error { return p.err }

// Permanent marks a handler's error as one that no further try mends. nil stays nil.
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
