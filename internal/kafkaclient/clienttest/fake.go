// Package clienttest tests Kafka clients and what is built on them: a conformance suite for the
// adapters of kafkaclient, and a [Fake] cluster in memory for tests with a fake clock.
package clienttest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// TP is short for a topic and a partition.
type TP = kafkaclient.TopicPartition

// At is a position whose leader epoch is not known.
func At(topic string, partition int32, offset int64) kafkaclient.Position {
	return kafkaclient.Position{TopicPartition: TP{Topic: topic, Partition: partition}, Offset: offset, LeaderEpoch: -1}
}

// Fake is a Kafka cluster in memory, for tests under testing/synctest. It has topics, consumer
// groups and transactions, and fails as it is told to. Its clients implement the interfaces of
// kafkaclient. Every wait is on a channel or a timer. The only goroutines are those of the
// producers, which their Close ends. A Fake is safe for concurrent use.
type Fake struct {
	mu         sync.Mutex // never held while something waits or a callback runs
	changed    chan struct{}
	topics     map[string]*topic
	groups     map[string]*group
	ids        map[string]*txnID
	faults     faults
	violations []string
	failer     Failer
	clients    int
	members    int
}

// NewFake returns a cluster without topics.
func NewFake() *Fake {
	return &Fake{
		changed: make(chan struct{}),
		topics:  map[string]*topic{},
		groups:  map[string]*group{},
		ids:     map[string]*txnID{},
		faults:  newFaults(),
	}
}

// wake lets everyone who waits look again. The caller holds the lock.
func (f *Fake) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// CreateTopic creates a topic, or adds partitions to one that exists. Groups that are
// subscribed to it rebalance.
func (f *Fake) CreateTopic(name string, partitions int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[name]
	if t == nil {
		t = &topic{}
		f.topics[name] = t
	}
	for len(t.logs) < partitions {
		t.logs = append(t.logs, newLog())
	}
	f.reassign()
	f.wake()
}

// DeleteTopic removes a topic and its records.
func (f *Fake) DeleteTopic(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.topics, name)
	f.reassign()
	f.wake()
}

// Recreate deletes a topic and creates it anew, empty. Committed offsets stay.
func (f *Fake) Recreate(name string, partitions int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &topic{}
	for range partitions {
		t.logs = append(t.logs, newLog())
	}
	f.topics[name] = t
	f.reassign()
	f.wake()
}

// Append writes records as an ordinary producer would, and returns their offsets. Topic,
// Partition and Offset of the records are ignored.
func (f *Fake) Append(topic string, partition int32, records ...kafkaclient.Record) []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.mustLog("Append", TP{Topic: topic, Partition: partition})
	if l == nil {
		return nil
	}
	offsets := make([]int64, 0, len(records))
	for i := range records {
		offsets = append(offsets, l.append(&records[i], TP{Topic: topic, Partition: partition}, nil))
	}
	f.wake()
	return offsets
}

// AppendControl writes n control records, such as the markers of transactions: they take
// an offset and are never delivered. It returns the offset of the first.
func (f *Fake) AppendControl(topic string, partition int32, n int) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.mustLog("AppendControl", TP{Topic: topic, Partition: partition})
	if l == nil {
		return -1
	}
	first := l.end()
	for range n {
		l.marker()
	}
	f.wake()
	return first
}

// Truncate removes the records from end on, as an unclean election of a leader does, and
// raises the leader epoch.
func (f *Fake) Truncate(topic string, partition int32, end int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.mustLog("Truncate", TP{Topic: topic, Partition: partition}); l != nil {
		l.truncate(end)
		f.wake()
	}
}

// DeleteBefore removes the records before start, as retention does.
func (f *Fake) DeleteBefore(topic string, partition int32, start int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.mustLog("DeleteBefore", TP{Topic: topic, Partition: partition}); l != nil {
		l.deleteBefore(start)
		f.wake()
	}
}

// Records are the records of a partition that a reader with read_committed sees.
func (f *Fake) Records(topic string, partition int32) []kafkaclient.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.log(TP{Topic: topic, Partition: partition})
	if l == nil {
		return nil
	}
	var out []kafkaclient.Record
	for i := range l.readable(true) - l.start {
		if e := &l.entries[i]; e.deliverable(true) {
			out = append(out, cloneRecord(&e.record))
		}
	}
	return out
}

// CommitEntry is a commit of a group.
type CommitEntry struct {
	Time      time.Time
	Client    string // the name of the consumer, or of the producer of a transaction
	Txn       bool   // it was part of a transaction
	Positions []kafkaclient.Position
}

// Committed is the committed offset of a group; ok is false where there is none.
func (f *Fake) Committed(group string, tp TP) (offset int64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.group(group).committed[tp]
	return at.Offset, ok
}

// CommitLog is the history of a group's commits, the oldest first.
func (f *Fake) CommitLog(group string) []CommitEntry {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries := slices.Clone(f.group(group).history)
	for i := range entries {
		entries[i].Positions = slices.Clone(entries[i].Positions)
	}
	return entries
}

// SetCommitted commits an offset for a group from outside, without an entry in the history.
func (f *Fake) SetCommitted(group string, at ...kafkaclient.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range at {
		f.group(group).committed[p.TopicPartition] = p
	}
}

// Assignment is which partitions each member of a group has, by the names of the consumers. Those of static
// members that are away are listed by "instance:" and the instance's id.
func (f *Fake) Assignment(group string) map[string][]TP {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tick()
	out := map[string][]TP{}
	for _, m := range f.group(group).members {
		name := "instance:" + m.instance
		if m.consumer != nil {
			name = m.consumer.name
		}
		out[name] = sorted(maps.Keys(m.owned))
	}
	return out
}

func (f *Fake) log(tp TP) *plog {
	t := f.topics[tp.Topic]
	if t == nil || tp.Partition < 0 || int(tp.Partition) >= len(t.logs) {
		return nil
	}
	return t.logs[tp.Partition]
}

func (f *Fake) mustLog(method string, tp TP) *plog {
	l := f.log(tp)
	if l == nil {
		f.violate("test: %s: no partition %s", method, place(tp))
	}
	return l
}

func (f *Fake) group(name string) *group {
	g := f.groups[name]
	if g == nil {
		g = &group{name: name, committed: map[TP]kafkaclient.Position{}}
		f.groups[name] = g
	}
	return g
}

func (f *Fake) clientName(kind string) string {
	f.clients++
	return fmt.Sprintf("%s-%d", kind, f.clients)
}

func place(tp TP) string { return fmt.Sprintf("%s/%d", tp.Topic, tp.Partition) }
