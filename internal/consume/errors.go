package consume

import (
	"errors"
	"fmt"

	"github.com/concord-go/concord/internal/kafkaclient"
)

var (
	// ErrClosed is returned by an engine that was closed.
	ErrClosed = errors.New("closed")
	// ErrRunning is returned by Run while another one runs.
	ErrRunning = errors.New("the consumer is running already")
	// ErrNotRunning is returned by Seek of an engine without a run.
	ErrNotRunning = errors.New("the consumer is not running")
)

// Error is a failure of the consumer that no single record is to blame for.
type Error struct {
	Doing string // "subscribe", "assign", "consume", "commit", "seek", "leave the group", "close", "find where to start"
	Err   error
}

func (e *Error) Error() string { return e.Doing + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// PartitionError is a failure of one partition, or of a topic where Partition is negative.
type PartitionError struct {
	kafkaclient.TopicPartition
	Err error
}

func (e *PartitionError) Error() string {
	if e.Partition < 0 {
		return e.Topic + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s[%d]: %s", e.Topic, e.Partition, e.Err)
}

func (e *PartitionError) Unwrap() error { return e.Err }
