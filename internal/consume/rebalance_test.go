package consume_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

type client = clienttest.ConsumerConfig

func TestARevokedPartitionIsCommittedBeforeItGoes(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("b")
		n := w.node(nil, client{}, g.handle)
		n.client.Script(clienttest.Assign(t0))
		w.write("a", "b", "c")
		n.run()
		<-g.at
		n.client.Script(clienttest.Revoke(t0))
		after(time.Second)
		w.wantCommitted(t0, -1) // the handler may return
		close(g.open)
		after(0)
		w.wantCommitted(t0, 2)
		n.wantHandled("a b")
		after(time.Minute)
		n.wantHandled("a b") // nothing begins after it
		if s := n.engine.Snapshot(); s.Partitions != 0 || s.InFlight != 0 || s.Rebalances != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// A record that only waits does not delay a rebalance.
func TestARecordThatOnlyWaitsDoesNotDelayARebalance(t *testing.T) {
	wait := func(action handle.Action) func(*consume.Config) {
		return func(c *consume.Config) {
			c.Policy = func(*handle.Failure) handle.Action { return action }
			c.Backoff = backoff.Policy{Base: 100 * time.Hour, Max: 100 * time.Hour}
		}
	}
	for name, change := range map[string]func(*world, *consume.Config){
		"retry":    func(_ *world, c *consume.Config) { wait(handle.RetryRecord)(c) },
		"recovery": func(_ *world, c *consume.Config) { wait(handle.AwaitRecovery)(c) },
		"dead-letter outage": func(w *world, c *consume.Config) {
			wait(handle.ToDeadLetters)(c)
			c.DeadLetters = w.deadLetters()
			w.f.TopicOutage("dead", true)
		},
		"no dead-letter topic": func(w *world, c *consume.Config) {
			wait(handle.ToDeadLetters)(c)
			c.DeadLetters = w.deadLetters()
			c.DeadLetters.Topic = func(string) string { return "missing" }
		},
		"limit of dead letters": func(w *world, c *consume.Config) {
			wait(handle.ToDeadLetters)(c)
			c.DeadLetters = w.deadLetters()
			c.DeadLetters.Limit = handle.Limit{Share: 0.5, Records: 1, Pause: time.Hour}
		},
		"full producer": func(w *world, c *consume.Config) {
			wait(handle.ToDeadLetters)(c)
			c.DeadLetters = w.deadLetters()
			w.f.Reject(func(*kafkaclient.Record) *kafkaclient.Error { return clienttest.NewError(kafkaclient.QueueFull) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(func(c *consume.Config) { change(w, c) }, client{}, failing)
				n.client.Script(clienttest.Assign(t0))
				w.write("bad1", "bad2", "good")
				n.run()
				after(time.Minute)
				if s := n.engine.Snapshot(); s.InFlight == 0 {
					t.Fatalf("nothing waits: %+v", s)
				}
				gone := make(chan time.Duration, 1)
				began := time.Now()
				n.client.Script(clienttest.Revoke(t0), clienttest.Assign(t1))
				go func() {
					for n.engine.Snapshot().Rebalances < 3 {
						time.Sleep(time.Millisecond)
					}
					gone <- time.Since(began)
				}()
				if d := <-gone; d > 10*time.Millisecond {
					t.Errorf("the rebalance took %v, and no handler was at work", d)
				}
			})
		})
	}
}

func TestAHandlerOfALostPartitionGetsTheEndOfItsContextAndNothingIsCommitted(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("b")
		g.onlyCtx = true
		n := w.node(always(handle.ToDeadLetters), client{}, g.handle)
		n.client.Script(clienttest.Assign(t0))
		w.write("a", "b", "c")
		n.run()
		<-g.at
		began := time.Now()
		n.client.Script(clienttest.Lose(t0))
		after(time.Minute)
		if commits := w.f.CommitLog("g"); len(commits) != 0 {
			t.Errorf("commits after the loss: %v", commits)
		}
		if s := n.engine.Snapshot(); s.Lost != 1 || s.Partitions != 0 || s.DeadLetters != 0 {
			t.Errorf("%+v", s)
		}
		if err := n.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if d := time.Since(began); d > time.Minute+time.Second {
			t.Errorf("the end took until %v", d)
		}
		n.wantHandled("a b")
	})
}

func TestAPartitionThatComesBackWaitsForItsEarlierHandler(t *testing.T) {
	for _, order := range []consume.Order{consume.InOrder, consume.ByKey} {
		t.Run(map[consume.Order]string{consume.InOrder: "in order", consume.ByKey: "by key"}[order], func(t *testing.T) {
			bubble(t, func(w *world) {
				g := newGate("a")
				n := w.node(func(c *consume.Config) { c.Order = order }, client{}, g.handle)
				n.client.Script(clienttest.Assign(t0))
				w.write("k=a", "k=b")
				n.run()
				<-g.at
				n.client.Script(clienttest.Lose(t0), clienttest.Assign(t0))
				after(time.Minute)
				n.wantHandled("a") // two handlers at once otherwise
				if s := n.engine.Snapshot(); s.Paused[handle.EarlierHandler] != 1 {
					t.Errorf("%+v", s)
				}
				w.writeTo(t1, "k=other")
				n.client.Script(clienttest.Assign(t1))
				after(time.Minute)
				n.wantHandled("a other") // others do not wait
				close(g.open)
				after(time.Second)
				n.wantHandled("a other a b")
				after(10 * time.Second)
				w.wantCommitted(t0, 2)
			})
		})
	}
}

func TestPartitionsMoveBetweenMembersAndEachRecordIsCommitted(t *testing.T) {
	for name, cfg := range map[string]client{"eager": {}, "cooperative": {Cooperative: true}, "848": {Protocol848: true}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				a := w.node(nil, cfg, nil).run()
				w.write("a", "b")
				w.writeTo(t1, "c", "d")
				after(time.Second)
				b := w.node(nil, cfg, nil).run()
				after(time.Second)
				if n, m := a.engine.Snapshot().Partitions, b.engine.Snapshot().Partitions; n != 1 || m != 1 {
					t.Fatalf("%d and %d partitions", n, m)
				}
				w.write("e")
				w.writeTo(t1, "f")
				after(time.Second)
				if err := a.stop(); err != nil {
					t.Error(err)
				}
				after(time.Second)
				w.write("g")
				w.writeTo(t1, "h")
				after(10 * time.Second)
				if got := sortedText(a.handled() + " " + b.handled()); got != "a b c d e f g h" {
					t.Errorf("handled %s, each once", got)
				}
				w.wantCommitted(t0, 4)
				w.wantCommitted(t1, 4)
			})
		})
	}
}

func TestAHandlerThatOverrunsTheDrainLetsThePartitionGo(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("b")
		n := w.node(nil, client{}, g.handle)
		n.client.Script(clienttest.Assign(t0))
		w.write("a", "b")
		n.run()
		<-g.at
		n.client.Script(clienttest.Revoke(t0))
		after(drain + time.Second)
		w.wantCommitted(t0, -1) // it may notice the end of its context
		after(2 * time.Second)
		w.wantCommitted(t0, 1)
		if !strings.Contains(n.logged(), "revoked while a handler worked") {
			t.Errorf("not logged: %s", n.logged())
		}
		close(g.open)
		after(time.Second)
		w.wantCommitted(t0, 1) // what it did came too late
	})
}

func TestACommitThatFailsIsTriedAgainUnlessThePartitionIsLost(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil).run()
		w.write("a")
		w.f.FailNext(clienttest.OpCommit, 2, clienttest.NewError(kafkaclient.TimedOut))
		after(6 * time.Second)
		w.wantCommitted(t0, -1)
		after(10 * time.Second)
		w.wantCommitted(t0, 1)
		if s := n.engine.Snapshot(); s.CommitFailures != 2 {
			t.Errorf("%d failures are counted", s.CommitFailures)
		}
		w.f.FailNext(clienttest.OpCommit, 1, clienttest.NewError(kafkaclient.NotMember))
		w.write("b")
		after(11 * time.Second)
		w.wantCommitted(t0, 2) // the rebalance changed nothing here
		w.f.FailNext(clienttest.OpCommit, 1, clienttest.NewError(kafkaclient.TimedOut))
		w.write("c")
		after(6 * time.Second)
		w.f.Kick(n.client)
		after(time.Minute)
		w.wantCommitted(t0, 3) // read again, and committed by the new assignment
		n.wantHandled("a b c c")
	})
}

func TestAtTheEndACommitThatFailsIsAnErrorAndNotMemberIsNone(t *testing.T) {
	for kind, want := range map[kafkaclient.Kind]bool{kafkaclient.Denied: true, kafkaclient.TimedOut: true, kafkaclient.NotMember: false, kafkaclient.NoOffset: false} {
		t.Run(kind.String(), func(t *testing.T) {
			bubble(t, func(w *world) {
				n := w.node(nil, client{}, nil).run()
				w.write("a")
				after(time.Second)
				w.f.FailNext(clienttest.OpCommit, 1, clienttest.NewError(kind))
				err := n.stop()
				e, is := errors.AsType[*consume.Error](err)
				if is != want || is && e.Doing != "commit" {
					t.Errorf("Run: %v", err)
				}
			})
		})
	}
}

func TestAtTheEndNoAnswerToACommitTakesFiveSeconds(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil).run()
		w.write("a")
		after(time.Second)
		w.f.Outage(true)
		began := time.Now()
		err := n.stop()
		if err == nil || !strings.Contains(err.Error(), "no broker answers") {
			t.Errorf("Run: %v", err)
		}
		if d := time.Since(began); d > 11*time.Second {
			t.Errorf("it took %v", d)
		}
		w.f.Outage(false)
	})
}

func TestPositionsAreCommittedAtIntervalsAndAtTheEnd(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{}, nil).run()
		w.write("a")
		after(4 * time.Second)
		w.wantCommitted(t0, -1)
		after(2 * time.Second)
		w.wantCommitted(t0, 1)
		w.write("b", "c")
		after(time.Second)
		w.wantCommitted(t0, 1)
		if err := n.stop(); err != nil {
			t.Error(err)
		}
		w.wantCommitted(t0, 3)
		if log := w.f.CommitLog("g"); len(log) != 2 {
			t.Errorf("%d commits, want 2: %v", len(log), log)
		}
	})
}

// What is done before a slow handler of the same batch is committed without it.
func TestASlowHandlerDoesNotHoldBackWhatIsDoneBeforeIt(t *testing.T) {
	bubble(t, func(w *world) {
		g := newGate("c")
		n := w.node(nil, client{}, g.handle)
		w.write("a", "b", "c")
		n.run()
		after(6 * time.Second)
		w.wantCommitted(t0, 2)
		if s := n.engine.Snapshot(); s.Handled != 2 {
			t.Errorf("%d handled", s.Handled)
		}
		close(g.open)
	})
}

// A Poll may bring records, and then take their partition away and give it back: they are read again.
func TestRecordsFromBeforeAnAssignmentAreLeftOut(t *testing.T) {
	bubble(t, func(w *world) {
		n := w.node(nil, client{RecordsFirst: true}, nil)
		n.client.Script(clienttest.Assign(t0))
		n.run()
		after(time.Second)
		w.f.Delay(clienttest.OpPoll, time.Second)
		after(500 * time.Millisecond) // all is there when the next Poll looks
		w.write("a", "b", "c")
		n.client.Script(clienttest.Lose(t0), clienttest.Assign(t0))
		w.f.Delay(clienttest.OpPoll, 0)
		after(time.Second)
		n.wantHandled("a b c")
		if s := n.engine.Snapshot(); s.Lost != 1 {
			t.Errorf("%+v", s)
		}
	})
}
