package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/concord-go/concord/internal/avrogen"
	"github.com/concord-go/concord/registry"
)

// fetchSources reads a subject's schema, and before it all that it refers to. It closes
// the client.
func fetchSources(ctx context.Context, client *registry.Client, subject registry.Subject, version registry.Version) ([]avrogen.Source, error) {
	defer client.Close(context.WithoutCancel(ctx))
	f := newFetcher(client)
	err := f.fetch(ctx, subject, version)
	return f.sources, err
}

// maxFetched bounds how many schemas a registry may say that one refers to.
const maxFetched = 1000

type fetcher struct {
	from    registry.Source
	seen    map[registry.Reference]bool // without names
	names   map[registry.Subject]bool
	sources []avrogen.Source
}

func newFetcher(from registry.Source) *fetcher {
	return &fetcher{from: from, seen: make(map[registry.Reference]bool), names: make(map[registry.Subject]bool)}
}

// fetch adds a subject's version after what it refers to. An error tells of the
// last reference on the way to it.
func (f *fetcher) fetch(ctx context.Context, subject registry.Subject, version registry.Version) error {
	r, err := f.from.Version(ctx, subject, version)
	if err != nil {
		return err
	}
	key := registry.Reference{Subject: r.Subject, Version: r.Version}
	switch {
	case f.seen[key]:
		return nil
	case len(f.seen) == maxFetched:
		return fmt.Errorf("the schema refers to more than %d others", maxFetched)
	case r.Type != registry.Avro:
		return fmt.Errorf("subject %q, version %d: the schema is of type %s, not %s", r.Subject, r.Version, r.Type, registry.Avro)
	}
	f.seen[key] = true
	for _, reference := range r.References {
		err := f.fetch(ctx, reference.Subject, reference.Version)
		if _, told := errors.AsType[*referenceError](err); err != nil && !told {
			err = &referenceError{fmt.Sprintf("subject %q, version %d, its reference to %q", r.Subject, r.Version, reference.Subject), err}
		}
		if err != nil {
			return err
		}
	}
	name := string(r.Subject)
	if f.names[r.Subject] { // another version of it is there
		name = fmt.Sprintf("%s-v%d", r.Subject, r.Version)
	}
	f.names[r.Subject] = true
	f.sources = append(f.sources, avrogen.Source{Name: name, Text: r.Text})
	return nil
}

// referenceError says which schema refers to what could not be fetched.
type referenceError struct {
	place string
	err   error
}

func (e *referenceError) Error() string { return e.place + ": " + e.err.Error() }
func (e *referenceError) Unwrap() error { return e.err }
