package concord

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestARecordInARetryTopicSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	own := []Header{{Key: "a", Value: []byte("1")}, {Key: "concord.other", Value: nil}}
	r := retried{from: Origin{Topic: "t", Partition: 7, Offset: 1 << 40}, times: 2, tries: 5, due: time.UnixMilli(1727260800123)}
	first := retried{from: r.from, times: 1, tries: 2, due: time.UnixMilli(1)}
	headers := retryHeaders(retryHeaders(own, first), r)
	want := append(own[:2:2],
		Header{Key: "concord.retry.topic", Value: []byte("t")}, Header{Key: "concord.retry.partition", Value: []byte("7")},
		Header{Key: "concord.retry.offset", Value: []byte("1099511627776")}, Header{Key: "concord.retry.count", Value: []byte("2")},
		Header{Key: "concord.retry.tries", Value: []byte("5")}, Header{Key: "concord.retry.not-before", Value: []byte("1727260800123")})
	if d := cmp.Diff(want, headers); d != "" {
		t.Errorf("headers (-want +got):\n%s", d)
	}
	got, ok := parseRetried(headers, "t")
	if d := cmp.Diff(r, got, cmp.AllowUnexported(retried{})); !ok || d != "" {
		t.Errorf("read back: %v (-want +got):\n%s", ok, d)
	}
	if d := cmp.Diff(own, withoutRetry(headers)); d != "" {
		t.Errorf("what it had before (-want +got):\n%s", d)
	}
}

func TestHeadersOfARetryTopicAreNotBelievedBlindly(t *testing.T) {
	t.Parallel()
	good := retryHeaders(nil, retried{from: Origin{Topic: "t", Partition: 1, Offset: 2}, times: 1, due: time.UnixMilli(3)})
	for name, change := range map[string]func([]Header) []Header{
		"none":                 func([]Header) []Header { return nil },
		"of another topic":     func(h []Header) []Header { h[0].Value = []byte("u"); return h },
		"a negative partition": func(h []Header) []Header { h[1].Value = []byte("-1"); return h },
		"no offset":            func(h []Header) []Header { return append(h[:2:2], h[3:]...) },
		"a count of zero":      func(h []Header) []Header { h[3].Value = []byte("0"); return h },
		"a count that is none": func(h []Header) []Header { h[3].Value = []byte("one"); return h },
		"an offset too large":  func(h []Header) []Header { h[2].Value = []byte("99999999999999999999"); return h },
	} {
		headers := make([]Header, len(good))
		copy(headers, good)
		if r, ok := parseRetried(change(headers), "t"); ok {
			t.Errorf("%s: taken as %+v", name, r)
		}
	}
	huge := append(good[:3:3], Header{Key: retryCountHeader, Value: []byte("9223372036854775807")})
	if r, ok := parseRetried(huge, "t"); !ok || r.times != 32767 {
		t.Errorf("a huge count: %+v, %v", r, ok)
	}
}
