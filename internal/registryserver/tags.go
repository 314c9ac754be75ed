package registryserver

import (
	"github.com/concord-go/concord/registry"
)

// entityTags are tags of one part of a schema.
type entityTags struct {
	Entity struct {
		Path string `json:"entityPath"`
		Type string `json:"entityType"`
	} `json:"schemaEntity"`
	Tags []string `json:"tags"`
}

func (o *object) entityTags(field string) []entityTags {
	var all []entityTags
	for _, t := range o.objects(field) {
		var one entityTags
		if in := t.inner("schemaEntity"); in != nil {
			one.Entity.Path = in.textOr("entityPath", "")
			one.Entity.Type = in.textOr("entityType", "")
			t.adopt(in)
		}
		one.Tags = t.texts("tags")
		o.adopt(t)
		all = append(all, one)
	}
	return all
}

func (req *schemaRequest) changesTags() bool {
	return len(req.tagsToAdd) > 0 || len(req.tagsToRemove) > 0 || req.propagate
}

// retag is the schema with the tags that a request adds and removes.
func (c *call) retag(subject string, d *draft, req *schemaRequest, normalize bool) (*draft, error) {
	tagger, ok := d.parsed.(Tagger)
	if !ok {
		return nil, fail(registry.ErrInvalidSchema, "Tags cannot be set in schemas of type %s", d.schema.Type)
	}
	text, err := tagger.WithTags(req.tagsToAdd, req.tagsToRemove)
	if err != nil {
		return nil, fail(registry.ErrInvalidSchema, "Invalid schema tags, details: %v", err)
	}
	s := d.schema
	s.Text = text
	return c.parse(subject, s, false, normalize)
}

// Tagger is a Parsed whose text can be given tags.
type Tagger interface {
	WithTags(add, remove []entityTags) (string, error)
}

// setTags is POST /subjects/{subject}/versions/{version}/tags.
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
	metadata, rules := o.metadata("metadata"), o.ruleSet("ruleSet")
	if o.err != nil {
		return nil, o.err
	}
	c.e.mu.RLock()
	v, err := c.version(version, false)
	next := c.e.state.subject(c.subject()).next()
	c.e.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	req.schema, req.version = v.schema(), next
	if newVersion != nil {
		req.version = *newVersion
	}
	if metadata != nil {
		req.schema.Metadata = metadata
	}
	if rules != nil {
		req.schema.RuleSet = rules
	}
	m, err := c.registerUnder(v.Subject, req, false)
	if err != nil {
		return nil, err
	}
	a := m.answer()
	a.Subject = ""
	return a, nil
}
