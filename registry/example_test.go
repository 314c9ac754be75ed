package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/concord-go/concord/registry"
)

// exampleRegistry knows one subject.
func exampleRegistry() *httptest.Server {
	const found = `{"subject":"user-events-value","version":1,"id":1,"schema":"\"string\""}`
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "POST /subjects/user-events-value/versions", "GET /schemas/ids/1", "GET /subjects/user-events-value/versions/latest":
			_, _ = io.WriteString(w, found)
		case "POST /compatibility/subjects/user-events-value/versions/latest":
			_, _ = io.WriteString(w, `{"is_compatible":false,"messages":["TYPE_MISMATCH"]}`)
		case "PUT /config/user-events-value":
			_, _ = io.WriteString(w, `{"compatibility":"FULL"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error_code":40403,"message":"Schema not found"}`)
		}
	}))
}

func ExampleNewClient() {
	server := exampleRegistry()
	defer server.Close()
	ctx := context.Background()

	reg, err := registry.NewClient(server.URL,
		registry.WithAuth(registry.Basic("service", registry.NewSecret("from the environment"))),
		registry.WithRetries(5))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.Close(ctx)

	r, err := reg.Register(ctx, "user-events-value", registry.Schema{Text: `"string"`})
	fmt.Println(r.ID, r.Version, err)
	s, err := reg.SchemaByID(ctx, r.ID)
	fmt.Println(s.Type, s.Text, err)
	// Output:
	// 1 1 <nil>
	// AVRO "string" <nil>
}

func ExampleError() {
	server := exampleRegistry()
	defer server.Close()
	reg, err := registry.NewClient(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.Close(context.Background())

	_, err = reg.SchemaByID(context.Background(), 7)
	fmt.Println(errors.Is(err, registry.ErrSchemaNotFound), registry.IsRetryable(err))
	if e, ok := errors.AsType[*registry.Error](err); ok {
		fmt.Println(e.Method, e.Path, e.Status, int(e.Code), e.Message)
	}
	// Output:
	// true false
	// GET /schemas/ids/7 404 40403 Schema not found
}

func ExampleClient_TestCompatibility() {
	server := exampleRegistry()
	defer server.Close()
	reg, err := registry.NewClient(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.Close(context.Background())

	found, err := reg.TestCompatibility(context.Background(), "user-events-value", registry.LatestVersion, registry.Schema{Text: `"int"`})
	fmt.Println(found.Compatible, found.Messages, err)
	// Output: false [TYPE_MISMATCH] <nil>
}

func ExampleClient_SetConfig() {
	server := exampleRegistry()
	defer server.Close()
	reg, err := registry.NewClient(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reg.Close(context.Background())

	config, err := reg.SetConfig(context.Background(), registry.OfSubject("user-events-value"), registry.Config{Compatibility: registry.LevelFull})
	fmt.Println(config.Compatibility, err)
	// Output: FULL <nil>
}
