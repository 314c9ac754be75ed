package registry

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// TLS is what [WithTLS] needs. Files and texts are PEM. The files are read by the
// constructor, and again when they have changed, which is looked for before requests,
// at most once a second: rotated certificates and authorities are used by the
// connections made from then on, without a restart. While what they hold is not
// valid the old ones stay, and the log says so.
type TLS struct {
	// CAFile or CAPEM holds the authorities, in place of the system's, that may have
	// issued the server's certificate. Both empty: the system's.
	CAFile string
	CAPEM  string

	// CertFile or CertPEM holds the client's certificate, and after it its chain;
	// KeyFile or KeyPEM its private key, not encrypted. One file may hold both. All
	// empty: no client certificate.
	CertFile string
	CertPEM  string
	KeyFile  string
	KeyPEM   Secret

	// ServerName is the name that the server's certificate must have. Empty: the
	// URL's host.
	ServerName string

	// MinVersion is tls.VersionTLS12 or tls.VersionTLS13. 0: TLS 1.2.
	MinVersion uint16

	// InsecureSkipHostname accepts any certificate of an authority, whatever host
	// it is for: whoever has one can pose as the registry. It is what an empty
	// ssl.endpoint.identification.algorithm means elsewhere; ServerName is
	// nearly always the better remedy.
	InsecureSkipHostname bool
}

// WithTLS sets authorities and the client's certificate for https. Default: the
// system's authorities, no client certificate, TLS 1.2 at least. It excludes [WithHTTPClient],
// whose transport has settings of its own.
func WithTLS(t TLS) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if c.hasTLS {
			return errors.New("registry: WithTLS was given twice")
		}
		c.tls, c.hasTLS = t, true
		return nil // newTransport checks
	})
}

// maxPEM bounds a file of certificates; all authorities of a large system are a
// few hundred kilobytes.
const maxPEM = 16 << 20

func (t TLS) isSet() bool { return t != TLS{} }

// files are those to be looked at for changes.
func (t TLS) files() []string {
	var names []string
	for _, name := range []string{t.CAFile, t.CertFile, t.KeyFile} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (t TLS) check() error {
	cert, key := t.CertFile != "" || t.CertPEM != "", t.KeyFile != "" || !t.KeyPEM.IsZero()
	switch {
	case t.CAFile != "" && t.CAPEM != "":
		return errors.New("registry: TLS has CAFile and CAPEM: give one")
	case t.CertFile != "" && t.CertPEM != "":
		return errors.New("registry: TLS has CertFile and CertPEM: give one")
	case t.KeyFile != "" && !t.KeyPEM.IsZero():
		return errors.New("registry: TLS has KeyFile and KeyPEM: give one")
	case cert && !key:
		return errors.New("registry: TLS has a client certificate without a key: give KeyFile, which may be the same file, or KeyPEM")
	case key && !cert:
		return errors.New("registry: TLS has a client key without a certificate: give CertFile, which may be the same file, or CertPEM")
	case t.MinVersion != 0 && t.MinVersion != tls.VersionTLS12 && t.MinVersion != tls.VersionTLS13:
		return fmt.Errorf("registry: TLS MinVersion %#x: want tls.VersionTLS12 or tls.VersionTLS13", t.MinVersion)
	case strings.ContainsAny(t.ServerName, ":/ "):
		return errors.New("registry: TLS ServerName is not a host name: give it without scheme and port")
	case t.ServerName != "" && t.InsecureSkipHostname:
		return errors.New("registry: TLS has a ServerName, and InsecureSkipHostname, which does not look at it")
	}
	return nil
}

// load reads the files and makes the configuration of net/http.
func (t TLS) load() (*tls.Config, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	conf := &tls.Config{ServerName: t.ServerName, MinVersion: max(t.MinVersion, tls.VersionTLS12)}
	if t.CAFile != "" || t.CAPEM != "" {
		what, text, err := readPEM("CA", t.CAFile, t.CAPEM)
		if err != nil {
			return nil, err
		}
		if conf.RootCAs, err = authorities(what, text); err != nil {
			return nil, err
		}
	}
	if t.CertFile != "" || t.CertPEM != "" {
		what, cert, err := readPEM("Cert", t.CertFile, t.CertPEM)
		if err != nil {
			return nil, err
		}
		whatKey, key, err := readPEM("Key", t.KeyFile, t.KeyPEM.Reveal())
		if err != nil {
			return nil, err
		}
		if err := encrypted(whatKey, key); err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("registry: TLS %s with %s: %s", what, whatKey, strings.TrimPrefix(err.Error(), "tls: "))
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	if t.InsecureSkipHostname {
		roots := conf.RootCAs
		conf.InsecureSkipVerify = true // the chain is verified below, as without it but for the name
		conf.VerifyConnection = func(state tls.ConnectionState) error {
			opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
			for _, cert := range state.PeerCertificates[1:] {
				opts.Intermediates.AddCert(cert)
			}
			if _, err := state.PeerCertificates[0].Verify(opts); err != nil {
				return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
			}
			return nil
		}
	}
	return conf, nil
}

// readPEM returns the text of a file or the one given, and what to call it.
func readPEM(field, file, given string) (what string, text []byte, err error) {
	if file == "" {
		what, text = field+"PEM", []byte(given)
	} else if strings.ContainsAny(file, "\r\n") || strings.Contains(file, "-----BEGIN") {
		// Not shown as the name of a file: it may be a key.
		return what, nil, fmt.Errorf("registry: TLS %sFile is not the name of a file but a text: give it as %sPEM", field, field)
	} else {
		what = field + "File " + file
		f, err := os.Open(file)
		if err != nil {
			return what, nil, fmt.Errorf("registry: TLS %sFile: %w", field, err)
		}
		defer f.Close()
		if text, err = io.ReadAll(io.LimitReader(f, maxPEM+1)); err != nil {
			return what, nil, fmt.Errorf("registry: TLS %sFile: %w", field, err)
		}
		if len(text) > maxPEM {
			return what, nil, fmt.Errorf("registry: TLS %s is larger than %d bytes", what, maxPEM)
		}
	}
	if block, _ := pem.Decode(text); block == nil {
		why := "it has no PEM block"
		switch {
		case bytes.HasPrefix(text, []byte{0xFE, 0xED, 0xFE, 0xED}):
			why = `it is a Java keystore: make a PKCS#12 store of it with "keytool -importkeystore -deststoretype PKCS12", and of that PEM with "openssl pkcs12"`
		case bytes.HasPrefix(text, []byte{0x30}):
			why = `it is binary, DER or a PKCS#12 store: make PEM of it with "openssl x509 -inform DER" or "openssl pkcs12"`
		}
		return what, nil, fmt.Errorf("registry: TLS %s: %s", what, why)
	}
	return what, text, nil
}

// authorities reads every certificate of a text, and wants nothing else of it that
// claims to be one. (x509's own reading passes over those that it cannot parse.)
func authorities(what string, text []byte) (*x509.CertPool, error) {
	pool, n := x509.NewCertPool(), 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		n++
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("registry: TLS %s: certificate %d: %w", what, n, err)
		}
		pool.AddCert(cert)
	}
	if n == 0 {
		return nil, fmt.Errorf("registry: TLS %s has no certificate", what)
	}
	return pool, nil
}

// encrypted is an error when a key is, since neither Go's library nor this package
// reads those.
func encrypted(what string, text []byte) error {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return fmt.Errorf(`registry: TLS %s is encrypted, which is not supported: decrypt it with "openssl pkey" where the process starts, or give it as KeyPEM`, what)
		}
	}
}
