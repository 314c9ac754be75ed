package inflight

// Number identifies a record of one [Partition]: they are counted in the order in which they
// were added.
type Number uint64

// Entry is what a [Partition] needs to know of a record.
type Entry struct {
	Offset int64
	Epoch  int32 // the leader's; -1: not known
	Size   int   // bytes
}

// tracker finds the offset up to which all records of a partition are done, in whatever order
// they end. Offsets may have gaps: a topic may be compacted, and transactions leave markers.
type tracker struct {
	ring    []tracked // its length is a power of two
	head, n int
	first   Number // of ring[head]

	position int64 // where to go on, once a record is done
	epoch    int32
	known    bool // position is
	moved    bool // position has changed since it was taken
}

type tracked struct {
	offset int64
	size   int32
	epoch  int32
	done   bool
}

// add returns the record's number.
func (t *tracker) add(e Entry) Number {
	if t.n == len(t.ring) {
		t.resize(max(2*len(t.ring), minRing))
	}
	t.ring[(t.head+t.n)&(len(t.ring)-1)] = tracked{offset: e.Offset, size: int32(min(e.Size, 1<<31-1)), epoch: e.Epoch}
	t.n++
	return t.first + Number(t.n-1)
}

func (t *tracker) at(n Number) *tracked {
	return &t.ring[(t.head+int(n-t.first))&(len(t.ring)-1)]
}

// size is how many bytes the record has; 0 where it is not tracked any more.
func (t *tracker) size(n Number) int {
	if n < t.first || n >= t.first+Number(t.n) {
		return 0
	}
	return int(t.at(n).size)
}

// done says that a record is done.
func (t *tracker) done(n Number) {
	t.at(n).done = true
	for t.n > 0 && t.ring[t.head].done {
		r := &t.ring[t.head]
		t.position, t.epoch, t.known, t.moved = r.offset+1, r.epoch, true, true
		t.head = (t.head + 1) & (len(t.ring) - 1)
		t.n--
		t.first++
	}
	if len(t.ring) > 4*minRing && t.n <= len(t.ring)/8 {
		t.resize(len(t.ring) / 2)
	}
}

// take returns the position; moved is false where it is the one that was taken before.
func (t *tracker) take() (position int64, epoch int32, moved bool) {
	moved, t.moved = t.moved, false
	return t.position, t.epoch, moved
}

// next is the offset of the first record that is not done; ok is false where none was added yet.
func (t *tracker) next() (offset int64, ok bool) {
	if t.n > 0 {
		return t.ring[t.head].offset, true
	}
	return t.position, t.known
}

func (t *tracker) resize(size int) {
	ring := make([]tracked, size)
	for i := range t.n {
		ring[i] = t.ring[(t.head+i)&(len(t.ring)-1)]
	}
	t.ring, t.head = ring, 0
}
