package consume

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"time"

	"github.com/concord-go/concord/internal/handle"
	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/kafkaclient"
)

// dispatch does what a Poll has brought.
func (r *run) dispatch() error {
	for i := range r.fetch.Batches {
		b := &r.fetch.Batches[i]
		if p := r.parts[b.TopicPartition]; p != nil && !r.fresh[b.TopicPartition] { // else it was revoked
			r.enqueue(p, b)
		}
	}
	for _, end := range r.fetch.Ends {
		if p := r.parts[end.TopicPartition]; p != nil && !r.fresh[end.TopicPartition] {
			r.settled = false
			p.caughtUp.Store(end.Offset)
			p.end.Store(max(p.end.Load(), end.Offset))
		}
	}
	for _, e := range r.fetch.Errors {
		if err := r.fetchFailed(e); err != nil {
			return err
		}
	}
	return nil
}

// enqueue hands records of a partition to workers.
func (r *run) enqueue(p *partition, b *kafkaclient.Batch) {
	began := time.Now()
	if b.Rewound > 0 {
		r.counts.rewound.Add(uint64(b.Rewound))
		r.log.Log(r.ctx, slog.LevelWarn, "the client read records a second time: they are left out", "rewound", nil,
			slog.String("topic", p.Topic), slog.Int("partition", int(p.TopicPartition.Partition)), slog.Int("records", b.Rewound))
	}
	records := b.Records
	for i := range records {
		if p.stopAt >= 0 && records[i].Offset >= p.stopAt {
			p.caughtUp.Store(max(p.caughtUp.Load(), p.stopAt))
			records = records[:i]
			break
		}
	}
	if len(records) == 0 {
		return
	}
	r.settled = false
	if p.stopAt < 0 {
		p.caughtUp.Store(-1)
	} else if last := records[len(records)-1].Offset + 1; last >= p.stopAt {
		p.caughtUp.Store(last)
	}
	entries, items := r.entries[:0], r.items[:0]
	for i := range records {
		m := &records[i]
		entries = append(entries, inflight.Entry{Offset: m.Offset, Epoch: m.LeaderEpoch, Size: m.Size()})
		items = append(items, handle.Item{Record: m, Partition: p.Partition})
	}
	first, full := p.Enqueue(entries)
	for i := range items {
		items[i].Number = first + inflight.Number(i)
	}
	r.push(p, items)
	if f := r.cfg.Observer.Polled; f != nil {
		f(p.TopicPartition, len(items), items[0].Record.Offset, time.Since(began))
	}
	clear(items)
	r.entries, r.items = entries[:0], items[:0]
	if full {
		r.fill(p)
	}
}

// queueOf is the queue for records of one key in one partition. Those without a key need no order,
// and are spread.
func (r *run) queueOf(m *kafkaclient.Record) int {
	if m.Key == nil {
		r.spread++
		return r.spread % len(r.queues)
	}
	h := maphash.Bytes(r.seed, m.Key) + uint64(m.Partition)*0x9e3779b97f4a7c15
	return int(h % uint64(len(r.queues)))
}

// roomWait is how long the owner waits for a partition that is full, before it pauses it. A pause costs
// what the client has fetched of it already, and the time of another fetch.
const roomWait = 50 * time.Millisecond

// fill pauses a partition that is full, unless it has room again soon. A partition whose handlers
// were too slow for that once is paused at once from then on, until they are not.
func (r *run) fill(p *partition) {
	wait := roomWait
	if p.slow {
		wait = 0
	}
	if p.slow = !p.WaitForRoom(wait); p.slow && !p.Closed() {
		r.counts.Pauses[handle.Full].Add(1)
		r.pause(p, true, true)
	}
}

// reconcileEvery is how often positions are taken, and partitions paused and resumed.
const reconcileEvery = 10 * time.Millisecond

// lagEvery is how often the ends of partitions are looked up, without a request.
const lagEvery = time.Second

// reconcile does what workers have changed.
func (r *run) reconcile() {
	r.reconciled = time.Now()
	if r.reconciled.Sub(r.measured) > lagEvery {
		r.measured = r.reconciled
		for _, p := range r.parts {
			if end, ok := r.client.End(p.TopicPartition); ok && end >= 0 {
				p.end.Store(end)
			}
		}
	}
	r.dirty.Store(false)
	r.mu.Lock()
	changed := r.changed
	r.changed = nil
	r.mu.Unlock()
	for _, p := range changed {
		if r.parts[p.TopicPartition] == p { // not another member's by now
			r.reconcilePartition(p)
		}
	}
	for _, p := range r.parts {
		r.straggled(p)
		if p.Working() { // its worker marks records as done and tells nobody before its batch ends
			r.reconcilePartition(p)
		}
	}
}

func (r *run) reconcilePartition(p *partition) {
	s := p.Reconcile()
	r.commits.add(p, s)
	r.pause(p, s.Paused, s.Full)
}

// pause pauses or resumes a partition in the client. One that is full goes on soon: polling must not
// take long meanwhile.
func (r *run) pause(p *partition, pause, full bool) {
	if p.full != full {
		p.full = full
		if full {
			r.full++
		} else {
			r.full--
		}
	}
	if p.paused == pause {
		return
	}
	p.paused = pause
	var err error
	if pause {
		err = r.client.Pause([]kafkaclient.TopicPartition{p.TopicPartition})
	} else {
		err = r.client.Resume([]kafkaclient.TopicPartition{p.TopicPartition})
	}
	if err != nil {
		r.log.Log(r.ctx, slog.LevelWarn, "a partition was not paused or resumed", "pause", err, slog.String("topic", p.Topic), slog.Int("partition", int(p.TopicPartition.Partition)))
	}
}

// fetchFailed is what an error of the client means: an error ends the run, and what the client
// recovers from by itself is logged.
func (r *run) fetchFailed(e kafkaclient.FetchError) error {
	stops := e.Err.Fatal
	attrs := []slog.Attr{slog.String("kind", e.Err.Kind.String())}
	if e.Topic != "" {
		attrs = append(attrs, slog.String("topic", e.Topic))
		if e.Partition >= 0 {
			attrs = append(attrs, slog.Int("partition", int(e.Partition)))
		}
	}
	switch e.Err.Kind {
	case kafkaclient.Denied, kafkaclient.Fenced, kafkaclient.OutOfRange, kafkaclient.NoOffset, kafkaclient.Invalid:
		stops = true
	case kafkaclient.Corrupt:
		r.counts.corrupt.Add(1)
		stops = true
	case kafkaclient.UnknownTopic:
		if r.cfg.FailMissingTopics || r.cfg.Partitions != nil {
			stops = true
			break
		}
		r.log.Log(r.ctx, slog.LevelWarn, "a topic does not exist (yet): waiting for it", "missing "+e.Topic, e.Err, attrs...)
		return nil
	}
	if stops {
		return &Error{Doing: "consume", Err: where(e)}
	}
	r.log.Log(r.ctx, slog.LevelWarn, "the client reports an error", "client "+e.Err.Name, e.Err, attrs...)
	return nil
}

// where adds the partition to an error that does not name it.
func where(e kafkaclient.FetchError) error {
	if e.Topic == "" {
		return e.Err
	}
	return &PartitionError{TopicPartition: e.TopicPartition, Err: e.Err}
}

// finished reports whether the run has done what it was to do: see [StopAt].
func (r *run) finished() bool {
	if r.stopAt == StopNever || len(r.parts) == 0 || r.settled {
		return false
	}
	for _, p := range r.parts {
		if caught := p.caughtUp.Load(); caught < 0 || caught < p.stopAt || p.Snapshot().Records > 0 {
			return false
		}
	}
	if r.committer != nil && r.committer.Pending() {
		return false
	}
	if r.stopAt == StopAtFirstEnd {
		return true
	}
	return r.nothingCame()
}

// nothingCame asks the brokers whether all partitions end where they were read to. What this run has
// itself written to a retry topic was acknowledged before its source was done, so it counts.
func (r *run) nothingCame() bool {
	tps := make([]kafkaclient.TopicPartition, 0, len(r.parts))
	for tp := range r.parts {
		tps = append(tps, tp)
	}
	ctx, cancel := context.WithTimeout(r.ctx, offsetsWait)
	defer cancel()
	ends, err := r.client.ListOffsets(ctx, tps, kafkaclient.Place{End: true})
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			r.log.Log(r.ctx, slog.LevelWarn, "the ends of the partitions are not known", "ends", err)
		}
		return false
	}
	for _, end := range ends {
		if p := r.parts[end.TopicPartition]; p == nil || end.Offset > p.caughtUp.Load() {
			r.settled = true // until more records come
			return false
		}
	}
	return true
}
