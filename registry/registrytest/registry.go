package registrytest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/registryserver"
	"github.com/concord-go/concord/registry"
)

// closeTimeout is how long requests in progress may take at the end of a test.
const closeTimeout = 5 * time.Second

// Registry is a running registry.
type Registry struct {
	tb     testing.TB
	server *registryserver.Server

	mu     sync.Mutex
	calls  map[Route]int
	faults []*injection
}

// Option changes a Registry; see New.
type Option func(*settings)

type settings struct {
	server registryserver.Options
	level  registry.Level
}

// InDirectory keeps the registry's content in a directory, where a later Registry
// finds it. One at a time may use it. Without it the content is in memory.
func InDirectory(dir string) Option {
	return func(s *settings) { s.server.Dir = dir }
}

// WithLevel sets the compatibility level of all subjects that have none of their own.
// Without it that is BACKWARD, or what the directory says.
func WithLevel(level registry.Level) Option {
	return func(s *settings) { s.level = level }
}

// New starts a registry that ends with the test.
func New(tb testing.TB, opts ...Option) *Registry {
	tb.Helper()
	r := &Registry{tb: tb, calls: map[Route]int{}}
	s := settings{server: registryserver.Options{Wrap: r.wrap}}
	for _, opt := range opts {
		opt(&s)
	}
	server, err := registryserver.Listen("127.0.0.1:0", s.server)
	if err != nil {
		tb.Fatalf("registrytest: %v", err)
	}
	r.server = server
	tb.Cleanup(r.close)
	if s.level != "" {
		r.SetLevel("", s.level)
	}
	return r
}

// close ends the registry: hanging requests are let go, others may finish.
func (r *Registry) close() {
	r.RemoveFaults()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := r.server.Close(ctx); err != nil {
		r.tb.Errorf("registrytest: closing the registry: %v", err)
	}
}

// URL is the registry's address, for registry.NewClient.
func (r *Registry) URL() string { return r.server.URL() }

// Register registers a schema for the test and returns what it became. It fails the
// test where the registry refuses.
func (r *Registry) Register(subject registry.Subject, schema registry.Schema) registry.Registered {
	r.tb.Helper()
	body := map[string]any{"schema": schema.Text}
	if schema.Type != "" {
		body["schemaType"] = schema.Type
	}
	if len(schema.References) > 0 {
		body["references"] = schema.References
	}
	if schema.Metadata != nil {
		body["metadata"] = schema.Metadata
	}
	if schema.RuleSet != nil {
		body["ruleSet"] = schema.RuleSet
	}
	var answer struct {
		ID         registry.SchemaID    `json:"id"`
		Version    registry.Version     `json:"version"`
		GUID       string               `json:"guid"`
		Type       registry.SchemaType  `json:"schemaType"`
		References []registry.Reference `json:"references"`
		Metadata   *registry.Metadata   `json:"metadata"`
		RuleSet    *registry.RuleSet    `json:"ruleSet"`
		Text       string               `json:"schema"`
	}
	r.setUp(http.MethodPost, "/subjects/"+url.PathEscape(string(subject))+"/versions", body, &answer)
	guid, err := registry.ParseGUID(answer.GUID)
	if err != nil {
		r.tb.Fatalf("registrytest: registering under %q: %v", subject, err)
	}
	return registry.Registered{
		Schema: registry.Schema{
			Text: answer.Text, Type: answer.Type, References: answer.References, Metadata: answer.Metadata, RuleSet: answer.RuleSet,
		},
		Subject: subject, Version: answer.Version, ID: answer.ID, GUID: guid,
	}
}

// SetLevel sets a subject's compatibility level, or with an empty subject the
// level of all that have none of their own.
func (r *Registry) SetLevel(subject registry.Subject, level registry.Level) {
	r.tb.Helper()
	r.set("/config", subject, "compatibility", string(level))
}

// SetMode sets a subject's mode, or with an empty subject the mode of all that have
// none of their own: READONLY refuses registrations, IMPORT lets the client give ids
// and versions.
func (r *Registry) SetMode(subject registry.Subject, mode registry.Mode) {
	r.tb.Helper()
	r.set("/mode", subject, "mode", string(mode))
}

func (r *Registry) set(path string, subject registry.Subject, field, value string) {
	r.tb.Helper()
	if subject != "" {
		path += "/" + url.PathEscape(string(subject))
	}
	r.setUp(http.MethodPut, path, map[string]any{field: value}, nil)
}

// setUp sends a request past the faults and the counts.
func (r *Registry) setUp(method, path string, body, answer any) {
	r.tb.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		r.tb.Fatalf("registrytest: %v", err)
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(data))
	rec := httptest.NewRecorder()
	r.server.Engine().ServeHTTP(rec, req)
	if err := decodeAnswer(rec, answer); err != nil {
		r.tb.Fatalf("registrytest: %s %s: %v", method, path, err)
	}
}

func decodeAnswer(rec *httptest.ResponseRecorder, answer any) error {
	if rec.Code != http.StatusOK {
		return fmt.Errorf("the registry answered %d: %s", rec.Code, rec.Body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(rec.Body.Bytes(), answer)
}
