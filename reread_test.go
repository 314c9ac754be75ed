//go:build cgo

package concord

import (
	"hash/maphash"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

func TestRecordsThatAreReadAgainAreKnown(t *testing.T) {
	t.Parallel()
	type record struct {
		offset int64
		value  string
	}
	of := func(value string, offsets ...int64) (rs []record) {
		for _, o := range offsets {
			rs = append(rs, record{o, value})
		}
		return rs
	}
	for name, c := range map[string]struct {
		read []record
		want []int64 // those that are new
	}{
		"in order, with gaps":               {of("a", 5, 6, 9, 12), []int64{5, 6, 9, 12}},
		"back to the first":                 {of("a", 5, 6, 9, 5, 6, 9, 12), []int64{5, 6, 9, 12}},
		"back to the first twice":           {of("a", 0, 1, 0, 1, 2, 0, 1, 2, 3), []int64{0, 1, 2, 3}},
		"the first alone":                   {of("a", 0, 0, 1), []int64{0, 1}},
		"past where it was, with others":    {of("a", 0, 1, 0, 3), []int64{0, 1, 3}},
		"a topic that was made anew":        {append(of("a", 0, 1, 2), of("b", 0, 1, 2, 3)...), []int64{0, 1, 2, 0, 1, 2, 3}},
		"anew, and back to its first":       {append(of("a", 0, 1, 2), of("b", 0, 1, 0, 1, 2)...), []int64{0, 1, 2, 0, 1, 2}},
		"a log that was cut":                {append(of("a", 0, 1, 2, 3), of("b", 2, 3, 4)...), []int64{0, 1, 2, 3, 2, 3, 4}},
		"from the middle, as after cutting": {of("a", 0, 1, 2, 1, 2), []int64{0, 1, 2, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			seed := maphash.MakeSeed()
			r := reread{last: -1}
			var got []int64
			for _, rec := range c.read {
				m := &kafka.Message{TopicPartition: kafka.TopicPartition{Offset: kafka.Offset(rec.offset)}, Key: []byte("k"), Value: []byte(rec.value), Timestamp: time.Unix(1, rec.offset)}
				if !r.is(m, seed) {
					got = append(got, rec.offset)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("new are %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("new are %v, want %v", got, c.want)
				}
			}
		})
	}
}
