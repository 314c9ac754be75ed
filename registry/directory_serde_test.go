package registry_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

type street struct {
	N int32 `avro:"n"`
}

// placed has a schema of its own that no registry renders otherwise, and that a
// registry may keep in two parts.
type placed struct {
	_    struct{}  `avro:"com.acme.Order"`
	ID   string    `avro:"id"`
	At   time.Time `avro:"at"`
	Road street    `avro:"road"`
	Note *string   `avro:"note"`
}

// through writes v with one resolver and reads it with another.
func through[T any](t *testing.T, writing, reading registry.Resolver, format serde.Format[T], topic string, v T, opts ...serde.SerializerOption) (T, error) {
	t.Helper()
	var got T
	ser, err := serde.NewSerializer(writing, format, opts...)
	if err != nil {
		return got, err
	}
	data, err := ser.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), v)
	if err != nil {
		return got, err
	}
	de, err := serde.NewDeserializer(reading, format)
	if err != nil {
		return got, err
	}
	_, err = de.Deserialize(t.Context(), serde.ValueOf(topic), data, &got)
	return got, err
}

func TestRecordsAreWrittenAndReadWithoutARegistry(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	srv := registrytest.New(t)
	client := clientOf(t, srv)
	typed := avro.For[placed]()
	note := "n"
	order := placed{ID: "o1", At: time.UnixMilli(1_700_000_000_000).UTC(), Road: street{N: 7}, Note: &note}

	// A text with a reference, laid out as people write them.
	const home = "{\n  \"namespace\": \"com.acme\", \"name\": \"Home\", \"type\": \"record\",\n" +
		`  "fields": [{"type": {"type": "string"}, "name": "who"}, {"name": "where", "type": "com.acme.Address"}]}`
	imported := &serde.Definition{Name: "com.acme.Address", Schema: registry.Schema{Text: address, Type: registry.Avro}}
	text := avro.Dynamic(home, avro.WithSchema(home, imported))
	person := map[string]any{"who": "x", "where": map[string]any{"street": map[string]any{"n": int32(3)}}}

	register := serde.WithWriterSchema(serde.AutoRegister())
	if _, err := through(t, client, client, typed, "orders", order, register); err != nil {
		t.Fatal(err)
	}
	if _, err := through(t, client, client, text, "homes", person, register); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := registry.Save(ctx, client, dir); err != nil {
		t.Fatal(err)
	}
	d, err := registry.NewDirectory(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	srv.Inject(registrytest.AnyRoute, registrytest.Status(503))
	for name, reg := range map[string]registry.Resolver{"directory": d, "fallback": fallback(t, clientOf(t, srv), d)} {
		for how, opts := range map[string][]serde.SerializerOption{
			"own": nil, "register": {register}, "latest": {serde.WithWriterSchema(serde.Latest())}, "version": {serde.WithWriterSchema(serde.AtVersion(1))},
			"header": {serde.WithFraming(serde.HeaderFraming())}, "normalized": {serde.WithNormalization()},
		} {
			got, err := through(t, reg, reg, typed, "orders", order, opts...)
			if diff := cmp.Diff(order, got, cmp.AllowUnexported(placed{})); err != nil || diff != "" {
				t.Errorf("%s, %s: %v\n%s", name, how, err, diff)
			}
			person2, err := through(t, reg, reg, text, "homes", person, opts...)
			if diff := cmp.Diff(person, person2); err != nil || diff != "" {
				t.Errorf("%s, %s: %v\n%s", name, how, err, diff)
			}
		}
	}
}

// A registry may keep a type in two parts; a struct has it in one.
func TestAStructFindsItsSchemaThoughItIsKeptInParts(t *testing.T) {
	t.Parallel()
	srv := registrytest.New(t)
	format := avro.For[placed]()
	own, err := format.Definition()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := avro.Parse(own.Schema.Text)
	if err != nil {
		t.Fatal(err)
	}
	var road *avro.Schema
	for _, f := range schema.Fields() {
		if f.Name() == "road" {
			road = f.Type()
		}
	}
	srv.Register("road", registry.Schema{Text: road.String()})
	name := road.Name().String()
	srv.Register("orders-value", registry.Schema{Text: schema.StringWithout(road), References: []registry.Reference{{Name: name, Subject: "road", Version: 1}}})
	dir := t.TempDir()
	if _, err := registry.Save(t.Context(), clientOf(t, srv), dir, "orders-value"); err != nil {
		t.Fatal(err)
	}
	d, err := registry.NewDirectory(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, reg := range map[string]registry.Resolver{"registry": clientOf(t, srv), "directory": d} {
		if got, err := through(t, reg, reg, format, "orders", placed{ID: "a"}); err != nil || got.ID != "a" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// What a directory lacks is unknown when it is used alone, and says nothing of a
// record while there is a registry that cannot be asked.
func TestAnOutageIsNotAnUnknownSchema(t *testing.T) {
	t.Parallel()
	d := directory(t, map[string]string{"a.json": entry("other-value", 1, 1, `"int"`)})
	srv := registrytest.New(t)
	srv.Inject(registrytest.AnyRoute, registrytest.Status(503))
	down := fallback(t, clientOf(t, srv), d)
	for name, c := range map[string]struct {
		reg         registry.Resolver
		read, write serde.Class
		poison      bool
	}{"alone": {d, serde.UnknownSchema, serde.NotRegistered, true}, "fallback": {down, serde.RegistryUnavailable, serde.RegistryUnavailable, false}} {
		de, err := serde.NewDeserializer(c.reg, avro.For[placed]())
		if err != nil {
			t.Fatal(err)
		}
		var v placed
		_, err = de.Deserialize(t.Context(), serde.ValueOf("orders"), serde.Data{Bytes: []byte{0, 0, 0, 0, 2, 1}}, &v)
		if serde.ClassOf(err) != c.read || serde.IsPoison(err) != c.poison || registry.IsRetryable(err) == c.poison {
			t.Errorf("%s: reading: %v, class %v", name, err, serde.ClassOf(err))
		}
		_, err = through(t, c.reg, c.reg, avro.For[placed](), "orders", v)
		if serde.ClassOf(err) != c.write || serde.IsPoison(err) {
			t.Errorf("%s: writing: %v, class %v", name, err, serde.ClassOf(err))
		}
		_, err = through(t, c.reg, c.reg, avro.For[placed](), "orders", v, serde.WithWriterSchema(serde.AutoRegister()))
		if alone := name == "alone"; errors.Is(err, registry.ErrReadOnly) != alone || registry.IsRetryable(err) == alone || serde.IsPoison(err) {
			t.Errorf("%s: registering: %v", name, err)
		}
	}
}
