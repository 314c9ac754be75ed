package handle

import (
	"context"
	"sync"

	"github.com/concord-go/concord/internal/inflight"
	"github.com/concord-go/concord/internal/ratelog"
)

// Run is the run that workers handle for.
type Run struct {
	Context  context.Context // of all handlers
	Stop     *inflight.Signal
	Log      *ratelog.Logger
	Counters *Counters
	Owned    *sync.WaitGroup // of the goroutines

	Fail  func(error) // ends the run with its first error
	Panic func(any)   // ends the run with its first panic
	Late  func(error) // is told of a handler that fails when its context has ended
}

// Pool is the workers of a run, and what they share.
type Pool struct {
	cfg    Config
	ctx    context.Context
	stop   *inflight.Signal
	log    *ratelog.Logger
	counts *Counters
	owned  *sync.WaitGroup
	limit  *limit

	fail   func(error)
	panics func(any)
	late   func(error)
}

// NewPool makes a pool without workers.
func NewPool(cfg Config, r Run) *Pool {
	p := &Pool{cfg: cfg, ctx: r.Context, stop: r.Stop, log: r.Log, counts: r.Counters, owned: r.Owned, fail: r.Fail, panics: r.Panic, late: r.Late}
	if cfg.DeadLetters != nil {
		p.limit = newLimit(cfg.DeadLetters.Limit)
	}
	return p
}
