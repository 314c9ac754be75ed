package serde

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/concord-go/concord/registry"
)

// placing looks up or registers a definition after its imports, so that its references
// can name their versions. What does not wait for one another goes on at the same time.
type placing struct {
	reg                 registry.Resolver
	register, normalize bool

	ctx   context.Context
	nodes map[*Definition]*placed
	order []*placed // imports first
	state map[*Definition]visit
}

// placed is a definition that is looked up or registered once, however many import it.
type placed struct {
	def     *Definition
	named   registry.Subject // without the importing subject's context, for references
	subject registry.Subject
	imports []*placed

	done  chan struct{} // closed when the rest is set
	found registry.Registered
	err   error
}

// root places the definition of the program's own schema under the subject. With it come
// those that it imports, as the registry has them; nil if the registry's
// references are others.
func (p *placing) root(ctx context.Context, subject registry.Subject, def *Definition) (registry.Registered, []ReferencedSchema, error) {
	p.nodes, p.state = make(map[*Definition]*placed), make(map[*Definition]visit)
	imports, err := p.plan(subject, def)
	if err != nil {
		return registry.Registered{}, nil, err
	}
	if err := p.run(ctx); err != nil {
		return registry.Registered{}, nil, err
	}
	p.ctx = ctx
	schema := withReferences(def, imports)
	r, err := p.place(subject, schema)
	if err != nil {
		return r, nil, err
	}
	if r.Text == "" { // older registries answer with an id alone
		r.Schema = schema
	}
	if !slices.Equal(r.References, schema.References) {
		return r, nil, nil
	}
	var referenced []ReferencedSchema
	for _, n := range p.order {
		ref := n.reference()
		ref.Subject = n.subject
		referenced = append(referenced, ReferencedSchema{Reference: ref, Schema: n.found.Schema})
	}
	return r, referenced, nil
}

// plan gives each definition that def leads to a node, and refuses cycles.
func (p *placing) plan(parent registry.Subject, def *Definition) ([]*placed, error) {
	p.state[def] = open
	defer func() { p.state[def] = done }()
	var imports []*placed
	for _, imp := range def.Imports {
		if imp == nil || imp.Name == "" {
			return nil, classf(InvalidSchema, "an import of this program's own schema has no name")
		}
		switch p.state[imp] {
		case done:
			imports = append(imports, p.nodes[imp])
			continue
		case open:
			return nil, classf(InvalidSchema, "the import %q leads back to itself", imp.Name)
		}
		if len(p.state) > maxReferences {
			return nil, classf(LimitExceeded, "more than %d imports", maxReferences)
		}
		n := &placed{def: imp, named: imp.Subject, done: make(chan struct{})}
		if n.named == "" {
			n.named = registry.Subject(imp.Name)
		}
		n.subject = within(parent, n.named)
		p.nodes[imp] = n
		var err error
		if n.imports, err = p.plan(n.subject, imp); err != nil {
			return nil, err
		}
		p.order = append(p.order, n)
		imports = append(imports, n)
	}
	return imports, nil
}

// run places the imports, each when its own are there, and returns the first error.
func (p *placing) run(ctx context.Context) error {
	var cancel context.CancelFunc
	p.ctx, cancel = context.WithCancel(ctx)
	defer cancel()
	slots := make(chan struct{}, parallelCalls)
	var running sync.WaitGroup
	var once sync.Once
	var failure error
	for _, n := range p.order {
		running.Go(func() {
			defer close(n.done)
			for _, i := range n.imports {
				if <-i.done; i.err != nil {
					n.err = i.err
					return
				}
			}
			slots <- struct{}{}
			n.err = p.node(n)
			<-slots
			if n.err != nil {
				once.Do(func() {
					failure = n.err
					cancel()
				})
			}
		})
	}
	running.Wait()
	return failure
}

func (p *placing) node(n *placed) error {
	schema := withReferences(n.def, n.imports)
	r, err := p.place(n.subject, schema)
	if err != nil {
		return fmt.Errorf("the import %q: %w", n.def.Name, err)
	}
	if r.Version < 1 { // older registries answer a registration with an id alone
		if r, err = p.reg.Lookup(p.ctx, n.subject, schema, p.lookupOptions()...); err != nil {
			return fromRegistry(err, NotRegistered, "", "looking up the import %q, just registered under subject %q", n.def.Name, n.subject)
		}
	}
	if r.Text == "" {
		r.Schema = schema
	}
	n.found = r
	return nil
}

// reference names what was placed without its context, so that a schema is the same in all.
func (n *placed) reference() registry.Reference {
	return registry.Reference{Name: n.def.Name, Subject: n.named, Version: n.found.Version}
}

// withReferences is the definition's schema with its references filled in.
func withReferences(def *Definition, imports []*placed) registry.Schema {
	schema := def.Schema
	schema.References = nil
	for _, n := range imports {
		schema.References = append(schema.References, n.reference())
	}
	return schema
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
