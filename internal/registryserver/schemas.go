package registryserver

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

const maxListedSchemas = 1000

// hint is the subject of the query, which picks a context; empty without one.
func (c *call) hint() string {
	if !c.query.Has("subject") {
		return ""
	}
	return c.e.followAlias(parseName(c.query.Get("subject")).String())
}

// identity finds what the id of the path means: in the context of ?subject, which
// must then hold it, or else in the default context, and then in any.
func (c *call) identity() (*identity, error) {
	id, err := c.idParam()
	if err != nil {
		return nil, err
	}
	if found := c.e.resolveID(c.hint(), id); found != nil {
		return found, nil
	}
	return nil, fail(registry.ErrSchemaNotFound, "Schema %d not found", id)
}

func (e *Engine) resolveID(hint string, id int32) *identity {
	n := parseName(hint)
	found := e.state.identity(n.context, id)
	if n.context != defaultContext {
		if found == nil || n.local != "" && !found.heldBy(hint) {
			return nil
		}
		return found
	}
	if hint != "" && e.state.subject(hint) == nil {
		// The default context does not know the subject: those that do come first.
		for _, sub := range e.elsewhere(hint) {
			if other := e.state.identity(parseName(sub.name).context, id); other != nil {
				return other
			}
		}
	}
	if found != nil {
		return found
	}
	for _, context := range slices.Sorted(maps.Keys(e.state.contexts)) {
		if other := e.state.identity(context, id); other != nil {
			return other
		}
	}
	return nil
}

func (i *identity) heldBy(subject string) bool {
	for p := range i.holders {
		if p.subject == subject {
			return true
		}
	}
	return false
}

// showByID is GET /schemas/ids/{id}.
func (c *call) showByID() (any, error) {
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	id, err := c.identity()
	if err != nil {
		return nil, err
	}
	v := id.shown
	a := c.formatted(v, v.answer())
	a.ID = nil
	if c.flag("fetchMaxId") {
		maxID := e.state.contexts[parseName(v.Subject).context].maxID
		a.MaxID = &maxID
	}
	return a, nil
}

// showSchemaByID is GET /schemas/ids/{id}/schema.
func (c *call) showSchemaByID() (any, error) {
	a, err := c.showByID()
	if err != nil {
		return nil, err
	}
	return schemaText(a.(versionAnswer).Schema), nil
}

type subjectVersion struct {
	Subject string `json:"subject"`
	Version int32  `json:"version"`
}

// holders are the versions with the id of the path that the request wants to see.
func (c *call) holders() ([]*stored, error) {
	id, err := c.identity()
	if err != nil {
		return nil, err
	}
	hint := c.hint()
	all := id.sorted()
	return slices.DeleteFunc(all, func(v *stored) bool {
		return v.Deleted && !c.flag("deleted") || parseName(hint).context != defaultContext && parseName(hint).local != "" && v.Subject != hint
	}), nil
}

// listSubjectsByID is GET /schemas/ids/{id}/subjects.
func (c *call) listSubjectsByID() (any, error) {
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	holders, err := c.holders()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, v := range holders {
		names = append(names, v.Subject)
	}
	return page(c, slices.Compact(names), math.MaxInt32)
}

// listVersionsByID is GET /schemas/ids/{id}/versions.
func (c *call) listVersionsByID() (any, error) {
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	holders, err := c.holders()
	if err != nil {
		return nil, err
	}
	places := []subjectVersion{}
	for _, v := range holders {
		places = append(places, subjectVersion{v.Subject, v.Version})
	}
	return page(c, places, math.MaxInt32)
}

// byGUID are the ids of the GUID in the path, by context.
func (c *call) byGUID() []*identity {
	guid, err := registry.ParseGUID(c.param("guid"))
	if err != nil {
		return nil
	}
	all := slices.Collect(maps.Keys(c.e.state.guids[guid]))
	slices.SortFunc(all, func(a, b *identity) int {
		return cmp.Or(cmp.Compare(a.context(), b.context()), cmp.Compare(a.id, b.id))
	})
	return all
}

func (i *identity) context() string { return parseName(i.shown.Subject).context }

// showByGUID is GET /schemas/guids/{guid}.
func (c *call) showByGUID() (any, error) {
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	ids := c.byGUID()
	if len(ids) == 0 {
		return nil, fail(registry.ErrSchemaNotFound, "Schema %s not found", c.param("guid"))
	}
	v := ids[0].shown
	a := c.formatted(v, v.answer())
	a.ID, a.Subject, a.Version = nil, "", 0
	return a, nil
}

type contextID struct {
	Context string `json:"context"`
	ID      int32  `json:"id"`
}

// listIDsByGUID is GET /schemas/guids/{guid}/ids.
func (c *call) listIDsByGUID() (any, error) {
	c.e.mu.RLock()
	defer c.e.mu.RUnlock()
	ids := []contextID{}
	for _, i := range c.byGUID() {
		ids = append(ids, contextID{i.context(), i.id})
	}
	return ids, nil
}

// listSchemas is GET /schemas.
func (c *call) listSchemas() (any, error) {
	e := c.e
	e.mu.RLock()
	defer e.mu.RUnlock()
	aliases := map[string][]string{}
	if c.flag("aliases") {
		aliases = e.aliases()
	}
	subjects := e.subjectsWithPrefix(c.subjectPrefix(""))
	for target, names := range aliases {
		// A subject is listed too when one of its aliases has the prefix.
		if s := e.state.subject(target); s != nil && !slices.Contains(subjects, s) && slices.ContainsFunc(names, c.hasPrefix) {
			subjects = append(subjects, s)
		}
	}
	slices.SortFunc(subjects, func(a, b *subject) int {
		m, n := parseName(a.name), parseName(b.name)
		return cmp.Or(cmp.Compare(m.context, n.context), cmp.Compare(m.local, n.local))
	})
	all := []*stored{}
	for _, s := range subjects {
		visible := slices.DeleteFunc(slices.Clone(s.versions), func(v *stored) bool { return v.Deleted && !c.flag("deleted") })
		if c.flag("latestOnly") && len(visible) > 0 {
			visible = visible[len(visible)-1:]
		}
		for _, v := range visible {
			if kind := c.query.Get("ruleType"); kind == "" || hasRuleType(v.RuleSet, kind) {
				all = append(all, v)
			}
		}
	}
	shown, err := page(c, all, maxListedSchemas)
	if err != nil {
		return nil, err
	}
	answers := []versionAnswer{}
	for _, v := range shown {
		a := v.answer()
		a.Aliases = aliases[v.Subject]
		answers = append(answers, a)
	}
	return answers, nil
}

func (c *call) hasPrefix(qualified string) bool {
	context, local, ok := cutContext(c.subjectPrefix(""))
	if !ok {
		context, local = defaultContext, c.subjectPrefix("")
	}
	n := parseName(qualified)
	return (context == anyContext || context == n.context) && strings.HasPrefix(n.local, local)
}

func hasRuleType(rs *registry.RuleSet, kind string) bool {
	if rs == nil {
		return false
	}
	for _, rules := range [][]registry.Rule{rs.MigrationRules, rs.DomainRules, rs.EncodingRules} {
		if slices.ContainsFunc(rules, func(r registry.Rule) bool { return r.Type == kind }) {
			return true
		}
	}
	return false
}

// aliases are the names that stand for each subject.
func (e *Engine) aliases() map[string][]string {
	all := map[string][]string{}
	for key := range e.state.configs {
		if target := e.followAlias(key); target != key {
			all[target] = append(all[target], key)
		}
	}
	for _, names := range all {
		slices.Sort(names)
	}
	return all
}

// followAlias is the subject that a name stands for: itself without an alias. One
// step is made, no more.
func (e *Engine) followAlias(qualified string) string {
	if parseName(qualified).local == "" {
		return qualified
	}
	if c := e.state.configs[qualified]; c != nil && c.Alias != nil && *c.Alias != "" {
		return parseName(*c.Alias).String()
	}
	return qualified
}

func (c *call) listTypes() (any, error) {
	return []registry.SchemaType{registry.JSON, registry.Protobuf, registry.Avro}, nil
}
