package registry

import (
	"errors"
	"fmt"
	"net/http"
)

const maxRedirects = 3

// redirectError marks a redirect that was not followed.
type redirectError struct{ error }

// redirectPolicy follows redirects as far as that is safe. Headers set by this
// package, credentials among them, are for the origin that was configured: once
// a redirect leaves it they are gone for the rest of the chain, even when it
// comes back. (net/http alone compares hosts, not ports and schemes, and carries
// headers it does not know along.)
func redirectPolicy(next func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		first, previous := via[0], via[len(via)-1]
		switch {
		case len(via) > maxRedirects:
			return redirectError{fmt.Errorf("more than %d redirects", maxRedirects)}
		case req.Method != first.Method:
			// net/http would turn a redirected POST into a GET, whose answer
			// means something else.
			return redirectError{fmt.Errorf("a %s was redirected in a way that makes it a %s: give the client the address it was redirected to", first.Method, req.Method)}
		case req.URL.Scheme != "http" && req.URL.Scheme != "https":
			return redirectError{errors.New("redirected to a URL that is not of HTTP")}
		case previous.URL.Scheme == "https" && req.URL.Scheme == "http":
			return redirectError{errors.New("redirected from https to http")}
		}
		req.URL.User = nil
		foreign := originOf(req.URL) != originOf(first.URL)
		for _, v := range via {
			foreign = foreign || originOf(v.URL) != originOf(first.URL)
		}
		if foreign {
			kept := make(http.Header)
			for _, name := range []string{"Accept", "Content-Type", "User-Agent"} {
				if v := req.Header.Values(name); len(v) > 0 {
					kept[name] = v
				}
			}
			req.Header = kept
		}
		if next != nil {
			return next(req, via)
		}
		return nil
	}
}
