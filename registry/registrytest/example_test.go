package registrytest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// A test that the schema which is about to be released goes with the one that is in
// production: Register fails the test where the registry would refuse it.
func ExampleNew() {
	const (
		production = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}`
		released   = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"note","type":"string","default":""}]}`
	)
	_ = func(t *testing.T) {
		reg := registrytest.New(t, registrytest.WithLevel(registry.LevelFullTransitive))
		reg.Register("orders-value", registry.Schema{Text: production})
		reg.Register("orders-value", registry.Schema{Text: released})
	}
}

// A test of a service behind a proxy that sends its answers slowly, then without end.
func ExampleDrip() {
	_ = func(t *testing.T) {
		reg := registrytest.New(t)
		event := reg.Register("user-events-value", registry.Schema{Text: `{"type":"record","name":"UserEvent","fields":[]}`})
		client, err := registry.NewClient(reg.URL(), registry.WithAttemptTimeout(100*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close(context.Background())

		remove := reg.Inject(registrytest.AnyRoute, registrytest.Drip(time.Second))
		if _, err := client.SchemaByID(t.Context(), event.ID); !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("slow: %v", err)
		}
		remove()
		reg.Inject(registrytest.AnyRoute, registrytest.EndlessBody())
		if _, err := client.SchemaByID(t.Context(), event.ID); !errors.Is(err, registry.ErrTooLarge) && !errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("endless: %v", err)
		}
	}
}

// A test of a service that must survive a registry which fails twice.
func ExampleRegistry_Inject() {
	_ = func(t *testing.T) { // a test function of the service
		reg := registrytest.New(t)
		event := reg.Register("user-events-value", registry.Schema{Text: `{"type":"record","name":"UserEvent","fields":[]}`})
		reg.Inject("GET /schemas/ids/{id}", registrytest.Status(503), registrytest.Times(2))

		client, err := registry.NewClient(reg.URL())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close(context.Background())
		if _, err := client.SchemaByID(t.Context(), event.ID); err != nil {
			t.Errorf("two failures were not retried: %v", err)
		}
		if _, err := client.SchemaByID(t.Context(), 99); !errors.Is(err, registry.ErrSchemaNotFound) {
			t.Errorf("an id that nobody has: %v", err)
		}
	}
}
