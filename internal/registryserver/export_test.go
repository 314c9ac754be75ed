package registryserver

import "github.com/concord-go/concord/registry"

// SetChecker puts a checker in place of that of a type.
func SetChecker(e *Engine, kind registry.SchemaType, c Checker) { e.checkers[kind] = c }

// CheckerOf is the checker of a type.
func CheckerOf(e *Engine, kind registry.SchemaType) Checker { return e.checkers[kind] }

// WithCompactAt makes the journal be compacted when it is longer than size bytes.
func WithCompactAt(o Options, size int64) Options {
	o.compactAt = size
	return o
}
