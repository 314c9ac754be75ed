package consume_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

// The model test runs seeded random schedules of several members of a group against the fake, and
// checks after each commit, and at the end of each schedule, what the engine promises; see model_check_test.go.
//
// -model.schedules, or CONCORD_SCHEDULES, is how many schedules there are. CONCORD_SEED runs one schedule alone, with
// the log of the engine.
var schedules = flag.Int("model.schedules", envInt("CONCORD_SCHEDULES", 2_000), "schedules of the model test")

func envInt(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// Two schedules run at a time: each has a bubble, and a failure names its seed.
const modelWorkers = 2

func TestModelKeepsThePromisesInRandomSchedules(t *testing.T) {
	t.Parallel()
	if seed := os.Getenv("CONCORD_SEED"); seed != "" {
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		schedule(t, n, true)
		return
	}
	var next atomic.Int64
	for i := range modelWorkers {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for !t.Failed() {
				n := next.Add(1)
				if n > int64(*schedules) {
					return
				}
				schedule(t, uint64(n), false)
			}
		})
	}
}

// schedule runs one schedule in a bubble.
func schedule(t *testing.T, seed uint64, verbose bool) {
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("seed %d: %v", seed, p)
		}
		if t.Failed() {
			t.Logf("replay with CONCORD_SEED=%d", seed)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Logf("seed %d took %v", seed, d)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		m := newModel(t, seed, verbose)
		m.chaos()
		m.settle()
		m.end()
	})
}

// model is one schedule.
type model struct {
	t       *testing.T
	seed    uint64
	rng     *rand.Rand
	verbose bool
	f       *clienttest.Fake
	*recorder

	order      consume.Order
	transact   bool
	seeks      bool
	retries    bool
	limit      int
	batchMax   int
	protocol   int
	partitions int
	nodes      []*modelNode
	members    int
	closing    sync.WaitGroup
	deadOutage bool
	outage     bool
}

const (
	modelGroup = "g"
	modelDrain = 500 * time.Millisecond
)

func newModel(t *testing.T, seed uint64, verbose bool) *model {
	rng := rand.New(rand.NewPCG(seed, 42))
	m := &model{t: t, seed: seed, rng: rng, verbose: verbose, f: clienttest.NewFake()}
	m.order = consume.Order(rng.IntN(3))
	m.transact = rng.IntN(3) == 0
	m.seeks = rng.IntN(3) == 0
	m.retries = rng.IntN(3) == 0
	m.limit = 1 + rng.IntN(20)
	m.batchMax = 1 + rng.IntN(12)
	m.protocol = rng.IntN(3)
	m.partitions = 1 + rng.IntN(3)
	m.recorder = newRecorder(m)
	for _, topic := range []string{"t", "out", "dead"} {
		m.f.CreateTopic(topic, m.partitions)
	}
	if m.retries {
		m.f.CreateTopic("t.later", m.partitions)
	}
	m.f.OnCommit(modelGroup, m.committed)
	m.f.Refuse(m.refuseHuge)
	for range 1 + rng.IntN(3) {
		m.append()
	}
	m.start()
	return m
}

func (m *model) fatalf(format string, args ...any) {
	m.t.Errorf("seed %d: %s", m.seed, fmt.Sprintf(format, args...))
}

// kinds are the ways in which records are handled; "ok" is the most frequent one.
var kinds = []string{"ok", "ok", "ok", "ok", "ok", "ok", "slow", "fail", "dead", "dead", "huge", "hopeless", "skip", "panic", "stuck", "outage", "later"}

// append writes some records.
func (m *model) append() {
	partition := int32(m.rng.IntN(m.partitions))
	for range 1 + m.rng.IntN(12) {
		if m.rng.IntN(12) == 0 {
			m.f.AppendControl("t", partition, 1)
			continue
		}
		kind := kinds[m.rng.IntN(len(kinds))]
		if kind == "stuck" && m.rng.IntN(4) > 0 {
			kind = "ok"
		}
		r := kafkaclient.Record{Key: []byte{byte('a' + m.rng.IntN(4))}, Value: []byte(kind)}
		if m.rng.IntN(8) == 0 {
			r.Key = nil
		}
		m.appended(clienttest.TP{Topic: "t", Partition: partition}, m.f.Append("t", partition, r)[0], kind)
	}
}

// chaos does something at random times.
func (m *model) chaos() {
	for range 5 + m.rng.IntN(20) {
		time.Sleep(time.Duration(m.rng.IntN(200)) * time.Millisecond)
		m.disturb()
		m.bounded()
	}
}

func (m *model) disturb() {
	switch m.rng.IntN(14) {
	case 0, 1, 2:
		m.append()
	case 3:
		m.f.Rebalance(modelGroup)
	case 4:
		m.kick()
	case 5:
		if len(m.nodes) < 3 {
			m.start()
		}
	case 6:
		if n := m.node(); n != nil && len(m.nodes) > 1 {
			m.close(n)
		}
	case 7:
		if n := m.node(); n != nil {
			n.stopRun()
		}
	case 8:
		if n := m.node(); n != nil && m.seeks {
			m.seek(n)
		}
	case 9:
		m.deadOutage = !m.deadOutage
		m.f.TopicOutage("dead", m.deadOutage)
	case 10:
		m.outage = !m.outage
		m.f.Outage(m.outage)
	case 11:
		m.failCommits()
	case 12, 13:
		if m.transact {
			m.failTransactions()
		}
	}
}

// failCommits lets commits fail, with and without an effect.
func (m *model) failCommits() {
	kind := []kafkaclient.Kind{kafkaclient.TimedOut, kafkaclient.Unreachable, kafkaclient.NotMember, kafkaclient.Other}[m.rng.IntN(4)]
	if m.rng.IntN(2) == 0 {
		m.f.FailNext(clienttest.OpCommit, 1+m.rng.IntN(3), clienttest.NewError(kind))
	} else {
		m.f.FailNextApplied(clienttest.OpCommit, 1, clienttest.NewError(kafkaclient.TimedOut))
	}
}

func (m *model) failTransactions() {
	defer func() { m.note("%v: transactions fail", time.Now().Format("05.000")) }()
	op := []clienttest.Op{clienttest.OpBegin, clienttest.OpAddOffsets, clienttest.OpCommitTxn, clienttest.OpAbortTxn, clienttest.OpDeliver}[m.rng.IntN(5)]
	err := clienttest.NewError([]kafkaclient.Kind{kafkaclient.TimedOut, kafkaclient.Unreachable, kafkaclient.Other}[m.rng.IntN(3)])
	if op == clienttest.OpAddOffsets && m.rng.IntN(3) == 0 {
		err = clienttest.NewError(kafkaclient.NotMember)
		err.TxnAbort = true
	}
	// No broker answers with an abort to a commit whose first answer was lost.
	lossy := m.seed%2 == 0
	if op == clienttest.OpCommitTxn && !lossy && m.rng.IntN(3) == 0 {
		err.TxnAbort, err.Retriable = true, false
	}
	if m.rng.IntN(2) == 0 || err.TxnAbort || op == clienttest.OpCommitTxn && !lossy || op == clienttest.OpDeliver || op == clienttest.OpBegin {
		m.f.FailNext(op, 1+m.rng.IntN(2), err)
	} else {
		m.f.FailNextApplied(op, 1, clienttest.NewError(kafkaclient.TimedOut))
	}
}

func (m *model) node() *modelNode {
	if len(m.nodes) == 0 {
		return nil
	}
	return m.nodes[m.rng.IntN(len(m.nodes))]
}

func (m *model) kick() {
	if n := m.node(); n != nil {
		if _, member := m.f.Assignment(modelGroup)[n.client.Name()]; member {
			m.f.Kick(n.client)
		}
	}
}

// settle ends all trouble, and waits until everything is committed.
func (m *model) settle() {
	m.f.Outage(false)
	m.f.TopicOutage("dead", false)
	if len(m.nodes) == 0 {
		m.start()
	}
	for began := time.Now(); !m.allCommitted(); time.Sleep(100 * time.Millisecond) {
		m.bounded()
		if time.Since(began) > 5*time.Minute {
			m.fatalf("not everything is committed after 5 minutes without trouble: %s", m.missing())
			return
		}
	}
}

// end closes everything, and checks what holds at the end.
func (m *model) end() {
	for len(m.nodes) > 0 {
		m.close(m.nodes[0])
	}
	m.closing.Wait()
	m.ended()
	for _, v := range m.f.Violations() {
		m.fatalf("kafkaclient contract: %s", v)
	}
}
