package registryserver

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/concord-go/concord/registry"
)

// Options say what an Engine keeps and how. The zero value is a registry in memory.
type Options struct {
	// Dir keeps everything across restarts; one process at a time holds it. Empty
	// means in memory.
	Dir string
	// MaxBody is the most bytes of a request's body; 0 means 16 MiB.
	MaxBody int64
	// MaxSchema is the most bytes that a version may take when it is kept: its text as
	// a JSON string, with references, metadata and rules. 0 means 1 MiB, which is what
	// the reference registry can write to Kafka. What is larger is refused with 42209.
	MaxSchema int
	// Logger hears of what the clients are not told: repaired files, panics. nil
	// means that nobody does.
	Logger *slog.Logger
	// Wrap, if set, is put around the handler of a Server: for faults in tests.
	Wrap func(http.Handler) http.Handler

	// 0 in these means the default; tests have less.
	compactAt                int64
	headerWithin, readWithin time.Duration
}

const (
	defaultMaxBody   = 16 << 20
	defaultMaxSchema = 1 << 20
	parsedSchemas    = 1000 // kept parsed, so that each registration does not parse its predecessors
)

// errHeld means that another process, or another Engine of this one, has the directory.
var errHeld = errors.New("another registry is using it; end that one, or choose another directory")

// Engine is a schema registry: an http.Handler over a state. It is safe for
// concurrent use.
type Engine struct {
	log       *slog.Logger
	maxBody   int64
	maxSchema int
	checkers  map[registry.SchemaType]Checker
	parsed    *lru.Cache[parsedKey, Parsed]
	now       func() time.Time
	metrics   *metrics

	mu      sync.RWMutex // guards state; held while a request is decided, never while it waits for the disk
	state   *state
	journal *journal // nil in memory
}

// Open makes an Engine, with what its directory has. Close it when it is done with.
func Open(opts Options) (*Engine, error) {
	if opts.MaxBody < 0 {
		return nil, fmt.Errorf("registryserver: MaxBody is %d: want 1 or more, or 0 for the default", opts.MaxBody)
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = defaultMaxBody
	}
	if opts.MaxSchema < 0 {
		return nil, fmt.Errorf("registryserver: MaxSchema is %d: want 1 or more, or 0 for the default", opts.MaxSchema)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	parsed, err := lru.New[parsedKey, Parsed](parsedSchemas)
	if err != nil {
		return nil, fmt.Errorf("registryserver: %w", err)
	}
	e := &Engine{
		log:       opts.Logger,
		maxBody:   opts.MaxBody,
		maxSchema: cmp.Or(opts.MaxSchema, defaultMaxSchema),
		checkers:  checkers(),
		parsed:    parsed,
		now:       time.Now,
		state:     newState(),
	}
	e.metrics = newMetrics(e)
	if opts.Dir == "" {
		return e, nil
	}
	j, cut, err := openJournal(opts.Dir, cmp.Or(opts.compactAt, defaultCompactAt), e.state.apply)
	if err != nil {
		return nil, fmt.Errorf("registryserver: %w", err)
	}
	if cut > 0 {
		e.log.Warn("cut off the end of the registry's journal that an interrupted write left", "bytes", cut)
	}
	e.journal = j
	if err := e.compact(); err != nil {
		return nil, errors.Join(fmt.Errorf("registryserver: %w", err), j.close())
	}
	return e, nil
}

// Close makes everything durable and gives the directory free. Requests that come
// later are refused if they would change anything.
func (e *Engine) Close() error {
	if err := e.journal.close(); err != nil {
		return fmt.Errorf("registryserver: %w", err)
	}
	return nil
}

// commit applies changes and hands them to the journal. e.mu must be held for
// writing. The answer may be given only after durable.
func (e *Engine) commit(ops ...op) error {
	for _, o := range ops {
		if err := e.state.apply(o); err != nil {
			return fail(registry.ErrStore, "Error in the registry: %v", err)
		}
	}
	e.journal.append(ops)
	return nil
}

// durable waits until all that a request may have seen or changed is on disk: an
// answer never tells of what a crash could take back.
func (e *Engine) durable() error {
	if err := e.journal.wait(e.journal.mark(), e.compact); err != nil {
		e.log.Error("the registry cannot write its directory; restart it when the cause is removed", "error", err)
		return fail(registry.ErrStore, "Error in the backend data store: the registry cannot write its directory")
	}
	return nil
}

// compact writes the journal anew where that makes it much shorter. If that fails,
// the old one goes on; the error is that neither can.
func (e *Engine) compact() error {
	e.mu.RLock()
	if !e.journal.crowded(e.state.size()) {
		e.mu.RUnlock()
		return nil
	}
	snapshot := slices.Collect(e.state.snapshot)
	pending := e.journal.takePending() // they are in the snapshot
	e.mu.RUnlock()
	failed, err := e.journal.compact(snapshot, pending)
	if failed != nil {
		e.log.Warn("the registry's journal could not be compacted", "error", failed)
	}
	return err
}

// discardLog keeps net/http's remarks on broken connections off the standard error.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
