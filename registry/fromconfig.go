package registry

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// FromConfig makes a client out of the configuration that a service has for
// another client of the registry: the names of Confluent's clients for Java, Python
// and .NET. Options come after it and win, but credentials cannot be given twice.
//
// Each key may have the prefix "schema.registry.", and with it wins over the same
// without. An empty value is as good as none, but for the one in the table.
//
//	schema.registry.url, url              URLs, with commas: the first, and those of WithFailover
//	url.randomize                         true: the URLs in random order
//
//	basic.auth.credentials.source         URL: the user-info of each URL; USER_INFO
//	basic.auth.user.info                  user:password, for every URL
//	bearer.auth.credentials.source        STATIC_TOKEN or OAUTHBEARER
//	bearer.auth.token                     Bearer
//	bearer.auth.issuer.endpoint.url       OAuth2Config: TokenURL
//	bearer.auth.client.id, .client.secret   ClientID, ClientSecret
//	bearer.auth.scope                       Scopes, with blanks between
//	bearer.auth.cache.expiry.buffer.seconds RefreshAhead
//	bearer.auth.logical.cluster           header target-sr-cluster
//	bearer.auth.identity.pool.id          header Confluent-Identity-Pool-Id
//	request.header.NAME                   WithHeader
//
//	ssl.truststore.location, ssl.ca.location            TLS: CAFile
//	ssl.truststore.certificates, ssl.ca.pem             CAPEM
//	ssl.keystore.location                               CertFile and KeyFile
//	ssl.certificate.location, ssl.key.location          CertFile, KeyFile
//	ssl.keystore.certificate.chain, ssl.certificate.pem CertPEM
//	ssl.keystore.key, ssl.key.pem                       KeyPEM
//	ssl.truststore.type, ssl.keystore.type              PEM
//	ssl.protocol, ssl.enabled.protocols                 the lowest of them is MinVersion
//	ssl.endpoint.identification.algorithm               https; none or empty: InsecureSkipHostname
//	enable.ssl.certificate.verification                 true
//	proxy, or proxy.host and proxy.port                 WithProxy
//
//	http.connect.timeout.ms, connection.timeout.ms      until a connection stands, 5000
//	http.read.timeout.ms, request.timeout.ms, timeout   WithAttemptTimeout; timeout in seconds
//	max.retries                                         WithRetries
//	retries.wait.ms, retries.max.wait.ms                WithRetryWait
//	max.schemas.per.subject, max.cached.schemas, cache.capacity,
//	latest.cache.size, missing.cache.size               WithCacheSize: the largest of them
//	latest.cache.ttl.sec, latest.cache.ttl.secs,
//	cache.latest.ttl.sec                                WithLatestTTL; -1: for ever
//	missing.id.cache.ttl.sec, missing.version.cache.ttl.sec,
//	missing.schema.cache.ttl.sec                        WithMissingTTL, one for all three
//
// What a key leaves out is concord's default, not the other client's. Every other key is
// an error: one that this package does not know, with the nearest that it does;
// one that concord does not have, with what to do; one for serializers or for Kafka,
// with where it is set. All errors are reported at once, joined. They name keys and
// files, and show no other value.
//
// Token requests trust the system's authorities: ssl keys are for the registry.
func FromConfig(config map[string]string, opts ...ClientOption) (*Client, error) {
	r := configReader{given: make(map[string]string, len(config)), names: make(map[string]string, len(config))}
	var keys []string
	for _, full := range slices.Sorted(maps.Keys(config)) {
		key, prefixed := strings.CutPrefix(full, configPrefix)
		if _, twice := r.given[key]; twice && !prefixed {
			continue // "url" sorts after "schema.registry.url"
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		r.given[key], r.names[key] = config[full], full
	}
	for _, key := range keys {
		r.read(key)
	}
	urls := r.finish()
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return NewClient(urls[0], slices.Concat([]ClientOption{WithFailover(urls[1:]...)}, r.opts, opts)...)
}

const configPrefix = "schema.registry."

// configReader collects what the keys say.
type configReader struct {
	given map[string]string // without the prefix
	names map[string]string // as they were given
	errs  []error
	opts  []ClientOption

	urls      []string
	shuffle   bool
	connect   *time.Duration
	attempt   *time.Duration
	retries   *int
	wait      *time.Duration
	longest   *time.Duration
	entries   *int
	latest    *time.Duration
	missing   *time.Duration
	basicFrom string
	basic     string
	bearer    string
	token     string
	oauth     OAuth2Config
	tls       TLS
	hasTLS    bool
	proxy     string
	proxyHost string
	proxyPort int

	// from is the key that gave a value for which there are several keys.
	from map[any]string
}

// fail reports what is wrong with a key. The text must not have the value in it.
func (r *configReader) fail(key, format string, args ...any) {
	name, ok := r.names[key]
	if !ok {
		name = key
	}
	r.errs = append(r.errs, fmt.Errorf("registry: configuration %s: %s", shownKey(name), fmt.Sprintf(format, args...)))
}

// shownKey is a key for an error; it may be anything.
func shownKey(name string) string {
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "") + "..."
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "" {
		return fmt.Sprintf("%q", name)
	}
	return name
}

func (r *configReader) read(key string) {
	value := r.given[key]
	if name, ok := strings.CutPrefix(key, "request.header."); ok && name != "" {
		if value == "" {
			return
		}
		if err := checkHeader(name, value); err != nil {
			r.fail(key, "%v", err)
		}
		r.opts = append(r.opts, WithHeader(name, value))
		return
	}
	if set, ok := configKeys[key]; ok {
		blank := strings.TrimSpace(value) == ""
		if blank && key != hostnameKey {
			return
		}
		if !secretKeys[key] {
			value = strings.TrimSpace(value)
		}
		if why := set(r, key, value); why != "" {
			r.fail(key, "%s", why)
		}
		return
	}
	if advice := refusedKey(key); advice != "" {
		if value != "" {
			r.fail(key, "%s", advice)
		}
		return
	}
	if near := nearestKey(key); near != "" {
		if strings.HasPrefix(r.names[key], configPrefix) || near == "url" {
			near = configPrefix + near
		}
		r.fail(key, "this key is not known; did you mean %s?", near)
		return
	}
	r.fail(key, "this key is not known; take it out, if it is not for the registry's client")
}

// finish makes options of what depends on several keys, and returns the URLs.
func (r *configReader) finish() []string {
	if strings.TrimSpace(r.given["url"]) == "" {
		r.fail(configPrefix+"url", "missing: the URL of the registry, or several with commas")
	}
	if r.shuffle {
		rand.Shuffle(len(r.urls), func(i, j int) { r.urls[i], r.urls[j] = r.urls[j], r.urls[i] })
	}
	r.finishBasic()
	r.finishBearer()
	r.finishNumbers()
	if r.hasTLS {
		if _, err := r.tls.load(); err != nil {
			r.errs = append(r.errs, fmt.Errorf("registry: configuration ssl.*: %s", strings.TrimPrefix(err.Error(), "registry: ")))
		}
		r.opts = append(r.opts, WithTLS(r.tls))
	}
	r.finishProxy()
	return r.urls
}

func (r *configReader) finishBasic() {
	const source, info = "basic.auth.credentials.source", "basic.auth.user.info"
	switch {
	case r.basicFrom == "USER_INFO" && r.basic == "":
		r.fail(source, "is USER_INFO, and %s is missing", info)
	case r.basicFrom == "URL" && r.basic != "":
		r.fail(source, "is URL, and %s is given too: make it USER_INFO, or take one out", info)
	case r.basicFrom == "URL" && !slices.ContainsFunc(r.urls, func(u string) bool { return strings.ContainsRune(u, '@') }):
		r.fail(source, "is URL, and no URL has user-info: write it like http://user:password@host")
	}
	if r.basic == "" {
		return
	}
	user, password, ok := strings.Cut(r.basic, ":")
	if !ok {
		r.fail(info, "is not of the form user:password")
		return
	}
	r.auth(info, Basic(user, NewSecret(password)))
}

func (r *configReader) finishBearer() {
	const source, token = "bearer.auth.credentials.source", "bearer.auth.token"
	c := &r.oauth
	client := c.TokenURL != "" || c.ClientID != "" || !c.ClientSecret.IsZero()
	switch {
	case r.bearer == "STATIC_TOKEN" && client:
		r.fail(source, "is STATIC_TOKEN, and bearer.auth.issuer.endpoint.url or bearer.auth.client.* are given, which are for OAUTHBEARER")
	case r.bearer == "STATIC_TOKEN" && r.token == "":
		r.fail(source, "is STATIC_TOKEN, and %s is missing", token)
	case r.token != "" && (client || r.bearer == "OAUTHBEARER"):
		r.fail(token, "is given, and so is what is for OAUTHBEARER: take one out")
	case r.bearer == "OAUTHBEARER" || client:
		for _, need := range []struct {
			key    string
			absent bool
		}{
			{"bearer.auth.issuer.endpoint.url", c.TokenURL == ""}, {"bearer.auth.client.id", c.ClientID == ""}, {"bearer.auth.client.secret", c.ClientSecret.IsZero()},
		} {
			if need.absent {
				r.fail(need.key, "missing, which OAUTHBEARER needs")
				return
			}
		}
		r.auth(source, OAuth2(*c))
		return
	case r.token != "":
		r.auth(token, Bearer(NewSecret(r.token)))
	default:
		if len(c.Scopes) > 0 || c.RefreshAhead > 0 {
			r.fail("bearer.auth.scope", "or the expiry buffer is given, which are for OAUTHBEARER, without a client")
		}
	}
	for name, value := range c.pool() {
		if !validHeader(name, value[0]) {
			r.fail("bearer.auth.*", "logical.cluster or identity.pool.id has characters that a header cannot have")
			continue
		}
		r.opts = append(r.opts, WithHeader(name, value[0]))
	}
}

// auth adds credentials, which must be whole.
func (r *configReader) auth(key string, a Auth) {
	if err := a.check(); err != nil {
		r.fail(key, "%s", strings.TrimPrefix(err.Error(), "registry: "))
		return
	}
	r.opts = append(r.opts, WithAuth(a))
}

func (r *configReader) finishNumbers() {
	defaults := defaultClientConfig()
	add := func(opt ClientOption) { r.opts = append(r.opts, opt) }
	if r.connect != nil {
		add(clientOptionFunc(func(c *clientConfig) error { c.connectTimeout = *r.connect; return nil }))
	}
	if r.attempt != nil {
		add(WithAttemptTimeout(*r.attempt))
	}
	if r.retries != nil {
		add(WithRetries(*r.retries))
	}
	if r.wait != nil || r.longest != nil {
		first, longest := defaults.retryWait.Base, defaults.retryWait.Max
		if r.wait != nil {
			first = *r.wait
			longest = max(longest, first)
		}
		if r.longest != nil {
			longest = *r.longest
		}
		add(WithRetryWait(first, longest))
	}
	if r.entries != nil {
		if *r.entries == 0 {
			r.fail("cache.capacity", "or another cache size is 0: want 1 or above")
		}
		add(WithCacheSize(min(*r.entries, 1<<20), defaults.cacheBytes))
	}
	if r.latest != nil {
		add(WithLatestTTL(*r.latest))
	}
	if r.missing != nil {
		add(WithMissingTTL(*r.missing))
	}
}

func (r *configReader) finishProxy() {
	const host, port = "proxy.host", "proxy.port"
	switch {
	case r.proxyHost != "" && r.proxy != "":
		r.fail("proxy", "is given, and so is %s: take one out", host)
		return
	case r.proxyHost == "" && r.proxyPort > 0:
		r.fail(port, "is given without %s", host)
		return
	case r.proxyHost != "" && r.proxyPort == 0:
		r.fail(host, "is given without %s", port)
		return
	case r.proxyPort < 0: // reported
		return
	case r.proxyHost != "":
		r.proxy = proxyAddress(r.proxyHost, r.proxyPort)
	case r.proxy == "":
		return
	}
	opt := WithProxy(r.proxy)
	if err := opt.applyClient(&clientConfig{}); err != nil {
		r.fail("proxy", "%s", strings.TrimPrefix(err.Error(), "registry: "))
		return
	}
	r.opts = append(r.opts, opt)
}
