package registry

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/concord-go/concord/internal/backoff"
)

// ClientOption is an option of [NewClient].
type ClientOption interface{ applyClient(*clientConfig) error }

type clientOptionFunc func(*clientConfig) error

func (f clientOptionFunc) applyClient(c *clientConfig) error { return f(c) }

type clientConfig struct {
	failover       []string
	auth           Auth
	hasAuth        bool
	headers        http.Header
	httpClient     *http.Client
	retries        int
	retryWait      backoff.Policy
	attemptTimeout time.Duration
	timeout        time.Duration
	maxResponse    int64
	cacheEntries   int
	cacheBytes     int64
	latestTTL      time.Duration
	staleLatest    time.Duration
	missingTTL     time.Duration
	breaker        int
	breakerRest    time.Duration
	context        string
	tls            TLS
	hasTLS         bool
	proxy          proxy
	connectTimeout time.Duration
	hook           RequestHook
	log            *slog.Logger
}

func defaultClientConfig() clientConfig {
	return clientConfig{
		retries:        3,
		retryWait:      backoff.Policy{Base: 200 * time.Millisecond, Max: 5 * time.Second},
		attemptTimeout: 10 * time.Second,
		timeout:        60 * time.Second,
		maxResponse:    16 << 20,
		cacheEntries:   1000,
		cacheBytes:     64 << 20,
		latestTTL:      5 * time.Minute,
		staleLatest:    time.Hour,
		missingTTL:     10 * time.Second,
		breaker:        5,
		breakerRest:    30 * time.Second,
		connectTimeout: 5 * time.Second,
		log:            slog.Default(),
	}
}

// WithFailover adds URLs of the same registry. A request goes to the URL that
// answered last, and on failure to the next ones before the client waits; one
// that failed is left alone for a second, doubled with each failure up to half a
// minute. Default: none. Credentials in a URL are for that URL alone.
func WithFailover(urls ...string) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.failover = append(c.failover, urls...)
		return nil
	})
}

// WithAuth gives the credentials, for every URL of this client. Default: those
// in each URL's user-info, or none. It cannot be given twice, nor together with
// user-info or an Authorization header.
func WithAuth(auth Auth) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if c.hasAuth {
			return errors.New("registry: credentials are given twice: give WithAuth once")
		}
		c.auth, c.hasAuth = auth, true
		return auth.check()
	})
}

// WithHeader sends one more header with each request, for instance
// "target-sr-cluster". Default: none. The value counts as a credential: it is
// not sent to another origin and does not appear in errors. Headers that the
// client itself sets are refused.
func WithHeader(name, value string) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if err := checkHeader(name, value); err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		if c.headers == nil {
			c.headers = make(http.Header)
		}
		c.headers.Add(name, value)
		return nil
	})
}

// WithHTTPClient sends requests through a copy of this client: its transport
// (TLS, proxy), cookie jar, timeout and redirect policy hold, beside the limits
// of this package. Default: a client of its own, which Close shuts down. It
// excludes [WithTLS] and [WithProxy].
func WithHTTPClient(client *http.Client) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if client == nil {
			return errors.New("registry: WithHTTPClient was given nil")
		}
		c.httpClient = client
		return nil
	})
}

// WithRetries sets how often a failed request is repeated (see the package's
// documentation for which). Default: 3; 0: never. Each repetition asks every
// healthy URL once.
func WithRetries(n int) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if n < 0 || n > 100 {
			return fmt.Errorf("registry: %d retries: want 0..100", n)
		}
		c.retries = n
		return nil
	})
}

// WithRetryWait sets the waits between repetitions: a random one up to first,
// then up to twice that, and so on, at most longest. Default: 200 ms and 5 s; 0
// for either: no wait. A longer Retry-After of the registry is honoured up to
// one minute; beyond that the call ends.
func WithRetryWait(first, longest time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.retryWait = backoff.Policy{Base: first, Max: longest}
		return notNegative("retry wait", first, longest)
	})
}

// WithAttemptTimeout bounds one request, from connecting to the body's last
// byte. Default: 10 s; 0: no bound but the call's.
func WithAttemptTimeout(d time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.attemptTimeout = d
		return notNegative("attempt timeout", d)
	})
}

// WithTimeout bounds one call with all its repetitions and waits. Default: one
// minute; 0: no bound but the caller's context.
func WithTimeout(d time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.timeout = d
		return notNegative("timeout", d)
	})
}

// WithResponseLimit sets how many bytes of an answer are read, after
// decompression; a longer one is [ErrTooLarge]. Default: 16 MiB. 0 is refused:
// an unbounded answer could exhaust memory.
func WithResponseLimit(bytes int64) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if bytes < 1 || bytes > 1<<31-2 {
			return fmt.Errorf("registry: response limit %d: want 1..2147483646 bytes", bytes)
		}
		c.maxResponse = bytes
		return nil
	})
}

// WithCacheSize bounds each of the client's caches (schemas by id, by GUID, by
// version, own lookups, own registrations, and as many absences for each) by a
// number of entries and by the bytes of the schema texts in it; the least
// recently used go first. Default: 1000 entries and 64 MiB. 0 is refused: every
// record read would ask the registry.
func WithCacheSize(entries int, bytes int64) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if entries < 1 || entries > 1<<20 || bytes < 1 {
			return fmt.Errorf("registry: cache size %d entries, %d bytes: want 1..%d entries and 1 byte or more", entries, bytes, 1<<20)
		}
		c.cacheEntries, c.cacheBytes = entries, bytes
		return nil
	})
}

// WithLatestTTL sets how long the answer for a subject's latest version is used.
// Default: 5 minutes, for latest is what writers ask for, and one that goes on
// with the version before for some minutes still writes valid records. In its
// last quarter an answer in use is renewed in the background, so that nobody
// waits. A registration through this client shows at once. 0: ask each time.
func WithLatestTTL(d time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.latestTTL = d
		return notNegative("latest TTL", d)
	})
}

// WithStaleLatest sets how long after its TTL the answer for a latest version is
// still used while the registry gives none: it cannot be reached, or takes longer
// than a second, or something that is no registry answers in its place. Each use
// is counted ([CacheStats]), told to the hook, and logged now and then. Default: one hour. 0: never; the call fails.
func WithStaleLatest(d time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.staleLatest = d
		return notNegative("stale latest", d)
	})
}

// WithCircuitBreaker sets after how many attempts in a row that nothing answered
// (connection failed, no answer in time, 502, 503, 504) a URL's circuit opens, and how long it stays so at most.
// While the circuits of all URLs are open, calls fail at once with
// [ErrCircuitOpen], which is an [ErrUnavailable], and one call now and then, after
// a second at first, tries again. Calls under way go on. Default: 5 attempts, 30 s. 0 attempts: never.
func WithCircuitBreaker(attempts int, longest time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if attempts < 0 || attempts > 0 && longest <= 0 {
			return fmt.Errorf("registry: a circuit breaker of %d attempts and %v: want 0 attempts or more, and a time above 0", attempts, longest)
		}
		c.breaker = attempts
		if attempts > 0 {
			c.breakerRest = longest
		}
		return nil
	})
}

// WithSchemaContext makes the client one of a schema context, "staging" or
// ".staging": subjects without a context of their own are that context's, ids
// are its ids, and [Global] is its configuration and mode. Default, and ".": the
// default context. Registries other than Confluent's have no contexts.
func WithSchemaContext(name string) ClientOption {
	return clientOptionFunc(func(c *clientConfig) (err error) {
		c.context, err = contextPrefix(name)
		return err
	})
}

// WithRequestHook tells the function of each request and each cached answer, for
// metrics and traces. Default: none, which costs nothing.
func WithRequestHook(hook RequestHook) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if hook == nil {
			return errors.New("registry: WithRequestHook was given nil")
		}
		c.hook = hook
		return nil
	})
}

// WithLogger says where the client logs what no caller sees: circuits that open,
// URLs that take over, answers used after their TTL, renewals that failed; at
// most one of a kind in half a minute. Default: slog.Default() at the time of
// NewClient.
func WithLogger(log *slog.Logger) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		if log == nil {
			return errors.New("registry: WithLogger was given nil: use slog.DiscardHandler for silence")
		}
		c.log = log
		return nil
	})
}

// WithMissingTTL sets how long it is remembered that the registry does not have
// an id, GUID, version or looked-up schema. Default: 10 s, so that a topic full
// of records with one unknown id costs a request every ten seconds, and a schema
// registered a moment late is found soon. 0: ask each time.
func WithMissingTTL(d time.Duration) ClientOption {
	return clientOptionFunc(func(c *clientConfig) error {
		c.missingTTL = d
		return notNegative("missing TTL", d)
	})
}

func notNegative(what string, ds ...time.Duration) error {
	for _, d := range ds {
		if d < 0 {
			return fmt.Errorf("registry: %s %v is negative", what, d)
		}
	}
	return nil
}

// validHeader checks name and value without naming them: the value may be secret.
func validHeader(name, value string) bool {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if name == "" || strings.Trim(name, token) != "" {
		return false
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
