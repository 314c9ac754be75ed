package clienttest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
)

// world drives a group at random from one goroutine.
type world struct {
	t        *testing.T
	f        *clienttest.Fake
	rand     *rand.Rand
	cfg      clienttest.ConsumerConfig
	mixed    bool // eager and cooperative members
	nodes    []*walker
	holder   map[tp]*walker
	seen     map[string]bool
	appended int
	trace    strings.Builder
}

// walker is a member that commits what it has read when it is revoked.
type walker struct {
	*node
	w    *world
	next map[tp]int64
}

func (k *walker) Assigned(tps []tp) []kafkaclient.Position {
	for _, p := range tps {
		if o := k.w.holder[p]; o != nil && slices.Contains(k.w.f.Assignment("g")[o.Name()], p) {
			k.w.t.Errorf("%v is assigned to %s while %s has it", p, k.Name(), o.Name())
		}
		k.w.holder[p] = k
	}
	return k.node.Assigned(tps)
}

func (k *walker) Revoked(tps []tp) {
	var at []kafkaclient.Position
	for _, p := range tps {
		if o := k.w.holder[p]; o != k {
			k.w.t.Errorf("%v is revoked from %s, which does not have it", p, k.Name())
		}
		if next, ok := k.next[p]; ok {
			at = append(at, clienttest.At(p.Topic, p.Partition, next))
		}
	}
	if len(at) > 0 {
		must(k.w.t, k.Commit(k.w.t.Context(), at))
	}
	k.drop(tps)
	k.node.Revoked(tps)
}

func (k *walker) Lost(tps []tp) {
	k.drop(tps)
	k.node.Lost(tps)
}

func (k *walker) drop(tps []tp) {
	for _, p := range tps {
		delete(k.next, p)
		if k.w.holder[p] == k {
			delete(k.w.holder, p)
		}
	}
}

func (k *walker) step() string {
	from := len(k.records)
	came := k.poll(0)
	for _, r := range k.records[from:] {
		if next, ok := k.next[r.TopicPartition()]; ok && r.Offset != next {
			k.w.t.Errorf("%s: offset %d of %v comes after %d", k.Name(), r.Offset, r.TopicPartition(), next-1)
		}
		k.next[r.TopicPartition()] = r.Offset + 1
		k.w.seen[string(r.Value)] = true
	}
	fmt.Fprintf(&k.w.trace, "%s: %s %s\n", k.Name(), k.take(), came)
	return came
}

func (w *world) join() {
	cfg := w.cfg
	if w.mixed {
		cfg.Cooperative = w.rand.IntN(2) == 0
	}
	k := &walker{node: &node{FakeConsumer: w.f.Consumer(cfg)}, w: w, next: map[tp]int64{}}
	must(w.t, k.Subscribe([]string{"t"}, k))
	w.nodes = append(w.nodes, k)
}

func (w *world) act() {
	i := w.rand.IntN(len(w.nodes))
	k := w.nodes[i]
	switch n := w.rand.IntN(20); {
	case n == 0 && len(w.nodes) < 5:
		w.join()
	case n == 1 && len(w.nodes) > 1:
		must(w.t, k.Close())
		w.nodes = slices.Delete(w.nodes, i, i+1)
		for p, o := range w.holder {
			if o == k {
				delete(w.holder, p)
			}
		}
	case n == 2:
		if _, member, _ := k.GroupMetadata(); member {
			w.f.Kick(k.FakeConsumer)
		}
	case n == 3:
		w.f.Rebalance("g")
	case n == 4:
		time.Sleep(time.Duration(w.rand.IntN(40)) * time.Second)
	case n < 9:
		for range w.rand.IntN(5) {
			w.f.Append("t", int32(w.rand.IntN(5)), value(fmt.Sprint(w.appended)))
			w.appended++
		}
	default:
		k.step()
	}
}

// walk runs a schedule, and returns what happened.
func walk(t *testing.T, seed uint64) (trace string) {
	bubble(t, func(t *testing.T, f *clienttest.Fake) {
		w := &world{t: t, f: f, rand: rand.New(rand.NewPCG(seed, 1)), holder: map[tp]*walker{}, seen: map[string]bool{}}
		w.cfg = clienttest.ConsumerConfig{Group: "g", MaxPoll: time.Minute, Cooperative: seed%4 == 1, Protocol848: seed%4 == 2,
			Sizes: func() int { return 1 + w.rand.IntN(4) }}
		w.mixed = seed%4 == 3
		f.CreateTopic("t", 5)
		w.join()
		for range 300 {
			w.act()
		}
		for quiet := 0; quiet < 3; quiet++ {
			for _, k := range w.nodes {
				if k.step() != "" {
					quiet = 0
				}
			}
		}
		assigned := 0
		for _, tps := range f.Assignment("g") {
			assigned += len(tps)
		}
		want(t, "partitions assigned in the end", assigned, 5)
		want(t, "records that somebody has read", len(w.seen), w.appended)
		trace = w.trace.String()
	})
	return trace
}

func TestRandomSchedulesKeepOneOwnerAPartitionAndLoseNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if first, second := walk(t, seed), walk(t, seed); first != second {
				t.Error("the same schedule has had two outcomes")
			}
		})
	}
}
