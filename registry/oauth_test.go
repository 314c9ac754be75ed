package registry_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

const clientSecret = "CANARY-client+secret"

// idp is a token endpoint over no network.
type idp struct {
	asked atomic.Int32
	give  func(nth int, r *http.Request) (*http.Response, error)
}

func (p *idp) config() registry.OAuth2Config {
	return registry.OAuth2Config{
		TokenURL: "https://idp.example/token", ClientID: "me", ClientSecret: secret(clientSecret),
		HTTPClient: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			return p.give(int(p.asked.Add(1)), r)
		})},
	}
}

func (p *idp) auth() registry.ClientOption { return registry.WithAuth(registry.OAuth2(p.config())) }

// granted is a token with a life in seconds.
func granted(token string, life int) *http.Response {
	return reply(200, fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":%d}`, token, life), "Content-Type", "application/json")
}

// grants gives CANARY-token-1, CANARY-token-2 and so on, each for so many seconds.
func grants(life int) *idp {
	return &idp{give: func(n int, _ *http.Request) (*http.Response, error) {
		return granted(fmt.Sprint("CANARY-token-", n), life), nil
	}}
}

// logText is what a client logs.
type logText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) option() registry.ClientOption {
	return registry.WithLogger(slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

func (l *logText) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.b.String()
	l.b.Reset()
	return text
}

// takes is a registry that takes one token and keeps what it was sent.
type takes struct {
	mu    sync.Mutex
	token string // empty: any
	seen  []string
}

func (s *takes) over() registry.ClientOption {
	return over(func(r *http.Request) (*http.Response, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		given := r.Header.Get("Authorization")
		s.seen = append(s.seen, given)
		if s.token != "" && given != "Bearer "+s.token {
			return reply(401, fmt.Sprintf(`{"error_code":401,"message":"no: %s"}`, given)), nil
		}
		return reply(200, "[]"), nil
	})
}

func (s *takes) require(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

func (s *takes) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func TestATokenIsFetchedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var form url.Values
		var basic string
		p := &idp{give: func(_ int, r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			body, _ := io.ReadAll(r.Body)
			form, _ = url.ParseQuery(string(body))
			basic = r.Header.Get("Authorization")
			return granted("tok", 3600), nil
		}}
		config := p.config()
		config.Scopes = []string{"read", "write"}
		config.Params = url.Values{"audience": {"registry"}}
		config.LogicalCluster, config.IdentityPool = "lsrc-1", "pool-1"
		auth := registry.OAuth2(config)
		config.Scopes[0], config.Params["audience"][0] = "changed", "changed"
		var header http.Header
		c := newClient(t, registry.WithAuth(auth), over(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") != "Bearer tok" {
				t.Errorf("sent %q", r.Header.Get("Authorization"))
			}
			return reply(200, "[]"), nil
		}), registry.WithRequestHook(func(context.Context, registry.RequestInfo) {}))
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := c.Subjects(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		// One that leaves early does not take the token away from the others.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := c.Subjects(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("left early: %v", err)
		}
		wg.Wait()
		if n := p.asked.Load(); n != 1 {
			t.Errorf("%d token requests, want 1", n)
		}
		want := url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}, "audience": {"registry"}}
		if diff := cmp.Diff(want, form); diff != "" {
			t.Errorf("the form (-want +got):\n%s", diff)
		}
		if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+url.QueryEscape(clientSecret))); basic != want {
			t.Errorf("client authentication %q", basic)
		}
		config = p.config()
		config.SecretInBody = true
		config.LogicalCluster, config.IdentityPool = "lsrc-1", "pool-1"
		c = newClient(t, registry.WithAuth(registry.OAuth2(config)), over(func(r *http.Request) (*http.Response, error) {
			header = r.Header
			return reply(200, "[]"), nil
		}))
		if _, err := c.Subjects(t.Context()); err != nil || basic != "" || form.Get("client_id") != "me" || form.Get("client_secret") != clientSecret {
			t.Errorf("secret in the body: %v, %q, %v", err, basic, form)
		}
		if header.Get("target-sr-cluster") != "lsrc-1" || header.Get("Confluent-Identity-Pool-Id") != "pool-1" {
			t.Errorf("the pool's headers: %v", header)
		}
	})
}

func TestATokenIsRenewedAheadAndNobodyWaits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		life           int
		ahead          time.Duration
		until, renewed time.Duration // still the first token, without and with a renewal
	}{
		"an hour, five minutes ahead":        {3600, 0, 55*time.Minute - time.Second, 59 * time.Minute},
		"a minute, half its life ahead":      {60, 0, 29 * time.Second, 50 * time.Second},
		"an hour, by choice a minute before": {3600, time.Minute, 59*time.Minute - time.Second, 59*time.Minute + 30*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &idp{give: func(n int, _ *http.Request) (*http.Response, error) {
					if n > 1 {
						time.Sleep(5 * time.Second)
					}
					return granted(fmt.Sprint("tok-", n), tc.life), nil
				}}
				config := p.config()
				config.RefreshAhead = tc.ahead
				var reg takes
				c := newClient(t, registry.WithAuth(registry.OAuth2(config)), reg.over())
				start := time.Now()
				call := func(at time.Duration, wantToken string, wantAsked int32) {
					t.Helper()
					time.Sleep(time.Until(start.Add(at)))
					_, err := c.Subjects(t.Context())
					if took := time.Since(start.Add(at)); err != nil || took != 0 {
						t.Errorf("at %v: %v after %v", at, err, took)
					}
					synctest.Wait()
					if seen := reg.take(); len(seen) != 1 || seen[0] != "Bearer "+wantToken || p.asked.Load() != wantAsked {
						t.Errorf("at %v: sent %q after %d token requests, want %s after %d", at, seen, p.asked.Load(), wantToken, wantAsked)
					}
				}
				call(0, "tok-1", 1)
				call(tc.until, "tok-1", 1)
				call(tc.renewed, "tok-1", 2)
				call(tc.renewed, "tok-1", 2)
				call(tc.renewed+6*time.Second, "tok-2", 2)
			})
		})
	}
}

func TestATokenWithoutEndIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := grants(0)
		var reg takes
		c := newClient(t, p.auth(), reg.over())
		for range 3 {
			if _, err := c.Subjects(t.Context()); err != nil || p.asked.Load() != 1 {
				t.Errorf("%v, %d token requests", err, p.asked.Load())
			}
			time.Sleep(1000 * time.Hour)
		}
	})
}

func TestAnOutageOfTheTokenEndpointIsSurvivedAsLongAsTheTokenIsValid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		p := &idp{give: func(n int, _ *http.Request) (*http.Response, error) {
			if down.Load() {
				return nil, errors.New("no route for " + clientSecret)
			}
			return granted(fmt.Sprint("tok-", n), 3600), nil
		}}
		var log logText
		var reg takes
		c := newClient(t, p.auth(), reg.over(), registry.WithRetries(0), log.option())
		start := time.Now()
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Fatal(err)
		}
		down.Store(true)
		for time.Since(start) < time.Hour {
			if _, err := c.Subjects(t.Context()); err != nil {
				t.Fatalf("after %v: %v", time.Since(start), err)
			}
			time.Sleep(time.Second)
		}
		// 100 ms, 200 ms, ... and then every 10 s of the last 5 minutes.
		if n := p.asked.Load(); n < 20 || n > 40 {
			t.Errorf("%d token requests in an outage of 5 minutes", n)
		}
		if text := log.take(); !strings.Contains(text, "could not be renewed") || strings.Contains(text, "CANARY") {
			t.Errorf("log: %s", text)
		}
		reg.take()
		asked, failures := p.asked.Load(), 0
		for range 1000 {
			_, err := c.Subjects(t.Context())
			e, ok := errors.AsType[*registry.Error](err)
			if !ok || !registry.IsRetryable(err) || errors.Is(err, registry.ErrDenied) || e.RetryAfter <= 0 || strings.Contains(err.Error(), "CANARY") {
				t.Fatalf("without a token: %v", err)
			}
			failures++
		}
		if n := p.asked.Load() - asked; n > 2 || len(reg.take()) > 0 {
			t.Errorf("%d calls without a token made %d token requests", failures, n)
		}
		if c.Stats().CircuitOpen {
			t.Error("the registry's circuit opened, which nobody asked")
		}
		down.Store(false)
		time.Sleep(10 * time.Second)
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Errorf("after the outage: %v", err)
		}
	})
}

func TestACallWaitsOutAHiccupOfTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &idp{give: func(n int, _ *http.Request) (*http.Response, error) {
			if n < 3 {
				return reply(503, "busy"), nil
			}
			return granted("tok", 60), nil
		}}
		var reg takes
		c := newClient(t, p.auth(), reg.over(), registry.WithFailover("http://b"))
		if _, err := c.Subjects(t.Context()); err != nil || p.asked.Load() != 3 || len(reg.take()) != 1 {
			t.Errorf("%v after %d token requests", err, p.asked.Load())
		}
	})
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := grants(3600)
		var reg takes
		c := newClient(t, p.auth(), reg.over())
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Fatal(err)
		}
		reg.require("CANARY-token-2") // the first is revoked
		reg.take()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if _, err := c.Subjects(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := p.asked.Load(); n != 2 {
			t.Errorf("%d token requests for one revocation, want 2", n)
		}
		reg.require("nothing will do")
		for i := range 20 {
			_, err := c.Subjects(t.Context())
			if !errors.Is(err, registry.ErrDenied) || registry.IsRetryable(err) || strings.Contains(fmt.Sprintf("%v %#v", err, err), "CANARY") {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		if n := p.asked.Load(); n > 3 {
			t.Errorf("a registry that refuses everything caused %d token requests", n)
		}
		time.Sleep(10 * time.Second)
		if _, err := c.Subjects(t.Context()); err == nil || p.asked.Load() > 4 {
			t.Errorf("later: %v, %d token requests", err, p.asked.Load())
		}
	})
}

func TestCloseEndsTokenRequests(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]int{"of a call": 10, "in the background": 60} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &idp{give: func(n int, r *http.Request) (*http.Response, error) {
					if n == 1 {
						return granted("tok", life), nil
					}
					<-r.Context().Done()
					time.Sleep(time.Second) // a transport that takes its time
					return nil, r.Context().Err()
				}}
				var reg takes
				var log logText
				c := newClient(t, p.auth(), reg.over(), log.option())
				if _, err := c.Subjects(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(40 * time.Second)
				log.take()
				var wg sync.WaitGroup
				wg.Go(func() {
					if _, err := c.Subjects(t.Context()); err != nil && !errors.Is(err, registry.ErrClosed) {
						t.Error(err)
					}
				})
				synctest.Wait()
				if p.asked.Load() != 2 {
					t.Fatalf("%d token requests, want a second under way", p.asked.Load())
				}
				began := time.Now()
				if err := c.Close(t.Context()); err != nil || time.Since(began) != time.Second {
					t.Errorf("Close: %v after %v; it waits for the request to end", err, time.Since(began))
				}
				wg.Wait()
				if _, err := c.Subjects(t.Context()); !errors.Is(err, registry.ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
				if text := log.take(); text != "" {
					t.Errorf("what Close cut off is logged: %s", text)
				}
			})
		})
	}
}

func TestATokenRequestThatNobodyWaitsForIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		p := &idp{give: func(n int, r *http.Request) (*http.Response, error) {
			if n > 1 {
				return granted("tok", 60), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		c := newClient(t, p.auth(), registry.WithRetries(0), registry.WithFailover("http://b"), over(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.URL.Host)
			return reply(200, "[]"), nil
		}), registry.WithAttemptTimeout(0), registry.WithTimeout(0))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Subjects(ctx)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		if _, err := c.Subjects(t.Context()); err != nil {
			t.Errorf("the next call: %v", err)
		}
		if len(seen) != 1 || seen[0] != "a" {
			t.Errorf("asked %q; the first URL is not to blame", seen)
		}
	})
}

func TestMissingCredentialsSayNothingOfTheRegistry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := grants(60)
		asked := 0
		c := newClient(t, p.auth(), registry.WithRetries(0), over(func(*http.Request) (*http.Response, error) {
			asked++
			return nil, errors.New("down")
		}))
		for range 6 {
			_, _ = c.Subjects(t.Context())
			time.Sleep(2 * time.Second)
		}
		time.Sleep(2 * time.Minute) // the token has ended, and the next call is to try the registry
		p.give = func(int, *http.Request) (*http.Response, error) { return nil, errors.New("down too") }
		before := asked
		_, err := c.Subjects(t.Context())
		if !errors.Is(err, registry.ErrUnavailable) || errors.Is(err, registry.ErrCircuitOpen) || asked != before {
			t.Fatalf("%v, %d requests", err, asked-before)
		}
		if !c.Stats().CircuitOpen {
			t.Error("a call that sent nothing closed the circuit")
		}
	})
}

func TestATokensLifeCountsFromItsRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &idp{give: func(n int, _ *http.Request) (*http.Response, error) {
			time.Sleep(5 * time.Second)
			return granted(fmt.Sprint("tok-", n), 60), nil
		}}
		var reg takes
		c := newClient(t, p.auth(), reg.over())
		for range 2 {
			if _, err := c.Subjects(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(56 * time.Second) // a second after the end of the first
		}
		if seen := reg.take(); len(seen) != 2 || seen[1] != "Bearer tok-2" {
			t.Errorf("sent %q", seen)
		}
	})
}
