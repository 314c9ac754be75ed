package registrytest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// failure drops a call's result.
func failure(_ any, err error) error { return err }

// must ends the test where setting up fails.
func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func text(s string) registry.Schema { return registry.Schema{Text: s} }

// TestEveryCodeIsASentinel provokes each code that the registry has in a real answer.
func TestEveryCodeIsASentinel(t *testing.T) {
	t.Parallel()
	type call = func(context.Context, *registry.Client) error
	const subject, referred = registry.Subject("s"), registry.Subject("referred")
	refers := registry.Schema{
		Text:       `{"type":"record","name":"R","fields":[{"name":"e","type":"Event"}]}`,
		References: []registry.Reference{{Name: "Event", Subject: referred, Version: 1}},
	}
	soft := func(ctx context.Context, c *registry.Client, s registry.Subject) {
		_, _ = c.Register(ctx, s, text(eventV1))
		_, _ = c.DeleteSubject(ctx, s)
	}
	provoked := map[registry.Code]call{
		registry.ErrSubjectNotFound: func(ctx context.Context, c *registry.Client) error { return failure(c.Versions(ctx, "nowhere")) },
		registry.ErrVersionNotFound: func(ctx context.Context, c *registry.Client) error { return failure(c.Version(ctx, subject, 99)) },
		registry.ErrSchemaNotFound:  func(ctx context.Context, c *registry.Client) error { return failure(c.SchemaByID(ctx, 99)) },
		registry.ErrSubjectSoftDeleted: func(ctx context.Context, c *registry.Client) error {
			soft(ctx, c, "gone")
			return failure(c.DeleteSubject(ctx, "gone"))
		},
		registry.ErrSubjectNotSoftDeleted: func(ctx context.Context, c *registry.Client) error {
			return failure(c.DeleteSubject(ctx, subject, registry.Permanent()))
		},
		registry.ErrVersionSoftDeleted: func(ctx context.Context, c *registry.Client) error {
			_, _ = c.Register(ctx, "two", text(eventV1))
			_, _ = c.Register(ctx, "two", text(eventV2))
			_, _ = c.DeleteVersion(ctx, "two", 1)
			return failure(c.DeleteVersion(ctx, "two", 1))
		},
		registry.ErrVersionNotSoftDeleted: func(ctx context.Context, c *registry.Client) error {
			return failure(c.DeleteVersion(ctx, subject, 1, registry.Permanent()))
		},
		registry.ErrNoSubjectCompatibility: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Config(ctx, registry.OfSubject(subject)))
		},
		registry.ErrNoSubjectMode: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Mode(ctx, registry.OfSubject(subject)))
		},
		registry.ErrIncompatible: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Register(ctx, subject, text(eventV3)))
		},
		registry.ErrInvalidSchema: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Register(ctx, subject, text(`{"type":"nothing"}`)))
		},
		registry.ErrInvalidCompatibility: func(ctx context.Context, c *registry.Client) error {
			return failure(c.SetConfig(ctx, registry.Global(), registry.Config{Compatibility: "SIDEWAYS"}))
		},
		registry.ErrInvalidMode: func(ctx context.Context, c *registry.Client) error {
			return c.SetMode(ctx, registry.Global(), registry.ModeForward)
		},
		registry.ErrNotPermitted: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Register(ctx, subject, text(eventV2), registry.WithID(99)))
		},
		registry.ErrReferenceExists: func(ctx context.Context, c *registry.Client) error {
			_, _ = c.Register(ctx, referred, text(eventV1))
			_, _ = c.Register(ctx, "referrer", refers)
			return failure(c.DeleteVersion(ctx, referred, 1))
		},
		registry.ErrInvalidSubject: func(ctx context.Context, c *registry.Client) error {
			return failure(c.Register(ctx, "__GLOBAL", text(eventV1)))
		},
		registry.ErrInvalidRuleSet: func(ctx context.Context, c *registry.Client) error {
			s := text(eventV2)
			s.RuleSet = &registry.RuleSet{DomainRules: []registry.Rule{{Name: "no type"}}}
			return failure(c.Register(ctx, subject, s))
		},
		registry.ErrContextNotEmpty: func(ctx context.Context, c *registry.Client) error {
			_, _ = c.Register(ctx, ":.full:s", text(eventV1))
			return c.DeleteContext(ctx, "full")
		},
	}
	for code, provoke := range provoked {
		t.Run(code.Error(), func(t *testing.T) {
			t.Parallel()
			reg := registrytest.New(t)
			reg.Register(subject, text(eventV1))
			err := provoke(t.Context(), client(t, reg))
			checkCode(t, err, code)
		})
	}

	// What this registry never answers to the client, in a body of the same form.
	injected := []registry.Code{
		registry.ErrAssociationNotFound, registry.ErrTooManyAssociations, registry.ErrResourceAssociated, registry.ErrSubjectAssociated,
		registry.ErrSubjectStronglyAssociated, registry.ErrNoActiveVersion, registry.ErrAssociationFrozen, registry.ErrInvalidVersion,
		registry.ErrIDMismatch, registry.ErrSchemaTooLarge, registry.ErrInvalidAssociation,
		registry.ErrStore, registry.ErrTimedOut, registry.ErrForwarding, registry.ErrUnknownLeader,
	}
	for _, code := range injected {
		t.Run(code.Error(), func(t *testing.T) {
			t.Parallel()
			reg := registrytest.New(t)
			reg.Inject(registrytest.AnyRoute, registrytest.Status(int(code)/100).WithCode(int(code)))
			c := client(t, reg, registry.WithRetries(0))
			checkCode(t, failure(c.Register(t.Context(), subject, text(eventV1))), code)
			checkCode(t, failure(c.DeleteSubject(t.Context(), subject)), code)
		})
	}
	for _, code := range codes {
		if _, ok := provoked[code]; ok == slices.Contains(injected, code) {
			t.Errorf("code %d (%v) is not in exactly one of the two tables", code, code)
		}
	}
}

// checkCode wants the code and no other, from an answer and not from the client.
func checkCode(t *testing.T, err error, want registry.Code) {
	t.Helper()
	var e *registry.Error
	if !errors.As(err, &e) || !errors.Is(err, want) {
		t.Fatalf("got %v, want code %d", err, want)
	}
	if e.Status != int(want)/100 || e.Host == "" || e.Attempts != 1 {
		t.Errorf("%+v is not from one answer with status %d", e, int(want)/100)
	}
	for _, other := range codes {
		if other != want && errors.Is(err, other) {
			t.Errorf("it is %d, too", other)
		}
	}
	if errors.Is(err, registry.ErrUnavailable) != (want >= 50000) || registry.IsRetryable(err) != (want >= 50000) {
		t.Errorf("unavailable: %v, retryable: %v", errors.Is(err, registry.ErrUnavailable), registry.IsRetryable(err))
	}
	if !strings.Contains(err.Error(), fmt.Sprint(int(want))) {
		t.Errorf("%v does not tell its code", err)
	}
}

// codes are those that have a meaning.
var codes = func() (all []registry.Code) {
	for code := registry.Code(400); code < 60000; code++ {
		if code.Error() != registry.Code(0).Error() {
			all = append(all, code)
		}
	}
	return all
}()
