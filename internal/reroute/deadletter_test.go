package reroute_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

type header = kafkaclient.Header

var profiles = []reroute.Profile{reroute.Kafka, reroute.Spring, reroute.Connect}

// pairs are headers of keys and values in turn.
func pairs(texts ...string) (all []header) {
	for i := 0; i < len(texts); i += 2 {
		all = append(all, header{Key: texts[i], Value: []byte(texts[i+1])})
	}
	return all
}

// value is that of the last header with the key; nil for none.
func value(headers []header, key string) (v []byte) {
	for _, h := range headers {
		if h.Key == key {
			v = h.Value
		}
	}
	return v
}

var (
	now    = time.Date(2031, 2, 3, 4, 5, 6, 7, time.FixedZone("", 3600))
	origin = reroute.Origin{Topic: "orders", Partition: 258, Offset: 1<<40 + 7, Group: "billing"}
)

func TestEachProfileHasItsHeadersByteForByte(t *testing.T) {
	t.Parallel()
	const message = "concord: orders[258]@1099511627783: reading the value (schema id 42): truncated"
	reason := reroute.Reason{Stage: reroute.StageValue, Class: serde.Truncated, SchemaID: 42, Attempts: 3, Text: message}
	own := []header{{Key: "a", Value: []byte("1")}, {Key: "__dlq.errors.topic", Value: []byte("earlier")}, {Key: "a", Value: nil}, {Key: "traceparent", Value: []byte("00-x")}, {Key: "concord.retry.count", Value: []byte("1")}}
	kept := []header{{Key: "a", Value: []byte("1")}, {Key: "a", Value: nil}, {Key: "traceparent", Value: []byte("00-x")}}
	rec := &kafkaclient.Record{Topic: "orders.soon", Partition: 1, Offset: 9, Key: []byte("k"), Value: []byte("v"), Headers: own, Timestamp: time.UnixMilli(1727260800123), TimestampType: kafkaclient.CreateTime}
	for profile, want := range map[reroute.Profile][]header{
		reroute.Kafka: pairs("__dlq.errors.topic", "orders", "__dlq.errors.partition", "258", "__dlq.errors.offset", "1099511627783", "__dlq.errors.group", "billing",
			"__dlq.errors.delivery.count", "3", "__dlq.errors.message", message,
			"concord.dlq.stage", "reading the value", "concord.dlq.class", "truncated", "concord.dlq.schema.id", "42", "concord.dlq.time", "2031-02-03T03:05:06.000000007Z"),
		reroute.Spring: pairs("kafka_dlt-original-topic", "orders", "kafka_dlt-original-partition", "\x00\x00\x01\x02", "kafka_dlt-original-offset", "\x00\x00\x01\x00\x00\x00\x00\x07",
			"kafka_dlt-original-timestamp", "\x00\x00\x01\x92\x28\xc4\x34\x7b", "kafka_dlt-original-timestamp-type", "CreateTime", "kafka_dlt-original-consumer-group", "billing",
			"kafka_dlt-exception-fqcn", "github.com/concord-go/concord.RecordError", "kafka_dlt-exception-message", message),
		reroute.Connect: pairs("__connect.errors.topic", "orders", "__connect.errors.partition", "258", "__connect.errors.offset", "1099511627783", "__connect.errors.connector.name", "billing",
			"__connect.errors.task.id", "0", "__connect.errors.stage", "VALUE_CONVERTER", "__connect.errors.class.name", "github.com/concord-go/concord.RecordError",
			"__connect.errors.exception.class.name", "github.com/concord-go/concord.RecordError", "__connect.errors.exception.message", message),
	} {
		out := reroute.DeadLetter(profile, rec, origin, reason, now, 5, "orders.dead")
		wantRecord := &kafkaclient.Record{
			Topic: "orders.dead", Partition: 258 % 5, LeaderEpoch: -1, Key: rec.Key, Value: rec.Value, Timestamp: rec.Timestamp,
			Headers: append(append([]header{}, kept...), want...),
		}
		if d := cmp.Diff(wantRecord, out); d != "" {
			t.Errorf("profile %d (-want +got):\n%s", profile, d)
		}
		got, ok := reroute.ParseDeadLetter(out.Headers)
		if d := cmp.Diff(reroute.DeadLettered{Origin: origin, Own: kept}, got); !ok || d != "" {
			t.Errorf("profile %d is read as (%t, -want +got):\n%s", profile, ok, d)
		}
	}
}

func TestASchemaWithoutAnIDIsNamedByItsGUID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason   reroute.Reason
		id, guid string
	}{
		{reroute.Reason{GUID: registry.GUID{1}}, "", "01000000-0000-0000-0000-000000000000"},
		{reroute.Reason{SchemaID: 7, GUID: registry.GUID{1}}, "7", ""},
		{reroute.Reason{}, "", ""},
	} {
		headers := reroute.DeadLetter(reroute.Kafka, &kafkaclient.Record{}, origin, c.reason, now, 1, "dead").Headers
		if id, guid := value(headers, "concord.dlq.schema.id"), value(headers, "concord.dlq.schema.guid"); string(id) != c.id || string(guid) != c.guid {
			t.Errorf("%+v: id %q, GUID %q", c.reason, id, guid)
		}
		if v := value(headers, "concord.dlq.class"); v != nil {
			t.Errorf("an unclassified error has the class %q", v)
		}
	}
}

func TestAPartitionIsTheOriginsModuloThoseOfTheTopic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ partition, partitions, want int32 }{
		{0, 1, 0}, {7, 3, 1}, {2, 3, 2}, {math.MaxInt32, 10, 7}, {3, 0, kafkaclient.AnyPartition}, {3, -1, kafkaclient.AnyPartition}, {-1, 3, kafkaclient.AnyPartition},
	} {
		out := reroute.DeadLetter(reroute.Kafka, &kafkaclient.Record{}, reroute.Origin{Topic: "t", Partition: c.partition}, reroute.Reason{}, now, c.partitions, "dead")
		if out.Partition != c.want {
			t.Errorf("%d of %d: %d, want %d", c.partition, c.partitions, out.Partition, c.want)
		}
	}
}

func TestATimestampThatClientsCannotWriteIsInAHeader(t *testing.T) {
	t.Parallel()
	const last = math.MaxInt64 / 1_000_000
	for _, c := range []struct {
		at     time.Time
		header string
	}{
		{time.UnixMilli(1), ""}, {time.UnixMilli(last), ""}, {time.UnixMilli(1727260800123), ""},
		{time.UnixMilli(0), "0"}, {time.UnixMilli(-1), "-1"}, {time.UnixMilli(last + 1), "9223372036855"},
		{time.UnixMilli(1727260800123456), "1727260800123456"}, // microseconds
		{time.UnixMilli(math.MaxInt64), "9223372036854775807"},
		{time.Time{}, ""},
	} {
		for _, profile := range profiles {
			out := reroute.DeadLetter(profile, &kafkaclient.Record{Timestamp: c.at}, origin, reroute.Reason{}, now, 1, "dead")
			if writes := c.header == ""; writes && !out.Timestamp.Equal(c.at) || !writes && !out.Timestamp.IsZero() {
				t.Errorf("profile %d: %v becomes %v", profile, c.at, out.Timestamp)
			}
			want := c.header
			if profile == reroute.Spring {
				want = ""
			}
			if v := value(out.Headers, "concord.dlq.timestamp"); string(v) != want {
				t.Errorf("profile %d: %v has the header %q", profile, c.at, v)
			}
		}
	}
	out := reroute.DeadLetter(reroute.Spring, &kafkaclient.Record{}, origin, reroute.Reason{}, now, 1, "dead")
	if v := value(out.Headers, "kafka_dlt-original-timestamp"); string(v) != "\xff\xff\xff\xff\xff\xff\xff\xff" {
		t.Errorf("no timestamp is %x", v)
	}
}

func TestTextsInHeadersAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"short":                    {"truncated", "truncated"},
		"as long as it may be":     {strings.Repeat("x", 1024), strings.Repeat("x", 1024)},
		"one byte longer":          {strings.Repeat("x", 1025), strings.Repeat("x", 1021) + "…"},
		"a megabyte":               {strings.Repeat("x", 1<<20), strings.Repeat("x", 1021) + "…"},
		"cut inside of a rune":     {strings.Repeat("ä", 600), strings.Repeat("ä", 510) + "…"},
		"invalid bytes":            {"a\xff\xc3b", "a\ufffd\ufffdb"},
		"many invalid bytes":       {strings.Repeat("\xff", 5000), strings.Repeat("\ufffd", 340) + "…"},
		"a header injected":        {"x\r\nSet-Cookie: a\x00b", "x  Set-Cookie: a b"},
		"an escape sequence":       {"\x1b[31mred\x7f", " [31mred "},
		"C1, separators, reversal": {"a\u0085b\u2028c\u202ed\u2066e", "a b c d e"},
		"empty":                    {"", ""},
	} {
		// The topic is as long as the text to show that no text header is exempt.
		from := reroute.Origin{Topic: c.text, Partition: 1, Offset: 2, Group: c.text}
		reason := reroute.Reason{Stage: c.text, Text: c.text}
		for _, profile := range profiles {
			out := reroute.DeadLetter(profile, &kafkaclient.Record{}, from, reason, now, 1, "dead")
			found := 0
			for _, h := range out.Headers {
				switch h.Key {
				case "kafka_dlt-original-partition", "kafka_dlt-original-offset", "kafka_dlt-original-timestamp":
					continue // binary
				}
				if len(h.Value) > 1024 || !utf8.Valid(h.Value) || bytes.ContainsFunc(h.Value, unicode.IsControl) {
					t.Errorf("%s: %s is %.40q of %d bytes", name, h.Key, h.Value, len(h.Value))
				}
				if string(h.Value) == c.want {
					found++
				}
			}
			if want := map[reroute.Profile]int{reroute.Kafka: 4, reroute.Spring: 3, reroute.Connect: 3}[profile]; found < want {
				t.Errorf("%s: profile %d: %d headers are %.40q, want %d", name, profile, found, c.want, want)
			}
		}
	}
}

func TestADeadLetterDoesNotWriteToTheRecord(t *testing.T) {
	t.Parallel()
	backing := pairs("a", "1", "b", "2", "spare", "untouched")
	rec := &kafkaclient.Record{Topic: "t", Headers: backing[:2]}
	reroute.DeadLetter(reroute.Kafka, rec, origin, reroute.Reason{}, now, 1, "dead")
	_, _ = reroute.Retries{{Suffix: ".soon"}}.Retry(rec, reroute.Retried{Origin: origin}, 1, 1, now)
	_ = append(reroute.OwnHeaders(rec.Headers), header{Key: "c"})
	if d := cmp.Diff(pairs("a", "1", "b", "2", "spare", "untouched"), backing); d != "" {
		t.Errorf("the record's headers (-want +got):\n%s", d)
	}
}
