package registry_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/concord-go/concord/registry"
)

// forward is a proxy that wants credentials. Plain requests it answers itself,
// with an empty list.
func forward(t *testing.T, plain, tunnels *atomic.Int32) *url.URL {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+canary))
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch given := r.Header.Get("Proxy-Authorization"); {
		case given != want:
			w.WriteHeader(http.StatusProxyAuthRequired)
			raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(given, "Basic "))
			_, password, _ := strings.Cut(string(raw), ":")
			_, _ = fmt.Fprintf(w, `{"error_code":407,"message":"not %s, not %s"}`, given, password)
			return
		case r.Method != http.MethodConnect:
			plain.Add(1)
			answer(w, 200, "[]")
			return
		}
		tunnels.Add(1)
		far, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			t.Error(err)
			return
		}
		defer far.Close()
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(near, far)
			near.Close()
		}()
		_, _ = io.Copy(far, near)
	})
	u := must[*url.URL](t)(url.Parse(address))
	u.User = url.UserPassword("me", canary)
	return u
}

func TestRequestsGoThroughTheProxy(t *testing.T) {
	t.Parallel()
	var plain, tunnels atomic.Int32
	proxy := forward(t, &plain, &tunnels)
	ca := newAuthority(t, "ca")
	s := serveTLS(t, ca.issue(t, "server", "127.0.0.1"), nil)

	c := connect(t, "http://registry.invalid", registry.WithProxy(proxy.String()), registry.WithRetries(0))
	if _, err := c.Subjects(t.Context()); err != nil || plain.Load() != 1 {
		t.Errorf("http: %v, %d requests through the proxy", err, plain.Load())
	}
	c = connect(t, s.url, registry.WithProxy(proxy.String()), registry.WithTLS(registry.TLS{CAPEM: ca.pem}), registry.WithRetries(0))
	if _, err := c.Subjects(t.Context()); err != nil || tunnels.Load() != 1 {
		t.Errorf("https: %v, %d tunnels", err, tunnels.Load())
	}
	// The token request takes the same way.
	c = connect(t, "http://registry.invalid", registry.WithProxy(proxy.String()), registry.WithRetries(0), registry.WithAuth(registry.OAuth2(registry.OAuth2Config{
		TokenURL: "http://localhost:1/token", ClientID: "me", ClientSecret: secret(canary),
	})))
	if _, err := c.Subjects(t.Context()); err == nil || plain.Load() != 2 {
		t.Errorf("a token endpoint that answers with a list: %v, %d requests through the proxy", err, plain.Load())
	}

	proxy.User = url.UserPassword("CANARY-me", "CANARY wrong")
	for _, target := range []string{"http://registry.invalid", s.url} {
		c := connect(t, target, registry.WithProxy(proxy.String()), registry.WithRetries(0))
		_, err := c.Subjects(t.Context())
		text := fmt.Sprintf("%v %#v %+v %#v", err, err, c, c)
		if err == nil || strings.Contains(text, "CANARY") || strings.Contains(text, "Q0FOQVJZ") {
			t.Errorf("%s, a proxy that refuses: %s", target, text)
		}
	}
	// One that answers in words of its own, beside the status, which net/http repeats.
	words := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if near, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_, _ = io.WriteString(near, "HTTP/1.1 407 CANARY%2520pass\r\n\r\n")
			near.Close()
		}
	})
	c = connect(t, s.url, registry.WithProxy(strings.Replace(words, "//", "//u:CANARY%20pass@", 1)), registry.WithRetries(0))
	if _, err := c.Subjects(t.Context()); err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "the proxy answered 407") {
		t.Errorf("a proxy's own words: %v", err)
	}
	c = connect(t, "http://registry.invalid", registry.WithProxy("http://u:CANARY-pass@127.0.0.1:1"), registry.WithRetries(0))
	if _, err := c.Subjects(t.Context()); !registry.IsRetryable(err) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a proxy that is not there: %v", err)
	}
}
