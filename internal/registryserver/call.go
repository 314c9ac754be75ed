package registryserver

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/concord-go/concord/registry"
)

// call is one request on its way through a handler.
type call struct {
	e     *Engine
	r     *http.Request
	query url.Values
	body  []byte
	path  map[string]string // the parameters of the route, decoded
	work                    // parsed and compared for this request
}

// param is a path parameter.
func (c *call) param(name string) string { return c.path[name] }

// flag is a boolean query parameter: only "true" is true, in any case.
func (c *call) flag(name string) bool { return strings.EqualFold(c.query.Get(name), "true") }

// subject is the subject of the path under its qualified name.
func (c *call) subject() string { return parseName(c.param("subject")).String() }

// page cuts a list by the parameters offset and limit.
func page[T any](c *call, all []T, most int) ([]T, error) {
	offset, err := c.number("offset", 0)
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", -1)
	if err != nil {
		return nil, err
	}
	if offset < 0 {
		return nil, failHTTP(http.StatusInternalServerError, "offset is negative")
	}
	if limit <= 0 || limit > most {
		limit = most
	}
	all = all[min(offset, len(all)):]
	return all[:min(limit, len(all))], nil
}

// number is an integer query parameter; what is none makes the path unknown.
func (c *call) number(name string, absent int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, failHTTP(http.StatusNotFound, "Query parameter %s is not a 32-bit integer", name)
	}
	return int(n), nil
}

// versionParam is the version of the path: 1 and up, or registry.LatestVersion.
func (c *call) versionParam() (int32, error) {
	text := strings.TrimSpace(c.param("version"))
	if strings.EqualFold(text, "latest") {
		return int32(registry.LatestVersion), nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 && n != int64(registry.LatestVersion) {
		return 0, invalidVersion(c.param("version"))
	}
	return int32(n), nil
}

// idParam is the id of the path; what is no 32-bit integer makes the path unknown.
func (c *call) idParam() (int32, error) {
	n, err := strconv.ParseInt(c.param("id"), 10, 32)
	if err != nil {
		return 0, failHTTP(http.StatusNotFound, "HTTP 404 Not Found")
	}
	return int32(n), nil
}

// schemaRequest is the body of a registration, a look-up or a compatibility test.
type schemaRequest struct {
	schema                  registry.Schema
	version                 int32 // 0: not given
	id                      int32 // -1: not given
	tagsToAdd, tagsToRemove []EntityTags
	propagate               bool
}

func (c *call) schemaRequest() (*schemaRequest, error) {
	o, err := parseObject(c.body)
	if err != nil {
		return nil, err
	}
	req := &schemaRequest{
		schema: registry.Schema{
			Text:       o.textOr("schema", ""),
			Type:       registry.SchemaType(o.textOr("schemaType", string(registry.Avro))),
			References: o.references("references"),
			Metadata:   o.metadata("metadata"),
			RuleSet:    o.ruleSet("ruleSet"),
		},
		id:           -1,
		tagsToAdd:    o.entityTags("schemaTagsToAdd"),
		tagsToRemove: o.entityTags("schemaTagsToRemove"),
	}
	if v := o.integer("version"); v != nil {
		req.version = *v
	}
	if id := o.integer("id"); id != nil {
		req.id = *id
	}
	if p := o.truth("propagateSchemaTags"); p != nil {
		req.propagate = *p
	}
	return req, o.err
}

// versionAnswer is a version as GET answers have it; pointers are left out of those
// answers that do not have them.
type versionAnswer struct {
	Subject    string               `json:"subject,omitempty"`
	ID         *int32               `json:"id,omitempty"`
	Version    int32                `json:"version,omitempty"`
	GUID       string               `json:"guid,omitempty"`
	Type       registry.SchemaType  `json:"schemaType"`
	References []registry.Reference `json:"references,omitempty"`
	Metadata   *registry.Metadata   `json:"metadata,omitempty"`
	RuleSet    *registry.RuleSet    `json:"ruleSet,omitempty"`
	Schema     string               `json:"schema"`
	Tags       []EntityTags         `json:"schemaTags,omitempty"`
	MaxID      *int32               `json:"maxId,omitempty"`
	Time       *int64               `json:"ts,omitempty"`
	Deleted    *bool                `json:"deleted,omitempty"`
	Aliases    []string             `json:"aliases,omitempty"`
}

// answer is a version with all that GET answers have.
func (v *stored) answer() versionAnswer {
	a := v.briefAnswer()
	a.Time, a.Deleted = &v.Time, &v.Deleted
	return a
}

// briefAnswer is a version as registrations and look-ups are answered.
func (v *stored) briefAnswer() versionAnswer {
	return versionAnswer{
		Subject: v.Subject, Version: v.Version, ID: &v.ID, GUID: v.guid.String(), Type: v.Type,
		References: v.References, Metadata: v.Metadata, RuleSet: v.RuleSet, Schema: v.Text,
	}
}

// formatted is the answer as the parameters format, referenceFormat and findTags ask.
// e.mu must be held.
func (c *call) formatted(v *stored, a versionAnswer) versionAnswer {
	c.defers = false // all is decided
	if c.query.Get("format") == "resolved" && len(v.References) > 0 {
		if p, err := c.parseStored(v, 0); err == nil {
			a.Schema = p.Resolved()
		}
	}
	if c.query.Get("format") == "serialized" && v.Type == registry.Protobuf {
		if p, err := c.parseStored(v, 0); err == nil {
			a.Schema = p.(*protobufSchema).serialized()
		}
	}
	if wanted := c.query["findTags"]; len(wanted) > 0 {
		if p, err := c.parseStored(v, 0); err == nil {
			a.Tags = tagsOf(p, v.Text, wanted)
		}
	}
	if c.query.Get("referenceFormat") == "qualified" && len(a.References) > 0 {
		a.References = slices.Clone(a.References)
		for i, r := range a.References {
			a.References[i].Subject = registry.Subject(within(v.Subject, string(r.Subject)))
		}
		qualified := v.schema()
		qualified.References = a.References
		a.GUID = contentGUID(&qualified).String()
	}
	return a
}
