package concord

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

func TestEachProfileHasItsHeadersByteForByte(t *testing.T) {
	t.Parallel()
	f := Failure{
		RecordError: &RecordError{Topic: "orders", Partition: 258, Offset: 1<<40 + 7, Stage: ReadingValue, SchemaID: 42, Err: serde.Truncated},
		Class:       serde.Truncated, Attempt: 3,
	}
	at, now := time.UnixMilli(1727260800123), time.Date(2031, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	own := []Header{{Key: "a", Value: []byte("1")}, {Key: "__dlq.errors.topic", Value: []byte("earlier")}, {Key: "a", Value: nil}, {Key: "traceparent", Value: []byte("00-x")}}
	kept := []Header{{Key: "a", Value: []byte("1")}, {Key: "a", Value: nil}, {Key: "traceparent", Value: []byte("00-x")}}
	text := func(pairs ...string) (all []Header) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, Header{Key: pairs[i], Value: []byte(pairs[i+1])})
		}
		return all
	}
	const message = "concord: orders[258]@1099511627783: reading the value (schema id 42): truncated"
	for profile, want := range map[DeadLetterProfile][]Header{
		KafkaProfile: text("__dlq.errors.topic", "orders", "__dlq.errors.partition", "258", "__dlq.errors.offset", "1099511627783", "__dlq.errors.group", "billing",
			"__dlq.errors.delivery.count", "3", "__dlq.errors.message", message,
			"concord.dlq.stage", "reading the value", "concord.dlq.class", "truncated", "concord.dlq.schema.id", "42", "concord.dlq.time", "2031-02-03T03:05:06.000000007Z"),
		SpringProfile: text("kafka_dlt-original-topic", "orders", "kafka_dlt-original-partition", "\x00\x00\x01\x02", "kafka_dlt-original-offset", "\x00\x00\x01\x00\x00\x00\x00\x07",
			"kafka_dlt-original-timestamp", "\x00\x00\x01\x92\x28\xc4\x34\x7b", "kafka_dlt-original-timestamp-type", "CreateTime", "kafka_dlt-original-consumer-group", "billing",
			"kafka_dlt-exception-fqcn", "github.com/concord-go/concord.RecordError", "kafka_dlt-exception-message", message),
		ConnectProfile: text("__connect.errors.topic", "orders", "__connect.errors.partition", "258", "__connect.errors.offset", "1099511627783", "__connect.errors.connector.name", "billing",
			"__connect.errors.task.id", "0", "__connect.errors.stage", "VALUE_CONVERTER", "__connect.errors.class.name", "github.com/concord-go/concord.RecordError",
			"__connect.errors.exception.class.name", "github.com/concord-go/concord.RecordError", "__connect.errors.exception.message", message),
	} {
		headers := deadLetterHeaders(profile, own, f, "billing", at, "CreateTime", now)
		if d := cmp.Diff(append(append([]Header{}, kept...), want...), headers); d != "" {
			t.Errorf("profile %d (-want +got):\n%s", profile, d)
		}
		from, back, ok := ParseDeadLetter(headers)
		if d := cmp.Diff(kept, back); !ok || d != "" || from != (Origin{"orders", 258, 1<<40 + 7, "billing"}) {
			t.Errorf("profile %d is read as %+v, %t\n%s", profile, from, ok, d)
		}
	}
	f.SchemaID, f.GUID = 0, registry.GUID{1}
	headers := deadLetterHeaders(KafkaProfile, nil, f, "g", at, "CreateTime", now)
	if h := headers[8]; h.Key != "concord.dlq.schema.guid" || string(h.Value) != "01000000-0000-0000-0000-000000000000" {
		t.Errorf("%s: %s", h.Key, h.Value)
	}
}

func TestWhatIsNoDeadLetterIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	for _, headers := range [][]Header{
		nil,
		{{Key: "a", Value: []byte("b")}},
		{{Key: "__dlq.errors.topic", Value: []byte("t")}, {Key: "__dlq.errors.partition", Value: []byte("x")}, {Key: "__dlq.errors.offset", Value: []byte("1")}},
		{{Key: "kafka_dlt-original-topic", Value: []byte("t")}, {Key: "kafka_dlt-original-partition", Value: []byte("1")}, {Key: "kafka_dlt-original-offset", Value: nil}},
		{{Key: "__connect.errors.topic", Value: []byte("t")}, {Key: "__connect.errors.partition", Value: []byte("-1")}, {Key: "__connect.errors.offset", Value: []byte("99999999999999999999")}},
	} {
		if from, _, ok := ParseDeadLetter(headers); ok {
			t.Errorf("%v is a dead letter of %+v", headers, from)
		}
	}
}

func TestTheDefaultPolicy(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		stage   Stage
		err     error
		attempt int
		want    Action
	}{
		"a truncated value":               {ReadingValue, serde.Truncated, 1, ToDeadLetters},
		"a key of an unknown schema":      {ReadingKey, serde.UnknownSchema, 1, ToDeadLetters},
		"a rule":                          {ReadingValue, serde.RuleFailed, 1, ToDeadLetters},
		"the registry is away":            {ReadingValue, serde.RegistryUnavailable, 99, AwaitRecovery},
		"it is away from the handler":     {Handling, serde.RegistryUnavailable, 99, AwaitRecovery},
		"it denies":                       {ReadingValue, serde.RegistryDenied, 1, StopRun},
		"who knows":                       {ReadingValue, broken, 1, StopRun},
		"a handler, once":                 {Handling, broken, 1, RetryRecord},
		"a handler, twice":                {Handling, broken, 2, RetryRecord},
		"a handler, once too often":       {Handling, broken, 3, ToRetryTopic},
		"a handler that knows":            {Handling, Permanent(broken), 1, ToDeadLetters},
		"a handler that knows, wrapped":   {Handling, errors.Join(broken, Permanent(broken)), 1, ToDeadLetters},
		"a handler's own poison, retried": {Handling, serde.Truncated, 1, RetryRecord},
	} {
		f := Failure{RecordError: &RecordError{Stage: c.stage, Err: c.err}, Class: serde.ClassOf(c.err), Attempt: c.attempt}
		if got := DefaultPolicy(2)(f); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if Permanent(nil) != nil || !errors.Is(Permanent(broken), broken) {
		t.Error("Permanent hides what it marks")
	}
}
