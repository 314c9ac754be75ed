package reroute_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
	"github.com/concord-go/concord/serde"
)

func TestForgedAndPartialDeadLetters(t *testing.T) {
	t.Parallel()
	const topic, partition, offset, group = "__dlq.errors.topic", "__dlq.errors.partition", "__dlq.errors.offset", "__dlq.errors.group"
	good := pairs(topic, "t", partition, "1", offset, "2", group, "g")
	of := func(parts ...[]header) (all []header) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	t1, other := reroute.Origin{Topic: "t", Partition: 1, Offset: 2, Group: "g"}, reroute.Origin{Topic: "u", Partition: 3, Offset: 4}
	spring := pairs("kafka_dlt-original-topic", "u", "kafka_dlt-original-partition", "\x00\x00\x00\x03", "kafka_dlt-original-offset", "\x00\x00\x00\x00\x00\x00\x00\x04")
	none := reroute.Origin{}
	for name, c := range map[string]struct {
		headers []header
		want    reroute.Origin
	}{
		"nothing":                        {nil, none},
		"no header of a profile":         {pairs("a", "b"), none},
		"a partition that is no number":  {pairs(topic, "t", partition, "x", offset, "1"), none},
		"a negative partition":           {pairs(topic, "t", partition, "-1", offset, "1"), none},
		"a partition out of range":       {pairs(topic, "t", partition, "2147483648", offset, "1"), none},
		"the last partition":             {pairs(topic, "t", partition, "2147483647", offset, "0"), reroute.Origin{Topic: "t", Partition: math.MaxInt32}},
		"a sign":                         {pairs(topic, "t", partition, "+1", offset, "1"), none},
		"an offset out of range":         {pairs(topic, "t", partition, "1", offset, "9223372036854775808"), none},
		"an offset of 20 digits":         {pairs(topic, "t", partition, "1", offset, "99999999999999999999"), none},
		"the last offset":                {pairs(topic, "t", partition, "1", offset, "9223372036854775807"), reroute.Origin{Topic: "t", Partition: 1, Offset: math.MaxInt64}},
		"no topic":                       {pairs(partition, "1", offset, "1"), none},
		"an empty topic":                 {pairs(topic, "", partition, "1", offset, "1"), none},
		"a topic that is a path":         {pairs(topic, "../t", partition, "1", offset, "1"), none},
		"a topic of two dots":            {pairs(topic, "..", partition, "1", offset, "1"), none},
		"a topic of three dots":          {pairs(topic, "...", partition, "1", offset, "1"), reroute.Origin{Topic: "...", Partition: 1, Offset: 1}},
		"a topic that is too long":       {pairs(topic, strings.Repeat("t", 250), partition, "1", offset, "1"), none},
		"a group with a line break":      {pairs(topic, "t", partition, "1", offset, "2", group, "g\n"), reroute.Origin{Topic: "t", Partition: 1, Offset: 2, Group: "g "}},
		"good":                           {good, t1},
		"the group first":                {pairs(group, "g", topic, "t", partition, "1", offset, "2"), t1},
		"twice":                          {of(pairs(topic, "u", partition, "3", offset, "4"), good), t1},
		"a later one wins":               {of(good, pairs(topic, "u", partition, "3", offset, "4")), other},
		"only the topic comes again":     {of(good, pairs(topic, "evil")), t1},
		"a topic comes before":           {of(pairs(topic, "evil"), good), t1},
		"a later one is not valid":       {of(good, pairs(topic, "u", partition, "x", offset, "4")), t1},
		"an earlier one is not valid":    {of(pairs(topic, "u", partition, "x", offset, "4"), good), t1},
		"another profile comes later":    {of(good, spring), other},
		"another profile comes before":   {of(spring, good), t1},
		"another profile is not whole":   {of(good, spring[:2]), t1},
		"a mixture of profiles":          {of(good[:1], spring[1:]), none},
		"decimal numbers in Spring's":    {pairs("kafka_dlt-original-topic", "t", "kafka_dlt-original-partition", "1", "kafka_dlt-original-offset", ""), none},
		"negative numbers in Spring's":   {pairs("kafka_dlt-original-topic", "t", "kafka_dlt-original-partition", "\xff\xff\xff\xff", "kafka_dlt-original-offset", "\x00\x00\x00\x00\x00\x00\x00\x04"), none},
		"an offset of Connect's too big": {pairs("__connect.errors.topic", "t", "__connect.errors.partition", "1", "__connect.errors.offset", "99999999999999999999"), none},
	} {
		got, ok := reroute.ParseDeadLetter(c.headers)
		if d := cmp.Diff(c.want, got.Origin); d != "" || ok != (c.want != none) {
			t.Errorf("%s: ok %t (-want +got):\n%s", name, ok, d)
		}
	}
}

// randomRecord is one with headers that may be those of envelopes, and the ones that are its own.
func randomRecord(r *rand.Rand) (rec *kafkaclient.Record, own []header) {
	text := func(n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	rec = &kafkaclient.Record{Topic: "t", Partition: r.Int32(), Offset: r.Int64(), Timestamp: time.UnixMilli(int64(r.Uint64()) >> r.IntN(60))}
	for range r.IntN(6) {
		h := header{Key: text(8), Value: []byte(text(8))}
		if prefix := []string{"", "__dlq.errors.", "concord.dlq.", "kafka_dlt-original-", "__connect.errors.", "concord.retry."}[r.IntN(6)]; prefix != "" {
			h.Key = prefix + []string{"topic", "partition", "offset", "dropped.value", "count"}[r.IntN(5)]
		} else {
			own = append(own, h)
		}
		rec.Headers = append(rec.Headers, h)
	}
	return rec, own
}

func TestAnyRecordComesBackFromItsDeadLetter(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		rec, own := randomRecord(r)
		from := reroute.Origin{Topic: fmt.Sprintf("t-%d", r.IntN(9)), Partition: r.Int32(), Offset: r.Int64(), Group: []string{"", "g", "größe"}[r.IntN(3)]}
		profile := profiles[r.IntN(3)]
		reason := reroute.Reason{Stage: "handling", Class: serde.Class(r.IntN(20)), Attempts: r.IntN(5), Text: "broken"}
		out := reroute.DeadLetter(profile, rec, from, reason, now, 1+r.Int32N(9), "dead")
		got, ok := reroute.ParseDeadLetter(out.Headers)
		if d := cmp.Diff(reroute.DeadLettered{Origin: from, Own: own}, got); !ok || d != "" {
			t.Fatalf("profile %d, %q: ok %t (-want +got):\n%s", profile, rec.Headers, ok, d)
		}
		// A dead letter of the dead letter says what is new, and nothing of what was.
		again := reroute.DeadLetter(profiles[r.IntN(3)], out, origin, reason, now, 1, "dead")
		got, ok = reroute.ParseDeadLetter(again.Headers)
		if d := cmp.Diff(reroute.DeadLettered{Origin: origin, Own: own}, got); !ok || d != "" {
			t.Fatalf("again: ok %t (-want +got):\n%s", ok, d)
		}
	}
}

func TestReductionsLeaveAReferenceInTheEnd(t *testing.T) {
	t.Parallel()
	for _, profile := range profiles {
		rec := &kafkaclient.Record{Key: []byte("key"), Value: make([]byte, 5000), Headers: pairs("a", "1", "concord.replay.count", "2", "b", "2", "concord.dlq.dropped.value", "77")}
		whole := reroute.DeadLetter(profile, rec, origin, reroute.Reason{Text: "broken"}, now, 1, "dead")
		before := len(whole.Headers)
		if reroute.Reduce(whole, reroute.Whole) != whole {
			t.Error("Whole is a reduction")
		}
		light := reroute.Reduce(whole, reroute.WithoutHeaders)
		if string(light.Key) != "key" || len(light.Value) != 5000 || string(value(light.Headers, "concord.dlq.dropped.headers")) != "2" {
			t.Errorf("without headers: %q", light.Headers)
		}
		got, ok := reroute.ParseDeadLetter(light.Headers)
		want := reroute.DeadLettered{Origin: origin, Own: pairs("concord.replay.count", "2"), Replays: 2, Dropped: reroute.WithoutHeaders}
		if d := cmp.Diff(want, got); !ok || d != "" {
			t.Errorf("without headers: %t (-want +got):\n%s", ok, d)
		}
		want.Dropped = reroute.Reference
		twice, once := reroute.Reduce(light, reroute.Reference), reroute.Reduce(whole, reroute.Reference)
		if d := cmp.Diff(once, twice); d != "" {
			t.Errorf("in two steps (-one +two):\n%s", d)
		}
		if once.Key != nil || once.Value == nil || len(once.Value) != 0 || string(value(once.Headers, "concord.dlq.dropped.value")) != "5000" || string(value(once.Headers, "concord.dlq.dropped.key")) != "3" {
			t.Errorf("a reference: key %q, value %q, %q", once.Key, once.Value, once.Headers)
		}
		if got, ok := reroute.ParseDeadLetter(once.Headers); !ok || !cmp.Equal(want, got) {
			t.Errorf("a reference: %t (-want +got):\n%s", ok, cmp.Diff(want, got))
		}
		if reroute.Reduce(once, reroute.Reference) != once || reroute.Reduce(light, reroute.WithoutHeaders) != light {
			t.Error("there is something left to leave out")
		}
		if len(whole.Headers) != before || len(whole.Value) != 5000 || string(whole.Key) != "key" {
			t.Error("the dead letter was changed")
		}
	}
}

func TestATombstoneIsNotADroppedValue(t *testing.T) {
	t.Parallel()
	for name, val := range map[string][]byte{"a tombstone": nil, "an empty value": {}} {
		rec := &kafkaclient.Record{Key: []byte("k"), Value: val}
		out := reroute.Reduce(reroute.DeadLetter(reroute.Kafka, rec, origin, reroute.Reason{}, now, 1, "dead"), reroute.Reference)
		if (out.Value == nil) != (val == nil) || value(out.Headers, "concord.dlq.dropped.value") != nil || string(value(out.Headers, "concord.dlq.dropped.key")) != "1" {
			t.Errorf("%s: value %v, %q", name, out.Value, out.Headers)
		}
	}
}

func TestTheLargestEnvelopeIsSmall(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("\xff", 1<<20)
	rec := &kafkaclient.Record{Key: []byte(huge), Value: []byte(huge), Headers: pairs(huge, huge, "concord.replay.count", huge, "concord.replay.topic", huge), Timestamp: time.UnixMilli(math.MaxInt64)}
	for _, profile := range profiles {
		out := reroute.DeadLetter(profile, rec, reroute.Origin{Topic: huge, Group: huge}, reroute.Reason{Stage: huge, Text: huge}, now, 1, "dead")
		if n := reroute.Reduce(out, reroute.Reference).Size(); n > 5000 {
			t.Errorf("profile %d: a reference has %d bytes", profile, n)
		}
	}
}

// growthOf is how many times longer f takes for four times the headers, at its best.
func growthOf(f func(headers []header), make func(n int) []header) float64 {
	const n = 10_000
	best := func(headers []header) time.Duration {
		least := time.Duration(math.MaxInt64)
		for range 5 {
			begun := time.Now()
			f(headers)
			least = min(least, time.Since(begun))
		}
		return least
	}
	return float64(best(make(4*n))) / float64(best(make(n)))
}

func TestManyHeadersCostLinearTime(t *testing.T) {
	retries := reroute.Retries{{Suffix: ".soon", Delay: time.Minute}}
	repeat := func(headers ...header) func(n int) []header {
		return func(n int) (all []header) {
			for len(all) < n {
				all = append(all, headers...)
			}
			return all
		}
	}
	inputs := map[string]func(n int) []header{
		"own":         repeat(pairs("a", "1")...),
		"an origin":   repeat(pairs("__dlq.errors.topic", "t", "__dlq.errors.partition", "1", "__dlq.errors.offset", "2")...),
		"topics":      repeat(pairs("__dlq.errors.topic", "t", "kafka_dlt-original-topic", "t")...),
		"retries":     repeat(pairs("concord.retry.x", "t", "concord.retry.y", "1")...),
		"replays":     repeat(pairs("concord.replay.count", "1", "concord.replay.topic", "t")...),
		"retries etc": repeat(pairs("concord.retry.x", "t", "a", "1")...),
	}
	for name, input := range inputs {
		for what, f := range map[string]func([]header){
			"ParseDeadLetter": func(h []header) { reroute.ParseDeadLetter(h) },
			"OwnHeaders":      func(h []header) { reroute.OwnHeaders(h) },
			"Parse":           func(h []header) { retries.Parse(&kafkaclient.Record{Topic: "t.soon", Headers: h}, "g", 1, now) },
			"DeadLetter and Reduce": func(h []header) {
				out := reroute.DeadLetter(reroute.Kafka, &kafkaclient.Record{Headers: h}, origin, reroute.Reason{}, now, 1, "dead")
				reroute.Reduce(out, reroute.WithoutHeaders)
			},
		} {
			small, large := input(1000), input(4000)
			few, many := testing.AllocsPerRun(3, func() { f(small) }), testing.AllocsPerRun(3, func() { f(large) })
			if many > few+3 {
				t.Errorf("%s of %s: %v allocations, then %v", what, name, few, many)
			}
			// Quadratic time would be 16. The machine may disturb two of three measurements.
			g := growthOf(f, input)
			for range 2 {
				if g > 11 {
					g = growthOf(f, input)
				}
			}
			if g > 11 {
				t.Errorf("%s of %s: %.1f times as long for 4 times the headers", what, name, g)
			}
		}
	}
}

func FuzzParseDeadLetter(f *testing.F) {
	for _, profile := range profiles {
		rec := &kafkaclient.Record{Value: []byte("v"), Headers: pairs("a", "1", "concord.replay.count", "3")}
		out := reroute.DeadLetter(profile, rec, origin, reroute.Reason{Text: "broken"}, now, 1, "dead")
		f.Add(packed(out.Headers))
		f.Add(packed(reroute.Reduce(out, reroute.Reference).Headers))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		headers := unpacked(data)
		d, ok := reroute.ParseDeadLetter(headers)
		if !ok {
			if !cmp.Equal(d, reroute.DeadLettered{}) {
				t.Fatalf("not a dead letter, but %+v", d)
			}
			return
		}
		if d.Origin.Topic == "" || len(d.Origin.Topic) > 249 || d.Origin.Partition < 0 || d.Origin.Offset < 0 || d.Replays < 0 {
			t.Fatalf("out of range: %+v", d)
		}
		for _, h := range d.Own {
			if strings.HasPrefix(h.Key, "concord.dlq.") || strings.HasPrefix(h.Key, "__dlq.errors.") || strings.HasPrefix(h.Key, "concord.retry.") {
				t.Fatalf("%q is not its own", h.Key)
			}
		}
		// What was read, written in every profile, is read again.
		for _, profile := range profiles {
			out := reroute.DeadLetter(profile, &kafkaclient.Record{Headers: headers}, d.Origin, reroute.Reason{}, now, 1, "dead")
			again, ok := reroute.ParseDeadLetter(out.Headers)
			d.Dropped = reroute.Whole
			if diff := cmp.Diff(d, again, cmpopts.EquateEmpty()); !ok || diff != "" {
				t.Fatalf("profile %d: %t\n%s", profile, ok, diff)
			}
		}
		if out, ok := reroute.Replayed(&kafkaclient.Record{Headers: headers}, d, "t"); !ok || len(value(out.Headers, "concord.replay.count")) > 10 {
			t.Fatalf("%t: %+v", ok, out)
		}
	})
}

// packed are headers as bytes for a fuzzer: each key and value after its length.
func packed(headers []header) (data []byte) {
	for _, h := range headers {
		data = append(append(data, byte(len(h.Key))), h.Key...)
		data = append(append(data, byte(len(h.Value))), h.Value...)
	}
	return data
}

func unpacked(data []byte) (headers []header) {
	next := func() (part []byte) {
		if len(data) > 0 {
			n := min(int(data[0]), len(data)-1)
			part, data = data[1:1+n], data[1+n:]
		}
		return part
	}
	for len(data) > 0 {
		key := next()
		headers = append(headers, header{Key: string(key), Value: next()})
	}
	return headers
}
