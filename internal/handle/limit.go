package handle

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// limit bounds dead letters: it remembers how the last records of a run ended.
type limit struct {
	cfg   Limit
	until atomic.Int64 // nanoseconds since 1970: nothing is handled before; 0: it is

	mu    sync.Mutex
	dead  []bool // a ring
	next  int
	full  bool
	count int // of those in it that are dead
}

// newLimit is nil where there is no limit.
func newLimit(cfg Limit) *limit {
	if cfg.Records <= 0 {
		return nil
	}
	return &limit{cfg: cfg, dead: make([]bool, cfg.Records)}
}

// add takes the end of a record into account. Where the limit is passed it ends the run, or lets
// it pause.
func (l *limit) add(p *Pool, dead bool) {
	if l == nil || !l.passed(dead) {
		return
	}
	if l.cfg.Pause == 0 {
		p.fail(ErrTooManyDeadLetters)
		return
	}
	if l.until.CompareAndSwap(0, time.Now().Add(l.cfg.Pause).UnixNano()) {
		l.reset()
		p.log.Log(p.ctx, slog.LevelError, "too many records are dead-lettered: nothing is handled for a while (is the registry or the type the right one? WithDeadLetterLimit changes the limit)", "", nil,
			slog.Float64("share", l.cfg.Share), slog.Int("of_records", l.cfg.Records), slog.Duration("pause", l.cfg.Pause))
	}
}

// passed notes how a record ended, and reports whether the limit is passed; not before the ring is
// full.
func (l *limit) passed(dead bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead[l.next] {
		l.count--
	}
	if dead {
		l.count++
	}
	l.dead[l.next] = dead
	if l.next++; l.next == len(l.dead) {
		l.next, l.full = 0, true
	}
	return dead && l.full && float64(l.count) > l.cfg.Share*float64(len(l.dead))
}

func (l *limit) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.dead)
	l.next, l.count, l.full = 0, 0, false
}

// wait waits until records may be handled; false where the run or the partition ends first.
func (l *limit) wait(w *worker, p *Partition) bool {
	if l == nil {
		return true
	}
	until := l.until.Load()
	if until == 0 {
		return true
	}
	if !w.sleep(TooManyDeadLetters, time.Until(time.Unix(0, until))) {
		return false
	}
	l.until.CompareAndSwap(until, 0)
	return true
}
