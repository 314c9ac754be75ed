package handle

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

var (
	// ErrTooManyDeadLetters ends a run whose records are dead-lettered too often.
	ErrTooManyDeadLetters = errors.New("more records were dead-lettered than the limit allows")
	// ErrAbandon from [Work.Handle] ends the run without an error and without asking the policy. The
	// record is not done.
	ErrAbandon = errors.New("abandoned")
)

// Stage is what was being done with a record when it failed.
type Stage uint8

// The stages.
const (
	ReadingKey Stage = iota
	ReadingValue
	Handling
	Sending // a message that was made of the record is refused
)

// String is the stage in words.
func (s Stage) String() string {
	switch s {
	case ReadingKey:
		return "reading the key"
	case ReadingValue:
		return "reading the value"
	case Sending:
		return "sending"
	}
	return "handling"
}

// Action is what the policy wants done about a failure.
type Action uint8

// The actions.
const (
	StopRun Action = iota
	RetryRecord
	AwaitRecovery
	ToDeadLetters
	SkipRecord
	ToRetryTopic
)

// Failure is a record that could not be read or handled. It is an error.
type Failure struct {
	Topic     string
	Partition int32
	Offset    int64
	Stage     Stage
	SchemaID  registry.SchemaID
	GUID      registry.GUID
	Err       error

	Class      serde.Class
	Attempt    int // of this stage, from 1
	RetryTopic int // how many retry topics the record has been to
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s[%d]@%d: %s: %s", f.Topic, f.Partition, f.Offset, f.Stage, strings.TrimPrefix(f.Err.Error(), "concord: "))
}

func (f *Failure) Unwrap() error { return f.Err }

// at fills in where the record is, and the class of the error.
func (f *Failure) at(r *kafkaclient.Record) *Failure {
	f.Topic, f.Partition, f.Offset = r.Topic, r.Partition, r.Offset
	f.Class = serde.ClassOf(f.Err)
	return f
}

// PanicError is a panic of a handler that became an error.
type PanicError struct {
	Value any
	Stack []byte
}

// Error names the type of the value only, unless it is a runtime error: a value may hold
// what does not belong in a log.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(interface {
		error
		RuntimeError()
	}); ok {
		return "the handler panicked: " + err.Error()
	}
	return fmt.Sprintf("the handler panicked with a value of type %T", e.Value)
}
