package registrytest_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// oddSubjects are names that paths, queries or JSON could alter.
var oddSubjects = []registry.Subject{
	"plain", "a/b", "/a", "a/", "a//b", "a.b", ".", "..", "...", "a/../b", "a%b", "a%2Fb", "%", "100%25", "a b", " a", "a ", "a+b", "a;x=1",
	"a?b=c", "a#b", "a&b=c", "ä", "日本/語", "🦫", "a:b", ":", "::", ":a", "latest", "versions", "__x", `"quoted"`, "<b>", "{s}", "a,b", "a|b^c`d",
	":.ctx:", ":.ctx:s", ":.ctx:a/b", ":.ctx:a%2F.", ":.c t/x%:s", ":.ctx::s",
}

func TestOddSubjectsGoThroughEveryCall(t *testing.T) {
	t.Parallel()
	for i, subject := range oddSubjects {
		t.Run(fmt.Sprintf("%q", subject), func(t *testing.T) {
			t.Parallel()
			reg := registrytest.New(t)
			c, ctx := client(t, reg), t.Context()
			// Others around it must not be touched.
			other, err := c.Register(ctx, "other", text(`"long"`))
			if err != nil {
				t.Fatal(err)
			}
			schema := withField(i)
			r, err := c.Register(ctx, subject, schema)
			if err != nil || r.Version != 1 {
				t.Fatalf("Register = %+v, %v", r, err)
			}
			user := registry.Schema{
				Text:       fmt.Sprintf(`{"type":"record","name":"User","fields":[{"name":"r","type":"R%d"}]}`, i),
				References: []registry.Reference{{Name: fmt.Sprintf("R%d", i), Subject: subject, Version: 1}},
			}
			context := ""
			if l, err := c.Lookup(ctx, subject, schema); err != nil || l.ID != r.ID || l.Text != schema.Text {
				t.Errorf("Lookup = %+v, %v", l, err)
			} else if l.Subject != subject {
				t.Errorf("Lookup found it under %q", l.Subject)
			}
			if len(subject) > 5 && subject[:2] == ":." {
				context = string(subject[:len(subject)-len(localOf(subject))])
			}
			u, err := c.Register(ctx, registry.Subject(context)+"user", user)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range []registry.Version{1, registry.LatestVersion} {
				if got, err := c.Version(ctx, subject, v); err != nil || got.Subject != subject || got.Text != schema.Text {
					t.Errorf("Version %d = %+v, %v", v, got, err)
				}
				same(t, "VersionText", schema.Text)(c.VersionText(ctx, subject, v, registry.TextPlain))
				same(t, "ReferencedBy", []registry.SchemaID{u.ID})(c.ReferencedBy(ctx, subject, v))
			}
			if got, err := c.VersionWithMetadata(ctx, subject, nil); err != nil || got.Subject != subject {
				t.Errorf("VersionWithMetadata = %+v, %v", got, err)
			}
			same(t, "Versions", []registry.Version{1})(c.Versions(ctx, subject))
			same(t, "VersionStates", []registry.VersionState{{Version: 1}})(c.VersionStates(ctx, subject))
			same(t, "TestCompatibility", true)(compatible(c.TestCompatibility(ctx, subject, registry.AllVersions, schema)))
			same(t, "TestCompatibility", true)(compatible(c.TestCompatibility(ctx, subject, 1, schema)))
			within := client(t, reg)
			if context != "" {
				within = client(t, reg, registry.WithSchemaContext(context[1:len(context)-1]))
			}
			same(t, "VersionsByID", []registry.SubjectVersion{{Subject: subject, Version: 1}})(within.VersionsByID(ctx, r.ID))
			same(t, "SubjectsByID", []registry.Subject{subject})(within.SubjectsByID(ctx, r.ID))
			if all, err := c.Subjects(ctx, registry.Prefix(string(subject))); err != nil || !slices.Contains(all, subject) {
				t.Errorf("Subjects with it as their prefix = %q, %v", all, err)
			}
			found := 0
			for l, err := range c.Schemas(ctx, registry.Prefix(string(subject))) {
				if err != nil {
					t.Fatal(err)
				}
				if l.Subject == subject {
					found++
				}
			}
			if found != 1 {
				t.Errorf("Schemas lists it %d times", found)
			}

			level := registry.Config{Compatibility: registry.LevelFull}
			same(t, "SetConfig", level)(c.SetConfig(ctx, registry.OfSubject(subject), level))
			same(t, "Config", level)(c.Config(ctx, registry.OfSubject(subject)))
			if err := c.SetMode(ctx, registry.OfSubject(subject), registry.ModeReadWrite); err != nil {
				t.Errorf("SetMode: %v", err)
			}
			same(t, "Mode", registry.ModeReadWrite)(c.Mode(ctx, registry.OfSubject(subject)))
			same(t, "DeleteMode", registry.ModeReadWrite)(c.DeleteMode(ctx, registry.OfSubject(subject)))
			same(t, "DeleteConfig", level)(c.DeleteConfig(ctx, registry.OfSubject(subject)))

			must(t)(c.DeleteSubject(ctx, registry.Subject(context)+"user"))
			must(t)(c.DeleteSubject(ctx, registry.Subject(context)+"user", registry.Permanent()))
			same(t, "DeleteVersion", registry.Version(1))(c.DeleteVersion(ctx, subject, 1))
			same(t, "DeleteVersion", registry.Version(1))(c.DeleteVersion(ctx, subject, 1, registry.Permanent()))
			must(t)(c.Register(ctx, subject, schema))
			same(t, "DeleteSubject", []registry.Version{1})(c.DeleteSubject(ctx, subject))
			same(t, "DeleteSubject", []registry.Version{1})(c.DeleteSubject(ctx, subject, registry.Permanent()))
			same(t, "Subjects", []registry.Subject{"other"})(c.Subjects(ctx, registry.IncludeDeleted()))
			if got, err := c.Version(ctx, "other", 1); err != nil || got.ID != other.ID {
				t.Errorf("the other subject: %+v, %v", got, err)
			}
		})
	}
}

func compatible(r registry.CompatibilityResult, err error) (bool, error) { return r.Compatible, err }

// localOf is a qualified subject without its context.
func localOf(s registry.Subject) registry.Subject {
	for i := 2; i < len(s); i++ {
		if s[i] == ':' {
			return s[i+1:]
		}
	}
	return s
}

func TestContexts(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	all, ctx := client(t, reg), t.Context()
	staging := client(t, reg, registry.WithSchemaContext("staging"))
	must(t)(all.Register(ctx, "s", text(eventV1)))
	must(t)(all.Register(ctx, "s", text(eventV2)))
	r, err := staging.Register(ctx, "s", text(eventV2))
	if err != nil || r.ID != 1 {
		t.Fatalf("Register = %+v, %v", r, err)
	}
	// Id 1 is another schema in each of them.
	same(t, "TextByID", eventV2)(staging.TextByID(ctx, 1, registry.TextPlain))
	same(t, "TextByID", eventV1)(all.TextByID(ctx, 1, registry.TextPlain))
	same(t, "VersionsByID", []registry.SubjectVersion{{Subject: ":.staging:s", Version: 1}})(staging.VersionsByID(ctx, 1))
	same(t, "SubjectsByID", []registry.Subject{":.staging:s"})(staging.SubjectsByID(ctx, 1))
	refused(t, "an id of another context", registry.ErrSchemaNotFound)(staging.SchemaByID(ctx, 2))
	same(t, "MaxID", registry.SchemaID(1))(staging.MaxID(ctx, 1))
	same(t, "MaxID", registry.SchemaID(2))(all.MaxID(ctx, 1))
	same(t, "VersionStates", []registry.VersionState{{Version: 1}})(staging.VersionStates(ctx, "s"))
	same(t, "IDsByGUID", []registry.ContextID{{Context: ".", ID: 2}, {Context: ".staging", ID: 1}})(staging.IDsByGUID(ctx, r.GUID))
	listed := 0
	for l, err := range staging.Schemas(ctx) {
		if listed++; err != nil || l.Subject != ":.staging:s" {
			t.Errorf("Schemas gives %+v, %v", l, err)
		}
	}
	if listed != 1 {
		t.Errorf("Schemas gives %d, want 1", listed)
	}
	none := registry.Config{Compatibility: registry.LevelNone}
	same(t, "SetConfig", none)(staging.SetConfig(ctx, registry.Global(), none))
	same(t, "Config", registry.Config{Compatibility: registry.LevelBackward})(all.Config(ctx, registry.Global()))
	same(t, "Config", none)(all.Config(ctx, registry.OfSubject(":.staging:")))
	must(t)(staging.Register(ctx, "s", text(eventV3)))

	same(t, "Contexts", []string{".", ".staging"})(staging.Contexts(ctx))
	same(t, "Contexts with prefix", []string{".staging"})(all.Contexts(ctx, registry.Prefix(".s")))
	same(t, "Contexts, a page", []string{"."})(all.Contexts(ctx, registry.Page(0, 1)))
	refused(t, "DeleteContext", registry.ErrContextNotEmpty)(nil, all.DeleteContext(ctx, ".staging"))
	must(t)(staging.DeleteSubject(ctx, "s"))
	refused(t, "DeleteContext", registry.ErrContextNotEmpty)(nil, all.DeleteContext(ctx, "staging"))
	must(t)(staging.DeleteSubject(ctx, "s", registry.Permanent()))
	if err := staging.DeleteContext(ctx, "staging"); err != nil {
		t.Error(err)
	}
	same(t, "Contexts", []string{"."})(all.Contexts(ctx))
	if err := all.DeleteContext(ctx, "nowhere"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestARegistryIsCopied(t *testing.T) {
	t.Parallel()
	from, to, ctx := registrytest.New(t), registrytest.New(t), t.Context()
	a, b := client(t, from), client(t, to)
	rich := text(eventV1)
	rich.Metadata = &registry.Metadata{
		Tags:       map[string][]string{"**.id": {"PII", "a<b>"}},
		Properties: map[string]string{"owner": "x & y", "n": "1e400"}, Sensitive: []string{"owner"},
	}
	rich.RuleSet = &registry.RuleSet{
		MigrationRules: []registry.Rule{{Name: "m", Kind: "TRANSFORM", Mode: "UPDOWN", Type: "JSONATA", Expr: "$ ~> |$|{'a': 1 < 2}|"}},
		DomainRules: []registry.Rule{{Name: "d", Doc: "why", Kind: "CONDITION", Mode: "WRITEREAD", Type: "CEL", Tags: []string{"PII"},
			Params: map[string]string{"k": "<v>"}, Expr: "a && b > 1", OnSuccess: "NONE,NONE", OnFailure: "DLQ,ERROR", Disabled: true}},
		EncodingRules: []registry.Rule{{Name: "e", Kind: "TRANSFORM", Mode: "WRITE", Type: "ENCRYPT"}}, EnableAt: "client",
	}
	must(t)(a.Register(ctx, "events", rich))
	must(t)(a.Register(ctx, "events", text(eventV2)))
	must(t)(a.Register(ctx, "gone", text(`"int"`)))
	must(t)(a.DeleteSubject(ctx, "gone"))
	must(t)(a.DeleteSubject(ctx, "gone", registry.Permanent()))
	must(t)(a.DeleteVersion(ctx, "events", 1))
	must(t)(a.Register(ctx, "users", registry.Schema{
		Text:       `{"type":"record","name":"R","fields":[{"name":"e","type":"Event"}]}`,
		References: []registry.Reference{{Name: "Event", Subject: "events", Version: 2}},
	}))

	if err := b.SetMode(ctx, registry.Global(), registry.ModeImport); err != nil {
		t.Fatal(err)
	}
	var copied []registry.Listed
	for l, err := range a.Schemas(ctx, registry.IncludeDeleted()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := b.Register(ctx, l.Subject, l.Schema, registry.WithID(l.ID), registry.WithVersion(l.Version))
		if err != nil || r.ID != l.ID || r.Version != l.Version || r.GUID != l.GUID {
			t.Fatalf("%s version %d became %+v, %v", l.Subject, l.Version, r, err)
		}
		if l.Deleted {
			must(t)(b.DeleteVersion(ctx, l.Subject, l.Version))
		}
		copied = append(copied, l)
	}
	var there []registry.Listed
	for l, err := range b.Schemas(ctx, registry.IncludeDeleted()) {
		if err != nil {
			t.Fatal(err)
		}
		there = append(there, l)
	}
	sinceThen := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Time" }, cmp.Ignore())
	if diff := cmp.Diff(copied, there, sinceThen); diff != "" || len(copied) != 3 {
		t.Errorf("%d copied (-from +to):\n%s", len(copied), diff)
	}
	if diff := cmp.Diff(rich.RuleSet, there[0].RuleSet); diff != "" {
		t.Errorf("rules (-given +copied):\n%s", diff)
	}
	if diff := cmp.Diff(rich.Metadata, there[0].Metadata); diff != "" {
		t.Errorf("metadata (-given +copied):\n%s", diff)
	}

	refused(t, "another schema under an id", registry.ErrNotPermitted)(b.Register(ctx, "x", text(`"long"`), registry.WithID(1), registry.WithVersion(1)))
	refused(t, "an import without an id", registry.ErrNotPermitted)(b.Register(ctx, "x", text(`"long"`)))
	same(t, "DeleteMode", registry.ModeImport)(b.DeleteMode(ctx, registry.Global()))
	refused(t, "an id outside of the mode", registry.ErrNotPermitted)(b.Register(ctx, "x", text(`"long"`), registry.WithID(77)))
	refused(t, "a version that is not next", registry.ErrInvalidSchema)(b.Register(ctx, "x", text(`"long"`), registry.WithVersion(2)))
	if r, err := b.Register(ctx, "x", text(`"long"`), registry.WithVersion(1)); err != nil || r.Version != 1 || r.ID != 5 {
		t.Errorf("the next version: %+v, %v", r, err)
	}
}

func TestSchemasAreAmended(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	c, ctx := client(t, reg), t.Context()
	must(t)(c.Register(ctx, "s", text(eventV1)))
	latest, err := c.Version(ctx, "s", registry.LatestVersion)
	if err != nil || latest.Version != 1 {
		t.Fatal(err)
	}
	pii := []registry.EntityTags{{Path: "Event.id", Type: registry.FieldEntity, Tags: []string{"PII", "X"}}}
	rule := registry.Rule{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "a < b"}
	r, err := c.Amend(ctx, "s", registry.LatestVersion, registry.Amendment{
		AddTags: pii, Metadata: &registry.Metadata{Properties: map[string]string{"owner": "me"}},
		MergeRules: &registry.RuleSet{DomainRules: []registry.Rule{rule}}, Version: 2,
	})
	if err != nil || r.Version != 2 || r.Metadata.Properties["owner"] != "me" || !cmp.Equal(r.RuleSet.DomainRules, []registry.Rule{rule}) {
		t.Fatalf("Amend = %+v, %v", r, err)
	}
	if latest, err := c.Version(ctx, "s", registry.LatestVersion); err != nil || latest.Version != 2 {
		t.Errorf("latest is %+v, %v", latest, err)
	}
	same(t, "Tags", pii)(c.Tags(ctx, "s", 2))
	same(t, "Tags by one", pii)(c.Tags(ctx, "s", registry.LatestVersion, "X"))
	same(t, "Tags by another", []registry.EntityTags{})(c.Tags(ctx, "s", 2, "other"))
	same(t, "Tags of what has none", []registry.EntityTags{})(c.Tags(ctx, "s", 1))
	r, err = c.Amend(ctx, "s", 2, registry.Amendment{RemoveTags: pii, RemoveRules: []string{"r"}})
	if err != nil || r.Version != 3 || len(r.RuleSet.DomainRules) != 0 {
		t.Errorf("Amend = %+v, %v", r, err)
	}
	refused(t, "a version that is not next", registry.ErrInvalidSchema)(c.Amend(ctx, "s", 3, registry.Amendment{AddTags: pii, Version: 9}))
	pii[0].Path = "Event.nothing"
	refused(t, "a field that is not there", registry.ErrInvalidSchema)(c.Amend(ctx, "s", 3, registry.Amendment{AddTags: pii}))
	refused(t, "a version that is not there", registry.ErrVersionNotFound)(c.Amend(ctx, "s", 9, registry.Amendment{AddTags: pii}))

	// An answer that was lost is not asked for again: it could be done twice.
	before := reg.Calls(amending)
	reg.Inject(amending, registrytest.CutInBody(), registrytest.Times(1))
	pii[0].Path = "Event.id"
	_, err = c.Amend(ctx, "s", 3, registry.Amendment{AddTags: pii})
	if n := reg.Calls(amending) - before; !registry.IsRetryable(err) || n != 1 {
		t.Errorf("a lost answer: %v after %d requests", err, n)
	}
	same(t, "Versions", []registry.Version{1, 2, 3, 4})(c.Versions(ctx, "s"))
	if latest, err := c.Version(ctx, "s", registry.LatestVersion); err != nil || latest.Version != 4 {
		t.Errorf("latest is %+v, %v", latest, err)
	}
}

const amending = registrytest.Route("POST /subjects/{subject}/versions/{version}/tags")

func TestTheServerSaysWhatItIs(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	c, ctx := client(t, reg, registry.WithRetries(0)), t.Context()
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	if v, err := c.ServerVersion(ctx); err != nil || v.Version == "" {
		t.Errorf("ServerVersion = %+v, %v", v, err)
	}
	if id, err := c.ClusterID(ctx); err != nil || id.Kafka == "" || id.Registry == "" {
		t.Errorf("ClusterID = %+v, %v", id, err)
	}
	if _, err := c.Deployment(ctx); err != nil {
		t.Error(err)
	}
	types, err := c.SchemaTypes(ctx)
	if slices.Sort(types); err != nil || !slices.Equal(types, []registry.SchemaType{registry.Avro, registry.JSON, registry.Protobuf}) {
		t.Errorf("SchemaTypes = %v, %v", types, err)
	}
	for name, tc := range map[string]struct {
		fault registrytest.Fault
		want  error
	}{
		"down":   {registrytest.Status(http.StatusServiceUnavailable).WithRetryAfter(time.Hour), registry.ErrUnavailable},
		"denied": {registrytest.Status(http.StatusUnauthorized), registry.ErrDenied},
		"page":   {registrytest.HTML(), registry.ErrNotRegistry},
		"cut":    {registrytest.CutInBody(), registry.ErrUnavailable},
	} {
		remove := reg.Inject(registrytest.AnyRoute, tc.fault)
		refused(t, name, tc.want)(nil, client(t, reg, registry.WithRetries(0)).Ping(ctx))
		remove()
	}
}
