package serde_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// registered makes a registry in which each text is a version of the subject, whatever their compatibility.
func registered(t *testing.T, subject registry.Subject, texts ...string) *registry.Client {
	t.Helper()
	client, err := registry.NewClient(registrytest.New(t, registrytest.WithLevel(registry.LevelNone)).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	for _, text := range texts {
		if _, err := client.Register(ctx, subject, registry.Schema{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

const (
	idIsString = `{"type":"record","name":"Event","fields":[{"name":"id","type":"string"}]}`
	idAndAge   = `{"type":"record","name":"Event","fields":[{"name":"id","type":"string"},{"name":"age","type":"int","default":0}]}`
	idIsLong   = `{"type":"record","name":"Event","fields":[{"name":"id","type":"long"}]}`
)

type preparedEvent struct {
	ID string `avro:"id"`
}

func TestPreparationFindsTheVersionThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts []string
		want  string // empty: no failure
	}{
		"no version yet":    {nil, ""},
		"all can be read":   {[]string{idIsString, idAndAge}, ""},
		"the second cannot": {[]string{idIsString, idIsLong, idAndAge}, "version 2"},
		"the newest cannot": {[]string{idIsString, idIsLong}, "version 2"},
	} {
		client := registered(t, "t-value", c.texts...)
		d, err := serde.NewDeserializer(client, avro.For[preparedEvent](avro.WithSchema(idIsString)))
		if err != nil {
			t.Fatal(err)
		}
		err = d.Prepare(ctx, serde.ValueOf("t"))
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		failed, ok := errors.AsType[*serde.Error](err)
		if !ok || !strings.Contains(err.Error(), c.want) || failed.Class != serde.Incompatible || failed.Subject != "t-value" || failed.SchemaID == 0 {
			t.Errorf("%s: %v (%+v), want %q", name, err, failed, c.want)
		}
	}
}

func TestPreparationSaysThatTheRegistryIsUnavailable(t *testing.T) {
	t.Parallel()
	client, err := registry.NewClient("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	d, err := serde.NewDeserializer(client, avro.For[preparedEvent](avro.WithSchema(idIsString)))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.RegistryUnavailable) {
		t.Errorf("got %v", err)
	}
}

type preparedCase interface{ isPrepared() }

func (preparedEvent) isPrepared() {}

func TestPreparationOfASumLooksAtTheSubjectOfEachCase(t *testing.T) {
	t.Parallel()
	client := registered(t, "t-Event", idIsString, idIsLong)
	d, err := serde.NewDeserializer(client, serde.OneOf(serde.CaseOf[preparedCase](avro.For[preparedEvent](avro.WithSchema(idIsString)))))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Prepare(ctx, serde.ValueOf("t")); !errors.Is(err, serde.Incompatible) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
}
