package integration

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate is a TLS proxy in front of a registry that has no users of its own: it knows who asks, by HTTP Basic, by a
// token of its token endpoint, or by a certificate, and what they may.
type gate struct {
	url, tokenURL string
	mayWrite      func(principal, subject string) bool

	mu       sync.Mutex
	lifetime time.Duration        // of the tokens to come
	tokens   map[string]time.Time // until when they are good
	issued   int
	asked    map[string]int // by principal
}

const (
	gateUser, gatePassword = "alice", "alice-secret"
	readUser, readPassword = "bob", "bob-secret"
	gateID, gateSecret     = "billing", "billing-secret"
)

// newGate has the certificates of an authority. With certificates a client must have one, which names it.
func newGate(t *testing.T, ca *authority, registry string, certificates bool) *gate {
	t.Helper()
	g := &gate{lifetime: time.Hour, tokens: make(map[string]time.Time), asked: make(map[string]int), mayWrite: func(principal, subject string) bool { return principal != readUser }}
	target, err := url.Parse(registry)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Del("Authorization")
	}}
	certificate, key := ca.issue(t, "registry")
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if certificates {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AddCert(ca.certificate)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			g.token(w, r)
			return
		}
		principal := g.principal(r)
		if principal == "" {
			refuse(w, http.StatusUnauthorized, 401, "Unauthorized")
			return
		}
		g.mu.Lock()
		g.asked[principal]++
		g.mu.Unlock()
		if subject, writes := written(r); writes && !g.mayWrite(principal, subject) {
			refuse(w, http.StatusForbidden, 40301, "User is denied operation Write on Subject: "+subject)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	g.url, g.tokenURL = server.URL, server.URL+"/token"
	return g
}

// written is the subject that a request changes, if it changes one. A lookup is a POST that does not.
func written(r *http.Request) (subject string, writes bool) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(path) < 2 {
		return "", r.Method != http.MethodGet
	}
	return path[1], r.Method == http.MethodDelete || r.Method == http.MethodPut || r.Method == http.MethodPost && path[0] == "subjects" && len(path) == 3
}

func (g *gate) principal(r *http.Request) string {
	if len(r.TLS.PeerCertificates) > 0 {
		return r.TLS.PeerCertificates[0].Subject.CommonName
	}
	user, password, _ := r.BasicAuth()
	switch {
	case user == gateUser && password == gatePassword, user == readUser && password == readPassword:
		return user
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.tokens[token]) {
		return gateID
	}
	return ""
}

// token is the endpoint of RFC 6749 section 4.4.
func (g *gate) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	w.Header().Set("Content-Type", "application/json")
	if id != gateID || secret != gateSecret || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "registry" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client"}`)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issued++
	token := fmt.Sprint("token-", g.issued)
	g.tokens[token] = time.Now().Add(g.lifetime)
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%d}`, token, int(g.lifetime.Seconds()))
}

// revoke has no token be good any longer.
func (g *gate) revoke() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.tokens)
}

func (g *gate) seen(principal string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[principal]
}

func (g *gate) tokensIssued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.issued
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error_code": code, "message": message})
}
