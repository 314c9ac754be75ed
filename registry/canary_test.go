package registry_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
)

// The secrets of all kinds that a client can be given. Each has characters that are
// escaped in one place or another.
var canaries = map[string]string{
	"password":       `CANARY-1/pass"word`,
	"token":          "CANARY-2~static+token==",
	"client secret":  `CANARY-3\secret&x`,
	"access token":   "CANARY-4.access/token==",
	"proxy password": "CANARY-5:proxy@pass",
	"header":         "CANARY-6 header <value>",
	"from headers":   "CANARY-7 signature=%41",
}

// shows names the canary that a text has in it in any form.
func shows(text string) string {
	for name, s := range canaries {
		quoted, _ := json.Marshal(s)
		goQuoted := fmt.Sprintf("%q", s)
		for _, form := range []string{
			s[:8], s, base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)), url.QueryEscape(s), url.PathEscape(s),
			string(quoted[1 : len(quoted)-1]), goQuoted[1 : len(goQuoted)-1], fmt.Sprintf("%x", s), fmt.Sprintf("%X", s),
			base64.StdEncoding.EncodeToString([]byte("user:" + s)),
		} {
			if i := strings.Index(text, form); i >= 0 {
				return fmt.Sprintf("%s: ...%s...", name, text[max(0, i-200):min(len(text), i+len(form)+60)])
			}
		}
	}
	return ""
}

// everything is where secrets may come to light.
type everything struct {
	mu sync.Mutex
	b  strings.Builder
}

func (e *everything) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.b.Write(p)
}

func (e *everything) print(vs ...any) {
	for _, v := range vs {
		fmt.Fprintf(e, "%v\n%+v\n%#v\n%s\n%q\n%x\n", v, v, v, v, v, v)
		if data, err := json.Marshal(v); err == nil {
			_, _ = e.Write(data)
		}
		slog.New(slog.NewTextHandler(e, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(e, nil)).Info("m", "v", v)
	}
}

func (e *everything) error(err error) {
	for ; err != nil; err = errors.Unwrap(err) {
		e.print(err)
	}
}

func TestNoSecretComesToLight(t *testing.T) {
	t.Parallel()
	var turn atomic.Int32
	// parrot answers with what it was sent, in every place of an answer.
	parrot := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		// Not the URL: after a redirect of its own it holds what was heard before, and
		// escapes of escapes in the words of a registry are not recognized.
		heard := fmt.Sprintf("%v %q %s", r.Header, r.Header, body)
		for _, values := range r.Header {
			heard += " " + strings.Join(values, " ")
		}
		line := strings.Join(strings.FieldsFunc(heard, func(c rune) bool { return c < ' ' }), " ")
		message, _ := json.Marshal(heard)
		js := fmt.Sprintf(`{"error_code":%%d,"message":%s,"error":%s,"error_description":%s}`, message, message, message)
		auth := r.Header.Get("Authorization")
		switch turn.Add(1) % 10 {
		case 0:
			answer(w, 500, fmt.Sprintf(js, 50001))
		case 1:
			answer(w, 404, fmt.Sprintf(js, 40401))
		case 2:
			answer(w, 401, fmt.Sprintf(js, 401))
		case 3:
			w.Header().Set("Content-Type", "text/"+auth)
			_, _ = io.WriteString(w, heard)
		case 4:
			w.Header().Set("Location", "http://user:"+url.QueryEscape(line)+"@127.0.0.1:1/"+url.PathEscape(line))
			w.WriteHeader(307)
		case 5:
			w.Header().Set("Location", "gopher://"+url.PathEscape(line))
			w.WriteHeader(302)
		case 6:
			w.Header().Set("Retry-After", auth)
			w.WriteHeader(429)
			_, _ = io.WriteString(w, heard)
		case 7:
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, heard)
		case 8:
			if h, ok := w.(http.Hijacker); ok {
				if conn, _, err := h.Hijack(); err == nil {
					_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", line)
					conn.Close()
				}
			}
		default:
			answer(w, 409, fmt.Sprintf(js, 40901))
		}
	}
	reg := serve(t, parrot)
	endpoint := serve(t, parrot)
	granting := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": canaries["access token"], "expires_in": 3600})
	})
	proxy := httptest.NewServer(http.HandlerFunc(parrot))
	t.Cleanup(proxy.Close)
	proxyURL := must[*url.URL](t)(url.Parse(proxy.URL))
	proxyURL.User = url.UserPassword("user", canaries["proxy password"])
	ca := newAuthority(t, "ca")
	me := ca.issue(t, "me")
	canaryKey := strings.Split(me.key, "\n")[1]

	var all everything
	oauth := func(tokenURL string) registry.OAuth2Config {
		return registry.OAuth2Config{TokenURL: tokenURL, ClientID: "user", ClientSecret: secret(canaries["client secret"]), SecretInBody: tokenURL == endpoint}
	}
	header := registry.WithHeader("X-Api-Key", canaries["header"])
	withUser := must[*url.URL](t)(url.Parse(reg))
	withUser.User = url.UserPassword("user", canaries["password"])
	clients := map[string]struct {
		url  string
		opts []registry.ClientOption
	}{
		"user-info":             {withUser.String(), nil},
		"basic":                 {reg, []registry.ClientOption{registry.WithAuth(registry.Basic("user", secret(canaries["password"])))}},
		"bearer":                {reg, []registry.ClientOption{registry.WithAuth(registry.Bearer(secret(canaries["token"])))}},
		"OAuth2, parrot":        {reg, []registry.ClientOption{registry.WithAuth(registry.OAuth2(oauth(endpoint)))}},
		"OAuth2, parrot, Basic": {reg, []registry.ClientOption{registry.WithAuth(registry.OAuth2(oauth(endpoint + "/")))}},
		"OAuth2":                {reg, []registry.ClientOption{registry.WithAuth(registry.OAuth2(oauth(granting)))}},
		"own headers": {reg, []registry.ClientOption{registry.WithAuth(registry.HeadersFrom(func(context.Context) (http.Header, error) {
			return http.Header{"Authorization": {canaries["from headers"]}}, nil
		}))}},
		"a proxy":             {"http://registry.invalid", []registry.ClientOption{registry.WithProxy(proxyURL.String())}},
		"a proxy for tunnels": {"https://registry.invalid", []registry.ClientOption{registry.WithProxy(proxyURL.String()), registry.WithTLS(registry.TLS{CertPEM: me.cert, KeyPEM: secret(me.key)})}},
	}
	for how, tc := range clients {
		opts := append(tc.opts, header, registry.WithRetryWait(0, 0), registry.WithRetries(2), registry.WithCircuitBreaker(0, 0),
			registry.WithLogger(slog.New(slog.NewJSONHandler(&all, &slog.HandlerOptions{Level: slog.LevelDebug}))),
			registry.WithRequestHook(func(_ context.Context, i registry.RequestInfo) { all.print(i); all.error(i.Err) }))
		c := connect(t, tc.url, opts...)
		failed := 0
		for i := range 10 {
			_, err := c.Register(t.Context(), registry.Subject(fmt.Sprint("s", i)), registry.Schema{Text: fmt.Sprint(`"int`, i, `"`)})
			if err != nil {
				failed++
			}
			all.error(err)
			time.Sleep(time.Millisecond)
		}
		if failed == 0 {
			t.Errorf("%s: nothing failed", how)
		}
		all.print(c, c.Stats(), opts, struct{ Client *registry.Client }{c})
		if name := shows(all.b.String()); name != "" {
			t.Fatalf("the client with %s shows the %s", how, name)
		}
	}
	set := registry.TLS{CertPEM: me.cert, KeyPEM: secret(me.key)}
	config := oauth(granting)
	config.TLS = set
	auth := registry.OAuth2(config)
	all.print(set, &set, config, &config, auth, &auth, registry.WithAuth(auth), registry.WithTLS(set), registry.WithProxy(proxyURL.String()), registry.Basic("user", secret(canaries["password"])))
	if name := shows(all.b.String()); name != "" {
		t.Errorf("printing shows the %s", name)
	}
	if strings.Contains(all.b.String(), canaryKey) {
		t.Error("the private key shows")
	}
}
