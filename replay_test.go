//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

type bytesMessage = concord.Message[[]byte, []byte]

// buried dead-letters each of the values of t once, and leaves the consumer running.
func buried(t *testing.T, bootstrap string, values ...string) (*concord.Consumer[string, string], *running, *concord.Producer[[]byte, []byte]) {
	t.Helper()
	produce(t, bootstrap, "t", values...)
	p := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes(), kafka.ConfigMap{"linger.ms": 0})
	c := consumerWith(t, bootstrap, "g", concord.WithDeadLetters(p, concord.DeadLetterTopic("t.dead")))
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return concord.Permanent(errors.New("poison")) })
	})
	run.await("the dead letters", func() bool { return c.Stats().DeadLetters == uint64(len(values)) })
	return c, run, p
}

// Its consumer runs meanwhile, and dead-letters what is replayed again: that is not replayed, too.
func TestAReplayEndsThoughItsRecordsAreDeadLetteredAgain(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	c, run, p := buried(t, bootstrap, "a", "b")
	for round := range 2 {
		replayer := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes())
		done, err := concord.ReplayDeadLetters(testContext(t), replayer, p, []string{"t.dead"}, []string{"t"})
		if err != nil || done != (concord.Replay{Replayed: 2}) {
			t.Errorf("round %d: %+v, %v", round, done, err)
		}
		if err := replayer.Close(testContext(t)); err != nil {
			t.Fatal(err)
		}
		run.await("the same again", func() bool { return c.Stats().DeadLetters == uint64(2*(round+2)) })
	}
	// The third time the limit leaves both out.
	replayer := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes())
	done, err := concord.ReplayDeadLetters(testContext(t), replayer, p, []string{"t.dead"}, []string{"t"}, concord.ReplayLimit(2))
	if err != nil || done != (concord.Replay{Skipped: 2}) {
		t.Errorf("%+v, %v", done, err)
	}
	if err := run.end(); err != nil {
		t.Error(err)
	}
	var counts []int
	for _, m := range deadLetters(t, bootstrap, "t.dead") {
		d, ok := concord.ParseDeadLetter(m.Headers)
		if !ok || d.Origin.Topic != "t" {
			t.Errorf("%+v", d)
		}
		counts = append(counts, d.Replays)
	}
	slices.Sort(counts)
	if fmt.Sprint(counts) != "[0 0 1 1 2 2]" {
		t.Errorf("replays %v", counts)
	}
}

// Whoever may write to the dead-letter topic can name any topic in a header.
func TestAReplayWritesOnlyToWhereItIsAllowedTo(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead", "secret", "again")
	_, run, p := buried(t, bootstrap, "a", "b")
	if err := run.end(); err != nil {
		t.Fatal(err)
	}
	forged := bytesMessage{Topic: "t.dead", Value: []byte("forged"), Headers: []concord.Header{
		{Key: "__dlq.errors.topic", Value: []byte("secret")}, {Key: "__dlq.errors.partition", Value: []byte("0")}, {Key: "__dlq.errors.offset", Value: []byte("0")},
	}}
	if _, err := p.Produce(testContext(t), forged); err != nil {
		t.Fatal(err)
	}
	replay := func(group string, sources []string, opts ...concord.ReplayOption) (concord.Replay, error) {
		return concord.ReplayDeadLetters(testContext(t), newConsumer(t, bootstrap, group, concord.Bytes(), concord.Bytes()), p, []string{"t.dead"}, sources, opts...)
	}
	if _, err := replay("none", nil); err == nil {
		t.Error("a replay without sources is taken")
	}
	done, err := replay("other", []string{"elsewhere"})
	if err != nil || done != (concord.Replay{Skipped: 3}) {
		t.Errorf("of another source: %+v, %v", done, err)
	}
	done, err = replay("some", []string{"t"}, concord.ReplayTo(func(from concord.Origin) string { return "again" }),
		concord.ReplayOnly(func(d concord.DeadLetter, m *bytesMessage) bool {
			return d.Origin.Offset == 1 && string(m.Value) == "b"
		}))
	if err != nil || done != (concord.Replay{Replayed: 1, Skipped: 2}) {
		t.Errorf("of one of them: %+v, %v", done, err)
	}
	if low, high := watermarks(t, bootstrap, "secret"); low != high {
		t.Error("the forged one was written to the topic that it names")
	}
	if low, high := watermarks(t, bootstrap, "t"); high-low != 2 {
		t.Errorf("%d records in the source topic, want the first two", high-low)
	}
	found := deadLetters(t, bootstrap, "again")
	if len(found) != 1 || string(found[0].Value) != "b" {
		t.Fatalf("%d records where they were to go", len(found))
	}
	if _, dead := concord.ParseDeadLetter(found[0].Headers); dead {
		t.Error("a replayed record is a dead letter still")
	}
}

func TestAReplayThatEndsWithItsContextGoesOnLater(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead", "again")
	_, run, p := buried(t, bootstrap, "a", "b", "c")
	if err := run.end(); err != nil {
		t.Fatal(err)
	}
	to := concord.ReplayTo(func(concord.Origin) string { return "again" })
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	first := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes())
	n := 0
	done, err := concord.ReplayDeadLetters(ctx, first, p, []string{"t.dead"}, []string{"t"}, to, concord.ReplayOnly(func(concord.DeadLetter, *bytesMessage) bool {
		if n++; n == 2 {
			cancel()
		}
		return true
	}))
	if err != nil || done.Replayed < 1 || done.Replayed > 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := first.Close(testContext(t)); err != nil {
		t.Fatal(err)
	}
	rest, err := concord.ReplayDeadLetters(testContext(t), newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes()), p, []string{"t.dead"}, []string{"t"}, to)
	if err != nil || done.Replayed+rest.Replayed != 3 {
		t.Errorf("%+v, then %+v, %v", done, rest, err)
	}
}

func TestAReplayThatAnInterceptorsTimeoutEndsSaysSo(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t", "t.dead")
	_, run, p := buried(t, bootstrap, "a", "b")
	if err := run.end(); err != nil {
		t.Fatal(err)
	}
	expired := func(ctx context.Context, _ concord.Record, next func(context.Context) error) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return next(ctx)
	}
	replayer := newConsumer(t, bootstrap, "replay", concord.Bytes(), concord.Bytes(), concord.WithHandleInterceptor(expired))
	done, err := concord.ReplayDeadLetters(testContext(t), replayer, p, []string{"t.dead"}, []string{"t"})
	if err == nil || done.Replayed != 0 {
		t.Errorf("%+v, %v; want an error", done, err)
	}
}
