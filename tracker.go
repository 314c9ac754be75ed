package concord

// tracker finds the offset up to which all records of a partition are handled, in
// whatever order they end. Records are added in the order of their offsets, which may
// have gaps: a topic may be compacted, and transactions leave markers. It is not safe
// for concurrent use.
type tracker struct {
	records []tracked // those in hand, from head on, and what is handled behind one that is not
	head    int
	first   uint64 // the number of records[head]

	position int64 // the offset to go on with, once a record is handled
	epoch    int32 // the leader's when that record was written; -1: not known
	moved    bool  // position has changed since it was taken
}

type tracked struct {
	offset int64
	epoch  int32
	done   bool
}

// add takes a record in hand and returns its number.
func (t *tracker) add(offset int64, epoch int32) (number uint64) {
	if t.head == len(t.records) {
		t.records, t.head = t.records[:0], 0
	} else if t.head > len(t.records)/2 && len(t.records) == cap(t.records) {
		n := copy(t.records, t.records[t.head:])
		t.records, t.head = t.records[:n], 0
	}
	t.records = append(t.records, tracked{offset: offset, epoch: epoch})
	return t.first + uint64(len(t.records)-t.head-1)
}

// done says that a record is handled.
func (t *tracker) done(number uint64) {
	t.records[t.head+int(number-t.first)].done = true
	for t.head < len(t.records) && t.records[t.head].done {
		r := &t.records[t.head]
		t.position, t.epoch, t.moved = r.offset+1, r.epoch, true
		t.head++
		t.first++
	}
}

// take returns the position that is to be stored; ok is false where it is the one that
// was taken before.
func (t *tracker) take() (position int64, epoch int32, ok bool) {
	ok, t.moved = t.moved, false
	return t.position, t.epoch, ok
}

// next is the offset of the first record that is not handled; ok is false where none was added yet.
func (t *tracker) next() (offset int64, ok bool) {
	if t.head < len(t.records) {
		return t.records[t.head].offset, true
	}
	return t.position, t.first > 0
}

// inHand is how many records are neither handled nor behind one that is not.
func (t *tracker) inHand() int { return len(t.records) - t.head }
