package clienttest

import (
	"context"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// NewError returns an error of a kind as a client reports it. It is retriable or fatal where
// errors of the kind usually are.
func NewError(kind kafkaclient.Kind) *kafkaclient.Error {
	e := &kafkaclient.Error{Kind: kind, Text: "fake: " + kind.String()}
	switch kind {
	case kafkaclient.Unreachable:
		e.Code, e.Name, e.Retriable = -195, "_TRANSPORT", true
	case kafkaclient.TimedOut:
		e.Code, e.Name, e.Retriable = -185, "_TIMED_OUT", true
	case kafkaclient.UnknownTopic:
		e.Code, e.Name = 3, "UNKNOWN_TOPIC_OR_PARTITION"
	case kafkaclient.Denied:
		e.Code, e.Name = 29, "TOPIC_AUTHORIZATION_FAILED"
	case kafkaclient.QueueFull:
		e.Code, e.Name, e.Retriable = -184, "_QUEUE_FULL", true
	case kafkaclient.MessageRefused:
		e.Code, e.Name = 10, "MESSAGE_TOO_LARGE"
	case kafkaclient.Fenced:
		e.Code, e.Name, e.Fatal = -144, "_FENCED", true
	case kafkaclient.NotMember:
		e.Code, e.Name = 25, "UNKNOWN_MEMBER_ID"
	case kafkaclient.NoOffset:
		e.Code, e.Name = -168, "_NO_OFFSET"
	case kafkaclient.OutOfRange:
		e.Code, e.Name = 1, "OFFSET_OUT_OF_RANGE"
	case kafkaclient.Corrupt:
		e.Code, e.Name = -198, "_BAD_COMPRESSION"
	case kafkaclient.Purged:
		e.Code, e.Name = -152, "_PURGE_QUEUE"
	case kafkaclient.Closed:
		e.Code, e.Name = -197, "_DESTROY"
	case kafkaclient.Invalid:
		e.Code, e.Name = -172, "_STATE"
	default:
		e.Code, e.Name = -1, "UNKNOWN"
	}
	return e
}

func because(kind kafkaclient.Kind, text string) *kafkaclient.Error {
	e := NewError(kind)
	e.Text = "fake: " + text
	return e
}

func mustAbort(e *kafkaclient.Error) *kafkaclient.Error {
	c := *e
	c.TxnAbort, c.Retriable = true, false
	return &c
}

// timedOut is the error of an operation whose context has ended.
func timedOut(ctx context.Context, op Op) *kafkaclient.Error {
	e := because(kafkaclient.TimedOut, string(op)+": no answer in time")
	e.Err = ctx.Err()
	return e
}
