package registry

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ownTransport is a transport that this package made and closes.
type ownTransport interface {
	http.RoundTripper
	CloseIdleConnections()
}

// newTransport makes a transport with the client's proxy and these settings of TLS.
func newTransport(cfg *clientConfig, t TLS, log *limitedLog) (ownTransport, error) {
	build := func(conf *tls.Config) *http.Transport {
		return &http.Transport{
			Proxy:                 cfg.proxy.forRequest,
			DialContext:           (&net.Dialer{Timeout: cfg.connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       conf,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          32,
			MaxIdleConnsPerHost:   8,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   cfg.connectTimeout,
			ExpectContinueTimeout: time.Second,
			// net/http's own error would be the words that the proxy put beside the status.
			OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
				if resp.StatusCode == http.StatusOK {
					return nil
				}
				return fmt.Errorf("the proxy answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
			},
		}
	}
	r := &rotating{tls: t, build: build, log: log, seen: stamps(t.files())}
	conf, err := t.load()
	if err != nil {
		return nil, err
	}
	if len(t.files()) == 0 {
		return build(conf), nil
	}
	r.current.Store(build(conf))
	r.next.Store(time.Now().Add(rotationPause).UnixNano())
	return r, nil
}

const (
	// rotationPause is the least time between two looks at the files.
	rotationPause = time.Second
	// retirement is how long connections of an old transport may be in use; it
	// is above any sensible request.
	retirement = 10 * time.Minute
)

// rotating is a transport that is replaced when the files of its certificates
// change. Requests under way end on the old one. (A new one, rather than new
// certificates inside the old, because net/http then verifies servers as ever, and
// because no connection of the old credentials serves new requests.)
type rotating struct {
	tls   TLS
	build func(*tls.Config) *http.Transport
	log   *limitedLog

	current atomic.Pointer[http.Transport]
	next    atomic.Int64 // when to look again, in nanoseconds of Unix time

	// busy is held by whoever looks; nobody waits for it but CloseIdleConnections.
	busy    sync.Mutex
	seen    []stamp
	retired []retiree
}

type retiree struct {
	transport *http.Transport
	at        time.Time
}

// stamp is what tells that a file was changed.
type stamp struct {
	modified time.Time
	size     int64
}

func stamps(files []string) []stamp {
	all := make([]stamp, len(files))
	for i, file := range files {
		if info, err := os.Stat(file); err == nil {
			all[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return all
}

// RoundTrip sends a request with the certificates as they are now.
func (r *rotating) RoundTrip(req *http.Request) (*http.Response, error) {
	r.look()
	return r.current.Load().RoundTrip(req)
}

func (r *rotating) look() {
	now := time.Now()
	if now.UnixNano() < r.next.Load() || !r.busy.TryLock() {
		return
	}
	defer r.busy.Unlock()
	r.next.Store(now.Add(rotationPause).UnixNano())
	// Looked at before they are read: what changes in between differs next time.
	seen := stamps(r.tls.files())
	if slices.Equal(seen, r.seen) {
		return
	}
	conf, err := r.tls.load()
	if err != nil { // perhaps half written: read again at the next look
		r.log.warn(logCertificates, "the TLS files changed and cannot be used; the certificates read before stay", err)
		return
	}
	r.seen = seen
	old := r.current.Swap(r.build(conf))
	r.retired = append(slices.DeleteFunc(r.retired, func(t retiree) bool { return now.Sub(t.at) > retirement }), retiree{old, now})
	r.closeRetired()
	r.log.info(logRotation, "the TLS files changed; new connections use them")
}

func (r *rotating) closeRetired() {
	for _, t := range r.retired {
		t.transport.CloseIdleConnections()
	}
}

// CloseIdleConnections closes the connections that no request uses.
func (r *rotating) CloseIdleConnections() {
	r.busy.Lock()
	defer r.busy.Unlock()
	r.closeRetired()
	r.current.Load().CloseIdleConnections()
}
