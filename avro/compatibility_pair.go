package avro

import (
	"fmt"
	"slices"
)

// typePair is a writer's type met by a reader's.
type typePair struct{ writer, reader *Schema }

// pairPlace is where the check stands in both schemas.
type pairPlace struct{ writer, reader *path }

func (at pairPlace) to(token string) pairPlace {
	return pairPlace{at.writer.to(token), at.reader.to(token)}
}

// pairResult is what is known of a pair.
type pairResult struct {
	open    bool // being checked: it counts as compatible, recursion alone is no fault
	assumed bool // counted as such while it was open
	probed  bool // found by trying a union's branches: without messages and places
	bad     bool
	found   []finding
}

// fails reports whether the pair is known to be incompatible.
func (res *pairResult) fails() bool { return res.bad && !res.open }

// finding is an incompatibility, or all those of another pair.
type finding struct {
	kind    IncompatibilityKind
	at      pairPlace
	message string
	inner   *pairResult
}

// checker compares types pair by pair and remembers each pair's result, so that the
// cost is bounded by the number of pairs and recursion ends.
type checker struct {
	results map[typePair]*pairResult
	order   []typePair // the keys of results, in the order in which they were checked
	steps   int
	probing int // how many unions deep branches are being tried
	fields  map[*Schema]map[string]int
}

// Two schemas of n types that refer to themselves can meet in n*n pairs, and so can
// two unions of n branches: the check gives up at these bounds. The first one
// bounds the depth of its recursion too.
const (
	maxPairs = 20_000
	maxSteps = 500_000
)

// compatible is the result of pairs that are not looked at any more.
var compatible = &pairResult{}

// pair compares a type of the writer with one of the reader.
func (c *checker) pair(w, r *Schema, at pairPlace) *pairResult {
	if c.steps++; c.steps > maxSteps || len(c.results) > maxPairs {
		return compatible
	}
	if w.kind < Record || r.kind < Record { // nothing to remember: it goes no deeper than a union
		res := &pairResult{probed: c.probing > 0}
		c.check(res, w, r, at)
		return res
	}
	key := typePair{w, r}
	if res := c.results[key]; res != nil && !(res.probed && res.fails() && c.probing == 0) {
		if res.open {
			res.assumed = true
		}
		return res
	}
	res := &pairResult{open: true, probed: c.probing > 0}
	c.results[key] = res
	c.order = append(c.order, key)
	mark := len(c.order)
	c.check(res, w, r, at)
	res.open = false
	if res.bad && res.assumed {
		c.forget(mark)
	}
	return res
}

// forget drops the pairs checked since mark and found compatible: they may have
// relied on a pair that has turned out not to be. As an incompatible result is
// final, this happens at most once for each pair.
func (c *checker) forget(mark int) {
	kept := slices.DeleteFunc(c.order[mark:], func(k typePair) bool {
		res := c.results[k]
		if res != nil && !res.open && !res.bad {
			delete(c.results, k)
		}
		return c.results[k] == nil
	})
	c.order = c.order[:mark+len(kept)]
}

// probe is pair for a branch of a union that may or may not fit.
func (c *checker) probe(w, r *Schema, at pairPlace) *pairResult {
	c.probing++
	defer func() { c.probing-- }()
	return c.pair(w, r, at)
}

// merge adds to res what is found in another pair.
func (c *checker) merge(res *pairResult, w, r *Schema, at pairPlace) {
	inner := c.pair(w, r, at)
	if inner.fails() {
		res.bad = true
		res.found = append(res.found, finding{inner: inner})
	}
}

func (c *checker) add(res *pairResult, kind IncompatibilityKind, at pairPlace, format string, args ...any) {
	res.bad = true
	if c.probing == 0 {
		res.found = append(res.found, finding{kind: kind, at: at, message: fmt.Sprintf(format, args...)})
	}
}

// list spells out what was found, each pair once.
func list(root *pairResult) []Incompatibility {
	var out []Incompatibility
	seen := map[*pairResult]bool{root: true}
	stack := [][]finding{root.found}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(*top) == 0 {
			stack = stack[:len(stack)-1]
			continue
		}
		f := (*top)[0]
		*top = (*top)[1:]
		if f.inner == nil {
			out = append(out, Incompatibility{f.kind, f.at.reader.pointer(), f.at.writer.pointer(), f.message})
		} else if !seen[f.inner] {
			seen[f.inner] = true
			stack = append(stack, f.inner.found)
		}
	}
	return out
}

// pointer is the JSON pointer, "/" for the whole schema, as Avro for Java has it.
func (p *path) pointer() string {
	if p == nil {
		return "/"
	}
	return p.String()
}
