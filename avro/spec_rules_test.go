package avro_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

const late avro.IncompatibilityKind = "only when the data make it necessary"

// Avro 1.12, "Schema Resolution" and "Aliases", bullet by bullet, read dynamically and into
// a Go type made for the reader schema.
func TestSpecResolutionRules(t *testing.T) {
	t.Parallel()
	type m = map[string]any
	rec := func(name, fields string) string {
		return `{"type":"record","name":"` + name + `","fields":[` + fields + `]}`
	}
	aka := func(kind, name, aliases, rest string) string {
		return `{"type":"` + kind + `","name":"` + name + `","aliases":[` + aliases + `],` + rest + `}`
	}
	field := func(name, typ string) string { return `{"name":"` + name + `","type":` + typ + `}` }
	def := func(name, typ, value string) string {
		return `{"name":"` + name + `","type":` + typ + `,"default":` + value + `}`
	}
	old := func(name, aliases, typ string) string {
		return `{"name":"` + name + `","aliases":[` + aliases + `],"type":` + typ + `}`
	}
	arr := func(items string) string { return `{"type":"array","items":` + items + `}` }
	mp := func(values string) string { return `{"type":"map","values":` + values + `}` }
	enum := func(name, rest string) string {
		return `{"type":"enum","name":"` + name + `","symbols":` + rest + `}`
	}
	fixed := func(name, size string) string {
		return `{"type":"fixed","name":"` + name + `","size":` + size + `}`
	}
	one, two := rec("R", field("a", `"int"`)), rec("R", field("a", `"int"`)+","+field("b", `"string"`))
	list := func(more string) string {
		return rec("L", field("v", `"int"`)+","+field("next", `["null","L"]`)+more)
	}
	for _, c := range []struct {
		rule, writer, reader string
		written, want        any
		refused              avro.IncompatibilityKind
	}{
		// "both are arrays", "both are maps"
		{"items are resolved", arr(two), arr(one), []any{m{"a": 1, "b": "x"}, m{"a": 2, "b": ""}}, []any{m{"a": int32(1)}, m{"a": int32(2)}}, ""},
		{"values are resolved", mp(one), mp(rec("R", field("a", `"long"`)+","+def("b", `"int"`, `9`))), m{"k": m{"a": 1}}, m{"k": m{"a": int64(1), "b": int32(9)}}, ""},
		{"items are resolved at every level", arr(mp(arr(`"int"`))), arr(mp(arr(`"double"`))), []any{m{"k": []any{1}}}, []any{m{"k": []any{1.0}}}, ""},
		{"items that do not match, and none written", arr(`"string"`), arr(`"int"`), []any{}, nil, avro.TypeMismatch},
		{"values that do not match, and none written", mp(`"string"`), mp(`"int"`), m{}, nil, avro.TypeMismatch},
		{"items in a union", arr(`"int"`), arr(`["null","long"]`), []any{1}, []any{m{"long": int64(1)}}, ""},

		// "both are enums"
		{"enum by unqualified name", enum("a.E", `["A"]`), enum("b.E", `["A"]`), "A", "A", ""},
		{"enum by alias", enum("a.Old", `["A"]`), aka("enum", "b.E", `"a.Old"`, `"symbols":["A"]`), "A", "A", ""},
		{"a symbol by its name, not its place", arr(enum("E", `["A","B"]`)), arr(enum("E", `["B","X","A"]`)), []any{"A", "B"}, []any{"A", "B"}, ""},
		{"the default stands for every unknown symbol", arr(enum("E", `["A","B","C"]`)), arr(enum("E", `["Z","B"],"default":"Z"`)), []any{"A", "B", "C"}, []any{"Z", "B", "Z"}, ""},
		{"the writer's default does not count", enum("E", `["A","B"],"default":"A"`), enum("E", `["A"]`), "B", nil, late},
		{"a field's default is none for its enum", rec("R", field("e", enum("E", `["A","B"]`))), rec("R", def("e", enum("E", `["A"]`), `"A"`)), m{"e": "B"}, nil, late},
		{"an enum's default is none for the field", rec("R", ``), rec("R", field("e", enum("E", `["A"],"default":"A"`))), m{}, nil, avro.ReaderFieldMissingDefaultValue},
		{"a symbol is matched by case", enum("E", `["A"]`), enum("E", `["a"]`), "A", nil, late},
		{"an enum in a union", `["null",` + enum("E", `["A","B"]`) + `]`, `[` + enum("E", `["A"],"default":"A"`) + `]`, m{"E": "B"}, m{"E": "A"}, ""},

		// "both are fixed"
		{"fixed by alias", fixed("a.Old", "1"), aka("fixed", "b.F", `"a.Old"`, `"size":1`), []byte{1}, []byte{1}, ""},
		{"fixed by alias, of another size", fixed("Old", "1"), aka("fixed", "F", `"Old"`, `"size":2`), []byte{1}, nil, avro.FixedSizeMismatch},
		{"fixed is no bytes", fixed("F", "1"), `"bytes"`, []byte{1}, nil, avro.TypeMismatch},
		{"fixed within a record within an array", arr(rec("R", field("f", fixed("a.F", "1")))), arr(rec("R", field("f", fixed("b.F", "2")))), []any{}, nil, avro.FixedSizeMismatch},

		// "both are records"
		{"records by unqualified name, nested", rec("a.O", field("i", rec("I", field("a", `"int"`)))), rec("b.O", field("i", rec("c.I", field("a", `"long"`)))), m{"i": m{"a": 1}}, m{"i": m{"a": int64(1)}}, ""},
		{"names are case-sensitive", one, rec("r", field("a", `"int"`)), m{"a": 1}, nil, avro.NameMismatch},
		{"field names are case-sensitive", one, rec("R", def("A", `"int"`, `7`)), m{"a": 1}, m{"A": int32(7)}, ""},
		{"the order is the writer's on the wire and the reader's is free", rec("R", field("a", `"string"`)+","+field("b", arr(`"int"`))+","+field("c", `"int"`)), rec("R", field("c", `"int"`)+","+field("a", `"string"`)+","+field("b", arr(`"int"`))),
			m{"a": "x", "b": []any{1, 2}, "c": 3}, m{"a": "x", "b": []any{int32(1), int32(2)}, "c": int32(3)}, ""},
		{"fields are resolved recursively", rec("R", field("i", rec("I", field("x", `"int"`)+","+field("y", `"int"`)))), rec("R", field("i", rec("I", field("y", `"float"`)+","+def("z", `["null","int"]`, `null`)))), m{"i": m{"x": 1, "y": 2}}, m{"i": m{"y": float32(2), "z": nil}}, ""},
		{"the writer's default is never used", rec("R", def("a", `"int"`, `5`)), rec("R", def("a", `"int"`, `6`)+","+def("b", `"int"`, `7`)), m{"a": 1}, m{"a": int32(1), "b": int32(7)}, ""},
		{"a default does not mend a type", rec("R", field("a", `"string"`)), rec("R", def("a", `"int"`, `6`)), m{"a": "x"}, nil, avro.TypeMismatch},
		{"a missing field without default, deep", rec("R", field("i", arr(rec("I", ``)))), rec("R", field("i", arr(rec("I", field("x", `"int"`))))), m{"i": []any{}}, nil, avro.ReaderFieldMissingDefaultValue},
		{"an ignored field defines a type that others use", rec("R", field("x", rec("I", field("a", `"int"`)))+","+field("y", `"I"`)), rec("R", field("y", rec("I", field("a", `"int"`)))), m{"x": m{"a": 1}, "y": m{"a": 2}}, m{"y": m{"a": int32(2)}}, ""},
		{"one type is resolved alike wherever it stands", rec("R", field("x", rec("I", field("a", `"int"`)))+","+field("y", arr(`"I"`))), rec("R", field("y", arr(rec("I", field("a", `"long"`))))+","+field("x", `"I"`)), m{"x": m{"a": 1}, "y": []any{m{"a": 2}}}, m{"x": m{"a": int64(1)}, "y": []any{m{"a": int64(2)}}}, ""},
		{"one type is read as two", rec("R", field("x", rec("I", field("a", `"int"`)+","+field("b", `"int"`)))+","+field("y", `"I"`)), rec("R", field("x", rec("p.I", field("a", `"int"`)))+","+field("y", rec("q.I", field("b", `"int"`)))), m{"x": m{"a": 1, "b": 2}, "y": m{"a": 3, "b": 4}}, m{"x": m{"a": int32(1)}, "y": m{"b": int32(4)}}, ""},
		{"a recursive type with a field more", list(""), list("," + def("n", `"int"`, `1`)), m{"v": 1, "next": m{"L": m{"v": 2, "next": nil}}}, m{"v": int32(1), "n": int32(1), "next": m{"L": m{"v": int32(2), "next": nil, "n": int32(1)}}}, ""},
		{"a recursive type with a field less", list("," + field("n", `"string"`)), list(""), m{"v": 1, "n": "x", "next": m{"L": m{"v": 2, "n": "y", "next": nil}}}, m{"v": int32(1), "next": m{"L": m{"v": int32(2), "next": nil}}}, ""},
		{"a recursive field is ignored", list(""), rec("L", field("v", `"int"`)), m{"v": 1, "next": m{"L": m{"v": 2, "next": nil}}}, m{"v": int32(1)}, ""},
		{"doc is ignored", `{"type":"fixed","name":"F","size":1,"doc":"old"}`, `{"type":"fixed","name":"F","size":1,"doc":"new"}`, []byte{1}, []byte{1}, ""},

		// "Aliases"
		{"an alias is relative to its type's namespace", rec("a.Old", field("a", `"int"`)), aka("record", "a.R", `"Old"`, `"fields":[`+field("a", `"int"`)+`]`), m{"a": 1}, m{"a": int32(1)}, ""},
		{"an alias in another namespace is none", rec("b.Old", field("a", `"int"`)), aka("record", "a.R", `"Old"`, `"fields":[`+field("a", `"int"`)+`]`), m{"a": 1}, nil, avro.NameMismatch},
		{"an alias of several", fixed("V1", "1"), aka("fixed", "V3", `"V2","V1"`, `"size":1`), []byte{1}, []byte{1}, ""},
		{"the writer's aliases do not count", aka("fixed", "Old", `"F"`, `"size":1`), fixed("F", "1"), []byte{1}, nil, avro.NameMismatch},
		{"the writer's field aliases do not count", rec("R", old("x", `"a"`, `"int"`)), one, m{"x": 1}, nil, avro.ReaderFieldMissingDefaultValue},
		{"a field's alias of several", rec("R", field("v1", `"int"`)), rec("R", old("v3", `"v2","v1"`, `"int"`)), m{"v1": 1}, m{"v3": int32(1)}, ""},
		{"a field's alias goes before its default", rec("R", field("x", `"int"`)), rec("R", `{"name":"y","aliases":["x"],"type":"int","default":9}`), m{"x": 1}, m{"y": int32(1)}, ""},
		{"an alias that the writer lacks is nothing", one, rec("R", old("a", `"z"`, `"int"`)), m{"a": 1}, m{"a": int32(1)}, ""},
		{"an alias and a promotion", rec("R", field("x", `["null","int"]`)), rec("R", old("y", `"x"`, `["null","double"]`)), m{"x": 1}, m{"y": m{"double": 1.0}}, ""},
		{"two fields of the writer for one", two, rec("R", old("a", `"b"`, `"int"`)), m{"a": 1, "b": "x"}, nil, avro.AmbiguousAlias},
		{"a type and its field renamed, in an array", arr(rec("Old", field("x", `"int"`))), arr(aka("record", "New", `"Old"`, `"fields":[`+old("y", `"x"`, `"long"`)+`]`)), []any{m{"x": 1}}, []any{m{"y": int64(1)}}, ""},
		{"renamed types at each of three levels", rec("A", field("b", rec("B", field("c", rec("C", field("x", `"int"`)))))), aka("record", "A2", `"A"`, `"fields":[`+old("b2", `"b"`, aka("record", "B2", `"B"`, `"fields":[`+old("c2", `"c"`, aka("record", "C2", `"C"`, `"fields":[`+old("x2", `"x"`, `"int"`)+`]`))+`]`))+`]`),
			m{"b": m{"c": m{"x": 1}}}, m{"b2": m{"c2": m{"x2": int32(1)}}}, ""},
		{"a recursive type renamed", list(""), aka("record", "New", `"L"`, `"fields":[`+field("v", `"int"`)+","+field("next", `["null","New"]`)+`]`), m{"v": 1, "next": m{"L": m{"v": 2, "next": nil}}}, m{"v": int32(1), "next": m{"New": m{"v": int32(2), "next": nil}}}, ""},
		{"a union's branch renamed", `["null",` + one + `]`, `["null",` + aka("record", "New", `"R"`, `"fields":[`+field("a", `"int"`)+`]`) + `]`, m{"R": m{"a": 1}}, m{"New": m{"a": int32(1)}}, ""},

		// unions
		{"both: the branches' order is free", `["int","string","null"]`, `["null","string","int"]`, m{"string": "x"}, m{"string": "x"}, ""},
		{"both: each branch is resolved", `["null",` + two + `,` + arr(`"int"`) + `]`, `[` + arr(`"double"`) + `,` + one + `,"null"]`, m{"array": []any{1}}, m{"array": []any{1.0}}, ""},
		{"both: the exact type goes before one it is promoted to", `["string","long"]`, `["bytes","double","string","long"]`, m{"string": "x"}, m{"string": "x"}, ""},
		{"both: the first that it is promoted to", `["null","int"]`, `["null","float","long","double"]`, m{"int": 1}, m{"float": float32(1)}, ""},
		{"both: a branch that the reader lacks", `["null","int","string"]`, `["null","int"]`, m{"string": "x"}, nil, late},
		{"both: the other branches are read all the same", `["null","int","string"]`, `["null","int"]`, m{"int": 1}, m{"int": int32(1)}, ""},
		{"both: a record whose branch lacks a default", `["null",` + one + `]`, `["null",` + two + `]`, m{"R": m{"a": 1}}, nil, late},
		{"both: null is read beside it", `["null",` + one + `]`, `["null",` + two + `]`, nil, nil, ""},
		{"both: no branch in common", `["null","int"]`, `["boolean","string"]`, m{"int": 1}, nil, avro.MissingUnionBranch},
		{"both: records by full name first", `["null",` + rec("n.R", field("a", `"int"`)) + `]`, `["null",` + rec("m.R", field("a", `"int"`)) + `,` + rec("n.R", field("a", `"int"`)) + `]`, m{"n.R": m{"a": 1}}, m{"n.R": m{"a": int32(1)}}, ""},
		{"both: fixed types by name", `[` + fixed("A", "1") + `,` + fixed("B", "1") + `]`, `[` + fixed("B", "1") + `,` + fixed("A", "1") + `]`, m{"B": []byte{1}}, m{"B": []byte{1}}, ""},
		{"reader's: a record of the name that cannot be read is passed over", rec("R", field("a", `"string"`)), `[` + rec("m.R", field("a", `"int"`)) + `,` + rec("n.R", field("a", `"bytes"`)) + `]`, m{"a": "x"}, m{"n.R": m{"a": []byte("x")}}, ""},
		{"reader's: an enum of the name that has all symbols, before one that lacks one", enum("a.E", `["A","B"]`), `[` + enum("a.E", `["A"]`) + `,` + enum("b.E", `["A","B"]`) + `]`, "B", m{"b.E": "B"}, ""},
		{"reader's: an array and not a map", arr(`"int"`), `[` + mp(`"int"`) + `,` + arr(`"int"`) + `]`, []any{1}, m{"array": []any{int32(1)}}, ""},
		{"reader's: bytes for a string", `"string"`, `["null","int","bytes"]`, "x", m{"bytes": []byte("x")}, ""},
		{"reader's: null", `"null"`, `["int","null"]`, nil, nil, ""},
		{"reader's: no branch", `"null"`, `["int","string"]`, nil, nil, avro.MissingUnionBranch},
		{"writer's: a promotion", `["null","int","long"]`, `"double"`, m{"long": 3}, 3.0, ""},
		{"writer's: a branch that the reader is not", `["null","int","long"]`, `"double"`, nil, nil, late},
		{"writer's: in a field", rec("R", field("u", `["null","string"]`)+","+field("z", `"int"`)), rec("R", field("z", `"int"`)+","+field("u", `"bytes"`)), m{"u": m{"string": "x"}, "z": 1}, m{"u": []byte("x"), "z": int32(1)}, ""},
		{"writer's: in a map", mp(`["int","string"]`), mp(`"long"`), m{"k": m{"string": "x"}}, nil, late},
		{"writer's: an ignored field takes any branch", rec("R", field("u", `["null","int","string"]`)+","+field("a", `"int"`)), one, m{"u": m{"string": "x"}, "a": 1}, m{"a": int32(1)}, ""},
		{"an enum of another name is no branch", `["null",` + enum("E", `["A"]`) + `]`, `["null",` + enum("F", `["A"]`) + `]`, m{"E": "A"}, nil, late},
	} {
		w, r := avro.MustParse(c.writer), avro.MustParse(c.reader)
		payload := write(t, w, c.written)
		_, resolveErr := avro.NewDecoder[any](w, r)
		got, err := readAs[any](w, r, payload)
		var re *avro.ResolveError
		switch refused := errors.As(resolveErr, &re); {
		case c.refused == "":
			if d := cmp.Diff(c.want, got); err != nil || d != "" {
				t.Errorf("%s: %v (-want +got):\n%s", c.rule, err, d)
				continue
			}
			checkTyped(t, c.rule, w, r, payload, got)
		case len(avro.CheckCompatibility(w, r)) == 0:
			t.Errorf("%s: the check finds nothing", c.rule)
		case c.refused == late:
			if refused || !errors.Is(err, serde.Incompatible) {
				t.Errorf("%s: %v, then %v, %v, want class %v from the data", c.rule, resolveErr, got, err, serde.Incompatible)
			}
		case !refused || re.Reasons[0].Kind != c.refused:
			t.Errorf("%s: %v, want %s", c.rule, resolveErr, c.refused)
		}
	}
}
