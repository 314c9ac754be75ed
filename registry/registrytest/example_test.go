package registrytest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

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
