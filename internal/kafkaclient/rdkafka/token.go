//go:build cgo

package rdkafka

import (
	"context"
	"errors"
	"sync"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// tokens brings OAUTHBEARER tokens to a client. librdkafka asks for one when it is made and
// before the last one expires, with an event: a consumer gets it from Poll, which must therefore
// be called between runs, too; a producer gets it on its goroutine.
type tokens struct {
	source kafkaclient.TokenSource // nil: librdkafka has its own
	client kafka.Handle

	ctx     context.Context // ends at close
	cancel  context.CancelFunc
	mu      sync.Mutex
	running bool
	owned   sync.WaitGroup
}

func newTokens(source kafkaclient.TokenSource, client kafka.Handle) *tokens {
	t := &tokens{source: source, client: client}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// refresh asks the source, on a goroutine of its own.
func (t *tokens) refresh() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.source == nil || t.running || t.ctx.Err() != nil {
		return
	}
	t.running = true
	t.owned.Go(func() {
		err := t.set()
		t.mu.Lock()
		t.running = false
		t.mu.Unlock()
		if err != nil && t.ctx.Err() == nil {
			// librdkafka reports it as an error of authentication, and asks again after 10 seconds.
			_ = t.client.SetOAuthBearerTokenFailure(err.Error())
		}
	})
}

func (t *tokens) set() error {
	token, err := t.source(t.ctx)
	switch {
	case err != nil:
		return err
	case t.ctx.Err() != nil:
		return t.ctx.Err()
	case token.Value == "":
		return errors.New("the token source returned a token without a value")
	case token.Expires.IsZero():
		return errors.New("the token source returned a token without an expiry")
	}
	return t.client.SetOAuthBearerToken(kafka.OAuthBearerToken{
		TokenValue: token.Value, Expiration: token.Expires, Principal: token.Principal, Extensions: token.Extensions,
	})
}

// close ends a refresh under way, and waits for it.
func (t *tokens) close() {
	t.mu.Lock()
	t.cancel() // no refresh begins from here on
	t.mu.Unlock()
	t.owned.Wait()
}
