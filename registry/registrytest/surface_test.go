package registrytest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// same compares what a call returned.
func same[T any](t *testing.T, what string, want T) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func refused(t *testing.T, what string, want error) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
}

// withField is a schema of its own for each n.
func withField(n int) registry.Schema {
	return text(fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"f","type":"int"}]}`, n))
}

func TestWhereSchemasAre(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	c, ctx := client(t, reg), t.Context()
	a := reg.Register("a", text(eventV1))
	reg.Register("b", text(eventV1))
	reg.Register("b", text(eventV2))
	reg.Register(":.other:c", text(eventV1))
	user := reg.Register("user", registry.Schema{
		Text:       `{"type":"record","name":"R","fields":[{"name":"e","type":"Event"}]}`,
		References: []registry.Reference{{Name: "Event", Subject: "b", Version: 2}},
	})

	type places = []registry.SubjectVersion
	same(t, "SubjectsByID", []registry.Subject{"a", "b"})(c.SubjectsByID(ctx, a.ID))
	same(t, "SubjectsByID, a page", []registry.Subject{"b"})(c.SubjectsByID(ctx, a.ID, registry.Page(1, 1)))
	same(t, "VersionsByID", places{{Subject: "a", Version: 1}, {Subject: "b", Version: 1}})(c.VersionsByID(ctx, a.ID))
	same(t, "IDsByGUID", []registry.ContextID{{Context: ".", ID: a.ID}, {Context: ".other", ID: 1}})(c.IDsByGUID(ctx, a.GUID))
	same(t, "IDsByGUID of nothing", []registry.ContextID{})(c.IDsByGUID(ctx, registry.GUID{1}))
	same(t, "ReferencedBy", []registry.SchemaID{user.ID})(c.ReferencedBy(ctx, "b", 2))
	same(t, "ReferencedBy latest", []registry.SchemaID{user.ID})(c.ReferencedBy(ctx, "b", registry.LatestVersion))
	same(t, "ReferencedBy nobody", []registry.SchemaID{})(c.ReferencedBy(ctx, "b", 1))
	refused(t, "delete while referenced", registry.ErrReferenceExists)(c.DeleteVersion(ctx, "b", 2))

	must(t)(c.DeleteVersion(ctx, "b", 1))
	same(t, "SubjectsByID after", []registry.Subject{"a"})(c.SubjectsByID(ctx, a.ID))
	same(t, "SubjectsByID with deleted", []registry.Subject{"a", "b"})(c.SubjectsByID(ctx, a.ID, registry.IncludeDeleted()))
	same(t, "VersionsByID with deleted", places{{Subject: "a", Version: 1}, {Subject: "b", Version: 1}})(c.VersionsByID(ctx, a.ID, registry.IncludeDeleted()))
	same(t, "Versions, deleted", []registry.Version{1})(c.Versions(ctx, "b", registry.DeletedOnly()))
	same(t, "VersionStates", []registry.VersionState{{Version: 1, Deleted: true}, {Version: 2}})(c.VersionStates(ctx, "b"))
	same(t, "VersionStates of a", []registry.VersionState{{Version: 1}})(c.VersionStates(ctx, "a"))
	must(t)(c.DeleteSubject(ctx, "a"))
	same(t, "VersionStates of a, deleted", []registry.VersionState{{Version: 1, Deleted: true}})(c.VersionStates(ctx, "a"))
	same(t, "Subjects, deleted", []registry.Subject{"a"})(c.Subjects(ctx, registry.DeletedOnly()))
	same(t, "SubjectsByID, all deleted", []registry.Subject{})(c.SubjectsByID(ctx, a.ID))
	refused(t, "VersionStates of nothing", registry.ErrSubjectNotFound)(c.VersionStates(ctx, "nowhere"))
	refused(t, "SubjectsByID of nothing", registry.ErrSchemaNotFound)(c.SubjectsByID(ctx, 99))
	refused(t, "VersionsByID of nothing", registry.ErrSchemaNotFound)(c.VersionsByID(ctx, 99))
	refused(t, "ReferencedBy of nothing", registry.ErrVersionNotFound)(c.ReferencedBy(ctx, "b", 99))

	same(t, "TextByID", `{"type":"record","name":"R","fields":[{"name":"e","type":"Event"}]}`)(c.TextByID(ctx, user.ID, registry.TextPlain))
	same(t, "VersionText, resolved", `{"type":"record","name":"R","fields":[{"name":"e","type":`+eventV2+`}]}`)(
		c.VersionText(ctx, "user", 1, registry.TextResolved))
	same(t, "VersionText, latest", eventV2)(c.VersionText(ctx, "b", registry.LatestVersion, registry.TextPlain))
	same(t, "VersionText, deleted", eventV1)(c.VersionText(ctx, "b", 1, registry.TextPlain))
	refused(t, "VersionText of nothing", registry.ErrSubjectNotFound)(c.VersionText(ctx, "nowhere", 1, registry.TextPlain))
	same(t, "MaxID", user.ID)(c.MaxID(ctx, a.ID))
	refused(t, "MaxID of nothing", registry.ErrSchemaNotFound)(c.MaxID(ctx, 99))
}

func TestSchemasAreListed(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	c, ctx := client(t, reg), t.Context()
	const n = 23
	reg.SetLevel("", registry.LevelNone)
	var want []string
	for i := range n {
		subject := registry.Subject(fmt.Sprintf("s%02d", i))
		for v := range 2 {
			r := reg.Register(subject, withField(2*i+v))
			want = append(want, fmt.Sprint(r.Subject, r.Version, r.ID))
		}
	}
	ruled := text(eventV1)
	ruled.RuleSet = &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Type: "CEL", Kind: "CONDITION", Mode: "WRITE"}}}
	ruled.Metadata = &registry.Metadata{Properties: map[string]string{"owner": "me"}}
	in := reg.Register(":.x:ruled", ruled)
	want = append(want, fmt.Sprint(":.x:ruled", 1, in.ID))
	must(t)(c.SetConfig(ctx, registry.OfSubject("nickname"), registry.Config{Alias: "s01"}))
	must(t)(c.DeleteVersion(ctx, "s01", 1))

	list := func(opts ...registry.SchemasOption) (places []string, all []registry.Listed) {
		t.Helper()
		for l, err := range c.Schemas(ctx, opts...) {
			if err != nil {
				t.Fatal(err)
			}
			places, all = append(places, fmt.Sprint(l.Subject, l.Version, l.ID)), append(all, l)
		}
		return places, all
	}
	with, all := list(registry.IncludeDeleted(), registry.PageSize(7))
	if diff := cmp.Diff(want, with); diff != "" {
		t.Errorf("with deleted (-want +got):\n%s", diff)
	}
	for _, l := range all {
		if l.Deleted != (l.Subject == "s01" && l.Version == 1) || l.Time.IsZero() || l.GUID.IsZero() {
			t.Errorf("%+v", l)
		}
	}
	if diff := cmp.Diff(in.Schema, all[len(all)-1].Schema); diff != "" {
		t.Errorf("rules and metadata (-registered +listed):\n%s", diff)
	}
	live, _ := list()
	if diff := cmp.Diff(slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == want[2] }), live); diff != "" {
		t.Errorf("live (-want +got):\n%s", diff)
	}
	latest, _ := list(registry.LatestOnly())
	if len(latest) != n+1 {
		t.Errorf("%d latest, want %d", len(latest), n+1)
	}
	prefixed, _ := list(registry.Prefix("s1"))
	if len(prefixed) != 20 {
		t.Errorf("%d with the prefix s1, want 20", len(prefixed))
	}
	rules, _ := list(registry.RuleType("CEL"))
	if diff := cmp.Diff(want[len(want)-1:], rules); diff != "" {
		t.Errorf("with CEL rules (-want +got):\n%s", diff)
	}
	_, named := list(registry.Prefix("s01"), registry.Aliases())
	if len(named) != 1 || !slices.Equal(named[0].Aliases, []registry.Subject{"nickname"}) {
		t.Errorf("with aliases: %+v", named)
	}
}

func TestConfigurationsAreSetAndCleared(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, registrytest.New(t)), t.Context()
	yes, no := true, false
	m := &registry.Metadata{Properties: map[string]string{"owner": "a<b"}}
	rs := &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "a < b && c"}}}
	full := registry.Config{
		Compatibility: registry.LevelForward, CompatibilityPolicy: registry.PolicyLenient, CompatibilityGroup: "major",
		Alias: "s2", AliasForDeks: "s3", Normalize: &yes, ValidateFields: &no, ValidateNewSchemas: &no, ValidateRules: &yes,
		DefaultMetadata: m, OverrideMetadata: m, DefaultRuleSet: rs, OverrideRuleSet: rs,
	}
	fields := []registry.ConfigField{
		registry.ConfigCompatibilityPolicy, registry.ConfigCompatibilityGroup, registry.ConfigAlias, registry.ConfigAliasForDeks,
		registry.ConfigNormalize, registry.ConfigValidateFields, registry.ConfigValidateNewSchemas, registry.ConfigValidateRules,
		registry.ConfigDefaultMetadata, registry.ConfigOverrideMetadata, registry.ConfigDefaultRuleSet, registry.ConfigOverrideRuleSet,
	}
	for _, scope := range []registry.Scope{registry.Global(), registry.EveryContext(), registry.OfSubject("s"), registry.OfSubject(":.x:")} {
		same(t, "SetConfig", full)(c.SetConfig(ctx, scope, full))
		same(t, "Config", full)(c.Config(ctx, scope))
		one := full
		one.CompatibilityGroup = "minor"
		same(t, "SetConfig of one field", one)(c.SetConfig(ctx, scope, registry.Config{CompatibilityGroup: "minor"}))
		for i, field := range fields {
			got, err := c.SetConfig(ctx, scope, registry.Config{}, registry.Clear(field))
			if err != nil {
				t.Fatalf("clearing %s: %v", field, err)
			}
			if i == len(fields)-1 {
				same(t, "all cleared but the level", registry.Config{Compatibility: registry.LevelForward})(got, err)
			}
		}
		same(t, "SetConfig and Clear", registry.Config{Normalize: &yes})(
			c.SetConfig(ctx, scope, registry.Config{Normalize: &yes}, registry.Clear(registry.ConfigCompatibility)))
		same(t, "DeleteConfig", registry.Config{Compatibility: registry.LevelBackward, Normalize: &yes})(c.DeleteConfig(ctx, scope))
	}
	refused(t, "DeleteConfig of none", registry.ErrSubjectNotFound)(c.DeleteConfig(ctx, registry.OfSubject("s")))
	same(t, "in force", registry.Config{Compatibility: registry.LevelBackward})(c.Config(ctx, registry.OfSubject("s"), registry.DefaultToGlobal()))
	// An unknown policy clears the field, and the answer tells.
	must(t)(c.SetConfig(ctx, registry.OfSubject("s"), full))
	cleared := full
	cleared.CompatibilityPolicy = ""
	same(t, "a policy it does not know", cleared)(c.SetConfig(ctx, registry.OfSubject("s"), registry.Config{CompatibilityPolicy: "FAR"}))
}

func TestModesAreSetAndRemoved(t *testing.T) {
	t.Parallel()
	c, ctx := client(t, registrytest.New(t)), t.Context()
	set := func(scope registry.Scope, mode registry.Mode, opts ...registry.SetModeOption) {
		t.Helper()
		if err := c.SetMode(ctx, scope, mode, opts...); err != nil {
			t.Fatal(err)
		}
	}
	for _, mode := range []registry.Mode{registry.ModeReadOnly, registry.ModeReadOnlyOverride, registry.ModeImport, registry.ModeReadWrite} {
		set(registry.OfSubject("s"), mode)
		same(t, "Mode", mode)(c.Mode(ctx, registry.OfSubject("s")))
	}
	same(t, "DeleteMode", registry.ModeReadWrite)(c.DeleteMode(ctx, registry.OfSubject("s")))
	refused(t, "DeleteMode again", registry.ErrSubjectNotFound)(c.DeleteMode(ctx, registry.OfSubject("s")))
	set(registry.EveryContext(), registry.ModeForward)
	same(t, "in force", registry.ModeForward)(c.Mode(ctx, registry.OfSubject("s"), registry.DefaultToGlobal()))
	same(t, "DeleteMode of all", registry.ModeForward)(c.DeleteMode(ctx, registry.EveryContext()))

	set(registry.OfSubject("s"), registry.ModeReadOnly)
	set(registry.OfSubject("t"), registry.ModeReadOnly)
	same(t, "DeleteMode, recursive", registry.ModeReadWrite)(c.DeleteMode(ctx, registry.Global(), registry.Recursive()))
	refused(t, "Mode after", registry.ErrNoSubjectMode)(c.Mode(ctx, registry.OfSubject("s")))
	refused(t, "Mode after", registry.ErrNoSubjectMode)(c.Mode(ctx, registry.OfSubject("t")))
	same(t, "mode of all", registry.ModeReadWrite)(c.Mode(ctx, registry.Global()))
	must(t)(c.Register(context.WithoutCancel(ctx), "u", text(eventV1)))
	refused(t, "import among live subjects", registry.ErrNotPermitted)(nil, c.SetMode(ctx, registry.Global(), registry.ModeImport))
	set(registry.Global(), registry.ModeImport, registry.Force())
}
