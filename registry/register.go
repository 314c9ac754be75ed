package registry

import (
	"context"
	"fmt"
	"net/http"
)

// Register adds a schema to a subject, or returns where it already is
// (POST /subjects/{subject}/versions). The answer is kept until it is evicted or
// the subject is deleted through this client.
//
// Older registries and other makes answer with the id alone. Version and GUID
// are then zero, since the client does not guess, and the schema is the one
// given: Lookup tells the version, at the cost of a request.
//
// To copy a schema of another registry with its places, set [ModeImport] and give
// [WithID] and [WithVersion]. Such a call is always sent. With a version outside
// of that mode, an attempt repeated after a lost answer finds its version taken.
//
// The error matches [ErrIncompatible], [ErrInvalidSchema], [ErrInvalidRuleSet],
// [ErrInvalidSubject], [ErrSchemaTooLarge] or, where the mode or another schema
// with the id forbids it, [ErrNotPermitted]; [ErrIDMismatch] or [ErrInvalidVersion]
// where a registry that cannot import took the schema as it likes.
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
	if cfg.given() {
		return c.registerAs(ctx, req, subject, schema, cfg)
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

// registerAs registers under the id or version that the caller chose.
func (c *Client) registerAs(ctx context.Context, req request, subject Subject, schema Schema, cfg registerConfig) (Registered, error) {
	body := wireOf(schema)
	if cfg.id != nil {
		if *cfg.id < 1 {
			return Registered{}, req.refuse(ErrNotPermitted, "a schema id is 1 or above")
		}
		body.ID = new(int64(*cfg.id))
	}
	if cfg.version != nil {
		if *cfg.version < 1 {
			return Registered{}, req.refuse(ErrInvalidVersion, "a version to register is 1 or above")
		}
		body.Version = new(int64(*cfg.version))
	}
	req.body = body
	defer c.deletedNow(subject, 0) // an existing version may be another one now
	r, err := c.register(ctx, req, subject, schema)
	c.registeredNow(subject, r.ID)
	switch {
	case err != nil:
		return Registered{}, err
	case cfg.id != nil && r.ID != *cfg.id:
		return Registered{}, req.refuse(ErrIDMismatch, fmt.Sprintf("the registry ignored id %d and gave it id %d", *cfg.id, r.ID))
	case cfg.version != nil && r.Version != 0 && r.Version != *cfg.version:
		return Registered{}, req.refuse(ErrInvalidVersion, fmt.Sprintf("the registry ignored version %d and made it version %d", *cfg.version, r.Version))
	}
	return r, nil
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
