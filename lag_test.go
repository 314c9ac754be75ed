//go:build cgo

package concord_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/concord-go/concord"
)

// A batch of one worker is up to 64 records.
func TestHandledIsCountedAtOnce(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	var values []string
	for i := range 50 {
		values = append(values, fmt.Sprint(i))
	}
	produce(t, bootstrap, "t", values...)
	c := consumerWith(t, bootstrap, "g", concord.WithStopAtEnd())
	before := uint64(0)
	if err := c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error {
		if s := c.Stats(); s.Handled != before {
			t.Errorf("%d handlers have returned, Handled is %d", before, s.Handled)
		}
		before++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.Handled != 50 || s.InFlight != 0 {
		t.Errorf("%+v", s)
	}
}

// The last offset of each partition is a transaction's marker.
func TestTheLagOfATopicThatTransactionsWriteBecomesZero(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "out")
	fillNumbers(t, bootstrap, 30)
	c, p := newTransformer(t, bootstrap, "x")
	until(t, 30, c, func(ctx context.Context) error { return concord.Transform(ctx, c, p, []string{"t"}, copying) })
	reader := consumerWith(t, bootstrap, "r")
	run := inBackground(t, func(ctx context.Context) error {
		return reader.Run(ctx, []string{"out"}, func(context.Context, *texts) error { return nil })
	})
	run.await("no lag", func() bool {
		s := reader.Stats()
		for _, l := range s.Lag {
			if l.Records != 0 {
				return false
			}
		}
		return s.Handled >= 30 && len(s.Lag) == 3
	})
	if err := run.end(); err != nil {
		t.Error(err)
	}
}
