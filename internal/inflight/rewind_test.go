package inflight_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/inflight"
)

type rewindRecord struct {
	offset int64
	value  string
}

func rewindRecords(value string, offsets ...int64) (rs []rewindRecord) {
	for _, o := range offsets {
		rs = append(rs, rewindRecord{o, value})
	}
	return rs
}

// newRecords are those that the filter passes on.
func newRecords(r *inflight.Rewind, read []rewindRecord) []string {
	var got []string
	for _, rec := range read {
		if !r.Seen(rec.offset, time.UnixMilli(1_000+rec.offset), []byte("k"), []byte(rec.value)) {
			got = append(got, fmt.Sprint(rec.offset, rec.value))
		}
	}
	return got
}

func TestRecordsReadASecondTimeAreLeftOutAndNewOnesNever(t *testing.T) {
	t.Parallel()
	of := rewindRecords
	for name, c := range map[string]struct {
		read []rewindRecord
		want []string
	}{
		"in order, with gaps":     {of("a", 5, 6, 9, 12), []string{"5a", "6a", "9a", "12a"}},
		"back to the first":       {of("a", 5, 6, 9, 5, 6, 9, 12), []string{"5a", "6a", "9a", "12a"}},
		"back to the first twice": {of("a", 0, 1, 0, 1, 2, 0, 1, 2, 3), []string{"0a", "1a", "2a", "3a"}},
		"the first alone":         {of("a", 0, 0, 1), []string{"0a", "1a"}},
		// Behind the step 3 comes where 1 is expected.
		"back, then a gap":   {of("a", 0, 1, 0, 3), []string{"0a", "1a", "3a"}},
		"back to the middle": {of("a", 0, 1, 2, 1, 2), []string{"0a", "1a", "2a", "1a", "2a"}},
		"a topic that was made anew": {append(of("a", 0, 1, 2), of("b", 0, 1, 2, 3)...),
			[]string{"0a", "1a", "2a", "0b", "1b", "2b", "3b"}},
		"made anew with an equal first record": {append(of("a", 0, 1, 2, 3, 0), of("b", 1, 2, 3, 4, 5)...),
			[]string{"0a", "1a", "2a", "3a", "1b", "2b", "3b", "4b", "5b"}},
		"a log that was cut": {append(of("a", 0, 1, 2, 3), of("b", 2, 3, 4)...),
			[]string{"0a", "1a", "2a", "3a", "2b", "3b", "4b"}},
		"a log that was cut, read from the beginning": {append(of("a", 0, 1, 2, 3, 4, 0, 1, 2), of("b", 3, 4, 5)...),
			[]string{"0a", "1a", "2a", "3a", "4a", "3b", "4b", "5b"}},
		"after the first difference nothing is left out": {append(append(of("a", 0, 1), of("b", 0)...), of("a", 0, 1)...),
			[]string{"0a", "1a", "0b", "0a", "1a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, newRecords(new(inflight.Rewind), c.read)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestRecordsThatDifferInOnePartAreNew(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(5)
	for name, seen := range map[string]func(*inflight.Rewind) bool{
		"timestamp":           func(r *inflight.Rewind) bool { return r.Seen(7, at.Add(time.Millisecond), []byte("k"), []byte("v")) },
		"key":                 func(r *inflight.Rewind) bool { return r.Seen(7, at, []byte("l"), []byte("v")) },
		"value":               func(r *inflight.Rewind) bool { return r.Seen(7, at, []byte("k"), []byte("w")) },
		"null value":          func(r *inflight.Rewind) bool { return r.Seen(7, at, []byte("k"), nil) },
		"null key":            func(r *inflight.Rewind) bool { return r.Seen(7, at, nil, []byte("v")) },
		"bytes in the other":  func(r *inflight.Rewind) bool { return r.Seen(7, at, []byte("kv"), []byte{}) },
		"offset before first": func(r *inflight.Rewind) bool { return r.Seen(6, at, []byte("k"), []byte("v")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := new(inflight.Rewind)
			r.Seen(7, at, []byte("k"), []byte("v"))
			if seen(r) {
				t.Error("counts as read before")
			}
			same := new(inflight.Rewind)
			same.Seen(7, at, []byte("k"), []byte("v"))
			if !same.Seen(7, at, []byte("k"), []byte("v")) {
				t.Error("the same record does not")
			}
		})
	}
	r := new(inflight.Rewind)
	r.Seen(7, at, nil, nil)
	if r.Seen(7, at, []byte{}, nil) || new(inflight.Rewind).Seen(7, at, nil, []byte{}) {
		t.Error("empty and null are the same")
	}
}

func TestTheRewindWindowEnds(t *testing.T) {
	t.Parallel()
	const window = 16_384
	read := func(r *inflight.Rewind, n int) {
		for o := range int64(n) {
			if r.Seen(o, time.UnixMilli(1), nil, []byte("v")) {
				t.Fatalf("%d counts as read before", o)
			}
		}
	}
	within := new(inflight.Rewind)
	read(within, window)
	for o := range int64(window) {
		if !within.Seen(o, time.UnixMilli(1), nil, []byte("v")) {
			t.Fatalf("%d within the window counts as new", o)
		}
	}
	beyond := new(inflight.Rewind)
	read(beyond, window+1)
	if beyond.Seen(0, time.UnixMilli(1), nil, []byte("v")) {
		t.Error("the filter did not end with its window")
	}
}

func TestTheRewindFilterDoesNotAllocatePerRecord(t *testing.T) {
	r := new(inflight.Rewind)
	const n = 1000
	for o := range int64(n + 1) {
		r.Seen(o, time.UnixMilli(1), []byte("k"), []byte("v"))
	}
	again := int64(0)
	if allocs := testing.AllocsPerRun(n, func() {
		if !r.Seen(again, time.UnixMilli(1), []byte("k"), []byte("v")) {
			t.Errorf("%d counts as new", again)
		}
		again++
	}); allocs != 0 {
		t.Errorf("%v allocations a record", allocs)
	}
}
