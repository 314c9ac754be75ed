package registry_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
)

// What a token endpoint may do wrong, over real connections. Each answer also
// quotes the secret.
func TestWhatATokenEndpointGetsWrong(t *testing.T) {
	t.Parallel()
	hang := func(r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client leave
		<-r.Context().Done()
	}
	body := func(status int, kind, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	const js = "application/json"
	grantError := func(code string) string {
		return fmt.Sprintf(`{"error":%q,"error_description":"bad %s","error_uri":"http://%s"}`, code, canary, canary)
	}
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		denied bool
		says   string
	}{
		"hangs":                       {func(_ http.ResponseWriter, r *http.Request) { hang(r) }, false, "no answer within 100ms"},
		"hangs in the body":           {func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush(); hang(r) }, false, "no answer within 100ms"},
		"breaks off":                  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, "EOF"},
		"500":                         {body(500, "text/html", canary), false, "500 Internal Server Error"},
		"503 as a form":               {body(503, "text/plain", "error="+canary), false, "503 Service Unavailable"},
		"429":                         {body(429, js, grantError("slow_down_"+canary)), false, "429 Too Many Requests"},
		"unknown client":              {body(401, js, grantError("invalid_client")), true, "401 Unauthorized, invalid_client"},
		"unknown client, old form":    {body(400, js, grantError("invalid_client")), true, "400 Bad Request, invalid_client"},
		"scope":                       {body(400, js, grantError("invalid_scope")), true, "invalid_scope"},
		"error with 200":              {body(200, js, grantError("unauthorized_client")), true, "unauthorized_client"},
		"busy with 200":               {body(200, js, grantError("temporarily_unavailable")), false, "temporarily_unavailable"},
		"refusal as a page":           {body(403, "text/html", "<html>"+canary), true, "403 Forbidden"},
		"not a token endpoint":        {body(404, "text/html", canary), true, "404 Not Found"},
		"a page":                      {body(200, "text/html", "<html>"+canary), false, "not a token"},
		"an empty body":               {body(200, js, ""), false, "not a token"},
		"no token":                    {body(200, js, `{"token":"`+canary+`"}`), false, "not a token"},
		"an id token only":            {body(200, js, `{"access_token":"","id_token":"`+canary+`"}`), false, "not a token"},
		"an array":                    {body(200, js, `["`+canary+`"]`), false, "not a token"},
		"a life that is none":         {body(200, js, `{"access_token":"x","expires_in":"`+canary+`"}`), false, "not a token"},
		"an expired token":            {body(200, js, `{"access_token":"`+canary+`","expires_in":-5}`), false, "expired already"},
		"another kind of token":       {body(200, js, `{"access_token":"`+canary+`","token_type":"mac"}`), true, "not a bearer token"},
		"a token with a header in it": {body(200, js, `{"access_token":"a\r\nX-Evil: `+canary+`"}`), true, "characters"},
		"an endless token":            {body(200, js, `{"access_token":"`+strings.Repeat(canary, 10000)+`"}`), true, "too long"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+canary, http.StatusTemporaryRedirect)
		}, true, "redirect"},
		"a redirect to a page": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/"+canary, http.StatusFound) }, true, "redirect"},
		"a flood": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"access_token":"`)
			for chunk := strings.Repeat(canary, 1000); ; {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}, false, "not a token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked, registryAsked atomic.Int32
			endpoint := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				tc.answer(w, r)
			})
			reg := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				registryAsked.Add(1)
				answer(w, 200, "[]")
			})
			timeout := 30 * time.Second
			if strings.HasPrefix(name, "hangs") {
				timeout = 100 * time.Millisecond
			}
			var log logText
			c, err := registry.NewClient(reg, log.option(), registry.WithRetries(0), registry.WithAuth(registry.OAuth2(registry.OAuth2Config{
				TokenURL: endpoint + "/token?key=" + canary, ClientID: "me", ClientSecret: secret(canary), Timeout: timeout,
			})))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Subjects(t.Context())
			if err == nil || errors.Is(err, registry.ErrDenied) != tc.denied || registry.IsRetryable(err) == tc.denied || errors.Is(err, registry.ErrNotRegistry) {
				t.Errorf("%v: denied %t, retryable %t", err, errors.Is(err, registry.ErrDenied), registry.IsRetryable(err))
			}
			host := strings.TrimPrefix(endpoint, "http://")
			if !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), host) {
				t.Errorf("%v: want %q of %s", err, tc.says, host)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "CANARY") {
					t.Errorf("shows a secret: %s", text)
				}
			}
			if asked.Load() != 1 || registryAsked.Load() != 0 || strings.Contains(log.take(), "CANARY") {
				t.Errorf("%d token requests, %d to the registry", asked.Load(), registryAsked.Load())
			}
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestATokenEndpointThatIsNotThereIsAnOutage(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c := connect(t, "http://localhost:1", registry.WithRetries(0), registry.WithAuth(registry.OAuth2(registry.OAuth2Config{
		TokenURL: s.URL, ClientID: "me", ClientSecret: secret(canary),
	})))
	_, err := c.Subjects(t.Context())
	if !registry.IsRetryable(err) || !strings.Contains(err.Error(), strings.TrimPrefix(s.URL, "http://")) {
		t.Errorf("%v", err)
	}
}

func TestATokenEndpointOfAPrivateAuthority(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"tok"}`)
	}))
	endpoint.Config.ErrorLog = quiet
	closed := make(chan struct{}, 1)
	endpoint.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			select {
			case closed <- struct{}{}:
			default:
			}
		}
	}
	endpoint.StartTLS()
	t.Cleanup(endpoint.Close)
	reg := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer tok" {
			t.Errorf("sent %q", r.Header.Get("Authorization"))
		}
		answer(w, 200, "[]")
	})
	connectTo := func(tls registry.TLS) (*registry.Client, error) {
		c := connect(t, reg, registry.WithRetries(0), registry.WithAuth(registry.OAuth2(registry.OAuth2Config{
			TokenURL: endpoint.URL, ClientID: "me", ClientSecret: secret(canary), TLS: tls,
		})))
		_, err := c.Subjects(t.Context())
		return c, err
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: endpoint.Certificate().Raw}))
	c, err := connectTo(registry.TLS{CAPEM: ca})
	if err != nil {
		t.Error(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("Close left the connection to the token endpoint open")
	}
	_, err = connectTo(registry.TLS{})
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok || !registry.IsRetryable(err) {
		t.Errorf("an authority that is not known: %v", err)
	}
}

func TestOAuth2SettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*registry.OAuth2Config)
		says   string
	}{
		"no token URL":       {func(c *registry.OAuth2Config) { c.TokenURL = "" }, "TokenURL missing"},
		"no id, no secret":   {func(c *registry.OAuth2Config) { c.ClientID, c.ClientSecret = "", registry.Secret{} }, "ClientID and ClientSecret missing"},
		"http":               {func(c *registry.OAuth2Config) { c.TokenURL = "http://idp.example/" + canary }, "use https"},
		"http, almost local": {func(c *registry.OAuth2Config) { c.TokenURL = "http://localhost.example/" + canary }, "use https"},
		"no URL":             {func(c *registry.OAuth2Config) { c.TokenURL = canary }, "https"},
		"a broken URL":       {func(c *registry.OAuth2Config) { c.TokenURL = "https://a\x7f" + canary }, "parse"},
		"no host":            {func(c *registry.OAuth2Config) { c.TokenURL = "https:///" + canary }, "host"},
		"user-info":          {func(c *registry.OAuth2Config) { c.TokenURL = "https://u:" + canary + "@h/" }, "user-info"},
		"a fragment":         {func(c *registry.OAuth2Config) { c.TokenURL = "https://h/#" + canary }, "fragment"},
		"a negative margin":  {func(c *registry.OAuth2Config) { c.RefreshAhead = -1 }, "negative"},
		"a negative timeout": {func(c *registry.OAuth2Config) { c.Timeout = -1 }, "negative"},
		"scopes in one":      {func(c *registry.OAuth2Config) { c.Scopes = []string{"a " + canary} }, "each scope"},
		"an empty scope":     {func(c *registry.OAuth2Config) { c.Scopes = []string{""} }, "scope is empty"},
		"a secret parameter": {func(c *registry.OAuth2Config) { c.Params = url.Values{"client_secret": {canary}} }, "client_secret"},
		"a pool with breaks": {func(c *registry.OAuth2Config) { c.IdentityPool = "a\n" + canary }, "IdentityPool"},
		"TLS and a client":   {func(c *registry.OAuth2Config) { c.HTTPClient, c.TLS.ServerName = http.DefaultClient, "x" }, "HTTPClient"},
		"a missing CA file":  {func(c *registry.OAuth2Config) { c.TLS.CAFile = "/nowhere/ca.pem" }, "OAuth2: TLS CAFile"},
	} {
		config := registry.OAuth2Config{TokenURL: "https://idp.example/token", ClientID: "me", ClientSecret: secret(canary)}
		tc.change(&config)
		c, err := registry.NewClient("http://localhost", registry.WithAuth(registry.OAuth2(config)))
		if err == nil || c != nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
	}
	pool := registry.OAuth2Config{TokenURL: "http://[::1]:1/", ClientID: "me", ClientSecret: secret(canary), IdentityPool: "p"}
	_, err := registry.NewClient("http://localhost", registry.WithAuth(registry.OAuth2(pool)), registry.WithHeader("confluent-identity-pool-id", canary))
	if err == nil || !strings.Contains(err.Error(), "given twice") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the pool given twice: %v", err)
	}
}

func TestHeadersFromIsAskedForEachAttempt(t *testing.T) {
	t.Parallel()
	n := 0
	var given http.Header
	var fault error
	var sent []string
	c := newClient(t, registry.WithRetryWait(0, 0), registry.WithRetries(1), registry.WithHeader("X-Fixed", "kept"),
		registry.WithAuth(registry.HeadersFrom(func(ctx context.Context) (http.Header, error) {
			if _, ok := ctx.Deadline(); !ok {
				t.Error("asked without a deadline")
			}
			n++
			if given != nil || fault != nil {
				return given, fault
			}
			return http.Header{"authorization": {fmt.Sprint("Signature CANARY-", n)}, "X-Other": {"a", "b"}}, nil
		})), over(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.Header.Get("Authorization")+r.Header.Get("X-Fixed")+fmt.Sprint(r.Header["X-Other"]))
			return reply(503, fmt.Sprintf(`{"error_code":503,"message":"%v"}`, r.Header)), nil
		}))
	_, err := c.Subjects(t.Context())
	if strings.Join(sent, "|") != "Signature CANARY-1kept[a b]|Signature CANARY-2kept[a b]" {
		t.Errorf("sent %q", sent)
	}
	if !registry.IsRetryable(err) || strings.Contains(fmt.Sprintf("%v %#v", err, err), "CANARY") {
		t.Errorf("%v", err)
	}

	mine := errors.New(`open "vault": sealed`)
	for name, tc := range map[string]struct {
		given  http.Header
		fault  error
		denied bool
		asked  int
	}{
		"an error":            {nil, mine, false, 2},
		"a lasting error":     {nil, fmt.Errorf("%w: %w", registry.ErrDenied, mine), true, 1},
		"a client's header":   {http.Header{"host": {canary}}, nil, true, 1},
		"a header with break": {http.Header{"X-A": {canary + "\n"}}, nil, true, 1},
		"a bad name":          {http.Header{"X A": {canary}}, nil, true, 1},
	} {
		given, fault, n, sent = tc.given, tc.fault, 0, nil
		_, err := c.Subjects(t.Context())
		if err == nil || errors.Is(err, registry.ErrDenied) != tc.denied || registry.IsRetryable(err) == tc.denied || n != tc.asked || len(sent) > 0 || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, asked %d times, sent %d", name, err, n, len(sent))
		}
		if fault != nil && !errors.Is(err, mine) {
			t.Errorf("%s: the cause is lost: %v", name, err)
		}
	}
	given, fault = http.Header{}, nil
	sent = nil
	if _, _ = c.Subjects(t.Context()); len(sent) == 0 || sent[0] != "kept[]" {
		t.Errorf("no headers: sent %q", sent)
	}
	if _, err := registry.NewClient("http://h", registry.WithAuth(registry.HeadersFrom(nil))); err == nil {
		t.Error("nil is accepted")
	}
}
