package registry_test

import (
	"crypto/tls"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

func TestTLSSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "ca")
	one, two := ca.issue(t, "one"), ca.issue(t, "two")
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	large := file("large.pem", strings.Repeat("x", 16<<20+1))
	for name, tc := range map[string]struct {
		set  registry.TLS
		says string
	}{
		"CA twice":             {registry.TLS{CAFile: "x", CAPEM: ca.pem}, "CAFile and CAPEM"},
		"certificate twice":    {registry.TLS{CertFile: "x", CertPEM: one.cert}, "CertFile and CertPEM"},
		"key twice":            {registry.TLS{CertFile: "x", KeyFile: "x", KeyPEM: secret(one.key)}, "KeyFile and KeyPEM"},
		"no key":               {registry.TLS{CertPEM: one.cert}, "without a key"},
		"no certificate":       {registry.TLS{KeyPEM: secret(one.key)}, "without a certificate"},
		"a missing file":       {registry.TLS{CAFile: filepath.Join(dir, "none")}, "no such file"},
		"a key for a file":     {registry.TLS{CertPEM: one.cert, KeyFile: one.key}, "give it as KeyPEM"},
		"a folder":             {registry.TLS{CAFile: dir}, "CAFile"},
		"a large file":         {registry.TLS{CAFile: large}, "larger than"},
		"an empty file":        {registry.TLS{CAFile: file("empty", "")}, "no PEM block"},
		"a Java keystore":      {registry.TLS{CAFile: file("store.jks", "\xfe\xed\xfe\xed\x00\x00\x00\x02"+canary)}, "keytool"},
		"a PKCS#12 store":      {registry.TLS{CAFile: file("store.p12", "0\x82\x01"+canary)}, "openssl pkcs12"},
		"a key for a CA":       {registry.TLS{CAPEM: one.key}, "no certificate"},
		"a broken certificate": {registry.TLS{CAPEM: ca.pem + block("CERTIFICATE", []byte(canary))}, "certificate 2"},
		"another's key":        {registry.TLS{CertPEM: one.cert, KeyPEM: secret(two.key)}, "does not match"},
		"a broken key":         {registry.TLS{CertPEM: one.cert, KeyPEM: secret(block("PRIVATE KEY", []byte(canary)))}, "KeyPEM"},
		"an encrypted key":     {registry.TLS{CertPEM: one.cert, KeyPEM: secret(block("ENCRYPTED PRIVATE KEY", []byte(canary)))}, "encrypted"},
		"an old encrypted key": {registry.TLS{CertPEM: one.cert, KeyPEM: secret("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nQ0FO\n-----END EC PRIVATE KEY-----\n")}, "encrypted"},
		"TLS 1.1":              {registry.TLS{MinVersion: tls.VersionTLS11}, "MinVersion"},
		"a URL for a name":     {registry.TLS{ServerName: "https://h"}, "ServerName"},
		"a name for nothing":   {registry.TLS{ServerName: "h", InsecureSkipHostname: true}, "ServerName"},
	} {
		c, err := registry.NewClient("https://h", registry.WithTLS(tc.set))
		if err == nil || c != nil || !strings.Contains(err.Error(), tc.says) || !strings.HasPrefix(err.Error(), "registry: TLS ") {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
		if err != nil && (strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), one.key[40:60])) {
			t.Errorf("%s: shows the key: %v", name, err)
		}
	}
	some := registry.TLS{CAPEM: ca.pem}
	for name, opts := range map[string][]registry.ClientOption{
		"with a client":         {registry.WithTLS(some), registry.WithHTTPClient(http.DefaultClient)},
		"twice":                 {registry.WithTLS(some), registry.WithTLS(some)},
		"a proxy with a client": {registry.WithHTTPClient(http.DefaultClient), registry.WithProxy("http://p:1")},
		"two proxies":           {registry.WithProxy("http://p:1"), registry.WithProxy("http://p:1")},
	} {
		if _, err := registry.NewClient("https://h", opts...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, address := range []string{"p:3128", "ftp://" + canary, "http://", "http://u:" + canary + "@", "http://p/" + canary, "http://p?" + canary, "http://" + canary + "@p", "http://:" + canary + "@p", "http://u:" + canary + "%zz@p"} {
		if _, err := registry.NewClient("https://h", registry.WithProxy(address)); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("proxy %q: %v", address, err)
		}
	}
}
