package avro

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concord-go/concord/serde"
)

// DecodeError says why a payload cannot be decoded, and where. Its class is one of
// [serde.Truncated], [serde.TrailingBytes], [serde.Malformed],
// [serde.LimitExceeded], [serde.Incompatible] (the data takes a branch or
// symbol that the reader schema has no place for) and [serde.TypeMismatch]
// (a number that the Go type cannot hold).
type DecodeError struct {
	// Path is the way through the reader's fields, such as orders[3].price; for a
	// field that the reader lacks, through the writer's. A map's values are
	// [*]. Empty at the top.
	Path string
	// Offset is the position in the payload, in bytes, at which it went wrong.
	Offset int
	// Err says what is wrong and wraps the class.
	Err error

	steps pathSteps
}

// Error is the path, the offset and the reason.
func (e *DecodeError) Error() string {
	return "avro: cannot decode" + placeOf(e.Path) + " at byte " + strconv.Itoa(e.Offset) + ": " + e.Err.Error()
}

// Unwrap returns the reason, which wraps the class.
func (e *DecodeError) Unwrap() error { return e.Err }

// EncodeError says why a value cannot be encoded, and where. Its class is
// [serde.TypeMismatch] or [serde.LimitExceeded].
type EncodeError struct {
	// Path is the way through the writer schema's fields, such as
	// orders[3].price. A map's values are [*]. Empty at the top.
	Path string
	// Err says what is wrong and wraps the class.
	Err error

	steps pathSteps
}

// Error is the path and the reason.
func (e *EncodeError) Error() string {
	return "avro: cannot encode" + placeOf(e.Path) + ": " + e.Err.Error()
}

// Unwrap returns the reason, which wraps the class.
func (e *EncodeError) Unwrap() error { return e.Err }

// FitError lists everything in which a Go type does not fit a schema. Its class
// is [serde.TypeMismatch].
type FitError struct {
	Type       string // the Go type
	Mismatches []Mismatch
}

// Mismatch is one place in which a Go type does not fit a schema.
type Mismatch struct {
	GoPath     string // such as Event.Items[].Price
	SchemaPath string // such as items[].price; empty at the top
	Reason     string
}

// Error lists the mismatches.
func (e *FitError) Error() string {
	var b strings.Builder
	b.WriteString("avro: the Go type " + e.Type + " does not fit the schema: ")
	for i, m := range e.Mismatches {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(m.GoPath)
		if m.SchemaPath != "" {
			b.WriteString(" (field " + m.SchemaPath + ")")
		}
		b.WriteString(": " + m.Reason)
	}
	return b.String()
}

// Unwrap returns the error's class.
func (e *FitError) Unwrap() error { return serde.TypeMismatch }

// ResolveError lists why the writer schema cannot be resolved to the reader schema.
// Its class is [serde.Incompatible].
type ResolveError struct {
	Reasons []Incompatibility
}

// Error lists the reasons.
func (e *ResolveError) Error() string {
	var b strings.Builder
	b.WriteString("avro: the writer schema cannot be resolved to the reader schema: ")
	for i, r := range e.Reasons {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(r.String())
	}
	return b.String()
}

// Unwrap returns the error's class.
func (e *ResolveError) Unwrap() error { return serde.Incompatible }

// fault is a reason with its class.
type fault struct {
	class serde.Class
	text  string
}

func (f *fault) Error() string { return f.class.Error() + ": " + f.text }
func (f *fault) Unwrap() error { return f.class }

func placeOf(path string) string {
	if path == "" {
		return ""
	}
	return " " + path
}

// pathSteps collects the steps of a path from the inside to the outside while an
// error unwinds, so that building it costs little however deep it goes.
type pathSteps struct {
	inner, outer []string // outer is a ring
	n            int      // all steps seen
}

const (
	innerSteps = 8
	outerSteps = 24
)

func (p *pathSteps) add(step string) {
	if step == "" {
		return
	}
	if p.n < innerSteps {
		p.inner = append(p.inner, step)
	} else if i := p.n - innerSteps; i < outerSteps {
		p.outer = append(p.outer, step)
	} else {
		p.outer[i%outerSteps] = step
	}
	p.n++
}

func (p *pathSteps) addIndex(i int) { p.add("[" + strconv.Itoa(i) + "]") }

func (p *pathSteps) String() string {
	steps := slices.Clone(p.inner)
	if i := p.n - innerSteps; i > outerSteps {
		steps = append(steps, "...")
		steps = append(steps, p.outer[i%outerSteps:]...)
		steps = append(steps, p.outer[:i%outerSteps]...)
	} else {
		steps = append(steps, p.outer...)
	}
	var path string
	for _, s := range slices.Backward(steps) {
		path = joinPath(path, s)
	}
	return path
}

// joinPath appends a step, a name or an index in brackets, to a path.
func joinPath(path, step string) string {
	if path == "" || step == "" || step[0] == '[' {
		return path + step
	}
	return path + "." + step
}
