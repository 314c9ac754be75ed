package handle

import (
	"context"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/registry"
)

// Config is what workers do.
type Config struct {
	Group   string
	NewWork func() Work
	Policy  func(*Failure) Action
	Backoff backoff.Policy // of RetryRecord
	Recover bool           // a panic of a handler is a failure of its record
	// Intercept stands around the handling of a record; nil: nothing does.
	Intercept func(ctx context.Context, r *kafkaclient.Record, next func(context.Context) error) error

	DeadLetters *DeadLetters  // nil: none
	Retries     *Retries      // nil: none
	Sink        Sink          // takes what goes to other topics in place of the sinks of DeadLetters and Retries; nil: those do
	Stage       func(*Staged) // takes records that a transaction will finish; nil: there is none
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
	// GivenUp is closed when the partition is given up, or the run stops: what only waits on behalf of the record
	// returns ErrAbandon then.
	GivenUp <-chan struct{}

	// SchemaID and GUID are the writer schema of the value, set by [Work.Decode]; zero where it
	// is not known.
	SchemaID registry.SchemaID
	GUID     registry.GUID
}
