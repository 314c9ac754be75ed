package serde

import (
	"context"
	"fmt"

	"github.com/concord-go/concord/registry"
)

// WriterSchemaChoice says under which schema a [Serializer] writes: [OwnSchema],
// [Latest], [AtVersion], [ByID] or [AutoRegister].
type WriterSchemaChoice struct {
	kind    choiceKind
	version registry.Version
	id      registry.SchemaID
}

type choiceKind uint8

const (
	chooseOwn choiceKind = iota
	chooseVersion
	chooseID
	chooseRegister
)

// OwnSchema is T's own schema, which must be registered under the subject. A
// program built for version 1 so goes on writing version 1 after version 2 has
// come. It is the default.
func OwnSchema() WriterSchemaChoice { return WriterSchemaChoice{} }

// Latest is the newest version of the subject at the time of the first record.
// T must fit it: fields that T lacks are written with their defaults.
func Latest() WriterSchemaChoice { return AtVersion(registry.LatestVersion) }

// AtVersion is that version of the subject. T must fit it.
func AtVersion(v registry.Version) WriterSchemaChoice {
	return WriterSchemaChoice{kind: chooseVersion, version: v}
}

// ByID is the schema with that id, whatever its subject. T must fit it. An id
// has no GUID, so header framing cannot be used with it.
func ByID(id registry.SchemaID) WriterSchemaChoice {
	return WriterSchemaChoice{kind: chooseID, id: id}
}

// AutoRegister is T's own schema, registered under the subject, with all it
// imports, unless it is there already. It suits development and tests; in
// production a deployment step registers schemas, so that a program cannot
// change a contract by starting.
func AutoRegister() WriterSchemaChoice { return WriterSchemaChoice{kind: chooseRegister} }

func (c WriterSchemaChoice) check() error {
	switch {
	case c.kind == chooseVersion && c.version < 1 && c.version != registry.LatestVersion:
		return fmt.Errorf("serde: there is no version %d: versions are 1 or above", c.version)
	case c.kind == chooseID && c.id < 1:
		return fmt.Errorf("serde: there is no schema id %d: ids are 1 or above", c.id)
	}
	return nil
}

// own reports whether the choice is T's own schema.
func (c WriterSchemaChoice) own() bool { return c.kind == chooseOwn || c.kind == chooseRegister }

// What to do where the registry does not have the writer schema.
const (
	adviceOwn = "register it, or choose another writer schema: serde.WithWriterSchema(serde.Latest()) takes the newest version, " +
		"serde.WithWriterSchema(serde.AutoRegister()) registers this one"
	adviceChosen = "register it, or choose another with serde.WithWriterSchema"
)

// find asks the registry for the writer schema. own is T's schema, nil if it has none.
func (c WriterSchemaChoice) find(ctx context.Context, reg registry.Resolver, subject registry.Subject, own func() (*Definition, error), normalize bool) (registry.Registered, error) {
	switch c.kind {
	case chooseVersion:
		r, err := reg.Version(ctx, subject, c.version)
		if err == nil {
			return r, nil
		}
		if c.version == registry.LatestVersion {
			return r, fromRegistry(err, NotRegistered, adviceChosen, "asking for the latest version of subject %q", subject)
		}
		return r, fromRegistry(err, NotRegistered, adviceChosen, "asking for version %d of subject %q", c.version, subject)
	case chooseID:
		s, err := reg.SchemaByID(ctx, c.id)
		if err != nil {
			return registry.Registered{}, fromRegistry(err, NotRegistered, adviceChosen, "asking for schema id %d", c.id)
		}
		return registry.Registered{Schema: s, ID: c.id}, nil
	}
	def, err := own()
	if err != nil {
		return registry.Registered{}, err
	}
	if def == nil {
		return registry.Registered{}, classf(NotRegistered, "a type without a schema of its own cannot be looked up or registered: "+
			"give it one, or choose Latest, AtVersion or ByID with WithWriterSchema")
	}
	p := placing{ctx: ctx, reg: reg, register: c.kind == chooseRegister, normalize: normalize, state: make(map[*Definition]visit), placed: make(map[*Definition]registry.Reference)}
	return p.root(subject, def)
}

// placing looks up or registers a definition after its imports, so that its
// references can name their versions.
type placing struct {
	ctx                 context.Context
	reg                 registry.Resolver
	register, normalize bool

	state  map[*Definition]visit
	placed map[*Definition]registry.Reference
}

func (p *placing) root(subject registry.Subject, def *Definition) (registry.Registered, error) {
	schema, err := p.schema(subject, def)
	if err != nil {
		return registry.Registered{}, err
	}
	r, err := p.place(subject, schema)
	if err != nil {
		return r, err
	}
	if r.Text == "" { // older registries answer with an id alone
		r.Schema = schema
	}
	return r, nil
}

// schema is the definition's schema, which is to be kept under subject, with its
// references filled in.
func (p *placing) schema(subject registry.Subject, def *Definition) (registry.Schema, error) {
	p.state[def] = open
	defer func() { p.state[def] = done }()
	schema := def.Schema
	schema.References = nil
	for _, imp := range def.Imports {
		ref, err := p.reference(subject, imp)
		if err != nil {
			return schema, err
		}
		schema.References = append(schema.References, ref)
	}
	return schema, nil
}

// reference places what a definition kept under parent imports.
func (p *placing) reference(parent registry.Subject, def *Definition) (registry.Reference, error) {
	if def == nil || def.Name == "" {
		return registry.Reference{}, classf(InvalidSchema, "an import of this program's own schema has no name")
	}
	switch p.state[def] {
	case done:
		return p.placed[def], nil
	case open:
		return registry.Reference{}, classf(InvalidSchema, "the import %q leads back to itself", def.Name)
	}
	if len(p.state) > maxReferences {
		return registry.Reference{}, classf(LimitExceeded, "more than %d imports", maxReferences)
	}
	named := def.Subject
	if named == "" {
		named = registry.Subject(def.Name)
	}
	subject := within(parent, named)
	schema, err := p.schema(subject, def)
	if err != nil {
		return registry.Reference{}, err
	}
	r, err := p.place(subject, schema)
	if err != nil {
		return registry.Reference{}, fmt.Errorf("the import %q: %w", def.Name, err)
	}
	if r.Version < 1 { // older registries answer a registration with an id alone
		if r, err = p.reg.Lookup(p.ctx, subject, schema, p.lookupOptions()...); err != nil {
			return registry.Reference{}, fromRegistry(err, NotRegistered, "", "looking up the import %q, just registered under subject %q", def.Name, subject)
		}
	}
	// Without the context, so that the schema is the same in all.
	ref := registry.Reference{Name: def.Name, Subject: named, Version: r.Version}
	p.placed[def] = ref
	return ref, nil
}

func (p *placing) place(subject registry.Subject, schema registry.Schema) (registry.Registered, error) {
	if p.register {
		var opts []registry.RegisterOption
		if p.normalize {
			opts = append(opts, registry.Normalize())
		}
		r, err := p.reg.Register(p.ctx, subject, schema, opts...)
		if err != nil {
			return r, fromRegistry(err, NotRegistered, "", "registering under subject %q", subject)
		}
		return r, nil
	}
	r, err := p.reg.Lookup(p.ctx, subject, schema, p.lookupOptions()...)
	if err != nil {
		return r, fromRegistry(err, NotRegistered, adviceOwn, "looking up this program's own schema under subject %q", subject)
	}
	return r, nil
}

func (p *placing) lookupOptions() []registry.LookupOption {
	if p.normalize {
		return []registry.LookupOption{registry.Normalize()}
	}
	return nil
}
