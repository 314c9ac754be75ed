package registry_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
)

const canary = "CANARY-s3cr3t"

func secret(s string) registry.Secret { return registry.NewSecret(s) }

func TestSecretsNeverPrint(t *testing.T) {
	t.Parallel()
	s := secret(canary)
	type outer struct {
		Public  registry.Secret
		private registry.Secret
		ptr     *registry.Secret
	}
	o := outer{s, s, &s}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
		fmt.Fprintf(&printed, verb+" "+verb+" "+verb+" "+verb+"\n", s, &s, o, &o)
	}
	fmt.Fprintf(&printed, "%+v %#v %+v", registry.Basic("user", s), registry.Bearer(s), registry.WithAuth(registry.Bearer(s)))
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	printed.Write(data)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("m", "s", s, "o", o)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("m", "s", s, "o", o)
	if text := printed.String(); strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) || strings.Contains(text, fmt.Sprintf("%X", canary)) {
		t.Errorf("the secret shows in:\n%s", text)
	}
	if s.Reveal() != canary {
		t.Error("the secret is lost")
	}
	var read registry.Secret
	if err := json.Unmarshal([]byte(`"`+canary+`"`), &read); err != nil || read.Reveal() != canary {
		t.Errorf("a secret read from JSON: %v", err)
	}
}

func TestBadSettingsAreErrorsOfTheConstructor(t *testing.T) {
	t.Parallel()
	auth := registry.WithAuth(registry.Bearer(secret(canary)))
	for name, tc := range map[string]struct {
		url  string
		opts []registry.ClientOption
	}{
		"no URL":                {"", nil},
		"no scheme":             {"localhost:8081", nil},
		"another scheme":        {"ftp://h/" + canary, nil},
		"no host":               {"http://", nil},
		"a port that is none":   {"http://h:port", nil},
		"a query":               {"http://h/?token=" + canary, nil},
		"a fragment":            {"http://h/#" + canary, nil},
		"a list":                {"http://a:8081,http://b:8081", nil},
		"a slash in a password": {"http://user:" + canary + "/x@h", nil},
		"a bad escape":          {"http://user:" + canary + "%zz@h", nil},
		"a user alone":          {"http://" + canary + "@h", nil},
		"a password alone":      {"http://:" + canary + "@h", nil},
		"a URL twice":           {"http://h", []registry.ClientOption{registry.WithFailover("http://h/")}},
		"a bad failover URL":    {"http://h", []registry.ClientOption{registry.WithFailover("h:" + canary)}},
		"basic without user":    {"http://h", []registry.ClientOption{registry.WithAuth(registry.Basic("", secret(canary)))}},
		"basic without secret":  {"http://h", []registry.ClientOption{registry.WithAuth(registry.Basic("u", registry.Secret{}))}},
		"a colon in the user":   {"http://h", []registry.ClientOption{registry.WithAuth(registry.Basic("u:v", secret(canary)))}},
		"an empty token":        {"http://h", []registry.ClientOption{registry.WithAuth(registry.Bearer(secret("")))}},
		"a token with a break":  {"http://h", []registry.ClientOption{registry.WithAuth(registry.Bearer(secret(canary + "\r\nX: y")))}},
		"no auth":               {"http://h", []registry.ClientOption{registry.WithAuth(registry.Auth{})}},
		"auth twice":            {"http://h", []registry.ClientOption{auth, auth}},
		"auth and user-info":    {"http://u:" + canary + "@h", []registry.ClientOption{auth}},
		"auth and header":       {"http://h", []registry.ClientOption{auth, registry.WithHeader("authorization", canary)}},
		"user-info and header":  {"http://u:" + canary + "@h", []registry.ClientOption{registry.WithHeader("Authorization", canary)}},
		"our own header":        {"http://h", []registry.ClientOption{registry.WithHeader("accept", canary)}},
		"a header with a break": {"http://h", []registry.ClientOption{registry.WithHeader("X-A", canary+"\nX: y")}},
		"a header name":         {"http://h", []registry.ClientOption{registry.WithHeader("X A", canary)}},
		"nil client":            {"http://h", []registry.ClientOption{registry.WithHTTPClient(nil)}},
		"nil option":            {"http://h", []registry.ClientOption{nil}},
		"negative retries":      {"http://h", []registry.ClientOption{registry.WithRetries(-1)}},
		"negative wait":         {"http://h", []registry.ClientOption{registry.WithRetryWait(-1, 1)}},
		"negative timeout":      {"http://h", []registry.ClientOption{registry.WithTimeout(-1)}},
		"negative attempt":      {"http://h", []registry.ClientOption{registry.WithAttemptTimeout(-1)}},
		"no response limit":     {"http://h", []registry.ClientOption{registry.WithResponseLimit(0)}},
		"no cache":              {"http://h", []registry.ClientOption{registry.WithCacheSize(0, 1)}},
		"negative TTL":          {"http://h", []registry.ClientOption{registry.WithLatestTTL(-1)}},
		"negative missing TTL":  {"http://h", []registry.ClientOption{registry.WithMissingTTL(-1)}},
	} {
		c, err := registry.NewClient(tc.url, tc.opts...)
		if err == nil || c != nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: the error shows a credential: %v", name, err)
		}
	}
}

func TestCredentialsAreSentToTheURLTheyAreFor(t *testing.T) {
	t.Parallel()
	got := make(map[string]http.Header)
	network := over(func(r *http.Request) (*http.Response, error) {
		got[r.URL.Host] = r.Header
		if r.URL.User != nil {
			t.Errorf("user-info in the request's URL")
		}
		return reply(503, ""), nil
	})
	c, err := registry.NewClient("http://u:p%40ss@a", network, registry.WithFailover("http://b", "http://v:w@c"), registry.WithRetries(0), registry.WithHeader("X-Cluster", "one"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Subjects(t.Context())
	for host, want := range map[string]string{"a": "Basic dTpwQHNz", "b": "", "c": "Basic djp3"} {
		if h := got[host]; h.Get("Authorization") != want || h.Get("X-Cluster") != "one" {
			t.Errorf("host %s got %v, want %q", host, h, want)
		}
	}
	c, err = registry.NewClient("http://a", network, registry.WithFailover("http://b"), registry.WithRetries(0), registry.WithAuth(registry.Bearer(secret("tok"))))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Subjects(t.Context())
	if got["a"].Get("Authorization") != "Bearer tok" || got["b"].Get("Authorization") != "Bearer tok" {
		t.Errorf("bearer token: %v", got)
	}
}

func TestCredentialsDoNotFollowARedirectToAnotherOrigin(t *testing.T) {
	t.Parallel()
	var seen atomic.Pointer[http.Request]
	var home string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" { // home again: still without
			http.Redirect(w, r, home+"/final", http.StatusTemporaryRedirect)
			return
		}
		seen.Store(r)
		answer(w, 200, "[]")
	})
	var target string
	var homeSaw atomic.Pointer[http.Request]
	home = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/final") {
			homeSaw.Store(r)
			answer(w, 200, "[]")
			return
		}
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	})
	c := connect(t, home, registry.WithAuth(registry.Basic("user", secret(canary))), registry.WithHeader("X-Api-Key", canary))
	leaks := func(r *http.Request) bool {
		return strings.Contains(fmt.Sprint(r.Header), "CANARY") || r.Header.Get("Authorization") != ""
	}

	target = home + "/final"
	if _, err := c.Subjects(t.Context()); err != nil || !leaks(homeSaw.Load()) {
		t.Errorf("a redirect within the origin: %v; the credentials must go along", err)
	}
	target = strings.Replace(other, "http://", "http://intruder:pw@", 1) + "/x"
	if _, err := c.Subjects(t.Context()); err != nil || leaks(seen.Load()) {
		t.Errorf("a redirect to another port: %v, headers %v", err, seen.Load().Header)
	}
	target = other + "/back"
	if _, err := c.Subjects(t.Context()); err != nil || leaks(homeSaw.Load()) {
		t.Errorf("a redirect away and back: %v, headers %v", err, homeSaw.Load().Header)
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	var status int
	var target string
	var n int
	c := newClient(t, registry.WithRetries(0), registry.WithAuth(registry.Bearer(secret(canary))), over(func(r *http.Request) (*http.Response, error) {
		n++
		if r.Method == http.MethodPost {
			if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), `"schema"`) {
				t.Error("the body is gone")
			}
		}
		if strings.HasSuffix(r.URL.Path, "/end") {
			return reply(200, `{"id":1}`), nil
		}
		return reply(status, "", "Location", target), nil
	}))
	register := func(text string) error {
		_, err := c.Register(t.Context(), "s", registry.Schema{Text: text})
		return err
	}
	for _, status = range []int{301, 302, 303} {
		target, n = "http://a/end", 0
		err := register(fmt.Sprint(status))
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || !errors.Is(err, registry.ErrNotRegistry) || e.Status != status || n != 1 {
			t.Errorf("%d of a POST: %v after %d requests, want a refusal after 1", status, err, n)
		}
	}
	for _, status = range []int{307, 308} {
		if err := register(fmt.Sprint(status)); err != nil {
			t.Errorf("%d of a POST: %v; it keeps method and body", status, err)
		}
	}
	for _, target = range []string{"http://a/again", "file:///etc/passwd", "http://a/" + canary + "\x7f", "://"} {
		n = 0
		err := register(target)
		if err == nil || n > 4 || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%q: %v after %d requests", target, err, n)
		}
	}
	sc, err := registry.NewClient("https://a", registry.WithRetries(0), over(func(*http.Request) (*http.Response, error) {
		return reply(307, "", "Location", "http://a/end"), nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sc.Subjects(t.Context()); !errors.Is(err, registry.ErrNotRegistry) {
		t.Errorf("from https to http: %v", err)
	}
}

func TestNoCredentialInAnyError(t *testing.T) {
	t.Parallel()
	echo := func(r *http.Request) string { return fmt.Sprintf("%v %s", r.Header, r.URL) }
	for name, network := range map[string]transport{
		"an echo in the registry's words": func(r *http.Request) (*http.Response, error) {
			return reply(400, fmt.Sprintf(`{"error_code":400,"message":%q}`, echo(r)+" http://user:"+canary+"@h/ "+canary)), nil
		},
		"an echo as a page": func(r *http.Request) (*http.Response, error) { return reply(200, echo(r)), nil },
		"an echo as media type": func(r *http.Request) (*http.Response, error) {
			return reply(200, "x", "Content-Type", "text/"+canary), nil
		},
		"an echo in an error": func(r *http.Request) (*http.Response, error) { return nil, errors.New("dial " + echo(r)) },
		"a proxy's address": func(*http.Request) (*http.Response, error) {
			return nil, errors.New(`invalid proxy "http://me:CANARY2@proxy"`)
		},
		"an echo in a redirect": func(r *http.Request) (*http.Response, error) { return reply(307, "", "Location", "x://"+canary), nil },
		"an echo in a bad redirect": func(r *http.Request) (*http.Response, error) {
			return reply(307, "", "Location", "http://"+canary+":x"), nil
		},
		"an echo in a denial": func(r *http.Request) (*http.Response, error) { return reply(401, echo(r)), nil },
		"an echo escaped twice, quoted by net/http": func(*http.Request) (*http.Response, error) {
			return nil, errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "a \"CANARY%2520key\""`)
		},
		"an echo escaped twice, to the end": func(*http.Request) (*http.Response, error) {
			return nil, errors.New(`malformed MIME header line: CANARY%2520key`)
		},
		"an escaped echo, as header": func(*http.Request) (*http.Response, error) { return nil, errors.New("X-Key: CANARY%20key") },
	} {
		for how, opts := range map[string][]registry.ClientOption{
			"basic":  {registry.WithAuth(registry.Basic("user", secret(canary)))},
			"bearer": {registry.WithAuth(registry.Bearer(secret(canary)))},
			"header": {registry.WithHeader("X-Key", canary), registry.WithHeader("X-Key", "CANARY key")},
		} {
			opts = append(opts, over(network), registry.WithRetries(0), registry.WithHeader("X-Key", "CANARY key"))
			c := newClient(t, opts...)
			_, err := c.Subjects(t.Context())
			if err == nil {
				t.Errorf("%s, %s: no error", name, how)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				text := fmt.Sprintf("%v %+v %#v", err, err, err)
				if strings.Contains(text, "CANARY") || strings.Contains(text, "Q0FOQVJZ") || strings.Contains(text, "dXNlcjpDQU5BUlk") {
					t.Errorf("%s, %s: %s", name, how, text)
				}
			}
			if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "CANARY") {
				t.Errorf("the client prints its credentials: %s", text)
			}
		}
	}
}

func TestAnEndlessBodyIsNotRead(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	flood := func(w io.Writer) {
		chunk := []byte(strings.Repeat("x", 1<<16))
		_, _ = io.WriteString(w, `{"schema":"`)
		for sent.Load() < 10<<30 {
			n, err := w.Write(chunk)
			if err != nil {
				return
			}
			sent.Add(int64(n))
		}
	}
	const limit = 1 << 20
	for name, handler := range map[string]http.HandlerFunc{
		"plain": func(w http.ResponseWriter, _ *http.Request) { flood(w) },
		"an error's body": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			flood(w)
		},
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			flood(z)
		},
		"announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10737418240")
			flood(w)
		},
	} {
		sent.Store(0)
		c := connect(t, serve(t, handler), registry.WithResponseLimit(limit))
		_, err := c.SchemaByID(t.Context(), 1)
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || !errors.Is(err, registry.ErrTooLarge) || registry.IsRetryable(err) && e.Status < 500 || e.Attempts != 1 {
			t.Errorf("%s: %v, want ErrTooLarge after one attempt", name, err)
		}
		// The compressed flood runs ahead as far as socket buffers take it.
		if n := sent.Load(); n > 4<<30 {
			t.Errorf("%s: %d bytes were taken", name, n)
		}
	}
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, idBody) }), registry.WithResponseLimit(int64(len(idBody))))
	if _, err := c.SchemaByID(t.Context(), 1); err != nil {
		t.Errorf("an answer just as long as the limit: %v", err)
	}
}

func TestABodyThatBreaksOffOrHangsIsUnavailability(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	for name, handler := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, idBody)
		},
		"cut before the status": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"hangs mid-body": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"sch`)
			w.(http.Flusher).Flush()
			<-hang
		},
		"hangs at once": func(http.ResponseWriter, *http.Request) { <-hang },
	} {
		c := connect(t, serve(t, handler), registry.WithAttemptTimeout(50*time.Millisecond), registry.WithRetries(1))
		_, err := c.SchemaByID(t.Context(), 1)
		e, ok := errors.AsType[*registry.Error](err)
		if !ok || !registry.IsRetryable(err) || e.Attempts != 2 || errors.Is(err, registry.ErrNotRegistry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheCallersHTTPClientIsNotChanged(t *testing.T) {
	t.Parallel()
	asked := false
	hc := &http.Client{
		Transport:     transport(func(*http.Request) (*http.Response, error) { return reply(307, "", "Location", "http://a/x"), nil }),
		CheckRedirect: func(*http.Request, []*http.Request) error { asked = true; return http.ErrUseLastResponse },
	}
	before := fmt.Sprintf("%p", hc.CheckRedirect)
	c := newClient(t, registry.WithHTTPClient(hc))
	_, err := c.Subjects(t.Context())
	if e, ok := errors.AsType[*registry.Error](err); !ok || e.Status != 307 || !asked {
		t.Errorf("the caller's redirect policy was not asked: %v", err)
	}
	if after := fmt.Sprintf("%p", hc.CheckRedirect); after != before {
		t.Error("the caller's client was changed")
	}
}
