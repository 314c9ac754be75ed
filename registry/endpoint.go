package registry

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

// endpoint is one URL of the registry, with the headers that are for it alone.
type endpoint struct {
	base   string // without user-info and trailing slash
	host   string
	origin string // scheme://host:port
	header http.Header
}

// newEndpoint checks a URL. Its errors name it by its place, because its text may
// hold a password in any position.
func newEndpoint(raw string, nth int) (*endpoint, Auth, error) {
	fail := func(why string) (*endpoint, Auth, error) {
		return nil, Auth{}, fmt.Errorf("registry: URL %d: %s", nth, why)
	}
	if raw == "" {
		return fail("it is empty")
	}
	if strings.ContainsRune(raw, ',') {
		return fail("it has a comma: give further URLs to WithFailover")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's words would quote what it takes for the port, which may be a password.
		return fail("it does not parse: a port is a number, and a reserved character in a user or password must be percent-encoded")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fail(`its scheme is not http or https: write it like "http://localhost:8081"`)
	case u.Hostname() == "":
		return fail("it has no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fail("it has a query or fragment, which a registry's URL cannot have")
	}
	var auth Auth
	if u.User != nil {
		password, _ := u.User.Password()
		auth = Basic(u.User.Username(), NewSecret(password))
		if err := auth.check(); err != nil {
			return fail(strings.TrimPrefix(err.Error(), "registry: "))
		}
		u.User = nil
	}
	base := strings.TrimRight(u.String(), "/")
	return &endpoint{base: base, host: u.Host, origin: originOf(u)}, auth, nil
}

// originOf is the origin of a URL (RFC 6454): scheme, host and port.
func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Scheme + "://" + u.Hostname() + ":" + port)
}

// endpoints are the URLs in the order given, and how each fares.
type endpoints struct {
	all     []*endpoint
	breaker int            // failures in a row at which an endpoint's circuit opens; 0: never
	rest    backoff.Policy // how long a failing endpoint is left alone

	mu     sync.Mutex
	last   int // the one that answered last
	health []health
}

type health struct {
	failures int       // times at which it began to be left alone
	until    time.Time // left alone until then
	silent   int       // attempts in a row that nothing answered
}

// round is the order in which to try the URLs now: the one that answered last
// first, those being left alone not at all, unless that is all of them. A new
// call also leaves alone those whose circuit is open, were it all of them; the
// duration is then how long the first of them still is.
func (e *endpoints) round(now time.Time, newCall bool) ([]int, time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	order := make([]int, 0, len(e.all))
	for i := range e.all {
		if k := (e.last + i) % len(e.all); !now.Before(e.health[k].until) {
			order = append(order, k)
		}
	}
	if len(order) > 0 {
		return order, 0
	}
	open := e.rest.Max
	for i := range e.all {
		k := (e.last + i) % len(e.all)
		if newCall && e.open(k) {
			open = min(open, e.health[k].until.Sub(now))
			continue
		}
		order = append(order, k)
	}
	return order, open
}

// open reports whether an endpoint's circuit is open, under mu.
func (e *endpoints) open(k int) bool { return e.breaker > 0 && e.health[k].silent >= e.breaker }

// claim reports whether a new call may ask the endpoint. One whose circuit is
// open is asked by one call at a time, the probe, to see whether it answers again.
func (e *endpoints) claim(k int, now time.Time) (may, probe bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &e.health[k]
	if !e.open(k) {
		return true, false
	}
	if now.Before(h.until) {
		return false, false
	}
	h.until = now.Add(e.rest.Ceiling(h.failures + 1))
	return true, true
}

// succeeded reports whether the endpoint is another one than before, and whether
// this closed its circuit.
func (e *endpoints) succeeded(k int) (moved, closed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	moved, closed = e.last != k, e.open(k)
	e.last, e.health[k] = k, health{}
	return moved, closed
}

// failed notes an attempt that showed the endpoint out of order, and reports
// whether it opened the circuit.
func (e *endpoints) failed(k int, silent, probe bool, now time.Time) (opened bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &e.health[k]
	was := e.open(k)
	if silent {
		h.silent++
	}
	opened = e.open(k) && !was
	if now.Before(h.until) && !probe {
		return opened // one failure more of the same time
	}
	h.failures++
	h.until = now.Add(e.rest.Ceiling(h.failures))
	return opened
}

// ill notes that a URL is out of order, well that it answers.
func (c *Client) ill(k int, a attempt, probe bool) {
	if c.endpoints.failed(k, a.silent, probe, time.Now()) {
		c.log.warn(logCircuit, "the registry does not answer: calls fail at once, but for one now and then", a.err,
			slog.String("host", c.endpoints.all[k].host))
	}
}

func (c *Client) well(k int) {
	moved, closed := c.endpoints.succeeded(k)
	switch {
	case closed:
		c.log.info(logRecovery, "the registry answers again", slog.String("host", c.endpoints.all[k].host))
	case moved:
		c.log.info(logFailover, "another URL of the registry answers", slog.String("host", c.endpoints.all[k].host))
	}
}
