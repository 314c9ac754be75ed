package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

// Fallback asks a registry, and where that gives no answer a second source, a
// [Directory] for instance, so that a service starts and works while its registry
// is down. It remembers nothing itself: the [Client] does. It is safe for
// concurrent use.
//
// Only silence is made up for: the registry was unavailable, its circuit is open,
// or something that is no registry answered in its place ([ErrUnavailable],
// [ErrNotRegistry]). What the registry decided stands, whatever the second source
// has: that something does not exist, is incompatible, is denied. So do the ends
// that the caller made: a cancelled context, a closed client.
//
// Where the second source has no answer either, the error is the registry's, so
// that it is retryable and never one for the absence of a schema; its text has
// both.
//
// How long the registry is waited for is the client's setting: each call may take
// [WithTimeout], a minute unless set, until [WithCircuitBreaker] sees that the
// registry hangs. A service that has a fallback does well with a few seconds:
//
//	client, err := registry.NewClient(url, registry.WithTimeout(3*time.Second))
//	dir, err := registry.NewDirectory(schemas) // an embed.FS
//	reg, err := registry.NewFallback(client, dir)
//	ser, err := serde.NewSerializer(reg, avro.For[Order]())
//
// A snapshot's schemas stay true, for ids and versions never change their
// meaning; but its [LatestVersion] is that of the day it was taken.
type Fallback struct {
	first, second Resolver
	log           *limitedLog
}

var _ Resolver = (*Fallback)(nil)

// NewFallback makes a resolver that asks first, and second where first gives no
// answer. Neither may be nil. Who made them closes them.
func NewFallback(first, second Resolver, opts ...FallbackOption) (*Fallback, error) {
	if first == nil || second == nil {
		return nil, errors.New("registry: NewFallback wants two resolvers, and was given nil")
	}
	f := &Fallback{first: first, second: second, log: &limitedLog{to: slog.Default()}}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("registry: a nil FallbackOption was given")
		}
		if err := opt.applyFallback(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// FallbackOption is an option of [NewFallback].
type FallbackOption interface{ applyFallback(*Fallback) error }

type fallbackOptionFunc func(*Fallback) error

func (o fallbackOptionFunc) applyFallback(f *Fallback) error { return o(f) }

// FallbackLogger says where answers of the second source are logged, as warnings,
// at most one in half a minute. Default: slog.Default() at the time of
// NewFallback.
func FallbackLogger(log *slog.Logger) FallbackOption {
	return fallbackOptionFunc(func(f *Fallback) error {
		if log == nil {
			return errors.New("registry: FallbackLogger was given nil: use slog.DiscardHandler for silence")
		}
		f.log = &limitedLog{to: log}
		return nil
	})
}

// SchemaByID returns the schema with this id.
func (f *Fallback) SchemaByID(ctx context.Context, id SchemaID) (Schema, error) {
	s, why := f.first.SchemaByID(ctx, id)
	if !silent(ctx, why) {
		return s, why
	}
	s, err := f.second.SchemaByID(ctx, id)
	return s, f.answered(why, err, newRequest(http.MethodGet, routeID, strconv.Itoa(int(id))))
}

// SchemaByGUID returns the schema with this content.
func (f *Fallback) SchemaByGUID(ctx context.Context, guid GUID) (Schema, error) {
	s, why := f.first.SchemaByGUID(ctx, guid)
	if !silent(ctx, why) {
		return s, why
	}
	s, err := f.second.SchemaByGUID(ctx, guid)
	return s, f.answered(why, err, newRequest(http.MethodGet, routeGUID, guid.String()))
}

// Version returns one version of a subject, or its newest for [LatestVersion].
func (f *Fallback) Version(ctx context.Context, subject Subject, version Version) (Registered, error) {
	r, why := f.first.Version(ctx, subject, version)
	if !silent(ctx, why) {
		return r, why
	}
	r, err := f.second.Version(ctx, subject, version)
	return r, f.answered(why, err, newRequest(http.MethodGet, routeVersion, string(subject), versionText(version)))
}

// Lookup finds the version of a subject that has exactly this schema.
func (f *Fallback) Lookup(ctx context.Context, subject Subject, schema Schema, opts ...LookupOption) (Registered, error) {
	r, why := f.first.Lookup(ctx, subject, schema, opts...)
	if !silent(ctx, why) {
		return r, why
	}
	r, err := f.second.Lookup(ctx, subject, schema, opts...)
	return r, f.answered(why, err, newRequest(http.MethodPost, routeSubject, string(subject)))
}

// Register adds the schema to a subject of the first source, or returns where it
// already is. The second source is only asked for that: nothing is registered
// there.
func (f *Fallback) Register(ctx context.Context, subject Subject, schema Schema, opts ...RegisterOption) (Registered, error) {
	r, why := f.first.Register(ctx, subject, schema, opts...)
	if !silent(ctx, why) {
		return r, why
	}
	var cfg registerConfig
	for _, opt := range opts {
		opt.applyRegister(&cfg)
	}
	if cfg.given() { // an import is not answered with where the schema may be already
		return r, why
	}
	var lookup []LookupOption
	if cfg.normalize {
		lookup = append(lookup, Normalize())
	}
	r, err := f.second.Lookup(ctx, subject, schema, lookup...)
	return r, f.answered(why, err, newRequest(http.MethodPost, routeVersions, string(subject)))
}

// silent reports whether an error means that nobody answered, and the caller
// still wants to know. A deadline of the caller's that ran out meanwhile does not
// keep a second source in memory from answering: the next call then finds it done.
func silent(ctx context.Context, err error) bool {
	return (errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotRegistry)) &&
		!errors.Is(err, ErrClosed) && !errors.Is(err, context.Canceled) && !errors.Is(ctx.Err(), context.Canceled)
}

// answered is the error of a call that the second source answered with err; why
// is that of the first.
func (f *Fallback) answered(why, err error, req request) error {
	if err != nil {
		return &unanswered{why, err}
	}
	logged := why
	if _, ours := errors.AsType[*Error](why); !ours { // another make's may say too much
		logged = fmt.Errorf("an error of type %T", why)
	}
	f.log.warn(logFailover, "the registry gave no answer, its fallback did", logged, slog.String("path", req.path))
	return nil
}

// unanswered is a question that both sources have no answer to. Only the first
// one's error may be matched: what the second lacks, the registry may have.
type unanswered struct{ why, second error }

func (u *unanswered) Error() string {
	return u.why.Error() + "; its fallback has no answer either: " + strings.TrimPrefix(u.second.Error(), "registry: ")
}

func (u *unanswered) Unwrap() error { return u.why }
