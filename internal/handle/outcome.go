package handle

import (
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
	"github.com/concord-go/concord/internal/reroute"
)

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
