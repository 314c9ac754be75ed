package registry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

var sentinels = map[string]error{
	"unavailable": registry.ErrUnavailable, "denied": registry.ErrDenied, "not a registry": registry.ErrNotRegistry,
	"too large": registry.ErrTooLarge, "unsupported": registry.ErrUnsupported, "closed": registry.ErrClosed,
}

// matches says which of the sentinels, other than codes, an error matches.
func matches(err error) string {
	var names []string
	for _, name := range []string{"unavailable", "denied", "not a registry", "too large", "unsupported", "closed"} {
		if errors.Is(err, sentinels[name]) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func TestEveryCodeIsASentinelThroughHTTP(t *testing.T) {
	t.Parallel()
	var body string
	var status int
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, body) }), registry.WithRetries(0))
	for _, code := range []registry.Code{
		registry.ErrSubjectNotFound, registry.ErrVersionNotFound, registry.ErrSchemaNotFound, registry.ErrSubjectSoftDeleted,
		registry.ErrSubjectNotSoftDeleted, registry.ErrVersionSoftDeleted, registry.ErrVersionNotSoftDeleted,
		registry.ErrNoSubjectCompatibility, registry.ErrNoSubjectMode, registry.ErrAssociationNotFound,
		registry.ErrIncompatible, registry.ErrTooManyAssociations, registry.ErrResourceAssociated, registry.ErrSubjectAssociated,
		registry.ErrSubjectStronglyAssociated, registry.ErrNoActiveVersion, registry.ErrAssociationFrozen,
		registry.ErrInvalidSchema, registry.ErrInvalidVersion, registry.ErrInvalidCompatibility, registry.ErrInvalidMode,
		registry.ErrNotPermitted, registry.ErrReferenceExists, registry.ErrIDMismatch, registry.ErrInvalidSubject,
		registry.ErrSchemaTooLarge, registry.ErrInvalidRuleSet, registry.ErrContextNotEmpty, registry.ErrInvalidAssociation,
		registry.ErrStore, registry.ErrTimedOut, registry.ErrForwarding, registry.ErrUnknownLeader,
	} {
		status, body = int(code)/100, fmt.Sprintf(`{"error_code":%d,"message":"in the registry's words"}`, code)
		_, err := c.Versions(t.Context(), "s")
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || !errors.Is(err, code) {
			t.Errorf("%d: %v does not match", code, err)
			continue
		}
		if e.Method != "GET" || e.Path != "/subjects/s/versions" || e.Status != status || e.Code != code || e.Message != "in the registry's words" || e.Host == "" || e.Attempts != 1 {
			t.Errorf("%d: %+v", code, e)
		}
		if registry.IsRetryable(err) != (status == 500) {
			t.Errorf("%d: IsRetryable = %v", code, registry.IsRetryable(err))
		}
		for other := range sentinels {
			if want := status == 500 && other == "unavailable"; errors.Is(err, sentinels[other]) != want {
				t.Errorf("%d matches %s: %v", code, other, !want)
			}
		}
		if errors.Is(err, code+1) {
			t.Errorf("%d matches %d too", code, code+1)
		}
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	const html = "<html><body>Please log in</body></html>"
	for name, tc := range map[string]struct {
		status  int
		body    string
		matches string
		code    registry.Code // that the error matches, 0: none of the not-found ones
	}{
		"200 with a page":                    {200, html, "not a registry", 0},
		"200 with nothing":                   {200, "", "not a registry", 0},
		"200 with other JSON":                {200, `{"status":"UP"}`, "not a registry", 0},
		"200 with null":                      {200, `null`, "not a registry", 0},
		"200 with a list":                    {200, `[1]`, "not a registry", 0},
		"200 with text after the JSON":       {200, idBody + "x", "not a registry", 0},
		"200 with a cut document":            {200, idBody[:12], "not a registry", 0},
		"200 with a schema that is no text":  {200, `{"schema":{"type":"string"}}`, "not a registry", 0},
		"200 with a reference to version 0":  {200, `{"schema":"x","references":[{"name":"a","subject":"b","version":0}]}`, "not a registry", 0},
		"204":                                {204, "", "not a registry", 0},
		"304":                                {304, "", "not a registry", 0},
		"404 with a page":                    {404, html, "not a registry", 0},
		"404 with a gateway's JSON":          {404, `{"message":"no Route matched"}`, "not a registry", 0},
		"404 with a code of another status":  {404, `{"error_code":50001,"message":""}`, "not a registry", 0},
		"503 with a code that is not its":    {503, `{"error_code":40403,"message":""}`, "unavailable, not a registry", 0},
		"404, this resource is unknown":      {404, `{"error_code":404,"message":"HTTP 404 Not Found"}`, "unsupported", 0},
		"405":                                {405, `{"error_code":405,"message":"HTTP 405 Method Not Allowed"}`, "unsupported", 0},
		"404, the id is unknown":             {404, `{"error_code":40403,"message":"Schema 7 not found"}`, "", registry.ErrSchemaNotFound},
		"401":                                {401, `{"error_code":401,"message":"Unauthorized"}`, "denied", 0},
		"401 in a gateway's words":           {401, html, "denied", 0},
		"403 with a code of Confluent Cloud": {403, `{"error_code":40301,"message":"denied"}`, "denied", 0},
		"408":                                {408, "", "unavailable, not a registry", 0},
		"425":                                {425, "", "unavailable, not a registry", 0},
		"429":                                {429, `{"error_code":42901,"message":"slow down"}`, "unavailable", 0},
		"500":                                {500, `{"error_code":50001,"message":"store"}`, "unavailable", registry.ErrStore},
		"502 with a page":                    {502, html, "unavailable, not a registry", 0},
		"400":                                {400, `{"error_code":400,"message":"Bad Request"}`, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			}), registry.WithRetries(0))
			_, err := c.SchemaByID(t.Context(), 7)
			e, ok := errors.AsType[*registry.Error](err)
			if !ok {
				t.Fatalf("%v is no *registry.Error", err)
			}
			if got := matches(err); got != tc.matches {
				t.Errorf("%v\nmatches %q, want %q", err, got, tc.matches)
			}
			if e.Status != tc.status {
				t.Errorf("status %d, want %d", e.Status, tc.status)
			}
			if tc.code != 0 && !errors.Is(err, tc.code) {
				t.Errorf("%v does not match %d", err, tc.code)
			}
			if tc.code == 0 && errors.Is(err, registry.ErrSchemaNotFound) {
				t.Errorf("%v passes for an unknown schema", err)
			}
			if strings.Contains(err.Error(), "log in") {
				t.Errorf("the error quotes the page: %v", err)
			}
			if tc.matches == "not a registry" && !strings.Contains(err.Error(), "not a schema registry's") {
				t.Errorf("the error does not say what is wrong: %v", err)
			}
		})
	}
}

func TestIdsAndVersionsOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	var body string
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) }), registry.WithRetries(0))
	ctx := t.Context()
	calls := map[string]func(n string) error{
		"register id": func(n string) error {
			body = `{"id":` + n + `}`
			_, err := c.Register(ctx, "s", registry.Schema{Text: n})
			return err
		},
		"register version": func(n string) error {
			body = `{"id":1,"version":` + n + `}`
			_, err := c.Register(ctx, "s", registry.Schema{Text: n})
			return err
		},
		"lookup id": func(n string) error {
			body = `{"subject":"s","version":1,"schema":"x","id":` + n + `}`
			_, err := c.Lookup(ctx, "s", registry.Schema{Text: n})
			return err
		},
		"lookup version": func(n string) error {
			body = `{"subject":"s","id":1,"schema":"x","version":` + n + `}`
			_, err := c.Lookup(ctx, "s", registry.Schema{Text: n})
			return err
		},
		"versions": func(n string) error {
			body = `[1,` + n + `]`
			_, err := c.Versions(ctx, "s")
			return err
		},
		"deleted version": func(n string) error {
			body = n
			_, err := c.DeleteVersion(ctx, "s", 1)
			return err
		},
	}
	for name, call := range calls {
		for _, n := range []string{"0", "-1", "2147483648", "4294967297", "9223372036854775808", "1e400", "1.5", `"1"`, "null"} {
			if err := call(n); !errors.Is(err, registry.ErrNotRegistry) && !(n == "null" && name == "register version") {
				t.Errorf("%s %s: %v, want ErrNotRegistry", name, n, err)
			}
		}
		if err := call("2147483647"); err != nil {
			t.Errorf("%s 2147483647: %v", name, err)
		}
	}
	body = `{"id":1,"guid":"no guid"}`
	if _, err := c.Register(ctx, "s", registry.Schema{Text: "g"}); !errors.Is(err, registry.ErrNotRegistry) {
		t.Errorf("a GUID that is none: %v", err)
	}
}

func TestOldRegistriesBareConflict(t *testing.T) {
	t.Parallel()
	status := 409
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, status, fmt.Sprintf(`{"error_code":%d,"message":"no"}`, status))
	}))
	if _, err := c.Register(t.Context(), "s", registry.Schema{}); !errors.Is(err, registry.ErrIncompatible) {
		t.Errorf("409/409 on register: %v, want ErrIncompatible", err)
	}
	if _, err := c.DeleteSubject(t.Context(), "s"); errors.Is(err, registry.ErrIncompatible) {
		t.Errorf("409/409 on delete passes for an incompatible schema")
	}
	status = 422
	if _, err := c.Register(t.Context(), "s", registry.Schema{}); !errors.Is(err, registry.ErrInvalidSchema) {
		t.Errorf("422/422 on register: %v, want ErrInvalidSchema", err)
	}
}

func TestErrorsHoldNoSchemaText(t *testing.T) {
	t.Parallel()
	const sent, old = `{"type":"record","name":"CANARY-sent"}`, `{"type":"CANARY-old'}, {"x":"CANARY', '}`
	message := `Schema being registered is incompatible, details: [{errorType:'X', description:'reason one'}, ` +
		`{oldSchemaVersion: 1}, {oldSchema: '` + old + `'}, {validateFields: 'false', compatibility: 'BACKWARD'}] for ` + sent
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 409, fmt.Sprintf(`{"error_code":40901,"message":%q}`, message+"\n"+strings.Repeat("ä", 5000)))
	}))
	_, err := c.Register(t.Context(), "s", registry.Schema{Text: sent})
	if !errors.Is(err, registry.ErrIncompatible) {
		t.Fatal(err)
	}
	text := err.Error()
	if strings.Contains(text, "CANARY") || strings.Contains(text, "\n") {
		t.Errorf("schema text or a line break in %s", text)
	}
	if !strings.Contains(text, "reason one") || !strings.Contains(text, "compatibility: 'BACKWARD'") {
		t.Errorf("the reasons are gone: %s", text)
	}
	if len(text) > 2300 {
		t.Errorf("%d bytes of message", len(text))
	}
}

func TestTheCallersDeadlineIsUnavailabilityAndCancellingIsNot(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	c := connect(t, serve(t, func(http.ResponseWriter, *http.Request) { <-hang }))
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	for name, call := range map[string]func(context.Context) error{
		"collapsed": func(ctx context.Context) error { _, err := c.SchemaByID(ctx, 1); return err },
		"plain":     func(ctx context.Context) error { _, err := c.Subjects(ctx); return err },
	} {
		err := call(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, registry.ErrUnavailable) || !registry.IsRetryable(err) {
			t.Errorf("%s, deadline: %v", name, err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		err = call(gone)
		if !errors.Is(err, context.Canceled) || errors.Is(err, registry.ErrUnavailable) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		if _, ok := errors.AsType[*registry.Error](err); !ok {
			t.Errorf("%s, cancelled: %T is no *registry.Error", name, err)
		}
	}
}
