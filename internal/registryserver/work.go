package registryserver

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/concord-go/concord/registry"
)

// maxPasses is how often a request is decided before it does all of its work under
// the lock: what others change in between must not keep it from ever coming to an
// end.
const maxPasses = 8

// errLater says that a decision needs work that was noted, and is to be made again
// when that is done.
var errLater = errors.New("not parsed or compared yet")

// work is what a request has parsed and compared, which takes its time with large
// schemas, in which nobody should wait for the lock.
type work struct {
	defers bool // what is not done yet is noted in todo, and not done under the lock
	todo   []func()

	drafts   []draft          // schemas of the request
	parsed   []parsedVersion  // versions that the Engine did not have parsed
	verdicts map[pair]verdict // what was compared with each other
}

// parsedVersion is what a version's text means with those imports.
type parsedVersion struct {
	v       *stored
	imports []Import
	parsed  Parsed
	err     error
}

// pair is a writer schema and a reader schema of one type.
type pair struct {
	kind           registry.SchemaType
	lenient        bool // under the policy LENIENT
	writer, reader Parsed
}

// verdict is what a comparison came to.
type verdict struct {
	differences []Difference
	err         error
}

// decide runs a decision under the lock. Where it lacks work, it must not have changed
// anything: the lock is given free, the work done, and the decision made anew, on what
// the registry holds then.
func decide[T any](c *call, lock sync.Locker, decision func() (T, error)) (T, error) {
	locked := func() (T, error) {
		lock.Lock()
		defer lock.Unlock()
		return decision()
	}
	for pass := 1; ; pass++ {
		c.defers, c.todo = pass < maxPasses, nil
		answer, err := locked()
		if !errors.Is(err, errLater) {
			return answer, err
		}
		for _, do := range c.todo {
			do()
		}
	}
}

// later notes work, and reports that a decision has to wait for it; where it may not,
// the work is done at once.
func (w *work) later(do func()) error {
	if w.defers {
		w.todo = append(w.todo, do)
		return errLater
	}
	do()
	return nil
}

// draftOf is the parsed schema of a request; nil when that is to be done.
func (w *work) draftOf(s registry.Schema, imports []Import, isNew, normalize bool) *draft {
	for i := range w.drafts {
		d := &w.drafts[i]
		if d.text == s.Text && d.kind == s.Type && d.isNew == isNew && d.norm == normalize && slices.Equal(d.imports, imports) {
			return d
		}
	}
	return nil
}

// parseDraft parses a schema of a request.
func (c *call) parseDraft(s registry.Schema, imports []Import, isNew, normalize bool) {
	d := draft{text: s.Text, kind: s.Type, isNew: isNew, norm: normalize, imports: imports}
	if checker := c.e.checkers[s.Type]; checker != nil {
		d.parsed, d.err = checker.Parse(s.Text, ParseOptions{Imports: imports, New: isNew, Normalize: normalize})
	} else {
		d.err = fmt.Errorf("there is no such schema type: want AVRO, JSON or PROTOBUF")
	}
	c.drafts = append(c.drafts, d)
}

// parseVersion parses a version, or finds it parsed for this request.
func (c *call) parseVersion(v *stored, imports []Import) (Parsed, error) {
	known := func() *parsedVersion {
		for i := range c.parsed {
			if p := &c.parsed[i]; p.v == v && slices.Equal(p.imports, imports) {
				return p
			}
		}
		return nil
	}
	checker := c.e.checkers[v.Type]
	if checker == nil {
		return nil, errors.New("its type is not known")
	}
	if known() == nil {
		err := c.later(func() {
			p, err := checker.Parse(v.Text, ParseOptions{Imports: imports})
			c.parsed = append(c.parsed, parsedVersion{v, imports, p, err})
		})
		if err != nil {
			return nil, err
		}
	}
	p := known()
	return p.parsed, p.err
}

// check compares pairs, group by group, up to the first group that has differences:
// the verdicts have those up to there.
func (c *call) check(groups [][]pair) error {
	for i, group := range groups {
		for _, p := range group {
			if _, ok := c.verdicts[p]; !ok {
				return c.later(func() { c.compareAll(groups[i:]) })
			}
		}
		if !c.clean(group...) {
			break
		}
	}
	return nil
}

func (c *call) compareAll(groups [][]pair) {
	for _, group := range groups {
		for _, p := range group {
			if _, ok := c.verdicts[p]; !ok {
				c.compare(p)
			}
		}
		if !c.clean(group...) {
			return
		}
	}
}

// clean reports whether compared pairs have no differences.
func (c *call) clean(group ...pair) bool {
	for _, p := range group {
		if v := c.verdicts[p]; v.err != nil || len(v.differences) > 0 {
			return false
		}
	}
	return true
}

func (c *call) compare(p pair) {
	checker := c.e.checkers[p.kind]
	check := checker.Check
	if l, ok := checker.(LenientChecker); ok && p.lenient {
		check = l.CheckLenient
	}
	var v verdict
	v.differences, v.err = check(p.writer, p.reader)
	if c.verdicts == nil {
		c.verdicts = map[pair]verdict{}
	}
	c.verdicts[p] = v
}
