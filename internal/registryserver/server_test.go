package registryserver_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/registryserver"
	"github.com/concord-go/concord/registry"
)

// start runs a server until the end of the test.
func start(t testing.TB, opts registryserver.Options) *registryserver.Server {
	t.Helper()
	s, err := registryserver.Listen("127.0.0.1:0", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// open makes an engine until the end of the test.
func open(t testing.TB, opts registryserver.Options) *registryserver.Engine {
	t.Helper()
	e, err := registryserver.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// do sends a request to an engine without a network.
func do(e http.Handler, method, path, body string) (int, string) {
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest(method, path, strings.NewReader(body)))
	return rec.Code, rec.Body.String()
}

func TestAnswersCarryTheRegistrysMediaType(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	for _, tc := range []struct {
		accept, content string
		status          int
		media           string
	}{
		{"", "", 200, "application/vnd.schemaregistry.v1+json"},
		{"*/*", "", 200, "application/vnd.schemaregistry.v1+json"},
		{"application/json", "", 200, "application/json"},
		{"application/vnd.schemaregistry+json, application/json", "", 200, "application/vnd.schemaregistry+json"},
		{"application/json;q=0.1, application/vnd.schemaregistry.v1+json;q=0.9", "", 200, "application/vnd.schemaregistry.v1+json"},
		{"text/html, */*;q=0.1", "", 200, "application/vnd.schemaregistry.v1+json"},
		{"text/html", "", 406, ""},
		{"", "application/json", 200, "application/vnd.schemaregistry.v1+json"},
		{"", "application/octet-stream", 200, "application/vnd.schemaregistry.v1+json"},
		{"", "application/xml", 415, "application/vnd.schemaregistry.v1+json"},
		{"", "nonsense", 400, "application/vnd.schemaregistry.v1+json"},
	} {
		req := httptest.NewRequest("GET", "/subjects", nil)
		if tc.accept != "" {
			req.Header.Set("Accept", tc.accept)
		}
		if tc.content != "" {
			req.Header.Set("Content-Type", tc.content)
		}
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, req)
		if rec.Code != tc.status || rec.Header().Get("Content-Type") != tc.media {
			t.Errorf("Accept %q, Content-Type %q: %d %q, want %d %q", tc.accept, tc.content, rec.Code, rec.Header().Get("Content-Type"), tc.status, tc.media)
		}
	}
}

func TestRequestIDsAreEchoedOrMade(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	req := httptest.NewRequest("GET", "/subjects", nil)
	req.Header.Set("X-Request-ID", "abc")
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, req)
	if got := rec.Header().Get("X-Request-ID"); got != "abc" {
		t.Errorf("X-Request-ID = %q, want the request's", got)
	}
	rec = httptest.NewRecorder()
	e.ServeHTTP(rec, httptest.NewRequest("GET", "/subjects", nil))
	if rec.Header().Get("X-Request-ID") == "" {
		t.Error("no X-Request-ID")
	}
}

func TestPathsThatNoRegistrySees(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	for _, path := range []string{"//subjects", "/subjects/a%5Cb/versions", "/subjects/a%0Ab/versions", "/subjects/a%00/versions"} {
		if status, body := do(e, "GET", path, ""); status != 400 || body != "" {
			t.Errorf("%s: %d %q, want 400 without a body", path, status, body)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{MaxBody: 100})
	if status, _ := do(e, "POST", "/subjects/s/versions", `{"schema":"\"int\""}`); status != 200 {
		t.Errorf("a small body: %d", status)
	}
	if status, body := do(e, "POST", "/subjects/s/versions", strings.Repeat(" ", 101)); status != 413 {
		t.Errorf("a body over the bound: %d %s", status, body)
	}
	for _, opts := range []registryserver.Options{{MaxBody: -1}, {MaxSchema: -1}} {
		if _, err := registryserver.Open(opts); err == nil {
			t.Errorf("a negative bound was taken: %+v", opts)
		}
	}
}

func TestSchemasThatAreKeptAreBounded(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{MaxSchema: 400})
	record := func(doc int) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"doc\":\"` + strings.Repeat("x", doc) + `\",\"fields\":[]}"`
	}
	mustDo(t, e, "POST", "/subjects/s/versions", record(100)+`}`)
	for what, body := range map[string]string{
		"text":     record(400) + `}`,
		"metadata": record(10) + `,"metadata":{"properties":{"k":"` + strings.Repeat("x", 400) + `"}}}`,
	} {
		if status, answer := do(e, "POST", "/subjects/s/versions", body); status != 422 || !strings.Contains(answer, "42209") {
			t.Errorf("large %s: %d %s", what, status, answer)
		}
	}
	mustDo(t, e, "POST", "/subjects/blank/versions", `{"schema":"`+strings.Repeat(" ", 1000)+`\"int\""}`)
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, registryserver.Options{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL()+"/subjects", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Large", strings.Repeat("x", 1<<20))
	resp, err := http.DefaultClient.Do(req)
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 1 MiB: %s", resp.Status)
		}
	} // or the connection is reset while the header is sent
	if status, _ := send(t, s.URL(), "GET", "/subjects", ""); status != 200 {
		t.Errorf("after it: %d", status)
	}
}

func TestDeepBodiesAndSchemasAreRefused(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	deep := strings.Repeat("[", 100_000)
	if status, _ := do(e, "POST", "/subjects/s/versions", deep); status != 400 {
		t.Errorf("a deep body: %d", status)
	}
	if status, _ := do(e, "POST", "/subjects/s/versions", `{"x":`+deep+strings.Repeat("]", 100_000)+`}`); status != 400 {
		t.Errorf("a deep unknown field: %d", status)
	}
	for _, kind := range []string{"AVRO", "JSON"} {
		schema := strings.Repeat(`{\"type\":`, 50_000) + `\"string\"` + strings.Repeat("}", 50_000)
		if status, body := do(e, "POST", "/subjects/s/versions", `{"schemaType":"`+kind+`","schema":"`+schema+`"}`); status != 422 {
			t.Errorf("a deep %s schema: %d %.200s", kind, status, body)
		}
	}
}

// panicking is a Checker with a defect.
type panicking struct{ registryserver.Checker }

func (panicking) Parse(string, registryserver.ParseOptions) (registryserver.Parsed, error) {
	panic("a defect")
}

func TestADefectIsAnAnswerAndALogLine(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	e := open(t, registryserver.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	registryserver.SetChecker(e, registry.Avro, panicking{})
	status, body := do(e, "POST", "/subjects/s/versions", `{"schema":"\"int\""}`)
	if status != 500 || !strings.Contains(body, `"error_code":50001`) || strings.Contains(body, "defect") {
		t.Errorf("%d %s", status, body)
	}
	if !strings.Contains(log.String(), "a defect") || !strings.Contains(log.String(), "POST /subjects/{subject}/versions") {
		t.Errorf("log: %s", log.String())
	}
	if status, _ := do(e, "POST", "/subjects/s/versions", `{"schema":"{}","schemaType":"JSON"}`); status != 200 {
		t.Errorf("after the panic: %d, the lock may be held", status)
	}
}

// The rules are those of the packages of the formats, and tested there.
func TestEveryTypeIsCheckedByItsRules(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	for kind, texts := range map[string][3]string{
		"AVRO":     {`\"int\"`, `\"long\"`, `\"string\"`},
		"JSON":     {`{\"type\":\"integer\"}`, `{\"type\":\"number\"}`, `{\"type\":\"string\"}`},
		"PROTOBUF": {`syntax = \"proto3\"; message A { int32 a = 1; }`, `syntax = \"proto3\"; message A { int64 a = 1; }`, `syntax = \"proto3\"; message A { string a = 1; }`},
	} {
		for i, want := range []int{200, 200, 409} {
			status, body := do(e, "POST", "/subjects/"+kind+"/versions", `{"schemaType":"`+kind+`","schema":"`+texts[i]+`"}`)
			if status != want {
				t.Errorf("%s: text %d: %d %s, want %d", kind, i, status, body, want)
			}
		}
	}
}

func TestARefusalNamesThePlaceAndTheOldVersion(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	do(e, "POST", "/subjects/s/versions", `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}"}`)
	status, body := do(e, "POST", "/subjects/s/versions", `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"}`)
	for _, part := range []string{
		`"error_code":40901`, `Schema being registered is incompatible with an earlier schema for subject \"s\", details: [{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'`,
		"(path '/fields/0')", "{oldSchemaVersion: 1}, {oldSchema: '", "{validateFields: 'false', compatibility: 'BACKWARD'}]",
	} {
		if status != 409 || !strings.Contains(body, part) {
			t.Errorf("%d, without %s:\n%s", status, part, body)
		}
	}
}

// Under FULL the old version is named only if the new schema cannot read its data.
func TestRefusalsUnderFullNameTheOldVersionAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	mustDo(t, e, "PUT", "/config/s", `{"compatibility":"FULL"}`)
	record := func(fields string) string {
		return `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[` + fields + `]}"}`
	}
	mustDo(t, e, "POST", "/subjects/s/versions", record(`{\"name\":\"a\",\"type\":\"int\"}`))
	for _, tt := range []struct {
		name, fields string
		named        bool
	}{
		{"backward", `{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"int\"}`, true},
		{"both", `{\"name\":\"a\",\"type\":\"string\"}`, true},
		{"forward", `{\"name\":\"a\",\"type\":\"long\"}`, false},
	} {
		status, body := do(e, "POST", "/subjects/s/versions", record(tt.fields))
		if status != 409 || strings.Contains(body, "{oldSchemaVersion: 1}, {oldSchema: ") != tt.named || !strings.Contains(body, "compatibility: 'FULL'}]") {
			t.Errorf("differences %s: %d %s", tt.name, status, body)
		}
	}
}

func TestCloseLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s, err := registryserver.Listen("127.0.0.1:0", registryserver.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-leave
			next.ServeHTTP(w, r)
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get(s.URL() + "/subjects")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	<-entered
	closed := make(chan error, 1)
	go func() { closed <- s.Close(t.Context()) }()
	select {
	case <-closed:
		t.Error("Close did not wait for the request")
	case <-time.After(20 * time.Millisecond):
	}
	close(leave)
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := <-answer; got != "[]" {
		t.Errorf("the request that ran got %q", got)
	}
	if _, err := http.Get(s.URL() + "/subjects"); err == nil {
		t.Error("the closed server still answers")
	}
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	t.Parallel()
	s := start(t, registryserver.Options{})
	if _, err := registryserver.Listen(strings.TrimPrefix(s.URL(), "http://"), registryserver.Options{Dir: t.TempDir()}); err == nil {
		t.Error("two servers at one address")
	}
}
