package registrytest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// client is a client of the registry until the end of the test.
func client(t *testing.T, reg *registrytest.Registry, opts ...registry.ClientOption) *registry.Client {
	t.Helper()
	c, err := registry.NewClient(reg.URL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

const (
	eventV1 = `{"type":"record","name":"Event","fields":[{"name":"id","type":"int"}]}`
	eventV2 = `{"type":"record","name":"Event","fields":[{"name":"id","type":"long"}]}`
	eventV3 = `{"type":"record","name":"Event","fields":[{"name":"id","type":"string"}]}`
)

func TestTheClientWorksAgainstIt(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	c, ctx := client(t, reg), t.Context()
	one, err := c.Register(ctx, "events", registry.Schema{Text: eventV1})
	if err != nil || one.ID != 1 || one.Version != 1 {
		t.Fatalf("Register = %+v, %v", one, err)
	}
	if s, err := c.SchemaByID(ctx, one.ID); err != nil || s.Text != eventV1 {
		t.Errorf("SchemaByID = %+v, %v", s, err)
	}
	if s, err := c.SchemaByGUID(ctx, one.GUID); err != nil || s.Text != eventV1 {
		t.Errorf("SchemaByGUID = %+v, %v", s, err)
	}
	if got, err := c.Lookup(ctx, "events", registry.Schema{Text: eventV1}); err != nil || got.Version != 1 {
		t.Errorf("Lookup = %+v, %v", got, err)
	}
	if got, err := c.Register(ctx, "events", registry.Schema{Text: eventV2}); err != nil || got.Version != 2 {
		t.Errorf("Register = %+v, %v", got, err)
	}
	_, err = c.Register(ctx, "events", registry.Schema{Text: eventV3})
	if !errors.Is(err, registry.ErrIncompatible) || !strings.Contains(err.Error(), "TYPE_MISMATCH") {
		t.Errorf("an incompatible schema: %v", err)
	}
	result, err := c.TestCompatibility(ctx, "events", registry.LatestVersion, registry.Schema{Text: eventV3})
	if err != nil || result.Compatible || len(result.Messages) == 0 {
		t.Errorf("TestCompatibility = %+v, %v", result, err)
	}
	if _, err := c.Version(ctx, "nothing", 1); !errors.Is(err, registry.ErrSubjectNotFound) {
		t.Errorf("an unknown subject: %v", err)
	}
	if _, err := c.DeleteSubject(ctx, "events"); err != nil {
		t.Error(err)
	}
	if _, err := c.DeleteSubject(ctx, "events"); !errors.Is(err, registry.ErrSubjectSoftDeleted) {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestTheClientSurvivesFaults(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	id := reg.Register("events", registry.Schema{Text: eventV1}).ID
	for name, fault := range map[string]registrytest.Fault{
		"status": registrytest.Status(503),
		"before": registrytest.CutBeforeAnswer(),
		"inside": registrytest.CutInBody(),
	} {
		reg.Inject(byID, fault, registrytest.Times(2))
		before := reg.Calls(byID)
		if s, err := client(t, reg).SchemaByID(t.Context(), id); err != nil || s.Text != eventV1 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if n := reg.Calls(byID) - before; n != 3 {
			t.Errorf("%s: %d calls, want 3", name, n)
		}
	}
}
