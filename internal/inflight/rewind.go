package inflight

import (
	"encoding/binary"
	"hash/maphash"
	"time"
)

// Rewind recognizes records that the client reads a second time without being told to. Where a
// partition's leader changes while the client asks where the partition begins, librdkafka may ask
// twice, and goes back to the first record when the second answer comes, although records were
// read by then.
//
// A backward step may also lead to new records, when a topic was made anew or its log was cut. So
// a record counts as read before only while every record since the step, that to the very first
// one, equals what was read at the same place. The first record that differs ends the filter: it is
// new, and so are all that follow. The filter also ends with a partition's first 16,384 records:
// the client asks where a partition begins only at the beginning of an assignment.
//
// A Rewind belongs to one partition of one assignment, and to one goroutine.
type Rewind struct {
	prints []uint64 // of what was read, in order
	last   int64    // the offset of the last new record
	at     int      // where prints are compared; 0: nothing is read again
	over   bool
}

// maxRewind is how many records are remembered, with 8 bytes each.
const maxRewind = 16_384

var rewindSeed = maphash.MakeSeed()

// Seen reports whether a record was read before. It is to be called with each record of the
// partition in the order in which they come.
func (r *Rewind) Seen(offset int64, timestamp time.Time, key, value []byte) bool {
	if r.over {
		return false
	}
	fp := fingerprint(offset, timestamp, key, value)
	switch back := len(r.prints) > 0 && offset <= r.last; {
	case r.at > 0 || back:
		if fp != r.prints[r.at] {
			r.end()
			return false
		}
		if r.at++; r.at == len(r.prints) {
			r.at = 0 // new records follow
		}
		return true
	case len(r.prints) == maxRewind:
		r.end()
		return false
	}
	r.prints, r.last = append(r.prints, fp), offset
	return false
}

func (r *Rewind) end() { *r = Rewind{over: true} }

// fingerprint hashes a record. Lengths keep null, empty and adjacent fields apart.
func fingerprint(offset int64, timestamp time.Time, key, value []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(rewindSeed)
	var head [24]byte
	binary.LittleEndian.PutUint64(head[:], uint64(offset))
	binary.LittleEndian.PutUint64(head[8:], uint64(timestamp.UnixMilli()))
	n := int64(len(key))
	if key == nil {
		n = -1
	}
	binary.LittleEndian.PutUint64(head[16:], uint64(n))
	h.Write(head[:])
	h.Write(key)
	if value != nil {
		h.WriteByte(1)
		h.Write(value)
	}
	return h.Sum64()
}
