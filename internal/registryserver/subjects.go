package registryserver

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// subjectsWithPrefix are the subjects whose qualified name begins with a prefix,
// sorted: ":*:" stands for every context, and a prefix without a context is one in
// the default context.
func (e *Engine) subjectsWithPrefix(prefix string) []*subject {
	context, local, ok := cutContext(prefix)
	if !ok {
		context, local = defaultContext, prefix
	}
	var all []*subject
	for _, c := range e.state.contexts {
		if context != anyContext && c.name != context {
			continue
		}
		for _, s := range c.subjects {
			if strings.HasPrefix(parseName(s.name).local, local) {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b *subject) int { return cmp.Compare(a.name, b.name) })
	return all
}

func (c *call) subjectPrefix(absent string) string {
	if c.query.Has("subjectPrefix") {
		return c.query.Get("subjectPrefix")
	}
	return absent
}

// listSubjects is GET /subjects.
func (c *call) listSubjects() (any, error) {
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	names := []string{}
	for _, s := range e.subjectsWithPrefix(c.subjectPrefix(":*:")) {
		switch {
		case c.flag("deletedOnly"):
			if s.live > 0 {
				continue
			}
		case !c.flag("deleted") && s.live == 0:
			continue
		}
		names = append(names, s.name)
	}
	return page(c, names, math.MaxInt32)
}

// listVersions is GET /subjects/{subject}/versions.
func (c *call) listVersions() (any, error) {
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	deleted, only, negative := c.flag("deleted"), c.flag("deletedOnly"), c.flag("deletedAsNegative")
	sub := e.state.subject(c.subject())
	numbers := []int32{}
	if sub == nil {
		if c.subject() == everyScope {
			return numbers, nil
		}
		return nil, subjectNotFound(c.param("subject"))
	}
	for _, v := range sub.versions {
		switch {
		case v.Deleted && negative && (deleted || only):
			numbers = append(numbers, -v.Version)
		case v.Deleted && (deleted || only), !v.Deleted && !only:
			numbers = append(numbers, v.Version)
		}
	}
	if len(numbers) == 0 {
		return nil, subjectNotFound(c.param("subject"))
	}
	return page(c, numbers, math.MaxInt32)
}

// version finds the version of the path, in other contexts if the default one does
// not know an unqualified subject. e.mu must be held.
func (c *call) version(version int32, deleted bool) (*stored, error) {
	e := c.e
	own := e.state.subject(c.subject())
	candidates := []*subject{own}
	if own == nil {
		candidates = e.elsewhere(c.subject())
	}
	for _, s := range candidates {
		v := s.at(version)
		if version == int32(registry.LatestVersion) {
			v = s.latest()
		}
		if v != nil && (deleted || !v.Deleted) {
			return v, nil
		}
	}
	if c.subject() != everyScope && (own == nil || own.live == 0 && !deleted) {
		return nil, subjectNotFound(c.param("subject"))
	}
	return nil, versionNotFound(version)
}

// showVersion is GET /subjects/{subject}/versions/{version}.
func (c *call) showVersion() (any, error) {
	version, err := c.versionParam()
	if err != nil {
		return nil, err
	}
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	v, err := c.version(version, c.flag("deleted"))
	if err != nil {
		return nil, err
	}
	return c.formatted(v, v.answer()), nil
}

// showVersionSchema is GET /subjects/{subject}/versions/{version}/schema.
func (c *call) showVersionSchema() (any, error) {
	a, err := c.showVersion()
	if err != nil {
		return nil, err
	}
	return schemaText(a.(versionAnswer).Schema), nil
}

// listReferrers is GET /subjects/{subject}/versions/{version}/referencedby.
func (c *call) listReferrers() (any, error) {
	version, err := c.versionParam()
	if err != nil {
		return nil, err
	}
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	v, err := c.version(version, true)
	if err != nil {
		return nil, err
	}
	ids := map[int32]struct{}{}
	for _, r := range e.state.referrers[v.place()] {
		if !r.Deleted || c.flag("deleted") {
			ids[r.ID] = struct{}{}
		}
	}
	sorted := append([]int32{}, slices.Sorted(maps.Keys(ids))...)
	return page(c, sorted, math.MaxInt32)
}

// findByMetadata is GET /subjects/{subject}/metadata.
func (c *call) findByMetadata() (any, error) {
	want := map[string]string{}
	keys, values := c.query["key"], c.query["value"]
	for i, k := range keys {
		if i < len(values) {
			want[k] = values[i]
		}
	}
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	sub := e.state.subject(c.subject())
	if sub == nil || sub.live == 0 && !c.flag("deleted") {
		return nil, subjectNotFound(c.param("subject"))
	}
	for _, v := range slices.Backward(sub.versions) {
		if v.Deleted && !c.flag("deleted") {
			continue
		}
		if hasProperties(v.Metadata, want) {
			return c.formatted(v, v.answer()), nil
		}
	}
	return nil, fail(registry.ErrSchemaNotFound, "Schema not found")
}

func hasProperties(m *registry.Metadata, want map[string]string) bool {
	if len(want) == 0 {
		return true
	}
	if m == nil {
		return false
	}
	for k, w := range want {
		if have, ok := m.Properties[k]; !ok || have != w {
			return false
		}
	}
	return true
}
