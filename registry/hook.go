package registry

import (
	"context"
	"time"
)

// RequestInfo is one request that a client sent, after its end, or one question
// that its caches answered.
type RequestInfo struct {
	Method   string        // of HTTP
	Route    string        // the path's template, such as "/subjects/{subject}/versions/{version}"
	Host     string        // the host asked; empty for an answer out of the cache
	Status   int           // of HTTP; 0 when there was no answer, or no request
	Code     Code          // error_code of the answer; 0 when there is none
	Duration time.Duration // from before the request to the answer's last byte
	Attempt  int           // 1 for the first request of a call, 0 for an answer out of the cache
	Cache    CacheOutcome
	Err      error // nil when it succeeded; without credentials and schema texts
}

// CacheOutcome says what a client's caches had to do with a question.
type CacheOutcome uint8

// The outcomes. The first is for what is never cached: listings, settings, deletions.
const (
	CacheNone    CacheOutcome = iota
	CacheHit                  // answered from the cache; no request was sent
	CacheAbsent               // the cache knew that the registry does not have it; no request was sent
	CacheStale                // the registry gave no answer: an older one served (WithStaleLatest)
	CacheMiss                 // not in the cache: a request
	CacheRefresh              // a request made ahead of the time at which the answer expires
)

// String is the outcome in one lower-case word, for labels.
func (o CacheOutcome) String() string {
	if int(o) < len(cacheOutcomes) {
		return cacheOutcomes[o]
	}
	return "invalid"
}

var cacheOutcomes = [...]string{"none", "hit", "absent", "stale", "miss", "refresh"}

// RequestHook is told of each request and of each cached answer. It is called on
// the goroutine that asks, possibly on several at once, and what it takes is taken from the caller.
type RequestHook func(context.Context, RequestInfo)

// known tells the hook of an answer that took no request.
func (c *Client) known(ctx context.Context, method, route string, outcome CacheOutcome, err error) {
	if c.hook != nil {
		c.hook(ctx, RequestInfo{Method: method, Route: route, Cache: outcome, Err: err})
	}
}
