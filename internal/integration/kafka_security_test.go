//go:build cgo

package integration

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord"
)

const secureSettings = `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,TLS:SSL,MTLS:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={root}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={root}/ca.pem
listener.name.mtls.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:alice;User:CN=client
`

func TestSecureListeners(t *testing.T) {
	ca := newAuthority(t, "ca")
	certificate, key := ca.issue(t, "server")
	clientCertificate, clientKey := ca.issue(t, "client")
	brokers, err := startKafka(installed(t, "kafka"), clusterConfig{
		nodes: 1, listeners: []string{"SASL_SSL", "TLS", "MTLS"}, settings: secureSettings,
		format: []string{"--add-scram", "SCRAM-SHA-512=[name=alice,password=alice-secret]", "--add-scram", "SCRAM-SHA-512=[name=bob,password=bob-secret]"},
		files:  map[string]string{"server.pem": key + certificate, "ca.pem": ca.pem},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := brokers[0]
	t.Cleanup(b.process.kill)
	allowed, denied := createTopic(t, b.bootstrap, "allowed", 1), createTopic(t, b.bootstrap, "denied", 1)
	permit(t, b.bootstrap, kafka.ResourceTopic, allowed, kafka.ACLOperationRead, kafka.ACLOperationWrite, kafka.ACLOperationDescribe)
	permit(t, b.bootstrap, kafka.ResourceGroup, "allowed", kafka.ACLOperationRead)

	scram := func(user, password string) kafka.ConfigMap {
		return kafka.ConfigMap{"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user, "sasl.password": password, "ssl.ca.pem": ca.pem}
	}
	tls := kafka.ConfigMap{"security.protocol": "SSL", "ssl.ca.pem": ca.pem}
	mutual := kafka.ConfigMap{"security.protocol": "SSL", "ssl.ca.pem": ca.pem, "ssl.certificate.pem": clientCertificate, "ssl.key.pem": clientKey}

	for name, way := range map[string]struct {
		listener string
		settings kafka.ConfigMap
	}{
		"SCRAM and TLS":              {"SASL_SSL", scram("alice", "alice-secret")},
		"SCRAM, with what ACLs give": {"SASL_SSL", scram("bob", "bob-secret")},
		"TLS":                        {"TLS", tls},
		"mutual TLS":                 {"MTLS", mutual},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProducer(t, b.listeners[way.listener], concord.String(), way.settings)
			d, err := p.Produce(t.Context(), concord.Message[string, string]{Topic: allowed, Value: name})
			if err != nil {
				t.Fatal(err)
			}
			var last string
			reader := newConsumer(t, b.listeners[way.listener], "allowed", concord.String(), way.settings, concord.WithStopAtEnd())
			for m, err := range reader.Messages(t.Context(), allowed) {
				if err != nil {
					t.Fatal(err)
				}
				last = m.Value
			}
			if last != name {
				t.Errorf("read %q, want %q at offset %d", last, name, d.Offset)
			}
		})
	}

	soon := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		t.Cleanup(cancel)
		return ctx
	}
	t.Run("a denied topic", func(t *testing.T) {
		p := newProducer(t, b.listeners["SASL_SSL"], concord.String(), scram("bob", "bob-secret"))
		_, err := p.Produce(soon(t), concord.Message[string, string]{Topic: denied, Value: "v"})
		wantCode(t, err, kafka.ErrTopicAuthorizationFailed)
		if pe, ok := errors.AsType[*concord.ProduceError](err); !ok || pe.Topic != denied || pe.MaybeDelivered {
			t.Errorf("%+v, want the topic, and that it is not delivered", err)
		}
		c := newConsumer(t, b.listeners["SASL_SSL"], "allowed", concord.String(), scram("bob", "bob-secret"))
		err = c.Run(soon(t), []string{denied}, func(context.Context, *concord.Message[string, string]) error { return nil })
		wantCode(t, err, kafka.ErrTopicAuthorizationFailed)
	})
	t.Run("a denied group", func(t *testing.T) {
		c := newConsumer(t, b.listeners["SASL_SSL"], "denied", concord.String(), scram("bob", "bob-secret"))
		err := c.Run(soon(t), []string{allowed}, func(context.Context, *concord.Message[string, string]) error { return nil })
		wantCode(t, err, kafka.ErrGroupAuthorizationFailed)
	})
	t.Run("a wrong password", func(t *testing.T) {
		c := newConsumer(t, b.listeners["SASL_SSL"], "allowed", concord.String(), scram("alice", "wrong-secret"))
		err := c.Run(soon(t), []string{allowed}, func(context.Context, *concord.Message[string, string]) error { return nil })
		wantCode(t, err, kafka.ErrAuthentication)
		if err != nil && strings.Contains(err.Error(), "wrong-secret") {
			t.Errorf("the error has the password: %v", err)
		}
	})
	// Certificates are replaced while services run: these failures do not end the run, and are logged.
	for name, c := range map[string]struct {
		listener, says string
		settings       kafka.ConfigMap
	}{
		"an authority that is not trusted": {"TLS", "certificate verify failed", kafka.ConfigMap{"security.protocol": "SSL", "ssl.ca.pem": newAuthority(t, "another").pem}},
		"mutual TLS without a certificate": {"MTLS", "no partition is assigned yet", tls},
		"mutual TLS with another's":        {"MTLS", "no partition is assigned yet", another(t, ca)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits
			log := newAwaited(c.says)
			ctx, cancel := context.WithCancel(soon(t))
			defer cancel()
			go func() {
				select {
				case <-log.seen:
					cancel()
				case <-ctx.Done():
				}
			}()
			reader := newConsumer(t, b.listeners[c.listener], "allowed", concord.String(), c.settings, concord.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			if err := reader.Run(ctx, []string{allowed}, func(context.Context, *concord.Message[string, string]) error { return nil }); err != nil {
				t.Error(err)
			}
			select {
			case <-log.seen:
			default:
				t.Errorf("the log does not say %q: %s", c.says, log.text.String())
			}
		})
	}
}

// another is a client's configuration with a certificate of an authority that the broker does not know.
func another(t *testing.T, ca *authority) kafka.ConfigMap {
	certificate, key := newAuthority(t, "another").issue(t, "client")
	return kafka.ConfigMap{"security.protocol": "SSL", "ssl.ca.pem": ca.pem, "ssl.certificate.pem": certificate, "ssl.key.pem": key}
}

// awaited is a log in which something is to appear.
type awaited struct {
	words string
	seen  chan struct{} // closed when it has

	mu   sync.Mutex
	text strings.Builder
	once sync.Once
}

func newAwaited(words string) *awaited { return &awaited{words: words, seen: make(chan struct{})} }

func (a *awaited) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.text.Write(b); strings.Contains(a.text.String(), a.words) {
		a.once.Do(func() { close(a.seen) })
	}
	return len(b), nil
}

func wantCode(t *testing.T, err error, code kafka.ErrorCode) {
	t.Helper()
	if e, ok := errors.AsType[kafka.Error](err); !ok || e.Code() != code {
		t.Errorf("%v, want %v", err, code)
	}
}

// permit lets bob do something.
func permit(t *testing.T, bootstrap string, kind kafka.ResourceType, name string, operations ...kafka.ACLOperation) {
	t.Helper()
	var bindings kafka.ACLBindings
	for _, o := range operations {
		bindings = append(bindings, kafka.ACLBinding{
			Type: kind, Name: name, ResourcePatternType: kafka.ResourcePatternTypeLiteral, Principal: "User:bob", Host: "*", Operation: o, PermissionType: kafka.ACLPermissionTypeAllow,
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	results, err := newAdmin(t, bootstrap).CreateACLs(ctx, bindings)
	for _, r := range results {
		if err == nil && r.Error.Code() != kafka.ErrNoError {
			err = r.Error
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
