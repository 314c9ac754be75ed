package registrytest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/concord-go/concord/internal/registryserver"
)

// Fault is what happens to a request in place of the registry's answer: [Delay] or
// [Hang] before it, [Status], [HTML] or [RedirectTo] for it, [CutBeforeAnswer], [CutInBody],
// [Drip], [LargeBody] or [EndlessBody] while it is sent, or what [Answer] makes of it.
type Fault interface {
	// serve answers; removed is closed when the fault is removed.
	serve(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{})
}

// faultFunc is the form all faults but StatusFault have.
type faultFunc func(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{})

func (f faultFunc) serve(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{}) {
	f(w, r, next, removed)
}

// Delay lets the registry answer after a while, or when the fault is removed.
func Delay(d time.Duration) Fault {
	return faultFunc(func(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{}) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-removed:
		case <-r.Context().Done():
		}
		next.ServeHTTP(w, r)
	})
}

// Hang holds a request until the fault is removed; then the registry answers.
func Hang() Fault {
	return faultFunc(func(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{}) {
		select {
		case <-removed:
			next.ServeHTTP(w, r)
		case <-r.Context().Done(): // the client has gone
		}
	})
}

// StatusFault answers with a status and an error body of the registry's form.
type StatusFault struct {
	status     int
	code       int
	retryAfter string
}

// Status answers with a status, such as 503, and an error body with the same code.
func Status(status int) StatusFault { return StatusFault{status: status, code: status} }

// WithCode sets the error_code of the body, such as 50001.
func (f StatusFault) WithCode(code int) StatusFault {
	f.code = code
	return f
}

// WithRetryAfter adds a Retry-After header, in whole seconds, rounded up.
func (f StatusFault) WithRetryAfter(d time.Duration) StatusFault {
	f.retryAfter = strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
	return f
}

func (f StatusFault) serve(w http.ResponseWriter, _ *http.Request, _ http.Handler, _ <-chan struct{}) {
	w.Header().Set("Content-Type", registryMedia)
	if f.retryAfter != "" {
		w.Header().Set("Retry-After", f.retryAfter)
	}
	w.WriteHeader(f.status)
	json.NewEncoder(w).Encode(map[string]any{ // the client may be gone
		"error_code": f.code, "message": fmt.Sprintf("injected fault: status %d", f.status),
	})
}

// CutBeforeAnswer closes the connection in place of an answer. The registry has not
// seen the request.
func CutBeforeAnswer() Fault {
	return faultFunc(func(http.ResponseWriter, *http.Request, http.Handler, <-chan struct{}) {
		panic(http.ErrAbortHandler)
	})
}

// HTML answers 200 with a page, as proxies and login screens do.
func HTML() Fault {
	return Answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html><html><body><h1>Please sign in</h1></body></html>")
	}))
}

// Answer lets a handler answer in the registry's place: for all that has no fault of
// its own here.
func Answer(h http.Handler) Fault {
	return faultFunc(func(w http.ResponseWriter, r *http.Request, _ http.Handler, _ <-chan struct{}) { h.ServeHTTP(w, r) })
}

// injection is a fault in place.
type injection struct {
	route   Route
	fault   Fault
	left    int // requests it is still for; negative: any number
	removed chan struct{}
}

// InjectOption changes an injection; see Registry.Inject.
type InjectOption func(*injection)

// Times limits a fault to the next n requests, 1 or more. Without it the fault
// lasts until it is removed.
func Times(n int) InjectOption { return func(i *injection) { i.left = n } }

// Inject puts a fault before a route. The function removes it again, and lets go the
// requests that it holds; it may be called more than once.
func (r *Registry) Inject(route Route, fault Fault, opts ...InjectOption) (remove func()) {
	r.tb.Helper()
	r.checkRoute(route)
	i := &injection{route: route, fault: fault, left: -1, removed: make(chan struct{})}
	for _, opt := range opts {
		opt(i)
	}
	if fault == nil || i.left == 0 || i.left < -1 {
		r.tb.Fatalf("registrytest: injecting at %q: want a fault, and Times with 1 or more", route)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, i)
	return func() { r.remove(i) }
}

// RemoveFaults removes every fault, and lets go the requests that they hold.
func (r *Registry) RemoveFaults() {
	r.mu.Lock()
	faults := slices.Clone(r.faults)
	r.mu.Unlock()
	for _, i := range faults {
		r.remove(i)
	}
}

func (r *Registry) remove(i *injection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at := slices.Index(r.faults, i); at >= 0 {
		r.faults = slices.Delete(r.faults, at, at+1)
		close(i.removed)
	}
}

// wrap counts requests and lets faults answer.
func (r *Registry) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if i := r.arrive(Route(registryserver.RoutePattern(req))); i != nil {
			control := http.NewResponseController(w)
			control.SetReadDeadline(time.Time{}) // a fault lasts as long as the test wants
			control.SetWriteDeadline(time.Time{})
			i.fault.serve(w, req, next, i.removed)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// arrive counts a request and finds its fault. A fault that is used up stays in
// place, so that removing it lets go the requests that it still holds.
func (r *Registry) arrive(route Route) *injection {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[route]++
	for _, i := range r.faults {
		if i.left != 0 && (i.route == AnyRoute || i.route == route) {
			if i.left > 0 {
				i.left--
			}
			return i
		}
	}
	return nil
}
