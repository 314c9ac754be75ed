package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

const (
	mediaType = "application/vnd.schemaregistry.v1+json"
	accept    = mediaType + ", application/vnd.schemaregistry+json;q=0.9, application/json;q=0.5"

	// maxRetryAfter bounds the Retry-After that is waited for.
	maxRetryAfter = time.Minute
)

// request is one REST call, to be sent once or more.
type request struct {
	method string
	route  string // the path's template
	path   string // escaped
	query  url.Values
	body   any    // marshalled to JSON; nil for none
	schema string // the text in body, kept out of error messages
	once   bool   // not to be sent again after it may have been carried out
	cache  CacheOutcome
}

// newRequest fills the segments into the places of the route, "{subject}" for
// instance, in their order.
func newRequest(method, route string, segments ...string) request {
	var path strings.Builder
	for rest := route; ; {
		before, after, found := strings.Cut(rest, "{")
		path.WriteString(before)
		if !found {
			return request{method: method, route: route, path: path.String()}
		}
		path.WriteString(segment(segments[0]))
		segments = segments[1:]
		_, rest, _ = strings.Cut(after, "}")
	}
}

func (r request) error(err error) *Error { return &Error{Method: r.method, Path: r.path, Err: err} }

// refuse is an error found before anything was sent: the code is the one the
// registry would have given.
func (r request) refuse(code Code, message string) error {
	return &Error{Method: r.method, Path: r.path, Code: code, Message: message}
}

// segment escapes one segment of a path. A segment of dots would be taken away
// by whatever normalizes paths on the way (RFC 3986 section 5.2.4).
func segment(s string) string {
	switch s {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	return url.PathEscape(s)
}

// attempt is what came of one request.
type attempt struct {
	err    *Error // nil: it succeeded
	status int    // of HTTP, when it succeeded
	again  bool   // another try, here or elsewhere, may succeed
	other  bool   // another URL may succeed
	ill    bool   // the URL itself is out of order

	silent bool // nothing that could be a registry answered
	unsure bool // the request may have been carried out

	unsent bool // nothing was sent, for there were no credentials to send
	renew  bool // the credentials were refused, and there may be better ones
}

// do sends the request until it succeeds, nothing more can be hoped for, the
// retries are used up, or the context ends. The answer goes to parse, whose
// error means the answer is not a registry's.
func (c *Client) do(ctx context.Context, req request, parse func([]byte) error) error {
	ctx, leave, err := c.gate.enter(ctx)
	if err != nil {
		return req.error(err)
	}
	defer leave()
	var body []byte
	if req.body != nil {
		if body, err = marshal(req.body); err != nil {
			return req.error(err)
		}
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, errCallTimeout)
		defer cancel()
	}

	sent, renewed := 0, false
	for round := 1; ; round++ {
		var last attempt
		order, open := c.endpoints.round(time.Now(), round == 1)
		for i := 0; i < len(order); i++ {
			k := order[i]
			probe := false
			if round == 1 {
				var may bool
				if may, probe = c.endpoints.claim(k, time.Now()); !may {
					continue // another call is trying whether it answers again
				}
			}
			sent++
			began := time.Now()
			last = c.send(ctx, c.endpoints.all[k], req, body, c.share(ctx, len(order)-i), parse)
			if last.err != nil {
				last.err.Attempts = sent
			}
			if ctx.Err() != nil && last.again {
				if ctx.Err() == context.DeadlineExceeded && !last.unsent {
					c.ill(k, last, probe) // another one shall come first next time
				}
				last.err.Err = c.endOf(ctx, last.err.Err)
				c.sent(ctx, req, k, sent, began, last)
				return last.err
			}
			switch {
			case last.unsent: // says nothing of the URL
			case last.ill:
				c.ill(k, last, probe)
			default:
				c.well(k)
			}
			c.sent(ctx, req, k, sent, began, last)
			if last.err == nil {
				return nil
			}
			if last.renew && !renewed {
				renewed = true
				i-- // the same URL once more
				continue
			}
			if !last.again && !last.other || req.once && last.unsure {
				return last.err
			}
		}
		if sent == 0 {
			c.counts.refused.Add(1)
			e := req.error(errResting)
			e.RetryAfter = max(open, time.Millisecond)
			return e
		}
		if !last.again || round > c.retries {
			return last.err
		}
		wait := max(c.retryWait.FullJitter(round), last.err.RetryAfter)
		if deadline, has := ctx.Deadline(); wait > maxRetryAfter && wait > c.retryWait.Max || has && time.Until(deadline) < wait {
			return last.err // waiting in vain helps nobody
		}
		if err := backoff.Wait(ctx, wait); err != nil {
			last.err.Err = c.endOf(ctx, last.err.Err)
			return last.err
		}
	}
}

// errResting is what a call gets while the circuit is open.
var errResting error = unavailable{ErrCircuitOpen}

// sent counts an attempt and tells the hook of it.
func (c *Client) sent(ctx context.Context, req request, k, nth int, began time.Time, a attempt) {
	c.counts.requests.Add(1)
	if a.err != nil {
		c.counts.failures.Add(1)
	}
	if c.hook == nil {
		return
	}
	info := RequestInfo{
		Method: req.method, Route: req.route, Host: c.endpoints.all[k].host, Status: a.status,
		Duration: time.Since(began), Attempt: nth, Cache: req.cache,
	}
	if a.err != nil {
		shown := *a.err // the caller's goes on being filled in
		info.Status, info.Code, info.Err = a.err.Status, a.err.Code, &shown
	}
	c.hook(ctx, info)
}

// share is how long one attempt may take where so many URLs are left to ask: a
// URL that hangs must not use up the time in which another would answer.
func (c *Client) share(ctx context.Context, left int) time.Duration {
	bound := c.attemptTimeout
	if deadline, has := ctx.Deadline(); has && left > 1 {
		if part := max(time.Until(deadline), 0)/time.Duration(left) + 1; bound == 0 || part < bound {
			bound = part
		}
	}
	return bound
}

var errCallTimeout = errors.New("the client's timeout for a call ran out")

// endOf is the cause of an error that came because the context ended.
func (c *Client) endOf(ctx context.Context, before error) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, ErrClosed):
		return ErrClosed
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		if cause == errCallTimeout {
			return unavailable{fmt.Errorf("%w of %v", errCallTimeout, c.timeout)}
		}
		return unavailable{context.DeadlineExceeded}
	case ctx.Err() != nil:
		return context.Canceled
	}
	return before
}

// unavailable is a failure to get any answer.
type unavailable struct{ cause error }

func (u unavailable) Error() string        { return u.cause.Error() }
func (u unavailable) Unwrap() error        { return u.cause }
func (u unavailable) Is(target error) bool { return target == ErrUnavailable }

func (c *Client) send(ctx context.Context, ep *endpoint, req request, body []byte, bound time.Duration, parse func([]byte) error) attempt {
	fail := &Error{Method: req.method, Path: req.path, Host: ep.host}
	proof, scrub, refusal := c.authorize(ctx, fail)
	if refusal.err != nil {
		return refusal
	}
	if bound > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, bound)
		defer cancel()
	}
	target := ep.base + req.path
	if len(req.query) > 0 {
		target += "?" + req.query.Encode()
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	hr, err := http.NewRequestWithContext(ctx, req.method, target, reader)
	if err != nil {
		fail.Err = c.scrub.clean(err)
		return attempt{err: fail}
	}
	hr.Header = ep.header.Clone()
	if body != nil {
		hr.Header.Set("Content-Type", mediaType)
	}
	maps.Copy(hr.Header, proof)
	resp, err := c.http.Do(hr)
	if err != nil {
		if redirect, ok := errors.AsType[redirectError](err); ok {
			if resp != nil { // net/http gives the redirecting answer, its body closed
				fail.Status = resp.StatusCode
			}
			fail.Message, fail.Err = scrub.text(redirect.Error()), ErrNotRegistry
			return attempt{err: fail, other: true, ill: true}
		}
		fail.Err = unavailable{scrub.clean(err)}
		op, _ := errors.AsType[*net.OpError](err)
		return attempt{err: fail, again: true, ill: true, silent: true, unsure: op == nil || op.Op != "dial"}
	}
	defer resp.Body.Close()
	fail.Status = resp.StatusCode

	data, err := readBounded(resp, c.maxResponse)
	switch {
	case errors.Is(err, ErrTooLarge):
		fail.Message, fail.Err = fmt.Sprintf("more than %d bytes (WithResponseLimit)", c.maxResponse), ErrTooLarge
		return attempt{err: fail}
	case err != nil:
		fail.Message, fail.Err = "the answer broke off", unavailable{scrub.clean(err)}
		return attempt{err: fail, again: true, ill: true, silent: true, unsure: true}
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		if err := parse(data); err != nil {
			fail.Message, fail.Err = describe(resp, data)+": "+err.Error(), ErrNotRegistry
			return attempt{err: fail, other: true, ill: true, unsure: true}
		}
		return attempt{status: resp.StatusCode}
	}
	scrub.readError(fail, resp, data, req.schema)
	if retryableStatus(fail.Status) {
		fail.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return attempt{
			err: fail, again: true, ill: fail.Status >= 500,
			silent: fail.Status == http.StatusBadGateway || fail.Status == http.StatusServiceUnavailable || fail.Status == http.StatusGatewayTimeout,
			unsure: fail.Status >= 500 && fail.Status != http.StatusServiceUnavailable,
		}
	}
	foreign := fail.Err != nil
	renew := fail.Status == http.StatusUnauthorized && c.credentials != nil && c.credentials.refused(proof)
	return attempt{err: fail, other: foreign && !errors.Is(fail, ErrDenied), ill: foreign, renew: renew}
}

// marshal is json.Marshal without HTML escapes, so that texts stay as short as they were.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
