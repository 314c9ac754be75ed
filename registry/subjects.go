package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

type versionKey struct {
	subject Subject
	version Version
}

// schemaKey stands for a schema under a subject. The schema is hashed, so that a
// key costs 32 bytes and its comparison does not read texts.
type schemaKey struct {
	subject            Subject
	hash               [sha256.Size]byte
	normalize, deleted bool
}

func newSchemaKey(subject Subject, s Schema, normalize, deleted bool) (schemaKey, error) {
	h := sha256.New()
	var scratch []byte
	field := func(text string) {
		scratch = binary.AppendUvarint(scratch[:0], uint64(len(text)))
		scratch = append(scratch, text...)
		h.Write(scratch)
	}
	if s.Type == "" {
		s.Type = Avro
	}
	field(string(s.Type))
	field(s.Text)
	for _, r := range s.References {
		field(r.Name)
		field(string(r.Subject))
		field(strconv.Itoa(int(r.Version)))
	}
	if s.Metadata != nil || s.RuleSet != nil {
		data, err := marshal(wireSchema{Metadata: s.Metadata, RuleSet: s.RuleSet})
		if err != nil {
			return schemaKey{}, err
		}
		field(string(data))
	}
	key := schemaKey{subject: subject, normalize: normalize, deleted: deleted}
	h.Sum(key.hash[:0])
	return key, nil
}

func (r Registered) size() int64 { return r.Schema.size() + int64(len(r.Subject)) + 64 }

// checkSubject refuses what cannot stand in a path: web servers answer control
// characters with a page of their own (the registry never sees them).
func checkSubject(req request, subject Subject) error {
	if subject == "" {
		return req.refuse(ErrInvalidSubject, "the subject is empty")
	}
	if strings.ContainsFunc(string(subject), func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return req.refuse(ErrInvalidSubject, "the subject has a control character")
	}
	return nil
}

func versionText(v Version) string {
	if v == LatestVersion {
		return "latest"
	}
	return strconv.Itoa(int(v))
}

func checkVersion(req request, v Version) error {
	if v < 1 && v != LatestVersion {
		return req.refuse(ErrInvalidVersion, "a version is 1 or above, or LatestVersion")
	}
	return nil
}

// set is a query with the given keys set to true, or nil.
func set(on map[string]bool) url.Values {
	q := make(url.Values)
	for k, v := range on {
		if v {
			q.Set(k, "true")
		}
	}
	return q
}

const (
	routeSubject  = "/subjects/{subject}"
	routeVersions = "/subjects/{subject}/versions"
	routeVersion  = "/subjects/{subject}/versions/{version}"
)

// Version returns one version of a subject (GET /subjects/{subject}/versions/{version}).
// A number also finds a soft-deleted version, and is kept until it is evicted;
// [LatestVersion] is the newest live one, and kept for a while ([WithLatestTTL],
// [WithStaleLatest]).
func (c *Client) Version(ctx context.Context, subject Subject, version Version) (Registered, error) {
	subject = c.of(subject)
	var r *Registered
	if version == LatestVersion {
		r = c.newest.get(subject)
	} else {
		r = c.versions.get(versionKey{subject, version})
	}
	if r != nil {
		c.known(ctx, http.MethodGet, routeVersion, CacheHit, nil)
		return *r, nil
	}
	return c.fetchVersion(ctx, subject, version)
}

func (c *Client) fetchVersion(ctx context.Context, subject Subject, version Version) (Registered, error) {
	req := newRequest(http.MethodGet, routeVersion, string(subject), versionText(version))
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	if err := checkVersion(req, version); err != nil {
		return Registered{}, err
	}
	send := func(ctx context.Context, req request) (Registered, error) {
		return c.fetchRegistered(ctx, req, subject)
	}
	if version == LatestVersion {
		return c.newest.ask(ctx, c, subject, req, send)
	}
	req.query = set(map[string]bool{"deleted": true})
	return ask(ctx, c, c.versions, versionKey{subject, version}, req, send)
}

func (c *Client) fetchRegistered(ctx context.Context, req request, subject Subject) (Registered, error) {
	var r Registered
	var w wireSchema
	err := c.do(ctx, req, into(&w, func(w *wireSchema) (err error) {
		r, err = w.registered(subject)
		return err
	}))
	if err == nil {
		c.learn(r)
	}
	return r, err
}

// learn keeps what an answer tells beside what was asked: the schema of an id
// and of a GUID.
func (c *Client) learn(r Registered) {
	if !c.ours(r.Subject) {
		return // another context's id
	}
	c.ids.learn(r.ID, r.Schema)
	if !r.GUID.IsZero() {
		c.guids.learn(r.GUID, r.Schema)
	}
}

// Lookup finds the version of a subject that has exactly this schema
// (POST /subjects/{subject}). What it finds is kept until it is evicted or the
// subject is deleted through this client; that nothing was found, for a short
// time ([WithMissingTTL]).
func (c *Client) Lookup(ctx context.Context, subject Subject, schema Schema, opts ...LookupOption) (Registered, error) {
	var cfg lookupConfig
	for _, opt := range opts {
		opt.applyLookup(&cfg)
	}
	subject = c.of(subject)
	req := newRequest(http.MethodPost, routeSubject, string(subject))
	req.body, req.schema = wireOf(schema.clone()), schema.Text
	req.query = set(map[string]bool{"normalize": cfg.normalize, "deleted": cfg.deleted})
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	key, err := newSchemaKey(subject, schema, cfg.normalize, cfg.deleted)
	if err != nil {
		return Registered{}, req.error(err)
	}
	if r := c.lookups.get(key); r != nil {
		c.known(ctx, req.method, req.route, CacheHit, nil)
		return *r, nil
	}
	return ask(ctx, c, c.lookups, key, req, func(ctx context.Context, req request) (Registered, error) {
		return c.fetchRegistered(ctx, req, subject)
	})
}
