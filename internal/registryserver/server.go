package registryserver

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/concord-go/concord/registry"
)

const (
	// Nobody holds a connection by sending slowly, or by not reading.
	headerWithin = 10 * time.Second
	readWithin   = time.Minute // header and body
	writeWithin  = 5 * time.Minute
	idleTimeout  = 2 * time.Minute
	maxHeader    = 64 << 10
)

// ServeHTTP answers a request. It never panics.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("X-Request-ID")
	if id == "" {
		id = rand.Text()
	}
	w.Header().Set("X-Request-ID", id)
	if r.URL.Path == "/metrics" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		e.metrics.handler.ServeHTTP(w, r)
		return
	}
	t, bad := resolvePath(r.URL)
	if bad {
		w.Header()["Content-Type"] = nil
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.metrics.observe(w, r, t.route, func(w http.ResponseWriter) { e.respond(w, r, t) })
}

// respond answers a request whose path is known, or not.
func (e *Engine) respond(w http.ResponseWriter, r *http.Request, t target) {
	if t.route == nil {
		write(w, "", nil, failHTTP(http.StatusNotFound, "HTTP 404 Not Found"))
		return
	}
	handle := t.route.methods[r.Method]
	if handle == nil {
		w.Header().Set("Allow", t.route.allow())
		if r.Method == http.MethodOptions {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, t.route.allow())
			return
		}
		write(w, "", nil, failHTTP(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed"))
		return
	}
	if err := checkContentType(r); err != nil {
		write(w, produced[0], nil, err)
		return
	}
	media, err := chooseMedia(r.Header)
	if err != nil {
		write(w, "", nil, err)
		return
	}
	answer, err := e.serve(w, r, t, handle)
	write(w, media, answer, err)
}

// serve runs a handler, and waits until what it tells of is durable.
func (e *Engine) serve(w http.ResponseWriter, r *http.Request, t target, handle func(*call) (any, error)) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("a request made the registry panic", "route", r.Method+" "+t.route.pattern, "panic", p, "stack", string(debug.Stack()))
			answer, err = nil, fail(registry.ErrStore, "Error in the registry: it could not handle the request; its log says more")
		}
	}()
	c := &call{e: e, r: r, query: r.URL.Query(), path: t.params}
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		if r.ContentLength > e.maxBody {
			w.Header().Set("Connection", "close") // rather than reading it to its end
			return nil, failHTTP(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes", e.maxBody)
		}
		if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, e.maxBody)); err != nil {
			if errors.As(err, new(*http.MaxBytesError)) {
				return nil, failHTTP(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes", e.maxBody)
			}
			return nil, failHTTP(http.StatusBadRequest, "The body could not be read")
		}
	}
	if t.context != "" {
		c.inContext(t.context, t.route)
	}
	if i := slices.Index(t.route.segments, "subjects"); i >= 0 && slices.Contains(t.route.segments, "{subject}") {
		e.mu.RLock()
		if s := c.subject(); e.followAlias(s) != s {
			c.path["subject"] = e.followAlias(s)
		}
		e.mu.RUnlock()
	}
	answer, err = handle(c)
	if derr := e.durable(); derr != nil {
		return nil, derr
	}
	return answer, err
}

// Server is an Engine on a TCP port.
type Server struct {
	engine *Engine
	http   *http.Server
	url    string
	done   chan struct{} // closed when the accept loop has ended
}

// Listen opens an Engine and serves it at a TCP address; port 0 is any free one.
// Close it when it is done with.
func Listen(addr string, opts Options) (*Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("registryserver: %w", err)
	}
	e, err := Open(opts)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	var handler http.Handler = e
	if opts.Wrap != nil {
		handler = opts.Wrap(handler)
	}
	s := &Server{
		engine: e,
		url:    "http://" + reachable(ln.Addr()),
		done:   make(chan struct{}),
		http: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: cmp.Or(opts.headerWithin, headerWithin),
			ReadTimeout:       cmp.Or(opts.readWithin, readWithin),
			WriteTimeout:      writeWithin,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeader,
			ErrorLog:          discardLog(),
		},
	}
	go func() {
		defer close(s.done)
		s.http.Serve(ln) // ends with Close, and only so
	}()
	return s, nil
}

// reachable is an address that a client on this machine can use.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if !strings.Contains(addr.String(), ".") {
			host = "localhost"
		}
	}
	return net.JoinHostPort(host, port)
}

// URL is the address of the registry, without a slash at the end.
func (s *Server) URL() string { return s.url }

// Engine is what the Server serves.
func (s *Server) Engine() *Engine { return s.engine }

// Close stops the server: requests that run may end until ctx is done, then they are
// cut off. The directory is free when it returns.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.done
	return errors.Join(err, s.engine.Close())
}
