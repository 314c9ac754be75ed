package consume

import (
	"context"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/registry"
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

	Policy  func(*Failure) Action
	Backoff backoff.Policy // of RetryRecord
	Recover bool           // a panic of a handler is a failure of its record

	// Intercept stands around the handling of a record; nil: nothing does.
	Intercept func(ctx context.Context, r *kafkaclient.Record, next func(context.Context) error) error
	Observer  Observer

	Starts            Starts
	Partitions        []int32 // not nil: these of each topic, without a group
	StopAt            StopAt
	FailMissingTopics bool // a topic that does not exist ends the run; otherwise it is waited for

	DeadLetters *DeadLetters // nil: none
	Retries     *Retries     // nil: none
}

// DeadLetters says where records go that the policy gives up.
type DeadLetters struct {
	Topic   func(source string) string
	Profile reroute.Profile
	Limit   Limit
	Sink    Sink // nil: only a run with a sink of its own may be started
}

// Limit bounds dead letters: when more than Share of the last Records records were
// dead-lettered, the run ends, or pauses for Pause where that is not 0. No limit where Records is 0.
type Limit struct {
	Share   float64
	Records int
	Pause   time.Duration
}

// Retries are the retry topics.
type Retries struct {
	Topics reroute.Retries
	Sink   Sink
}

// Sink writes records to other topics.
type Sink interface {
	// Partitions is how many partitions a topic has.
	Partitions(ctx context.Context, topic string) (int32, error)
	// Put queues a record. Either done is called once with the result, or the record is
	// an output, which a [Committer] will write. It is neither where there is an error.
	Put(ctx context.Context, r *kafkaclient.Record, done func(error)) (*produce.Output, error)
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

// Work is the typed half of a worker. It is used by one goroutine at a time.
type Work interface {
	// Decode reads a record anew, whatever was done with what an earlier call has made of
	// it. Only Stage, SchemaID, GUID and Err of a failure are used.
	Decode(ctx context.Context, in *Input) *Failure
	// Handle handles what the last Decode has read. ErrAbandon ends the run.
	Handle(ctx context.Context) error
	// Outputs are the messages that the last Handle has made for a transaction. They are
	// the caller's.
	Outputs() []*produce.Output
}

// Input is a record for its handler.
type Input struct {
	Record *kafkaclient.Record
	// Origin is where a record from a retry topic was read first. It is the record's
	// own place for any other.
	Origin reroute.Origin
	// Retried is what the record's envelope says; zero for a record without one.
	Retried reroute.Retried
	// Attempt counts the calls of the handler, in the retry topics before as well; from 1.
	Attempt int

	// SchemaID and GUID are the writer schema of the value, set by [Work.Decode]; zero where it
	// is not known.
	SchemaID registry.SchemaID
	GUID     registry.GUID
}

// Kind is how a record ended.
type Kind uint8

// The kinds.
const (
	Handled      Kind = iota // its handler returned nil
	Skipped                  // the policy, or an interceptor, skipped it
	DeadLettered             // it went to its dead-letter topic
	Delayed                  // it went to a retry topic
	Foreign                  // it is another group's record in a retry topic
	Abandoned                // its run or partition ended first: it is not done
	Failed                   // it ends the run: it is not done
)

// Outcome is how a record ended.
type Outcome struct {
	Kind    Kind
	Err     error             // of Abandoned and Failed
	Outputs []*produce.Output // for a transaction
	pending *republished      // its acknowledgement is to come
	failure *Failure          // of what goes to another topic as one of the Outputs
	counted bool              // the limit of dead letters has counted it
}

// Committer makes what is done count in transactions, in place of the engine's commits. Staged is
// called by workers, the other methods by the owner.
type Committer interface {
	// Staged: a record is done but for its transaction, which will call Finish of its partition.
	Staged(s *Staged)
	// Place: a partition begins at an offset that is to be committed.
	Place(p *Partition, offset int64)
	// Step goes on with what is to be written. An error ends the run.
	Step() error
	// Release writes what partitions that are given up have staged, unless they are lost, and drops the
	// rest. It takes no longer than most.
	Release(leaving []*Partition, lost bool, most time.Duration) error
	// Pending reports whether anything is staged or being written.
	Pending() bool
	// End drops everything.
	End()
}

// Staged is a record that is done but for its transaction.
type Staged struct {
	Partition *Partition
	Number    inflight.Number
	Record    *kafkaclient.Record
	Retried   reroute.Retried
	Kind      Kind
	Outputs   []*produce.Output
	Size      int // bytes of the outputs

	reduction reroute.Reduction // of the dead letter
	failure   *Failure          // of the dead letter, or the delayed record
	refusals  int
}

const maxReduction = reroute.Reference
