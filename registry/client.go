package registry

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

// Client asks a schema registry, and remembers what it was told. It is safe for
// concurrent use. What its methods return may be shared with its caches: the
// References, Metadata and RuleSet of a Schema must not be changed.
type Client struct {
	endpoints      *endpoints
	http           *http.Client
	ownTransport   ownTransport // nil when the caller's client is used
	credentials    credentials  // nil where those in the endpoints are all
	scrub          *scrubber
	gate           *gate
	retries        int
	retryWait      backoff.Policy
	attemptTimeout time.Duration
	timeout        time.Duration
	maxResponse    int64
	context        string // ":.staging:" for the subjects of one schema context; empty for the default one
	hook           RequestHook
	log            *limitedLog
	counts         requestCounts

	ids        *memo[SchemaID, Schema]
	guids      *memo[GUID, Schema]
	versions   *memo[versionKey, Registered] // by number
	newest     *latest[Subject, Registered]
	byMetadata *latest[metadataKey, Registered]
	lookups    *memo[schemaKey, Registered]
	registered *memo[schemaKey, Registered]
}

var _ Resolver = (*Client)(nil)

// NewClient makes a client of the registry at url, "http://localhost:8081" for
// instance; a path before the REST paths is allowed. It sends nothing yet.
// Close it when it is no longer needed.
//
// User-info in the URL is taken as basic credentials and appears nowhere. A URL
// or option that is not valid, and credentials that are half given or given
// twice, are errors.
func NewClient(url string, opts ...ClientOption) (*Client, error) {
	cfg := defaultClientConfig()
	for _, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("registry: a nil ClientOption was given")
		}
		if err := opt.applyClient(&cfg); err != nil {
			return nil, err
		}
	}
	if err := cfg.checkTogether(); err != nil {
		return nil, err
	}
	scrub := &scrubber{}
	eps, err := newEndpoints(append([]string{url}, cfg.failover...), &cfg, scrub)
	if err != nil {
		return nil, err
	}
	c := &Client{
		endpoints:      eps,
		scrub:          scrub,
		gate:           newGate(),
		retries:        cfg.retries,
		retryWait:      cfg.retryWait,
		attemptTimeout: cfg.attemptTimeout,
		timeout:        cfg.timeout,
		maxResponse:    cfg.maxResponse,
		context:        cfg.context,
		hook:           cfg.hook,
		log:            &limitedLog{to: cfg.log},
		ids:            newMemo(&cfg, Schema.size, hashID()),
		guids:          newMemo[GUID](&cfg, Schema.size, nil),
		versions:       newMemo[versionKey](&cfg, Registered.size, nil),
		newest:         newLatest[Subject](&cfg, Registered.size),
		byMetadata:     newLatest[metadataKey](&cfg, Registered.size),
		lookups:        newMemo[schemaKey](&cfg, Registered.size, nil),
		registered:     newMemo[schemaKey](&cfg, Registered.size, nil),
	}
	if cfg.httpClient != nil {
		own := *cfg.httpClient
		own.CheckRedirect = redirectPolicy(cfg.httpClient.CheckRedirect)
		c.http = &own
	} else {
		if c.ownTransport, err = newTransport(&cfg, cfg.tls, c.log); err != nil {
			return nil, err
		}
		c.http = &http.Client{Transport: c.ownTransport, CheckRedirect: redirectPolicy(nil)}
	}
	if err := c.proveWith(&cfg); err != nil {
		return nil, err
	}
	return c, nil
}

func newEndpoints(urls []string, cfg *clientConfig, scrub *scrubber) (*endpoints, error) {
	eps := &endpoints{
		breaker: cfg.breaker, rest: backoff.Policy{Base: min(time.Second, cfg.breakerRest), Max: cfg.breakerRest},
		health: make([]health, len(urls)),
	}
	seen := make(map[string]int)
	fixed := cfg.hasAuth || cfg.headers.Get("Authorization") != ""
	if cfg.hasAuth && cfg.headers.Get("Authorization") != "" {
		return nil, fmt.Errorf("registry: credentials are given twice: by WithAuth and by an Authorization header")
	}
	for i, raw := range urls {
		ep, auth, err := newEndpoint(raw, i+1)
		if err != nil {
			return nil, err
		}
		if j := seen[ep.base]; j > 0 {
			return nil, fmt.Errorf("registry: URL %d is URL %d again", i+1, j)
		}
		seen[ep.base] = i + 1
		if fixed && auth.kind != authNone {
			return nil, fmt.Errorf("registry: credentials are given twice: by an option and in URL %d", i+1)
		}
		if cfg.hasAuth {
			auth = cfg.auth
		}
		ep.header = cfg.headers.Clone()
		if ep.header == nil {
			ep.header = make(http.Header)
		}
		ep.header.Set("Accept", accept)
		if ep.header.Get("User-Agent") == "" {
			ep.header.Set("User-Agent", "concord")
		}
		if h := auth.header(); !h.IsZero() {
			ep.header.Set("Authorization", h.Reveal())
			scrub.add(auth.secret.Reveal())
			scrub.add(h.Reveal())
			if auth.kind == authBasic {
				scrub.add(auth.user + ":" + auth.secret.Reveal())
			}
		}
		eps.all = append(eps.all, ep)
	}
	for _, values := range cfg.headers {
		for _, v := range values {
			scrub.add(v)
		}
	}
	return eps, nil
}

// Close cancels the calls in progress, whose callers get [ErrClosed], and waits
// for them to end or for ctx. After it only what is in the caches is answered.
func (c *Client) Close(ctx context.Context) error {
	err := c.gate.shut(ctx)
	if c.ownTransport != nil {
		c.ownTransport.CloseIdleConnections()
	}
	if t, ok := c.credentials.(*tokenSource); ok {
		t.close()
	}
	return err
}
