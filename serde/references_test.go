package serde_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

// twenty are definitions of which ten stand on their own, nine import two of those, and
// one imports the nine.
func twenty() []*serde.Definition {
	var all []*serde.Definition
	for i := range 10 {
		all = append(all, &serde.Definition{Name: fmt.Sprintf("leaf%d", i), Schema: registry.Schema{Text: fmt.Sprintf("leaf%d", i)}})
	}
	for i := range 9 {
		all = append(all, &serde.Definition{Name: fmt.Sprintf("mid%d", i), Schema: registry.Schema{Text: fmt.Sprintf("mid%d", i)}, Imports: []*serde.Definition{all[i], all[i+1]}})
	}
	return append(all, &serde.Definition{Name: "top", Schema: registry.Schema{Text: "top"}, Imports: all[10:19]})
}

// together holds calls back until so many are on their way at once.
type together struct {
	serdetest.Registry
	mu      sync.Mutex
	want    int
	waiting int
	met     chan struct{}
}

func newTogether(want int) *together { return &together{want: want, met: make(chan struct{})} }

func (r *together) meet(ctx context.Context) error {
	r.mu.Lock()
	if r.waiting++; r.waiting == r.want {
		close(r.met)
	}
	r.mu.Unlock()
	select {
	case <-r.met:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *together) Version(ctx context.Context, s registry.Subject, v registry.Version) (registry.Registered, error) {
	if strings.HasPrefix(string(s), "leaf") {
		if err := r.meet(ctx); err != nil {
			return registry.Registered{}, err
		}
	}
	return r.Registry.Version(ctx, s, v)
}

func (r *together) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.LookupOption) (registry.Registered, error) {
	if strings.HasPrefix(string(subject), "leaf") {
		if err := r.meet(ctx); err != nil {
			return registry.Registered{}, err
		}
	}
	return r.Registry.Lookup(ctx, subject, schema, opts...)
}

func TestImportsCostOneCallEachAndDoNotWaitForOneAnother(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // calls one by one would wait for ever
	defer cancel()
	writing := newTogether(10)
	all := twenty()
	var seen serde.WriterSchema
	f := plain{text: "root", imports: append([]*serde.Definition{all[19]}, all[:19]...), seen: &seen}
	register := mustSerializer(t, writing, f, serde.WithWriterSchema(serde.AutoRegister()))
	if err := register.Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	if n := writing.Calls(); n != 21 {
		t.Errorf("%d calls to register a schema with 20 imports, want 21", n)
	}
	lookUp := mustSerializer(t, writing, f)
	if err := lookUp.Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	if n := writing.Calls(); n != 2*21 {
		t.Errorf("%d calls to look up a schema with 20 imports, want 21", n-21)
	}
	if len(seen.Referenced) != 20 {
		t.Fatalf("%d referenced schemas, want 20", len(seen.Referenced))
	}
	before := make(map[string]bool)
	for _, r := range seen.Referenced {
		for _, inner := range r.Schema.References {
			if !before[inner.Name] {
				t.Errorf("%s comes before %s, which it refers to", r.Name, inner.Name)
			}
		}
		before[r.Name] = true
	}

	reading := newTogether(10)
	data, err := register.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
	if err != nil {
		t.Fatal(err)
	}
	if err := mustSerializer(t, &reading.Registry, f, serde.WithWriterSchema(serde.AutoRegister())).Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	start := reading.Calls()
	var v string
	if _, err := mustDeserializer(t, reading, f).Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil {
		t.Fatal(err)
	}
	if n := reading.Calls() - start; n != 21 {
		t.Errorf("%d calls to read a schema with 20 references, want 21", n)
	}
}

// failing refuses one subject.
type failing struct {
	serdetest.Registry
	subject registry.Subject
}

func (r *failing) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.LookupOption) (registry.Registered, error) {
	if subject == r.subject {
		return registry.Registered{}, registry.ErrDenied
	}
	return r.Registry.Lookup(ctx, subject, schema, opts...)
}

func (r *failing) Version(ctx context.Context, subject registry.Subject, v registry.Version) (registry.Registered, error) {
	if subject == r.subject {
		return registry.Registered{}, registry.ErrDenied
	}
	return r.Registry.Version(ctx, subject, v)
}

func TestAnImportThatFailsIsNamedAndEndsTheOthers(t *testing.T) {
	t.Parallel()
	for _, name := range []registry.Subject{"leaf3", "mid5", "top"} {
		reg := &failing{}
		all := twenty()
		f := plain{text: "root", imports: []*serde.Definition{all[19]}}
		s := mustSerializer(t, reg, f, serde.WithWriterSchema(serde.AutoRegister()))
		data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
		if err != nil {
			t.Fatal(err)
		}
		reg.subject = name
		_, err = mustSerializer(t, reg, f).AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
		if !errors.Is(err, serde.RegistryDenied) || !strings.Contains(err.Error(), string(name)) {
			t.Errorf("looking up: %v, want one that names %s", err, name)
		}
		var v string
		_, err = mustDeserializer(t, reg, f).Deserialize(ctx, serde.ValueOf("t"), data, &v)
		if !errors.Is(err, serde.RegistryDenied) || !strings.Contains(err.Error(), string(name)) {
			t.Errorf("reading: %v, want one that names %s", err, name)
		}
	}
}

// rewriting answers with other references than it was asked for.
type rewriting struct{ serdetest.Registry }

func (r *rewriting) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.LookupOption) (registry.Registered, error) {
	found, err := r.Registry.Lookup(ctx, subject, schema, opts...)
	if len(found.References) > 1 {
		found.References = slices.Clone(found.References[:1])
	}
	return found, err
}

func TestTheReferencesAreThoseThatTheRegistryAnswers(t *testing.T) {
	t.Parallel()
	reg := new(rewriting)
	all := twenty()
	var seen serde.WriterSchema
	f := plain{text: "root", imports: all[:3], seen: &seen}
	if err := mustSerializer(t, reg, f, serde.WithWriterSchema(serde.AutoRegister())).Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	if err := mustSerializer(t, reg, f).Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	if len(seen.Referenced) != 1 || seen.Referenced[0].Name != "leaf0" {
		t.Errorf("%+v", seen.Referenced)
	}
}
