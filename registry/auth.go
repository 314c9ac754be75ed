package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
)

// Auth is how a client proves who it is: [Basic], [Bearer], [OAuth2] or
// [HeadersFrom]. The zero value is no credentials, which [WithAuth] refuses.
type Auth struct {
	kind   authKind
	user   string
	secret Secret
	oauth2 *OAuth2Config
	ask    func(context.Context) (http.Header, error)
}

type authKind uint8

const (
	authNone authKind = iota
	authBasic
	authBearer
	authOAuth2
	authHeaders
)

// Basic is HTTP Basic authentication (RFC 7617): a user, or an API key, with its
// password.
func Basic(user string, password Secret) Auth {
	return Auth{kind: authBasic, user: user, secret: password}
}

// Bearer is a fixed bearer token (RFC 6750).
func Bearer(token Secret) Auth { return Auth{kind: authBearer, secret: token} }

// HeadersFrom asks ask for the credentials of each request, for schemes that this
// package does not know: headers that replace those of the same name. It runs on
// the goroutine of a call, on several at once; it should keep what it can, return
// when its context ends, and give a new map each time. What it returns is sent to
// no other origin and stands in no error.
//
// Its error ends the attempt: the call's error wraps it, and matches [ErrDenied] if it
// does, else [ErrUnavailable], so that it is tried again. Its text is shown; it
// must hold no secret.
func HeadersFrom(ask func(context.Context) (http.Header, error)) Auth {
	return Auth{kind: authHeaders, ask: ask}
}

func (a Auth) check() error {
	switch a.kind {
	case authBasic:
		if a.user == "" || a.secret.IsZero() {
			return errors.New("registry: basic credentials are half given: both user and password are needed")
		}
		if strings.ContainsRune(a.user, ':') || !validHeader("X", a.user) || !validHeader("X", a.secret.Reveal()) {
			return errors.New("registry: a user or password has a colon or control character where RFC 7617 allows none")
		}
	case authBearer:
		if a.secret.IsZero() {
			return errors.New("registry: the bearer token is empty")
		}
		if !validToken(a.secret.Reveal()) {
			return errors.New("registry: the bearer token has blanks or control characters")
		}
	case authOAuth2:
		return a.oauth2.check()
	case authHeaders:
		if a.ask == nil {
			return errors.New("registry: HeadersFrom was given nil")
		}
	default:
		return errors.New("registry: WithAuth was given no credentials: use Basic, Bearer, OAuth2 or HeadersFrom")
	}
	return nil
}

func validToken(token string) bool {
	return token != "" && validHeader("X", token) && !strings.ContainsAny(token, " \t")
}

// header is the value of the Authorization header; empty for none, and for what
// is asked for at each attempt.
func (a Auth) header() Secret {
	switch a.kind {
	case authBasic:
		return NewSecret("Basic " + base64.StdEncoding.EncodeToString([]byte(a.user+":"+a.secret.Reveal())))
	case authBearer:
		return NewSecret("Bearer " + a.secret.Reveal())
	}
	return Secret{}
}

// checkTogether checks the settings that depend on others, after all options.
func (c *clientConfig) checkTogether() error {
	if c.httpClient != nil && (c.hasTLS || c.proxy.chosen) {
		return errors.New("registry: WithHTTPClient excludes WithTLS and WithProxy: its transport has its own settings for both")
	}
	if c.auth.kind == authOAuth2 {
		for name, value := range c.auth.oauth2.pool() {
			if c.headers.Get(name) != "" {
				return fmt.Errorf("registry: header %s is given twice: in OAuth2's config and by WithHeader", name)
			}
			if err := WithHeader(name, value[0]).applyClient(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// proveWith sets up credentials that are asked for at each attempt.
func (c *Client) proveWith(cfg *clientConfig) error {
	cfg.proxy.addTo(c.scrub)
	switch cfg.auth.kind {
	case authOAuth2:
		t, err := newTokenSource(cfg.auth.oauth2, cfg, c.scrub, c.gate, c.log)
		if err != nil {
			return err
		}
		c.credentials = t
	case authHeaders:
		c.credentials = &headerSource{ask: cfg.auth.ask, scrub: c.scrub}
	}
	c.warnOfPlainHTTP()
	return nil
}

// warnOfPlainHTTP says where credentials go unencrypted. It is no error: inside a
// cluster, or with a mesh that encrypts below HTTP, it is how registries are run.
func (c *Client) warnOfPlainHTTP() {
	for _, ep := range c.endpoints.all {
		host, plain := strings.CutPrefix(ep.origin, "http://")
		if plain && !isLoopback(host[:strings.LastIndexByte(host, ':')]) && (c.credentials != nil || ep.header.Get("Authorization") != "") {
			c.log.say(slog.LevelWarn, logCredentials, "credentials are sent over http, which does not encrypt them: use https where the network is not yours alone",
				[]slog.Attr{slog.String("host", ep.host)})
		}
	}
}

// isLoopback reports whether a host, without port, is this machine by its name
// (RFC 6761 section 6.3) or address.
func isLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
