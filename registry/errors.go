package registry

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What an error of the client can match beside a [Code].
var (
	// ErrUnavailable: no answer was had (name or connection failed, time ran
	// out, the answer broke off), or the registry answered that it cannot serve
	// now (408, 425, 429, 5xx). It says nothing of the thing asked for.
	ErrUnavailable = errors.New("registry: unavailable")

	// ErrCircuitOpen: nothing was sent, because the registry did not answer several
	// times before ([WithCircuitBreaker]). It is an ErrUnavailable, too.
	ErrCircuitOpen = errors.New("registry: not asked, because it did not answer before")

	// ErrDenied: the registry refused these credentials, or their lack (401, 403),
	// or there are none to send, since a token endpoint refused the client ([OAuth2]).
	ErrDenied = errors.New("registry: access denied")

	// ErrNotRegistry: an answer came that is not a registry's, for instance a
	// proxy's page, an empty body, an id out of range, or a redirect that cannot
	// be followed. [Error] keeps its HTTP status.
	ErrNotRegistry = errors.New("registry: the answer is not a schema registry's")

	// ErrTooLarge: the answer is larger than the client's limit.
	ErrTooLarge = errors.New("registry: the answer is larger than the limit")

	// ErrUnsupported: the registry answered, and does not have this resource
	// (404 or 405 without a more exact code): an older release or another make.
	ErrUnsupported = errors.New("registry: the registry does not have this resource")

	// ErrClosed: the client was closed.
	ErrClosed = errors.New("registry: the client is closed")
)

// Error is a call of the registry that failed. errors.Is asks it for a [Code],
// for one of the sentinels of this package and, when the caller's context ended,
// for the context's error.
//
// Its text holds no credentials and no schema text. An Error may be shared by
// several callers: do not change it.
type Error struct {
	Method  string // of HTTP
	Path    string // the escaped path below the registry's URL, without a query
	Host    string // the host asked last; empty when none was
	Status  int    // of HTTP; 0 when there was no answer
	Code    Code   // error_code of the answer; 0 when it is not the registry's
	Message string // the registry's own words or the client's, shortened

	// RetryAfter is how long the registry asked to be left alone, or with
	// [ErrCircuitOpen] how long it is; 0 when it did not.
	RetryAfter time.Duration

	// Attempts is how many requests were sent. Where it is above 1, a DELETE may
	// have found its work done by an earlier attempt whose answer was lost.
	Attempts int

	Err error // the cause, where there is one beside the answer
}

// Error says what was asked, of whom, and what came of it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("registry: ")
	b.WriteString(e.Method)
	b.WriteByte(' ')
	b.WriteString(e.Path)
	if e.Host != "" {
		b.WriteString(" at ")
		b.WriteString(e.Host)
	}
	if e.Status != 0 {
		b.WriteString(": ")
		b.WriteString(strconv.Itoa(e.Status))
		if text := http.StatusText(e.Status); text != "" {
			b.WriteByte(' ')
			b.WriteString(text)
		}
	}
	if e.Code != 0 && int(e.Code) != e.Status {
		b.WriteString(" (code ")
		b.WriteString(strconv.Itoa(int(e.Code)))
		b.WriteByte(')')
	}
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(strings.TrimPrefix(e.Err.Error(), "registry: "))
	}
	if e.Attempts > 1 {
		b.WriteString(" (after ")
		b.WriteString(strconv.Itoa(e.Attempts))
		b.WriteString(" attempts)")
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is the code or sentinel asked for.
func (e *Error) Is(target error) bool {
	if code, ok := target.(Code); ok {
		switch {
		case e.Code == code:
			return true
		case code == ErrIncompatible: // what older registries and Karapace answer
			return e.Code == http.StatusConflict && e.Method == http.MethodPost
		case code == ErrInvalidSchema: // likewise
			return e.Code == http.StatusUnprocessableEntity && e.Method == http.MethodPost
		}
		return false
	}
	switch target {
	case ErrUnavailable:
		return retryableStatus(e.Status)
	case ErrDenied:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case ErrUnsupported:
		return e.Code == http.StatusNotFound || e.Code == http.StatusMethodNotAllowed
	}
	return false
}

// IsRetryable reports whether the same call may succeed later without anything
// being changed: the registry was unavailable. It is false for what the registry
// decided, and for a call that the caller cancelled.
func IsRetryable(err error) bool {
	return errors.Is(err, ErrUnavailable) && !errors.Is(err, context.Canceled) && !errors.Is(err, ErrClosed)
}

// isDefiniteAbsence reports whether the registry itself said that the thing does
// not exist, which alone may be remembered.
func isDefiniteAbsence(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound {
		return false
	}
	return e.Code == ErrSubjectNotFound || e.Code == ErrVersionNotFound || e.Code == ErrSchemaNotFound
}

func retryableStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500 && status <= 599
}
