//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

func TestEverythingOfARecordComesThrough(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	ctx := testContext(t)
	p := newProducer(t, bootstrap, concord.Int64(), concord.Bytes())
	at := time.UnixMilli(1727260800123)
	two := int32(2)
	headers := []concord.Header{{Key: "a", Value: []byte("1")}, {Key: "a", Value: nil}, {Key: "b", Value: []byte{}}}
	d, err := p.Produce(ctx, concord.Message[int64, []byte]{Topic: "t", Key: -7, Value: []byte("v"), Headers: headers, Timestamp: at, ToPartition: &two})
	if err != nil {
		t.Fatal(err)
	}
	if d.Topic != "t" || d.Partition != 2 || d.Offset != 0 || !d.Timestamp.Equal(at) {
		t.Fatalf("delivery %+v", d)
	}
	c := newConsumer(t, bootstrap, "g", concord.Int64(), concord.Bytes())
	for m, err := range c.Messages(ctx, "t") {
		if err != nil {
			t.Fatal(err)
		}
		want := &concord.Message[int64, []byte]{Topic: "t", Key: -7, Value: []byte("v"), Headers: headers, Timestamp: at, Partition: 2, Attempt: 1}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
		break
	}
}

func TestNullAndEmptyStayDifferent(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	ctx := testContext(t)
	p := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
	zero := int32(0)
	sent := []concord.Message[[]byte, []byte]{
		{Key: nil, Value: nil},
		{Key: []byte{}, Value: []byte{}},
		{Key: []byte("k"), Value: []byte("dropped"), Tombstone: true},
		{Key: []byte("dropped"), NullKey: true, Value: []byte("v")},
	}
	for _, m := range sent {
		m.Topic, m.ToPartition = "t", &zero
		if _, err := p.Produce(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	type seen struct {
		Key, Value         []byte
		NullKey, Tombstone bool
	}
	want := []seen{
		{nil, nil, true, true},
		{[]byte{}, []byte{}, false, false},
		{[]byte("k"), nil, false, true},
		{nil, []byte("v"), true, false},
	}
	c := newConsumer(t, bootstrap, "g", concord.Bytes(), concord.Bytes())
	var got []seen
	for m, err := range c.Messages(ctx, "t") {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, seen{m.Key, m.Value, m.NullKey, m.Tombstone}); len(got) == len(want) {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// failing reads strings, and refuses one of them.
type failing struct{ at string }

func (f failing) Deserialize(ctx context.Context, field serde.Field, data serde.Data, v *string) (serde.Info, error) {
	if string(data.Bytes) == f.at {
		return serde.Info{SchemaID: 42}, serde.Truncated
	}
	return concord.String().Deserialize(ctx, field, data, v)
}

func TestABadRecordStopsTheRunAndIsNotPassed(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "bad", "c")
	for range 2 { // the second run begins with the bad record again
		c := newConsumer(t, bootstrap, "g", concord.String(), failing{"bad"})
		var got []string
		err := c.Run(testContext(t), []string{"t"}, func(_ context.Context, m *texts) error {
			got = append(got, m.Value)
			return nil
		})
		var re *concord.RecordError
		if !errors.As(err, &re) || !errors.Is(err, serde.Truncated) {
			t.Fatalf("got %v, want a RecordError of class truncated", err)
		}
		want := concord.RecordError{Topic: "t", Partition: 0, Offset: 2, Stage: concord.ReadingValue, SchemaID: 42, Err: serde.Truncated}
		if *re != want {
			t.Fatalf("got %+v, want %+v", *re, want)
		}
		if err := c.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
	}
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	var got []string
	for m, err := range c.Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, m.Value); len(got) == 2 {
			break
		}
	}
	if !slices.Equal(got, []string{"bad", "c"}) {
		t.Fatalf("after the fix the group read %q, want to go on with the bad record", got)
	}
}

func TestAHandlersErrorStopsTheRun(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "c")
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	boom := errors.New("no room in the database")
	var handled []string
	run := func(fail string) error {
		ctx, cancel := context.WithCancel(testContext(t))
		defer cancel()
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			if m.Value == fail {
				return boom
			}
			handled = append(handled, m.Value)
			if m.Value == "c" {
				cancel()
			}
			return nil
		})
	}
	err := run("b")
	var re *concord.RecordError
	if !errors.As(err, &re) || !errors.Is(err, boom) || re.Stage != concord.Handling || re.Offset != 1 {
		t.Fatalf("got %v", err)
	}
	if err := run(""); err != nil { // the same consumer goes on where it stopped
		t.Fatal(err)
	}
	if !slices.Equal(handled, []string{"a", "b", "c"}) {
		t.Fatalf("handled %q, want each once and in order", handled)
	}
}

func TestWhatWasHandledIsCommittedWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "c")
	ctx, cancel := context.WithCancel(testContext(t))
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	err := c.Run(ctx, []string{"t"}, func(hctx context.Context, m *texts) error {
		if m.Value == "b" {
			cancel() // in the middle of a record, which may be finished
			time.Sleep(10 * time.Millisecond)
			return hctx.Err()
		}
		return nil
	})
	if err != nil {
		t.Fatalf("a run that was asked to end returned %v", err)
	}
	next := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	for m, err := range next.Messages(testContext(t), "t") {
		if err != nil {
			t.Fatal(err)
		}
		if m.Value != "c" {
			t.Fatalf("the next member began with %q, want c", m.Value)
		}
		break
	}
}

func TestTheRecordAtWhichALoopIsLeftComesAgain(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a", "b", "c")
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	var got []string
	for range 2 {
		for m, err := range c.Messages(testContext(t), "t") {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, m.Value); m.Value == "b" {
				break
			}
		}
	}
	if !slices.Equal(got, []string{"a", "b", "b"}) {
		t.Fatalf("got %q", got)
	}
}

// Records are produced until both members have had some, so that partitions moved
// while records were under way.
func TestARebalanceLosesNothing(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	p := newProducer(t, bootstrap, concord.String(), concord.String())
	type read struct {
		member int
		value  string
	}
	values, done := make(chan read, 1000), make(chan error, 2)
	member := func(k int) {
		c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
		go func() {
			done <- c.Run(ctx, []string{"t"}, func(ctx context.Context, m *texts) error {
				select {
				case values <- read{k, m.Value}:
				case <-ctx.Done():
				}
				return nil
			})
		}()
	}
	member(0)
	seen, had, produced := make(map[string]int), [2]int{}, 0
	for joined := false; had[1] < 20 || len(seen) < produced; {
		if had[1] < 20 && produced-len(seen) < 100 {
			if err := p.ProduceAsync(ctx, texts{Topic: "t", Key: fmt.Sprint(produced), Value: fmt.Sprint(produced)}, nil); err != nil {
				t.Fatal(err)
			}
			produced++
		}
		select {
		case r := <-values:
			seen[r.value]++
			had[r.member]++
		case err := <-done:
			t.Fatalf("a member ended with %v", err)
		case <-ctx.Done():
			t.Fatalf("%d of %d values; the members had %d and %d", len(seen), produced, had[0], had[1])
		case <-time.After(10 * time.Millisecond):
		}
		if !joined && len(seen) >= 20 {
			joined = true
			member(1)
		}
	}
	cancel()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestOneRunAtATimeAndNoneAfterClose(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	c := newConsumer(t, bootstrap, "g", concord.String(), concord.String())
	nothing := func(context.Context, *texts) error { return nil }
	ran := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		ran <- c.Run(testContext(t), []string{"t"}, func(context.Context, *texts) error {
			close(started)
			return nil
		})
	}()
	<-started
	if err := c.Run(testContext(t), []string{"t"}, nothing); !errors.Is(err, concord.ErrRunning) {
		t.Errorf("a second run: %v", err)
	}
	if err := c.Close(testContext(t)); err != nil {
		t.Error(err)
	}
	if err := <-ran; err != nil {
		t.Errorf("a run that Close ended returned %v", err)
	}
	if err := c.Run(testContext(t), []string{"t"}, nothing); !errors.Is(err, concord.ErrClosed) {
		t.Errorf("a run after Close: %v", err)
	}
}

func TestAnUnknownTopicIsSaid(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	c := consumerWith(t, bootstrap, "g", concord.WithMissingTopics(concord.Fail))
	err := c.Run(testContext(t), []string{"nowhere"}, func(context.Context, *texts) error { return nil })
	var ce *concord.ConsumeError
	if !errors.As(err, &ce) {
		t.Fatalf("got %v, want a ConsumeError", err)
	}
}

func TestASessionTimeoutThatTheBrokerRefusesIsSaid(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest", "session.timeout.ms": 100, "heartbeat.interval.ms": 50,
	}, concord.String(), concord.String(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(testContext(t))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
	var ke kafka.Error
	if !errors.As(err, &ke) || ke.Code() != kafka.ErrInvalidSessionTimeout {
		t.Fatalf("got %v", err)
	}
}

func TestARunEndsThoughNoBrokerAnswers(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	produce(t, bootstrap, "t", "a")
	c, err := concord.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "g", "auto.offset.reset": "earliest", "auto.commit.interval.ms": 60000,
	}, concord.String(), concord.String(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	ended := make(chan error, 1)
	go func() {
		ended <- c.Run(ctx, []string{"t"}, func(context.Context, *texts) error {
			cluster.Close()
			cancel()
			return nil
		})
	}()
	select {
	case err := <-ended:
		var ce *concord.ConsumeError
		if !errors.As(err, &ce) || ce.Doing != "commit" {
			t.Errorf("got %v, want it said that the record may be read again", err)
		}
	case <-time.After(30 * time.Second): // librdkafka alone waits for the best part of a minute
		t.Error("it still runs")
	}
	closing, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	if err := c.Close(closing); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close, which cannot be done yet, says %v", err)
	}
}
