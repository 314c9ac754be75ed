//go:build cgo

package rdkafka

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/concord-go/concord/internal/kafkaclient"
)

func TestBrokerErrorsHaveKafkasNames(t *testing.T) {
	t.Parallel()
	known := 0
	for code := int16(-1); code < 200; code++ {
		e, ok := errors.AsType[*kerr.Error](kerr.ErrorForCode(code))
		if !ok || code != -1 && e.Code == -1 { // kerr calls what it does not know UNKNOWN_SERVER_ERROR
			continue
		}
		known++
		if got := nameOf(kafka.ErrorCode(code)); got != e.Message {
			t.Errorf("%d: %s, want %s", code, got, e.Message)
		}
	}
	if known < 100 {
		t.Fatalf("only %d codes were compared", known)
	}
	for code, want := range map[kafka.ErrorCode]string{
		kafka.ErrNoError: "NONE", kafka.ErrTransport: "_TRANSPORT", kafka.ErrBadMsg: "_BAD_MSG", kafka.ErrDestroyBroker: "_DESTROY_BROKER",
		kafka.ErrAllBrokersDown: "_ALL_BROKERS_DOWN", 9999: "UNKNOWN", -9999: "UNKNOWN", -100: "UNKNOWN",
	} {
		if got := nameOf(code); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}

func TestKindsOfErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[kafka.ErrorCode]kafkaclient.Kind{
		kafka.ErrTransport: kafkaclient.Unreachable, kafka.ErrMsgTimedOut: kafkaclient.TimedOut, kafka.ErrUnknownTopicOrPart: kafkaclient.UnknownTopic,
		kafka.ErrAuthentication: kafkaclient.Denied, kafka.ErrQueueFull: kafkaclient.QueueFull, kafka.ErrMsgSizeTooLarge: kafkaclient.MessageRefused,
		kafka.ErrProducerFenced: kafkaclient.Fenced, kafka.ErrIllegalGeneration: kafkaclient.NotMember, kafka.ErrNoOffset: kafkaclient.NoOffset,
		kafka.ErrOffsetOutOfRange: kafkaclient.OutOfRange, kafka.ErrBadCompression: kafkaclient.Corrupt, kafka.ErrPurgeInflight: kafkaclient.Purged,
		kafka.ErrDestroy: kafkaclient.Closed, kafka.ErrState: kafkaclient.Invalid, kafka.ErrUnknown: kafkaclient.Other,
	} {
		e := toError(kafka.NewError(code, "text", false))
		if e.Kind != want || e.Code != int(code) || e.Error() != "text" || e.Fatal || !errors.Is(e, kafka.NewError(code, "text", false)) {
			t.Errorf("%v: %+v, want %v", code, e, want)
		}
	}
	for code, want := range map[kafka.ErrorCode][3]kafkaclient.Kind{ // producing, reading, other calls
		kafka.ErrUnknownPartition: {kafkaclient.MessageRefused, kafkaclient.UnknownTopic, kafkaclient.UnknownTopic},
		kafka.ErrInvalidMsg:       {kafkaclient.MessageRefused, kafkaclient.Corrupt, kafkaclient.Other},
		kafka.ErrMsgSizeTooLarge:  {kafkaclient.MessageRefused, kafkaclient.Corrupt, kafkaclient.MessageRefused},
		kafka.ErrTopicException:   {kafkaclient.MessageRefused, kafkaclient.Invalid, kafkaclient.Invalid},
		kafka.ErrBadMsg:           {kafkaclient.Other, kafkaclient.Corrupt, kafkaclient.Other},
	} {
		err := kafka.NewError(code, "", false)
		if got := [3]kafkaclient.Kind{produceError(err).Kind, fetchError(err).Kind, toError(err).Kind}; got != want {
			t.Errorf("%v: %v, want %v", code, got, want)
		}
		if produceError(err).Retriable && want[0] == kafkaclient.MessageRefused {
			t.Errorf("%v is retriable", code)
		}
	}
	text := "fetch failed: " + kafka.ErrOffsetOutOfRange.String()
	if k := fetchError(kafka.NewError(kafka.ErrAutoOffsetReset, text, false)).Kind; k != kafkaclient.OutOfRange {
		t.Errorf("out of range, without a reset: %v", k)
	}
}

func TestWhatCanBeRetriedAndWhatMayBeWritten(t *testing.T) {
	t.Parallel()
	for code, want := range map[kafka.ErrorCode]bool{
		kafka.ErrTransport: true, kafka.ErrTimedOut: true, kafka.ErrNotCoordinator: true, kafka.ErrQueueFull: true,
		kafka.ErrInvalidMsg: false, kafka.ErrUnknownTopicOrPart: false, kafka.ErrTopicAuthorizationFailed: false, kafka.ErrProducerFenced: false,
	} {
		if e := toError(kafka.NewError(code, "", false)); e.Retriable != want {
			t.Errorf("%v: retriable %v", code, e.Retriable)
		}
	}
	// In a transaction only what the client says counts, and a timeout.
	for code, want := range map[kafka.ErrorCode]bool{kafka.ErrNotCoordinator: false, kafka.ErrTimedOut: true} {
		if e := txnError(kafka.NewError(code, "", false)); e.Retriable != want {
			t.Errorf("%v in a transaction: retriable %v", code, e.Retriable)
		}
	}
	if e := txnError(kafka.NewError(kafka.ErrTimedOut, "", true)); e.Retriable || !e.Fatal {
		t.Errorf("%+v", e)
	}
	for code, want := range map[kafka.ErrorCode]bool{
		kafka.ErrMsgTimedOut: true, kafka.ErrPurgeInflight: true, kafka.ErrTransport: true, kafka.ErrPurgeQueue: false, kafka.ErrMsgSizeTooLarge: false,
	} {
		if e := toError(kafka.NewError(code, "", false)); e.MaybeWritten != want {
			t.Errorf("%v: maybe written %v", code, e.MaybeWritten)
		}
	}
	e := toError(context.DeadlineExceeded)
	if e.Kind != kafkaclient.TimedOut || !e.Retriable || !errors.Is(e, context.DeadlineExceeded) || e.Name != "_TIMED_OUT" {
		t.Errorf("%+v", e)
	}
	if toError(e) != e {
		t.Error("an error is wrapped twice")
	}
	if e := toError(errors.New("other")); e.Kind != kafkaclient.Other || e.Error() != "other" {
		t.Errorf("%+v", e)
	}
	if toError(nil) != nil || asError(nil) != nil {
		t.Error("nil is an error")
	}
}

func TestTroubleWithOneBrokerIsNoneWhileAnotherIsReached(t *testing.T) {
	t.Parallel()
	c := connection{brokers: "a:1,b:2"}
	refused := kafka.NewError(kafka.ErrTransport, "a:1: Connect failed: refused", false)
	down := kafka.NewError(kafka.ErrAllBrokersDown, "2/2 brokers are down", false)
	if c.err() != nil {
		t.Error("before any attempt there is an error")
	}
	if c.failed(kafka.NewError(kafka.ErrUnknownTopic, "", false)) || c.err() != nil {
		t.Error("an unknown topic counts as connection trouble")
	}
	c.failed(refused)
	c.failed(down)
	err := c.err()
	for _, part := range []string{"no broker reached: brokers a:1,b:2", "last error: a:1: Connect failed: refused"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %q", err, part)
		}
	}
	if kafkaclient.KindOf(err) != kafkaclient.Unreachable || !errors.Is(err, refused) {
		t.Errorf("%+v", err)
	}
	c.reached()
	if c.err() != nil {
		t.Error("an answer proves that a broker is reached")
	}
	if c.failed(refused); c.err() != nil {
		t.Error("one broker of two is down: no broker is reached")
	}
	if c.failed(down); c.err() == nil {
		t.Error("all are down: nothing is said")
	}
	c.failed(kafka.NewError(kafka.ErrAuthentication, "denied", false))
	if err := c.err(); kafkaclient.KindOf(err) != kafkaclient.Denied {
		t.Errorf("%v", err)
	}
}
