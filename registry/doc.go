// Package registry is a client of Kafka schema registries: Confluent Schema
// Registry, and those that speak its REST protocol, Karapace among them. It is
// pure Go and needs no Kafka client.
//
//	reg, err := registry.NewClient("http://localhost:8081")
//	if err != nil {
//		return err
//	}
//	defer reg.Close(ctx)
//
//	r, err := reg.Register(ctx, "user-events-value", registry.Schema{Text: text})
//	switch {
//	case errors.Is(err, registry.ErrIncompatible): // the subject's level refuses it
//	case registry.IsRetryable(err): // the registry was not there
//	}
//	schema, err := reg.SchemaByID(ctx, r.ID)
//
// # The way of a question
//
// What was asked before is answered from caches, which are bounded
// ([WithCacheSize]): schemas by id and GUID, versions, own lookups and
// registrations, and for a short time that something does not exist
// ([WithMissingTTL]). A hit takes no lock. Concurrent questions for the same
// thing are one request; a caller whose context ends leaves, and the request goes
// on while anybody waits for it. A hanging registry delays nothing that is known.
// [Client.Warm] asks ahead.
//
// Ids and GUIDs never change. A version number of a subject counts as fixed once
// seen: a registry gives it a second meaning only where somebody deleted the
// subject permanently and registered anew; a client that was up meanwhile, and did
// not delete it itself, still answers with the first. What is latest is used
// for a while ([WithLatestTTL]), renewed in the background before that ends, and
// through an outage a stated time longer ([WithStaleLatest]).
//
// Deleting, setting a configuration and importing drop what they make untrue;
// what others do to the registry meanwhile shows after the TTLs.
//
// # Without a registry
//
// A [Directory] answers from files, an embed.FS for instance, what a registry once
// answered; [Save] writes them. [NewFallback] asks a registry, and where that is
// silent a Directory. Both are Resolvers as a Client is.
//
// # Repetition, failover, outage
//
// A request is repeated when the registry could not be reached or the answer
// broke off, and on HTTP 408, 425, 429 and 5xx: registering, looking up and setting
// again change nothing, and for deletions see [Client.DeleteSubject]. With several URLs
// ([WithFailover]) the next one is asked first, and only then is there a wait, as
// long as Retry-After asks, else a random part of a bound that doubles. A
// registry that does not answer at all is soon asked by one call now and then,
// and the others fail in microseconds ([WithCircuitBreaker]).
//
// # What it does, seen from outside
//
// [Client.Stats] counts what each cache answered; [WithRequestHook] is told of each
// request; what no caller gets to see goes to a log ([WithLogger]).
//
// # Credentials
//
// They are sent to the URLs they were given for, never along a redirect to another
// origin, and stand in no error, log or hook, nor does a client print them: see
// [WithAuth]. [Basic] and [Bearer] are fixed, [OAuth2] fetches tokens and replaces
// them in time, [HeadersFrom] is for all else. [WithTLS] is for authorities and
// client certificates, which may be replaced while the client runs. Over http, which
// clusters use within, credentials are sent as well, and a warning is logged unless
// the host is loopback; a token endpoint must be https.
//
// [FromConfig] makes a client out of the configuration that a service has for
// another client of the registry.
//
// # Errors
//
// A failed call is an [*Error]; errors.Is matches it with a [Code] such as
// [ErrSchemaNotFound], which the registry itself answered, or with
// [ErrUnavailable], [ErrCircuitOpen], [ErrDenied], [ErrNotRegistry], [ErrTooLarge], [ErrUnsupported], [ErrClosed].
// Arguments that no registry takes (an id of 0, an empty subject) are refused
// with the registry's code and Status 0, without a request.
//
// # Concurrency
//
// A [Client] is safe for concurrent use. [Source] and [Resolver] are what the rest
// of concord asks of it; a test double needs no more.
package registry
