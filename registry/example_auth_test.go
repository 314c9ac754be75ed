package registry_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/concord-go/concord/registry"
)

// mirror is a registry whose only subject is called as a header that it was sent.
func mirror(header string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "[%q]", r.Header.Get(header))
	}))
}

func ExampleOAuth2() {
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"abc","token_type":"Bearer","expires_in":3600}`)
	}))
	defer issuer.Close()
	server := mirror("Authorization")
	defer server.Close()

	reg, err := registry.NewClient(server.URL, registry.WithAuth(registry.OAuth2(registry.OAuth2Config{
		TokenURL:     issuer.URL + "/oauth2/token", // https, but for loopback
		ClientID:     "orders-service",
		ClientSecret: registry.NewSecret("s3cr3t"),
		Scopes:       []string{"schemas:read"},
	})))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer reg.Close(ctx)
	fmt.Println(reg.Subjects(ctx))
	// Output: [Bearer abc] <nil>
}

func ExampleHeadersFrom() {
	server := mirror("X-Session")
	defer server.Close()
	session := func(context.Context) (http.Header, error) {
		return http.Header{"X-Session": {"from the vault"}}, nil
	}

	reg, err := registry.NewClient(server.URL, registry.WithAuth(registry.HeadersFrom(session)))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer reg.Close(ctx)
	fmt.Println(reg.Subjects(ctx))
	// Output: [from the vault] <nil>
}

func ExampleWithTLS() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `["s"]`) }))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})

	// A service rather gives CAFile, CertFile and KeyFile, which may be replaced
	// while it runs.
	reg, err := registry.NewClient(server.URL, registry.WithTLS(registry.TLS{CAPEM: string(ca)}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer reg.Close(ctx)
	fmt.Println(reg.Subjects(ctx))
	// Output: [s] <nil>
}

func ExampleFromConfig() {
	_, err := registry.FromConfig(map[string]string{
		"schema.registry.url":                 "https://a.internal:8081,https://b.internal:8081",
		"basic.auth.credentials.source":       "USER_INFO",
		"schema.registry.basic.auth.userinfo": "orders:s3cr3t",
		"schema.registry.ssl.truststore.type": "JKS",
		"auto.register.schemas":               "true",
	})
	fmt.Println(err)
	// Output:
	// registry: configuration auto.register.schemas: set on a serializer: serde.WithWriterSchema(serde.AutoRegister()) for true; false is concord's default
	// registry: configuration schema.registry.basic.auth.userinfo: this key is not known; did you mean schema.registry.basic.auth.user.info?
	// registry: configuration schema.registry.ssl.truststore.type: only PEM is read: make it of a Java keystore with "keytool -importkeystore -deststoretype PKCS12", and of PKCS#12 with "openssl pkcs12"
	// registry: configuration basic.auth.credentials.source: is USER_INFO, and basic.auth.user.info is missing
}
