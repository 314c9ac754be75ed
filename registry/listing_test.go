package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

func TestDeletedVersionsAreToldWhereTheRegistryMarksNone(t *testing.T) {
	t.Parallel()
	live := `[2,4]`
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Get("deleted") == "true":
			answer(w, 200, `[1,2,3]`)
		case live == "":
			answer(w, 404, `{"error_code":40401,"message":"no"}`)
		default:
			answer(w, 200, live)
		}
	}))
	got, err := c.VersionStates(t.Context(), "s")
	want := []registry.VersionState{{Version: 1, Deleted: true}, {Version: 2}, {Version: 3, Deleted: true}, {Version: 4}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	live = ""
	got, err = c.VersionStates(t.Context(), "s")
	want = []registry.VersionState{{Version: 1, Deleted: true}, {Version: 2, Deleted: true}, {Version: 3, Deleted: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("all deleted: %v, (-want +got):\n%s", err, diff)
	}
}

func TestListsThatNoRegistryGivesAreRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	calls := map[string]func(*registry.Client) error{
		"Versions":      func(c *registry.Client) error { _, err := c.Versions(ctx, "s"); return err },
		"VersionStates": func(c *registry.Client) error { _, err := c.VersionStates(ctx, "s"); return err },
		"Subjects":      func(c *registry.Client) error { _, err := c.Subjects(ctx); return err },
		"ReferencedBy":  func(c *registry.Client) error { _, err := c.ReferencedBy(ctx, "s", 1); return err },
		"SubjectsByID":  func(c *registry.Client) error { _, err := c.SubjectsByID(ctx, 1); return err },
		"VersionsByID":  func(c *registry.Client) error { _, err := c.VersionsByID(ctx, 1); return err },
		"IDsByGUID":     func(c *registry.Client) error { _, err := c.IDsByGUID(ctx, registry.GUID{1}); return err },
	}
	const number = "Versions VersionStates ReferencedBy"
	for _, tc := range []struct{ body, whom string }{
		{`null`, ""},
		{`{}`, ""},
		{``, ""},
		{`<html></html>`, ""},
		{`[0]`, ""},
		{`[1.5]`, ""},
		{`[2147483648]`, ""},
		{`[-2147483649]`, number},
		{`[-9223372036854775808]`, number},
		{`[9223372036854775808]`, number},
		{`[{}]`, ""},
		{`[{"subject":"s"}]`, "VersionsByID"},
		{`[{"subject":"s","version":0}]`, "VersionsByID"},
		{`[{"version":1}]`, "VersionsByID"},
		{`[{"context":".","id":4294967297}]`, "IDsByGUID"},
	} {
		c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, tc.body) }))
		for name, call := range calls {
			if err := call(c); !errors.Is(err, registry.ErrNotRegistry) && (tc.whom == "" || strings.Contains(" "+tc.whom+" ", " "+name+" ")) {
				t.Errorf("%s answered with %q: %v, want ErrNotRegistry", name, tc.body, err)
			}
		}
	}
}
