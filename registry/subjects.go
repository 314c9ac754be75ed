package registry

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
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

// Register adds a schema to a subject, or returns where it already is
// (POST /subjects/{subject}/versions). The answer is kept until it is evicted or
// the subject is deleted through this client.
//
// Older registries and other makes answer with the id alone. Version and GUID
// are then zero, since the client does not guess, and the schema is the one
// given: Lookup tells the version, at the cost of a request.
func (c *Client) Register(ctx context.Context, subject Subject, schema Schema, opts ...RegisterOption) (Registered, error) {
	var cfg registerConfig
	for _, opt := range opts {
		opt.applyRegister(&cfg)
	}
	schema = schema.clone()
	subject = c.of(subject)
	req := newRequest(http.MethodPost, routeVersions, string(subject))
	req.body, req.schema = wireOf(schema), schema.Text
	req.query = set(map[string]bool{"normalize": cfg.normalize})
	if err := checkSubject(req, subject); err != nil {
		return Registered{}, err
	}
	key, err := newSchemaKey(subject, schema, cfg.normalize, false)
	if err != nil {
		return Registered{}, req.error(err)
	}
	if r := c.registered.get(key); r != nil {
		c.known(ctx, req.method, req.route, CacheHit, nil)
		return *r, nil
	}
	return ask(ctx, c, c.registered, key, req, func(ctx context.Context, req request) (Registered, error) {
		r, err := c.register(ctx, req, subject, schema)
		if err == nil || IsRetryable(err) { // a lost answer may have registered it
			c.registeredNow(subject, r.ID)
		}
		return r, err
	})
}

func (c *Client) register(ctx context.Context, req request, subject Subject, schema Schema) (Registered, error) {
	r := Registered{Schema: schema, Subject: subject}
	if r.Type == "" {
		r.Type = Avro
	}
	var w wireSchema
	err := c.do(ctx, req, into(&w, func(w *wireSchema) error {
		id, err := positive("id", w.ID)
		if err != nil {
			return err
		}
		r.ID = SchemaID(id)
		if w.Version != nil {
			version, err := positive("version", w.Version)
			if err != nil {
				return err
			}
			r.Version = Version(version)
		}
		if w.Schema != nil {
			if r.Schema, err = w.schema(); err != nil {
				return err
			}
		}
		return r.setGUID(w.GUID)
	}))
	if err != nil {
		return Registered{}, err
	}
	return r, nil
}

// registeredNow drops what a registration makes untrue: the subject's latest, and
// that the id, GUID, version or looked-up schema did not exist. It is called
// from within a call of c.registered, which it therefore leaves alone.
func (c *Client) registeredNow(subject Subject, id SchemaID) {
	always := func(GUID) bool { return true }
	c.versions.forget(nil, func(k versionKey) bool { return k.subject == subject })
	c.forgetLatest(subject)
	c.lookups.forget(nil, func(k schemaKey) bool { return k.subject == subject })
	c.ids.forget(nil, func(k SchemaID) bool { return k == id || id == 0 })
	c.guids.forget(nil, always)
}

func (c *Client) forgetLatest(subject Subject) {
	is := func(k Subject) bool { return k == subject }
	c.newest.memo.forget(is, is)
	has := func(k metadataKey) bool { return k.subject == subject }
	c.byMetadata.memo.forget(has, has)
}

// deletedNow drops all that is known of a subject, or of one version and latest.
func (c *Client) deletedNow(subject Subject, version Version) {
	is := func(k versionKey) bool { return k.subject == subject && (version == 0 || k.version == version) }
	c.versions.forget(is, is)
	c.forgetLatest(subject)
	c.lookups.forget(func(k schemaKey) bool { return k.subject == subject }, nil)
	c.registered.forget(func(k schemaKey) bool { return k.subject == subject }, nil)
}

// DeleteSubject deletes all versions of a subject (DELETE /subjects/{subject}) and
// returns their numbers: softly, so that they can still be read by number and
// id, or with [Permanent] those that were deleted softly before.
//
// Where an answer was lost and the attempt repeated, the second may find the
// work done: the error then matches [ErrSubjectSoftDeleted], or
// [ErrSubjectNotFound] for a permanent one, and its Attempts is above 1.
func (c *Client) DeleteSubject(ctx context.Context, subject Subject, opts ...DeleteOption) ([]Version, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodDelete, routeSubject, string(subject))
	req.query = deleteQuery(opts)
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	defer c.deletedNow(subject, 0)
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, checkVersions))
	return versionsOf(numbers), err
}

// DeleteVersion deletes one version of a subject
// (DELETE /subjects/{subject}/versions/{version}) and returns its number, as
// DeleteSubject does all; after a lost answer the error matches
// [ErrVersionSoftDeleted] or [ErrVersionNotFound]. The registry refuses with
// [ErrReferenceExists] while other schemas refer to it.
//
// With [LatestVersion] a repeated attempt could delete a second version, so an
// attempt whose answer was lost is not repeated.
func (c *Client) DeleteVersion(ctx context.Context, subject Subject, version Version, opts ...DeleteOption) (Version, error) {
	subject = c.of(subject)
	req := newRequest(http.MethodDelete, routeVersion, string(subject), versionText(version))
	req.query, req.once = deleteQuery(opts), version == LatestVersion
	if err := checkSubject(req, subject); err != nil {
		return 0, err
	}
	if err := checkVersion(req, version); err != nil {
		return 0, err
	}
	forgotten := version
	if version == LatestVersion {
		forgotten = 0
	}
	defer c.deletedNow(subject, forgotten)
	var number int64
	err := c.do(ctx, req, into(&number, func(n *int64) error {
		_, err := positive("version", n)
		return err
	}))
	return Version(number), err
}

// Versions lists the numbers of a subject's live versions, ascending
// (GET /subjects/{subject}/versions).
func (c *Client) Versions(ctx context.Context, subject Subject, opts ...VersionsOption) ([]Version, error) {
	var cfg listConfig
	for _, opt := range opts {
		opt.applyVersions(&cfg)
	}
	subject = c.of(subject)
	req := newRequest(http.MethodGet, routeVersions, string(subject))
	req.query = cfg.query()
	if err := checkSubject(req, subject); err != nil {
		return nil, err
	}
	var numbers []int64
	err := c.do(ctx, req, into(&numbers, checkVersions))
	return versionsOf(numbers), err
}

// Subjects lists the subjects that have live versions, of every context, or of
// the client's where it has one (GET /subjects).
func (c *Client) Subjects(ctx context.Context, opts ...SubjectsOption) ([]Subject, error) {
	var cfg listConfig
	for _, opt := range opts {
		opt.applySubjects(&cfg)
	}
	cfg.prefix = c.prefix(cfg.prefix)
	req := newRequest(http.MethodGet, "/subjects")
	req.query = cfg.query()
	var subjects []Subject
	err := c.do(ctx, req, into(&subjects, notNull))
	return subjects, err
}

func checkVersions(numbers *[]int64) error {
	if err := notNull(numbers); err != nil {
		return err
	}
	for _, n := range *numbers {
		if n < 1 || n > math.MaxInt32 {
			return fmt.Errorf("its version %d is outside 1..%d", n, math.MaxInt32)
		}
	}
	return nil
}

func notNull[E any](list *[]E) error {
	if *list == nil {
		return fmt.Errorf("it is null and not a list")
	}
	return nil
}

func versionsOf(numbers []int64) []Version {
	if numbers == nil {
		return nil
	}
	versions := make([]Version, len(numbers))
	for i, n := range numbers {
		versions[i] = Version(n)
	}
	return versions
}
