package reroute_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
)

var retries = reroute.Retries{{Suffix: ".soon", Delay: time.Minute}, {Suffix: ".later", Delay: time.Hour}}

// written is the record as it is read from the retry topic.
func written(out *kafkaclient.Record, offset int64) *kafkaclient.Record {
	in := *out
	in.Offset = offset
	return &in
}

func TestARecordPassesThroughTheRetryTopicsOfItsGroup(t *testing.T) {
	t.Parallel()
	begin := time.UnixMilli(1727260800123)
	own := pairs("a", "1", "concord.other", "")
	rec := &kafkaclient.Record{
		Topic: "t", Partition: 7, Offset: 1 << 40, Key: []byte("k"), Value: []byte("v"), Timestamp: time.UnixMilli(5),
		Headers: append(pairs("concord.retry.count", "9"), own...), // forged in the source: it does not count
	}
	first := retries.Parse(rec, "g", 12, begin)
	from := reroute.Origin{Topic: "t", Partition: 7, Offset: 1 << 40, Group: "g"}
	if d := cmp.Diff(reroute.Retried{Origin: from}, first); d != "" {
		t.Fatalf("of the source (-want +got):\n%s", d)
	}
	if topic, ok := retries.Next(first); topic != "t.soon" || !ok {
		t.Errorf("next is %s, %t", topic, ok)
	}
	out, ok := retries.Retry(rec, first, 2, 3, begin)
	want := &kafkaclient.Record{
		Topic: "t.soon", Partition: 7 % 3, LeaderEpoch: -1, Key: rec.Key, Value: rec.Value, Timestamp: rec.Timestamp,
		Headers: append(own[:2:2], pairs("concord.retry.topic", "t", "concord.retry.partition", "7", "concord.retry.offset", "1099511627776", "concord.retry.count", "1",
			"concord.retry.attempts", "2", "concord.retry.not-before", "1727260860123", "concord.retry.group", "g")...),
	}
	if d := cmp.Diff(want, out); !ok || d != "" {
		t.Errorf("%t (-want +got):\n%s", ok, d)
	}
	soon := retries.Parse(written(out, 3), "g", 3, begin)
	if d := cmp.Diff(reroute.Retried{Kind: reroute.Own, Origin: from, Count: 1, Attempts: 2, Due: begin.Add(time.Minute)}, soon); d != "" {
		t.Errorf("of the first retry topic (-want +got):\n%s", d)
	}
	if d := cmp.Diff(own, reroute.OwnHeaders(out.Headers)); d != "" {
		t.Errorf("own headers (-want +got):\n%s", d)
	}
	out, ok = retries.Retry(written(out, 3), soon, 3, 12, begin.Add(time.Minute))
	later := retries.Parse(written(out, 4), "g", 12, begin.Add(time.Minute))
	if d := cmp.Diff(reroute.Retried{Kind: reroute.Own, Origin: from, Count: 2, Attempts: 5, Due: begin.Add(time.Minute + time.Hour)}, later); !ok || out.Topic != "t.later" || d != "" {
		t.Errorf("of %s, %t (-want +got):\n%s", out.Topic, ok, d)
	}
	if out, ok := retries.Retry(written(out, 4), later, 1, 12, begin); ok {
		t.Errorf("there is one retry topic too many: %+v", out)
	}
}

func TestARecordIsNotDueBeforeItsTime(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1000).Add(time.Nanosecond)
	out, _ := retries.Retry(&kafkaclient.Record{}, reroute.Retried{Origin: origin}, 1, 1, at)
	if v := value(out.Headers, "concord.retry.not-before"); string(v) != "61001" {
		t.Errorf("due at %s", v)
	}
}

func TestHeadersOfARetryTopicAreNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	base := pairs("concord.retry.topic", "t", "concord.retry.partition", "7", "concord.retry.offset", "2", "concord.retry.count", "1",
		"concord.retry.attempts", "4", "concord.retry.not-before", "3", "concord.retry.group", "g")
	with := func(key, val string) []header {
		headers := append([]header(nil), base...)
		for i := range headers {
			if headers[i].Key == "concord.retry."+key {
				headers[i].Value = []byte(val)
			}
		}
		return headers
	}
	without := func(key string) (headers []header) {
		for _, h := range base {
			if h.Key != "concord.retry."+key {
				headers = append(headers, h)
			}
		}
		return headers
	}
	cases := map[string]struct {
		headers []header
		want    reroute.RetryKind
	}{
		"good":                           {base, reroute.Own},
		"one that is not known":          {append(base[:7:7], pairs("concord.retry.new", "x")...), reroute.Own},
		"of the last offset":             {with("offset", "9223372036854775807"), reroute.Own},
		"none":                           {nil, reroute.Plain},
		"of another topic":               {with("topic", "u"), reroute.Plain},
		"of the retry topic":             {with("topic", "t.soon"), reroute.Plain},
		"of the beginning of the topic":  {with("topic", "t.s"), reroute.Plain},
		"a negative partition":           {with("partition", "-1"), reroute.Plain},
		"another partition":              {with("partition", "8"), reroute.Plain},
		"a partition out of range":       {with("partition", "4294967303"), reroute.Plain},
		"a negative offset":              {with("offset", "-1"), reroute.Plain},
		"an offset too large":            {with("offset", "99999999999999999999"), reroute.Plain},
		"a count of zero":                {with("count", "0"), reroute.Plain},
		"the count of the next topic":    {with("count", "2"), reroute.Plain},
		"a huge count":                   {with("count", "9223372036854775807"), reroute.Plain},
		"a count that is no number":      {with("count", "one"), reroute.Plain},
		"negative attempts":              {with("attempts", "-4"), reroute.Plain},
		"attempts out of range":          {with("attempts", "2147483648"), reroute.Plain},
		"a time that is no number":       {with("not-before", "soon"), reroute.Plain},
		"a topic twice":                  {append(base[:7:7], pairs("concord.retry.topic", "t")...), reroute.Plain},
		"a timestamp that is no number":  {append(base[:7:7], pairs("concord.retry.timestamp", "x")...), reroute.Plain},
		"a timestamp that can be set":    {append(base[:7:7], pairs("concord.retry.timestamp", "5")...), reroute.Plain},
		"a timestamp that cannot be set": {append(base[:7:7], pairs("concord.retry.timestamp", "-5")...), reroute.Own},
		"another group":                  {with("group", "h"), reroute.Foreign},
		"a longer group":                 {with("group", "g2"), reroute.Foreign},
		"an empty group":                 {with("group", ""), reroute.Foreign},
		// The other group has other retry topics, and another name of the source with them.
		"a count of another group":             {append(with("count", "3")[:6:6], pairs("concord.retry.group", "h")...), reroute.Foreign},
		"another topic of another group":       {append(with("topic", "u")[:6:6], pairs("concord.retry.group", "h")...), reroute.Plain},
		"a malformed envelope of another one":  {append(with("offset", "x")[:6:6], pairs("concord.retry.group", "h")...), reroute.Plain},
		"an offset missing, of another group":  {append(without("offset")[:5:5], pairs("concord.retry.group", "h")...), reroute.Plain},
		"two groups, of which one is this one": {append(base[:7:7], pairs("concord.retry.group", "h")...), reroute.Plain},
	}
	for _, key := range []string{"topic", "partition", "offset", "count", "attempts", "not-before", "group"} {
		cases["no "+key] = struct {
			headers []header
			want    reroute.RetryKind
		}{without(key), reroute.Plain}
	}
	for name, c := range cases {
		rec := &kafkaclient.Record{Topic: "t.soon", Partition: 1, Offset: 50, Headers: c.headers}
		got := retries.Parse(rec, "g", 3, time.UnixMilli(100))
		if got.Kind != c.want {
			t.Errorf("%s: %+v, want %d", name, got, c.want)
		}
		if got.Kind == reroute.Plain {
			want := reroute.Retried{Kind: reroute.Plain, Origin: reroute.Origin{Topic: "t", Partition: 1, Offset: 50, Group: "g"}}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
		}
		if _, ok := retries.Next(got); ok != (c.want == reroute.Own) {
			t.Errorf("%s: goes on to a retry topic: %t", name, ok)
		}
	}
	rec := &kafkaclient.Record{Topic: "t.soon", Partition: 2, Headers: base}
	if got := retries.Parse(rec, "g", 0, now); got.Kind != reroute.Own {
		t.Errorf("with a number of partitions that is not known: %+v", got)
	}
}

func TestNobodyWaitsLongerThanTheDelay(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_000_000)
	out, _ := retries.Retry(&kafkaclient.Record{}, reroute.Retried{Origin: origin}, 1, 1, at)
	for _, c := range []struct {
		header string
		want   time.Time
	}{
		{"0", time.UnixMilli(0)}, {"1000001", time.UnixMilli(1_000_001)}, {"1060000", at.Add(time.Minute)}, {"1060001", at.Add(time.Minute)}, {"9223372036854775807", at.Add(time.Minute)},
	} {
		for i := range out.Headers {
			if out.Headers[i].Key == "concord.retry.not-before" {
				out.Headers[i].Value = []byte(c.header)
			}
		}
		if got := retries.Parse(written(out, 1), "billing", 1, at); got.Kind != reroute.Own || !got.Due.Equal(c.want) {
			t.Errorf("%s: %+v, want %v", c.header, got, c.want)
		}
	}
}

func TestATimestampComesBackFromARetryTopic(t *testing.T) {
	t.Parallel()
	rec := &kafkaclient.Record{Topic: "t", Timestamp: time.UnixMilli(1727260800123456)}
	out, _ := retries.Retry(rec, retries.Parse(rec, "g", 1, now), 1, 1, now)
	soon := retries.Parse(written(out, 1), "g", 1, now)
	if !out.Timestamp.IsZero() || !soon.Timestamp.Equal(rec.Timestamp) {
		t.Errorf("%v is written, %v read", out.Timestamp, soon.Timestamp)
	}
	out.Timestamp = now // as the client sets it
	out, _ = retries.Retry(written(out, 1), soon, 1, 1, now)
	if later := retries.Parse(written(out, 1), "g", 1, now); !out.Timestamp.IsZero() || !later.Timestamp.Equal(rec.Timestamp) {
		t.Errorf("in the second retry topic: %v is written, %v read", out.Timestamp, later.Timestamp)
	}
}

func TestAttemptsDoNotOverflow(t *testing.T) {
	t.Parallel()
	out, _ := retries.Retry(&kafkaclient.Record{}, reroute.Retried{Origin: origin, Attempts: math.MaxInt32}, math.MaxInt, 1, now)
	if got := retries.Parse(written(out, 1), "billing", 1, now); got.Kind != reroute.Own || got.Attempts != math.MaxInt32 {
		t.Errorf("%+v", got)
	}
}

func TestRetryTopicsThatWouldNotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		retries reroute.Retries
		sources []string
		want    string // in the error; empty: none
	}{
		"good":                       {retries, []string{"t", "^t.*"}, ""},
		"none":                       {nil, nil, "at least one"},
		"no suffix":                  {reroute.Retries{{}}, nil, "no suffix"},
		"a negative delay":           {reroute.Retries{{Suffix: ".a", Delay: -1}}, nil, "negative"},
		"the same suffix twice":      {reroute.Retries{{Suffix: ".a"}, {Suffix: ".a"}}, nil, "ends with"},
		"the end of another suffix":  {reroute.Retries{{Suffix: ".a"}, {Suffix: ".b.a"}}, nil, "ends with"},
		"and the other way round":    {reroute.Retries{{Suffix: ".b.a"}, {Suffix: ".a"}}, nil, "ends with"},
		"a suffix with a space":      {reroute.Retries{{Suffix: " a"}}, nil, "invalid topic name"},
		"a suffix with a slash":      {reroute.Retries{{Suffix: "/a"}}, nil, "invalid topic name"},
		"a suffix that is not ASCII": {reroute.Retries{{Suffix: ".später"}}, nil, "invalid topic name"},
		"the longest suffix":         {reroute.Retries{{Suffix: strings.Repeat("x", 248)}}, []string{"t"}, ""},
		"a suffix too long":          {reroute.Retries{{Suffix: strings.Repeat("x", 249)}}, nil, "invalid topic name"},
		"a source too long for it":   {retries, []string{strings.Repeat("t", 245)}, "invalid name"},
	} {
		err := c.retries.Check(c.sources...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if topic, ok := retries.Next(reroute.Retried{Origin: reroute.Origin{Topic: strings.Repeat("t", 245)}}); ok {
		t.Errorf("a record goes to %s", topic)
	}
}

func TestTheTopicsOfASubscription(t *testing.T) {
	t.Parallel()
	got := retries.Topics([]string{"t", "^u.*", "v.soon", "w", "t", "t.later"})
	want := []string{"t", "^u.*", "v.soon", "w", "t.later", "t.soon", "w.soon", "w.later"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for topic, want := range map[string]struct {
		source string
		index  int
		ok     bool
	}{"t.soon": {"t", 0, true}, "t.later": {"t", 1, true}, "t.soon.later": {"t.soon", 1, true}, "t": {}, ".soon": {}, "..soon": {}, "": {}, "t.sooner": {}} {
		if source, index, ok := retries.Source(topic); source != want.source || index != want.index || ok != want.ok {
			t.Errorf("%q is of %q, %d, %t", topic, source, index, ok)
		}
	}
	if got := (reroute.Retries)(nil).Topics([]string{"t"}); !cmp.Equal(got, []string{"t"}) {
		t.Errorf("without retry topics: %v", got)
	}
}

func TestRecordsThatWereNotRetriedCostNoAllocation(t *testing.T) {
	headers := pairs("a", "1", "b", "2")
	plain := &kafkaclient.Record{Topic: "t", Headers: headers}
	if n := testing.AllocsPerRun(100, func() {
		if len(reroute.OwnHeaders(headers)) != 2 {
			t.Error("headers are lost")
		}
		if retries.Parse(plain, "g", 1, now).Kind != reroute.Source {
			t.Error("it was retried")
		}
		if _, ok := reroute.ParseDeadLetter(headers); ok {
			t.Error("it is a dead letter")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	out, _ := retries.Retry(&kafkaclient.Record{Topic: "t", Headers: pairs("a", "1")}, reroute.Retried{Origin: reroute.Origin{Topic: "t", Partition: 4, Offset: 9, Group: "g"}}, 1, 3, now)
	f.Add(packed(out.Headers), "t.soon", "g", int32(1), int32(3))
	f.Add(packed(out.Headers), "t.soon", "h", int32(1), int32(3))
	f.Add([]byte(nil), "t.later", "", int32(0), int32(0))
	f.Fuzz(func(t *testing.T, data []byte, topic, group string, partition, partitions int32) {
		rec := &kafkaclient.Record{Topic: topic, Partition: partition, Offset: 77, Headers: unpacked(data)}
		got := retries.Parse(rec, group, partitions, now)
		source, index, is := retries.Source(topic)
		if (got.Kind == reroute.Source) == is {
			t.Fatalf("%q: %+v", topic, got)
		}
		next, more := retries.Next(got)
		switch got.Kind {
		case reroute.Own:
			if got.Origin.Topic != source || got.Origin.Group != group || got.Origin.Partition < 0 || got.Origin.Offset < 0 || got.Count != index+1 || got.Attempts < 0 || got.Due.After(now.Add(retries[index].Delay)) {
				t.Fatalf("%q: %+v", topic, got)
			}
		case reroute.Foreign, reroute.Plain:
			if more || got.Kind == reroute.Plain && got.Origin != (reroute.Origin{Topic: source, Partition: partition, Offset: 77, Group: group}) {
				t.Fatalf("%q: %+v, next %q", topic, got, next)
			}
		}
		out, ok := retries.Retry(rec, got, 1, 5, now)
		if ok != more {
			t.Fatalf("next %q %t, but %t: %+v", next, more, ok, out)
		}
		if !ok || got.Origin.Partition < 0 {
			return
		}
		again := retries.Parse(written(out, 1), group, 5, now)
		if again.Kind != reroute.Own || again.Origin != got.Origin || again.Count != got.Count+1 || again.Attempts != got.Attempts+1 {
			t.Fatalf("%+v, then %+v", got, again)
		}
	})
}
