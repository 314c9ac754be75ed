//go:build cgo

package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// registryClient makes at most one attempt, so that a refusal is seen at once.
func registryClient(t *testing.T, url string, opts ...registry.ClientOption) *registry.Client {
	t.Helper()
	client, err := registry.NewClient(url, append([]registry.ClientOption{registry.WithRetries(0)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(context.Background()) })
	return client
}

// goesThrough writes and reads a value, each with a client that has nothing cached.
func goesThrough(t *testing.T, topic string, client func() *registry.Client) {
	t.Helper()
	s, err := serde.NewSerializer(client(), avro.For[apicurioEvent](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), apicurioEvent{"u1", 7})
	if err != nil {
		t.Fatal(err)
	}
	d, err := serde.NewDeserializer(client(), avro.For[apicurioEvent]())
	if err != nil {
		t.Fatal(err)
	}
	var got apicurioEvent
	if _, err := d.Deserialize(t.Context(), serde.ValueOf(topic), data, &got); err != nil || got.ID != "u1" {
		t.Errorf("%v, %v", got, err)
	}
}

// wantDenied wants a refusal that says where, and no secret.
func wantDenied(t *testing.T, err error, secrets ...string) {
	t.Helper()
	if !errors.Is(err, registry.ErrDenied) {
		t.Errorf("%v, want that it is denied", err)
		return
	}
	if e, ok := errors.AsType[*registry.Error](err); !ok || e.Host == "" || e.Path == "" {
		t.Errorf("%#v, want host and path", err)
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("the error has a secret: %v", err)
		}
	}
}

func TestRegistryBehindAGate(t *testing.T) {
	ca := newAuthority(t, "ca")
	trust := registry.WithTLS(registry.TLS{CAPEM: ca.pem})
	g := newGate(t, ca, apicurioURL(t), false)
	asOAuth2 := func(secret string) registry.ClientOption {
		return registry.WithAuth(registry.OAuth2(registry.OAuth2Config{TokenURL: g.tokenURL, ClientID: gateID, ClientSecret: registry.NewSecret(secret), Scopes: []string{"registry"}, TLS: registry.TLS{CAPEM: ca.pem}}))
	}

	t.Run("HTTP Basic", func(t *testing.T) {
		goesThrough(t, "basic", func() *registry.Client {
			return registryClient(t, g.url, trust, registry.WithAuth(registry.Basic(gateUser, registry.NewSecret(gatePassword))))
		})
		if g.seen(gateUser) == 0 {
			t.Error("the gate has not seen the user")
		}
		_, err := registryClient(t, g.url, trust, registry.WithAuth(registry.Basic(gateUser, registry.NewSecret("wrong-secret")))).Subjects(t.Context())
		wantDenied(t, err, "wrong-secret")
		_, err = registryClient(t, g.url, trust).Subjects(t.Context())
		wantDenied(t, err)
	})

	t.Run("OAuth2 client credentials", func(t *testing.T) {
		goesThrough(t, "oauth2", func() *registry.Client { return registryClient(t, g.url, trust, asOAuth2(gateSecret)) })
		if g.seen(gateID) == 0 {
			t.Error("the gate has not seen the client")
		}
		_, err := registryClient(t, g.url, trust, asOAuth2("wrong-secret")).Subjects(t.Context())
		wantDenied(t, err, "wrong-secret")
	})

	t.Run("a token that is no longer good is replaced", func(t *testing.T) {
		client := registryClient(t, g.url, trust, asOAuth2(gateSecret))
		if _, err := client.Subjects(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := g.tokensIssued()
		g.revoke()
		for range 3 {
			if _, err := client.Subjects(t.Context()); err != nil {
				t.Fatalf("after the token was revoked: %v", err)
			}
		}
		if n := g.tokensIssued() - before; n != 1 {
			t.Errorf("%d tokens were asked for in place of one", n)
		}
	})

	t.Run("mutual TLS", func(t *testing.T) {
		strict := newGate(t, ca, apicurioURL(t), true)
		certificate, key := ca.issue(t, "service")
		goesThrough(t, "mutual", func() *registry.Client {
			return registryClient(t, strict.url, registry.WithTLS(registry.TLS{CAPEM: ca.pem, CertPEM: certificate, KeyPEM: registry.NewSecret(key)}))
		})
		if strict.seen("service") == 0 {
			t.Error("the gate has not seen the certificate")
		}
		if _, err := registryClient(t, strict.url, trust).Subjects(t.Context()); !errors.Is(err, registry.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("without a certificate: %v", err)
		}
		if _, err := registryClient(t, strict.url).Subjects(t.Context()); !errors.Is(err, registry.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("with an authority that is not trusted: %v", err)
		}
	})
}

// A subject that a principal may read and not write: writing fails before the first message and says why, reading
// goes on. One that may not even read stops, and its records wait for it.
func TestASubjectThatMayBeReadAndNotWritten(t *testing.T) {
	bootstrap := kafkaNode(t)
	ca := newAuthority(t, "ca")
	trust := registry.WithTLS(registry.TLS{CAPEM: ca.pem})
	g := newGate(t, ca, apicurioURL(t), false)
	as := func(user, password string) *registry.Client {
		return registryClient(t, g.url, trust, registry.WithAuth(registry.Basic(user, registry.NewSecret(password))))
	}
	topic := createTopic(t, bootstrap, "guarded", 2)
	type wider struct {
		ID    string `avro:"id"`
		Count int64  `avro:"count"`
		More  int64  `avro:"more,default=0"`
	}

	owner, err := serde.NewSerializer(as(gateUser, gatePassword), avro.For[apicurioEvent](), serde.WithWriterSchema(serde.AutoRegister()))
	if err != nil {
		t.Fatal(err)
	}
	p := newProducer(t, bootstrap, owner)
	const count = 20
	for i := range count {
		if _, err := p.Produce(t.Context(), concord.Message[string, apicurioEvent]{Topic: topic, Key: fmt.Sprint(i), Value: apicurioEvent{"u", int64(i)}}); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("writing what is new is refused before the first message", func(t *testing.T) {
		s, err := serde.NewSerializer(as(readUser, readPassword), avro.For[wider](), serde.WithWriterSchema(serde.AutoRegister()))
		if err != nil {
			t.Fatal(err)
		}
		guest := newProducer(t, bootstrap, s)
		err = guest.Prepare(t.Context(), topic)
		wantDenied(t, err, readPassword)
		if err == nil || !strings.Contains(err.Error(), topic+"-value") {
			t.Errorf("%v, want the subject", err)
		}
		_, err = guest.Produce(t.Context(), concord.Message[string, wider]{Topic: topic, Value: wider{ID: "u"}})
		wantDenied(t, err, readPassword)
	})

	t.Run("writing with what is registered goes on", func(t *testing.T) {
		s, err := serde.NewSerializer(as(readUser, readPassword), avro.For[apicurioEvent]())
		if err != nil {
			t.Fatal(err)
		}
		if err := newProducer(t, bootstrap, s).Prepare(t.Context(), topic); err != nil {
			t.Error(err)
		}
	})

	read := func(t *testing.T, client *registry.Client) (n int, err error) {
		var handled atomic.Int32
		d, derr := serde.NewDeserializer(client, avro.For[apicurioEvent]())
		if derr != nil {
			t.Fatal(derr)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		err = newConsumer(t, bootstrap, "guests", d, nil, concord.WithStopAtEnd()).Run(ctx, []string{topic}, func(context.Context, *concord.Message[string, apicurioEvent]) error {
			handled.Add(1)
			return nil
		})
		return int(handled.Load()), err
	}
	t.Run("one that may not read stops, and skips nothing", func(t *testing.T) {
		n, err := read(t, as("carol", "carol-secret"))
		wantDenied(t, err, "carol-secret")
		if n != 0 {
			t.Errorf("%d events were handled", n)
		}
	})
	t.Run("reading goes on, from the first", func(t *testing.T) {
		if n, err := read(t, as(readUser, readPassword)); err != nil || n != count {
			t.Errorf("%d of %d events were handled: %v", n, count, err)
		}
	})
}
