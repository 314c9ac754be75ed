package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concord-go/concord/registry"
)

// catalog serves n versions, at most most a page; ignoring, it knows no pages.
func catalog(n, most int, ignoring bool, asked *atomic.Int32) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		if ignoring {
			offset, limit = 0, n
		}
		var entries []string
		for i := offset; i < min(n, offset+min(limit, most)); i++ {
			entries = append(entries, fmt.Sprintf(`{"subject":"s%d","version":1,"id":%d,"schema":"x"}`, i, i+1))
		}
		answer(w, 200, "["+strings.Join(entries, ",")+"]")
	}
}

func TestSchemasAreListedOnceHoweverTheRegistryPages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		n, most, size int
		ignoring      bool
		asked         int32
	}{
		"none":                              {0, 100, 10, false, 1},
		"less than a page":                  {7, 100, 10, false, 2},
		"whole pages":                       {20, 100, 10, false, 3},
		"a registry with smaller pages":     {10, 3, 10, false, 5},
		"one that knows no pages":           {25, 100, 10, true, 1},
		"one that knows no pages, few":      {5, 100, 10, true, 2},
		"one that knows no pages, one page": {10, 100, 10, true, 2},
		"the default size":                  {1200, 1000, 0, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c := connect(t, serve(t, catalog(tc.n, tc.most, tc.ignoring, &asked)))
			all := c.Schemas(t.Context(), registry.PageSize(tc.size))
			for range 2 { // a sequence can be walked again
				asked.Store(0)
				next := 0
				for l, err := range all {
					if err != nil {
						t.Fatal(err)
					}
					next++
					if int(l.ID) != next {
						t.Fatalf("entry %d has id %d", next, l.ID)
					}
				}
				if next != tc.n || asked.Load() != tc.asked {
					t.Errorf("%d entries with %d requests, want %d with %d", next, asked.Load(), tc.n, tc.asked)
				}
			}
		})
	}
}

func TestWhoStopsReadingSchemasAsksNoMore(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	c := connect(t, serve(t, catalog(100, 100, false, &asked)))
	for l, err := range c.Schemas(t.Context(), registry.PageSize(10)) {
		if err != nil || l.ID == 10 {
			break
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestAnErrorIsTheLastThingThatSchemasGives(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"a code":         `{"error_code":50001,"message":"store"}`,
		"null":           `null`,
		"no subject":     `[{"version":1,"id":1,"schema":"x"}]`,
		"no schema":      `[{"subject":"s","version":1,"id":1}]`,
		"id too large":   `[{"subject":"s","version":1,"id":2147483648,"schema":"x"}]`,
		"version 0":      `[{"subject":"s","version":0,"id":1,"schema":"x"}]`,
		"GUID of 3 hexa": `[{"subject":"s","version":1,"id":1,"schema":"x","guid":"abc"}]`,
	} {
		var asked atomic.Int32
		good := catalog(100, 100, false, &asked)
		c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("offset") == "" {
				good(w, r)
				return
			}
			status := 200
			if strings.Contains(bad, "error_code") {
				status = 500
			}
			answer(w, status, bad)
		}), registry.WithRetries(0))
		given, failed := 0, 0
		for _, err := range c.Schemas(t.Context(), registry.PageSize(10)) {
			if err == nil {
				given++
				continue
			}
			failed++
			if !errors.Is(err, registry.ErrNotRegistry) && !errors.Is(err, registry.ErrStore) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if given != 10 || failed != 1 {
			t.Errorf("%s: %d entries and %d errors, want 10 and 1", name, given, failed)
		}
	}
}
