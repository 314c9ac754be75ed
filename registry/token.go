package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/concord-go/concord/internal/backoff"
	"github.com/concord-go/concord/internal/flight"
)

const (
	// maxToken bounds an access token: servers refuse headers well below this.
	maxToken = 64 << 10
	// dropPause is the least time between two tokens that are given up because the
	// registry refused them: one that refuses them all shall not make a client
	// flood the token endpoint.
	dropPause = 10 * time.Second
)

// token is an access token, its header, and until when it serves.
type token struct {
	header Secret
	renew  time.Time // replaced from then on if in use; zero with no end
	end    time.Time // zero: none is known
}

func (t *token) valid(now time.Time) bool { return t.end.IsZero() || now.Before(t.end) }

// tokenSource keeps one OAuth2 token at a time.
type tokenSource struct {
	grant   *clientcredentials.Config
	host    string // of the token endpoint, for messages
	http    *http.Client
	own     ownTransport // nil when the caller's client is used
	ahead   time.Duration
	timeout time.Duration
	scrub   *scrubber
	gate    *gate
	log     *limitedLog

	calls flight.Group[struct{}, *token]
	pause backoff.Policy // after failures, in which nothing is asked

	mu       sync.Mutex
	current  *token // nil: none, or refused by the registry
	dropped  time.Time
	renewing bool
	failures int // in a row
	failure  *credentialsError
	until    time.Time // nothing is asked before
}

func newTokenSource(config *OAuth2Config, cfg *clientConfig, scrub *scrubber, g *gate, log *limitedLog) (*tokenSource, error) {
	s := &tokenSource{
		grant: config.grant(), ahead: config.RefreshAhead, timeout: config.Timeout,
		scrub: scrub, gate: g, log: log, pause: backoff.Policy{Base: 100 * time.Millisecond, Max: 10 * time.Second},
	}
	if s.ahead == 0 {
		s.ahead = defaultRefreshAhead
	}
	if s.timeout == 0 {
		s.timeout = defaultTokenTimeout
	}
	u, err := url.Parse(config.TokenURL)
	if err != nil {
		return nil, config.check()
	}
	s.host = u.Host
	secret := config.ClientSecret.Reveal()
	scrub.add(secret)
	scrub.add(config.ClientID + ":" + secret)
	scrub.add(url.QueryEscape(config.ClientID) + ":" + url.QueryEscape(secret)) // what RFC 6749 section 2.3.1 makes of them
	if u.RawQuery != "" {
		scrub.add(u.RawQuery)
	}
	if config.HTTPClient != nil {
		own := *config.HTTPClient
		s.http = &own
	} else {
		if s.own, err = newTransport(cfg, config.TLS, log); err != nil {
			return nil, fmt.Errorf("registry: OAuth2: %s", strings.TrimPrefix(err.Error(), "registry: "))
		}
		s.http = &http.Client{Transport: s.own}
	}
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error {
		return redirectError{errors.New("it answered with a redirect, which is not followed: give the address it redirects to")}
	}
	return s, nil
}

func (s *tokenSource) headers(ctx context.Context) (http.Header, error) {
	now := time.Now()
	s.mu.Lock()
	t := s.current
	valid := t != nil && t.valid(now)
	renew := valid && !t.end.IsZero() && !now.Before(t.renew) && !s.renewing && s.resting(now) == nil
	s.renewing = s.renewing || renew
	s.mu.Unlock()
	if renew {
		s.renew()
	}
	if valid {
		return t.headers(), nil
	}
	t, err := s.calls.Do(ctx, struct{}{}, s.fetch)
	if err != nil {
		return nil, err
	}
	return t.headers(), nil
}

// resting is the last failure while nothing is asked after it, under mu.
func (s *tokenSource) resting(now time.Time) *credentialsError {
	if !now.Before(s.until) {
		return nil
	}
	again := *s.failure
	again.wait = s.until.Sub(now)
	return &again
}

func (t *token) headers() http.Header { return http.Header{"Authorization": {t.header.Reveal()}} }

// renew replaces the token in the background.
func (s *tokenSource) renew() {
	done := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.renewing = false
	}
	ctx, leave, err := s.gate.enter(context.Background())
	if err != nil { // closed
		done()
		return
	}
	go func() {
		defer leave()
		defer done()
		if _, err := s.calls.Do(ctx, struct{}{}, s.fetch); err != nil && ctx.Err() == nil {
			s.log.warn(logCredentials, "an OAuth2 token could not be renewed; the old one is used until it ends", err)
		}
	}()
}

// fetch asks for a token and keeps it. It is called once at a time.
func (s *tokenSource) fetch(parent context.Context) (*token, error) {
	parent, leave, err := s.gate.enter(parent)
	if err != nil {
		return nil, err
	}
	defer leave()
	// A fetch may have ended between the caller's look and this one.
	s.mu.Lock()
	t, failure := s.current, s.resting(time.Now())
	s.mu.Unlock()
	if t != nil && (t.end.IsZero() || time.Now().Before(t.renew)) {
		return t, nil
	}
	if failure != nil {
		return nil, failure
	}
	ctx, cancel := context.WithTimeout(parent, s.timeout)
	defer cancel()
	began := time.Now()
	given, err := s.grant.Token(context.WithValue(ctx, oauth2.HTTPClient, s.http))
	var bad *credentialsError
	if err == nil {
		t, bad = s.take(given, began)
	} else {
		bad = s.explain(err, ctx.Err())
	}
	if parent.Err() != nil && bad != nil { // nobody waits any more: it says nothing of the endpoint
		return nil, parent.Err()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if bad != nil {
		s.failures++
		bad.wait = s.pause.Ceiling(s.failures)
		s.failure, s.until = bad, time.Now().Add(bad.wait)
		return nil, bad
	}
	s.current, s.failures, s.failure, s.until = t, 0, nil, time.Time{}
	return t, nil
}

// take checks what the endpoint gave. The token's life counts from before the
// request, so that it is not used after its end.
func (s *tokenSource) take(given *oauth2.Token, began time.Time) (*token, *credentialsError) {
	switch {
	case !strings.EqualFold(given.Type(), "Bearer"):
		return nil, s.failed(true, "its token is not a bearer token")
	case len(given.AccessToken) > maxToken || !validToken(given.AccessToken):
		return nil, s.failed(true, "its token is too long for a header, or has characters that a header cannot have")
	}
	t := &token{header: NewSecret("Bearer " + given.AccessToken)}
	if !given.Expiry.IsZero() {
		life := time.Until(given.Expiry)
		if life <= 0 {
			return nil, s.failed(false, "its token has expired already")
		}
		t.end = began.Add(life)
		t.renew = t.end.Add(-min(s.ahead, life/2))
	}
	return t, nil
}

// refused gives up a token that the registry did not take.
func (s *tokenSource) refused(sent http.Header) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.header.Reveal() != sent.Get("Authorization") {
		return true // another call gave it up already
	}
	now := time.Now()
	if !s.dropped.IsZero() && now.Sub(s.dropped) < dropPause {
		return false
	}
	s.current, s.dropped = nil, now
	return true
}

// grantErrors are the codes of RFC 6749 section 5.2, RFC 8707 section 2 and some
// that servers borrow. Others are not shown: they are the server's text.
var grantErrors = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"invalid_target", "access_denied", "server_error", "temporarily_unavailable",
}

// explain makes an error of what the endpoint answered, without any of its text.
func (s *tokenSource) explain(err, ended error) *credentialsError {
	if ended != nil {
		return s.failed(false, "no answer within %v", s.timeout)
	}
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		status := 0
		if answer.Response != nil {
			status = answer.Response.StatusCode
		}
		text := fmt.Sprintf("%d %s", status, http.StatusText(status))
		passing := retryableStatus(status)
		if slices.Contains(grantErrors, answer.ErrorCode) {
			text += ", " + answer.ErrorCode
			passing = passing || answer.ErrorCode == "server_error" || answer.ErrorCode == "temporarily_unavailable"
		}
		return s.failed(!passing, "%s", text)
	}
	if redirect, ok := errors.AsType[redirectError](err); ok {
		return s.failed(true, "%s", redirect.Error())
	}
	if _, ok := errors.AsType[*url.Error](err); ok { // nothing came, or it broke off
		cause := s.scrub.clean(err)
		e := s.failed(false, "%s", cause)
		e.err = cause
		return e
	}
	// The rest is of bodies that are no tokens; the words quote them.
	return s.failed(false, "its answer broke off or is not a token")
}

func (s *tokenSource) failed(denied bool, format string, args ...any) *credentialsError {
	return &credentialsError{text: "the OAuth2 token endpoint at " + s.host + ": " + fmt.Sprintf(format, args...), denied: denied}
}

func (s *tokenSource) close() {
	if s.own != nil {
		s.own.CloseIdleConnections()
	}
}
