package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// credentials are headers that may be others with each attempt.
type credentials interface {
	// headers returns what to send now. Its errors are *credentialsError or the
	// context's.
	headers(context.Context) (http.Header, error)
	// refused is told that the registry answered 401 to these, and reports whether
	// there may be better ones.
	refused(http.Header) bool
}

// credentialsError says why there are no credentials to send.
type credentialsError struct {
	text   string // without secrets
	err    error  // the cause, where it holds none either; or nil
	denied bool   // trying again is in vain until a person changes something
	wait   time.Duration
}

func (e *credentialsError) Error() string { return e.text }
func (e *credentialsError) Unwrap() error { return e.err }
func (e *credentialsError) Is(target error) bool {
	return e.denied && target == ErrDenied || !e.denied && target == ErrUnavailable
}

// authorize returns the credentials of an attempt and a scrubber that knows them, or
// why there are none. They take none of the time of the URL that is asked, for it is
// not to blame.
func (c *Client) authorize(ctx context.Context, fail *Error) (http.Header, *scrubber, attempt) {
	if c.credentials == nil {
		return nil, c.scrub, attempt{}
	}
	if c.attemptTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.attemptTimeout)
		defer cancel()
	}
	headers, err := c.credentials.headers(ctx)
	if err != nil {
		fail.Message = "no credentials to send"
		bad, ok := errors.AsType[*credentialsError](err)
		if !ok {
			fail.Err = unavailable{err}
			return nil, nil, attempt{err: fail, again: true, unsent: true}
		}
		fail.Err, fail.RetryAfter = bad, bad.wait
		return nil, nil, attempt{err: fail, again: !bad.denied, unsent: true}
	}
	return headers, c.scrub.with(headers), attempt{}
}

// headerSource is a caller's own source of credentials.
type headerSource struct {
	ask   func(context.Context) (http.Header, error)
	scrub *scrubber
}

func (s *headerSource) refused(http.Header) bool { return false }

func (s *headerSource) headers(ctx context.Context) (http.Header, error) {
	given, err := s.ask(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		cause := s.scrub.error(err, err.Error())
		return nil, &credentialsError{text: "HeadersFrom: " + cause.Error(), err: cause, denied: errors.Is(err, ErrDenied)}
	}
	headers := make(http.Header, len(given))
	for name, values := range given {
		for _, value := range values {
			if err := checkHeader(name, value); err != nil {
				return nil, &credentialsError{text: "HeadersFrom: " + err.Error(), denied: true}
			}
		}
		headers[http.CanonicalHeaderKey(name)] = values
	}
	return headers, nil
}

// ownHeaders are set by this package or by net/http.
var ownHeaders = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Connection": true, "Content-Encoding": true, "Content-Length": true,
	"Content-Type": true, "Host": true, "Trailer": true, "Transfer-Encoding": true,
}

// checkHeader checks a header that a caller wants sent, without naming its value.
func checkHeader(name, value string) error {
	if key := http.CanonicalHeaderKey(name); ownHeaders[key] {
		return fmt.Errorf("header %s is the client's own and cannot be set", key)
	}
	if !validHeader(name, value) {
		return errors.New("a header's name or value has characters that HTTP does not allow (RFC 9110 section 5)")
	}
	return nil
}
