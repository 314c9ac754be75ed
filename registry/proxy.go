package registry

import (
	"errors"
	"net/http"
	"net/url"
)

// proxy is the proxy chosen by [WithProxy].
type proxy struct {
	chosen bool
	url    *url.URL // nil: none
}

// forRequest is what http.Transport asks.
func (p proxy) forRequest(req *http.Request) (*url.URL, error) {
	if !p.chosen {
		return http.ProxyFromEnvironment(req)
	}
	return p.url, nil
}

// addTo makes a scrubber know the proxy's credentials.
func (p proxy) addTo(scrub *scrubber) {
	if p.url == nil || p.url.User == nil {
		return
	}
	password, _ := p.url.User.Password()
	scrub.add(password)
	scrub.add(p.url.User.Username() + ":" + password)
}

// WithProxy sends all requests, those for OAuth2 tokens too, through a proxy:
// "http://proxy:3128", of scheme http, https, socks5 or socks5h. User-info is the proxy's
// credentials and appears nowhere. Default: what the environment says (HTTP_PROXY,
// HTTPS_PROXY, NO_PROXY). Empty: none, whatever the environment says. It excludes
// [WithHTTPClient], whose transport has a proxy setting of its own.
//
// An https proxy is asked for a certificate of the same authorities as the registry.
func WithProxy(address string) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if c.proxy.chosen {
			return errors.New("registry: WithProxy was given twice")
		}
		c.proxy.chosen = true
		if address == "" {
			return nil
		}
		// As with a registry's URL, no error shows any of its text.
		u, err := url.Parse(address)
		if err != nil {
			return errors.New("registry: the proxy's URL does not parse; a reserved character in a user or password must be percent-encoded")
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return errors.New(`registry: the proxy's URL has not the scheme http, https, socks5 or socks5h: write it like "http://proxy:3128"`)
		}
		if u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
			return errors.New(`registry: the proxy's URL is not just a host and port: write it like "http://proxy:3128"`)
		}
		if u.User != nil {
			if password, _ := u.User.Password(); u.User.Username() == "" || password == "" {
				return errors.New("registry: the proxy's credentials are half given: both user and password are needed")
			}
		}
		c.proxy.url = u
		return nil
	})
}
