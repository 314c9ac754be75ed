package reroute_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/reroute"
)

func TestAReplayIsCountedThroughDeadLetters(t *testing.T) {
	t.Parallel()
	rec := &kafkaclient.Record{Key: nil, Value: []byte("v"), Headers: pairs("a", "1"), Timestamp: time.UnixMilli(7)}
	from := origin
	for n := 1; n <= 3; n++ {
		dead := reroute.DeadLetter(profiles[n-1], rec, from, reroute.Reason{}, now, 4, "dead")
		d, ok := reroute.ParseDeadLetter(dead.Headers)
		if !ok || d.Replays != n-1 {
			t.Fatalf("dead letter %d: %t, %+v", n, ok, d)
		}
		out, ok := reroute.Replayed(dead, d, "orders")
		want := &kafkaclient.Record{
			Topic: "orders", Partition: 258, LeaderEpoch: -1, Value: []byte("v"), Timestamp: time.UnixMilli(7),
			Headers: pairs("a", "1", "concord.replay.count", string(rune('0'+n)), "concord.replay.topic", "orders", "concord.replay.partition", "258", "concord.replay.offset", "1099511627783"),
		}
		if diff := cmp.Diff(want, out); !ok || diff != "" {
			t.Fatalf("replay %d: %t (-want +got):\n%s", n, ok, diff)
		}
		rec, from.Offset = out, from.Offset+1000 // it is behind the others now
	}
}

func TestAReplayKeepsItsPartitionOnlyWithoutAKeyAndInItsTopic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  []byte
		to   string
		want int32
	}{
		{nil, "orders", 258}, {[]byte{}, "orders", kafkaclient.AnyPartition}, {[]byte("k"), "orders", kafkaclient.AnyPartition}, {nil, "orders-repair", kafkaclient.AnyPartition},
	} {
		if out, ok := reroute.Replayed(&kafkaclient.Record{Key: c.key}, reroute.DeadLettered{Origin: origin}, c.to); !ok || out.Partition != c.want || out.Topic != c.to {
			t.Errorf("key %q to %s: %+v", c.key, c.to, out)
		}
	}
}

func TestAReferenceIsNotReplayed(t *testing.T) {
	t.Parallel()
	whole := reroute.DeadLetter(reroute.Kafka, &kafkaclient.Record{Key: []byte("k"), Value: []byte("v"), Headers: pairs("a", "1")}, origin, reroute.Reason{}, now, 1, "dead")
	for to, want := range map[reroute.Reduction]bool{reroute.Whole: true, reroute.WithoutHeaders: true, reroute.Reference: false} {
		dead := reroute.Reduce(whole, to)
		d, _ := reroute.ParseDeadLetter(dead.Headers)
		if out, ok := reroute.Replayed(dead, d, "orders"); ok != want || d.Dropped != to {
			t.Errorf("%s (%s): %t, %+v", to, d.Dropped, ok, out)
		}
	}
}

func TestForgedCountsOfReplaysDoNotHideOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers []header
		want    int
	}{
		"none":          {nil, 0},
		"no number":     {pairs("concord.replay.count", "x"), 0},
		"negative":      {pairs("concord.replay.count", "-1"), 0},
		"several":       {pairs("concord.replay.count", "2", "concord.replay.count", "5", "concord.replay.count", "0", "concord.replay.count", ""), 5},
		"a huge number": {pairs("concord.replay.count", "9223372036854775807"), 1<<31 - 1},
	} {
		dead := reroute.DeadLetter(reroute.Kafka, &kafkaclient.Record{Headers: c.headers}, origin, reroute.Reason{}, now, 1, "dead")
		d, ok := reroute.ParseDeadLetter(dead.Headers)
		if !ok || d.Replays != c.want {
			t.Errorf("%s: %t, %d", name, ok, d.Replays)
		}
		out, ok := reroute.Replayed(dead, d, "orders")
		if back, _ := reroute.ParseDeadLetter(reroute.DeadLetter(reroute.Kafka, out, origin, reroute.Reason{}, now, 1, "dead").Headers); !ok || int64(back.Replays) != min(int64(c.want)+1, 1<<31-1) {
			t.Errorf("%s: %d after a replay", name, back.Replays)
		}
	}
}
