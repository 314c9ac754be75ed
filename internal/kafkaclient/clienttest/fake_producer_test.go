package clienttest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

func to(topic string, partition int32, v string) *kafkaclient.Record {
	return &kafkaclient.Record{Topic: topic, Partition: partition, Value: []byte(v)}
}

func TestMessagesAreAcknowledgedInOrderAfterTheLatency(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{Latency: time.Second}, r)
		defer p.Close()
		for i := range 3 {
			must(t, p.Produce(to("t", 0, fmt.Sprint(i)), i))
		}
		must(t, p.Produce(to("t", 0, "anonymous"), nil))
		time.Sleep(time.Second - 1)
		want(t, "too early", r.take(), "")
		want(t, "without a result", p.Queued(), 4)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want(t, "results", r.take(), "0 0@0, 1 0@1, 2 0@2")
		want(t, "anonymous", r.acks, 1)
		want(t, "log", values(f.Records("t", 0)), "0 1 2 anonymous")
		want(t, "without a result", p.Queued(), 0)
	})
}

func TestQueueHasRoomAgainAfterTheResult(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		p := f.Producer(clienttest.ProducerConfig{Capacity: 1, Latency: time.Second}, &reporter{})
		defer p.Close()
		must(t, p.Produce(to("t", 0, "a"), nil))
		wantKind(t, p.Produce(to("t", 0, "b"), nil), kafkaclient.QueueFull)
		time.Sleep(time.Second)
		synctest.Wait()
		must(t, p.Produce(to("t", 0, "c"), nil))
	})
}

func TestLingeringMessagesAreSentByHurry(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{Linger: time.Minute, Latency: time.Second}, r)
		defer p.Close()
		must(t, p.Produce(to("t", 0, "a"), "a"))
		time.Sleep(10 * time.Second)
		want(t, "lingers", r.take(), "")
		p.Hurry()
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "hurried", r.take(), "a 0@0")
		must(t, p.Produce(to("t", 0, "b"), "b"))
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		want(t, "lingered", r.take(), "b 0@1")
	})
}

func TestOutageHoldsMessagesUntilItIsOverOrTheyTimeOut(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.CreateTopic("u", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{Timeout: time.Minute}, r)
		defer p.Close()
		f.TopicOutage("t", true)
		must(t, p.Produce(to("t", 0, "a"), "a"))
		must(t, p.Produce(to("u", 0, "b"), "b"))
		time.Sleep(30 * time.Second)
		want(t, "the other topic", r.take(), "b 0@0")
		must(t, p.Produce(to("t", 0, "c"), "c"))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		want(t, "timed out", r.take(), "a timed out")
		f.TopicOutage("t", false)
		synctest.Wait()
		want(t, "after", r.take(), "c 0@0")
		f.Outage(true)
		wantKind(t, p.Connection(), kafkaclient.Unreachable)
		must(t, p.Produce(to("u", 0, "d"), nil))
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "whole outage", r.take(), "failed timed out")
	})
}

func TestMessageOfATopicDoesNotOvertake(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.CreateTopic("u", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{}, r)
		defer p.Close()
		f.Delay(clienttest.OpDeliver, time.Minute)
		must(t, p.Produce(to("t", 0, "a"), "a"))
		synctest.Wait()
		f.Delay(clienttest.OpDeliver, 0)
		must(t, p.Produce(to("t", 0, "b"), "b"))
		must(t, p.Produce(to("u", 0, "c"), "c"))
		synctest.Wait()
		want(t, "of the other topic", r.take(), "c 0@0")
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "in order", r.take(), "a 0@0, b 0@1")
	})
}

func TestMessagesFailAsSet(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{}, r)
		defer p.Close()
		result := func(rec *kafkaclient.Record) string {
			t.Helper()
			must(t, p.Produce(rec, "m"))
			synctest.Wait()
			return r.take()
		}
		large := func(r *kafkaclient.Record) *kafkaclient.Error {
			if len(r.Value) > 3 {
				return clienttest.NewError(kafkaclient.MessageRefused)
			}
			return nil
		}
		f.Refuse(large)
		want(t, "refused", result(to("t", 0, "large")), "m message refused")
		want(t, "not refused", result(to("t", 0, "a")), "m 0@0")
		f.Refuse(nil)
		f.Reject(large)
		wantKind(t, p.Produce(to("t", 0, "large"), nil), kafkaclient.MessageRefused)
		f.Reject(nil)
		want(t, "unknown topic", result(to("none", 0, "a")), "m unknown topic")
		want(t, "no such partition", result(to("t", 1, "a")), "m message refused")
		f.FailNext(clienttest.OpDeliver, 1, clienttest.NewError(kafkaclient.TimedOut))
		f.FailNextApplied(clienttest.OpDeliver, 1, clienttest.NewError(kafkaclient.TimedOut))
		want(t, "fails", result(to("t", 0, "b")), "m timed out")
		want(t, "fails and is written", result(to("t", 0, "c")), "m timed out, maybe written")
		f.FailNext(clienttest.OpProduce, 1, clienttest.NewError(kafkaclient.QueueFull))
		wantKind(t, p.Produce(to("t", 0, "d"), nil), kafkaclient.QueueFull)
		want(t, "log", values(f.Records("t", 0)), "a c")
		f.Delay(clienttest.OpDeliver, time.Minute)
		want(t, "takes a minute", result(to("t", 0, "e")), "")
		time.Sleep(time.Minute)
		synctest.Wait()
		want(t, "took a minute", r.take(), "m 0@2")
	})
}

func TestPurgeGivesUpWhatHasNoResult(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{Latency: time.Minute}, r)
		defer p.Close()
		must(t, p.Produce(to("t", 0, "a"), "a"))
		must(t, p.Produce(to("t", 0, "b"), nil))
		p.Purge()
		synctest.Wait()
		want(t, "results", r.take(), "a purged, failed purged")
		time.Sleep(time.Hour)
		want(t, "log", len(f.Records("t", 0)), 0)
	})
}

func TestKeysChooseThePartitionAndOthersTakeTurns(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 3)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{}, r)
		defer p.Close()
		for range 3 {
			must(t, p.Produce(to("t", kafkaclient.AnyPartition, "x"), "x"))
			synctest.Wait()
		}
		want(t, "in turn", r.take(), "x 0@0, x 1@0, x 2@0")
		for range 2 {
			k := to("t", kafkaclient.AnyPartition, "y")
			k.Key = []byte("key")
			must(t, p.Produce(k, nil))
		}
		synctest.Wait()
		counts := map[int]int{}
		for i := range 3 {
			counts[len(f.Records("t", int32(i)))]++
		}
		want(t, "partitions with both of the key", counts[3], 1)
		n, err := p.Partitions(context.Background(), "t")
		must(t, err)
		want(t, "partitions", n, 3)
		_, err = p.Partitions(context.Background(), "none")
		wantKind(t, err, kafkaclient.UnknownTopic)
	})
}

func TestRecordIsCopiedBeforeProduceReturns(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		p := f.Producer(clienttest.ProducerConfig{Latency: time.Second}, &reporter{})
		defer p.Close()
		r := to("t", 0, "a")
		must(t, p.Produce(r, nil))
		r.Value[0] = 'x'
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, "log", values(f.Records("t", 0)), "a")
	})
}

func TestCloseCallsTheReporterNoMore(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		r := &reporter{}
		p := f.Producer(clienttest.ProducerConfig{Latency: time.Second}, r)
		must(t, p.Produce(to("t", 0, "a"), "a"))
		p.Close()
		time.Sleep(time.Minute)
		want(t, "results", r.take(), "")
		want(t, "log", len(f.Records("t", 0)), 0)
	})
}
