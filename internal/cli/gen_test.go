package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
)

const (
	orderText    = `{"type":"record","name":"shop.Order","fields":[{"name":"by","type":"shop.Customer"},{"name":"to","type":"geo.Place"}]}`
	customerText = `{"type":"record","name":"shop.Customer","fields":[{"name":"home","type":"geo.Place"}]}`
	placeText    = `{"type":"record","name":"geo.Place","fields":[{"name":"street","type":"string"}]}`
)

// schemaFiles writes schemas into a new directory and returns their paths.
func schemaFiles(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// filesIn are the names and the texts of a directory's files.
func filesIn(t *testing.T, dir string) (names []string, texts map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts = make(map[string]string)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		names, texts[e.Name()] = append(names, e.Name()), string(text)
	}
	return names, texts
}

func TestGenSaysHowItIsCalled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 2, "", "there is avro"},
		{[]string{"-h"}, 0, "Languages:", ""},
		{[]string{"protobuf"}, 2, "", `there is no language "protobuf"; there is avro`},
		{[]string{"avro", "-h"}, 0, "[SCHEMA.avsc...]", ""},
		{[]string{"avro", "a.avsc"}, 2, "", "-o: say into which directory"},
		{[]string{"avro", "-o", "x"}, 2, "", "no schema is given"},
		{[]string{"avro", "a.avsc", "-o", "x"}, 2, "", "the flag -o stands after a schema"},
		{[]string{"avro", "-o", "x", "-registry", "http://localhost"}, 2, "", "-registry and -subject go together"},
		{[]string{"avro", "-o", "x", "-subject", "s"}, 2, "", "-registry and -subject go together"},
		{[]string{"avro", "-o", "x", "-version", "1", "a.avsc"}, 2, "", "-version needs"},
		{[]string{"avro", "-o", "x", "-registry", "http://localhost", "-subject", "s", "-version", "0"}, 2, "", "-version: want a number from 1"},
		{[]string{"avro", "-o", "x", "-registry", "http://localhost", "-subject", "s", "-version", "newest"}, 2, "", "or latest"},
		{[]string{"avro", "-o", "/", "a.avsc"}, 2, "", "-package"},
		{[]string{"avro", "-o", "x", "-x"}, 2, "", "flag provided but not defined"},
		{[]string{"avro", "-o", "x", "/nowhere/a.avsc"}, 1, "", "/nowhere/a.avsc"},
		{[]string{"avro", "-o", "x", "-registry", "::", "-subject", "s"}, 1, "", "registry"},
	} {
		code, stdout, stderr := call(context.Background(), append([]string{"gen"}, c.args...)...)
		if code != c.code || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) ||
			(c.stdout == "") != (stdout == "") || (c.stderr == "") != (stderr == "") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", c.args, code, stdout, stderr)
		}
	}
}

func TestGenWritesAPackageFromFiles(t *testing.T) {
	t.Parallel()
	in := schemaFiles(t, map[string]string{"order.avsc": orderText, "customer.avsc": customerText, "place.avsc": placeText})
	out := filepath.Join(t.TempDir(), "shop-events")
	code, stdout, stderr := call(context.Background(), "gen", "avro", "-o", out, filepath.Join(in, "order.avsc"), filepath.Join(in, "place.avsc"), filepath.Join(in, "customer.avsc"))
	if code != 0 || stdout != "" || stderr != "" {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	names, texts := filesIn(t, out)
	if want := []string{"customer_avro.go", "order_avro.go", "place_avro.go"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if text := texts["order_avro.go"]; !strings.Contains(text, "package shopevents\n") || !strings.Contains(text, "// source: order.avsc\n") || !strings.Contains(text, "By Customer `avro:\"by\"`") {
		t.Error(text)
	}
	if code, _, stderr = call(context.Background(), "gen", "avro", "-o", out, "-package", "other", filepath.Join(in, "place.avsc")); code != 0 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
	names, texts = filesIn(t, out)
	if !strings.Contains(texts["place_avro.go"], "package other\n") || len(names) != 3 {
		t.Errorf("%q: %s", names, texts["place_avro.go"])
	}
}

func TestGenReplacesNoFileOfOthers(t *testing.T) {
	t.Parallel()
	in := schemaFiles(t, map[string]string{"place.avsc": placeText})
	out := schemaFiles(t, map[string]string{"place_avro.go": "package mine\n"})
	code, _, stderr := call(context.Background(), "gen", "avro", "-o", out, "-package", "p", filepath.Join(in, "place.avsc"))
	if _, texts := filesIn(t, out); code != 1 || !strings.Contains(stderr, "not a file that concord generated") || texts["place_avro.go"] != "package mine\n" {
		t.Errorf("exit %d, %q: %q", code, stderr, texts)
	}
}

func TestGenSaysWhichFileIsWrong(t *testing.T) {
	t.Parallel()
	in := schemaFiles(t, map[string]string{"order.avsc": orderText, "place.avsc": placeText, "proto.avsc": `syntax = "proto3";`})
	out := filepath.Join(t.TempDir(), "p")
	for file, want := range map[string]string{"order.avsc": "order.avsc: it needs the type shop.Customer", "proto.avsc": "proto.avsc: avro: invalid schema"} {
		code, _, stderr := call(context.Background(), "gen", "avro", "-o", out, filepath.Join(in, file), filepath.Join(in, "place.avsc"))
		if code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %q", file, code, stderr)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

func TestGenFetchesASubjectWithAllItRefersTo(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("place", registry.Schema{Text: placeText})
	toPlace := registry.Reference{Name: "geo.Place", Subject: "place", Version: 1}
	reg.Register("customer-value", registry.Schema{Text: customerText, References: []registry.Reference{toPlace}})
	toCustomer := registry.Reference{Name: "shop.Customer", Subject: "customer-value", Version: 1}
	reg.Register("orders-value", registry.Schema{Text: orderText, References: []registry.Reference{toPlace, toCustomer}})
	second := strings.Replace(orderText, `{"name":"to"`, `{"name":"note","type":"string","default":""},{"name":"to"`, 1)
	reg.Register("orders-value", registry.Schema{Text: second, References: []registry.Reference{toPlace, toCustomer}})

	for version, note := range map[string]bool{"": true, "latest": true, "2": true, "1": false} {
		out := filepath.Join(t.TempDir(), "events")
		args := []string{"gen", "avro", "-o", out, "-registry", reg.URL(), "-subject", "orders-value"}
		if version != "" {
			args = append(args, "-version", version)
		}
		code, stdout, stderr := call(context.Background(), args...)
		if code != 0 || stdout != "" || stderr != "" {
			t.Fatalf("version %q: exit %d, %q, %q", version, code, stdout, stderr)
		}
		names, texts := filesIn(t, out)
		if !slices.Equal(names, []string{"customer_value_avro.go", "orders_value_avro.go", "place_avro.go"}) ||
			strings.Contains(texts["orders_value_avro.go"], "Note ") != note || !strings.Contains(texts["orders_value_avro.go"], "// source: orders-value\n") {
			t.Errorf("version %q: %q\n%s", version, names, texts["orders_value_avro.go"])
		}
	}
}

func TestGenTellsWhatARegistryDoesNotHave(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("json", registry.Schema{Text: `{"type":"object"}`, Type: registry.JSON})
	reg.Register("place", registry.Schema{Text: placeText})
	for name, c := range map[string]struct {
		subject, version, want string
	}{
		"no subject": {"nothing", "latest", "40401"},
		"no version": {"place", "7", "40402"},
		"not Avro":   {"json", "latest", `subject "json", version 1: the schema is of type JSON, not AVRO`},
	} {
		out := filepath.Join(t.TempDir(), "events")
		code, _, stderr := call(context.Background(), "gen", "avro", "-o", out, "-registry", reg.URL(), "-subject", c.subject, "-version", c.version)
		if code != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, %q", name, code, stderr)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%s: something was written: %v", name, err)
		}
	}
}

func TestGenMixesFilesAndASubject(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("place", registry.Schema{Text: placeText})
	in := schemaFiles(t, map[string]string{"customer.avsc": customerText})
	out := filepath.Join(t.TempDir(), "events")
	code, _, stderr := call(context.Background(), "gen", "avro", "-o", out, "-registry", reg.URL(), "-subject", "place", filepath.Join(in, "customer.avsc"))
	if names, _ := filesIn(t, out); code != 0 || !slices.Equal(names, []string{"customer_avro.go", "place_avro.go"}) {
		t.Errorf("exit %d, %q: %q", code, stderr, names)
	}
}

// A reference is to a version, and two may be to different ones of a subject.
func TestGenTakesTwoVersionsThatSayTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second string
		code   int
		want   string
	}{
		"but for a doc": {strings.Replace(placeText, `"fields"`, `"doc":"Where.","fields"`, 1), 0, ""},
		"not the same":  {strings.Replace(placeText, `"fields":[`, `"fields":[{"name":"zip","type":"string","default":""},`, 1), 1, "place-v2: geo.Place: defined differently in "},
	} {
		source := fakeSource{
			{"place", 1}: {Text: placeText},
			{"place", 2}: {Text: c.second},
			{"from", 1}:  {Text: `{"type":"record","name":"geo.From","fields":[{"name":"p","type":"Place"}]}`, References: []registry.Reference{{Name: "geo.Place", Subject: "place", Version: 1}}},
			{"to", 1}:    {Text: `{"type":"record","name":"geo.To","fields":[{"name":"p","type":"Place"}]}`, References: []registry.Reference{{Name: "geo.Place", Subject: "place", Version: 2}}},
			{"way", 1}: {Text: `{"type":"record","name":"geo.Way","fields":[{"name":"a","type":"int"}]}`, References: []registry.Reference{
				{Name: "geo.From", Subject: "from", Version: 1}, {Name: "geo.To", Subject: "to", Version: 1},
			}},
		}
		f := newFetcher(source)
		if err := f.fetch(context.Background(), "way", 1); err != nil {
			t.Fatal(err)
		}
		in, out := t.TempDir(), filepath.Join(t.TempDir(), "geo")
		args := []string{"gen", "avro", "-o", out}
		for _, s := range f.sources {
			path := filepath.Join(in, s.Name)
			if err := os.WriteFile(path, []byte(s.Text), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
		code, _, stderr := call(context.Background(), args...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit %d, %q", name, code, stderr)
		}
	}
}

// fakeSource is a registry that says whatever it likes.
type fakeSource map[struct {
	registry.Subject
	registry.Version
}]registry.Schema

func (s fakeSource) SchemaByID(context.Context, registry.SchemaID) (registry.Schema, error) {
	return registry.Schema{}, errors.ErrUnsupported
}

func (s fakeSource) SchemaByGUID(context.Context, registry.GUID) (registry.Schema, error) {
	return registry.Schema{}, errors.ErrUnsupported
}

func (s fakeSource) Version(_ context.Context, subject registry.Subject, version registry.Version) (registry.Registered, error) {
	schema, ok := s[struct {
		registry.Subject
		registry.Version
	}{subject, version}]
	if !ok {
		return registry.Registered{}, registry.ErrVersionNotFound
	}
	schema.Type = registry.Avro
	return registry.Registered{Schema: schema, Subject: subject, Version: version}, nil
}

func TestGenEndsWhateverARegistryRefersTo(t *testing.T) {
	t.Parallel()
	source := make(fakeSource)
	add := func(subject registry.Subject, version registry.Version, references ...registry.Reference) {
		source[struct {
			registry.Subject
			registry.Version
		}{subject, version}] = registry.Schema{Text: `"null"`, References: references}
	}
	add("a", 1, registry.Reference{Subject: "b", Version: 1}, registry.Reference{Subject: "a", Version: 1})
	add("b", 1, registry.Reference{Subject: "a", Version: 1})
	f := newFetcher(source)
	if err := f.fetch(context.Background(), "a", 1); err != nil || len(f.sources) != 2 {
		t.Errorf("%d sources, %v", len(f.sources), err)
	}
	for i := range registry.Version(maxFetched + 1) {
		add("long", i+1, registry.Reference{Subject: "long", Version: i + 2})
	}
	if err := newFetcher(source).fetch(context.Background(), "long", 1); err == nil || !strings.Contains(err.Error(), "refers to more than 1000 others") || len(err.Error()) > 500 {
		t.Errorf("%.600v", err)
	}
	add("gap", 1, registry.Reference{Subject: "gone", Version: 3})
	if err := newFetcher(source).fetch(context.Background(), "gap", 1); !errors.Is(err, registry.ErrVersionNotFound) || !strings.Contains(err.Error(), `subject "gap", version 1, its reference to "gone"`) {
		t.Error(err)
	}
}

func TestGenShowsNoCredentials(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	url := strings.Replace(reg.URL(), "://", "://user:hidden-word@", 1)
	code, stdout, stderr := call(context.Background(), "gen", "avro", "-o", filepath.Join(t.TempDir(), "p"), "-registry", url, "-subject", "none")
	if code != 1 || strings.Contains(stdout+stderr, "hidden-word") || !strings.Contains(stderr, "40401") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}

func TestGenTakesARegistrysCredentialsFromAFile(t *testing.T) {
	t.Parallel()
	reg := registrytest.New(t)
	reg.Register("place", registry.Schema{Text: placeText})
	dir := schemaFiles(t, map[string]string{
		"good.properties":  "# the registry\nschema.registry.url = " + reg.URL() + "\n\nschema.registry.basic.auth.user.info=me:hidden=\n",
		"twice.properties": "url=a\nurl=hidden\n",
		"line.properties":  "url=a\nhidden\n",
		"key.properties":   "schema.registry.basic.auth.user=hidden\nschema.registry.url=" + reg.URL() + "\n",
	})
	for name, want := range map[string]string{"good": "", "twice": "line 2 has a key", "line": "line 2 is not key=value", "key": "not known", "none": "no such file"} {
		args := []string{"gen", "avro", "-o", filepath.Join(dir, name), "-registry-config", filepath.Join(dir, name+".properties"), "-subject", "place"}
		code, _, stderr := call(context.Background(), args...)
		if (code == 0) != (want == "") || !strings.Contains(stderr, want) || strings.Contains(stderr, "hidden") {
			t.Errorf("%s: exit %d, %s", name, code, stderr)
		}
	}
}
