package registry

import "context"

// Source gives out schemas: what reading records takes. [*Client] is one; so is
// a test double. Implementations are safe for concurrent use.
type Source interface {
	// SchemaByID returns the schema with this id; the error matches
	// [ErrSchemaNotFound] when the registry answered that there is none.
	SchemaByID(ctx context.Context, id SchemaID) (Schema, error)

	// SchemaByGUID returns the schema with this content.
	SchemaByGUID(ctx context.Context, guid GUID) (Schema, error)

	// Version returns one version of a subject, or its newest for
	// [LatestVersion]. A number also finds a soft-deleted version: references
	// of old schemas must stay readable. LatestVersion never does.
	Version(ctx context.Context, subject Subject, version Version) (Registered, error)
}

// Resolver is a Source that also finds and registers a program's own schemas:
// what writing records takes. [*Client] is one.
type Resolver interface {
	Source

	// Lookup finds the version of a subject that has exactly this schema; the
	// error matches [ErrSchemaNotFound] or [ErrSubjectNotFound] when there is none.
	Lookup(ctx context.Context, subject Subject, schema Schema, opts ...LookupOption) (Registered, error)

	// Register adds the schema to a subject, or returns where it already is.
	// The error matches [ErrIncompatible] when the subject's compatibility
	// level refuses it.
	Register(ctx context.Context, subject Subject, schema Schema, opts ...RegisterOption) (Registered, error)
}
