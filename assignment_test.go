//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// fillPartitions writes numbers to topic t, n to each partition: partition * 100 + offset.
func fillPartitions(t *testing.T, bootstrap string, n int) {
	t.Helper()
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	for i := range n {
		for partition := range int32(3) {
			if err := p.ProduceAsync(testContext(t), texts{Topic: "t", Value: fmt.Sprint(int(partition)*100 + i), ToPartition: &partition}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Flush(testContext(t)); err != nil {
		t.Fatal(err)
	}
}

func TestAConsumerReadsThePartitionsThatItIsGiven(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	fillPartitions(t, bootstrap, 3)
	read := func(opts ...concord.ConsumerOption) string {
		got := readAll(t, consumerWith(t, bootstrap, "g", append(opts, concord.WithStopAtEnd())...))
		slices.Sort(got)
		return fmt.Sprint(got)
	}
	if got := read(concord.WithManualAssignment(0, 2)); got != "[0 1 2 200 201 202]" {
		t.Errorf("partitions 0 and 2: %s", got)
	}
	if got := read(concord.WithManualAssignment(2, 1)); got != "[100 101 102]" {
		t.Errorf("partitions 2, which is committed, and 1: %s", got)
	}
	if got := read(concord.WithManualAssignment(0, 1), concord.FromOffset("t", 0, 1)); got != "[1 2]" {
		t.Errorf("partition 0 from its second record, and 1, which is committed: %s", got)
	}
	if got := read(concord.FromOffset("t", 1, 2), concord.FromBeginning()); got != "[0 1 102 2 200 201 202]" {
		t.Errorf("all from the beginning, but partition 1 from its last: %s", got)
	}
}

func TestAnAssignmentThatCannotBeIsSaid(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	for name, c := range map[string]struct {
		partitions []int32
		topic      string
	}{
		"a pattern": {[]int32{0}, "^t"}, "a partition that the topic has not": {[]int32{0, 7}, "t"},
	} {
		err := consumerWith(t, bootstrap, "g", concord.WithManualAssignment(c.partitions...)).Run(testContext(t), []string{c.topic}, func(context.Context, *texts) error { return nil })
		if _, ok := errors.AsType[*concord.ConsumeError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, option := range map[string]concord.ConsumerOption{
		"a negative offset": concord.FromOffset("t", 0, -5), "no partition": concord.WithManualAssignment(), "a negative partition": concord.WithManualAssignment(-1),
	} {
		_, err := concord.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest"}, concord.String(), concord.String(), quiet, option)
		if _, ok := errors.AsType[*concord.ConfigError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARunIsMovedWhereSeekSays(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	fillPartitions(t, bootstrap, 5)
	c := consumerWith(t, bootstrap, "g")
	if err := c.Seek(testContext(t), concord.FromBeginning()); !errors.Is(err, concord.ErrNotRunning) {
		t.Errorf("before a run: %v", err)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	var mu sync.Mutex
	times := make(map[string]int)
	seen := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			total := 0
			for _, k := range times {
				total += k
			}
			return total >= n
		}
	}
	ended := make(chan error)
	go func() {
		ended <- c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			mu.Lock()
			defer mu.Unlock()
			times[m.Value]++
			return nil
		})
	}()
	await := func(what string, ok func() bool) {
		for !ok() {
			if ctx.Err() != nil {
				t.Fatalf("%s: %v", what, times)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	await("all", seen(15))
	if err := c.Seek(ctx, concord.FromOffset("t", 9, 0)); err == nil {
		t.Error("a partition that is not assigned is sought")
	}
	if err := c.Seek(ctx, concord.FromOffset("t", 1, 3)); err != nil {
		t.Fatal(err)
	}
	await("two of them again", seen(17))
	if err := c.Seek(ctx, concord.FromBeginning()); err != nil {
		t.Fatal(err)
	}
	await("all again", seen(32))
	time.Sleep(50 * time.Millisecond) // and no more
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		value := i/5*100 + i%5
		want := 2
		if value == 103 || value == 104 {
			want = 3
		}
		if got := times[fmt.Sprint(value)]; got != want {
			t.Errorf("%d was handled %d times, want %d", value, got, want)
		}
	}
	// What it came to is committed.
	if got := readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd())); len(got) != 0 {
		t.Errorf("the next run reads %v", got)
	}
}
