package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

const guidText = "6fc8db80-1e4f-1f2c-8e21-5a0b6f2d1c3e"

// serve starts a server with the handler and returns its URL.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// connect makes a client that does not wait between attempts.
func connect(t testing.TB, url string, opts ...registry.ClientOption) *registry.Client {
	t.Helper()
	c, err := registry.NewClient(url, append([]registry.ClientOption{silent, registry.WithRetryWait(time.Microsecond, time.Microsecond)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

const idBody = `{"schema":"\"string\"","guid":"` + guidText + `"}`

// each call, with the request it must be and an answer it must read.
func TestEachMethodSpeaksItsRESTCall(t *testing.T) {
	t.Parallel()
	guid, err := registry.ParseGUID(guidText)
	if err != nil {
		t.Fatal(err)
	}
	schema := registry.Schema{
		Text: `"string"`, Type: registry.JSON,
		References: []registry.Reference{{Name: "n", Subject: "s", Version: 2}},
		Metadata:   &registry.Metadata{Properties: map[string]string{"owner": "me"}},
		RuleSet:    &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Type: "CEL"}}},
	}
	const schemaFields = `"schema":"\"string\"","schemaType":"JSON","references":[{"name":"n","subject":"s","version":2}],` +
		`"metadata":{"properties":{"owner":"me"}},"ruleSet":{"domainRules":[{"name":"r","type":"CEL"}]}`
	const found = `{"subject":"s","version":3,"id":7,"guid":"` + guidText + `","ts":1,"deleted":false,` + schemaFields + `}`
	registered := registry.Registered{Schema: schema, Subject: "s", Version: 3, ID: 7, GUID: guid}
	avro := registry.Schema{Text: `"string"`, Type: registry.Avro}
	yes := true

	type client = registry.Client
	for name, tc := range map[string]struct {
		call       func(context.Context, *client) (any, error)
		want       string // the request
		wantBody   string
		answerWith string
		wantResult any
	}{
		"schema by id, no type means Avro": {
			func(ctx context.Context, c *client) (any, error) { return c.SchemaByID(ctx, 7) },
			"GET /schemas/ids/7", "", idBody, avro,
		},
		"schema by GUID": {
			func(ctx context.Context, c *client) (any, error) { return c.SchemaByGUID(ctx, guid) },
			"GET /schemas/guids/" + guidText, "", found, schema,
		},
		"a version by number finds deleted ones": {
			func(ctx context.Context, c *client) (any, error) { return c.Version(ctx, "s", 3) },
			"GET /subjects/s/versions/3?deleted=true", "", found, registered,
		},
		"latest does not": {
			func(ctx context.Context, c *client) (any, error) { return c.Version(ctx, "s", registry.LatestVersion) },
			"GET /subjects/s/versions/latest", "", found, registered,
		},
		"lookup": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Lookup(ctx, "s", schema, registry.Normalize(), registry.IncludeDeleted())
			},
			"POST /subjects/s?deleted=true&normalize=true", "{" + schemaFields + "}", found, registered,
		},
		"register leaves out what is empty": {
			func(ctx context.Context, c *client) (any, error) { return c.Register(ctx, "s", avro) },
			"POST /subjects/s/versions", `{"schema":"\"string\""}`, `{"id":1}`,
			registry.Registered{Schema: avro, Subject: "s", ID: 1},
		},
		"register with a full answer": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Register(ctx, "s", schema, registry.Normalize())
			},
			"POST /subjects/s/versions?normalize=true", "{" + schemaFields + "}", found, registered,
		},
		"import": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Register(ctx, "s", avro, registry.WithID(7), registry.WithVersion(3))
			},
			"POST /subjects/s/versions", `{"schema":"\"string\"","id":7,"version":3}`, `{"id":7}`,
			registry.Registered{Schema: avro, Subject: "s", ID: 7},
		},
		"versions": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Versions(ctx, "s", registry.IncludeDeleted(), registry.Page(1, 2))
			},
			"GET /subjects/s/versions?deleted=true&limit=2&offset=1", "", `[2,3]`, []registry.Version{2, 3},
		},
		"subjects": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Subjects(ctx, registry.Prefix(":.staging:"), registry.IncludeDeleted())
			},
			"GET /subjects?deleted=true&subjectPrefix=%3A.staging%3A", "", `["a","b"]`, []registry.Subject{"a", "b"},
		},
		"deleted versions": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Versions(ctx, "s", registry.IncludeDeleted(), registry.DeletedOnly())
			},
			"GET /subjects/s/versions?deletedOnly=true", "", `[2]`, []registry.Version{2},
		},
		"versions and whether they are deleted": {
			func(ctx context.Context, c *client) (any, error) { return c.VersionStates(ctx, "s") },
			"GET /subjects/s/versions?deleted=true&deletedAsNegative=true", "", `[-1,2,-3]`,
			[]registry.VersionState{{Version: 1, Deleted: true}, {Version: 2}, {Version: 3, Deleted: true}},
		},
		"deleted subjects": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Subjects(ctx, registry.DeletedOnly(), registry.Page(0, 1))
			},
			"GET /subjects?deletedOnly=true&limit=1", "", `["a"]`, []registry.Subject{"a"},
		},
		"referenced by": {
			func(ctx context.Context, c *client) (any, error) {
				return c.ReferencedBy(ctx, "s", registry.LatestVersion, registry.IncludeDeleted(), registry.Page(1, 2))
			},
			"GET /subjects/s/versions/latest/referencedby?deleted=true&limit=2&offset=1", "", `[3,4]`, []registry.SchemaID{3, 4},
		},
		"subjects by id": {
			func(ctx context.Context, c *client) (any, error) { return c.SubjectsByID(ctx, 7) },
			"GET /schemas/ids/7/subjects", "", `["s"]`, []registry.Subject{"s"},
		},
		"versions by id": {
			func(ctx context.Context, c *client) (any, error) {
				return c.VersionsByID(ctx, 7, registry.IncludeDeleted(), registry.Page(0, 9))
			},
			"GET /schemas/ids/7/versions?deleted=true&limit=9", "", `[{"subject":"s","version":3}]`,
			[]registry.SubjectVersion{{Subject: "s", Version: 3}},
		},
		"ids by GUID": {
			func(ctx context.Context, c *client) (any, error) { return c.IDsByGUID(ctx, guid) },
			"GET /schemas/guids/" + guidText + "/ids", "", `[{"context":".","id":7},{"context":".x","id":1}]`,
			[]registry.ContextID{{Context: ".", ID: 7}, {Context: ".x", ID: 1}},
		},
		"text by id": {
			func(ctx context.Context, c *client) (any, error) { return c.TextByID(ctx, 7, registry.TextResolved) },
			"GET /schemas/ids/7/schema?format=resolved", "", `"string" `, `"string" `,
		},
		"text of a version": {
			func(ctx context.Context, c *client) (any, error) {
				return c.VersionText(ctx, "s", 3, registry.TextPlain)
			},
			"GET /subjects/s/versions/3/schema?deleted=true", "", `syntax = "proto3";`, `syntax = "proto3";`,
		},
		"text of the latest version": {
			func(ctx context.Context, c *client) (any, error) {
				return c.VersionText(ctx, "s", registry.LatestVersion, registry.TextSerialized)
			},
			"GET /subjects/s/versions/latest/schema?format=serialized", "", `Cgdh`, `Cgdh`,
		},
		"schemas": {
			func(ctx context.Context, c *client) (any, error) { return first(c.Schemas(ctx)) },
			"GET /schemas?limit=500&subjectPrefix=%3A%2A%3A", "", `[` + found + `]`,
			registry.Listed{Registered: registered, Time: time.UnixMilli(1)},
		},
		"schemas, chosen": {
			func(ctx context.Context, c *client) (any, error) {
				return first(c.Schemas(ctx, registry.Prefix("s"), registry.IncludeDeleted(), registry.LatestOnly(), registry.Aliases(),
					registry.RuleType("CEL"), registry.PageSize(9)))
			},
			"GET /schemas?aliases=true&deleted=true&latestOnly=true&limit=9&ruleType=CEL&subjectPrefix=s", "",
			`[{"subject":"s","version":3,"id":7,"schema":"\"string\"","deleted":true,"aliases":["a"]}]`,
			registry.Listed{Registered: registry.Registered{Schema: avro, Subject: "s", Version: 3, ID: 7}, Deleted: true, Aliases: []registry.Subject{"a"}},
		},
		"schema types": {
			func(ctx context.Context, c *client) (any, error) { return c.SchemaTypes(ctx) },
			"GET /schemas/types", "", `["JSON","AVRO"]`, []registry.SchemaType{registry.JSON, registry.Avro},
		},
		"ping": {
			func(ctx context.Context, c *client) (any, error) { return nil, c.Ping(ctx) },
			"GET /schemas/types", "", `["AVRO"]`, nil,
		},
		"largest id": {
			func(ctx context.Context, c *client) (any, error) { return c.MaxID(ctx, 7) },
			"GET /schemas/ids/7?fetchMaxId=true", "", `{"schema":"x","maxId":100}`, registry.SchemaID(100),
		},
		"tags": {
			func(ctx context.Context, c *client) (any, error) { return c.Tags(ctx, "s", 3, "PII", "X") },
			"GET /subjects/s/versions/3?deleted=true&findTags=PII&findTags=X", "",
			found[:len(found)-1] + `,"schemaTags":[{"schemaEntity":{"entityPath":"R.f","entityType":"sr_field"},"tags":["PII"]}]}`,
			[]registry.EntityTags{{Path: "R.f", Type: registry.FieldEntity, Tags: []string{"PII"}}},
		},
		"all tags": {
			func(ctx context.Context, c *client) (any, error) { return c.Tags(ctx, "s", registry.LatestVersion) },
			"GET /subjects/s/versions/latest?findTags=%2A", "", found, []registry.EntityTags{},
		},
		"amend": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Amend(ctx, "s", 2, registry.Amendment{
					AddTags:    []registry.EntityTags{{Path: "R.f", Type: registry.FieldEntity, Tags: []string{"PII"}}},
					RemoveTags: []registry.EntityTags{{Path: "R", Type: registry.RecordEntity, Tags: []string{"X"}}},
					Metadata:   schema.Metadata, RuleSet: schema.RuleSet, MergeRules: schema.RuleSet, RemoveRules: []string{"q"}, Version: 3,
				})
			},
			"POST /subjects/s/versions/2/tags", `{"newVersion":3,` +
				`"tagsToAdd":[{"schemaEntity":{"entityPath":"R.f","entityType":"sr_field"},"tags":["PII"]}],` +
				`"tagsToRemove":[{"schemaEntity":{"entityPath":"R","entityType":"sr_record"},"tags":["X"]}],` +
				`"metadata":{"properties":{"owner":"me"}},"ruleSet":{"domainRules":[{"name":"r","type":"CEL"}]},` +
				`"rulesToMerge":{"domainRules":[{"name":"r","type":"CEL"}]},"rulesToRemove":["q"]}`, found, registered,
		},
		"contexts": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Contexts(ctx, registry.Prefix(".st"), registry.Page(1, 2))
			},
			"GET /contexts?contextPrefix=.st&limit=2&offset=1", "", `[".staging"]`, []string{".staging"},
		},
		"delete a context": {
			func(ctx context.Context, c *client) (any, error) { return nil, c.DeleteContext(ctx, "staging") },
			"DELETE /contexts/.staging", "", "", nil,
		},
		"server version": {
			func(ctx context.Context, c *client) (any, error) { return c.ServerVersion(ctx) },
			"GET /v1/metadata/version", "", `{"version":"8.3.1","commitId":"abc"}`, registry.ServerVersion{Version: "8.3.1", CommitID: "abc"},
		},
		"cluster id": {
			func(ctx context.Context, c *client) (any, error) { return c.ClusterID(ctx) },
			"GET /v1/metadata/id", "", `{"id":"","scope":{"path":[],"clusters":{"kafka-cluster":"k","schema-registry-cluster":"r"}}}`,
			registry.ClusterID{Kafka: "k", Registry: "r"},
		},
		"deployment": {
			func(ctx context.Context, c *client) (any, error) { return c.Deployment(ctx) },
			"GET /v1/metadata/deployment", "", `{"attributes":["a:b"]}`, []string{"a:b"},
		},
		"no subjects": {
			func(ctx context.Context, c *client) (any, error) { return c.Subjects(ctx) },
			"GET /subjects", "", `[]`, []registry.Subject{},
		},
		"delete a subject": {
			func(ctx context.Context, c *client) (any, error) { return c.DeleteSubject(ctx, "s") },
			"DELETE /subjects/s", "", `[1,2]`, []registry.Version{1, 2},
		},
		"delete a version permanently": {
			func(ctx context.Context, c *client) (any, error) {
				return c.DeleteVersion(ctx, "s", 2, registry.Permanent())
			},
			"DELETE /subjects/s/versions/2?permanent=true", "", `2`, registry.Version(2),
		},
		"test compatibility": {
			func(ctx context.Context, c *client) (any, error) {
				return c.TestCompatibility(ctx, "s", registry.LatestVersion, avro)
			},
			"POST /compatibility/subjects/s/versions/latest?verbose=true", `{"schema":"\"string\""}`,
			`{"is_compatible":false,"messages":["why"]}`, registry.CompatibilityResult{Messages: []string{"why"}},
		},
		"test compatibility with all": {
			func(ctx context.Context, c *client) (any, error) {
				return c.TestCompatibility(ctx, "s", registry.AllVersions, avro, registry.Normalize())
			},
			"POST /compatibility/subjects/s/versions?normalize=true&verbose=true", `{"schema":"\"string\""}`,
			`{"is_compatible":true}`, registry.CompatibilityResult{Compatible: true},
		},
		"global config": {
			func(ctx context.Context, c *client) (any, error) { return c.Config(ctx, registry.Global()) },
			"GET /config", "", `{"compatibilityLevel":"FULL","normalize":true}`,
			registry.Config{Compatibility: registry.LevelFull, Normalize: &yes},
		},
		"config of a subject": {
			func(ctx context.Context, c *client) (any, error) {
				return c.Config(ctx, registry.OfSubject("a/b"), registry.DefaultToGlobal())
			},
			"GET /config/a%2Fb?defaultToGlobal=true", "", `{"compatibilityLevel":"NONE"}`,
			registry.Config{Compatibility: registry.LevelNone},
		},
		"set config": {
			func(ctx context.Context, c *client) (any, error) {
				return c.SetConfig(ctx, registry.OfSubject("s"), registry.Config{Compatibility: registry.LevelForwardTransitive})
			},
			"PUT /config/s", `{"compatibility":"FORWARD_TRANSITIVE"}`, `{"compatibility":"FORWARD_TRANSITIVE"}`,
			registry.Config{Compatibility: registry.LevelForwardTransitive},
		},
		"delete config": {
			func(ctx context.Context, c *client) (any, error) { return c.DeleteConfig(ctx, registry.OfSubject("s")) },
			"DELETE /config/s", "", `{"compatibilityLevel":"NONE"}`, registry.Config{Compatibility: registry.LevelNone},
		},
		"set every field of a config": {
			func(ctx context.Context, c *client) (any, error) {
				return c.SetConfig(ctx, registry.EveryContext(), everyField(), registry.Clear(registry.ConfigAlias, "later"))
			},
			"PUT /config/:.__GLOBAL:", everyFieldBody(`"compatibility"`, `"alias":null,"later":null,`), everyFieldBody(`"compatibility"`, ""), everyField(),
		},
		"read every field of a config": {
			func(ctx context.Context, c *client) (any, error) { return c.Config(ctx, registry.OfSubject(":.x:")) },
			"GET /config/:.x:", "", everyFieldBody(`"compatibilityLevel"`, ""), everyField(),
		},
		"clear a field of a config": {
			func(ctx context.Context, c *client) (any, error) {
				return c.SetConfig(ctx, registry.Global(), registry.Config{}, registry.Clear(registry.ConfigNormalize))
			},
			"PUT /config", `{"normalize":null}`, `{}`, registry.Config{},
		},
		"mode": {
			func(ctx context.Context, c *client) (any, error) { return c.Mode(ctx, registry.Global()) },
			"GET /mode", "", `{"mode":"READWRITE"}`, registry.ModeReadWrite,
		},
		"set mode": {
			func(ctx context.Context, c *client) (any, error) {
				return nil, c.SetMode(ctx, registry.OfSubject("s"), registry.ModeImport, registry.Force())
			},
			"PUT /mode/s?force=true", `{"mode":"IMPORT"}`, `{"mode":"IMPORT"}`, nil,
		},
		"delete mode": {
			func(ctx context.Context, c *client) (any, error) { return c.DeleteMode(ctx, registry.OfSubject("s")) },
			"DELETE /mode/s", "", `{"mode":"READONLY"}`, registry.ModeReadOnly,
		},
		"delete modes": {
			func(ctx context.Context, c *client) (any, error) {
				return c.DeleteMode(ctx, registry.OfSubject(":.x:"), registry.Recursive())
			},
			"DELETE /mode/:.x:?recursive=true", "", `{}`, registry.Mode(""),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, gotBody, contentType string
			c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got, gotBody, contentType = r.Method+" "+r.RequestURI, strings.TrimSpace(string(body)), r.Header.Get("Content-Type")
				answer(w, 200, tc.answerWith)
			}))
			result, err := tc.call(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("request %s, want %s", got, tc.want)
			}
			if (tc.wantBody != "") != (contentType == "application/vnd.schemaregistry.v1+json") {
				t.Errorf("content type %q with body %q", contentType, gotBody)
			}
			if diff := cmp.Diff(parsed(t, tc.wantBody), parsed(t, gotBody)); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantResult, result); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

// first is the first entry of a sequence, after which it is left.
func first[T any](all iter.Seq2[T, error]) (T, error) {
	for v, err := range all {
		return v, err
	}
	var none T
	return none, errors.New("the sequence is empty")
}

func parsed(t *testing.T, text string) (v any) {
	if text != "" {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
	return v
}

func TestSubjectsArriveAsTheyWereGiven(t *testing.T) {
	t.Parallel()
	var path string
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		if i := strings.Count(r.URL.EscapedPath(), "/"); i != 4 {
			t.Errorf("%s has %d segments, want 4", r.URL.EscapedPath(), i)
		}
		answer(w, 200, `[1]`)
	})+"/base/")
	for _, subject := range []registry.Subject{"a/b", "a%b", "a%2Fb", ":.ctx:s", ".", "..", "...", "a b+c", "a;x=1", "ä?#&=", "a\\b"} {
		if _, err := c.Versions(t.Context(), subject); err != nil {
			t.Errorf("%q: %v", subject, err)
		}
		if want := "/base/subjects/" + string(subject) + "/versions"; path != want {
			t.Errorf("the server saw %q, want %q", path, want)
		}
	}
}

func TestImpossibleArgumentsCostNoRequest(t *testing.T) {
	t.Parallel()
	c := connect(t, serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s", r.URL) }))
	ctx := t.Context()
	errOf := func(_ any, err error) error { return err }
	for name, tc := range map[string]struct {
		err  error
		want error
	}{
		"id 0":              {errOf(c.SchemaByID(ctx, 0)), registry.ErrSchemaNotFound},
		"id -1":             {errOf(c.SchemaByID(ctx, -1)), registry.ErrSchemaNotFound},
		"version 0":         {errOf(c.Version(ctx, "s", 0)), registry.ErrInvalidVersion},
		"all versions":      {errOf(c.Version(ctx, "s", registry.AllVersions)), registry.ErrInvalidVersion},
		"import as id 0":    {errOf(c.Register(ctx, "s", registry.Schema{}, registry.WithID(0))), registry.ErrNotPermitted},
		"import version -1": {errOf(c.Register(ctx, "s", registry.Schema{}, registry.WithVersion(registry.LatestVersion))), registry.ErrInvalidVersion},
		"references to 0":   {errOf(c.ReferencedBy(ctx, "s", 0)), registry.ErrInvalidVersion},
		"subjects of id 0":  {errOf(c.SubjectsByID(ctx, 0)), registry.ErrSchemaNotFound},
		"versions of id -1": {errOf(c.VersionsByID(ctx, -1)), registry.ErrSchemaNotFound},
		"text of id 0":      {errOf(c.TextByID(ctx, 0, "")), registry.ErrSchemaNotFound},
		"text of version 0": {errOf(c.VersionText(ctx, "s", 0, "")), registry.ErrInvalidVersion},
		"text of nothing":   {errOf(c.VersionText(ctx, "", 1, "")), registry.ErrInvalidSubject},
		"largest id at 0":   {errOf(c.MaxID(ctx, 0)), registry.ErrSchemaNotFound},
		"default context":   {c.DeleteContext(ctx, "."), nil},
		"no context":        {c.DeleteContext(ctx, ""), nil},
		"context's subject": {c.DeleteContext(ctx, ":.staging:x"), nil},
		"tags of version 0": {errOf(c.Tags(ctx, "s", 0)), registry.ErrInvalidVersion},
		"amend version 0":   {errOf(c.Amend(ctx, "s", 0, registry.Amendment{})), registry.ErrInvalidVersion},
		"amend to -1":       {errOf(c.Amend(ctx, "s", 1, registry.Amendment{Version: -1})), registry.ErrInvalidVersion},
		"amend nothing":     {errOf(c.Amend(ctx, "", 1, registry.Amendment{})), registry.ErrInvalidSubject},
		"delete version 0":  {errOf(c.DeleteVersion(ctx, "s", 0)), registry.ErrInvalidVersion},
		"test version 0":    {errOf(c.TestCompatibility(ctx, "s", 0, registry.Schema{})), registry.ErrInvalidVersion},
		"empty subject":     {errOf(c.Register(ctx, "", registry.Schema{})), registry.ErrInvalidSubject},
		"delete everything": {errOf(c.DeleteSubject(ctx, "")), registry.ErrInvalidSubject},
		"line break":        {errOf(c.Versions(ctx, "a\r\nb")), registry.ErrInvalidSubject},
		"zero scope":        {errOf(c.SetConfig(ctx, registry.Scope{}, registry.Config{Compatibility: registry.LevelNone})), registry.ErrInvalidSubject},
		"no level":          {errOf(c.SetConfig(ctx, registry.Global(), registry.Config{})), registry.ErrInvalidCompatibility},
		"set and cleared":   {errOf(c.SetConfig(ctx, registry.Global(), registry.Config{Alias: "a"}, registry.Clear(registry.ConfigAlias))), nil},
		"nameless field":    {errOf(c.SetConfig(ctx, registry.Global(), registry.Config{}, registry.Clear(""))), nil},
		"no mode":           {c.SetMode(ctx, registry.Global(), ""), registry.ErrInvalidMode},
	} {
		if tc.err == nil || tc.want != nil && !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: %v, want %v", name, tc.err, tc.want)
		}
	}
}

func TestConcurrentMissesAreOneCall(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	release := make(chan struct{})
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		<-release
		answer(w, 200, idBody)
	}))
	var wg sync.WaitGroup
	var started atomic.Int32
	for range 64 {
		wg.Go(func() {
			started.Add(1)
			if s, err := c.SchemaByID(t.Context(), 1); err != nil || s.Text != `"string"` {
				t.Errorf("SchemaByID = %v, %v", s, err)
			}
		})
	}
	for started.Load() < 64 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	if n := calls.Load(); n != 1 {
		t.Fatalf("64 concurrent callers cost %d requests, want 1", n)
	}
}

func TestAHangingRegistryDelaysNothingThatIsKnown(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	asked := make(chan struct{}, 1)
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/schemas/ids/1" && r.URL.Path != "/schemas/ids/3" {
			asked <- struct{}{}
			<-hang
		}
		answer(w, 200, idBody)
	}))
	defer close(hang)
	if _, err := c.SchemaByID(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := c.SchemaByID(ctx, 2)
		ended <- err
	}()
	<-asked // id 2 hangs in the registry
	for _, id := range []registry.SchemaID{1, 3} {
		if _, err := c.SchemaByID(t.Context(), id); err != nil {
			t.Errorf("id %d while id 2 hangs: %v", id, err)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || registry.IsRetryable(err) {
		t.Errorf("the cancelled caller got %v", err)
	}
}

func TestCloseCancelsAndWaits(t *testing.T) {
	t.Parallel()
	asked, hang := make(chan struct{}), make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { close(asked); <-hang })
	defer close(hang)
	c, err := registry.NewClient(url)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := c.SchemaByID(context.Background(), 1)
		ended <- err
	}()
	<-asked
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, registry.ErrClosed) || registry.IsRetryable(err) {
		t.Errorf("the call in progress got %v, want ErrClosed", err)
	}
	if _, err := c.Subjects(t.Context()); !errors.Is(err, registry.ErrClosed) {
		t.Errorf("a call after Close got %v, want ErrClosed", err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}
