package registry_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/concord-go/concord/registry"
)

func TestWhatIsNoRegistryIsFoundOut(t *testing.T) {
	t.Parallel()
	var body string
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) }))
	ctx := t.Context()
	calls := map[string]func() error{
		"Ping":          func() error { return c.Ping(ctx) },
		"ServerVersion": func() error { _, err := c.ServerVersion(ctx); return err },
		"ClusterID":     func() error { _, err := c.ClusterID(ctx); return err },
		"Deployment":    func() error { _, err := c.Deployment(ctx); return err },
		"MaxID":         func() error { _, err := c.MaxID(ctx, 1); return err },
		"DeleteContext": func() error { return c.DeleteContext(ctx, "x") },
		"Contexts":      func() error { _, err := c.Contexts(ctx); return err },
		"TextByID":      func() error { _, err := c.TextByID(ctx, 1, ""); return err },
		"VersionText":   func() error { _, err := c.VersionText(ctx, "s", 1, ""); return err },
	}
	for _, body = range []string{"<!DOCTYPE html>\n<html></html>", " <html>", "\xff\xfe"} {
		for name, call := range calls {
			if err := call(); !errors.Is(err, registry.ErrNotRegistry) {
				t.Errorf("%s answered with %q: %v, want ErrNotRegistry", name, body, err)
			}
		}
	}
	for _, body = range []string{"", "{}", "null"} {
		for name, call := range calls {
			lenient := name == "Deployment" && body != "" || name == "DeleteContext" && body == "" || name[:4] == "Text" && body != "" ||
				name == "VersionText" && body != ""
			if err := call(); !errors.Is(err, registry.ErrNotRegistry) && !lenient {
				t.Errorf("%s answered with %q: %v, want ErrNotRegistry", name, body, err)
			}
		}
	}
}

func TestOlderRegistriesDoNotHaveAll(t *testing.T) {
	t.Parallel()
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/schemas/ids/1" {
			answer(w, 200, idBody)
			return
		}
		answer(w, 404, `{"error_code":404,"message":"HTTP 404 Not Found"}`)
	}))
	ctx := t.Context()
	for name, err := range map[string]error{
		"ServerVersion": func() error { _, err := c.ServerVersion(ctx); return err }(),
		"ClusterID":     func() error { _, err := c.ClusterID(ctx); return err }(),
		"MaxID":         func() error { _, err := c.MaxID(ctx, 1); return err }(),
		"Contexts":      func() error { _, err := c.Contexts(ctx); return err }(),
	} {
		if !errors.Is(err, registry.ErrUnsupported) || registry.IsRetryable(err) {
			t.Errorf("%s: %v, want ErrUnsupported", name, err)
		}
	}
}
