package registryserver

import (
	"time"

	"github.com/concord-go/concord/registry"
)

// SetChecker puts a checker in place of that of a type.
func SetChecker(e *Engine, kind registry.SchemaType, c Checker) { e.checkers[kind] = c }

// CheckerOf is the checker of a type.
func CheckerOf(e *Engine, kind registry.SchemaType) Checker { return e.checkers[kind] }

// WithTimeouts makes a Server give up sooner on headers and bodies that come slowly.
func WithTimeouts(o Options, header, body time.Duration) Options {
	o.headerWithin, o.readWithin = header, body
	return o
}

// WithCompactAt makes the journal be compacted when it is longer than size bytes.
func WithCompactAt(o Options, size int64) Options {
	o.compactAt = size
	return o
}
