package clienttest_test

import (
	"context"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

var t0 = tp{Topic: "t"}

func TestFetchBeginsWhereItIsToldElseAtTheCommittedOffsetElseWhereResetSays(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, value("a"), value("b"), value("c"))
		read := func(cfg clienttest.ConsumerConfig, start ...kafkaclient.Position) string {
			n := &node{FakeConsumer: f.Consumer(cfg), start: start}
			must(t, n.Subscribe([]string{"t"}, n))
			defer func() { must(t, n.Close()) }()
			return n.poll(0)
		}
		want(t, "earliest", read(clienttest.ConsumerConfig{Group: "g"}), "t0: 0 1 2, end t0@3")
		want(t, "latest", read(clienttest.ConsumerConfig{Group: "g", Reset: clienttest.ResetLatest}), "end t0@3")
		want(t, "none", read(clienttest.ConsumerConfig{Group: "g", Reset: clienttest.ResetNone}), "error t0: no offset")
		f.SetCommitted("g", clienttest.At("t", 0, 1))
		want(t, "committed", read(clienttest.ConsumerConfig{Group: "g", Reset: clienttest.ResetNone}), "t0: 1 2, end t0@3")
		want(t, "told", read(clienttest.ConsumerConfig{Group: "g"}, clienttest.At("t", 0, 2)), "t0: 2, end t0@3")
		want(t, "told -1", read(clienttest.ConsumerConfig{Group: "g"}, clienttest.At("t", 0, -1)), "t0: 1 2, end t0@3")
	})
}

func TestManualAssignmentReadsAndCommitsWithoutMembership(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		f.Append("t", 0, value("a"), value("b"))
		n := &node{FakeConsumer: f.Consumer(clienttest.ConsumerConfig{Group: "g"})}
		must(t, n.Assign([]kafkaclient.Position{clienttest.At("t", 0, 1)}))
		want(t, "records", n.poll(0), "t0: 1, end t0@2")
		must(t, n.Commit(context.Background(), []kafkaclient.Position{clienttest.At("t", 0, 2)}))
		at, err := n.Committed(context.Background(), []tp{t0, {Topic: "t", Partition: 1}})
		must(t, err)
		want(t, "committed", at[0].Offset, 2)
		want(t, "not committed", at[1].Offset, -1)
		if _, member, err := n.GroupMetadata(); member || err != nil {
			t.Errorf("member %v, error %v", member, err)
		}
		want(t, "members", len(f.Assignment("g")), 0)
		must(t, n.Leave(time.Second))
		f.Append("t", 0, value("c"))
		want(t, "records after Leave", n.poll(time.Second), "")
	})
}

func TestEndsComeOnceEachTimeAndBehindControlRecords(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		if _, ok := n.End(t0); ok {
			t.Error("the end is known before a fetch")
		}
		want(t, "empty", n.poll(0), "end t0@0")
		want(t, "again", n.poll(time.Second), "")
		f.AppendControl("t", 0, 2)
		want(t, "control records", n.poll(0), "end t0@2")
		f.Append("t", 0, value("a"))
		f.AppendControl("t", 0, 1)
		want(t, "record and control record", n.poll(0), "t0: 2, end t0@4")
		if end, ok := n.End(t0); !ok || end != 4 {
			t.Errorf("End is %d, %v", end, ok)
		}
		must(t, n.Seek([]kafkaclient.Position{clienttest.At("t", 0, 4)}))
		want(t, "after Seek", n.poll(0), "end t0@4")
		must(t, n.Resume([]tp{t0}))
		want(t, "after Resume of what was not paused", n.poll(0), "")
		must(t, n.Pause([]tp{t0}))
		must(t, n.Resume([]tp{t0}))
		want(t, "after Resume", n.poll(0), "end t0@4")
	})
}

func TestPollWaitsForRecordsAndNoLonger(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		n.poll(0)
		begin := time.Now()
		n.poll(0)
		want(t, "Poll(0)", time.Since(begin), 0)
		n.poll(time.Minute)
		want(t, "Poll(1m)", time.Since(begin), time.Minute)
		time.AfterFunc(7*time.Second, func() { f.Append("t", 0, value("a")) })
		want(t, "records", n.poll(time.Hour), "t0: 0, end t0@1")
		want(t, "woken after", time.Since(begin), time.Minute+7*time.Second)
		time.AfterFunc(time.Second, func() {
			n.Inject(kafkaclient.FetchError{Err: clienttest.NewError(kafkaclient.Denied)})
		})
		want(t, "error", n.poll(time.Hour), "error 0: denied")
	})
}

func TestBatchesHaveTheSizesThatAreSet(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		f.Append("t", 0, value("a"), value("b"), value("c"))
		f.Append("t", 1, value("d"))
		sizes := []int{1, 2}
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", MaxBatches: 1, Sizes: func() int {
			size := sizes[0]
			sizes = append(sizes[1:], size)
			return size
		}}, "t")
		want(t, "first", n.poll(0), "t0: 0")
		want(t, "second", n.poll(0), "t1: 0, end t1@1")
		want(t, "third", n.poll(0), "t0: 1")
		want(t, "fourth", n.poll(0), "t0: 2, end t0@3")
		want(t, "values", values(n.records), "a d b c")
	})
}

func TestPausedPartitionsBringNothingButALateBatch(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		bubble(t, func(t *testing.T, f *clienttest.Fake) {
			f.CreateTopic("t", 1)
			f.Append("t", 0, value("a"), value("b"), value("c"))
			n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", BatchMax: 1, LatePause: late}, "t")
			want(t, "before", n.poll(0), "t0: 0")
			must(t, n.Pause([]tp{t0}))
			want(t, "Paused", n.Paused(t0), true)
			next := "t0: 1"
			if late {
				want(t, "late batch", n.poll(time.Second), "t0: 1")
				next = "t0: 2, end t0@3"
				want(t, "after the late batch", n.poll(time.Second), "")
			}
			must(t, n.Pause([]tp{t0})) // again: nothing more is late
			want(t, "paused", n.poll(time.Second), "")
			must(t, n.Resume([]tp{t0}))
			want(t, "resumed", n.poll(0), next)
			must(t, n.Pause([]tp{t0}))
			must(t, n.Seek([]kafkaclient.Position{clienttest.At("t", 0, 0)}))
			want(t, "no late batch after Seek", n.poll(time.Second), "")
			must(t, n.Resume([]tp{t0}))
			want(t, "sought", n.poll(0), "t0: 0")
		})
	}
}

func TestRecordsFirstBringsRecordsOfWhatIsRevoked(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, value("a"), value("b"))
		c := f.Consumer(clienttest.ConsumerConfig{Group: "g", RecordsFirst: true, BatchMax: 1})
		n := &node{FakeConsumer: c}
		c.Script(clienttest.Assign(t0))
		must(t, c.Subscribe([]string{"t"}, n))
		want(t, "first", n.poll(0), "t0: 0")
		c.Script(clienttest.Revoke(t0))
		want(t, "with the callback", n.poll(0), "t0: 1, end t0@2")
		want(t, "events", n.take(), "assigned[t0] revoked[t0]")
	})
}

func TestCorruptRecordHoldsThePartition(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, value("a"), value("b"), value("c"))
		f.Corrupt(t0, 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		want(t, "up to it", n.poll(0), "t0: 0, error t0: corrupt")
		begin := time.Now()
		want(t, "at it", n.poll(time.Hour), "error t0: corrupt")
		want(t, "after", time.Since(begin), 500*time.Millisecond)
		f.Outage(true)
		want(t, "in an outage", n.poll(time.Minute), "")
		f.Outage(false)
		must(t, n.Seek([]kafkaclient.Position{clienttest.At("t", 0, 2)}))
		want(t, "behind it", n.poll(0), "t0: 2, end t0@3")
		f.Repair(t0, 1)
		must(t, n.Seek([]kafkaclient.Position{clienttest.At("t", 0, 1)}))
		want(t, "repaired", n.poll(0), "t0: 1 2, end t0@3")
	})
}

func TestPositionOutsideTheLogIsReset(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, value("a"), value("b"), value("c"))
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		strict := subscribe(t, f, clienttest.ConsumerConfig{Group: "h", Reset: clienttest.ResetNone}, "t")
		n.poll(0)
		f.SetCommitted("h", clienttest.At("t", 0, 3))
		strict.poll(0)
		f.Truncate("t", 0, 1)
		f.Append("t", 0, value("B"))
		want(t, "cut and grown", n.poll(0), "t0: 0 1, end t0@2")
		want(t, "values", values(n.records), "a b c a B")
		want(t, "leader epoch", n.records[4].LeaderEpoch, 1)
		want(t, "without reset", strict.poll(0), "error t0: out of range")
		want(t, "and then", strict.poll(time.Minute), "")
		f.Recreate("t", 1)
		f.Append("t", 0, value("x"))
		want(t, "made anew", n.poll(0), "t0: 0, end t0@1")
		f.DeleteBefore("t", 0, 1)
		f.Append("t", 0, value("y"))
		must(t, n.Seek([]kafkaclient.Position{clienttest.At("t", 0, 0)}))
		want(t, "after retention", n.poll(0), "t0: 1, end t0@2")
	})
}

func TestListOffsetsFindsBeginEndAndTime(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		begin := time.Now()
		f.Append("t", 0, value("a"), value("b"))
		f.DeleteBefore("t", 0, 1)
		time.Sleep(time.Second)
		f.Append("t", 0, value("c"))
		c := f.Consumer(clienttest.ConsumerConfig{Group: "g"})
		find := func(p kafkaclient.Place) int64 {
			at, err := c.ListOffsets(context.Background(), []tp{t0}, p)
			must(t, err)
			return at[0].Offset
		}
		want(t, "begin", find(kafkaclient.Place{}), 1)
		want(t, "end", find(kafkaclient.Place{End: true}), 3)
		want(t, "time", find(kafkaclient.Place{Time: begin.Add(time.Millisecond)}), 2)
		want(t, "later", find(kafkaclient.Place{Time: begin.Add(time.Hour)}), 3)
		_, err := c.ListOffsets(context.Background(), []tp{{Topic: "none"}}, kafkaclient.Place{})
		wantKind(t, err, kafkaclient.UnknownTopic)
	})
}

func TestRecordsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.Append("t", 0, kafkaclient.Record{Key: []byte("k"), Value: []byte("v"), Headers: []kafkaclient.Header{{Key: "h", Value: []byte("w")}}})
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		n.poll(0)
		r := n.records[0]
		r.Key[0], r.Value[0], r.Headers[0].Value[0], r.Headers[0].Key = 'x', 'x', 'x', "x"
		kept := f.Records("t", 0)[0]
		want(t, "kept", string(kept.Key)+string(kept.Value)+kept.Headers[0].Key+string(kept.Headers[0].Value), "kvhw")
	})
}

func TestRequestsWaitForTheEndOfAnOutageOrOfTheirContext(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		n.poll(0)
		must(t, n.Connection())
		f.Outage(true)
		wantKind(t, n.Connection(), kafkaclient.Unreachable)
		f.Append("t", 0, value("a"))
		want(t, "records", n.poll(time.Second), "")
		at := []kafkaclient.Position{clienttest.At("t", 0, 1)}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		begin := time.Now()
		wantKind(t, n.Commit(ctx, at), kafkaclient.TimedOut)
		want(t, "waited", time.Since(begin), time.Second)
		time.AfterFunc(time.Minute, func() { f.Outage(false) })
		must(t, n.Commit(context.Background(), at))
		want(t, "waited", time.Since(begin), time.Minute+time.Second)
		want(t, "records", n.poll(0), "t0: 0, end t0@1")
		f.TopicOutage("t", true)
		f.Append("t", 0, value("b"))
		want(t, "records of the topic", n.poll(time.Second), "")
		must(t, n.Commit(context.Background(), at))
	})
}

func TestOperationsFailAndTakeTimeAsSet(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		ctx := context.Background()
		c := f.Consumer(clienttest.ConsumerConfig{Group: "g"})
		n := &node{FakeConsumer: c}
		denied := clienttest.NewError(kafkaclient.Denied)
		at := []kafkaclient.Position{clienttest.At("t", 0, 0)}
		once := func(op clienttest.Op, call func() error) {
			t.Helper()
			f.FailNext(op, 1, denied)
			begin := time.Now()
			f.Delay(op, time.Second)
			wantKind(t, call(), kafkaclient.Denied)
			want(t, string(op)+" takes", time.Since(begin), time.Second)
			f.Delay(op, 0)
			if err := call(); err != nil {
				t.Errorf("second %s: %v", op, err)
			}
		}
		once(clienttest.OpSubscribe, func() error { return n.Subscribe([]string{"t"}, n) })
		n.poll(0)
		once(clienttest.OpCommit, func() error { return n.Commit(ctx, at) })
		once(clienttest.OpCommitted, func() error { _, err := n.Committed(ctx, []tp{t0}); return err })
		once(clienttest.OpListOffsets, func() error { _, err := n.ListOffsets(ctx, []tp{t0}, kafkaclient.Place{}); return err })
		once(clienttest.OpPause, func() error { return n.Pause([]tp{t0}) })
		once(clienttest.OpResume, func() error { return n.Resume([]tp{t0}) })
		once(clienttest.OpSeek, func() error { return n.Seek(at) })
		once(clienttest.OpGroupMetadata, func() error { _, _, err := n.GroupMetadata(); return err })
		once(clienttest.OpLeave, func() error { return n.Leave(time.Hour) })
		once(clienttest.OpAssign, func() error { return n.Assign(at) })
		want(t, "commits", len(f.CommitLog("g")), 1)
		f.SucceedNext(clienttest.OpCommit, 1)
		f.FailNextApplied(clienttest.OpCommit, 1, clienttest.NewError(kafkaclient.TimedOut))
		must(t, n.Commit(ctx, at))
		wantKind(t, n.Commit(ctx, at), kafkaclient.TimedOut)
		want(t, "commits with the one whose answer was lost", len(f.CommitLog("g")), 3)
	})
}

func TestUnknownTopicIsReportedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t", "^u")
		want(t, "subscribed", n.poll(0), "error 0: unknown topic")
		want(t, "again", n.poll(time.Second), "")
		f.CreateTopic("t", 1)
		want(t, "created", n.poll(0), "end t0@0")
		m := &node{FakeConsumer: f.Consumer(clienttest.ConsumerConfig{})}
		must(t, m.Assign([]kafkaclient.Position{clienttest.At("v", 2, 0)}))
		want(t, "assigned", m.poll(0), "error v2: unknown topic")
		want(t, "again", m.poll(time.Second), "")
		f.CreateTopic("v", 3)
		want(t, "created", m.poll(0), "end v2@0")
	})
}

func TestPollThatWaitsOnReturnsWithRecordsOnly(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		n := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", WaitOn: true}, "t")
		n.poll(0)
		begin := time.Now()
		time.AfterFunc(time.Second, func() { f.Kick(n.FakeConsumer) })
		want(t, "the end of the partition that came back", n.poll(time.Minute), "end t0@0")
		time.AfterFunc(time.Second, func() { f.Outage(true); n.Script(clienttest.Revoke(t0)) })
		want(t, "callback alone", n.poll(time.Minute), "")
		want(t, "time", time.Since(begin), time.Minute+time.Second)
		want(t, "events", n.take(), "assigned[t0] lost[t0] assigned[t0] revoked[t0]")
	})
}

func TestInjectedBatchesComeAsTheyAre(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		n := &node{FakeConsumer: f.Consumer(clienttest.ConsumerConfig{Group: "g", AnyCommit: true})}
		n.InjectBatch(kafkaclient.Batch{TopicPartition: t0, Records: []kafkaclient.Record{{Offset: 5}, {Offset: 4}}, Rewound: 3})
		want(t, "records", n.poll(time.Hour), "t0: 5 4")
		want(t, "rewound", n.fetch.Batches[0].Rewound, 3)
		must(t, n.Commit(t.Context(), []kafkaclient.Position{clienttest.At("t", 0, 6)}))
	})
}
