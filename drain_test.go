//go:build cgo

package concord_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

// Nothing is at work while a record waits: a rebalance does not wait for it. The drain timeout is longer than the test's time.
func TestARecordThatOnlyWaitsDelaysNoRebalance(t *testing.T) {
	t.Parallel()
	for name, reason := range map[string]concord.PauseReason{"retry": concord.RetryPause, "recovery": concord.Outage, "retry topic": concord.NotYetDue, "dead letters": concord.DeadLettersUnavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t", "t.soon")
			p := newProducer(t, bootstrap, concord.String(), concord.String())
			for i := range int32(3) {
				if _, err := p.Produce(testContext(t), texts{Topic: "t", Key: "k", Value: "bad", ToPartition: &i}); err != nil {
					t.Fatal(err)
				}
			}
			away, awayBootstrap := newCluster(t, "dead")
			away.Close()
			dead := newProducer(t, awayBootstrap, concord.Bytes(), concord.Bytes())
			aside := newProducer(t, bootstrap, concord.Bytes(), concord.Bytes())
			action := map[string]concord.Action{"retry": concord.RetryRecord, "recovery": concord.AwaitRecovery, "retry topic": concord.ToRetryTopic, "dead letters": concord.ToDeadLetters}[name]
			start := func() (*concord.Consumer[string, string], *running) {
				opts := []concord.ConsumerOption{
					concord.WithPolicy(func(concord.Failure) concord.Action { return action }), concord.WithRetryPause(time.Hour, time.Hour), concord.WithDrainTimeout(10 * time.Minute),
				}
				switch action {
				case concord.ToDeadLetters:
					opts = append(opts, concord.WithDeadLetters(dead, concord.DeadLetterTopic("dead")))
				case concord.ToRetryTopic:
					opts = append(opts, concord.WithRetryTopics(aside, concord.RetryTopic{Suffix: ".soon", Delay: time.Hour}))
				}
				c := consumerWith(t, bootstrap, "g", opts...)
				return c, inBackground(t, func(ctx context.Context) error {
					return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return errors.New("not yet") })
				})
			}
			a, runA := start()
			runA.await("the records to wait", func() bool { return a.Stats().Paused[reason] > 0 })
			b, runB := start()
			began := time.Now()
			runB.await("the second to have partitions", func() bool { return b.Stats().Partitions > 0 })
			t.Logf("after %v", time.Since(began))
			if err := errors.Join(runA.end(), runB.end()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A static member's consumer is not closed between two runs. It would hold its group up until max.poll.interval.ms.
func TestAStaticMemberBetweenRunsTakesPartInRebalances(t *testing.T) {
	t.Parallel()
	_, bootstrap := newCluster(t, "t")
	fillNumbers(t, bootstrap, 30)
	start := func(name string) (*concord.Consumer[string, string], func() *running) {
		c := memberOf(t, bootstrap, "g", kafka.ConfigMap{
			"group.instance.id": name, "partition.assignment.strategy": "range", "session.timeout.ms": 6000, "max.poll.interval.ms": 600_000,
		})
		t.Cleanup(func() { closeNow(t, c) })
		return c, func() *running {
			return inBackground(t, func(ctx context.Context) error {
				return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error { return nil })
			})
		}
	}
	a, runOfA := start("a")
	run := runOfA()
	run.await("all records", func() bool { return a.Stats().Handled == 30 })
	if err := run.end(); err != nil {
		t.Fatal(err)
	}
	b, runOfB := start("b")
	run = runOfB()
	run.await("b to have partitions", func() bool { return b.Stats().Partitions > 0 })
	if n := b.Stats().Partitions; n == 3 {
		t.Error("a has lost its partitions, though it is a member still")
	}
	again := runOfA() // and goes on as a member
	again.await("a to have partitions", func() bool {
		return a.Stats().Partitions > 0 && a.Stats().Partitions+b.Stats().Partitions == 3
	})
	if err := errors.Join(run.end(), again.end()); err != nil {
		t.Error(err)
	}
}

func TestAHandlerThatFailsAfterItsRunIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("too late") },
		"panic": func() error { panic("too late") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bootstrap := newCluster(t, "t")
			produce(t, bootstrap, "t", "a")
			var book logBook
			c := consumerWith(t, bootstrap, "g", concord.WithDrainTimeout(0), book.option(slog.LevelInfo))
			release, atWork := make(chan struct{}), make(chan struct{})
			run := inBackground(t, func(ctx context.Context) error {
				return c.Run(ctx, []string{"t"}, func(context.Context, *texts) error {
					close(atWork)
					<-release
					return fail()
				})
			})
			<-atWork
			if err := run.end(); err == nil {
				t.Error("a run whose handler does not return says nothing of it")
			}
			close(release)
			await(t, testContext(t), "the count", func() bool { return c.Stats().Late == 1 })
			closeNow(t, c)
			found := append(book.lines(t, "a handler failed after its run had ended"), book.lines(t, "a handler panicked after its run had ended")...)
			if len(found) != 1 || found[0]["level"] != "ERROR" || found[0]["error"] == nil {
				t.Errorf("%d lines: %v", len(found), found)
			}
		})
	}
}

// The partition is lost and comes back while the handler of before is still at work.
func TestAPartitionHasOneHandlerAtATimeInOrder(t *testing.T) {
	t.Parallel()
	cluster, bootstrap := newCluster(t, "t")
	lose := loseMembership(cluster)
	produce(t, bootstrap, "t", "a", "b")
	c := memberOf(t, bootstrap, "g", nil)
	defer closeNow(t, c)
	release := make(chan struct{})
	var now, most, handled atomic.Int32
	run := inBackground(t, func(ctx context.Context) error {
		return c.Run(ctx, []string{"t"}, func(_ context.Context, m *texts) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			if handled.Add(1) == 1 {
				lose.Store(true)
				<-release
			}
			return nil
		})
	})
	run.await("the loss", func() bool { return c.Stats().Lost > 0 })
	lose.Store(false)
	run.await("the partition to wait", func() bool { return c.Stats().Paused[concord.EarlierHandler] == 1 })
	close(release)
	run.await("both records", func() bool { return handled.Load() >= 3 })
	if err := run.end(); err != nil || most.Load() != 1 {
		t.Errorf("%d handlers of one partition at once, %v", most.Load(), err)
	}
	if got := fmt.Sprint(readAll(t, consumerWith(t, bootstrap, "g", concord.WithStopAtEnd()))); got != "[]" {
		t.Errorf("not committed: %v", got)
	}
}
