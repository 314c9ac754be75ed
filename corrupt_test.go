//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// A client that goes on by itself reads the batch again and again, and its partition stands still.
func TestABatchThatCannotBeReadEndsTheRunAndNamesItsPartition(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	const gzip = 1
	produceRaw(t, kgoClient(t, bootstrap), "t", []byte("this is no gzip"), gzip, time.Now().UnixMilli())
	produce(t, bootstrap, "t", "c", "d")
	for round := range 2 { // and again, for nothing behind it is committed
		c := consumerWith(t, bootstrap, "g")
		var got []string
		err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
			got = append(got, fmt.Sprint(m.Value, "@", m.Offset))
			return nil
		})
		e, ok := errors.AsType[*concord.ConsumeError](err)
		if !ok || e.Doing != "consume" || e.Topic != "t" || e.Partition != 0 {
			t.Errorf("round %d: %v", round, err)
		}
		ke, ok := errors.AsType[*concord.KafkaError](err)
		if client, below := errors.AsType[kafka.Error](err); !ok || !below || ke.Code != int(client.Code()) || ke.Name == "" {
			t.Errorf("round %d: %v, want a KafkaError with that of the client below it", round, err)
		}
		if len(got) > 0 && fmt.Sprint(got) != "[a@0]" { // the error may come together with the record before it
			t.Errorf("round %d handled %v, want nothing behind the batch", round, got)
		}
		if s := c.Stats(); s.Corrupt != 1 {
			t.Errorf("round %d: %d corrupt batches", round, s.Corrupt)
		}
		if err := c.Close(testContext(t)); err != nil {
			t.Error(err)
		}
	}
	// A tool goes on behind it.
	c := consumerWith(t, bootstrap, "g", concord.FromOffset("t", 0, 2), concord.WithStopAtEnd())
	if got := fmt.Sprint(readAll(t, c)); got != "[c d]" {
		t.Errorf("behind it %v", got)
	}
}
