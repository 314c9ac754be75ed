//go:build cgo

package concord_test

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord"
)

// readAll is what a run that stops at the end handles, sorted.
func readAll(t *testing.T, c *concord.Consumer[string, string]) []string {
	t.Helper()
	var mu sync.Mutex
	var got []string
	err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m.Value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(got)
	return got
}

func TestAToolReadsToTheEndAndFromWhereItWants(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	began := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i := range 9 {
		partition := int32(i % 3)
		m := texts{Topic: "t", Key: "k", Value: fmt.Sprint(i), ToPartition: &partition, Timestamp: began.Add(time.Duration(i) * time.Minute)}
		if _, err := p.Produce(testContext(t), m); err != nil {
			t.Fatal(err)
		}
	}
	const all, late = "[0 1 2 3 4 5 6 7 8]", "[5 6 7 8]"
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != all {
		t.Errorf("a new group: %s", got)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[]" {
		t.Errorf("again, from what is committed: %s", got)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd(), concord.FromBeginning()))); got != all {
		t.Errorf("from the beginning: %s", got)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "h", concord.WithStopAtEnd(), concord.FromTime(began.Add(5*time.Minute))))); got != late {
		t.Errorf("from the sixth's time: %s", got)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "i", concord.WithStopAtEnd(), concord.FromTime(time.Now())))); got != "[]" {
		t.Errorf("from now: %s", got)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "j", concord.WithStopAtEnd(), concord.FromEnd()))); got != "[]" {
		t.Errorf("from the end: %s", got)
	}
}
