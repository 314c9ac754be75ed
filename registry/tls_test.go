package registry_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concord-go/concord/registry"
)

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

// issued is a certificate with its key, both PEM.
type issued struct{ cert, key string }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newAuthority(t testing.TB, name string) authority {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key))
	return authority{must[*x509.Certificate](t)(x509.ParseCertificate(der)), key, block("CERTIFICATE", der)}
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// issue makes a certificate for a client or server of that name; hosts are what
// a server's is for.
func (a authority) issue(t testing.TB, name string, hosts ...string) issued {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, h)
		}
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key))
	return issued{block("CERTIFICATE", der), block("PRIVATE KEY", must[[]byte](t)(x509.MarshalPKCS8PrivateKey(key)))}
}

func (i issued) pair(t testing.TB) tls.Certificate {
	t.Helper()
	return must[tls.Certificate](t)(tls.X509KeyPair([]byte(i.cert), []byte(i.key)))
}

// secure is a registry over TLS whose own certificate can be replaced and that
// keeps whose certificates it was shown.
type secure struct {
	url string

	mu    sync.Mutex
	conns int // made so far
	cert  tls.Certificate
	names []string
}

// serveTLS serves with a certificate, and with clients, wants theirs.
func serveTLS(t testing.TB, cert issued, clients *authority) *secure {
	t.Helper()
	s := &secure{cert: cert.pair(t)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := ""
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		s.mu.Lock()
		s.names = append(s.names, name)
		s.mu.Unlock()
		answer(w, 200, "[]")
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = quiet
	conf := &tls.Config{NextProtos: []string{"h2"}}
	if clients != nil {
		conf.ClientAuth, conf.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		conf.ClientCAs.AddCert(clients.cert)
	}
	server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns++
		conf := conf.Clone()
		conf.Certificates = []tls.Certificate{s.cert}
		return conf, nil
	}}
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.url = server.URL
	return s
}

func (s *secure) replace(t testing.TB, cert issued) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cert = cert.pair(t)
}

// last is whose certificate the last request came with.
func (s *secure) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.names) == 0 {
		return ""
	}
	return s.names[len(s.names)-1]
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func asks(t testing.TB, url string, set registry.TLS) error {
	t.Helper()
	_, err := connect(t, url, registry.WithRetries(0), registry.WithTLS(set)).Subjects(t.Context())
	return err
}

func TestTLSTrustsWhomItIsTold(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t, "ca"), newAuthority(t, "ca") // of the same name: Go's error quotes it
	s := serveTLS(t, ca.issue(t, "server", "127.0.0.1"), nil)
	named := serveTLS(t, ca.issue(t, "server", "registry.internal"), nil)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, "a comment\n"+other.pem+ca.pem)

	for name, tc := range map[string]struct {
		url string
		set registry.TLS
		bad bool
	}{
		"the authority as text":          {s.url, registry.TLS{CAPEM: ca.pem}, false},
		"among others in a file":         {s.url, registry.TLS{CAFile: file}, false},
		"the system's":                   {s.url, registry.TLS{}, true},
		"another one":                    {s.url, registry.TLS{CAPEM: other.pem}, true},
		"another host":                   {named.url, registry.TLS{CAPEM: ca.pem}, true},
		"another host by name":           {named.url, registry.TLS{CAPEM: ca.pem, ServerName: "registry.internal"}, false},
		"another host, not looked at":    {named.url, registry.TLS{CAPEM: ca.pem, InsecureSkipHostname: true}, false},
		"another authority all the same": {named.url, registry.TLS{CAPEM: other.pem, InsecureSkipHostname: true}, true},
		"TLS 1.3":                        {s.url, registry.TLS{CAPEM: ca.pem, MinVersion: tls.VersionTLS13}, false},
	} {
		err := asks(t, tc.url, tc.set)
		if (err != nil) != tc.bad {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); tc.bad && !ok {
			t.Errorf("%s: %v is not about the certificate", name, err)
		}
	}
	if _, err := connect(t, s.url, registry.WithRetries(0)).Subjects(t.Context()); err == nil {
		t.Error("an unknown authority is trusted by default")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "ca")
	cert := ca.issue(t, "server", "127.0.0.1").pair(t)
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, "[]") }))
		server.Config.ErrorLog = quiet
		server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		if err := asks(t, server.URL, registry.TLS{CAPEM: ca.pem}); (err == nil) != ok {
			t.Errorf("%s by default: %v", tls.VersionName(version), err)
		}
		if err := asks(t, server.URL, registry.TLS{CAPEM: ca.pem, MinVersion: tls.VersionTLS13}); err == nil {
			t.Errorf("%s with 1.3 wanted: accepted", tls.VersionName(version))
		}
	}
}

func TestAClientCertificateIsShown(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t, "ca"), newAuthority(t, "clients")
	s := serveTLS(t, ca.issue(t, "server", "127.0.0.1"), &clients)
	me := clients.issue(t, "me")
	dir := t.TempDir()
	both := filepath.Join(dir, "both.pem")
	write(t, both, me.key+me.cert)
	for name, set := range map[string]registry.TLS{
		"texts":    {CAPEM: ca.pem, CertPEM: me.cert, KeyPEM: secret(me.key)},
		"one file": {CAPEM: ca.pem, CertFile: both, KeyFile: both},
	} {
		if err := asks(t, s.url, set); err != nil || s.last() != "me" {
			t.Errorf("%s: %v, shown %q", name, err, s.last())
		}
	}
	if err := asks(t, s.url, registry.TLS{CAPEM: ca.pem}); err == nil {
		t.Error("accepted without a certificate")
	}
	stranger := ca.issue(t, "stranger")
	if err := asks(t, s.url, registry.TLS{CAPEM: ca.pem, CertPEM: stranger.cert, KeyPEM: secret(stranger.key)}); err == nil {
		t.Error("accepted with a certificate of another authority")
	}
}

func TestRotatedFilesAreUsed(t *testing.T) {
	t.Parallel()
	ca, clients := newAuthority(t, "ca"), newAuthority(t, "clients")
	s := serveTLS(t, ca.issue(t, "server", "127.0.0.1"), &clients)
	dir := t.TempDir()
	caFile, certFile, keyFile := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	one, two := clients.issue(t, "one"), clients.issue(t, "two")
	write(t, caFile, ca.pem)
	write(t, certFile, one.cert)
	write(t, keyFile, one.key)
	var log logText
	c := connect(t, s.url, log.option(), registry.WithRetries(0), registry.WithTLS(registry.TLS{CAFile: caFile, CertFile: certFile, KeyFile: keyFile}))
	ask := func() error {
		_, err := c.Subjects(t.Context())
		return err
	}
	// eventually asks until something holds, as long as a look at the files may take.
	eventually := func(what string, holds func(error) bool) {
		t.Helper()
		var err error
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if err = ask(); holds(err) {
				return
			}
		}
		t.Fatalf("%s: not in 20 s; last: %v, certificate %q, log %s", what, err, s.last(), log.take())
	}
	if err := ask(); err != nil || s.last() != "one" {
		t.Fatalf("%v, shown %q", err, s.last())
	}

	write(t, certFile, two.cert) // half of a rotation: the key is still the old one
	var seen string
	eventually("a half rotation is reported", func(err error) bool {
		if err != nil || s.last() != "one" {
			t.Fatalf("during a half rotation: %v, shown %q", err, s.last())
		}
		seen += log.take()
		return strings.Contains(seen, "cannot be used")
	})
	if !strings.Contains(seen, "private key does not match") || strings.Contains(seen, "PRIVATE") {
		t.Errorf("log: %s", seen)
	}
	write(t, keyFile, two.key)
	eventually("the new certificate", func(err error) bool { return err == nil && s.last() == "two" })
	for range 2 { // files as they were are not read again
		time.Sleep(1100 * time.Millisecond)
		if err := ask(); err != nil {
			t.Error(err)
		}
	}
	s.mu.Lock()
	if s.conns != 2 {
		t.Errorf("%d connections for two certificates", s.conns)
	}
	s.mu.Unlock()

	// The server's authority is replaced: first both are trusted, then the old one goes.
	next := newAuthority(t, "next")
	write(t, caFile, ca.pem+next.pem)
	eventually("the log tells of it", func(error) bool { return strings.Contains(log.take(), "new connections") })
	s.replace(t, next.issue(t, "server", "127.0.0.1"))
	if err := ask(); err != nil {
		t.Errorf("the new authority: %v", err)
	}
	write(t, caFile, ca.pem)
	eventually("the new authority is trusted no more", func(err error) bool { return err != nil })
	write(t, caFile, "garbage")
	time.Sleep(1100 * time.Millisecond)
	if err := ask(); err == nil {
		t.Error("garbage made the client trust anybody")
	}
	if err := os.Remove(caFile); err != nil {
		t.Fatal(err)
	}
	s.replace(t, ca.issue(t, "server", "127.0.0.1"))
	time.Sleep(1100 * time.Millisecond)
	if err := ask(); err != nil {
		t.Errorf("the last good files must stay in use: %v", err)
	}
}
