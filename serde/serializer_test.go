package serde_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

var ctx = context.Background()

func mustSerializer(t *testing.T, reg registry.Resolver, f serde.Format[string], opts ...serde.SerializerOption) *serde.Serializer[string] {
	t.Helper()
	s, err := serde.NewSerializer(reg, f, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheWriterSchemaIsTheOneChosen(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	ids := register(reg, "t-value", "one", "two", "three")
	for name, c := range map[string]struct {
		choice serde.WriterSchemaChoice
		want   registry.SchemaID
	}{
		"own schema by default": {serde.WriterSchemaChoice{}, ids[1]},
		"own schema":            {serde.OwnSchema(), ids[1]},
		"latest":                {serde.Latest(), ids[2]},
		"version 1":             {serde.AtVersion(1), ids[0]},
		"by id":                 {serde.ByID(ids[0]), ids[0]},
		"registered already":    {serde.AutoRegister(), ids[1]},
	} {
		s := mustSerializer(t, reg, plain{text: "two"}, serde.WithWriterSchema(c.choice))
		data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
		if err != nil || !bytes.Equal(data.Bytes, []byte{0, 0, 0, 0, byte(c.want), 'v'}) {
			t.Errorf("%s: % x, %v; want schema id %d", name, data.Bytes, err, c.want)
		}
	}
}

func TestNothingIsRegisteredUnlessAsked(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	s := mustSerializer(t, reg, plain{text: "own"})
	_, err := s.AppendSerialize(ctx, nil, serde.ValueOf("orders"), "v")
	var e *serde.Error
	if !errors.As(err, &e) || e.Class != serde.NotRegistered || e.Subject != "orders-value" || e.Op != "serialize" {
		t.Fatalf("got %#v", err)
	}
	for _, want := range []string{`topic "orders"`, `subject "orders-value"`, "serde.Latest()", "serde.AutoRegister()"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %s: %v", want, err)
		}
	}
	register(reg, "orders-value", "own")
	if _, err := s.AppendSerialize(ctx, nil, serde.ValueOf("orders"), "v"); err != nil {
		t.Errorf("it is registered now, yet: %v", err)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	own := func(f serde.Field, name string) (registry.Subject, error) {
		return registry.Subject(fmt.Sprintf("%s/%s/%s", f.Topic, f.Role, name)), nil
	}
	for _, c := range []struct {
		strategy serde.SubjectStrategy
		field    serde.Field
		want     registry.Subject
	}{
		{serde.TopicName, serde.ValueOf("t"), "t-value"},
		{serde.TopicName, serde.KeyOf("t"), "t-key"},
		{serde.RecordName, serde.ValueOf("t"), "com.example.R"},
		{serde.TopicRecordName, serde.KeyOf("t"), "t-com.example.R"},
		{own, serde.KeyOf("t"), "t/key/com.example.R"},
	} {
		reg := new(serdetest.Registry)
		s := mustSerializer(t, reg, plain{text: "R"}, serde.WithSubjectStrategy(c.strategy), serde.WithWriterSchema(serde.AutoRegister()))
		if err := s.Prepare(ctx, c.field); err != nil {
			t.Error(err)
		}
		if _, err := reg.Version(ctx, c.want, 1); err != nil {
			t.Errorf("%v: not registered under %s", c.field, c.want)
		}
		nameless := mustSerializer(t, reg, plain{}, serde.WithSubjectStrategy(c.strategy), serde.WithWriterSchema(serde.AutoRegister()))
		if err := nameless.Prepare(ctx, c.field); (err != nil) != (c.want == "com.example.R" || c.want == "t-com.example.R") {
			t.Errorf("%s without a record name: %v", c.want, err)
		}
	}
}

func TestImportsAreRegisteredInOrderAndOnce(t *testing.T) {
	t.Parallel()
	base := &serde.Definition{Name: "base", Schema: registry.Schema{Text: "base"}}
	left := &serde.Definition{Name: "left", Subject: "left-subject", Schema: registry.Schema{Text: "left"}, Imports: []*serde.Definition{base}}
	right := &serde.Definition{Name: "right", Schema: registry.Schema{Text: "right"}, Imports: []*serde.Definition{base}}
	reg := new(serdetest.Registry)
	var seen serde.WriterSchema
	f := plain{text: "root", imports: []*serde.Definition{left, right}, seen: &seen}
	s := mustSerializer(t, reg, f, serde.WithWriterSchema(serde.AutoRegister()))
	data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
	if err != nil {
		t.Fatal(err)
	}
	if n := reg.Calls(); n != 4 {
		t.Errorf("%d calls to register 4 schemas", n)
	}
	root, err := reg.Version(ctx, "t-value", 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(root.References), "[{left left-subject 1} {right right 1}]"; got != want {
		t.Errorf("references %s, want %s", got, want)
	}
	names := func(w serde.WriterSchema) (order string) {
		for _, r := range w.Referenced {
			order += r.Name + ":" + r.Schema.Text + " "
		}
		return order
	}
	if got, want := names(seen), "base:base left:left right:right "; got != want {
		t.Errorf("the encoder was given %s, want %s", got, want)
	}
	// A reader gets the same, from the registry alone.
	var v string
	d, err := serde.NewDeserializer[string](reg, plain{text: "reader", seen: &seen})
	if err == nil {
		_, err = d.Deserialize(ctx, serde.ValueOf("t"), data, &v)
	}
	if err != nil || names(seen) != "base:base left:left right:right " || v != "v" {
		t.Errorf("the decoder was given %s, error %v", names(seen), err)
	}
	// Without registration they are looked up.
	if err := mustSerializer(t, reg, f).Prepare(ctx, serde.ValueOf("t")); err != nil {
		t.Error(err)
	}
	if err := mustSerializer(t, new(serdetest.Registry), f).Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.NotRegistered) {
		t.Errorf("imports that are not registered: %v", err)
	}
	left.Imports = append(left.Imports, &serde.Definition{Name: "circle", Schema: registry.Schema{Text: "circle"}, Imports: []*serde.Definition{left}})
	if err := mustSerializer(t, new(serdetest.Registry), f, serde.WithWriterSchema(serde.AutoRegister())).Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.InvalidSchema) {
		t.Errorf("imports in a circle: %v", err)
	}
}

func TestATypeThatDoesNotFitIsSaidAtBinding(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	register(reg, "t-value", "broken")
	s := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(serde.Latest()))
	if err := s.Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.TypeMismatch) {
		t.Fatalf("got %v", err)
	}
}

func TestAnEncodingErrorLeavesNothing(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	s := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(serde.AutoRegister()))
	data, err := s.AppendSerialize(ctx, []byte("x"), serde.KeyOf("t"), "unfit")
	var e *serde.Error
	if !errors.As(err, &e) || e.Class != serde.TypeMismatch || e.SchemaID != 1 || data.Bytes != nil {
		t.Fatalf("got % x, %v", data.Bytes, err)
	}
}

func TestWhatCannotWorkIsRefusedAtConstruction(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	for name, opts := range map[string][]serde.SerializerOption{
		"version 0":        {serde.WithWriterSchema(serde.AtVersion(0))},
		"version -2":       {serde.WithWriterSchema(serde.AtVersion(-2))},
		"id 0":             {serde.WithWriterSchema(serde.ByID(0))},
		"nil strategy":     {serde.WithSubjectStrategy(nil)},
		"nil option":       {nil},
		"id in the header": {serde.WithWriterSchema(serde.ByID(1)), serde.WithFraming(serde.HeaderFraming())},
	} {
		if _, err := serde.NewSerializer[string](reg, plain{text: "own"}, opts...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := serde.NewSerializer[string](nil, plain{}); err == nil {
		t.Error("no registry: taken")
	}
	if _, err := serde.NewSerializer[string](reg, nil); err == nil {
		t.Error("no format: taken")
	}
	if _, err := serde.NewDeserializer[string](reg, plain{}, serde.WithDecoderLimit(0)); err == nil {
		t.Error("no decoders: taken")
	}
	if err := mustSerializer(t, reg, plain{noSchema: true}).Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.NotRegistered) {
		t.Errorf("no schema to look up: %v", err)
	}
}

func TestARuleThatCannotRunIsNotPassedOver(t *testing.T) {
	t.Parallel()
	rules := func(phase, mode string, disabled bool) *registry.RuleSet {
		r := []registry.Rule{{Name: "r", Type: "CEL", Mode: mode, Disabled: disabled}}
		switch phase {
		case "domain":
			return &registry.RuleSet{DomainRules: r}
		case "encoding":
			return &registry.RuleSet{EncodingRules: r}
		}
		return &registry.RuleSet{MigrationRules: r}
	}
	for _, c := range []struct {
		phase, mode  string
		disabled     bool
		write, read_ bool // refused
	}{
		{"domain", "WRITE", false, true, false},
		{"domain", "READ", false, false, true},
		{"domain", "WRITEREAD", false, true, true},
		{"encoding", "", false, true, true},
		{"encoding", "WRITEREAD", true, false, false},
		{"migration", "UPGRADE", false, false, false},
		{"migration", "DOWNGRADE", false, false, true},
		{"migration", "UPDOWN", false, false, true},
		{"domain", "SOMETHING", false, true, true},
	} {
		reg := new(serdetest.Registry)
		if _, err := reg.Register(ctx, "t-value", registry.Schema{Text: "own", RuleSet: rules(c.phase, c.mode, c.disabled)}); err != nil {
			t.Fatal(err)
		}
		latest := serde.WithWriterSchema(serde.Latest())
		_, err := mustSerializer(t, reg, plain{text: "own"}, latest).AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
		if c.write != errors.Is(err, serde.RuleFailed) || !c.write && err != nil {
			t.Errorf("%+v: writing: %v", c, err)
		}
		data, err := mustSerializer(t, reg, plain{text: "own"}, latest, serde.WithoutRules()).AppendSerialize(ctx, nil, serde.ValueOf("t"), "v")
		if err != nil {
			t.Fatalf("%+v: writing without rules: %v", c, err)
		}
		var v string
		d, _ := serde.NewDeserializer[string](reg, plain{text: "own"})
		_, err = d.Deserialize(ctx, serde.ValueOf("t"), data, &v)
		if c.read_ != errors.Is(err, serde.RuleFailed) || !c.read_ && err != nil {
			t.Errorf("%+v: reading: %v", c, err)
		}
		d, _ = serde.NewDeserializer[string](reg, plain{text: "own"}, serde.WithoutRules())
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &v); err != nil {
			t.Errorf("%+v: reading without rules: %v", c, err)
		}
	}
}

func TestManyGoroutinesBindOnce(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	s := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(serde.AutoRegister()))
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), "v"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := reg.Calls(); n != 1 {
		t.Errorf("%d registry calls, want 1", n)
	}
}

func TestWritingAWarmValueAllocatesNothing(t *testing.T) {
	if allocates {
		t.Skip("this build allocates")
	}
	for _, framing := range []serde.Framing{serde.PrefixFraming(), serde.HeaderFraming()} {
		reg := new(serdetest.Registry)
		s := mustSerializer(t, reg, plain{text: "own"}, serde.WithWriterSchema(serde.AutoRegister()), serde.WithFraming(framing))
		buffer := make([]byte, 0, 64)
		write := func() {
			if _, err := s.AppendSerialize(ctx, buffer, serde.ValueOf("t"), "value"); err != nil {
				t.Fatal(err)
			}
		}
		write()
		if n := testing.AllocsPerRun(100, write); n != 0 {
			t.Errorf("%+v: %v allocations, want 0", framing, n)
		}
	}
}

func BenchmarkAppendSerialize(b *testing.B) {
	reg := new(serdetest.Registry)
	s, err := serde.NewSerializer[string](reg, plain{text: "own"}, serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.AppendSerialize(ctx, buffer, serde.ValueOf("t"), "value"); err != nil {
			b.Fatal(err)
		}
	}
}
