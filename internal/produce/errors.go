package produce

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/concord-go/concord/internal/kafkaclient"
)

var (
	// ErrClosed is the error of calls once Close has begun.
	ErrClosed = errors.New("closed")
	// ErrTransactional is the error of messages for a transactional producer, which writes
	// outputs of transactions only.
	ErrTransactional = errors.New("the producer is transactional: it writes within transactions only")
)

// Error says why a message was not acknowledged. It has the fields of the public ProduceError,
// into which it is converted.
type Error struct {
	Topic string
	// MaybeDelivered: the message was queued and its acknowledgement did not come. It may be
	// in the topic, or still get there.
	MaybeDelivered bool
	Err            error
}

func (e *Error) Error() string {
	text := "produce to " + strconv.Quote(e.Topic) + ": " + e.Err.Error()
	if e.MaybeDelivered {
		text += " (it may be delivered all the same)"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// FlushError is what Flush and Close did not see acknowledged. It has the fields of the public
// FlushError.
type FlushError struct {
	// Waiting is how many messages have no result yet. After Close they were given up; some
	// may have been delivered.
	Waiting int
	// Failed is how many messages failed that no call of Produce returned an error for, since
	// the last Flush.
	Failed int
	// Err is the first failure, or else why the wait ended.
	Err error
}

func (e *FlushError) Error() string {
	return fmt.Sprintf("flush: %d messages failed, %d not acknowledged: %v", e.Failed, e.Waiting, e.Err)
}

func (e *FlushError) Unwrap() error { return e.Err }

// Why Close returns before the client is closed. It goes on in the background.
var (
	errInUse   = errors.New("the client is still in use: a transaction, a flush or a lookup does not return; closing goes on in the background")
	errNoEnd   = errors.New("messages have no result: a callback does not return, or the client hangs; closing goes on in the background")
	errNoClose = errors.New("the client does not close; closing goes on in the background")
)

// unreachedError is an error that ended a wait while no broker was reached.
type unreachedError struct {
	err        error
	connection error
}

func (e *unreachedError) Error() string { return e.err.Error() + " (" + e.connection.Error() + ")" }

func (e *unreachedError) Unwrap() error { return e.err }

// explain adds that no broker is reached to an error that this may be the reason of. The caller
// keeps the client open.
func (s *Sender) explain(err error) error {
	if !mayBeUnreached(err) {
		return err
	}
	if connection := s.client.Connection(); connection != nil {
		return &unreachedError{err: err, connection: connection}
	}
	return err
}

// explainUnheld is explain where the client may be closed already.
func (s *Sender) explainUnheld(err error) error {
	if !s.users.add() {
		return err
	}
	defer s.users.done()
	return s.explain(err)
}

func mayBeUnreached(err error) bool {
	if _, ok := errors.AsType[*unreachedError](err); err == nil || ok {
		return false
	}
	switch kafkaclient.KindOf(err) {
	case kafkaclient.TimedOut, kafkaclient.Unreachable, kafkaclient.Purged:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
