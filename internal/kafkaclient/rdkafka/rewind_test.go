//go:build cgo

package rdkafka_test

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/rdkafka"
)

func TestATopicThatIsMadeAnewWithAnEqualFirstRecordIsRead(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := startBroker(t)
	create := func() {
		t.Helper()
		if err := cluster.CreateTopic("t", 1, nil); err != nil {
			t.Fatal(err)
		}
	}
	put := func(values ...string) {
		t.Helper()
		cl := kgoClient(t, bootstrap)
		for i, v := range values {
			r := &kgo.Record{Topic: "t", Value: []byte(v), Timestamp: time.UnixMilli(1_727_260_800_000 + int64(i))}
			if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	create()
	put("header", "a1", "a2", "a3")
	c, err := makeConsumer(consumerSettings(bootstrap, "topic.metadata.refresh.interval.ms", "60000"), rdkafka.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Assign([]kafkaclient.Position{{TopicPartition: kafkaclient.TopicPartition{Topic: "t"}, LeaderEpoch: -1}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	rewound := 0
	take := func(f *kafkaclient.Fetch) {
		for _, b := range f.Batches {
			rewound += b.Rewound
			for i := range b.Records {
				got = append(got, string(b.Records[i].Value))
			}
		}
		f.Reset()
	}
	pollUntil(t, c, "the records", func(f *kafkaclient.Fetch) bool { take(f); return len(got) == 4 })
	if err := cluster.DeleteTopic("t"); err != nil {
		t.Fatal(err)
	}
	create()
	put("header", "b1") // the position is out of range, and auto.offset.reset=earliest goes back
	pollUntil(t, c, "the new topic", func(f *kafkaclient.Fetch) bool { take(f); return slices.Contains(got, "b1") })
	put("b2", "b3", "b4", "b5")
	pollUntil(t, c, "the rest", func(f *kafkaclient.Fetch) bool { take(f); return slices.Contains(got, "b5") })
	if want := []string{"header", "a1", "a2", "a3", "b1", "b2", "b3", "b4", "b5"}; !slices.Equal(got, want) || rewound != 1 {
		t.Errorf("%v, %d read again; want %v, and the equal first record read again", got, rewound, want)
	}
}
