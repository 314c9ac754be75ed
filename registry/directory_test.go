package registry_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

const (
	guidA = "11111111-2222-3333-4444-555555555555"
	guidB = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
)

// files is a file system of texts.
func files(texts map[string]string) fstest.MapFS {
	m := make(fstest.MapFS)
	for name, text := range texts {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func directory(t *testing.T, texts map[string]string, opts ...registry.DirectoryOption) *registry.Directory {
	t.Helper()
	d, err := registry.NewDirectory(files(texts), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// entry is one version as a registry answers it.
func entry(subject string, version, id int, schema string, more ...string) string {
	return fmt.Sprintf(`{"subject":%q,"version":%d,"id":%d,"schema":%q%s}`, subject, version, id, schema, strings.Join(append([]string{""}, more...), ","))
}

func list(entries ...string) string { return "[" + strings.Join(entries, ",\n") + "]" }

func TestADirectoryAnswersAsTheRegistryDid(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d := directory(t, map[string]string{
		"orders.json": list(
			entry("orders-value", 3, 9, `"long"`, `"guid":"`+guidB+`"`, `"deleted":true`),
			entry("orders-value", 1, 7, `"int"`, `"guid":"`+guidA+`"`, `"schemaType":"AVRO"`, `"ts":1700000000000`, `"deleted":false`)),
		"deep/er/two.json": "\xef\xbb\xbf" + entry("orders-value", 2, 8, `"string"`, `"guid":"0000000a-0000-0000-0000-000000000000"`) + "\n" +
			entry("gone", 1, 7, `"int"`, `"guid":"`+guidA+`"`, `"deleted":true`),
		"notes.txt": "not read", ".hidden.json": "not read", ".git/x.json": "not read", "empty.json": "[]",
	})
	if s, err := d.SchemaByID(ctx, 9); err != nil || s.Text != `"long"` || s.Type != registry.Avro {
		t.Errorf("the id of a deleted version: %+v, %v", s, err)
	}
	guid, _ := registry.ParseGUID(guidA)
	if s, err := d.SchemaByGUID(ctx, guid); err != nil || s.Text != `"int"` {
		t.Errorf("SchemaByGUID = %+v, %v", s, err)
	}
	if r, err := d.Version(ctx, "orders-value", 3); err != nil || r.ID != 9 {
		t.Errorf("a deleted version by number: %+v, %v", r, err)
	}
	latest, err := d.Version(ctx, ":.:orders-value", registry.LatestVersion)
	if err != nil || latest.Version != 2 || latest.Subject != "orders-value" {
		t.Errorf("latest: %+v, %v", latest, err)
	}
	found, err := d.Lookup(ctx, "orders-value", registry.Schema{Text: ` "string" `})
	if diff := cmp.Diff(latest, found); err != nil || diff != "" {
		t.Errorf("Lookup: %v\n%s", err, diff)
	}
	if r, err := d.Register(ctx, "orders-value", registry.Schema{Text: `{"type":"int"}`}); err != nil || r.Version != 1 {
		t.Errorf("Register of what is there = %+v, %v", r, err)
	}
	if r, err := d.Lookup(ctx, "orders-value", registry.Schema{Text: `"long"`}, registry.IncludeDeleted()); err != nil || r.Version != 3 {
		t.Errorf("Lookup of a deleted one = %+v, %v", r, err)
	}

	ask := func(subject registry.Subject, v registry.Version) error {
		_, err := d.Version(ctx, subject, v)
		return err
	}
	look := func(subject registry.Subject, text string) error {
		_, err := d.Lookup(ctx, subject, registry.Schema{Text: text})
		return err
	}
	_, noID := d.SchemaByID(ctx, 1)
	_, zeroID := d.SchemaByID(ctx, 0)
	_, noGUID := d.SchemaByGUID(ctx, registry.GUID{1})
	_, added := d.Register(ctx, "orders-value", registry.Schema{Text: `"bytes"`})
	_, imported := d.Register(ctx, "orders-value", registry.Schema{Text: `"int"`}, registry.WithID(7))
	_, nowhere := d.Register(ctx, "new", registry.Schema{Text: `"bytes"`})
	for what, c := range map[string]struct {
		err  error
		code registry.Code
	}{
		"id": {noID, registry.ErrSchemaNotFound}, "id 0": {zeroID, registry.ErrSchemaNotFound}, "GUID": {noGUID, registry.ErrSchemaNotFound},
		"subject": {ask("x", 1), registry.ErrSubjectNotFound}, "version": {ask("orders-value", 4), registry.ErrVersionNotFound},
		"latest of a deleted subject": {ask("gone", registry.LatestVersion), registry.ErrSubjectNotFound},
		"no subject":                  {ask("", 1), registry.ErrInvalidSubject}, "version 0": {ask("orders-value", 0), registry.ErrInvalidVersion},
		"lookup": {look("orders-value", `"bytes"`), registry.ErrSchemaNotFound}, "lookup of a deleted one": {look("orders-value", `"long"`), registry.ErrSchemaNotFound},
		"lookup nowhere": {look("x", `"int"`), registry.ErrSubjectNotFound}, "lookup in a deleted subject": {look("gone", `"int"`), registry.ErrSubjectNotFound},
		"import":                 {imported, registry.ErrNotPermitted},
		"lookup without subject": {look("", `"int"`), registry.ErrInvalidSubject}, "register": {added, registry.ErrNotPermitted}, "register nowhere": {nowhere, registry.ErrNotPermitted},
	} {
		if !errors.Is(c.err, c.code) || registry.IsRetryable(c.err) {
			t.Errorf("%s: %v, want %v", what, c.err, c.code)
		}
	}
	if !errors.Is(added, registry.ErrReadOnly) || errors.Is(added, registry.ErrSchemaNotFound) {
		t.Errorf("registering: %v", added)
	}
}

func TestWhatIsWrongWithADirectoryIsSaidWithTheFile(t *testing.T) {
	t.Parallel()
	one := entry("a", 1, 1, `"int"`)
	for name, c := range map[string]struct {
		texts map[string]string
		want  []string
	}{
		"nothing":       {nil, []string{"no *.json file"}},
		"empty lists":   {map[string]string{"a.json": "[]"}, []string{"no *.json file"}},
		"empty file":    {map[string]string{"a.json": " \n"}, []string{"a.json", "it is empty"}},
		"not JSON":      {map[string]string{"d/a.json": "[\n" + one + ",\nSECRET]"}, []string{"d/a.json", "line 3 is not JSON"}},
		"cut off":       {map[string]string{"a.json": one[:20]}, []string{"a.json", "breaks off"}},
		"a page":        {map[string]string{"a.json": "<html>"}, []string{"a.json", "a page"}},
		"UTF-16":        {map[string]string{"a.json": "\xff\xfe{\x00"}, []string{"a.json", "UTF-16"}},
		"list of names": {map[string]string{"a.json": `["SECRET","b"]`}, []string{"a.json", "entry 1", "not a JSON object"}},
		"null":          {map[string]string{"a.json": `null`}, []string{"a.json", "not a JSON object"}},
		"an error":      {map[string]string{"a.json": `{"error_code":40101,"message":"SECRET"}`}, []string{"a.json", "40101"}},
		"no subject":    {map[string]string{"a.json": `{"schema":"\"int\"","id":1}`}, []string{"a.json", `no "subject"`}},
		"no id":         {map[string]string{"a.json": `{"subject":"a","version":1,"schema":"\"int\""}`}, []string{"a.json", `"a"`, `no "id"`}},
		"no schema":     {map[string]string{"a.json": `{"subject":"a","version":1,"id":1}`}, []string{"a.json", `no "schema"`}},
		"id 0":          {map[string]string{"a.json": entry("a", 1, 0, "x")}, []string{"a.json", "id 0 is outside"}},
		"id 2^31":       {map[string]string{"a.json": entry("a", 1, 1<<31-1, "x") + `{"subject":"a","version":2147483648,"id":1,"schema":""}`}, []string{"2147483648 is outside"}},
		"text id":       {map[string]string{"a.json": `{"subject":"a","id":"SECRET"}`}, []string{"a.json", `"id" cannot be a string`}},
		"bad GUID":      {map[string]string{"a.json": entry("a", 1, 1, "x", `"guid":"SECRET"`)}, []string{"a.json", "GUID"}},
		"reference":     {map[string]string{"a.json": entry("a", 1, 1, "x", `"references":[{"name":"b","subject":"b","version":0}]`)}, []string{"a.json", "reference has version 0"}},
		"control":       {map[string]string{"a.json": entry(`a\u0000`, 1, 1, "x")[:12] + `a\u0000","version":1,"id":1,"schema":""}`}, []string{"a.json", "control character"}},
		"any context":   {map[string]string{"a.json": entry(":*:a", 1, 1, "x")}, []string{"a.json", "no one context"}},
		"missing reference": {map[string]string{"a.json": entry("a", 1, 1, "x", `"references":[{"name":"b","subject":"b","version":2}]`), "b.json": entry("b", 1, 2, "y")},
			[]string{"a.json", `version 2 of subject "b"`, "not complete"}},
		"reference into the parent's context": {map[string]string{
			"a.json": list(one, entry(":.c:a", 1, 1, "x", `"references":[{"name":"b","subject":"b","version":1}]`), entry("b", 1, 2, "y")),
		}, []string{"a.json", "not complete"}},
		"one id, two schemas":          {map[string]string{"a.json": one, "b.json": entry("b", 1, 1, `"long"`)}, []string{"b.json", "schema id 1", "another schema in a.json"}},
		"one id, two types":            {map[string]string{"a.json": one, "b.json": entry("b", 1, 1, `"int"`, `"schemaType":"JSON"`)}, []string{"b.json", "schema id 1"}},
		"one id, two metadata":         {map[string]string{"a.json": one, "b.json": entry("b", 1, 1, `"int"`, `"metadata":{}`)}, []string{"b.json", "schema id 1"}},
		"one version, two schemas":     {map[string]string{"a.json": one, "b.json": entry("a", 1, 2, `"long"`)}, []string{"b.json", `version 1 of subject "a"`, "in a.json"}},
		"one version, two ids":         {map[string]string{"a.json": one, "b.json": entry("a", 1, 2, `"int"`)}, []string{"b.json", `version 1 of subject "a"`}},
		"one version, deleted and not": {map[string]string{"a.json": one, "b.json": entry("a", 1, 1, `"int"`, `"deleted":true`)}, []string{"b.json", `version 1 of subject "a"`}},
		"one GUID, two schemas": {map[string]string{"a.json": entry("a", 1, 1, "x", `"guid":"`+guidA+`"`), "b.json": entry("b", 1, 2, "y", `"guid":"`+guidA+`"`)},
			[]string{"b.json", "GUID " + guidA, "a.json"}},
		"another context": {map[string]string{"a.json": entry(":.staging:a", 1, 1, "x")}, []string{`context "."`, ".staging", "DirectoryContext"}},
	} {
		d, err := registry.NewDirectory(files(c.texts))
		if err == nil || d != nil {
			t.Errorf("%s: %v and no error", name, d)
			continue
		}
		for _, want := range append(c.want, "registry: directory of schemas: ") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %q quotes the file", name, err)
		}
	}
}

func TestTheSameTwiceIsNoContradiction(t *testing.T) {
	t.Parallel()
	one := entry("a", 1, 1, `"int"`)
	d := directory(t, map[string]string{"a.json": one, "b.json": list(one, entry("b", 4, 1, `"int"`, `"schemaType":"AVRO"`), entry("a", 2, 5, `"int"`))})
	if r, err := d.Lookup(t.Context(), "a", registry.Schema{Text: `"int"`, Type: registry.Avro}); err != nil || r.Version != 2 || r.ID != 5 {
		t.Errorf("%+v, %v: want the newest of two versions with that schema", r, err)
	}
}

func TestADirectoryHasIDsOfOneContextAndGUIDsOfAll(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	texts := map[string]string{
		"d.json": entry("a", 1, 1, `"int"`, `"guid":"`+guidA+`"`),
		"s.json": list(entry(":.staging:a", 1, 1, `"long"`, `"guid":"`+guidB+`"`, `"references":[{"name":"b","subject":"b","version":-1}]`), entry(":.staging:b", 6, 2, `"string"`)),
	}
	guid, _ := registry.ParseGUID(guidB)
	for name, want := range map[string]struct{ context, text string }{"default": {".", `"int"`}, "staging": {".staging", `"long"`}, "without dot": {"staging", `"long"`}} {
		d := directory(t, texts, registry.DirectoryContext(want.context))
		s, err := d.SchemaByID(ctx, 1)
		r, errV := d.Version(ctx, "a", 1)
		if err != nil || errV != nil || s.Text != want.text || r.Text != want.text {
			t.Errorf("%s: %q, %v, %q, %v", name, s.Text, err, r.Text, errV)
		}
		if s, err := d.SchemaByGUID(ctx, guid); err != nil || s.Text != `"long"` {
			t.Errorf("%s: by GUID: %+v, %v", name, s, err)
		}
		if r, err := d.Version(ctx, ":.staging:b", registry.LatestVersion); err != nil || r.Version != 6 {
			t.Errorf("%s: another context by name: %+v, %v", name, r, err)
		}
		if _, err := d.SchemaByGUID(ctx, registry.GUID{1}); !errors.Is(err, registry.ErrUnsupported) || errors.Is(err, registry.ErrSchemaNotFound) {
			t.Errorf("%s: a GUID that a schema without one may have: %v", name, err)
		}
	}
	if _, err := registry.NewDirectory(files(texts), registry.DirectoryContext("other")); err == nil || !strings.Contains(err.Error(), `".other"`) {
		t.Errorf("a context without schemas: %v", err)
	}
}

func TestADirectoryIsBounded(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"a.json": entry("a", 1, 1, `"int"`), "b.json": entry("b", 1, 1, `"int"`), "c.txt": ""}
	size := int64(len(texts["a.json"]) + len(texts["b.json"]))
	directory(t, texts, registry.DirectoryLimits(3, size))
	for want, limits := range map[string]registry.DirectoryOption{"more files": registry.DirectoryLimits(2, size), "b.json": registry.DirectoryLimits(3, size-1)} {
		if _, err := registry.NewDirectory(files(texts), limits); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "DirectoryLimits") {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for name, opt := range map[string]registry.DirectoryOption{
		"nil": nil, "no files": registry.DirectoryLimits(0, 1), "no bytes": registry.DirectoryLimits(1, 0), "too many": registry.DirectoryLimits(1, 1<<62),
		"context": registry.DirectoryContext("a:b"), "no match": registry.MatchWith(registry.JSON, nil), "no type": registry.MatchWith("", func(_, _ registry.Schema) bool { return true }),
	} {
		if _, err := registry.NewDirectory(files(texts), opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := registry.NewDirectory(nil); err == nil {
		t.Error("a nil file system: no error")
	}
}

// The files of a Kubernetes ConfigMap are links into a hidden directory.
func TestLinkedFilesAreRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "..2026"), 0o700),
		os.WriteFile(filepath.Join(dir, "..2026", "a.json"), []byte(entry("a", 1, 1, `"int"`)), 0o600),
		os.Mkdir(filepath.Join(dir, "..2025"), 0o700),
		os.WriteFile(filepath.Join(dir, "..2025", "a.json"), []byte(entry("a", 1, 1, `"long"`)), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if os.Symlink("..2026", filepath.Join(dir, "..data")) != nil || os.Symlink("..data/a.json", filepath.Join(dir, "a.json")) != nil {
		t.Skip("no symbolic links here")
	}
	d, err := registry.NewDirectory(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := d.SchemaByID(t.Context(), 1); err != nil || s.Text != `"int"` {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "b.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.NewDirectory(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "b.json") {
		t.Errorf("a link to nowhere: %v", err)
	}
	if _, err := registry.NewDirectory(os.DirFS(filepath.Join(dir, "missing"))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func FuzzNewDirectory(f *testing.F) {
	f.Add(entry("a", 1, 1, `"int"`))
	f.Add(list(entry("a", 1, 1, `"int"`), entry(":.c:b", 2, 3, "x", `"references":[{"name":"b","subject":"b","version":-1}]`)))
	f.Add(`[[]]`)
	f.Add(`{"id":1e3}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := registry.NewDirectory(files(map[string]string{"a.json": text}))
		if (d == nil) != (err != nil) {
			t.Fatalf("%v and %v", d, err)
		}
	})
}
