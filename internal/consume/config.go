package consume

import (
	"context"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// Order says which records may be handled at the same time.
type Order uint8

// The orders.
const (
	InOrder   Order = iota // the records of a partition one after another
	ByKey                  // the records of a partition with one key one after another; those without a key in any order
	Unordered              // any at the same time
)

// StopAt says whether a run ends by itself.
type StopAt uint8

// When a run ends by itself.
const (
	StopNever StopAt = iota
	// StopWhenCaughtUp: when all partitions are read to their ends and everything is done,
	// with what was written meanwhile.
	StopWhenCaughtUp
	// StopAtFirstEnd: when all partitions are read to where they ended when they were assigned.
	StopAtFirstEnd
)

// Config is what an [Engine] does. It is not changed once the engine is made.
type Config struct {
	Log            *slog.Logger
	Group          string
	Static         bool // a static member of its group (KIP-345)
	CommitInterval time.Duration
	Drain          time.Duration // how long handlers may go on when their partition is given up

	Order   Order
	Workers int // of ByKey and Unordered
	Limits  inflight.Limits

	Policy  func(*handle.Failure) handle.Action
	Backoff backoff.Policy // of RetryRecord
	Recover bool           // a panic of a handler is a failure of its record

	// Intercept stands around the handling of a record; nil: nothing does.
	Intercept func(ctx context.Context, r *kafkaclient.Record, next func(context.Context) error) error
	Observer  Observer

	Starts            Starts
	Partitions        []int32 // not nil: these of each topic, without a group
	StopAt            StopAt
	FailMissingTopics bool // a topic that does not exist ends the run; otherwise it is waited for

	DeadLetters *handle.DeadLetters // nil: none
	Retries     *handle.Retries     // nil: none
}

// Observer is called with what the engine does; each field may be nil. The functions are called on
// the goroutines that do the work, and must not block.
type Observer struct {
	Polled    func(tp kafkaclient.TopicPartition, records int, first int64, took time.Duration)
	Committed func(at []kafkaclient.Position, took time.Duration, err error)
	Assigned  func([]kafkaclient.TopicPartition)
	Revoked   func([]kafkaclient.TopicPartition)
	Lost      func([]kafkaclient.TopicPartition)
}

// Committer makes what is done count in transactions, in place of the engine's commits. Staged is
// called by workers, the other methods by the owner.
type Committer interface {
	// Staged: a record is done but for its transaction, which will call Finish of its partition.
	Staged(s *handle.Staged)
	// Place: a partition begins at an offset that is to be committed.
	Place(p *handle.Partition, offset int64)
	// Step goes on with what is to be written. An error ends the run.
	Step() error
	// Release writes what partitions that are given up have staged, unless they are lost, and drops the
	// rest. It takes no longer than most.
	Release(leaving []*handle.Partition, lost bool, most time.Duration) error
	// Pending reports whether anything is staged or being written.
	Pending() bool
	// End drops everything.
	End()
}
