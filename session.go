//go:build cgo

package concord

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/serde"
)

// session is one Run: the partitions that are assigned, and the workers that handle their
// records. The goroutine that runs it owns the kafka.Consumer and partitions; workers
// tell it through changed and failed.
type session struct {
	kc      *kafka.Consumer
	log     *slog.Logger
	options *consumerOptions
	counts  *consumerCounts
	handle  func(context.Context, *attempt) error

	ctx        context.Context // of all handlers
	partitions map[topicPartition]*partition
	lanes      []*lane // shared by the partitions; none where each has its own
	seed       maphash.Seed
	workers    sync.WaitGroup

	stopping *stopSign
	breaker  breaker
	mu       sync.Mutex
	changed  []*partition
	waiting  atomic.Bool // there are changed ones
	failed   error
	panicked *handlerPanic

	transactor *transactor // of Transform; nil otherwise
	group      string

	// Records of one partition that were taken, and not handed to workers yet.
	pendingOf    *partition
	pending      []job
	pendingSize  int
	pendingSince time.Time // where somebody wants to know

	unassignedSince time.Time // zero: partitions were assigned, or it was told that none are

	recent   *recent   // what became of the last records; nil where nobody asks
	looked   time.Time // when changes were last looked at
	measured time.Time // when lags were
	paused   int       // partitions that librdkafka was told to pause
}

type topicPartition struct {
	topic string
	id    int32
}

// attempt is what a record's handler is called with.
type attempt struct {
	session *session
	job
	retried       retried   // zero: it does not come from a retry topic
	dead, skipped bool      // what became of it instead of being handled: it went elsewhere, or nowhere
	outputs       []*output // of Transform
}

// handlerPanic is a panic of a handler on its way to the goroutine that called Run.
type handlerPanic struct {
	value any
	stack []byte
}

func (p *handlerPanic) String() string {
	return fmt.Sprintf("%v\n\nthe handler's stack:\n%s", p.value, p.stack)
}

func newSession(ctx context.Context, p *poller, stopping *stopSign, handle func(context.Context, *attempt) error) *session {
	s := &session{kc: p.kc, log: p.log, options: &p.options, counts: &p.counts, handle: handle, ctx: ctx, stopping: stopping, partitions: make(map[topicPartition]*partition), seed: maphash.MakeSeed()}
	if d := p.options.deadLetters; d != nil {
		s.recent = d.recent
	}
	if p.options.partitions == nil {
		s.unassignedSince = time.Now()
	}
	c := p.options.concurrency
	switch c.order {
	case keyOrder:
		for range c.workers {
			l := newLane()
			s.lanes = append(s.lanes, l)
			s.workers.Go(func() { s.work(l, batchMost) })
		}
	case noOrder:
		l := newLane()
		s.lanes = []*lane{l}
		for range c.workers {
			s.workers.Go(func() { s.work(l, 1) })
		}
	}
	return s
}

// batchMost is how many records a worker takes from its lane at once.
const batchMost = 64

// assign takes partitions on.
func (s *session) assign(assigned []kafka.TopicPartition) {
	for i := range assigned {
		key := topicPartition{*assigned[i].Topic, assigned[i].Partition}
		if s.partitions[key] != nil {
			continue
		}
		p := &partition{topic: key.topic, id: key.id, limit: s.options.queue, highest: -1, reread: reread{last: -1}, room: make(chan struct{}, 1)}
		if s.transactor != nil {
			p.transforms, p.settled = true, make(map[uint64]*settled)
		}
		p.ctx, p.cancel = context.WithCancel(s.ctx)
		if _, p.retry = s.options.retries.source(p.topic); s.lanes == nil || p.retry != nil { // which waits, and must not keep others waiting
			p.lane = newLane()
			s.workers.Go(func() { s.work(p.lane, batchMost) })
		}
		s.partitions[key] = p
		s.counts.assigned(p, false)
	}
}

// take takes a record that is on its way to a worker: with those before it, when there are
// enough of them, or nothing more comes at the moment.
func (s *session) take(m *kafka.Message) {
	p := s.pendingOf
	if p == nil || p.id != m.TopicPartition.Partition || p.topic != *m.TopicPartition.Topic {
		s.flush()
		if p = s.partitions[topicPartition{*m.TopicPartition.Topic, m.TopicPartition.Partition}]; p == nil {
			return // it was revoked, and librdkafka had the record already
		}
		s.pendingOf = p
		if len(s.options.observers.polled) > 0 {
			s.pendingSince = time.Now()
		}
	}
	p.ended = false
	if was := p.reread.going; p.reread.is(m, s.seed) {
		if !was {
			s.log.LogAttrs(s.ctx, slog.LevelWarn, "librdkafka reads records again: they are left out", slog.String("topic", p.topic), slog.Int("partition", int(p.id)), slog.Int64("offset", int64(m.TopicPartition.Offset)))
		}
		s.counts.reread.Add(1)
		return
	}
	s.pending = append(s.pending, job{record: m, partition: p})
	if s.pendingSize += sizeOf(m); len(s.pending) == batchMost || s.pendingSize > pendingMost {
		s.flush()
	}
}

// pendingMost is of how many bytes records wait for company.
const pendingMost = 64 << 10

// flush hands the records that were taken to workers.
func (s *session) flush() {
	p, jobs := s.pendingOf, s.pending
	if len(jobs) == 0 {
		return
	}
	full := p.enqueue(jobs)
	switch {
	case p.lane != nil:
		p.lane.push(jobs...)
	case len(s.lanes) == 1:
		s.lanes[0].push(jobs...)
	default:
		for i := range jobs {
			s.lanes[s.laneOf(jobs[i].record)].push(jobs[i])
		}
	}
	if told := s.options.observers.polled; len(told) > 0 {
		tell(told, Polled{Topic: p.topic, Partition: p.id, Records: len(jobs), First: int64(jobs[0].record.TopicPartition.Offset), Took: time.Since(s.pendingSince)})
	}
	clear(jobs)
	s.pending, s.pendingSize, s.pendingOf = jobs[:0], 0, nil
	if full && !p.waitForRoom(roomWait) && !p.closed.Load() {
		s.counts.pauses[QueueFull].Add(1)
		s.pause(p, true)
	}
}

// roomWait is how long polling waits for a partition that is full, before that is paused. To
// pause costs what librdkafka has fetched of it already, and the time of another fetch.
const roomWait = 50 * time.Millisecond

// laneOf is the lane for records of one key in one partition.
func (s *session) laneOf(m *kafka.Message) int {
	h := maphash.Bytes(s.seed, m.Key) + uint64(m.TopicPartition.Partition)*0x9e3779b97f4a7c15
	return int(h % uint64(len(s.lanes)))
}

// work handles the records of a lane until it is closed.
func (s *session) work(l *lane, most int) {
	w := worker{session: s, attempt: attempt{session: s}}
	var batch []job
	for {
		if batch = l.take(batch, most); len(batch) == 0 {
			return
		}
		for rest := batch; len(rest) > 0; {
			rest = rest[w.handle(rest):]
		}
		clear(batch)
	}
}

// worker handles records one after another.
type worker struct {
	session *session
	attempt attempt
	stretch stretch
	handled int // of the stretch, those whose handler was asked and returned nil
}

// handle handles the records of the first one's partition up to the last of them, or one that
// fails, and returns how many it went through.
func (w *worker) handle(jobs []job) (through int) {
	s, p := w.session, jobs[0].partition
	most := 1
	for most < len(jobs) && jobs[most].partition == p {
		most++
	}
	if s.stopping.Load() || !p.begin(&w.stretch, jobs[:most]) {
		return most
	}
	var err error
	ended := false
	defer func() {
		if !ended { // a panic, or runtime.Goexit, as testing's FailNow
			j := &jobs[through]
			through++
			if value := recover(); value != nil {
				s.panics(value)
			} else {
				s.fail(recordError(j.record, Handling, serde.Info{}, errors.New("the handler ended its goroutine")))
			}
		}
		s.counts.handled.Add(uint64(w.handled))
		w.handled = 0
		if p.end(&w.stretch, !ended || err != nil) {
			s.list(p)
		}
	}()
	a := &w.attempt
	for through < most && err == nil && !s.stopping.Load() && !p.closed.Load() {
		a.job, a.retried, a.dead, a.skipped, a.outputs = jobs[through], retried{}, false, false, nil
		if until := s.breaker.until.Load(); until != 0 && !s.breaker.wait(p.ctx, a, until) {
			break // what is left is read again
		}
		if err = s.handle(p.ctx, a); err == nil {
			if !a.dead && !a.skipped {
				w.handled++
			}
			if r := s.recent; r != nil && !a.dead {
				r.add(false)
			}
			if s.transactor != nil {
				p.settle(a)
			}
			w.stretch.handled.Add(1)
		}
		through++
	}
	ended = true
	switch {
	case err == nil:
	case p.closed.Load() && !s.stopping.Load(), isLeft(err):
		// Who reads on begins with the record.
		s.log.LogAttrs(s.ctx, slog.LevelInfo, "not handled: "+err.Error())
	default:
		s.fail(err)
	}
	return through
}

// fail ends the run with its first failure.
func (s *session) fail(err error) {
	s.stopping.raise()
	s.mu.Lock()
	if s.failed == nil {
		s.failed = err
	}
	s.mu.Unlock()
}

func (s *session) panics(value any) {
	s.stopping.raise()
	s.mu.Lock()
	if s.panicked == nil {
		s.panicked = &handlerPanic{value, debug.Stack()}
	}
	s.mu.Unlock()
}

// list puts a partition among the changed ones.
func (s *session) list(p *partition) {
	s.mu.Lock()
	s.changed = append(s.changed, p)
	s.waiting.Store(true)
	s.mu.Unlock()
}

// hold lets a partition take no more records while what it returns is not called.
func (a *attempt) hold(reason PauseReason) (release func()) {
	p, s := a.partition, a.session
	s.counts.pauses[reason].Add(1)
	if p.hold(reason, 1) {
		s.list(p)
	}
	return func() {
		if p.hold(reason, -1) {
			s.list(p)
		}
	}
}

// wait is how long polling may take: partitions that are paused, and offsets that are to
// be stored, wait for its end.
func (s *session) wait() time.Duration {
	if s.paused > 0 || s.waiting.Load() {
		return busyWait
	}
	return pollWait
}

// lookEvery is how often offsets are stored and pauses looked at.
const lookEvery = 10 * time.Millisecond

// look stores offsets, and pauses and resumes, what has changed.
func (s *session) look() {
	s.looked = time.Now()
	if s.looked.Sub(s.measured) > lagEvery {
		s.measure()
	}
	s.mu.Lock()
	changed := s.changed
	s.changed = nil
	s.waiting.Store(false)
	s.mu.Unlock()
	var offsets []kafka.TopicPartition
	look := func(p *partition) {
		position, store, pause := p.look()
		if store {
			offsets = append(offsets, position)
		}
		if pause != p.paused {
			s.pause(p, pause)
		}
	}
	for _, p := range changed {
		if s.partitions[topicPartition{p.topic, p.id}] == p { // not another member's by now
			look(p)
		}
	}
	for _, p := range s.partitions {
		if p.working.Load() > 0 { // and does not say what it has done before its stretch ends
			look(p)
		}
	}
	s.store(offsets)
}

// store stores offsets, which librdkafka commits in its time.
func (s *session) store(offsets []kafka.TopicPartition) {
	if len(offsets) == 0 {
		return
	}
	stored, err := s.kc.StoreOffsets(offsets)
	for i := range stored {
		if stored[i].Error != nil {
			err = stored[i].Error
		}
	}
	if err != nil {
		// The partition was taken away: its new owner reads the records again.
		s.log.LogAttrs(s.ctx, slog.LevelWarn, "an offset was not stored: "+err.Error(), slog.String("client", s.kc.String()))
	}
}

// pause tells librdkafka.
func (s *session) pause(p *partition, pause bool) {
	if p.paused == pause {
		return
	}
	p.paused = pause
	var err error
	if pause {
		s.paused++
		err = s.kc.Pause([]kafka.TopicPartition{p.topicPartition()})
	} else {
		s.paused--
		err = s.kc.Resume([]kafka.TopicPartition{p.topicPartition()})
	}
	if err != nil {
		s.log.LogAttrs(s.ctx, slog.LevelWarn, "a partition was not paused or resumed: "+err.Error(), slog.String("client", s.kc.String()))
	}
}

// failure is what ends the run, nil where nothing does.
func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil && s.panicked != nil {
		return errPanicked
	}
	return s.failed
}

var (
	errPanicked      = errors.New("a handler panicked")
	errStillHandling = errors.New("a handler goes on although its context has ended: its record will be read again")
)

// release gives partitions up, all of them where none are named. Unless they are lost, it
// waits for the handlers at work until the drain's deadline, and stores what they did.
func (s *session) release(revoked []kafka.TopicPartition, lost bool, drain time.Duration) error {
	var leaving []*partition
	if revoked == nil {
		for _, p := range s.partitions {
			leaving = append(leaving, p)
		}
	}
	for i := range revoked {
		if p := s.partitions[topicPartition{*revoked[i].Topic, revoked[i].Partition}]; p != nil {
			leaving = append(leaving, p)
		}
	}
	idle := make([]<-chan struct{}, len(leaving))
	for i, p := range leaving {
		idle[i] = p.close()
		if lost {
			p.cancel()
		}
	}
	var err error
	if !lost {
		timer := time.NewTimer(drain)
		defer timer.Stop()
		err = waitIdle(leaving, idle, timer.C)
		if s.transactor != nil {
			s.transactor.finish(s, leaving, max(drain, afterCancel))
		}
	}
	var offsets []kafka.TopicPartition
	for _, p := range leaving {
		position, store, _ := p.look()
		if store && !lost {
			offsets = append(offsets, position)
		}
		if p.paused {
			s.pause(p, false) // it may come back, and is paused in librdkafka until then
		}
		p.cancel()
		p.leave()
		delete(s.partitions, topicPartition{p.topic, p.id})
		s.counts.assigned(p, true)
		if lost {
			s.counts.lost.Add(1)
		}
	}
	s.store(offsets)
	return err
}

// afterCancel is how long a handler may take to notice that its context has ended.
const afterCancel = 2 * time.Second

// waitIdle waits for handlers, ends their contexts at the deadline, and then waits a
// little longer.
func waitIdle(leaving []*partition, idle []<-chan struct{}, deadline <-chan time.Time) error {
	cancelled := false
	for i := range idle {
		select {
		case <-idle[i]:
			continue
		case <-deadline:
		}
		if cancelled {
			return errStillHandling
		}
		cancelled = true
		for _, p := range leaving {
			p.cancel()
		}
		timer := time.NewTimer(afterCancel)
		defer timer.Stop()
		deadline = timer.C
		select {
		case <-idle[i]:
		case <-deadline:
			return errStillHandling
		}
	}
	return nil
}

// end closes the lanes. Workers whose handlers go on end with them.
func (s *session) end() {
	s.stopping.raise()
	for _, l := range s.lanes {
		l.close()
	}
}
