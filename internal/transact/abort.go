package transact

import (
	"context"
	"errors"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/produce"
)

// failedStep decides about a step that failed: it ends the run, is tried again, or the transaction is
// aborted.
func (c *Committer) failedStep(err error) error {
	c.expelled = kafkaclient.KindOf(err) == kafkaclient.NotMember || errors.Is(err, errNoMember)
	switch {
	case kafkaclient.IsFatal(err), kafkaclient.KindOf(err) == kafkaclient.Fenced:
		return c.failure("commit a transaction", err)
	case c.state == none: // it did not begin
		c.unsend()
		if !retriable(err) && !needsAbort(err) && stops(err) {
			return c.failure("begin a transaction", err)
		}
		c.pause(err)
		return nil
	case c.state == committing && !needsAbort(err):
		if !retriable(err) {
			return c.failure("commit a transaction", err)
		}
		c.pause(err)
		return nil
	}
	c.state = aborting
	return c.abort(err)
}

// unsend makes ready again what was in the transaction.
func (c *Committer) unsend() {
	c.ready, c.sent = append(c.sent, c.ready...), nil
}

// abort ends the transaction that failed; what was in it is ready again.
func (c *Committer) abort(cause error) error {
	// A time of its own: there may be none left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.host.Context()), abortWait)
	defer cancel()
	if err := c.client.Abort(ctx); err != nil {
		if kafkaclient.IsFatal(err) || !retriable(err) {
			return c.failure("abort a transaction", err)
		}
		c.pause(err)
		return nil
	}
	if err := c.sender.AwaitReports(ctx); err != nil {
		c.host.Warn("a transaction was aborted, and reports of its messages are missing", err)
	}
	c.ended()
	refused, suspect := c.refused, c.suspect()
	if refused == nil && len(c.sent) == 1 {
		refused = suspect
	}
	c.refused = nil
	c.most = max(min(c.most, len(c.sent))/2, 1)
	c.unsend()
	switch {
	case refused != nil:
		return c.refuse(refused)
	case suspect != nil: // again at once, with half of them
	case cause != nil && stops(cause):
		return c.failure("commit a transaction", cause)
	default:
		c.pause(cause)
	}
	return nil
}

// stops reports whether waiting does not help against an error.
func stops(err error) bool {
	switch kafkaclient.KindOf(err) {
	case kafkaclient.Denied, kafkaclient.Invalid, kafkaclient.Closed:
		return true
	}
	return false
}

// suspect is a record with a message that the broker refused: what one message did, it says of all that
// came with it.
func (c *Committer) suspect() *handle.Staged {
	for _, s := range c.sent {
		for _, o := range s.Outputs {
			if _, err := o.Result(); err != nil && permanentRefusal(err) {
				return s
			}
		}
	}
	return nil
}

// pause lets some time pass before the next attempt.
func (c *Committer) pause(err error) {
	c.failed++
	c.after = time.Now().Add(recovery.FullJitter(c.failed))
	if err != nil {
		c.host.Warn("a transaction is tried again", err)
	}
}

// refuse does what the policy wants about a record with a message that can never be written.
func (c *Committer) refuse(s *handle.Staged) error {
	if s.Partition.Gone() { // it is another member's record now, and dropped with the next transaction
		return nil
	}
	var cause error
	for _, o := range s.Outputs {
		if _, err := o.Result(); err != nil && permanentRefusal(err) {
			cause = err
			break
		}
	}
	if cause == nil {
		cause = &produce.Error{Err: errDropped}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.host.Context()), stepWait)
	defer cancel()
	action, letter, failure := c.host.Refused(ctx, s, cause)
	switch action {
	case handle.RetryRecord:
		c.pause(failure)
	case handle.SkipRecord:
		c.replace(s, nil)
	case handle.ToDeadLetters:
		c.replace(s, []*produce.Output{letter})
	default:
		return failure
	}
	return nil
}

// replace puts other messages in the place of those that were made of a record.
func (c *Committer) replace(s *handle.Staged, outputs []*produce.Output) {
	drop(s, errDropped)
	size := 0
	for _, o := range outputs {
		size += o.Size()
	}
	s.Partition.Grow(size - s.Size)
	s.Outputs, s.Size = outputs, size
}
