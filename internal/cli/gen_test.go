package cli

import (
	"context"
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
