package registry_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

func TestCredentialsOverHTTPAreWarnedOf(t *testing.T) {
	t.Parallel()
	bearer := registry.WithAuth(registry.Bearer(secret(canary)))
	for name, tc := range map[string]struct {
		url  string
		opts []registry.ClientOption
		want string // the host named; empty: no warning
	}{
		"bearer":            {"http://registry:8081", []registry.ClientOption{bearer}, "registry:8081"},
		"user-info":         {"http://u:" + canary + "@registry:8081", nil, "registry:8081"},
		"the second URL":    {"https://a", []registry.ClientOption{bearer, registry.WithFailover("http://[2001:db8::1]:1")}, "[2001:db8::1]:1"},
		"none of it":        {"http://registry:8081", nil, ""},
		"https":             {"https://registry", []registry.ClientOption{bearer}, ""},
		"the other's":       {"https://u:p@a", []registry.ClientOption{registry.WithFailover("http://b")}, ""},
		"this machine":      {"http://LOCALHOST:8081", []registry.ClientOption{bearer}, ""},
		"its address":       {"http://127.0.0.7", []registry.ClientOption{bearer}, ""},
		"its other address": {"http://[::1]:8081", []registry.ClientOption{bearer}, ""},
		"a name like it":    {"http://localhost.example", []registry.ClientOption{bearer}, "localhost.example"},
		"headers": {"http://registry", []registry.ClientOption{registry.WithAuth(registry.HeadersFrom(func(context.Context) (http.Header, error) {
			return nil, nil
		}))}, "registry"},
	} {
		var log logText
		if _, err := registry.NewClient(tc.url, append(tc.opts, log.option())...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text := log.take()
		if tc.want == "" && text != "" || !strings.Contains(text, tc.want) || tc.want != "" && !strings.Contains(text, "level=WARN") || strings.Contains(text, "CANARY") {
			t.Errorf("%s: log %q, want a warning of %q", name, text, tc.want)
		}
	}
}
