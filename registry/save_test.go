package registry_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

// stocked is a registry with what a snapshot may meet.
func stocked(t *testing.T) *registrytest.Registry {
	t.Helper()
	reg := registrytest.New(t)
	reg.SetLevel("", "NONE")
	reg.Register("address", registry.Schema{Text: `{"type":"record","name":"Unused","fields":[]}`})
	reg.Register("address", registry.Schema{Text: address})
	refs := []registry.Reference{{Name: "com.acme.Address", Subject: "address", Version: 2}}
	reg.Register("User", registry.Schema{Text: `{"type":"record","name":"User","fields":[{"name":"a","type":"com.acme.Address"}]}`, References: refs,
		Metadata: &registry.Metadata{Properties: map[string]string{"b": "<2>", "a": "1"}, Tags: map[string][]string{"x.y": {"PII"}}}})
	reg.Register("User", registry.Schema{Text: `{"type":"record","name":"User","doc":"é & <b>","fields":[]}`,
		RuleSet: &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "a < b"}}}})
	reg.Register("json/value", registry.Schema{Text: `{"type":"object"}`, Type: registry.JSON})
	reg.Register("gone", registry.Schema{Text: `"string"`})
	reg.Register(":.staging:user", registry.Schema{Text: `"int"`})
	c := clientOf(t, reg)
	_, errV := c.DeleteVersion(t.Context(), "User", 2)
	_, errS := c.DeleteSubject(t.Context(), "gone")
	if err := errors.Join(errV, errS); err != nil {
		t.Fatal(err)
	}
	return reg
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[e.Name()] = string(data)
	}
	return texts
}

func TestWhatWasSavedIsAnsweredAsTheRegistryAnswers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	reg := stocked(t)
	for _, context := range []string{".", "staging"} {
		client := clientOf(t, reg, registry.WithSchemaContext(context))
		dir := filepath.Join(t.TempDir(), "a", "b")
		saved, err := registry.Save(ctx, client, dir)
		want := []registry.Subject{":.staging:user", "User", "address", "gone", "json/value"}
		if context == "staging" {
			want = want[:1]
		}
		if diff := cmp.Diff(want, saved); err != nil || diff != "" {
			t.Fatalf("Save: %v\n%s", err, diff)
		}
		d, err := registry.NewDirectory(os.DirFS(dir), registry.DirectoryContext(context))
		if err != nil {
			t.Fatal(err)
		}
		for _, subject := range saved {
			for _, v := range []registry.Version{1, 2, 3, registry.LatestVersion} {
				answered, errR := client.Version(ctx, subject, v)
				kept, errD := d.Version(ctx, subject, v)
				if diff := cmp.Diff(answered, kept); diff != "" || (errR == nil) != (errD == nil) {
					t.Errorf("%s %d: %v, %v\n%s", subject, v, errR, errD, diff)
				}
				for _, code := range []registry.Code{registry.ErrSubjectNotFound, registry.ErrVersionNotFound} {
					if errors.Is(errR, code) != errors.Is(errD, code) {
						t.Errorf("%s %d: %v, but %v", subject, v, errR, errD)
					}
				}
				if errR != nil {
					continue
				}
				byID, errID := d.SchemaByID(ctx, kept.ID)
				byGUID, errGUID := d.SchemaByGUID(ctx, kept.GUID)
				if context == "." && strings.HasPrefix(string(subject), ":") {
					byID, errID = kept.Schema, nil // another context's id
				}
				if diff := cmp.Diff([]registry.Schema{kept.Schema, kept.Schema}, []registry.Schema{byID, byGUID}); diff != "" || errID != nil || errGUID != nil {
					t.Errorf("%s %d: %v, %v\n%s", subject, v, errID, errGUID, diff)
				}
				found, errR := client.Lookup(ctx, subject, kept.Schema)
				again, errD := d.Lookup(ctx, subject, kept.Schema)
				if diff := cmp.Diff(found, again); diff != "" || (errR == nil) != (errD == nil) {
					t.Errorf("Lookup %s %d: %v, %v\n%s", subject, v, errR, errD, diff)
				}
			}
		}
	}
}

func TestASnapshotChangesOnlyWithTheRegistry(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	reg := stocked(t)
	dir := t.TempDir()
	saved, err := registry.Save(ctx, clientOf(t, reg), dir, "User")
	if want := []registry.Subject{"User", "address"}; err != nil || !slices.Equal(saved, want) {
		t.Fatalf("%q, %v: want what User refers to, too", saved, err)
	}
	before := read(t, dir)
	const want = `[
  {
    "subject": "address",
    "id": 1,
    "version": 1,
    "guid": "GUID",
    "schema": "{\"type\":\"record\",\"name\":\"Unused\",\"fields\":[]}"
  },
`
	text := before["address.json"]
	first, err := clientOf(t, reg).Version(ctx, "address", 1)
	if err != nil || !strings.HasPrefix(text, strings.Replace(want, "GUID", first.GUID.String(), 1)) {
		t.Errorf("%v; the file is\n%s", err, text)
	}
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name := range before {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	before["mine.txt"] = "mine"

	reg.Register("address", registry.Schema{Text: `"string"`})
	if _, err := registry.Save(ctx, clientOf(t, reg), dir, "User", ":.:User"); err != nil {
		t.Fatal(err)
	}
	after := read(t, dir)
	for name, text := range after {
		if changed := text != before[name]; changed != (name == "address.json") {
			t.Errorf("%s changed: %v", name, changed)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || name != "mine.txt" && info.ModTime().Equal(old) == (name == "address.json") {
			t.Errorf("%s: written at %v, %v", name, info.ModTime(), err)
		}
	}
	if len(after) != len(before) {
		t.Errorf("files: %v", after)
	}
}

func TestASaveThatFailsLeavesTheDirectoryAsItWas(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	reg := stocked(t)
	dir := t.TempDir()
	if _, err := registry.Save(ctx, clientOf(t, reg), dir, "address"); err != nil {
		t.Fatal(err)
	}
	before := read(t, dir)
	reg.Register("address", registry.Schema{Text: `"string"`})
	save := func(ctx context.Context, subjects ...registry.Subject) error {
		_, err := registry.Save(ctx, clientOf(t, reg), dir, subjects...)
		return err
	}
	if err := save(ctx, "address", "unknown"); !errors.Is(err, registry.ErrSubjectNotFound) {
		t.Errorf("an unknown subject: %v", err)
	}
	remove := reg.Inject("GET /subjects/{subject}/versions/{version}", registrytest.Status(503))
	if err := save(ctx, "address", "User", "gone"); !registry.IsRetryable(err) {
		t.Errorf("an outage: %v", err)
	}
	remove()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := save(ended, "address"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if diff := cmp.Diff(before, read(t, dir)); diff != "" {
		t.Errorf("the directory changed: %s", diff)
	}

	// "gone.json" cannot be replaced: what was to replace it does not stay behind.
	if err := os.MkdirAll(filepath.Join(dir, "gone.json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := save(ctx, "gone"); err == nil || !strings.Contains(err.Error(), "gone.json") {
		t.Errorf("a directory in the way: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for name, err := range map[string]error{
		"no client":         errOf(registry.Save(ctx, nil, dir)),
		"no directory":      errOf(registry.Save(ctx, clientOf(t, reg), "")),
		"an empty registry": errOf(registry.Save(ctx, clientOf(t, registrytest.New(t)), dir)),
		"an empty subject":  save(ctx, ""),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// Subjects may have any character and be equal but for case; file names may not.
func TestEverySubjectHasAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	subjects := []registry.Subject{
		"orders-value", "Orders-value", "ORDERS-VALUE", "orders/value", "orders_value", "../orders", "..", "con", "com1.x", "com.acme.user", "é", "ü", ".hidden", "a b", "a%20b", `a"b`,
		registry.Subject(strings.Repeat("x", 300)), registry.Subject(strings.Repeat("x", 301)), ":.s:x", "s~1", "lpt9", "com.acme.User",
	}
	for _, s := range subjects {
		reg.Register(s, registry.Schema{Text: `"int"`})
	}
	dir := t.TempDir()
	if _, err := registry.Save(t.Context(), clientOf(t, reg), dir); err != nil {
		t.Fatal(err)
	}
	folded := make(map[string]bool)
	for name := range read(t, dir) {
		if folded[strings.ToLower(name)] {
			t.Errorf("%q is there twice where case does not count", name)
		}
		folded[strings.ToLower(name)] = true
		if len(name) > 130 || strings.HasPrefix(name, ".") || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.~") != "" {
			t.Errorf("%q is a name that some file systems do not take", name)
		}
	}
	for _, plain := range []string{"orders-value.json", "orders_value.json", "com.acme.user.json"} {
		if !folded[plain] {
			t.Errorf("there is no %s in %v", plain, folded)
		}
	}
	d, err := registry.NewDirectory(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects {
		if r, err := d.Version(t.Context(), s, 1); err != nil || r.Subject != s {
			t.Errorf("%q: %+v, %v", s, r, err)
		}
	}
}
