package clienttest

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/concord-go/concord/internal/kafkaclient"
)

type topic struct {
	logs   []*plog
	spread int32 // the next partition for a record without a key
}

// plog is the log of a partition. Offsets are start and the index in entries.
type plog struct {
	start   int64
	entries []entry
	epoch   int32
	corrupt map[int64]bool
	stable  int64 // no record before it is of an open transaction
}

type entry struct {
	record  kafkaclient.Record
	control bool
	txn     *transaction // nil outside a transaction
}

func newLog() *plog { return &plog{corrupt: map[int64]bool{}} }

func (e *entry) deliverable(readCommitted bool) bool {
	return !e.control && (!readCommitted || e.txn == nil || e.txn.outcome == txnCommitted)
}

func (l *plog) end() int64 { return l.start + int64(len(l.entries)) }

// readable is the first offset that a reader does not get: the end, or with read_committed
// the last stable offset.
func (l *plog) readable(readCommitted bool) int64 {
	if !readCommitted {
		return l.end()
	}
	for l.stable = max(l.stable, l.start); l.stable < l.end(); l.stable++ {
		if t := l.entries[l.stable-l.start].txn; t != nil && t.outcome == txnOpen {
			break
		}
	}
	return l.stable
}

func (l *plog) append(r *kafkaclient.Record, tp TP, t *transaction) int64 {
	e := entry{record: cloneRecord(r), txn: t}
	e.record.Topic, e.record.Partition, e.record.Offset, e.record.LeaderEpoch = tp.Topic, tp.Partition, l.end(), l.epoch
	if r.Timestamp.IsZero() {
		e.record.Timestamp = time.Now()
	}
	e.record.Timestamp = e.record.Timestamp.Truncate(time.Millisecond)
	if r.TimestampType == kafkaclient.NoTimestampType {
		e.record.TimestampType = kafkaclient.CreateTime
	}
	l.entries = append(l.entries, e)
	return e.record.Offset
}

func (l *plog) marker() { l.entries = append(l.entries, entry{control: true}) }

func (l *plog) truncate(end int64) {
	end = min(max(end, l.start), l.end())
	clear(l.entries[end-l.start:])
	l.entries = l.entries[:end-l.start]
	l.epoch++
	l.stable = min(l.stable, end)
}

func (l *plog) deleteBefore(start int64) {
	start = min(max(start, l.start), l.end())
	l.entries = slices.Clone(l.entries[start-l.start:])
	l.start = start
}

// offset is where a place is.
func (l *plog) offset(p kafkaclient.Place, readCommitted bool) int64 {
	end := l.readable(readCommitted)
	switch {
	case !p.Time.IsZero():
		for i := range l.entries {
			if e := &l.entries[i]; !e.control && !e.record.Timestamp.Before(p.Time.Truncate(time.Millisecond)) {
				return min(l.start+int64(i), end)
			}
		}
		return end
	case p.End:
		return end
	}
	return l.start
}

// read returns at most most records from an offset on, and the offset behind them. It
// passes over what is not delivered, and stops at a corrupt record.
func (l *plog) read(from int64, most int, readCommitted bool) (records []kafkaclient.Record, next int64) {
	next = from
	for end := l.readable(readCommitted); next < end && !l.corrupt[next]; next++ {
		e := &l.entries[next-l.start]
		if !e.deliverable(readCommitted) {
			continue
		}
		if len(records) == most {
			break
		}
		records = append(records, cloneRecord(&e.record))
	}
	return records, next
}

// cloneRecord copies all memory of a record, as nothing may be shared with a client.
func cloneRecord(r *kafkaclient.Record) kafkaclient.Record {
	c := *r
	c.Key, c.Value = slices.Clone(r.Key), slices.Clone(r.Value)
	c.Headers = slices.Clone(r.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = slices.Clone(c.Headers[i].Value)
	}
	return c
}

func compareTP(a, b TP) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func sorted(tps iter.Seq[TP]) []TP { return slices.SortedFunc(tps, compareTP) }

// never is later than any deadline.
var never = time.Unix(math.MaxInt32*4, 0)

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
