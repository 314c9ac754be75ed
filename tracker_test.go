package concord

import (
	"math/rand/v2"
	"testing"
)

// Whatever the order in which records end, the position is never past one that is not
// handled, and it gets to the end.
func TestThePositionIsNeverPastAnUnhandledRecord(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var tr tracker
		type record struct {
			offset int64
			number uint64
		}
		var open []record
		next, stored := int64(rnd.IntN(3)), int64(-1)
		check := func() {
			position, epoch, ok := tr.take()
			if !ok {
				return
			}
			if position <= stored || epoch != int32((position-1)/10) {
				t.Fatalf("position %d (epoch %d) after %d", position, epoch, stored)
			}
			stored = position
			for _, r := range open {
				if r.offset < position {
					t.Fatalf("position %d is past %d, which is not handled", position, r.offset)
				}
			}
			if _, _, again := tr.take(); again {
				t.Fatal("a position is taken twice")
			}
		}
		for range 500 {
			if len(open) == 0 || rnd.IntN(2) == 0 && len(open) < 40 {
				open = append(open, record{next, tr.add(next, int32(next/10))})
				next += 1 + int64(rnd.IntN(3)) // compacted records and markers
				continue
			}
			i := rnd.IntN(len(open))
			tr.done(open[i].number)
			open[i] = open[len(open)-1]
			open = open[:len(open)-1]
			check()
		}
		last := int64(-1)
		for _, r := range open {
			last = max(last, r.offset)
		}
		for _, r := range open {
			tr.done(r.number)
		}
		open = nil
		check()
		if last >= 0 && stored < last+1 || tr.inHand() != 0 {
			t.Fatalf("the end is %d, of %d; %d in hand", stored, last+1, tr.inHand())
		}
		if cap(tr.records) > 1024 {
			t.Fatalf("it has room for %d records", cap(tr.records))
		}
	}
}

func TestTrackingARecordAllocatesNothing(t *testing.T) {
	var tr tracker
	tr.done(tr.add(0, 0))
	offset := int64(1)
	if n := testing.AllocsPerRun(1000, func() {
		tr.done(tr.add(offset, 0))
		offset++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
