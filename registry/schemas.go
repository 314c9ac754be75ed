package registry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// wireSchema is a schema in REST bodies. An absent schemaType means Avro, and
// older registries do not know the rest: empty fields are left out.
type wireSchema struct {
	Subject    Subject     `json:"subject,omitempty"`
	ID         *int64      `json:"id,omitempty"`
	Version    *int64      `json:"version,omitempty"`
	GUID       string      `json:"guid,omitempty"`
	Schema     *string     `json:"schema,omitempty"`
	SchemaType SchemaType  `json:"schemaType,omitempty"`
	References []Reference `json:"references,omitempty"`
	Metadata   *Metadata   `json:"metadata,omitempty"`
	RuleSet    *RuleSet    `json:"ruleSet,omitempty"`
}

func wireOf(s Schema) wireSchema {
	w := wireSchema{Schema: &s.Text, References: s.References, Metadata: s.Metadata, RuleSet: s.RuleSet}
	if s.Type != Avro {
		w.SchemaType = s.Type
	}
	return w
}

func (w *wireSchema) schema() (Schema, error) {
	if w.Schema == nil {
		return Schema{}, errors.New(`it has no "schema"`)
	}
	s := Schema{Text: *w.Schema, Type: w.SchemaType, References: w.References, Metadata: w.Metadata, RuleSet: w.RuleSet}
	if s.Type == "" {
		s.Type = Avro
	}
	for _, r := range s.References {
		if r.Version < 1 && r.Version != LatestVersion {
			return Schema{}, fmt.Errorf("a reference has version %d", r.Version)
		}
	}
	return s, nil
}

// positive checks a number of an answer.
func positive(what string, n *int64) (int32, error) {
	switch {
	case n == nil:
		return 0, fmt.Errorf("it has no %q", what)
	case *n < 1 || *n > math.MaxInt32:
		return 0, fmt.Errorf("its %s %d is outside 1..%d", what, *n, math.MaxInt32)
	}
	return int32(*n), nil
}

// registered reads the answer to a lookup or version request, which is complete.
func (w *wireSchema) registered(asked Subject) (Registered, error) {
	s, err := w.schema()
	if err != nil {
		return Registered{}, err
	}
	id, err := positive("id", w.ID)
	if err != nil {
		return Registered{}, err
	}
	version, err := positive("version", w.Version)
	if err != nil {
		return Registered{}, err
	}
	r := Registered{Schema: s, Subject: w.Subject, Version: Version(version), ID: SchemaID(id)}
	if r.Subject == "" {
		r.Subject = asked
	}
	return r, r.setGUID(w.GUID)
}

func (r *Registered) setGUID(text string) (err error) {
	if text != "" {
		r.GUID, err = ParseGUID(text)
	}
	return err
}

// clone is a copy that shares nothing that the caller could change later.
func (s Schema) clone() Schema {
	s.References = slices.Clone(s.References)
	s.Metadata = s.Metadata.clone()
	s.RuleSet = s.RuleSet.clone()
	return s
}

// size is about how many bytes a cache holds for s.
func (s Schema) size() int64 {
	n := int64(len(s.Text)) + 128
	for _, r := range s.References {
		n += int64(len(r.Name)+len(r.Subject)) + 48
	}
	return n + s.Metadata.size() + s.RuleSet.size()
}

// SchemaByID returns the schema with this id, with the names of its references
// (GET /schemas/ids/{id}). The error matches [ErrSchemaNotFound] when the
// registry has no such id, which is remembered for a short time
// ([WithMissingTTL]); a schema once seen is kept until it is evicted, for an id
// never changes its schema.
func (c *Client) SchemaByID(ctx context.Context, id SchemaID) (Schema, error) {
	if s := c.ids.get(id); s != nil {
		c.known(ctx, http.MethodGet, routeID, CacheHit, nil)
		return *s, nil
	}
	return c.fetchID(ctx, id)
}

const (
	routeID   = "/schemas/ids/{id}"
	routeGUID = "/schemas/guids/{guid}"
)

func (c *Client) fetchID(ctx context.Context, id SchemaID) (Schema, error) {
	req, err := c.idRequest(routeID, id)
	if err != nil {
		return Schema{}, err
	}
	return ask(ctx, c, c.ids, id, req, c.fetchSchema)
}

// idRequest is a GET below an id, in the client's context.
func (c *Client) idRequest(route string, id SchemaID) (request, error) {
	req := newRequest(http.MethodGet, route, strconv.Itoa(int(id)))
	if c.context != "" {
		req.query = url.Values{"subject": {c.context}}
	}
	if id < 1 {
		return req, req.refuse(ErrSchemaNotFound, "a schema id is 1 or above: the registry was not asked")
	}
	return req, nil
}

// SchemaByGUID returns the schema with this content (GET /schemas/guids/{guid}),
// remembered as for SchemaByID. The error matches [ErrUnsupported] where the
// registry knows no GUIDs.
func (c *Client) SchemaByGUID(ctx context.Context, guid GUID) (Schema, error) {
	if s := c.guids.get(guid); s != nil {
		c.known(ctx, http.MethodGet, routeGUID, CacheHit, nil)
		return *s, nil
	}
	return ask(ctx, c, c.guids, guid, newRequest(http.MethodGet, routeGUID, guid.String()), c.fetchSchema)
}

func (c *Client) fetchSchema(ctx context.Context, req request) (Schema, error) {
	var s Schema
	var w wireSchema
	err := c.do(ctx, req, into(&w, func(w *wireSchema) (err error) {
		s, err = w.schema()
		return err
	}))
	return s, err
}
