package serdetest

import (
	"context"
	"crypto/md5"
	"fmt"
	"slices"
	"sync"

	"github.com/concord-go/concord/registry"
)

// Registry is a registry in memory, without HTTP and without compatibility
// rules: it gives out ids from 1, the same one for the same schema, and versions
// from 1 for each subject. It is a [registry.Resolver]; options of its methods
// have no effect. The zero value is empty and ready; safe for concurrent use.
type Registry struct {
	mu       sync.Mutex
	schemas  []registry.Schema // by id - 1
	subjects map[registry.Subject][]registry.SchemaID
	failure  error
	calls    int
}

var _ registry.Resolver = (*Registry)(nil)

// FailWith makes every call return err, as if the registry were down; nil ends that.
func (r *Registry) FailWith(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = err
}

// Calls is how many calls there were so far.
func (r *Registry) Calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// enter counts a call. The caller must unlock mu.
func (r *Registry) enter(ctx context.Context) error {
	r.mu.Lock()
	r.calls++
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.failure
}

// SchemaByID returns the schema with this id.
func (r *Registry) SchemaByID(ctx context.Context, id registry.SchemaID) (registry.Schema, error) {
	err := r.enter(ctx)
	defer r.mu.Unlock()
	if err != nil {
		return registry.Schema{}, err
	}
	if id < 1 || int(id) > len(r.schemas) {
		return registry.Schema{}, fmt.Errorf("id %d: %w", id, registry.ErrSchemaNotFound)
	}
	return r.schemas[id-1], nil
}

// SchemaByGUID returns the schema with this content.
func (r *Registry) SchemaByGUID(ctx context.Context, guid registry.GUID) (registry.Schema, error) {
	err := r.enter(ctx)
	defer r.mu.Unlock()
	if err != nil {
		return registry.Schema{}, err
	}
	for _, s := range r.schemas {
		if guidOf(s) == guid {
			return s, nil
		}
	}
	return registry.Schema{}, fmt.Errorf("GUID %s: %w", guid, registry.ErrSchemaNotFound)
}

// Version returns a version of a subject, or its newest.
func (r *Registry) Version(ctx context.Context, subject registry.Subject, version registry.Version) (registry.Registered, error) {
	err := r.enter(ctx)
	defer r.mu.Unlock()
	if err != nil {
		return registry.Registered{}, err
	}
	ids := r.subjects[subject]
	if version == registry.LatestVersion {
		version = registry.Version(len(ids))
	}
	switch {
	case len(ids) == 0:
		return registry.Registered{}, fmt.Errorf("subject %q: %w", subject, registry.ErrSubjectNotFound)
	case version < 1 || int(version) > len(ids):
		return registry.Registered{}, fmt.Errorf("subject %q version %d: %w", subject, version, registry.ErrVersionNotFound)
	}
	return r.registered(subject, int(version)), nil
}

// Lookup finds the version of a subject that has exactly this schema.
func (r *Registry) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, _ ...registry.LookupOption) (registry.Registered, error) {
	err := r.enter(ctx)
	defer r.mu.Unlock()
	if err != nil {
		return registry.Registered{}, err
	}
	if found, ok := r.find(subject, schema); ok {
		return found, nil
	}
	if len(r.subjects[subject]) == 0 {
		return registry.Registered{}, fmt.Errorf("subject %q: %w", subject, registry.ErrSubjectNotFound)
	}
	return registry.Registered{}, fmt.Errorf("subject %q: %w", subject, registry.ErrSchemaNotFound)
}

// Register adds a version to a subject, or returns the one that is there.
func (r *Registry) Register(ctx context.Context, subject registry.Subject, schema registry.Schema, _ ...registry.RegisterOption) (registry.Registered, error) {
	err := r.enter(ctx)
	defer r.mu.Unlock()
	if err != nil {
		return registry.Registered{}, err
	}
	if found, ok := r.find(subject, schema); ok {
		return found, nil
	}
	id := slices.IndexFunc(r.schemas, func(s registry.Schema) bool { return same(s, schema) }) + 1
	if id == 0 {
		r.schemas = append(r.schemas, schema)
		id = len(r.schemas)
	}
	if r.subjects == nil {
		r.subjects = make(map[registry.Subject][]registry.SchemaID)
	}
	r.subjects[subject] = append(r.subjects[subject], registry.SchemaID(id))
	return r.registered(subject, len(r.subjects[subject])), nil
}

func (r *Registry) find(subject registry.Subject, schema registry.Schema) (registry.Registered, bool) {
	for i, id := range r.subjects[subject] {
		if same(r.schemas[id-1], schema) {
			return r.registered(subject, i+1), true
		}
	}
	return registry.Registered{}, false
}

func (r *Registry) registered(subject registry.Subject, version int) registry.Registered {
	id := r.subjects[subject][version-1]
	s := r.schemas[id-1]
	return registry.Registered{Schema: s, Subject: subject, Version: registry.Version(version), ID: id, GUID: guidOf(s)}
}

func same(a, b registry.Schema) bool {
	return a.Text == b.Text && typeOf(a) == typeOf(b) && slices.Equal(a.References, b.References)
}

func typeOf(s registry.Schema) registry.SchemaType {
	if s.Type == "" {
		return registry.Avro
	}
	return s.Type
}

func guidOf(s registry.Schema) registry.GUID {
	return md5.Sum(fmt.Appendf(nil, "%s\x00%s\x00%v", typeOf(s), s.Text, s.References))
}
