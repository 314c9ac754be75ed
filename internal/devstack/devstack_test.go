package devstack_test

import (
	"context"
	"testing"

	"github.com/concord-go/concord/internal/devstack"
	"github.com/concord-go/concord/registry"
)

func TestStacksOnFreePortsStandSideBySide(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	seen := make(map[string]bool)
	for range 2 {
		s, err := devstack.Start(devstack.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(ctx)
		if seen[s.Bootstrap()] || seen[s.RegistryURL()] {
			t.Errorf("an address was given twice: %s, %s", s.Bootstrap(), s.RegistryURL())
		}
		seen[s.Bootstrap()], seen[s.RegistryURL()] = true, true
		reg, err := registry.NewClient(s.RegistryURL())
		if err != nil {
			t.Fatal(err)
		}
		defer reg.Close(ctx)
		if subjects, err := reg.Subjects(ctx); err != nil || len(subjects) != 0 {
			t.Errorf("a new registry has subjects %v, %v", subjects, err)
		}
	}
}

func TestOneStackAtATimeHasADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := devstack.Start(devstack.Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := devstack.Start(devstack.Options{DataDir: dir}); err == nil {
		second.Close(context.Background())
		t.Error("a second stack took the directory")
	}
	if err := first.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(context.Background()); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	again, err := devstack.Start(devstack.Options{DataDir: dir})
	if err != nil {
		t.Fatalf("the directory is not free after Close: %v", err)
	}
	again.Close(context.Background())
}
