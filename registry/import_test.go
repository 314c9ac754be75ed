package registry_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

func TestAnImportIsSentEachTime(t *testing.T) {
	t.Parallel()
	var sent []string
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent = append(sent, r.Method+" "+strings.TrimSpace(string(body)))
		answer(w, 200, `{"subject":"s","id":5,"version":9,"schema":"x"}`)
	}))
	ctx, x := t.Context(), registry.Schema{Text: "x"}
	for range 2 {
		r, err := c.Register(ctx, "s", x, registry.WithVersion(9), registry.WithID(5))
		if err != nil || r.ID != 5 || r.Version != 9 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	// A version that was replaced is not what it was.
	for range 2 {
		if _, err := c.Version(ctx, "s", 9); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Register(ctx, "s", x, registry.WithVersion(9)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Version(ctx, "s", 9); err != nil {
		t.Fatal(err)
	}
	want := `POST {"id":5,"version":9,"schema":"x"}|POST {"id":5,"version":9,"schema":"x"}|GET |POST {"version":9,"schema":"x"}|GET `
	if got := strings.Join(sent, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestARegistryThatIgnoresWhatWasGivenIsFoundOut(t *testing.T) {
	t.Parallel()
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, 404, `{"error_code":40403,"message":"no"}`)
			return
		}
		answer(w, 200, `{"id":5,"version":9}`)
	}))
	ctx, x := t.Context(), registry.Schema{Text: "x"}
	if r, err := c.Register(ctx, "s", x, registry.WithID(6)); !errors.Is(err, registry.ErrIDMismatch) || r.ID != 0 {
		t.Errorf("another id: %+v, %v", r, err)
	}
	if _, err := c.Register(ctx, "s", x, registry.WithID(5), registry.WithVersion(8)); !errors.Is(err, registry.ErrInvalidVersion) {
		t.Errorf("another version: %v", err)
	}
}

func TestAnImportEndsTheAbsenceOfItsID(t *testing.T) {
	t.Parallel()
	there := false
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && r.URL.Path == "/subjects/s/versions":
			there = true
			answer(w, 200, `{"id":5,"version":9}`)
		case there:
			answer(w, 200, `{"subject":"s","id":5,"version":9,"schema":"x"}`)
		default:
			answer(w, 404, `{"error_code":40403,"message":"no"}`)
		}
	}))
	ctx, x := t.Context(), registry.Schema{Text: "x"}
	ask := func() error {
		_, err := c.SchemaByID(ctx, 5)
		_, err2 := c.Lookup(ctx, "s", x)
		_, err3 := c.Version(ctx, "s", 9)
		return errors.Join(err, err2, err3)
	}
	if err := ask(); !errors.Is(err, registry.ErrSchemaNotFound) {
		t.Fatal(err)
	}
	if _, err := c.Register(ctx, "s", x, registry.WithID(5)); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
}

func TestAnAmendmentIsReadWhereTheAnswerIsAnIDAlone(t *testing.T) {
	t.Parallel()
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			answer(w, 200, `{"id":7}`)
			return
		}
		answer(w, 200, idBody)
	}))
	r, err := c.Amend(t.Context(), "s", 1, registry.Amendment{RemoveRules: []string{"r"}})
	if err != nil || r.ID != 7 || r.Version != 0 || r.Text != `"string"` || r.Subject != "s" {
		t.Errorf("Amend = %+v, %v", r, err)
	}
}

func TestAFallbackDoesNotAnswerAnImport(t *testing.T) {
	t.Parallel()
	down := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, `{"error_code":503,"message":"no"}`) }), registry.WithRetries(0))
	other := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"subject":"s","id":5,"version":9,"schema":"x"}`)
	}))
	f, err := registry.NewFallback(down, other)
	if err != nil {
		t.Fatal(err)
	}
	x := registry.Schema{Text: "x"}
	if r, err := f.Register(t.Context(), "s", x); err != nil || r.ID != 5 {
		t.Fatalf("without an id: %+v, %v", r, err)
	}
	if r, err := f.Register(t.Context(), "s", x, registry.WithID(6)); !errors.Is(err, registry.ErrUnavailable) || r.ID != 0 {
		t.Errorf("with one: %+v, %v", r, err)
	}
}
