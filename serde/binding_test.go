package serde_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

// stuck is a registry that answers look-ups under one subject only when released.
type stuck struct {
	*serdetest.Registry
	subject        registry.Subject
	asked, release chan struct{}
}

func (s *stuck) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.LookupOption) (registry.Registered, error) {
	if subject == s.subject {
		s.asked <- struct{}{}
		select {
		case <-s.release:
		case <-ctx.Done():
			return registry.Registered{}, ctx.Err()
		}
	}
	return s.Registry.Lookup(ctx, subject, schema, opts...)
}

func TestBoundFieldsAreWrittenWhileTheRegistryHangs(t *testing.T) {
	t.Parallel()
	reg := &stuck{Registry: new(serdetest.Registry), subject: "b-value", asked: make(chan struct{}, 10), release: make(chan struct{})}
	register(reg, "a-value", "own")
	register(reg, "b-value", "own")
	s := mustSerializer(t, reg, plain{text: "own"})
	if err := s.Prepare(ctx, serde.ValueOf("a")); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := s.AppendSerialize(ctx, nil, serde.ValueOf("b"), "v")
		waiting <- err
	}()
	<-reg.asked // now the registry hangs
	for range 1000 {
		if _, err := s.AppendSerialize(ctx, nil, serde.ValueOf("a"), "v"); err != nil {
			t.Fatal(err)
		}
	}
	impatient, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := s.AppendSerialize(impatient, nil, serde.ValueOf("b"), "v")
	var e *serde.Error
	if !errors.As(err, &e) || e.Field != serde.ValueOf("b") || e.Class != serde.Unclassified || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a caller with a deadline got %#v", err)
	}
	select {
	case err := <-waiting:
		t.Fatalf("the registry hangs, yet the field was bound: %v", err)
	default:
	}
	close(reg.release)
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func TestAnOutageIsNotSaidToBeAMissingSchema(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string]serde.WriterSchemaChoice{
		"own": serde.OwnSchema(), "latest": serde.Latest(), "version": serde.AtVersion(3), "id": serde.ByID(7), "register": serde.AutoRegister(),
	} {
		reg := new(serdetest.Registry)
		s := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(choice))
		for err, want := range map[error]serde.Class{
			registry.ErrUnavailable: serde.RegistryUnavailable, registry.ErrDenied: serde.RegistryDenied,
			registry.ErrIncompatible: serde.Incompatible, registry.ErrInvalidSchema: serde.InvalidSchema,
		} {
			reg.FailWith(err)
			got := s.Prepare(ctx, serde.ValueOf("t"))
			if !errors.Is(got, want) || strings.Contains(got.Error(), "not registered") || strings.Contains(got.Error(), "register it") {
				t.Errorf("%s: got %v, want class %v and no advice to register", name, got, want)
			}
		}
	}
}

func TestAMissingWriterSchemaIsNamed(t *testing.T) {
	t.Parallel()
	for want, choice := range map[string]serde.WriterSchemaChoice{
		"latest version": serde.Latest(), "version 3": serde.AtVersion(3), "schema id 7": serde.ByID(7), "own schema": serde.OwnSchema(),
	} {
		reg := new(serdetest.Registry)
		err := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(choice)).Prepare(ctx, serde.ValueOf("t"))
		if !errors.Is(err, serde.NotRegistered) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "WithWriterSchema") {
			t.Errorf("got %v, want it to name %s and what to do", err, want)
		}
	}
}

func TestASubjectIsNeverEmpty(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	empty := func(serde.Field, string) (registry.Subject, error) { return "", nil }
	s := mustSerializer(t, reg, plain{text: "own"}, serde.WithSubjectStrategy(empty), serde.WithWriterSchema(serde.AutoRegister()))
	if err := s.Prepare(ctx, serde.ValueOf("t")); err == nil || reg.Calls() != 0 {
		t.Errorf("an empty subject: %v after %d calls", err, reg.Calls())
	}
}

func TestImportsThatCannotBeNamedAreRefused(t *testing.T) {
	t.Parallel()
	for name, imp := range map[string]*serde.Definition{"nil": nil, "without a name": {Schema: registry.Schema{Text: "x"}}} {
		reg := new(serdetest.Registry)
		f := plain{text: "own", imports: []*serde.Definition{imp}}
		err := mustSerializer(t, reg, f, serde.WithWriterSchema(serde.AutoRegister())).Prepare(ctx, serde.ValueOf("t"))
		if !errors.Is(err, serde.InvalidSchema) || reg.Calls() != 0 {
			t.Errorf("an import %s: %v after %d calls", name, err, reg.Calls())
		}
	}
}

func TestImportsStayInTheContextOfTheirImporter(t *testing.T) {
	t.Parallel()
	leaf := &serde.Definition{Name: "leaf", Schema: registry.Schema{Text: "leaf"}}
	elsewhere := &serde.Definition{Name: "elsewhere", Subject: ":.other:e", Schema: registry.Schema{Text: "e"}, Imports: []*serde.Definition{
		{Name: "beside", Schema: registry.Schema{Text: "b"}},
	}}
	reg := new(serdetest.Registry)
	var seen serde.WriterSchema
	staging := func(f serde.Field, _ string) (registry.Subject, error) {
		return registry.Subject(":.staging:" + f.Topic), nil
	}
	f := plain{text: "root", imports: []*serde.Definition{leaf, elsewhere}, seen: &seen}
	if err := mustSerializer(t, reg, f, serde.WithSubjectStrategy(staging), serde.WithWriterSchema(serde.AutoRegister())).Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []registry.Subject{":.staging:t", ":.staging:leaf", ":.other:e", ":.other:beside"} {
		if _, err := reg.Version(ctx, subject, 1); err != nil {
			t.Errorf("not registered under %s: %v", subject, err)
		}
	}
	if len(seen.Referenced) != 3 {
		t.Errorf("the encoder was given %+v", seen.Referenced)
	}
	// The reference itself names no context, so that the schema is one in all.
	if got := seen.References[0]; got != (registry.Reference{Name: "leaf", Subject: "leaf", Version: 1}) {
		t.Errorf("the reference is %+v", got)
	}
}

// constant writes nothing and reads nothing: what is left is serde's own work.
type constant[T any] struct{}

func (constant[T]) SchemaType() registry.SchemaType { return registry.Avro }
func (constant[T]) RecordName() (string, error)     { return "", errors.New("no name") }
func (constant[T]) Definition() (*serde.Definition, error) {
	return &serde.Definition{Schema: registry.Schema{Text: "constant"}}, nil
}
func (constant[T]) NewEncoder(serde.WriterSchema) (serde.Encoder[T], error) {
	return constant[T]{}, nil
}
func (constant[T]) NewDecoder(serde.WriterSchema) (serde.Decoder[T], error) {
	return constant[T]{}, nil
}
func (constant[T]) AppendEncode(dst []byte, _ T) ([]byte, error) { return dst, nil }
func (constant[T]) Decode([]byte, *T) error                      { return nil }

func TestNilIsATombstoneAndEmptyIsNot(t *testing.T) {
	nils[*int](t, new(int))
	nils[[]byte](t, []byte{})
	nils[map[string]any](t, map[string]any{})
	nils[any](t, 0)
	nils[error](t, errors.New("x"))
}

func nils[T any](t *testing.T, empty T) {
	t.Helper()
	for _, framing := range []serde.Framing{serde.PrefixFraming(), serde.HeaderFraming()} {
		reg := new(serdetest.Registry)
		s, err := serde.NewSerializer(reg, constant[T]{}, serde.WithWriterSchema(serde.AutoRegister()), serde.WithFraming(framing))
		if err != nil {
			t.Fatal(err)
		}
		var null T
		data, err := s.AppendSerialize(ctx, []byte("x"), serde.ValueOf("t"), null)
		if err != nil || data.Bytes != nil || data.Headers != nil || reg.Calls() != 0 {
			t.Errorf("%T: nil was written as %v, %v after %d calls", empty, data, err, reg.Calls())
		}
		data, err = s.AppendSerialize(ctx, nil, serde.ValueOf("t"), empty)
		if err != nil || data.Bytes == nil {
			t.Errorf("%T: an empty value was written as %v, %v", empty, data, err)
		}
		d, err := serde.NewDeserializer(reg, constant[T]{})
		if err != nil {
			t.Fatal(err)
		}
		var v T
		if info, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil || info.Tombstone {
			t.Errorf("%T: an empty value was read as %+v, %v", empty, info, err)
		}
		if allocates {
			continue
		}
		buffer := make([]byte, 0, 64)
		for _, v := range []T{null, empty} {
			if n := testing.AllocsPerRun(100, func() { _, _ = s.AppendSerialize(ctx, buffer, serde.ValueOf("t"), v) }); n != 0 {
				t.Errorf("%T: %v allocations, want 0", empty, n)
			}
		}
	}
}

// forgetful drops rule sets, as the community edition of the reference registry does.
type forgetful struct{ serdetest.Registry }

func (f *forgetful) Register(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.RegisterOption) (registry.Registered, error) {
	schema.RuleSet = nil
	return f.Registry.Register(ctx, subject, schema, opts...)
}

func TestTheRulesOfATypesOwnSchemaAreNotPassedOver(t *testing.T) {
	t.Parallel()
	rules := func(mode string) *registry.RuleSet {
		return &registry.RuleSet{DomainRules: []registry.Rule{{Name: "card number", Type: "ENCRYPT", Mode: mode}}}
	}
	for _, c := range []struct {
		set         *registry.RuleSet
		write, read bool // refused
	}{
		{rules("WRITE"), true, false},
		{rules("READ"), false, true},
		{rules("WRITEREAD"), true, true},
		{&registry.RuleSet{MigrationRules: []registry.Rule{{Name: "m", Type: "JSONATA", Mode: "UPGRADE"}}}, false, true},
		{&registry.RuleSet{MigrationRules: []registry.Rule{{Name: "m", Type: "JSONATA", Mode: "DOWNGRADE"}}}, false, false},
	} {
		f := plain{text: "own", rules: c.set}
		auto := serde.WithWriterSchema(serde.AutoRegister())
		_, err := serde.NewSerializer[string](new(forgetful), f, auto)
		if c.write != errors.Is(err, serde.RuleFailed) || !c.write && err != nil {
			t.Errorf("%+v: writing: %v", c.set, err)
		}
		if _, err := serde.NewSerializer[string](new(forgetful), f, auto, serde.WithoutRules()); err != nil {
			t.Errorf("%+v: writing without rules: %v", c.set, err)
		}
		// Under another schema that one's rules count, and not T's own.
		if _, err := serde.NewSerializer[string](new(forgetful), f, serde.WithWriterSchema(serde.Latest())); err != nil {
			t.Errorf("%+v: writing under another schema: %v", c.set, err)
		}
		_, err = serde.NewDeserializer[string](new(forgetful), f)
		if c.read != errors.Is(err, serde.RuleFailed) || !c.read && err != nil {
			t.Errorf("%+v: reading: %v", c.set, err)
		}
		if _, err := serde.NewDeserializer[string](new(forgetful), f, serde.WithoutRules()); err != nil {
			t.Errorf("%+v: reading without rules: %v", c.set, err)
		}
	}
}

func TestAReferenceGraphThatIsRefusedIsWalkedOnce(t *testing.T) {
	t.Parallel()
	src := &counted{Source: new(endless)}
	d := mustDeserializer(t, src, plain{text: "reader"})
	var first int
	for i := range 10 {
		var v string
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), framed(1, "x"), &v); !errors.Is(err, serde.LimitExceeded) {
			t.Fatalf("got %v", err)
		}
		if i == 0 {
			first = src.calls
		}
	}
	if src.calls != first {
		t.Errorf("%d calls for the first record, %d for ten", first, src.calls)
	}
}

// counted is used by one goroutine at a time.
type counted struct {
	registry.Source
	calls int
}

func (c *counted) Version(ctx context.Context, s registry.Subject, v registry.Version) (registry.Registered, error) {
	c.calls++
	return c.Source.Version(ctx, s, v)
}

func TestErrorsAreOneLine(t *testing.T) {
	t.Parallel()
	s := mustSerializer(t, new(serdetest.Registry), plain{}, serde.WithSubjectStrategy(serde.RecordName))
	err := s.Prepare(ctx, serde.ValueOf("t"))
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q", fmt.Sprint(err))
	}
	if got := (&serde.Error{Op: "serialize"}).Error(); got == "" {
		t.Error("an Error without a cause has no text")
	}
}

// older is a registry of an older release: it has no GUIDs, and answers a
// registration with an id alone. It notes which options it was given.
type older struct {
	serdetest.Registry
	registered []registry.RegisterOption
	lookedUp   []registry.LookupOption
}

func (o *older) Register(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.RegisterOption) (registry.Registered, error) {
	o.registered = append(o.registered, opts...)
	r, err := o.Registry.Register(ctx, subject, schema, opts...)
	return registry.Registered{ID: r.ID}, err
}

func (o *older) Lookup(ctx context.Context, subject registry.Subject, schema registry.Schema, opts ...registry.LookupOption) (registry.Registered, error) {
	o.lookedUp = append(o.lookedUp, opts...)
	r, err := o.Registry.Lookup(ctx, subject, schema, opts...)
	r.GUID = registry.GUID{}
	return r, err
}

func TestARegistryThatAnswersWithAnIDAloneWillDo(t *testing.T) {
	t.Parallel()
	reg := new(older)
	var seen serde.WriterSchema
	f := plain{text: "root", seen: &seen, imports: []*serde.Definition{{Name: "leaf", Schema: registry.Schema{Text: "leaf"}}}}
	s := mustSerializer(t, reg, f, serde.WithWriterSchema(serde.AutoRegister()))
	data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
	if err != nil || string(data.Bytes) != "\x00\x00\x00\x00\x02v" {
		t.Fatalf("% x, %v", data.Bytes, err)
	}
	want := registry.Reference{Name: "leaf", Subject: "leaf", Version: 1}
	if seen.Text != "root" || len(seen.References) != 1 || seen.References[0] != want || len(seen.Referenced) != 1 {
		t.Errorf("the encoder was given %+v", seen)
	}
	if len(reg.registered) != 0 || len(reg.lookedUp) != 0 {
		t.Errorf("options that nobody chose: %v, %v", reg.registered, reg.lookedUp)
	}
	inHeader := mustSerializer(t, reg, f, serde.WithFraming(serde.HeaderFraming()))
	if err := inHeader.Prepare(ctx, serde.ValueOf("t")); err == nil || !strings.Contains(err.Error(), "GUID") || !strings.Contains(err.Error(), "PrefixFraming") {
		t.Errorf("header framing without a GUID: %v", err)
	}
}

func TestNormalizationIsAskedForEverywhere(t *testing.T) {
	t.Parallel()
	reg := new(older)
	f := plain{text: "root", imports: []*serde.Definition{{Name: "leaf", Schema: registry.Schema{Text: "leaf"}}}}
	for _, choice := range []serde.WriterSchemaChoice{serde.AutoRegister(), serde.OwnSchema()} {
		if err := mustSerializer(t, reg, f, serde.WithNormalization(), serde.WithWriterSchema(choice)).Prepare(ctx, serde.ValueOf("t")); err != nil {
			t.Fatal(err)
		}
	}
	// Two were registered, the import was looked up for its version, and then both.
	if len(reg.registered) != 2 || len(reg.lookedUp) != 3 || reg.registered[0] != registry.Normalize() || reg.lookedUp[0] != registry.Normalize() {
		t.Errorf("asked for with %v, %v", reg.registered, reg.lookedUp)
	}
}
