package registry_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concord-go/concord/registry"
)

type config = map[string]string

// sends makes a client of a configuration and returns the requests of one call,
// which nothing answers.
func sends(t *testing.T, conf config, opts ...registry.ClientOption) []*http.Request {
	t.Helper()
	var seen []*http.Request
	c, err := registry.FromConfig(conf, append(opts, silent, over(func(r *http.Request) (*http.Response, error) {
		seen = append(seen, r)
		return nil, errors.New("no")
	}))...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	_, _ = c.Subjects(t.Context())
	return seen
}

func TestConfigOfURLsAndCredentials(t *testing.T) {
	t.Parallel()
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, tc := range map[string]struct {
		conf  config
		hosts string
		want  http.Header
	}{
		"one URL":         {config{"schema.registry.url": "http://a:1"}, "a:1", http.Header{"Authorization": nil}},
		"Python's name":   {config{"url": " http://a:1/ "}, "a:1", nil},
		"both names":      {config{"url": "http://b", "schema.registry.url": "http://a"}, "a", nil},
		"a list":          {config{"schema.registry.url": "http://a, http://b/path,,http://c:3"}, "a b c:3", nil},
		"not in disorder": {config{"schema.registry.url": "http://a,http://b", "schema.registry.url.randomize": "false"}, "a b", nil},
		"user-info":       {config{"schema.registry.url": "http://u:p@a", "basic.auth.credentials.source": "URL"}, "a", http.Header{"Authorization": {basic("u:p")}}},
		"USER_INFO":       {config{"schema.registry.url": "http://a", "basic.auth.credentials.source": "user_info", "basic.auth.user.info": "u:p:q "}, "a", http.Header{"Authorization": {basic("u:p:q ")}}},
		"user info only":  {config{"schema.registry.url": "http://a,http://b", "basic.auth.user.info": "u:p"}, "a b", http.Header{"Authorization": {basic("u:p")}}},
		"with prefix":     {config{"schema.registry.url": "http://a", "schema.registry.basic.auth.user.info": "u:p", "basic.auth.user.info": "k:k"}, "a", http.Header{"Authorization": {basic("u:p")}}},
		"empty ones": {config{"schema.registry.url": "http://a", "basic.auth.user.info": "", "bearer.auth.token": " ", "ssl.ca.location": "", "proxy.host": "", "proxy.port": "-1", "timeout": "", "ssl.key.password": "", "request.header.x": "", "auto.register.schemas": ""},
			"a", http.Header{"Authorization": nil}},
		"a token": {config{"schema.registry.url": "http://a", "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": "tok", "bearer.auth.logical.cluster": "lsrc-1", "bearer.auth.identity.pool.id": "pool-1"},
			"a", http.Header{"Authorization": {"Bearer tok"}, "Target-Sr-Cluster": {"lsrc-1"}, "Confluent-Identity-Pool-Id": {"pool-1"}}},
		"a token only": {config{"schema.registry.url": "http://a", "bearer.auth.token": "tok"}, "a", http.Header{"Authorization": {"Bearer tok"}}},
		"headers":      {config{"schema.registry.url": "http://a", "request.header.X-One": "1", "request.header.x-two": "2"}, "a", http.Header{"X-One": {"1"}, "X-Two": {"2"}}},
	} {
		var hosts []string
		for _, r := range sends(t, tc.conf, registry.WithRetries(0)) {
			hosts = append(hosts, r.URL.Host)
			for key, want := range tc.want {
				if got := r.Header[key]; strings.Join(got, "|") != strings.Join(want, "|") {
					t.Errorf("%s: header %s is %q, want %q", name, key, got, want)
				}
			}
		}
		if got := strings.Join(hosts, " "); got != tc.hosts {
			t.Errorf("%s: asked %q, want %q", name, got, tc.hosts)
		}
	}
	first := make(map[string]bool)
	for range 100 {
		seen := sends(t, config{"schema.registry.url": "http://a,http://b", "schema.registry.url.randomize": "true"}, registry.WithRetries(0))
		first[seen[0].URL.Host] = true
	}
	if len(first) != 2 {
		t.Errorf("in random order the first is always one of %v", first)
	}
}

func TestConfigOfTimes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		key, value string
		want       time.Duration // how long one attempt hangs
	}{
		"default":   {"max.retries", "0", 10 * time.Second},
		"Java's":    {"http.read.timeout.ms", "1500", 1500 * time.Millisecond},
		".NET's":    {"schema.registry.request.timeout.ms", "30000", 30 * time.Second},
		"Python's":  {"timeout", "2.5", 2500 * time.Millisecond},
		"unbounded": {"timeout", "0", time.Minute}, // the call's own bound
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := registry.FromConfig(config{"url": "http://a", tc.key: tc.value}, silent, registry.WithRetries(0), over(func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				}))
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_, _ = c.Subjects(t.Context())
				if took := time.Since(began); took != tc.want {
					t.Errorf("%s=%s: an attempt took %v, want %v", tc.key, tc.value, took, tc.want)
				}
			})
		})
	}
}

func TestConfigOfRetriesAndCaches(t *testing.T) {
	t.Parallel()
	for retries, want := range map[string]int{"0": 1, "5": 6} {
		conf := config{"url": "http://a", "max.retries": retries, "retries.wait.ms": "0", "retries.max.wait.ms": "0", "http.connect.timeout.ms": "100"}
		if n := len(sends(t, conf)); n != want {
			t.Errorf("max.retries %s: %d requests, want %d", retries, n, want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		longest := time.Duration(0)
		last := time.Now()
		client := func(conf config, opts ...registry.ClientOption) *registry.Client {
			conf["url"] = "http://a"
			c, err := registry.FromConfig(conf, append(opts, silent, over(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.Path)
				longest, last = max(longest, time.Since(last)), time.Now()
				switch {
				case strings.HasPrefix(r.URL.Path, "/schemas"):
					return reply(404, `{"error_code":40403,"message":"no"}`), nil
				case strings.HasSuffix(r.URL.Path, "latest"):
					return reply(200, `{"subject":"s","version":1,"id":1,"schema":"\"int\""}`), nil
				}
				return reply(503, ""), nil
			}))...)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		count := func(call func()) int {
			asked = nil
			call()
			synctest.Wait()
			return len(asked)
		}
		latest := func(c *registry.Client) func() {
			return func() { _, _ = c.Version(t.Context(), "s", registry.LatestVersion) }
		}
		missing := func(c *registry.Client) func() { return func() { _, _ = c.SchemaByID(t.Context(), 7) } }

		c := client(config{"latest.cache.ttl.sec": "-1", "missing.id.cache.ttl.sec": "60", "missing.schema.cache.ttl.sec": "60"})
		first := count(latest(c)) + count(missing(c))
		time.Sleep(59 * time.Second)
		kept := count(missing(c))
		time.Sleep(20000 * time.Hour)
		if n := count(latest(c)); first != 2 || kept != 0 || n != 0 {
			t.Errorf("latest for ever, missing for a minute: %d, %d, %d requests", first, kept, n)
		}
		if n := count(missing(c)); n != 1 {
			t.Errorf("missing after its time: %d requests", n)
		}
		for _, key := range []string{"latest.cache.ttl.secs", "cache.latest.ttl.sec"} {
			c = client(config{key: "10"})
			count(latest(c))
			time.Sleep(11 * time.Second)
			if n := count(latest(c)); n != 1 {
				t.Errorf("%s=10, after 11 s: %d requests", key, n)
			}
		}
		// The largest of the sizes is the one.
		c = client(config{"cache.capacity": "2", "latest.cache.size": "1", "max.schemas.per.subject": "3", "missing.cache.size": "0"})
		for i := range 5 {
			_, _ = c.Version(t.Context(), registry.Subject(rune('a'+i)), registry.LatestVersion)
		}
		if n := c.Stats().Latest.Entries; n != 3 {
			t.Errorf("%d entries are kept, want 3", n)
		}
		c = client(config{"max.retries": "40", "retries.wait.ms": "100", "retries.max.wait.ms": "300"}, registry.WithTimeout(0))
		last, longest = time.Now(), 0
		_, _ = c.Subjects(t.Context())
		if longest < 100*time.Millisecond || longest > 300*time.Millisecond {
			t.Errorf("the longest wait of 40 was %v, want up to 300 ms", longest)
		}
	})
}

func TestConfigOfTLSAndProxy(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t, "ca"), newAuthority(t, "clients")
	s := serveTLS(t, ca.issue(t, "server", "127.0.0.1"), &clients)
	other := serveTLS(t, ca.issue(t, "server", "elsewhere"), &clients)
	me := clients.issue(t, "me")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	caFile, cert, key, both := file("ca.pem", ca.pem), file("cert.pem", me.cert), file("key.pem", me.key), file("both.pem", me.key+me.cert)
	var plain, tunnels atomic.Int32
	proxy := forward(t, &plain, &tunnels)
	for name, tc := range map[string]struct {
		url  string
		conf config
	}{
		"librdkafka's names": {s.url, config{"ssl.ca.location": caFile, "ssl.certificate.location": cert, "ssl.key.location": key, "enable.ssl.certificate.verification": "true"}},
		"librdkafka's texts": {s.url, config{"ssl.ca.pem": ca.pem, "ssl.certificate.pem": me.cert, "ssl.key.pem": me.key}},
		"Java's files": {s.url, config{"schema.registry.ssl.truststore.location": caFile, "schema.registry.ssl.truststore.type": "PEM", "schema.registry.ssl.keystore.location": both, "schema.registry.ssl.keystore.type": "pem",
			"ssl.truststore.location": "/of/kafka", "schema.registry.ssl.endpoint.identification.algorithm": "HTTPS", "schema.registry.ssl.enabled.protocols": "TLSv1.2,TLSv1.3", "schema.registry.ssl.protocol": "TLSv1.3"}},
		"Java's texts":                 {s.url, config{"ssl.truststore.certificates": ca.pem, "ssl.keystore.certificate.chain": me.cert, "ssl.keystore.key": me.key}},
		"no look at the name":          {other.url, config{"ssl.ca.location": caFile, "ssl.keystore.location": both, "ssl.endpoint.identification.algorithm": ""}},
		"no look at the name, rdkafka": {other.url, config{"ssl.ca.location": caFile, "ssl.keystore.location": both, "ssl.endpoint.identification.algorithm": "none"}},
		"a proxy":                      {s.url, config{"ssl.ca.location": caFile, "ssl.keystore.location": both, "proxy": proxy.String()}},
	} {
		tc.conf["url"] = tc.url
		c, err := registry.FromConfig(tc.conf, silent, registry.WithRetries(0))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if tunnels.Load() != 1 {
		t.Errorf("%d tunnels, want 1", tunnels.Load())
	}
	var asked atomic.Int32
	open := must[*url.URL](t)(url.Parse(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		answer(w, 200, "[]")
	})))
	c, err := registry.FromConfig(config{"url": "http://registry.invalid", "proxy.host": open.Hostname(), "proxy.port": open.Port()}, silent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Subjects(t.Context()); err != nil || asked.Load() != 1 {
		t.Errorf("proxy.host and proxy.port: %v, asked %d times", err, asked.Load())
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestConfigOfOAuth2(t *testing.T) {
	t.Parallel()
	var form url.Values
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ = url.ParseQuery(string(body))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"tok","expires_in":3600}`)
	}))
	t.Cleanup(endpoint.Close)
	conf := config{
		"url": "http://a", "bearer.auth.credentials.source": "OAUTHBEARER", "bearer.auth.issuer.endpoint.url": endpoint.URL + "/token",
		"bearer.auth.client.id": "me", "bearer.auth.client.secret": "s", "bearer.auth.scope": "one two", "bearer.auth.logical.cluster": "lsrc-1",
		"bearer.auth.identity.pool.id": "pool-1", "bearer.auth.cache.expiry.buffer.seconds": "30", "max.retries": "0",
	}
	for range 2 {
		seen := sends(t, conf)
		if len(seen) != 1 || seen[0].Header.Get("Authorization") != "Bearer tok" || seen[0].Header.Get("target-sr-cluster") != "lsrc-1" || form.Get("scope") != "one two" {
			t.Fatalf("%d requests, form %v", len(seen), form)
		}
		delete(conf, "bearer.auth.credentials.source") // what is given says it too
	}
}
