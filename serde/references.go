package serde

import (
	"context"
	"strings"
	"sync"

	"github.com/concord-go/concord/registry"
)

// maxReferences is how many schemas one schema may refer to, all told.
const maxReferences = 1000

// parallelCalls is how many calls to the registry one schema's references make at a time.
const parallelCalls = 16

// resolveReferences fetches what a schema refers to, directly and through
// others: each once, those that do not wait for one another at the same time. They come in
// an order in which everything stands after what it refers to itself.
// Registries refuse cycles; a cycle here is an error all the same.
// subject is the root's; empty where it is not known.
func resolveReferences(ctx context.Context, src registry.Source, subject registry.Subject, root registry.Schema) ([]ReferencedSchema, error) {
	if len(root.References) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := fetching{ctx: ctx, cancel: cancel, src: src, slots: make(chan struct{}, parallelCalls), found: make(map[registry.Reference]registry.Schema)}
	f.start(subject, root.References)
	f.running.Wait()
	if f.err != nil {
		return nil, f.err
	}
	g := referenceGraph{found: f.found, state: make(map[registry.Reference]visit)}
	if err := g.walk(subject, root.References); err != nil {
		return nil, err
	}
	return g.ordered, nil
}

// fetching gets all that references lead to, each in a goroutine that ends with it.
type fetching struct {
	ctx     context.Context
	cancel  context.CancelFunc
	src     registry.Source
	slots   chan struct{}
	running sync.WaitGroup

	mu    sync.Mutex
	found map[registry.Reference]registry.Schema // empty while on its way
	err   error                                  // the first
}

func (f *fetching) start(parent registry.Subject, refs []registry.Reference) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ref := range refs {
		ref.Subject = within(parent, ref.Subject)
		if _, ok := f.found[ref]; ok || f.err != nil {
			continue
		}
		if len(f.found) >= maxReferences {
			f.fail(classf(LimitExceeded, "more than %d references", maxReferences))
			return
		}
		f.found[ref] = registry.Schema{}
		f.running.Go(func() { f.fetch(ref) })
	}
}

func (f *fetching) fetch(ref registry.Reference) {
	f.slots <- struct{}{}
	found, err := f.src.Version(f.ctx, ref.Subject, ref.Version)
	<-f.slots
	f.mu.Lock()
	if err != nil {
		f.fail(fromRegistry(err, InvalidSchema, "", "the referenced version %d of subject %q", ref.Version, ref.Subject))
	} else {
		f.found[ref] = found.Schema
	}
	f.mu.Unlock()
	if err == nil {
		f.start(ref.Subject, found.References)
	}
}

// fail keeps the first error, under mu, and ends what is on its way.
func (f *fetching) fail(err error) {
	if f.err == nil {
		f.err = err
		f.cancel()
	}
}

type visit uint8

const (
	unseen visit = iota
	open         // being walked: meeting it again is a cycle
	done
)

// referenceGraph puts what was fetched into its order.
type referenceGraph struct {
	found   map[registry.Reference]registry.Schema
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
		g.state[ref] = open
		found := g.found[ref]
		if err := g.walk(ref.Subject, found.References); err != nil {
			return err
		}
		g.state[ref] = done
		g.ordered = append(g.ordered, ReferencedSchema{Reference: ref, Schema: found})
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
