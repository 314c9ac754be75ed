package registry

import (
	"context"
	"net/http"
)

// EntityType is what kind of part of a schema has tags.
type EntityType string

// The kinds of parts.
const (
	RecordEntity EntityType = "sr_record" // a record or message
	FieldEntity  EntityType = "sr_field"
)

// EntityTags are the tags of one part of a schema, which its text holds.
type EntityTags struct {
	// Path is a record by its full name, "com.example.User", or a field by the
	// record's and its own, "com.example.User.email".
	Path string
	Type EntityType
	Tags []string
}

type wireEntityTags struct {
	Entity struct {
		Path string     `json:"entityPath"`
		Type EntityType `json:"entityType"`
	} `json:"schemaEntity"`
	Tags []string `json:"tags"`
}

func wireTags(all []EntityTags) []wireEntityTags {
	wire := make([]wireEntityTags, len(all))
	for i, t := range all {
		wire[i].Entity.Path, wire[i].Entity.Type, wire[i].Tags = t.Path, t.Type, t.Tags
	}
	return wire
}

// Tags lists the parts of a version's schema that have at least one of these tags,
// with all that they have (GET /subjects/{subject}/versions/{version}?findTags=...).
// Without tags it lists every part that has any. The errors are those of
// [Client.Version]; as there, a number also finds a soft-deleted version. It is asked
// for each time.
func (c *Client) Tags(ctx context.Context, subject Subject, version Version, tags ...string) ([]EntityTags, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersion, string(subject), versionText(version))
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	if err := checkVersion(req, version); err != nil {
		return nil, err
	}
	if len(tags) == 0 {
		tags = []string{"*"}
	}
	req.query = set(map[string]bool{"deleted": version != LatestVersion})
	addQuery(&req, map[string][]string{"findTags": tags})
	var w struct {
		wireSchema
		Tags []wireEntityTags `json:"schemaTags"`
	}
	err := c.do(ctx, req, func(data []byte) error {
		if err := into(&w, nil)(data); err != nil {
			return err
		}
		_, err := w.registered(subject)
		return err
	})
	if err != nil {
		return nil, err
	}
	all := make([]EntityTags, len(w.Tags))
	for i, t := range w.Tags {
		all[i] = EntityTags{t.Entity.Path, t.Entity.Type, t.Tags}
	}
	return all, nil
}

// Amendment is what Amend changes of a schema. A zero field changes nothing.
type Amendment struct {
	AddTags, RemoveTags []EntityTags

	Metadata *Metadata // takes the place of the version's
	RuleSet  *RuleSet  // likewise

	MergeRules  *RuleSet // rules that are added, or take the place of those with their names
	RemoveRules []string // rules that go, by their names

	// Version is the number that the new version must get, so that two who
	// amend at the same time do not both succeed. 0: whichever is next.
	Version Version
}

type wireAmendment struct {
	NewVersion  Version          `json:"newVersion,omitempty"`
	AddTags     []wireEntityTags `json:"tagsToAdd,omitempty"`
	RemoveTags  []wireEntityTags `json:"tagsToRemove,omitempty"`
	Metadata    *Metadata        `json:"metadata,omitempty"`
	RuleSet     *RuleSet         `json:"ruleSet,omitempty"`
	MergeRules  *RuleSet         `json:"rulesToMerge,omitempty"`
	RemoveRules []string         `json:"rulesToRemove,omitempty"`
}

// Amend registers a new version of a subject: the schema of the given one with other
// tags, metadata or rules (POST /subjects/{subject}/versions/{version}/tags). An
// attempt whose answer was lost is not repeated, for that could make a second one.
// Where the registry answers with the id alone, Version and GUID are zero as
// with Register.
//
// The error matches [ErrInvalidSchema] where the schema has no such part, or the
// version to be made is not next, [ErrInvalidRuleSet], [ErrSubjectNotFound],
// [ErrVersionNotFound], or [ErrUnsupported] where the registry cannot amend.
func (c *Client) Amend(ctx context.Context, subject Subject, version Version, change Amendment) (Registered, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodPost, routeVersion+"/tags", string(subject), versionText(version))
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	if err := checkVersion(req, version); err != nil {
		return Registered{}, err
	}
	if change.Version < 0 {
		return Registered{}, req.refuse(ErrInvalidVersion, "a version to register is 1 or above, or 0 for the next")
	}
	req.once = true
	req.body = wireAmendment{
		change.Version, wireTags(change.AddTags), wireTags(change.RemoveTags),
		change.Metadata, change.RuleSet, change.MergeRules, change.RemoveRules,
	}
	r, err := c.register(ctx, req, subject, Schema{})
	if err == nil || IsRetryable(err) {
		c.registeredNow(subject, r.ID)
	}
	if err == nil && r.Text == "" { // an older registry tells the id alone
		r.Schema, err = c.SchemaByID(ctx, r.ID)
	}
	return r, err
}
