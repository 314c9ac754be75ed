package registryserver

import (
	"slices"

	"github.com/concord-go/concord/registry"
)

// keptVerdicts is how many comparisons are remembered: as long as a request needs
// them, for the most part.
const keptVerdicts = 10_000

// verdictKey is what a comparison depends on: both texts and what their references
// point at, which the context of the subject decides.
type verdictKey struct {
	context        string
	kind           registry.SchemaType
	writer, reader registry.GUID
}

type verdict struct {
	differences []Difference
	err         error
}

// comparison is a writer schema and a reader schema that are to be compared.
type comparison struct {
	key            verdictKey
	writer, reader Parsed
}

// pairs are the comparisons that a direction means between a schema and an
// earlier version.
func pairs(direction string, d *draft, v *stored, old Parsed) []comparison {
	context := parseName(v.Subject).context
	mine, theirs := contentOf(d.schema), contentOf(v.schema())
	var all []comparison
	if direction != "FORWARD" {
		all = append(all, comparison{verdictKey{context, v.Type, theirs, mine}, old, d.parsed})
	}
	if direction != "BACKWARD" {
		all = append(all, comparison{verdictKey{context, v.Type, mine, theirs}, d.parsed, old})
	}
	return all
}

// contentOf tells texts with their references apart.
func contentOf(s registry.Schema) registry.GUID {
	return contentGUID(&registry.Schema{Text: s.Text, References: s.References})
}

// check compares, or remembers. It needs no lock.
func (e *Engine) check(c comparison) verdict {
	if v, ok := e.verdicts.Get(c.key); ok {
		return v
	}
	var v verdict
	v.differences, v.err = e.checkers[c.key.kind].Check(c.writer, c.reader)
	e.verdicts.Add(c.key, v)
	return v
}

// compareAhead compares what a registration is about to be compared with, before
// the lock is taken: large schemas take their time, in which nobody should wait.
// Under the lock the verdicts are then remembered; what changed in between is
// compared there.
func (c *call) compareAhead(subject string) {
	e := c.e
	for i := range c.drafts {
		d := &c.drafts[i]
		if d.err != nil {
			continue
		}
		e.mu.RLock()
		config := e.configInScope(subject)
		direction, previous := compared(config.level(), config.inGroup(d.schema.Metadata, e.state.subject(subject).liveVersions()))
		var all []comparison
		for _, v := range slices.Backward(previous) {
			if v.Type != d.kind {
				break
			}
			old, err := e.parseStored(v, 0)
			if err != nil {
				break
			}
			all = append(all, pairs(direction, d, v, old)...)
		}
		e.mu.RUnlock()
		for _, pair := range all {
			if v := e.check(pair); v.err != nil || len(v.differences) > 0 {
				break // the others are not looked at either
			}
		}
	}
}
