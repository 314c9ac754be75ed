package serde_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

type event interface{ isEvent() }

type (
	placed struct {
		ID string `avro:"id"`
	}
	shipped struct {
		ID      string `avro:"id"`
		Carrier string `avro:"carrier"`
	}
	cancelled struct {
		ID string `avro:"id"`
	}
	foreign struct {
		ID string `avro:"id"`
	}
)

func (placed) isEvent()    {}
func (*shipped) isEvent()  {}
func (cancelled) isEvent() {}

func events() *serde.Sum[event] {
	return serde.OneOf(serde.CaseOf[event](avro.For[placed]()), serde.CaseOf[event](avro.For[*shipped]()))
}

func mustSum[E any](t testing.TB, reg *serdetest.Registry, sum *serde.Sum[E], opts ...serde.SerializerOption) (*serde.Serializer[E], *serde.Deserializer[E]) {
	t.Helper()
	s, err := serde.NewSerializer(reg, sum, append([]serde.SerializerOption{serde.WithWriterSchema(serde.AutoRegister())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	d, err := serde.NewDeserializer(reg, sum)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

func TestEachTypeOfASumComesBackAsItself(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	for name, opts := range map[string][]serde.SerializerOption{"prefix": nil, "header": {serde.WithFraming(serde.HeaderFraming())}} {
		s, d := mustSum(t, reg, events(), opts...)
		for _, want := range []event{placed{"1"}, &shipped{"2", "post"}, placed{"3"}} {
			data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), want)
			if err != nil {
				t.Fatal(err)
			}
			for _, data.Given = range []bool{false, true} {
				var got event
				if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s framing (-want +got):\n%s", name, diff)
				}
			}
		}
		if data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), nil); err != nil || data.Bytes != nil {
			t.Errorf("nil is written as %v, %v: want a tombstone", data, err)
		}
		var got event = placed{"before"}
		if info, err := d.Deserialize(ctx, serde.ValueOf("t"), serde.Data{}, &got); err != nil || !info.Tombstone || got != nil {
			t.Errorf("a tombstone is read as %v, %v", got, err)
		}
	}
	for _, subject := range []registry.Subject{"t-placed", "t-shipped"} {
		if _, err := reg.Version(ctx, subject, registry.LatestVersion); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
}

func TestWhatIsNoCaseOfASumIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	s, d := mustSum(t, reg, events())
	_, err := s.AppendSerialize(ctx, []byte("kept"), serde.ValueOf("t"), cancelled{"1"})
	if !errors.Is(err, serde.ErrNoCase) || !errors.Is(err, serde.TypeMismatch) {
		t.Errorf("writing: %v", err)
	}
	other, err := serde.NewSerializer(reg, avro.For[cancelled](), serde.WithWriterSchema(serde.AutoRegister()), serde.WithSubjectStrategy(serde.RecordName))
	if err != nil {
		t.Fatal(err)
	}
	data, err := other.AppendSerialize(ctx, nil, serde.ValueOf("t"), cancelled{"1"})
	if err != nil {
		t.Fatal(err)
	}
	var got event = placed{"before"}
	info, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &got)
	if !errors.Is(err, serde.ErrNoCase) || serde.ClassOf(err) != serde.Incompatible || info.SchemaID == 0 {
		t.Errorf("reading: %v", err)
	}
	ignoring, err := serde.NewDeserializer(reg, events().IgnoringOthers())
	if err != nil {
		t.Fatal(err)
	}
	if info, err := ignoring.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil || got != nil || info.Tombstone {
		t.Errorf("ignored: %v, %+v, %v", got, info, err)
	}
}

// Versions of one record that do not resolve to each other are told apart by their schemas.
func TestASumOfVersionsReadsEachAsWhatItIs(t *testing.T) {
	t.Parallel()
	type oldUser struct {
		User string `avro:"user"`
	}
	type newUser struct {
		Tenant, Number int64
	}
	sum := serde.OneOf(
		serde.CaseOf[any](avro.For[oldUser](avro.WithSchema(`{"type":"record","name":"UserEvent","fields":[{"name":"user","type":"string"}]}`))),
		serde.CaseOf[any](avro.For[newUser](avro.WithSchema(`{"type":"record","name":"UserEvent","namespace":"acme","fields":[{"name":"Tenant","type":"long"},{"name":"Number","type":"long"}]}`))),
	)
	s, d := mustSum(t, new(serdetest.Registry), sum)
	for _, want := range []any{oldUser{"u1"}, newUser{1, 2}} {
		data, err := s.AppendSerialize(ctx, nil, serde.ValueOf(fmt.Sprintf("%T", want)), want)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil || got != want {
			t.Errorf("%v is read as %v, %v", want, got, err)
		}
	}
}

func TestARecordOfACaseThatDoesNotResolveIsNotIgnored(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	s, err := serde.NewSerializer(reg, avro.For[foreign](avro.WithSchema(`{"type":"record","name":"shipped","fields":[{"name":"id","type":"string"}]}`)),
		serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), foreign{"1"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := serde.NewDeserializer(reg, events().IgnoringOthers())
	if err != nil {
		t.Fatal(err)
	}
	var got event
	if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &got); serde.ClassOf(err) != serde.Incompatible || errors.Is(err, serde.ErrNoCase) {
		t.Errorf("%v, %v: want why it does not resolve", got, err)
	}
}

func TestSumsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for name, sum := range map[string]*serde.Sum[event]{
		"no case":        serde.OneOf[event](),
		"a type twice":   serde.OneOf(serde.CaseOf[event](avro.For[placed]()), serde.CaseOf[event](avro.For[placed]())),
		"no event":       serde.OneOf(serde.CaseOf[event](avro.For[foreign]())),
		"a value for it": serde.OneOf(serde.CaseOf[event](avro.For[shipped]())),
		"a zero case":    serde.OneOf(serde.Case[event]{}),
		"a bad schema":   serde.OneOf(serde.CaseOf[event](avro.For[placed](avro.WithSchema(`{"type":"recor`)))),
	} {
		if _, err := serde.NewSerializer(new(serdetest.Registry), sum); err == nil {
			t.Errorf("%s: a serializer is made", name)
		}
		if _, err := serde.NewDeserializer(new(serdetest.Registry), sum); err == nil {
			t.Errorf("%s: a deserializer is made", name)
		}
	}
	if _, err := serde.NewDeserializer(new(serdetest.Registry), serde.OneOf(serde.CaseOf[placed](avro.For[placed]()))); err == nil {
		t.Error("a sum that is no interface is taken")
	}
}

func TestASumIsPreparedForEachCase(t *testing.T) {
	t.Parallel()
	reg := new(serdetest.Registry)
	register(reg, "t-placed", `{"type":"record","name":"placed","fields":[{"name":"id","type":"string"}]}`)
	s, err := serde.NewSerializer(reg, events())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.NotRegistered) {
		t.Errorf("%v, want that the other case is not registered", err)
	}
}

func TestASumCostsOneAllocationToRead(t *testing.T) {
	if allocates {
		t.Skip("this build allocates")
	}
	type counted struct{ N, M int64 }
	sum := serde.OneOf(serde.CaseOf[any](avro.For[counted]()), serde.CaseOf[any](avro.For[placed]()))
	s, d := mustSum(t, new(serdetest.Registry), sum)
	var v any = counted{1 << 40, 2}
	data, err := s.AppendSerialize(ctx, nil, serde.ValueOf("t"), v)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := s.AppendSerialize(ctx, buf, serde.ValueOf("t"), v); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("writing: %v allocations, want 0", n)
	}
	var got any
	if n := testing.AllocsPerRun(200, func() {
		if _, err := d.Deserialize(ctx, serde.ValueOf("t"), data, &got); err != nil {
			t.Error(err)
		}
	}); n != 1 || got != v {
		t.Errorf("reading %v: %v allocations, want 1", got, n)
	}
}
