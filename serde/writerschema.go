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
// What that refers to comes with it, if it was met on the way; nil: it was not.
func (c WriterSchemaChoice) find(ctx context.Context, reg registry.Resolver, subject registry.Subject, own func() (*Definition, error), normalize bool) (registry.Registered, []ReferencedSchema, error) {
	switch c.kind {
	case chooseVersion:
		r, err := reg.Version(ctx, subject, c.version)
		if err == nil {
			return r, nil, nil
		}
		if c.version == registry.LatestVersion {
			return r, nil, fromRegistry(err, NotRegistered, adviceChosen, "asking for the latest version of subject %q", subject)
		}
		return r, nil, fromRegistry(err, NotRegistered, adviceChosen, "asking for version %d of subject %q", c.version, subject)
	case chooseID:
		s, err := reg.SchemaByID(ctx, c.id)
		if err != nil {
			return registry.Registered{}, nil, fromRegistry(err, NotRegistered, adviceChosen, "asking for schema id %d", c.id)
		}
		return registry.Registered{Schema: s, ID: c.id}, nil, nil
	}
	def, err := own()
	if err != nil {
		return registry.Registered{}, nil, err
	}
	if def == nil {
		return registry.Registered{}, nil, classf(NotRegistered, "a type without a schema of its own cannot be looked up or registered: "+
			"give it one, or choose Latest, AtVersion or ByID with WithWriterSchema")
	}
	p := placing{reg: reg, register: c.kind == chooseRegister, normalize: normalize}
	return p.root(ctx, subject, def)
}
