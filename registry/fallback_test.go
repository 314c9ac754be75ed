package registry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// clientOf is a client without patience, until the end of the test.
func clientOf(t *testing.T, reg *registrytest.Registry, opts ...registry.ClientOption) *registry.Client {
	t.Helper()
	c, err := registry.NewClient(reg.URL(), append([]registry.ClientOption{
		registry.WithRetries(0), registry.WithLogger(slog.New(slog.DiscardHandler)),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func fallback(t *testing.T, first, second registry.Resolver, opts ...registry.FallbackOption) *registry.Fallback {
	t.Helper()
	f, err := registry.NewFallback(first, second, append([]registry.FallbackOption{registry.FallbackLogger(slog.New(slog.DiscardHandler))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// asked is what each method of a resolver gives for the schema "int" and what
// is with it.
func asked(ctx context.Context, r registry.Resolver, at registry.Registered) map[string]func() (any, error) {
	return map[string]func() (any, error){
		"SchemaByID":   func() (any, error) { s, err := r.SchemaByID(ctx, at.ID); return s.Text, err },
		"SchemaByGUID": func() (any, error) { s, err := r.SchemaByGUID(ctx, at.GUID); return s.Text, err },
		"Version":      func() (any, error) { v, err := r.Version(ctx, at.Subject, at.Version); return v.Text, err },
		"latest": func() (any, error) {
			v, err := r.Version(ctx, at.Subject, registry.LatestVersion)
			return v.Text, err
		},
		"Lookup": func() (any, error) {
			v, err := r.Lookup(ctx, at.Subject, at.Schema, registry.Normalize())
			return v.Text, err
		},
		"Register": func() (any, error) {
			v, err := r.Register(ctx, at.Subject, at.Schema, registry.Normalize())
			return v.Text, err
		},
	}
}

func TestAFallbackMakesUpForSilence(t *testing.T) {
	t.Parallel()
	at := registry.Registered{Schema: registry.Schema{Text: `"int"`}, Subject: "a", Version: 1, ID: 1}
	at.GUID, _ = registry.ParseGUID(guidA)
	dir := directory(t, map[string]string{"a.json": entry("a", 1, 1, `"int"`, `"guid":"`+guidA+`"`)})
	unknown := at
	unknown.Subject, unknown.ID, unknown.GUID = "b", 2, registry.GUID{2}
	for name, fault := range map[string]registrytest.Fault{
		"503": registrytest.Status(503), "429": registrytest.Status(429), "cut": registrytest.CutBeforeAnswer(), "cut in body": registrytest.CutInBody(),
		"hang": registrytest.Hang(), "page": registrytest.HTML(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reg := registrytest.New(t)
			reg.Inject(registrytest.AnyRoute, fault)
			f := fallback(t, clientOf(t, reg, registry.WithTimeout(100*time.Millisecond)), dir)
			for method, ask := range asked(t.Context(), f, at) {
				if text, err := ask(); err != nil || text != `"int"` {
					t.Errorf("%s: %v, %v", method, text, err)
				}
			}
			for method, ask := range asked(t.Context(), f, unknown) {
				_, err := ask()
				for _, absent := range []error{registry.ErrSchemaNotFound, registry.ErrSubjectNotFound, registry.ErrVersionNotFound, registry.ErrReadOnly, registry.ErrUnsupported} {
					if errors.Is(err, absent) {
						t.Errorf("%s: %v matches %v", method, err, absent)
					}
				}
				if name != "page" && !registry.IsRetryable(err) || name == "page" && !errors.Is(err, registry.ErrNotRegistry) {
					t.Errorf("%s: %v", method, err)
				}
				if e, ok := errors.AsType[*registry.Error](err); !ok || e.Path == "" || !strings.Contains(err.Error(), "its fallback has no answer either: ") {
					t.Errorf("%s: %v", method, err)
				}
			}
		})
	}
}

func TestWhatTheRegistryDecidedStands(t *testing.T) {
	t.Parallel()
	at := registry.Registered{Schema: registry.Schema{Text: `"int"`}, Subject: "a", Version: 1, ID: 1}
	at.GUID, _ = registry.ParseGUID(guidA)
	dir := directory(t, map[string]string{"a.json": entry("a", 1, 1, `"int"`, `"guid":"`+guidA+`"`)})
	for want, answer := range map[error]registrytest.Fault{
		registry.ErrSchemaNotFound: registrytest.Status(404).WithCode(40403), registry.ErrSubjectNotFound: registrytest.Status(404).WithCode(40401),
		registry.ErrDenied: registrytest.Status(403), registry.ErrIncompatible: registrytest.Status(409).WithCode(40901), registry.ErrUnsupported: registrytest.Status(404),
		registry.ErrInvalidSchema: registrytest.Status(422).WithCode(42201),
		registry.ErrTooLarge: registrytest.Answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(make([]byte, 2<<10))
		})),
	} {
		reg := registrytest.New(t)
		reg.Inject(registrytest.AnyRoute, answer)
		client := clientOf(t, reg, registry.WithResponseLimit(1<<10))
		want1 := asked(t.Context(), client, at)
		for method, ask := range asked(t.Context(), fallback(t, client, dir), at) {
			_, alone := want1[method]()
			if _, err := ask(); !errors.Is(err, want) || err.Error() != alone.Error() {
				t.Errorf("%s: %v, want %v", method, err, alone)
			}
		}
	}
	// An answer of the registry's goes before another one of the directory's.
	reg := registrytest.New(t)
	reg.Register("a", registry.Schema{Text: `"string"`})
	if r, err := fallback(t, clientOf(t, reg), dir).Version(t.Context(), "a", 1); err != nil || r.Text != `"string"` {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestNothingIsRegisteredInTheFallback(t *testing.T) {
	t.Parallel()
	down, up := registrytest.New(t), registrytest.New(t)
	down.Inject(registrytest.AnyRoute, registrytest.Status(503))
	f := fallback(t, clientOf(t, down), clientOf(t, up))
	if _, err := f.Register(t.Context(), "a", registry.Schema{Text: `"int"`}); !registry.IsRetryable(err) {
		t.Errorf("%v", err)
	}
	if n := up.Calls("POST /subjects/{subject}/versions"); n != 0 {
		t.Errorf("%d registrations", n)
	}
	there := up.Register("a", registry.Schema{Text: `"int"`})
	got, err := fallback(t, clientOf(t, down), clientOf(t, up)).Register(t.Context(), "a", registry.Schema{Text: `"int"`})
	if diff := cmp.Diff(there, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// The caller's own ends are no outage; a deadline that ran out is, and what the
// directory has is there at once.
func TestAFallbackHonoursTheCallersEnds(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"a.json": entry("a", 1, 1, `"int"`)})
	reg := registrytest.New(t)
	reg.Inject(registrytest.AnyRoute, registrytest.Hang())
	client := clientOf(t, reg)
	f := fallback(t, client, dir)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := f.SchemaByID(ctx, 1); !errors.Is(err, context.Canceled) || registry.IsRetryable(err) || strings.Contains(err.Error(), "fallback") {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if s, err := f.SchemaByID(ctx, 1); err != nil || s.Text != `"int"` {
		t.Errorf("out of time: %+v, %v", s, err)
	}
	if err := client.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SchemaByID(t.Context(), 1); !errors.Is(err, registry.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// A start asks for many schemas. Once the circuit is open, no request is sent.
func TestAHangingRegistryIsNotWaitedForEachTime(t *testing.T) {
	t.Parallel()
	var all []string
	for i := 1; i <= 200; i++ {
		all = append(all, entry("a", i, i, `"int"`))
	}
	dir := directory(t, map[string]string{"a.json": list(all...)})
	reg := registrytest.New(t)
	remove := reg.Inject(registrytest.AnyRoute, registrytest.Hang())
	f := fallback(t, clientOf(t, reg, registry.WithTimeout(50*time.Millisecond), registry.WithCircuitBreaker(2, time.Hour)), dir)
	for i := 1; i <= 200; i++ {
		if _, err := f.SchemaByID(t.Context(), registry.SchemaID(i)); err != nil {
			t.Fatal(err)
		}
	}
	// Two opened it; after a second at first, one tries again.
	if n := reg.Calls(registrytest.AnyRoute); n < 2 || n > 20 {
		t.Errorf("%d requests for 200 questions", n)
	}
	remove()
	reg.Register("other", registry.Schema{Text: `"string"`})
	for i := 0; ; i++ { // the registry is asked again by itself
		if s, err := f.SchemaByID(t.Context(), 1); err == nil && s.Text == `"string"` {
			break
		} else if i == 1000 {
			t.Fatalf("still %+v, %v", s, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAnswersOfTheFallbackAreLoggedNowAndThen(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	reg := registrytest.New(t)
	reg.Inject(registrytest.AnyRoute, registrytest.Status(503))
	dir := directory(t, map[string]string{"a.json": entry("a", 1, 1, `"int"`)})
	f := fallback(t, clientOf(t, reg), dir, registry.FallbackLogger(slog.New(slog.NewTextHandler(&out, nil))))
	for range 3 {
		if _, err := f.SchemaByID(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Count(out.String(), "\n") != 1 || !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "path=/schemas/ids/1") || !strings.Contains(out.String(), "503") {
		t.Errorf("logged: %s", out.String())
	}
	out.Reset()
	foreign := fallback(t, strange{}, dir, registry.FallbackLogger(slog.New(slog.NewTextHandler(&out, nil))))
	if _, err := foreign.SchemaByID(t.Context(), 1); err != nil || strings.Contains(out.String(), "SECRET") || out.Len() == 0 {
		t.Errorf("%v; logged: %s", err, out.String())
	}
}

// strange is a resolver of somebody else's.
type strange struct{ registry.Resolver }

func (strange) SchemaByID(context.Context, registry.SchemaID) (registry.Schema, error) {
	return registry.Schema{}, errors.Join(registry.ErrUnavailable, errors.New("SECRET"))
}

func TestNewFallbackRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	dir := directory(t, map[string]string{"a.json": entry("a", 1, 1, `"int"`)})
	for name, make := range map[string]func() (*registry.Fallback, error){
		"first":  func() (*registry.Fallback, error) { return registry.NewFallback(nil, dir) },
		"second": func() (*registry.Fallback, error) { return registry.NewFallback(dir, nil) },
		"option": func() (*registry.Fallback, error) { return registry.NewFallback(dir, dir, nil) },
		"logger": func() (*registry.Fallback, error) {
			return registry.NewFallback(dir, dir, registry.FallbackLogger(nil))
		},
	} {
		if f, err := make(); err == nil || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}
