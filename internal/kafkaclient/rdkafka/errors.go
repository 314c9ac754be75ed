//go:build cgo

package rdkafka

import (
	"context"
	"errors"
	"strings"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// toError describes an error of the client. It is nil for nil. What one code means depends on
// the call: see [produceError], [fetchError] and [txnError].
func toError(err error) *kafkaclient.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*kafkaclient.Error](err); ok {
		return e
	}
	e, ok := errors.AsType[kafka.Error](err)
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return noAnswer(err)
		}
		return &kafkaclient.Error{Text: err.Error(), Err: err}
	}
	kind := kindOf(e.Code())
	return &kafkaclient.Error{
		Code:         int(e.Code()),
		Name:         nameOf(e.Code()),
		Kind:         kind,
		Retriable:    e.IsRetriable() || kind == kafkaclient.Unreachable || kind == kafkaclient.TimedOut || isRetriable(e.Code()),
		Fatal:        e.IsFatal() || e.Code() == kafka.ErrFatal,
		TxnAbort:     e.TxnRequiresAbort(),
		MaybeWritten: maybeWritten(e),
		Text:         e.Error(),
		Err:          e,
	}
}

// produceError is that of a message.
func produceError(err error) *kafkaclient.Error {
	e := toError(err)
	if e == nil {
		return nil
	}
	switch kafka.ErrorCode(e.Code) {
	case kafka.ErrUnknownPartition, kafka.ErrInvalidMsg, kafka.ErrTopicException:
		e.Kind, e.Retriable = kafkaclient.MessageRefused, false
	}
	return e
}

// fetchError is that of reading.
func fetchError(err error) *kafkaclient.Error {
	e := toError(err)
	if e == nil {
		return nil
	}
	switch kafka.ErrorCode(e.Code) {
	case kafka.ErrBadCompression, kafka.ErrBadMsg, kafka.ErrInvalidMsg, kafka.ErrUnderflow, kafka.ErrNotImplemented, kafka.ErrUnsupportedCompressionType,
		kafka.ErrMsgSizeTooLarge, kafka.ErrInvalidMsgSize:
		e.Kind, e.Retriable = kafkaclient.Corrupt, false
	case kafka.ErrAutoOffsetReset:
		// One code for two causes; only the text tells them apart.
		if strings.Contains(e.Text, kafka.ErrOffsetOutOfRange.String()) {
			e.Kind = kafkaclient.OutOfRange
		}
	}
	return e
}

// txnError is that of a transaction's call, whose flags say what can be done. A code by itself
// does not.
func txnError(err error) *kafkaclient.Error {
	e := toError(err)
	if k, ok := errors.AsType[kafka.Error](err); ok {
		e.Retriable = !e.Fatal && !e.TxnAbort && (k.IsRetriable() || k.IsTimeout())
	}
	return e
}

// noAnswer is the error of a call whose context ended.
func noAnswer(cause error) *kafkaclient.Error {
	return &kafkaclient.Error{
		Code: int(kafka.ErrTimedOut), Name: nameOf(kafka.ErrTimedOut), Kind: kafkaclient.TimedOut, Retriable: true,
		Text: "no broker answered in time", Err: cause,
	}
}

// refusal is the error of a call that is refused before the client is asked.
func refusal(kind kafkaclient.Kind, text string) *kafkaclient.Error {
	code := kafka.ErrInvalidArg
	return &kafkaclient.Error{Code: int(code), Name: nameOf(code), Kind: kind, Text: text}
}

// maybeWritten reports whether a failed delivery leaves it open whether the broker has the
// message: no answer came, or not in time.
func maybeWritten(e kafka.Error) bool {
	switch e.Code() {
	case kafka.ErrMsgTimedOut, kafka.ErrTimedOut, kafka.ErrTransport, kafka.ErrPurgeInflight, kafka.ErrRequestTimedOut,
		kafka.ErrNotEnoughReplicasAfterAppend, kafka.ErrDestroy, kafka.ErrFatal:
		return true
	}
	return e.IsFatal()
}

// code is the client's code of an error, [kafka.ErrNoError] where it has none.
func code(err error) kafka.ErrorCode {
	e, _ := errors.AsType[kafka.Error](err)
	return e.Code()
}
