package registryserver

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/concord-go/concord/registry"
)

// register is POST /subjects/{subject}/versions.
func (c *call) register() (any, error) {
	req, err := c.schemaRequest()
	if err != nil {
		return nil, err
	}
	if err := checkSubject(c.param("subject")); err != nil {
		return nil, err
	}
	subject := c.subject()
	normalize := c.flag("normalize")
	return decide(c, &c.e.mu, func() (any, error) {
		m, err := c.registerUnder(subject, req, normalize)
		if err != nil {
			return nil, err
		}
		a := m.answer()
		a.Subject = ""
		return c.formatted(m.stored, a), nil
	})
}

// registerUnder registers a schema, or finds it registered. e.mu must be held for
// writing.
func (c *call) registerUnder(subject string, req *schemaRequest, normalize bool) (*match, error) {
	e := c.e
	config, mode := e.configInScope(subject), e.modeInScope(subject)
	normalize = normalize || config.normalizes()
	sub := e.state.subject(subject)

	if req.version <= 0 && !config.decorates() && !req.changesTags() {
		m, err := c.find(subject, req, normalize, false)
		if err != nil {
			return nil, err
		}
		if m != nil && (req.id < 0 || req.id == m.ID) {
			return m, nil
		}
	} else if !isBlank(req.schema.Text) {
		if _, err := c.parse(subject, req.schema, false, normalize); err != nil {
			return nil, err
		}
	}
	if err := e.checkMayRegister(subject, mode, req.id); err != nil {
		return nil, err
	}

	next := int64(1)
	if sub != nil {
		next = int64(sub.versions[len(sub.versions)-1].Version) + 1
	}
	schema := req.schema
	if !importing(mode) {
		filled, err := fillFromPrevious(schema, req.version, sub.latest(), config, next)
		if err != nil {
			return nil, err
		}
		schema = filled
		if err := checkRuleSet(schema.RuleSet); err != nil {
			return nil, err
		}
	}
	d := &draft{schema: schema}
	if !isBlank(schema.Text) {
		var err error
		isNew := req.id < 0 && (config.ValidateNewSchemas == nil || *config.ValidateNewSchemas)
		if d, err = c.parse(subject, schema, isNew, normalize); err != nil {
			return nil, err
		}
		if req.changesTags() {
			if d, err = c.retag(subject, d, req, sub.latest(), normalize); err != nil {
				return nil, err
			}
		}
	}
	guid := contentGUID(&d.schema)
	id := req.id
	for _, known := range e.state.identities(parseName(subject).context, guid) {
		if req.id >= 0 && req.id != known.id {
			continue
		}
		if req.version == 0 && sub != nil {
			if v := e.state.holder(sub, guid, false); v != nil {
				return &match{v, true}, nil
			}
		}
		id = known.id
		break
	}
	if req.version == 0 && d.parsed != nil && len(d.schema.References) == 0 {
		for _, v := range slices.Backward(sub.liveVersions()) {
			if len(v.References) > 0 && (id < 0 || id == v.ID) {
				if m := c.canStandFor(d, v, nil); m != nil {
					return m, nil
				}
			}
		}
	}
	if !importing(mode) {
		if err := c.checkCompatible(subject, config, d, sub.liveVersions()); err != nil {
			return nil, err
		}
	}
	version, err := chooseVersion(req.version, next, mode)
	if err != nil {
		return nil, err
	}
	return e.add(subject, sub, d, id, version)
}

// checkMayRegister refuses what the mode forbids. Ids are given by the client when
// importing, and only then.
func (e *Engine) checkMayRegister(subject, mode string, id int32) error {
	if err := e.checkWritable(subject); err != nil {
		return err
	}
	if id >= 0 && !importing(mode) {
		return fail(registry.ErrNotPermitted, "Subject %s is not in import mode", subject)
	}
	if id < 0 && mode != modeReadWrite {
		return fail(registry.ErrNotPermitted, "Subject %s is not in read-write mode", subject)
	}
	return nil
}

// chooseVersion is the number of a new version.
func chooseVersion(asked int32, next int64, mode string) (int32, error) {
	if next > math.MaxInt32 && (asked <= 0 || !importing(mode)) {
		return 0, fail(registry.ErrNotPermitted, "The subject has no version number left: version 2^31-1 is there")
	}
	if asked <= 0 {
		return int32(next), nil
	}
	if int64(asked) != next && !importing(mode) {
		return 0, fail(registry.ErrInvalidSchema, "Invalid schema, details: Version is not one more than previous version")
	}
	return asked, nil
}

// add stores a new version.
func (e *Engine) add(subject string, sub *subject, d *draft, id, version int32) (*match, error) {
	v := &stored{
		Subject: subject, Version: version, ID: id, Type: d.schema.Type, Text: d.schema.Text, References: d.schema.References,
		Metadata: d.schema.Metadata, RuleSet: d.schema.RuleSet, Time: e.now().UnixMilli(), guid: contentGUID(&d.schema),
	}
	if n := v.size(); n > e.maxSchema {
		return nil, fail(registry.ErrSchemaTooLarge, "Register operation failed because schema is too large: it takes %d bytes, and may take %d", n, e.maxSchema)
	}
	context := parseName(subject).context
	if id < 0 {
		last := int32(0)
		if c := e.state.contexts[context]; c != nil {
			last = c.maxID
		}
		if last == math.MaxInt32 {
			return nil, fail(registry.ErrNotPermitted, "The context %s has no schema id left: id 2^31-1 is there", context)
		}
		v.ID = last + 1
	} else if known := e.state.identity(context, id); known != nil && known.guid != v.guid {
		return nil, fail(registry.ErrNotPermitted, "Overwrite new schema with id %d in context %s is not permitted.", id, context)
	}
	ops := []op{{Put: v}}
	if sub != nil {
		if old := sub.at(version); old != nil && old.guid != v.guid {
			e.parsed.Purge() // what refers to it means something else now
		}
		for _, old := range sub.versions {
			if old.Deleted && old.ID == v.ID && old.Version != version && len(e.state.referrers[old.place()]) == 0 {
				ops = append(ops, op{Remove: &placeOp{Subject: subject, Version: old.Version}})
			}
		}
	}
	if err := e.commit(ops...); err != nil {
		return nil, err
	}
	return &match{v, true}, nil
}

// fillFromPrevious completes a schema: an empty text by the latest version, metadata
// and rule set by the latest version and the config.
func fillFromPrevious(s registry.Schema, version int32, latest *stored, config *config, next int64) (registry.Schema, error) {
	if isBlank(s.Text) {
		if latest == nil {
			return s, fail(registry.ErrInvalidSchema, "Invalid schema, details: Empty schema")
		}
		s.Text, s.Type, s.References = latest.Text, latest.Type, latest.References
	}
	if latest != nil {
		if s.Metadata == nil {
			s.Metadata = latest.Metadata
		}
		if s.RuleSet == nil {
			s.RuleSet = latest.RuleSet
		}
	}
	s.Metadata = mergeMetadata(mergeMetadata(config.DefaultMetadata, s.Metadata), config.OverrideMetadata)
	s.RuleSet = mergeRuleSets(mergeRuleSets(config.DefaultRuleSet, s.RuleSet), config.OverrideRuleSet)
	if version != 0 || tiedToVersion(s.Metadata) {
		s.Metadata = mergeMetadata(s.Metadata, &registry.Metadata{
			Properties: map[string]string{confluentVersion: strconv.FormatInt(next, 10)},
		})
	}
	return s, nil
}

// mergeMetadata lays one over the other, key by key.
func mergeMetadata(under, over *registry.Metadata) *registry.Metadata {
	if under == nil {
		return over
	}
	if over == nil {
		return under
	}
	merged := &registry.Metadata{
		Tags:       mergeMaps(under.Tags, over.Tags),
		Properties: mergeMaps(under.Properties, over.Properties),
		Sensitive:  slices.Concat(under.Sensitive, over.Sensitive),
	}
	slices.Sort(merged.Sensitive)
	merged.Sensitive = slices.Compact(merged.Sensitive)
	return merged
}

func mergeMaps[V any](under, over map[string]V) map[string]V {
	if under == nil && over == nil {
		return nil
	}
	merged := maps.Clone(under)
	if merged == nil {
		merged = map[string]V{}
	}
	maps.Copy(merged, over)
	return merged
}

// mergeRuleSets lays one over the other: a rule takes the place at the end of one
// with its name.
func mergeRuleSets(under, over *registry.RuleSet) *registry.RuleSet {
	if under == nil {
		return over
	}
	if over == nil {
		return under
	}
	merged := &registry.RuleSet{
		MigrationRules: mergeRules(under.MigrationRules, over.MigrationRules),
		DomainRules:    mergeRules(under.DomainRules, over.DomainRules),
		EncodingRules:  mergeRules(under.EncodingRules, over.EncodingRules),
		EnableAt:       over.EnableAt,
	}
	if merged.EnableAt == "" {
		merged.EnableAt = under.EnableAt
	}
	return merged
}

func mergeRules(under, over []registry.Rule) []registry.Rule {
	kept := slices.DeleteFunc(slices.Clone(under), func(u registry.Rule) bool {
		return slices.ContainsFunc(over, func(o registry.Rule) bool { return o.Name == u.Name })
	})
	return append(kept, over...)
}
