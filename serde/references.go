package serde

import (
	"context"
	"strings"

	"github.com/concord-go/concord/registry"
)

// maxReferences is how many schemas one schema may refer to, all told.
const maxReferences = 1000

// resolveReferences fetches what a schema refers to, directly and through
// others: each once, in an order in which everything comes after what it refers
// to itself. Registries refuse cycles; a cycle here is an error all the same.
// subject is the root's; empty where it is not known.
func resolveReferences(ctx context.Context, src registry.Source, subject registry.Subject, root registry.Schema) ([]ReferencedSchema, error) {
	if len(root.References) == 0 {
		return nil, nil
	}
	g := referenceGraph{ctx: ctx, src: src, state: make(map[registry.Reference]visit)}
	if err := g.walk(subject, root.References); err != nil {
		return nil, err
	}
	return g.ordered, nil
}

type visit uint8

const (
	unseen visit = iota
	open         // being walked: meeting it again is a cycle
	done
)

type referenceGraph struct {
	ctx     context.Context
	src     registry.Source
	state   map[registry.Reference]visit
	ordered []ReferencedSchema
}

func (g *referenceGraph) walk(parent registry.Subject, refs []registry.Reference) error {
	for _, ref := range refs {
		ref.Subject = within(parent, ref.Subject)
		switch g.state[ref] {
		case done:
			continue
		case open:
			return classf(InvalidSchema, "the reference to version %d of subject %q leads back to itself", ref.Version, ref.Subject)
		}
		if len(g.state) >= maxReferences {
			return classf(LimitExceeded, "more than %d references", maxReferences)
		}
		g.state[ref] = open
		found, err := g.src.Version(g.ctx, ref.Subject, ref.Version)
		if err != nil {
			return fromRegistry(err, InvalidSchema, "", "the referenced version %d of subject %q", ref.Version, ref.Subject)
		}
		if err := g.walk(ref.Subject, found.References); err != nil {
			return err
		}
		g.state[ref] = done
		g.ordered = append(g.ordered, ReferencedSchema{Reference: ref, Schema: found.Schema})
	}
	return nil
}

// within gives a subject without a schema context that of its parent: what a
// schema of ":.staging:orders-value" refers to as "address" is kept under
// ":.staging:address".
func within(parent, subject registry.Subject) registry.Subject {
	if strings.HasPrefix(string(subject), ":") || !strings.HasPrefix(string(parent), ":.") {
		return subject
	}
	context, _, ok := strings.Cut(string(parent[1:]), ":")
	if !ok {
		return subject
	}
	return registry.Subject(":" + context + ":" + string(subject))
}

// ownVerdict reports whether an error of resolving says something of the
// references that the registry gave, which never change, and not of its answering.
func ownVerdict(err error) bool {
	c, ok := err.(*classed)
	return ok && c.cause == nil
}
