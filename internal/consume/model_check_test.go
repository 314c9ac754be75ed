package consume_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/consume"
	"github.com/concord-go/concord/internal/kafkaclient"
	"github.com/concord-go/concord/internal/kafkaclient/clienttest"
	"github.com/concord-go/concord/internal/reroute"
)

// recordKey is where a record was written.
type recordKey struct {
	clienttest.TP
	offset int64
}

func (k recordKey) String() string { return fmt.Sprintf("%s[%d]@%d", k.Topic, k.Partition, k.offset) }

func keyOf(r *kafkaclient.Record) recordKey { return recordKey{r.TopicPartition(), r.Offset} }

// originOf is where a dead letter or a delayed record comes from.
func originOf(r *kafkaclient.Record) recordKey {
	var at reroute.Origin
	if d, ok := reroute.ParseDeadLetter(r.Headers); ok {
		at = d.Origin
	} else {
		at = modelRetries.Parse(r, modelGroup, 0, time.Now()).Origin
	}
	return recordKey{clienttest.TP{Topic: at.Topic, Partition: at.Partition}, at.Offset}
}

var modelRetries = reroute.Retries{{Suffix: ".later", Delay: 150 * time.Millisecond}}

// recorder keeps what happened to each record, and checks what is promised:
//
//   - no offset is committed past a record that was neither handled, dead-lettered, delayed nor skipped, unless a
//     seek jumped over it;
//   - no member handles two records of a partition (InOrder), or of a key (ByKey), at once;
//   - interceptors and outputs end exactly once;
//   - with transactions, and without seeks, each record has one result, and no more.
type recorder struct {
	m  *model
	mu sync.Mutex

	kinds    map[recordKey]string
	ends     map[clienttest.TP]int64 // behind the last record that is known
	results  map[recordKey]string
	jumps    map[clienttest.TP]int64 // records before were perhaps jumped over
	handlers map[string]recordKey    // those at work
	position map[clienttest.TP]int64 // committed

	within           int // interceptors that have not returned
	outputs, undone  int
	committedOutputs int
	unknownOutputs   int // no broker has said whether they are committed
}

func newRecorder(m *model) *recorder {
	return &recorder{
		m: m, kinds: map[recordKey]string{}, ends: map[clienttest.TP]int64{}, results: map[recordKey]string{},
		jumps: map[clienttest.TP]int64{}, handlers: map[string]recordKey{}, position: map[clienttest.TP]int64{},
	}
}

func (r *recorder) appended(tp clienttest.TP, offset int64, kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kinds[recordKey{tp, offset}] = kind
	r.ends[tp] = max(r.ends[tp], offset+1)
}

func (r *recorder) kind(of recordKey) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kinds[of]
}

func (r *recorder) end_(tp clienttest.TP) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ends[tp]
}

func (r *recorder) jump(tp clienttest.TP, to int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.jumps[tp] = max(r.jumps[tp], to)
}

// terminal notes a result of a record, after which it may be committed.
func (r *recorder) terminal(key recordKey, result string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.results[key] != "handled" {
		r.results[key] = result
	}
}

// begin checks that no other handler works on what the record must not be handled beside.
func (r *recorder) begin(n *modelNode, rec *kafkaclient.Record) (end func()) {
	lane := ""
	switch {
	case r.m.order == consume.InOrder || strings.HasSuffix(rec.Topic, ".later") && r.m.order != consume.Unordered:
		lane = fmt.Sprint(n.client.Name(), rec.Topic, rec.Partition)
	case r.m.order == consume.ByKey && rec.Key != nil:
		lane = fmt.Sprint(n.client.Name(), rec.Topic, rec.Partition, string(rec.Key))
	default:
		return func() {}
	}
	r.mu.Lock()
	other, busy := r.handlers[lane]
	r.handlers[lane] = keyOf(rec)
	r.mu.Unlock()
	if busy {
		r.m.fatalf("%v begins to be handled beside %v", keyOf(rec), other)
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.handlers, lane)
	}
}

func (r *recorder) enter() { r.count(&r.within, 1) }
func (r *recorder) leave() { r.count(&r.within, -1) }
func (r *recorder) made()  { r.count(&r.outputs, 1); r.count(&r.undone, 1) }

func (r *recorder) count(n *int, by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*n += by
}

// finished is the end of an output.
func (r *recorder) finished(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.undone--; {
	case err == nil:
		r.committedOutputs++
	case strings.Contains(err.Error(), "has no result"):
		r.unknownOutputs++
	}
	if r.undone < 0 {
		r.m.fatalf("an output ends twice")
	}
	if err != nil {
		r.m.note("an output is dropped: %v", err)
	}
}

// committed is called with each commit.
func (r *recorder) committed(e clienttest.CommitEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.m.note("%v: %s commits %v", e.Time.Format("05.000"), e.Client, e.Positions)
	seen := map[clienttest.TP]bool{}
	for _, at := range e.Positions {
		if seen[at.TopicPartition] && !e.Txn {
			r.m.fatalf("one commit has two positions of %v", at.TopicPartition)
		}
		seen[at.TopicPartition] = true
		for offset := r.position[at.TopicPartition]; offset < at.Offset; offset++ {
			key := recordKey{at.TopicPartition, offset}
			if kind, is := r.kinds[key]; is && r.results[key] == "" && offset >= r.jumps[at.TopicPartition] {
				r.m.fatalf("%s commits %d, past %v (%s), which has no result", e.Client, at.Offset, key, kind)
			}
		}
		r.position[at.TopicPartition] = at.Offset
	}
}

// bounded checks what is in flight: the limit of each partition, and what one Poll brings on top, twice
// where a pause comes late.
func (m *model) bounded() {
	for _, n := range m.nodes {
		s := n.engine.Snapshot()
		if most := s.Partitions * (m.limit + 2*m.batchMax); s.InFlight > most {
			m.fatalf("%d records are in flight of %d partitions, want %d at most", s.InFlight, s.Partitions, most)
		}
	}
}

// allCommitted reports whether each partition is committed up to its last record.
func (m *model) allCommitted() bool { return m.missing() == "" }

func (m *model) missing() string {
	var missing []string
	topics := []string{"t"}
	if m.retries {
		topics = append(topics, "t.later")
	}
	for _, topic := range topics {
		for p := range int32(m.partitions) {
			tp := clienttest.TP{Topic: topic, Partition: p}
			records := m.f.Records(topic, p)
			if len(records) == 0 {
				continue
			}
			want := records[len(records)-1].Offset + 1
			if at, _ := m.f.Committed(modelGroup, tp); at < want {
				missing = append(missing, fmt.Sprintf("%s[%d] is committed to %d of %d", topic, p, at, want))
			}
		}
	}
	return strings.Join(missing, ", ")
}

// ended checks what holds when everything is closed.
func (m *model) ended() {
	m.mu.Lock()
	within, undone := m.within, m.undone
	m.mu.Unlock()
	if within != 0 {
		m.fatalf("%d interceptors have not returned", within)
	}
	if undone != 0 {
		m.fatalf("%d of %d outputs have no end", undone, m.outputs)
	}
	if m.t.Failed() {
		return
	}
	for key, kind := range m.sorted() {
		// A seek may have come last, so that not everything is committed.
		if m.results[key] == "" && key.offset >= m.jumps[key.TP] && key.offset < m.position[key.TP] {
			m.fatalf("%v (%s) is committed, and has no result", key, kind)
		}
	}
	m.deadLettered()
	if m.transact && !m.seeks {
		m.exactlyOnce()
	}
}

func (m *model) sorted() func(yield func(recordKey, string) bool) {
	keys := slices.SortedFunc(maps.Keys(m.kinds), func(a, b recordKey) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.offset, b.offset))
	})
	return func(yield func(recordKey, string) bool) {
		for _, k := range keys {
			if !yield(k, m.kinds[k]) {
				return
			}
		}
	}
}

// in counts the records of a topic by what they are of.
func (m *model) in(topic string, of func(*kafkaclient.Record) string) map[string]int {
	found := map[string]int{}
	for p := range int32(m.partitions) {
		records := m.f.Records(topic, p)
		for i := range records {
			found[of(&records[i])]++
		}
	}
	return found
}

// deadLettered checks that what was to be dead-lettered, and has a result, is in the topic.
func (m *model) deadLettered() {
	dead := m.in("dead", func(r *kafkaclient.Record) string { return originOf(r).String() })
	for key, kind := range m.sorted() {
		switch kind {
		case "dead", "huge", "panic":
			if key.offset >= m.jumps[key.TP] && key.offset < m.position[key.TP] && dead[key.String()] == 0 {
				m.fatalf("%v (%s) is committed, and is not in the dead-letter topic", key, kind)
			}
		}
	}
}

// exactlyOnce checks that each record has one output that is committed, or one dead letter, or was skipped.
func (m *model) exactlyOnce() {
	out := m.in("out", func(r *kafkaclient.Record) string { return string(r.Value) })
	dead := m.in("dead", func(r *kafkaclient.Record) string { return originOf(r).String() })
	for key, kind := range m.sorted() {
		outs, deads := 1, 0
		switch kind {
		case "dead", "huge", "panic":
			outs, deads = 0, 1
		case "skip", "hopeless":
			outs = 0
		case "later":
			if outs = 0; !m.retries {
				deads = 1
			}
		}
		if k := key.String(); out[k] != outs || dead[k] != deads {
			m.fatalf("%v (%s) has %d outputs and %d dead letters, want %d and %d", key, kind, out[k], dead[k], outs, deads)
		}
	}
	for k, n := range out {
		if n != 1 {
			m.fatalf("%s has %d outputs", k, n)
		}
	}
	if len(out) < m.committedOutputs || len(out) > m.committedOutputs+m.unknownOutputs {
		m.fatalf("%d outputs are committed, and the interceptors were told of %d, and that %d have no result", len(out), m.committedOutputs, m.unknownOutputs)
	}
}

// note logs with the schedule's seed, in a replay.
func (m *model) note(format string, args ...any) {
	if m.verbose {
		m.t.Logf(format, args...)
	}
}
