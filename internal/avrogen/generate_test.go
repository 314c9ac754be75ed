package avrogen_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/avrogen"
)

func generate(t *testing.T, texts ...string) ([]avrogen.Output, error) {
	t.Helper()
	var sources []avrogen.Source
	for i, text := range texts {
		sources = append(sources, avrogen.Source{Name: string(rune('a'+i)) + ".avsc", Text: text})
	}
	return avrogen.Generate(sources, avrogen.Options{Package: "p"})
}

func generateNamed(source, text string) ([]avrogen.Output, error) {
	return avrogen.Generate([]avrogen.Source{{Name: source, Text: text}}, avrogen.Options{Package: "p"})
}

func record(name, fields string) string {
	return `{"type":"record","name":"` + name + `","fields":[` + fields + `]}`
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	const dir = "generated"
	schemas, err := filepath.Glob(filepath.Join(dir, "*.avsc"))
	if err != nil || len(schemas) == 0 {
		t.Fatalf("%v, %v", schemas, err)
	}
	var sources []avrogen.Source
	for _, name := range schemas {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, avrogen.Source{Name: filepath.Base(name), Text: string(text)})
	}
	outputs, err := avrogen.Generate(sources, avrogen.Options{Package: "generated"})
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob(filepath.Join(dir, "*_avro.go"))
	if err != nil || len(there) != len(outputs) {
		t.Errorf("%d files are there, %d are generated: %v", len(there), len(outputs), err)
	}
	for _, o := range outputs {
		old, err := os.ReadFile(filepath.Join(dir, o.Name))
		if err != nil || !bytes.Equal(old, o.Text) {
			t.Errorf("%s is not what its schema makes: run go generate ./internal/avrogen/... (%v)\n%s", o.Name, err, cmp.Diff(string(old), string(o.Text)))
		}
	}
}

func TestTheOrderOfSourcesMovesNothingButSharedTypes(t *testing.T) {
	t.Parallel()
	a, b := record("A", `{"name":"b","type":"B"}`), record("B", `{"name":"x","type":["null","int","string"]}`)
	first, err := generate(t, a, b)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := generate(t, a, b)
		if d := cmp.Diff(first, again); d != "" || err != nil {
			t.Fatalf("%v\n%s", err, d)
		}
	}
	sources := []avrogen.Source{{Name: "b.avsc", Text: b}, {Name: "a.avsc", Text: a}}
	turned, err := avrogen.Generate(sources, avrogen.Options{Package: "p"})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(turned)
	if d := cmp.Diff(first, turned); d != "" {
		t.Error(d)
	}
}

func TestATypeOfTwoFilesIsGeneratedOnceInTheFirst(t *testing.T) {
	t.Parallel()
	kind := `{"name":"k","type":{"type":"enum","name":"Kind","symbols":["A"]}}`
	outputs, err := generate(t, record("A", kind+`,{"name":"b","type":"B"}`), record("B", kind), `{"type":"enum","name":"Kind","symbols":["A"]}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) != 2 || !bytes.Contains(outputs[0].Text, []byte("type Kind string")) || bytes.Contains(outputs[1].Text, []byte("type Kind string")) {
		t.Errorf("%d files:\n%s", len(outputs), outputs)
	}
}

func TestWhatCannotBeGoIsRefused(t *testing.T) {
	t.Parallel()
	field := func(name, typ string) string { return `{"name":"` + name + `","type":` + typ + `}` }
	for name, c := range map[string]struct {
		texts []string
		want  []string
	}{
		"types that differ by their namespaces": {[]string{record("a.X", ""), record("b.X", "")}, []string{"b.avsc: b.X: the record a.X and the record b.X would both be X in Go", "go.name"}},
		"types that differ by case":             {[]string{record("user_id", ""), record("UserId", "")}, []string{"the record user_id and the record UserId would both be UserID"}},
		"fields":                                {[]string{record("R", field("a_b", `"int"`)+","+field("aB", `"int"`))}, []string{"R.aB: the field a_b and the field aB would both be AB", "go.name"}},
		"a field and a method":                  {[]string{record("R", field("avro_schema", `"int"`))}, []string{"the generated method AvroSchema and the field avro_schema"}},
		"fields and the other methods":          {[]string{record("R", field("appendAvro", `"int"`)+","+field("decode_avro", `"int"`)+","+field("AvroUnions", `"int"`))}, []string{"AppendAvro", "DecodeAvro", "AvroUnions"}},
		"constants":                             {[]string{`{"type":"enum","name":"E","symbols":["a","A"]}`}, []string{"the symbol a of the enum E and the symbol A of the enum E would both be EA", `"go.symbols": {"A": "Name"}`}},
		"a constant and a type":                 {[]string{`{"type":"enum","name":"E","symbols":["ab"]}`, record("EAb", "")}, []string{"the symbol ab of the enum E and the record EAb"}},
		"a union and a type":                    {[]string{record("R", field("xa", `["int","string"]`)), record("RXa", "")}, []string{"the record RXa and the union of R.xa would both be RXa"}},
		"a branch and a type":                   {[]string{record("R", field("x", `["int","string"]`)), record("RXInt", "")}, []string{"the record RXInt and the int in the union of R.x"}},
		"two unions":                            {[]string{record("R", field("x", `{"type":"array","items":["int","string"]}`)+","+field("x_item", `["int","string"]`))}, []string{"the union of R.x and the union of R.x_item would both be RXItem"}},
		"a chosen name that is taken":           {[]string{`{"type":"fixed","name":"F","size":1,"go.name":"G"}`, `{"type":"fixed","name":"G","size":1}`}, []string{"the fixed F and the fixed G would both be G"}},
		"a chosen name that is none":            {[]string{`{"type":"fixed","name":"F","size":1,"go.name":"x; evil"}`}, []string{`the attribute "go.name" has "x; evil"`}},
		"a chosen name that hides":              {[]string{`{"type":"fixed","name":"F","size":1,"go.name":"int"}`}, []string{"must begin with a capital"}},
		"a chosen name of another kind":         {[]string{`{"type":"fixed","name":"F","size":1,"go.name":["G"]}`}, []string{"must be a string"}},
		"a chosen name for a field":             {[]string{record("R", `{"name":"f","type":"int","go.name":"_"}`)}, []string{"R.f: the attribute"}},
		"a chosen name in another alphabet":     {[]string{`{"type":"fixed","name":"F","size":1,"go.name":"Αlpha"}`}, []string{"ASCII"}},
		"chosen symbols":                        {[]string{`{"type":"enum","name":"E","symbols":["a"],"go.symbols":{"a":"b c"}}`}, []string{`the attribute "go.symbols" has "b c"`}},
		"chosen symbols of another kind":        {[]string{`{"type":"enum","name":"E","symbols":["a"],"go.symbols":["A"]}`}, []string{"must be an object of strings"}},
		"a record in itself":                    {[]string{record("R", field("r", `"R"`))}, []string{"R: a value would hold another of its own type without end (R)"}},
		"records in each other":                 {[]string{record("R", field("s", `[`+record("S", field("r", `"R"`))+`]`))}, []string{"without end (R, S)"}},
		"a union of nothing":                    {[]string{record("R", field("u", `[]`))}, []string{"R.u: a union without branches has no value"}},
		"a large fixed":                         {[]string{`{"type":"fixed","name":"F","size":2147483639}`}, []string{"too large for a Go array"}},
		"a large decimal":                       {[]string{record("R", field("d", `{"type":"bytes","logicalType":"decimal","precision":10001}`))}, []string{"more than 10000 digits"}},
		"an alias with a comma":                 {[]string{record("R", `{"name":"f","type":"int","aliases":["a,default=1"]}`)}, []string{`R.f: the alias "a,default=1" is no valid name`}},
		"an alias with a quote":                 {[]string{record("R", `{"name":"f","type":"int","aliases":["a\"b`+"`"+`"]}`)}, []string{"is no valid name"}},
		"no types":                              {[]string{`{"type":"array","items":"int"}`}, []string{"a.avsc: it defines no record, enum or fixed"}},
		"all errors at once":                    {[]string{record("R", field("u", `[]`)+","+field("avroSchema", `"int"`)), `"int"`}, []string{"R.u: a union", "AvroSchema", "b.avsc: it defines"}},
	} {
		outputs, err := generate(t, c.texts...)
		if _, ok := errors.AsType[*avrogen.Error](err); !ok || outputs != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

func TestCallsWithoutSenseAreRefused(t *testing.T) {
	t.Parallel()
	text := record("R", "")
	for name, c := range map[string]struct {
		sources []avrogen.Source
		pkg     string
		want    string
	}{
		"nothing":       {nil, "p", "no schema is given"},
		"no package":    {[]avrogen.Source{{Name: "a", Text: text}}, "", "no name for a package"},
		"a keyword":     {[]avrogen.Source{{Name: "a", Text: text}}, "func", "no name for a package"},
		"an injection":  {[]avrogen.Source{{Name: "a", Text: text}}, "p\nfunc init() {}", "no name for a package"},
		"the same file": {[]avrogen.Source{{Name: "x/a.avsc", Text: text}, {Name: "y/A.avsc", Text: record("S", "")}}, "p", "y/A.avsc: its code would be in a_avro.go, as that of x/a.avsc"},
	} {
		_, err := avrogen.Generate(c.sources, avrogen.Options{Package: c.pkg})
		if fault, ok := errors.AsType[*avrogen.Error](err); !ok || !strings.Contains(fault.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyGeneratedFilesAreReplaced(t *testing.T) {
	t.Parallel()
	outputs, err := generate(t, record("A", ""), record("B", ""))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "events")
	for range 2 {
		if err := avrogen.Write(dir, outputs); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, outputs[1].Name)
	for name, c := range map[string]struct {
		text    string
		replace bool
	}{
		"an older one":      {"// Code generated by concord gen avro. DO NOT EDIT.\n\npackage old\n", true},
		"with CRLF":         {"// Code generated by concord gen avro. DO NOT EDIT.\r\n\r\npackage old\r\n", true},
		"written by hand":   {"package events\n", false},
		"of another tool":   {"// Code generated by x. DO NOT EDIT.\n", false},
		"the header within": {"package events\n\n// Code generated by concord gen avro. DO NOT EDIT.\n", false},
		"empty":             {"", false},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, outputs[0].Name)); err != nil {
			t.Fatal(err)
		}
		err := avrogen.Write(dir, outputs)
		text, _ := os.ReadFile(path)
		_, first := os.Stat(filepath.Join(dir, outputs[0].Name))
		if c.replace != (err == nil) || c.replace != bytes.Equal(text, outputs[1].Text) || c.replace != (first == nil) {
			t.Errorf("%s: %v, first file: %v", name, err, first)
		}
		if !c.replace && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		os.Remove(path)
		if err := avrogen.Write(dir, outputs); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".concord-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
