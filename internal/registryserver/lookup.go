package registryserver

import (
	"maps"
	"slices"
	"strconv"

	"github.com/concord-go/concord/registry"
)

// confluentVersion is the metadata property that ties a schema to its version's number.
const confluentVersion = "confluent:version"

// match is a version found for a schema. The reference registry gives all of a
// version that only stands for the schema, and less of one that is the same.
type match struct {
	*stored
	same bool
}

// answer is the match as look-ups and registrations give it.
func (m *match) answer() versionAnswer {
	if m.same {
		return m.briefAnswer()
	}
	return m.stored.answer()
}

// find looks for a schema under a subject. e.mu must be held.
func (c *call) find(qualified string, req *schemaRequest, normalize, deleted bool) (*match, error) {
	if isBlank(req.schema.Text) {
		return nil, nil
	}
	e := c.e
	d, err := c.parse(qualified, req.schema, false, normalize || e.configInScope(qualified).normalizes())
	if err != nil {
		return nil, err
	}
	sub := e.state.subject(qualified)
	if sub == nil {
		return nil, nil
	}
	if req.version == int32(registry.LatestVersion) {
		if v := sub.latest(); v != nil {
			return c.canStandFor(d, v, v), nil
		}
		return nil, nil
	}
	if v := e.state.holder(sub, contentGUID(&d.schema), deleted); v != nil {
		return &match{v, true}, nil
	}
	latest := sub.latest()
	for _, v := range slices.Backward(sub.versions) {
		if v.Deleted && !deleted {
			continue
		}
		if m := c.canStandFor(d, v, latest); m != nil {
			return m, nil
		}
	}
	return nil, nil
}

// holder is the newest version of a subject with that content; nil for none. With
// deleted, live ones come first all the same.
func (s *state) holder(sub *subject, guid registry.GUID, deleted bool) *stored {
	var best *stored
	for _, id := range s.identities(parseName(sub.name).context, guid) {
		if len(id.holders) <= len(sub.versions) {
			for _, v := range id.holders {
				if v.Subject == sub.name {
					best = better(best, v, deleted)
				}
			}
			continue
		}
		for _, v := range sub.versions {
			if v.ID == id.id {
				best = better(best, v, deleted)
			}
		}
	}
	return best
}

func better(best, v *stored, deleted bool) *stored {
	switch {
	case v.Deleted && !deleted:
		return best
	case best == nil, best.Deleted && !v.Deleted, best.Deleted == v.Deleted && best.Version < v.Version:
		return v
	}
	return best
}

// canStandFor reports whether a version is what a schema means that is not the same
// in all: its metadata or rule set may be left out, and its references may be
// written out. Where metadata are left out, those of the latest version are meant.
func (c *call) canStandFor(d *draft, v, latest *stored) *match {
	if v.Type != d.schema.Type {
		return nil
	}
	if !sameMetadata(d.schema.Metadata, v) || d.schema.RuleSet != nil && !sameRuleSet(d.schema.RuleSet, v.RuleSet) {
		return nil
	}
	if d.schema.Text == v.Text && slices.Equal(d.schema.References, v.References) {
		return &match{v, d.schema.Metadata == nil && latest != nil && !tiedToVersion(latest.Metadata) && equalMetadata(v.Metadata, latest.Metadata)}
	}
	if len(d.schema.References) == 0 && len(v.References) > 0 {
		defer func(defers bool) { c.defers = defers }(c.defers)
		c.defers = false
		if p, err := c.parseStored(v, 0); err == nil && d.parsed.Resolved() == p.Resolved() {
			return &match{v, false}
		}
	}
	return nil
}

// sameMetadata compares the metadata of a schema, unless it has none, with those of
// a version. The property confluent:version must be the version's number.
func sameMetadata(m *registry.Metadata, v *stored) bool {
	if m == nil {
		return true
	}
	if n, ok := m.Properties[confluentVersion]; ok && n != strconv.Itoa(int(v.Version)) {
		return false
	}
	return v.Metadata != nil && equalMetadata(withoutVersion(m), withoutVersion(v.Metadata))
}

func equalMetadata(a, b *registry.Metadata) bool {
	if a == nil || b == nil {
		return a == b
	}
	return maps.Equal(a.Properties, b.Properties) && slices.Equal(a.Sensitive, b.Sensitive) &&
		maps.EqualFunc(a.Tags, b.Tags, slices.Equal)
}

func tiedToVersion(m *registry.Metadata) bool {
	if m == nil {
		return false
	}
	_, tied := m.Properties[confluentVersion]
	return tied
}

func withoutVersion(m *registry.Metadata) *registry.Metadata {
	if !tiedToVersion(m) {
		return m
	}
	w := *m
	w.Properties = maps.Clone(m.Properties)
	delete(w.Properties, confluentVersion)
	return &w
}

func sameRuleSet(a, b *registry.RuleSet) bool {
	return b != nil && contentGUID(&registry.Schema{RuleSet: a}) == contentGUID(&registry.Schema{RuleSet: b})
}

// lookup is POST /subjects/{subject}.
func (c *call) lookup() (any, error) {
	req, err := c.schemaRequest()
	if err != nil {
		return nil, err
	}
	req.version = 0
	return decide(c, c.e.mu.RLocker(), func() (any, error) { return c.lookupUnder(req) })
}

// lookupUnder finds a schema. e.mu must be held.
func (c *call) lookupUnder(req *schemaRequest) (any, error) {
	subject, e := c.subject(), c.e
	normalize, deleted := c.flag("normalize"), c.flag("deleted")
	m, err := c.find(subject, req, normalize, deleted)
	if err != nil {
		return nil, err
	}
	if m == nil {
		for _, other := range e.elsewhere(subject) {
			if m, err = c.find(other.name, req, normalize, deleted); m != nil || err != nil {
				break
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if m == nil {
		if sub := e.state.subject(subject); subject != everyScope && (sub == nil || sub.live == 0 && !deleted) {
			return nil, subjectNotFound(c.param("subject"))
		}
		return nil, fail(registry.ErrSchemaNotFound, "Schema not found")
	}
	return c.formatted(m.stored, m.answer()), nil
}

// elsewhere are the subjects of an unqualified name in the other contexts.
func (e *Engine) elsewhere(qualified string) []*subject {
	n := parseName(qualified)
	if n.context != defaultContext {
		return nil
	}
	var all []*subject
	for _, context := range slices.Sorted(maps.Keys(e.state.contexts)) {
		if context == defaultContext {
			continue
		}
		if s := e.state.subject(name{context, n.local}.String()); s != nil {
			all = append(all, s)
		}
	}
	return all
}
