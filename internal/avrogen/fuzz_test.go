package avrogen_test

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"testing"

	"github.com/concord-go/concord/internal/avrogen"
)

// checkCompiles type-checks generated files as one package.
func checkCompiles(t *testing.T, from types.Importer, outputs []avrogen.Output) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, o := range outputs {
		file, err := parser.ParseFile(fset, o.Name, o.Text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%v\n%s", err, o.Text)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: from}
	if _, err := config.Check("p", fset, files, nil); err != nil {
		t.Fatalf("%v\n%s", err, outputs)
	}
}

// What is generated compiles, whatever the schema; or an error says what is wrong.
func FuzzGenerate(f *testing.F) {
	schemas, err := filepath.Glob("generated/*.avsc")
	if err != nil || len(schemas) == 0 {
		f.Fatal(schemas, err)
	}
	for _, name := range schemas {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, seed := range []string{
		record("R", `{"name":"f","type":["null",{"type":"record","name":"S","fields":[{"name":"r","type":["R","null"]}]}]}`),
		record("R", `{"name":"f","type":["int",{"type":"array","items":["R",{"type":"map","values":["int","R","null"]}]}]},{"name":"g","type":["null"]}`),
		record("int", `{"name":"string","type":{"type":"enum","name":"error","symbols":["nil","true","iota"]}},{"name":"avro","type":["error","int"]}`),
		record("time", `{"name":"big","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"wire","type":{"type":"bytes","logicalType":"decimal","precision":3}}`),
		`{"type":"fixed","name":"F","size":0,"go.name":"G"}`, `{"type":"enum","name":"E","symbols":[]}`, `["null",{"type":"error","name":"a.b.C","fields":[]}]`,
	} {
		f.Add(seed)
	}
	from := importer.ForCompiler(token.NewFileSet(), "source", nil)
	f.Fuzz(func(t *testing.T, text string) {
		outputs, err := generateNamed("a.avsc", text)
		if err != nil {
			if _, ok := errors.AsType[*avrogen.Error](err); !ok {
				t.Fatal(err)
			}
			return
		}
		checkCompiles(t, from, outputs)
	})
}
