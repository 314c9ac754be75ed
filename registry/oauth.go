package registry

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// OAuth2Config is what [OAuth2] needs. TokenURL, ClientID and ClientSecret are
// required.
type OAuth2Config struct {
	// TokenURL is the token endpoint. It must be https, because the client secret
	// goes there, unless its host is loopback. No redirect is followed.
	TokenURL string

	ClientID     string
	ClientSecret Secret

	// SecretInBody sends id and secret as form parameters, not as HTTP Basic, the
	// way that every server has to offer (RFC 6749 section 2.3.1).
	SecretInBody bool

	Scopes []string

	// Params are further form parameters of the token request, "audience" or
	// "resource" for instance. Nothing hides them when this struct is printed.
	Params url.Values

	// RefreshAhead is how long before its end a token in use is replaced, in the
	// background. 0: five minutes. It is never more than half of the token's life.
	RefreshAhead time.Duration

	// Timeout bounds one token request. 0: ten seconds.
	Timeout time.Duration

	// LogicalCluster and IdentityPool are the registry's cluster ("lsrc-...") and the
	// identity pool ("pool-...") at Confluent Cloud: the headers target-sr-cluster
	// and Confluent-Identity-Pool-Id. Empty: not sent.
	LogicalCluster string
	IdentityPool   string

	// TLS is for the token endpoint. Zero: the system's authorities, and no client
	// certificate. What [WithTLS] says is for the registry alone, a proxy
	// ([WithProxy]) is for both.
	TLS TLS

	// HTTPClient sends the token requests, through a copy of this client that
	// follows no redirects. nil: a client of its own. It excludes TLS.
	HTTPClient *http.Client
}

// OAuth2 fetches bearer tokens with the client credentials grant (RFC 6749
// section 4.4). A token is fetched when the first call needs it, by one request
// however many calls wait for it, and replaced ahead of its end while it still
// serves; while the token endpoint is out of order the old one is used as long as it
// is valid. One that the registry refuses (401) is replaced, and the call sent once more.
//
// Without a token the call fails: with [ErrDenied] if the token endpoint refused
// the client or gave what can be no token for this purpose, else with [ErrUnavailable].
func OAuth2(config OAuth2Config) Auth {
	config.Scopes = slices.Clone(config.Scopes)
	params := make(url.Values, len(config.Params))
	for name, values := range maps.All(config.Params) {
		params[name] = slices.Clone(values)
	}
	config.Params = params
	return Auth{kind: authOAuth2, oauth2: &config}
}

const (
	defaultRefreshAhead = 5 * time.Minute
	defaultTokenTimeout = 10 * time.Second
)

// reservedParams are the form parameters that the other fields set.
var reservedParams = []string{"grant_type", "scope", "client_id", "client_secret"}

func (c *OAuth2Config) check() error {
	var missing []string
	for name, empty := range map[string]bool{"TokenURL": c.TokenURL == "", "ClientID": c.ClientID == "", "ClientSecret": c.ClientSecret.IsZero()} {
		if empty {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("registry: OAuth2 is half given: %s missing", strings.Join(missing, " and "))
	}
	// The URL's text is shown nowhere: it may hold a secret in any position.
	u, err := url.Parse(c.TokenURL)
	switch {
	case err != nil:
		return errors.New("registry: the OAuth2 token URL does not parse")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New(`registry: the OAuth2 token URL is not one of https with a host: write it like "https://idp.example.com/oauth2/token"`)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("registry: the OAuth2 token URL is http, over which the client secret would go unencrypted: use https; http is for loopback alone")
	case u.User != nil:
		return errors.New("registry: the OAuth2 token URL has user-info: give ClientID and ClientSecret")
	case u.Fragment != "":
		return errors.New("registry: the OAuth2 token URL has a fragment (RFC 6749 section 3.2)")
	case c.RefreshAhead < 0 || c.Timeout < 0:
		return errors.New("registry: OAuth2's RefreshAhead or Timeout is negative")
	}
	for _, name := range reservedParams {
		if c.Params.Has(name) {
			return fmt.Errorf("registry: OAuth2's Params have %s, for which there is a field", name)
		}
	}
	for _, scope := range c.Scopes {
		if !validToken(scope) {
			return errors.New("registry: an OAuth2 scope is empty or has blanks or control characters: give each scope as one string")
		}
	}
	for name, value := range c.pool() {
		if !validHeader(name, value[0]) {
			return errors.New("registry: OAuth2's LogicalCluster or IdentityPool has characters that a header cannot have")
		}
	}
	if c.HTTPClient != nil && c.TLS.isSet() {
		return errors.New("registry: OAuth2 was given TLS and HTTPClient: the client's own transport has TLS settings already")
	}
	return nil
}

// pool are the headers that say whose the token is.
func (c *OAuth2Config) pool() http.Header {
	h := make(http.Header)
	if c.LogicalCluster != "" {
		h.Set("target-sr-cluster", c.LogicalCluster)
	}
	if c.IdentityPool != "" {
		h.Set("Confluent-Identity-Pool-Id", c.IdentityPool)
	}
	return h
}

// grant is the token request.
func (c *OAuth2Config) grant() *clientcredentials.Config {
	style := oauth2.AuthStyleInHeader
	if c.SecretInBody {
		style = oauth2.AuthStyleInParams
	}
	return &clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), TokenURL: c.TokenURL,
		Scopes: c.Scopes, EndpointParams: c.Params, AuthStyle: style,
	}
}
