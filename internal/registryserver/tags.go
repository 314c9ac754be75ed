package registryserver

import (
	"errors"
	"slices"

	"github.com/concord-go/concord/registry"
)

// tagsProperty is the attribute of a record or field in a schema's text that holds
// its tags.
const tagsProperty = "confluent:tags"

// The kinds of parts that can have tags.
const (
	recordEntity = "sr_record"
	fieldEntity  = "sr_field"
)

// Entity is a part of a schema: a record by its name, or a field by the record's
// name and its own, with dots between; and so on for records within fields.
type Entity struct {
	Path string `json:"entityPath"`
	Type string `json:"entityType"`
}

// EntityTags are the tags of one part of a schema.
type EntityTags struct {
	Entity Entity   `json:"schemaEntity"`
	Tags   []string `json:"tags"`
}

// Tagger is a Parsed whose parts can have tags in its text.
type Tagger interface {
	// Entities calls visit with the parts of a text's tree.
	Entities(tree *jsonTree, visit func(Entity, *jsonTree))
}

// entityTags reads the tags that a request names.
func (o *object) entityTags(field string) []EntityTags {
	var all []EntityTags
	for _, t := range o.objects(field) {
		one := EntityTags{Tags: t.texts("tags")}
		if in := t.inner("schemaEntity"); in != nil {
			one.Entity = Entity{in.textOr("entityPath", ""), in.textOr("entityType", "")}
			t.adopt(in)
		}
		if t.err == nil && one.Entity.Type != recordEntity && one.Entity.Type != fieldEntity {
			t.refuse("entityType", recordEntity+" or "+fieldEntity)
		}
		o.adopt(t)
		all = append(all, one)
	}
	return all
}

func (req *schemaRequest) changesTags() bool {
	return len(req.tagsToAdd) > 0 || len(req.tagsToRemove) > 0 || req.propagate
}

// entities are the parts of a schema by what they are; nil when its type has none
// that can have tags.
func entities(p Parsed, tree *jsonTree) map[Entity]*jsonTree {
	tagger, ok := p.(Tagger)
	if !ok {
		return nil
	}
	parts := map[Entity]*jsonTree{}
	tagger.Entities(tree, func(e Entity, t *jsonTree) {
		if _, known := parts[e]; !known {
			parts[e] = t
		}
	})
	return parts
}

// tagsOf are the tags in a schema, of those parts that have one of the wanted tags; "*"
// wants all.
func tagsOf(p Parsed, text string, wanted []string) []EntityTags {
	tree, err := parseTree(text)
	if err != nil {
		return nil
	}
	tagger, ok := p.(Tagger)
	if !ok {
		return nil
	}
	var all []EntityTags
	tagger.Entities(tree, func(e Entity, t *jsonTree) {
		tags := t.texts(tagsProperty)
		if slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(wanted, tag) || slices.Contains(wanted, "*") }) {
			all = append(all, EntityTags{e, tags})
		}
	})
	return all
}

// retag is the schema with the tags that a request adds and removes, and those of
// the latest version that it propagates.
func (c *call) retag(subject string, d *draft, req *schemaRequest, latest *stored, normalize bool) (*draft, error) {
	tree, err := parseTree(d.schema.Text)
	if err != nil || entities(d.parsed, tree) == nil {
		if req.propagate && len(req.tagsToAdd)+len(req.tagsToRemove) == 0 {
			return d, nil
		}
		return nil, fail(registry.ErrInvalidSchema, "Invalid schema tags: schemas of type %s cannot have any here", d.schema.Type)
	}
	parts := entities(d.parsed, tree)
	if req.propagate && latest != nil {
		p, err := c.parseStored(latest, 0)
		if errors.Is(err, errLater) {
			return nil, err
		}
		if err == nil {
			for _, t := range tagsOf(p, latest.Text, []string{"*"}) {
				if part := parts[t.Entity]; part != nil {
					if err := part.setTexts(tagsProperty, union(part.texts(tagsProperty), t.Tags)); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	change := func(all []EntityTags, change func(have, given []string) []string) error {
		for _, t := range all {
			part := parts[t.Entity]
			if part == nil {
				return fail(registry.ErrInvalidSchema, "Invalid schema tags: there is no %s '%s'", t.Entity.Type, t.Entity.Path)
			}
			if err := part.setTexts(tagsProperty, change(part.texts(tagsProperty), t.Tags)); err != nil {
				return err
			}
		}
		return nil
	}
	if err := change(req.tagsToAdd, union); err != nil {
		return nil, err
	}
	if err := change(req.tagsToRemove, without); err != nil {
		return nil, err
	}
	s := d.schema
	s.Text = tree.String()
	return c.parse(subject, s, false, normalize)
}

func union(have, given []string) []string {
	all := slices.Clone(have)
	for _, g := range given {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}

func without(have, given []string) []string {
	return slices.DeleteFunc(slices.Clone(have), func(t string) bool { return slices.Contains(given, t) })
}

// setTags is POST /subjects/{subject}/versions/{version}/tags: the version with
// other tags, metadata or rules becomes the next version.
func (c *call) setTags() (any, error) {
	version, err := c.versionParam()
	if err != nil {
		return nil, err
	}
	o, err := parseObject(c.body)
	if err != nil {
		return nil, err
	}
	req := &schemaRequest{id: -1, tagsToAdd: o.entityTags("tagsToAdd"), tagsToRemove: o.entityTags("tagsToRemove")}
	newVersion := o.integer("newVersion")
	metadata := o.metadata("metadata")
	rules, merge, remove := o.ruleSet("ruleSet"), o.ruleSet("rulesToMerge"), o.texts("rulesToRemove")
	if o.err != nil {
		return nil, o.err
	}
	c.e.mu.RLock()
	v, err := c.version(version, false)
	if err != nil {
		c.e.mu.RUnlock()
		return nil, err
	}
	req.schema, req.version = v.schema(), c.e.state.subject(v.Subject).next()
	c.e.mu.RUnlock()
	if newVersion != nil {
		req.version = *newVersion
	}
	if metadata != nil {
		req.schema.Metadata = metadata
	}
	if rules != nil {
		req.schema.RuleSet = rules
	}
	req.schema.RuleSet = withoutRules(mergeRuleSets(req.schema.RuleSet, merge), remove)
	return decide(c, &c.e.mu, func() (any, error) {
		m, err := c.registerUnder(v.Subject, req, false)
		if err != nil {
			return nil, err
		}
		a := m.answer()
		a.Subject = ""
		return a, nil
	})
}

// withoutRules is a rule set without the rules of those names.
func withoutRules(rs *registry.RuleSet, names []string) *registry.RuleSet {
	if rs == nil || len(names) == 0 {
		return rs
	}
	named := func(r registry.Rule) bool { return slices.Contains(names, r.Name) }
	kept := *rs
	kept.MigrationRules = slices.DeleteFunc(slices.Clone(rs.MigrationRules), named)
	kept.DomainRules = slices.DeleteFunc(slices.Clone(rs.DomainRules), named)
	kept.EncodingRules = slices.DeleteFunc(slices.Clone(rs.EncodingRules), named)
	return &kept
}
