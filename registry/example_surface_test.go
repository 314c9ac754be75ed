package registry_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/concord-go/concord/registry"
)

// registryOf answers requests of an example from a table.
func registryOf(answers map[string]string) (*registry.Client, func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, answers[r.Method+" "+r.URL.RequestURI()])
	}))
	reg, err := registry.NewClient(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	return reg, func() { _ = reg.Close(context.Background()); server.Close() }
}

// What is registered, a page of it at a time.
func ExampleClient_Schemas() {
	reg, end := registryOf(map[string]string{
		"GET /schemas?latestOnly=true&limit=500&subjectPrefix=%3A%2A%3A": `[
			{"subject":"orders-value","version":3,"id":12,"schema":"\"string\""},
			{"subject":"users-value","version":1,"id":7,"schema":"\"long\""}]`,
		"GET /schemas?latestOnly=true&limit=500&offset=2&subjectPrefix=%3A%2A%3A": `[]`,
	})
	defer end()

	for listed, err := range reg.Schemas(context.Background(), registry.LatestOnly()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(listed.Subject, listed.Version, listed.ID, listed.Text)
	}
	// Output:
	// orders-value 3 12 "string"
	// users-value 1 7 "long"
}

// A field of a configuration is taken away by name, while others are set or kept.
func ExampleClear() {
	reg, end := registryOf(map[string]string{"PUT /config/orders-value": `{"compatibility":"FULL","compatibilityGroup":"major"}`})
	defer end()

	config, err := reg.SetConfig(context.Background(), registry.OfSubject("orders-value"),
		registry.Config{Compatibility: registry.LevelFull}, registry.Clear(registry.ConfigAlias))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(config.Compatibility, config.CompatibilityGroup, config.Alias == "")
	// Output: FULL major true
}

// A copy of a registry that keeps ids and versions, so that records written with
// the one can be read with the other. Schemas that refer to others must be copied
// after those; here there are none.
func ExampleWithID() {
	from, end := registryOf(map[string]string{
		"GET /schemas?deleted=true&limit=500&subjectPrefix=%3A%2A%3A":          `[{"subject":"orders-value","version":3,"id":12,"schema":"\"string\""}]`,
		"GET /schemas?deleted=true&limit=500&offset=1&subjectPrefix=%3A%2A%3A": `[]`,
	})
	defer end()
	to, end := registryOf(map[string]string{
		"PUT /mode":                            `{"mode":"IMPORT"}`,
		"POST /subjects/orders-value/versions": `{"id":12,"version":3}`,
		"DELETE /mode":                         `{"mode":"IMPORT"}`,
	})
	defer end()
	copyAll := func(ctx context.Context) error {
		if err := to.SetMode(ctx, registry.Global(), registry.ModeImport); err != nil {
			return err
		}
		for listed, err := range from.Schemas(ctx, registry.IncludeDeleted()) {
			if err != nil {
				return err
			}
			r, err := to.Register(ctx, listed.Subject, listed.Schema, registry.WithID(listed.ID), registry.WithVersion(listed.Version))
			if err != nil {
				return err
			}
			fmt.Println("copied", r.Subject, r.Version, "as", r.ID)
			if listed.Deleted {
				if _, err := to.DeleteVersion(ctx, listed.Subject, listed.Version); err != nil {
					return err
				}
			}
		}
		_, err := to.DeleteMode(ctx, registry.Global())
		return err
	}

	if err := copyAll(context.Background()); errors.Is(err, registry.ErrNotPermitted) {
		log.Fatal("there are live subjects already, or an id is another schema's")
	} else if err != nil {
		log.Fatal(err)
	}
	// Output: copied orders-value 3 as 12
}
