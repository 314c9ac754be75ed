package avro_test

import (
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/google/go-cmp/cmp"
)

func TestCheckCompatibilityNamesEveryReason(t *testing.T) {
	t.Parallel()
	type reasons map[string]avro.IncompatibilityKind // by "reader path < writer path"
	rec := func(fields string) string { return `{"type":"record","name":"R","fields":[` + fields + `]}` }
	enum := func(rest string) string { return `{"type":"enum","name":"E","symbols":` + rest + `}` }
	for _, c := range []struct {
		name, writer, reader string
		want                 reasons
	}{
		{"a promotion", `"int"`, `"double"`, reasons{}},
		{"a demotion", `"double"`, `"int"`, reasons{"/ < /": avro.TypeMismatch}},
		{"bytes as string", `"bytes"`, `"string"`, reasons{}},
		{"int as string", `"int"`, `"string"`, reasons{"/ < /": avro.TypeMismatch}},
		{"names that differ by namespace", `{"type":"fixed","name":"a.F","size":1}`, `{"type":"fixed","name":"b.F","size":1}`, reasons{}},
		{"names and sizes that differ", `{"type":"fixed","name":"F","size":1}`, `{"type":"fixed","name":"G","size":2}`,
			reasons{"/name < /name": avro.NameMismatch, "/size < /size": avro.FixedSizeMismatch}},
		{"an alias of the reader's", `{"type":"fixed","name":"a.F","size":1}`, `{"type":"fixed","name":"b.G","size":1,"aliases":["a.F"]}`, reasons{}},
		{"an alias in another namespace", `{"type":"fixed","name":"a.F","size":1}`, `{"type":"fixed","name":"b.G","size":1,"aliases":["F"]}`,
			reasons{"/name < /name": avro.NameMismatch}},
		{"a symbol the reader lacks", enum(`["A","B"]`), enum(`["A"]`), reasons{"/symbols < /symbols": avro.MissingEnumSymbols}},
		{"a symbol the reader has a default for", enum(`["A","B"]`), enum(`["A"],"default":"A"`), reasons{}},
		{"a new field", rec(``), rec(`{"name":"x","type":"int"}`), reasons{"/fields/0 < /": avro.ReaderFieldMissingDefaultValue}},
		{"a new field with a default", rec(``), rec(`{"name":"x","type":"int","default":1}`), reasons{}},
		{"a new field that is an enum with a default", rec(``), rec(`{"name":"x","type":` + enum(`["A"],"default":"A"`) + `}`),
			reasons{"/fields/0/type < /": avro.TypeMismatch}},
		{"a removed field", rec(`{"name":"x","type":"int"}`), rec(``), reasons{}},
		{"a field renamed with an alias", rec(`{"name":"x","type":"int"}`), rec(`{"name":"y","type":"long","aliases":["x"]}`), reasons{}},
		{"an alias beside the name", rec(`{"name":"x","type":"int"},{"name":"y","type":"int"}`), rec(`{"name":"y","type":"int","aliases":["x"]}`),
			reasons{"/fields/0 < /": avro.AmbiguousAlias}},
		{"two faults deep inside",
			rec(`{"name":"a","type":"int"},{"name":"x","type":{"type":"array","items":{"type":"map","values":["null","string"]}}}`),
			rec(`{"name":"x","type":{"type":"array","items":{"type":"map","values":["int","null"]}}},{"name":"a","type":"null"}`),
			reasons{"/fields/0/type/items/values/1 < /fields/1/type/items/values/1": avro.MissingUnionBranch, "/fields/1/type < /fields/0/type": avro.TypeMismatch}},
		{"a union read as one of its branches", `["null","int"]`, `"int"`, reasons{"/0 < /0": avro.TypeMismatch}},
		{"a single-branch union read as its branch", `["int"]`, `"long"`, reasons{}},
		{"a branch read by a union", `"int"`, `["null","long"]`, reasons{}},
		{"a branch no union member reads", `"string"`, `["null","long"]`, reasons{"/ < /": avro.MissingUnionBranch}},
		{"recursion", rec(`{"name":"n","type":["null","R"]}`), rec(`{"name":"n","type":["null","R"],"default":null}`), reasons{}},
		{"a fault in a recursive type", rec(`{"name":"x","type":"int"},{"name":"n","type":["null","R"]}`), rec(`{"name":"x","type":"string"},{"name":"n","type":["null","R"]}`),
			reasons{"/fields/0/type < /fields/0/type": avro.TypeMismatch}},
		{"a type that fails in a union and outside of it",
			rec(`{"name":"u","type":["null",` + enum(`["A","B"]`) + `]},{"name":"e","type":"E"}`),
			rec(`{"name":"u","type":["null",` + enum(`["A"]`) + `]},{"name":"e","type":"E"}`),
			reasons{"/fields/0/type/1 < /fields/0/type/1": avro.MissingUnionBranch, "/fields/1/type/symbols < /fields/1/type/symbols": avro.MissingEnumSymbols}},
	} {
		got := reasons{}
		for _, i := range avro.CheckCompatibility(avro.MustParse(c.writer), avro.MustParse(c.reader)) {
			got[i.Path+" < "+i.WriterPath] = i.Kind
			if i.Message == "" {
				t.Errorf("%s: %s has no message", c.name, i.Kind)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// B is tried within A's union while A itself is still being compared. That B is
// readable relies on A being so, which it is not: forgetting the reliance
// would let the second field pass.
func TestWhatReliedOnARefutedPairIsCheckedAgain(t *testing.T) {
	t.Parallel()
	schema := func(leaf string) *avro.Schema {
		return avro.MustParse(`{"type":"record","name":"Root","fields":[
			{"name":"u","type":["null",{"type":"record","name":"A","fields":[
				{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"a","type":"A"}]}},
				{"name":"leaf","type":"` + leaf + `"}]}]},
			{"name":"b","type":"B"}]}`)
	}
	var paths []string
	for _, i := range avro.CheckCompatibility(schema("string"), schema("int")) {
		paths = append(paths, i.Path)
	}
	want := []string{"/fields/0/type/1", "/fields/1/type/fields/0/type/fields/1/type"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
