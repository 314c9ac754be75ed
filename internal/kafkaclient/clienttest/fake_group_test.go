package clienttest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

func TestEagerMembersRevokeEverythingBeforeAnyIsAssigned(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 4)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		want(t, "alone", a.take(), "assigned[t0 t1 t2 t3]")
		b := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		b.poll(0)
		want(t, "b before a has revoked", b.take(), "")
		a.during = func(what string) {
			if what == "revoked" {
				must(t, a.Commit(context.Background(), []kafkaclient.Position{clienttest.At("t", 3, 7)}))
			}
		}
		f.AppendControl("t", 3, 9)
		a.poll(0)
		a.during = nil
		want(t, "a", a.take(), "revoked[t0 t1 t2 t3] assigned[t0 t1]")
		want(t, "b's end", b.poll(0), "end t2@0, end t3@9")
		want(t, "b", b.take(), "assigned[t2 t3]")
		at, ok := f.Committed("g", tp{Topic: "t", Partition: 3})
		want(t, "a's commit while it revoked", at, 7)
		want(t, "there is one", ok, true)
		must(t, b.Close())
		a.poll(0)
		a.poll(0)
		want(t, "a after b has left", a.take(), "revoked[t0 t1] assigned[t0 t1 t2 t3]")
	})
}

func TestIncrementalProtocolsMoveOnlyWhatMoves(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]clienttest.ConsumerConfig{
		"cooperative": {Group: "g", Cooperative: true},
		"848":         {Group: "g", Protocol848: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, f *clienttest.Fake) {
				f.CreateTopic("t", 4)
				a := subscribe(t, f, cfg, "t")
				a.poll(0)
				a.take()
				b := subscribe(t, f, cfg, "t")
				b.poll(0)
				want(t, "b before a has revoked", b.take(), "")
				a.poll(0)
				b.poll(0)
				b.poll(0)
				want(t, "b", b.take(), "assigned[t2 t3]")
				a.poll(0)
				rest := "revoked[t2 t3]"
				if cfg.Cooperative {
					rest += " assigned[]"
				}
				want(t, "a", a.take(), rest)
			})
		})
	}
}

func TestPollWakesForARebalance(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		a.take()
		begin := time.Now()
		done := make(chan time.Duration)
		go func() {
			a.poll(time.Hour)
			done <- time.Since(begin)
		}()
		time.Sleep(3 * time.Second)
		b := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		want(t, "time in Poll", <-done, 3*time.Second)
		want(t, "a", a.take(), "revoked[t0 t1]")
		b.poll(0)
	})
}

func TestMemberThatDoesNotPollLosesItsPartitions(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		cfg := clienttest.ConsumerConfig{Group: "g", Cooperative: true, MaxPoll: time.Minute}
		a, b := subscribe(t, f, cfg, "t"), subscribe(t, f, cfg, "t")
		for range 2 {
			a.poll(0)
			b.poll(0)
		}
		want(t, "a", a.take(), "assigned[t0]")
		b.take()
		begin := time.Now()
		b.poll(time.Hour) // its own time does not run; a's does
		want(t, "b", b.take(), "assigned[t0]")
		want(t, "b waits for", time.Since(begin), time.Minute)
		wantKind(t, a.Commit(context.Background(), []kafkaclient.Position{clienttest.At("t", 0, 1)}), kafkaclient.NotMember)
		a.during = func(what string) {
			if what == "lost" {
				wantKind(t, a.Commit(context.Background(), []kafkaclient.Position{clienttest.At("t", 0, 1)}), kafkaclient.NotMember)
			}
		}
		want(t, "a's errors", a.poll(0), "error 0: not a member")
		want(t, "a", a.take(), "lost[t0]")
		b.poll(0)
		a.poll(0)
		want(t, "a is a member again", len(f.Assignment("g")[a.Name()]), 1)
	})
}

func TestCommitAfterTheMembersTimeIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", MaxPoll: time.Minute}, "t")
		a.poll(0)
		at := []kafkaclient.Position{clienttest.At("t", 0, 1)}
		time.Sleep(time.Minute - 1)
		must(t, a.Commit(t.Context(), at))
		time.Sleep(time.Nanosecond)
		wantKind(t, a.Commit(t.Context(), at), kafkaclient.NotMember)
	})
}

func TestCallbackThatTakesTooLongLosesThePartitions(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", MaxPoll: time.Minute}, "t")
		a.during = func(string) {
			a.during = nil
			time.Sleep(2 * time.Minute)
			f.Assignment("g")
		}
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0] lost[t0] assigned[t0]")
	})
}

func TestKickedMemberLosesAndJoinsAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		before, member, err := a.GroupMetadata()
		if err != nil || !member {
			t.Fatalf("GroupMetadata: member %v, error %v", member, err)
		}
		f.Kick(a.FakeConsumer)
		if _, member, _ = a.GroupMetadata(); member {
			t.Error("a kicked consumer is still a member")
		}
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0] lost[t0] assigned[t0]")
		if after, member, _ := a.GroupMetadata(); !member || after == before {
			t.Error("the metadata did not change with the membership")
		}
	})
}

func TestStaticMemberKeepsItsPartitionsUntilTheSessionTimesOut(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		static := clienttest.ConsumerConfig{Group: "g", InstanceID: "i"}
		a, b := subscribe(t, f, static, "t"), subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		b.poll(0)
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0]")
		want(t, "b", b.take(), "assigned[t1]")
		must(t, a.Close())
		b.poll(10 * time.Second)
		want(t, "b while the static member is away", b.take(), "")
		a = subscribe(t, f, static, "t")
		a.poll(0)
		b.poll(0)
		want(t, "a after its return", a.take(), "assigned[t0]")
		want(t, "b after a's return", b.take(), "")
		must(t, a.Leave(time.Second))
		begin := time.Now()
		b.poll(time.Hour)
		want(t, "session timeout", time.Since(begin), 45*time.Second)
		b.poll(0)
		want(t, "b", b.take(), "revoked[t1] assigned[t0 t1]")
	})
}

func TestSecondConsumerWithAnInstanceIDFencesTheFirst(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		cfg := clienttest.ConsumerConfig{Group: "g", InstanceID: "i"}
		a := subscribe(t, f, cfg, "t")
		a.poll(0)
		b := subscribe(t, f, cfg, "t")
		b.poll(0)
		wantKind(t, a.Commit(context.Background(), []kafkaclient.Position{clienttest.At("t", 0, 1)}), kafkaclient.Fenced)
		want(t, "a's errors", a.poll(0), "error 0: fenced")
		if err := a.fetch.Errors[0].Err; !err.Fatal {
			t.Error("the error of a fenced consumer is not fatal")
		}
		want(t, "a is told once", a.poll(time.Second), "")
		want(t, "a", a.take(), "assigned[t0] lost[t0]")
		want(t, "b", b.take(), "assigned[t0]")
	})
}

func TestScriptedRebalancesComeInOrder(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 3)
		f.AppendControl("t", 1, 5)
		t0, t1 := tp{Topic: "t"}, tp{Topic: "t", Partition: 1}
		c := f.Consumer(clienttest.ConsumerConfig{Group: "g"})
		n := &node{FakeConsumer: c, start: []kafkaclient.Position{clienttest.At("t", 1, 5)}}
		c.Script(clienttest.Assign(t0, t1))
		must(t, c.Subscribe([]string{"t"}, n))
		n.poll(0)
		if at, _ := c.Position(t1); at != 5 {
			t.Errorf("begins at %d, want where Assigned said", at)
		}
		n.start = nil
		n.during = func(what string) {
			at := []kafkaclient.Position{clienttest.At("t", 1, 6)}
			switch what {
			case "revoked":
				must(t, c.Commit(context.Background(), at))
			case "lost":
				wantKind(t, c.Commit(context.Background(), at), kafkaclient.NotMember)
			}
		}
		c.Script(clienttest.Revoke(t1), clienttest.Assign(t1), clienttest.Lose(t1))
		n.poll(0)
		want(t, "events", n.take(), "assigned[t0 t1] revoked[t1] assigned[t1] lost[t1]")
		want(t, "commits", len(f.CommitLog("g")), 1)
	})
}

func TestNewPartitionsAndPatternsRebalance(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", Cooperative: true}, "^[tu]$")
		a.poll(0)
		f.CreateTopic("t", 2)
		a.poll(0)
		f.CreateTopic("u", 1)
		a.poll(0)
		f.CreateTopic("v", 1)
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0] assigned[t1] assigned[u0]")
	})
}

func TestMembersShareManyPartitionsEvenlyAndOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 7)
		f.CreateTopic("u", 5)
		var nodes []*node
		for i := range 5 {
			nodes = append(nodes, subscribe(t, f, clienttest.ConsumerConfig{Group: "g", Cooperative: i%2 == 0}, "t", "u"))
			for range 4 {
				for _, n := range nodes {
					n.poll(0)
				}
			}
			synctest.Wait()
			seen := map[tp]bool{}
			for _, tps := range f.Assignment("g") {
				least, most := 12/(i+1)-1, 12/(i+1)+2
				if len(tps) < least || len(tps) > most {
					t.Errorf("%d members: one has %d partitions", i+1, len(tps))
				}
				for _, p := range tps {
					if seen[p] {
						t.Errorf("%d members: %v is assigned twice", i+1, p)
					}
					seen[p] = true
				}
			}
			want(t, "partitions assigned", len(seen), 12)
		}
	})
}

func TestMemberWithoutPartitionsIsToldSo(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		b := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		b.poll(0)
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0] revoked[t0] assigned[t0]")
		want(t, "b", b.take(), "assigned[]")
	})
}

func TestGroupRebalancesWhileAStaticMemberIsAway(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 2)
		static := clienttest.ConsumerConfig{Group: "g", InstanceID: "i"}
		a := subscribe(t, f, static, "t")
		a.poll(0)
		a.take()
		must(t, a.Close())
		b := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		b.poll(0)
		want(t, "b does not wait for it", b.take(), "assigned[t1]")
		a = subscribe(t, f, static, "t")
		a.poll(0)
		want(t, "a has the rest", a.take(), "assigned[t0]")
	})
}

func TestLeaveInAnOutageIsNoticedBySessionTimeout(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g"}, "t")
		a.poll(0)
		a.take()
		f.Outage(true)
		begin := time.Now()
		wantKind(t, a.Leave(time.Second), kafkaclient.TimedOut)
		want(t, "Leave takes", time.Since(begin), time.Second)
		f.Outage(false)
		want(t, "members", len(f.Assignment("g")), 1)
		time.Sleep(45 * time.Second)
		want(t, "members after the session timeout", len(f.Assignment("g")), 0)
		a.poll(0)
		want(t, "callbacks after Leave", a.take(), "")
	})
}

func TestDeletedTopicIsRevoked(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		f.CreateTopic("t", 1)
		f.CreateTopic("u", 1)
		a := subscribe(t, f, clienttest.ConsumerConfig{Group: "g", Protocol848: true}, "t", "u")
		a.poll(0)
		f.DeleteTopic("t")
		a.poll(0)
		want(t, "a", a.take(), "assigned[t0 u0] revoked[t0]")
	})
}
