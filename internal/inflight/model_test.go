package inflight_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/concord-go/concord/internal/inflight"
)

// naive is what a Partition has in flight, as a list.
type naive struct {
	rng     *rand.Rand
	p       *inflight.Partition
	handled *atomic.Uint64

	next     int64 // the offset of the next record
	records  []naiveRecord
	position int64
	moved    bool
	count    uint64 // handled
}

type naiveRecord struct {
	number              inflight.Number
	offset              int64
	begun, done, staged bool
}

// The position is compared with a naive model: the first offset that is not done.
func TestThePositionIsThatOfTheFirstRecordThatIsNotDone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		m := &naive{rng: rand.New(rand.NewPCG(seed, 1))}
		m.p, m.handled = newPartition(inflight.Limits{Records: 1 << 20, Bytes: 1 << 30}, nil)
		for range 100 {
			if m.rng.IntN(3) > 0 {
				m.enqueue()
			}
			m.work()
			m.finish()
			if s := m.p.Reconcile(); s.Moved != m.moved || m.moved && s.Position != m.position {
				t.Fatalf("seed %d: position %d, moved %v; want %d, %v", seed, s.Position, s.Moved, m.position, m.moved)
			}
			m.moved = false
			if s, want := m.p.Snapshot(), m.inFlight(); s.Records != want || s.Bytes != want {
				t.Fatalf("seed %d: %d records and %d bytes in flight, want %d", seed, s.Records, s.Bytes, want)
			}
			if m.handled.Load() != m.count {
				t.Fatalf("seed %d: %d handled, want %d", seed, m.handled.Load(), m.count)
			}
		}
	}
}

// enqueue takes records in flight. Offsets have gaps, and may go back to new records.
func (m *naive) enqueue() {
	var es []inflight.Entry
	for range m.rng.IntN(30) {
		es = append(es, inflight.Entry{Offset: m.next, Epoch: int32(m.next % 7), Size: 1})
		m.next += 1 + int64(m.rng.IntN(3)*m.rng.IntN(3))
	}
	first, _ := m.p.Enqueue(es)
	for i, e := range es {
		m.records = append(m.records, naiveRecord{number: first + inflight.Number(i), offset: e.Offset})
	}
	if m.rng.IntN(20) == 0 {
		m.next = max(0, m.next-int64(m.rng.IntN(50)))
	}
}

// work handles a batch of records in any order.
func (m *naive) work() {
	var b inflight.Batch
	var numbers []inflight.Number
	var batch []*naiveRecord
	for _, i := range m.rng.Perm(len(m.records))[:min(len(m.records), m.rng.IntN(inflight.BatchMax+1))] {
		if r := &m.records[i]; !r.begun {
			r.begun = true
			numbers, batch = append(numbers, r.number), append(batch, r)
		}
	}
	m.p.Begin(&b, numbers)
	for i, r := range batch {
		switch m.rng.IntN(3) {
		case 0:
			b.Handled(i)
			r.done = true
			m.count++
		case 1:
			b.Done(i)
			r.done = true
		case 2:
			b.Staged(i, true)
			r.staged = true
			m.count++
		}
	}
	m.p.End(&b)
}

// finish ends some of what is staged, and moves the position.
func (m *naive) finish() {
	for i := range m.records {
		if r := &m.records[i]; r.staged && m.rng.IntN(2) == 0 {
			r.staged, r.done = false, true
			m.p.Finish(r.number, 0)
		}
	}
	for len(m.records) > 0 && m.records[0].done {
		m.position, m.moved = m.records[0].offset+1, true
		m.records = m.records[1:]
	}
}

func (m *naive) inFlight() int {
	n := 0
	for _, r := range m.records {
		if !r.done {
			n++
		}
	}
	return n
}
