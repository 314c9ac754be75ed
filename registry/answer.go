package registry

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// readError reads an answer that is not a success into e.
func (s *scrubber) readError(e *Error, resp *http.Response, data []byte, schemaText string) {
	var body struct {
		Code    int64  `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(data, &body) == nil && (body.Code == int64(e.Status) || body.Code/100 == int64(e.Status)) {
		e.Code, e.Message = Code(body.Code), s.message(body.Message, schemaText)
		return
	}
	e.Message = describe(resp, data)
	if !errors.Is(e, ErrDenied) { // gateways refuse in words of their own
		e.Err = ErrNotRegistry
	}
}

// describe says what kind of answer came, without quoting any of it.
func describe(resp *http.Response, data []byte) string {
	if len(data) == 0 {
		return "an empty body"
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || len(kind) > 60 {
		kind = "no content type"
	}
	return strconv.Itoa(len(data)) + " bytes of " + kind
}

// readBounded reads a body of at most limit bytes, counted after decompression.
func readBounded(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, ErrTooLarge
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, ErrTooLarge
	}
	return data, nil
}

// clean takes the URL and credentials out of an error of net/http. Where the
// text below had some, the chain below is dropped too.
func (s *scrubber) clean(err error) error {
	for {
		ue, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = ue.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return s.error(err, err.Error()) // quotes certificates
	}
	return s.error(err, withoutAnswer(err.Error()))
}

// error is the error if its text needs no scrubbing and is the one it shall have,
// otherwise one of the text alone.
func (s *scrubber) error(err error, text string) error {
	if scrubbed := s.text(text); scrubbed != err.Error() {
		return errors.New(scrubbed)
	}
	return err
}

// quotedAnswer is where net/http and x/net/http2 quote the peer, as a Go string
// or to the end of the line. A server can send back what it was sent with more layers of
// escapes than a scrubber knows.
var quotedAnswer = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"?|(malformed MIME header[a-z ]*):.*`)

func withoutAnswer(text string) string {
	if !strings.Contains(text, `"`) && !strings.Contains(text, "malformed MIME") {
		return text
	}
	return quotedAnswer.ReplaceAllString(text, "$1...")
}

// retryAfter reads the Retry-After header (RFC 9110 section 10.2.3): seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if value = strings.TrimSpace(value); value == "" {
		return 0
	}
	const longest = 365 * 24 * time.Hour
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(longest/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		return longest
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return 0
}

// into parses an answer into v; check may be nil.
func into[T any](v *T, check func(*T) error) func([]byte) error {
	return func(data []byte) error {
		var fresh T // a repeated attempt starts anew
		if err := json.Unmarshal(data, &fresh); err != nil {
			// The decoder's own words quote bytes of the answer.
			return errors.New("not the JSON expected")
		}
		if check != nil {
			if err := check(&fresh); err != nil {
				return err
			}
		}
		*v = fresh
		return nil
	}
}
