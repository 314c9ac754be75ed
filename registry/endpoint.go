package registry

import (
	"errors"
	"fmt"
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
		var ue *url.Error
		if errors.As(err, &ue) && !strings.ContainsRune(raw, '@') {
			return fail(ue.Err.Error())
		}
		return fail("it does not parse; a reserved character in a user or password must be percent-encoded")
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
	all []*endpoint

	mu     sync.Mutex
	last   int // the one that answered last
	health []health
}

type health struct {
	failures int
	until    time.Time // left alone until then
}

var endpointBackoff = backoff.Policy{Base: time.Second, Max: 30 * time.Second}

// round is the order in which to try the URLs now: the one that answered last
// first, those being left alone not at all, unless that is all of them.
func (e *endpoints) round(now time.Time) []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	order := make([]int, 0, len(e.all))
	for i := range e.all {
		if k := (e.last + i) % len(e.all); !now.Before(e.health[k].until) {
			order = append(order, k)
		}
	}
	if len(order) == 0 {
		for i := range e.all {
			order = append(order, (e.last+i)%len(e.all))
		}
	}
	return order
}

func (e *endpoints) succeeded(k int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last, e.health[k] = k, health{}
}

func (e *endpoints) failed(k int, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &e.health[k]
	if now.Before(h.until) {
		return // one failure more of the same time
	}
	h.failures++
	h.until = now.Add(endpointBackoff.Ceiling(h.failures))
}
