package concord

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/registry"
)

var (
	// ErrClosed is returned by a [Producer] or [Consumer] that was closed.
	ErrClosed = errors.New("concord: closed")
	// ErrRunning is returned by [Consumer.Run], [Consumer.Messages] and [Transform] while another one runs.
	ErrRunning = errors.New("concord: already running")
	// ErrNotRunning is returned by [Consumer.Seek] and [Consumer.Ready] of a consumer without a run.
	ErrNotRunning = errors.New("concord: the consumer is not running")
	// ErrTooManyDeadLetters ends a run whose records are dead-lettered too often; see
	// [WithDeadLetterLimit].
	ErrTooManyDeadLetters = errors.New("concord: more records were dead-lettered than the limit allows")
	// ErrFenced ends a [Transform] whose transactional id another producer has taken over.
	ErrFenced = errors.New("concord: another producer has taken over the transactional id")
)

// ConfigError is a setting or an option that a constructor refuses. No setting that holds a
// secret has its value in the text.
type ConfigError struct {
	// Setting is the name of the setting. It is empty for an option, and where the client does
	// not name the setting.
	Setting string
	// Reason says what is wrong and what to do.
	Reason string
	// Err is the client's error, nil where concord found the fault.
	Err error
}

func (e *ConfigError) Error() string {
	if e.Setting == "" {
		return "concord: configuration: " + e.Reason
	}
	return "concord: setting " + e.Setting + ": " + e.Reason
}

func (e *ConfigError) Unwrap() error { return e.Err }

// KafkaError is an error of a broker, or of the Kafka client, whichever client is in use.
type KafkaError struct {
	// Code is Kafka's error code (https://kafka.apache.org/protocol#protocol_error_codes), or a
	// negative one of the client's own.
	Code int
	// Name is the name of the code, such as "UNKNOWN_TOPIC_OR_PARTITION".
	Name string
	// Retriable says that the same request may succeed later.
	Retriable bool
	// Err is the client's own error, for errors.As: a kafka.Error for librdkafka.
	Err error

	text string
}

func (e *KafkaError) Error() string {
	switch {
	case e.text != "":
		return e.text
	case e.Err != nil:
		return e.Err.Error()
	}
	return e.Name
}

func (e *KafkaError) Unwrap() error { return e.Err }

// ProduceError says why a message was not acknowledged. errors.Is and errors.As
// see through it: to ctx's error, to a [serde.Class], to a [*KafkaError].
type ProduceError struct {
	Topic string
	// MaybeDelivered is set when the message was sent and its acknowledgement never came:
	// it may be in the topic, or still get there.
	MaybeDelivered bool
	Err            error
}

func (e *ProduceError) Error() string {
	text := "concord: produce to " + strconv.Quote(e.Topic) + ": " + withoutName(e.Err)
	if e.MaybeDelivered {
		text += " (it may be delivered all the same)"
	}
	return text
}

func (e *ProduceError) Unwrap() error { return e.Err }

// FlushError says what [Producer.Flush] or [Producer.Close] did not see delivered.
type FlushError struct {
	// Waiting is how many messages have no result yet. After Close
	// they were given up; some may have been delivered.
	Waiting int
	// Failed is how many messages of [Producer.ProduceAsync], and of Produce
	// calls that had stopped waiting, failed since the last Flush.
	Failed int
	// Err is the first failure, or else why Flush stopped waiting.
	Err error
}

func (e *FlushError) Error() string {
	return fmt.Sprintf("concord: flush: %d messages failed, %d not acknowledged: %s", e.Failed, e.Waiting, withoutName(e.Err))
}

func (e *FlushError) Unwrap() error { return e.Err }

// Stage is what was being done with a record when it failed.
type Stage uint8

// The stages in their order.
const (
	ReadingKey Stage = iota
	ReadingValue
	Handling
	// Sending: a message that was made of the record can never be written. It is an output of
	// [Transform], or the record itself on its way to a dead-letter or retry topic.
	Sending
)

// String is the stage in words: "reading the key", "reading the value", "handling", "sending".
func (s Stage) String() string { return handle.Stage(s).String() }

// RecordError is a record that could not be read or handled. When [Consumer.Run] returns it,
// nothing at or past its offset in its partition was committed, so the next run begins
// with it. errors.Is(err, class) asks for a [serde.Class].
type RecordError struct {
	Topic     string
	Partition int32
	Offset    int64
	// Stage is what failed.
	Stage Stage
	// SchemaID and GUID are the writer schema of the key or value that could
	// not be read, of the value when handling failed; zero where not known.
	SchemaID registry.SchemaID
	GUID     registry.GUID
	Err      error
}

func (e *RecordError) Error() string {
	text := fmt.Sprintf("concord: %s[%d]@%d: %s", e.Topic, e.Partition, e.Offset, e.Stage)
	if e.SchemaID != 0 {
		text += fmt.Sprintf(" (schema id %d)", e.SchemaID)
	}
	return text + ": " + withoutName(e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }

// ConsumeError is a failure of the consumer that no single record is to blame for: missing
// rights, an unknown topic, a failed commit, a batch that cannot be read. Err is a [*KafkaError] where a broker or
// the client failed.
type ConsumeError struct {
	// Doing is what failed: "subscribe", "consume", "commit", "close".
	Doing string
	// Topic and Partition say where; Topic is empty for what concerns no single topic, and
	// Partition is -1 for what concerns a whole topic.
	Topic     string
	Partition int32
	Err       error
}

func (e *ConsumeError) Error() string {
	text := "concord: " + e.Doing + ": "
	switch {
	case e.Topic != "" && e.Partition >= 0:
		text += fmt.Sprintf("%s[%d]: ", e.Topic, e.Partition)
	case e.Topic != "":
		text += e.Topic + ": "
	}
	return text + withoutName(e.Err)
}

func (e *ConsumeError) Unwrap() error { return e.Err }

// PanicError is a panic of a handler that [WithRecover] made an error of its record.
type PanicError struct {
	Value any
	Stack []byte
}

// Error names the type of the value only, unless it is a runtime error: a value may hold
// what does not belong in a log.
func (e *PanicError) Error() string {
	return "concord: " + (&handle.PanicError{Value: e.Value}).Error()
}

// withoutName is err's text without the package's name, which the outer error
// has said already.
func withoutName(err error) string {
	if err == nil {
		return "unknown error"
	}
	return strings.TrimPrefix(err.Error(), "concord: ")
}
