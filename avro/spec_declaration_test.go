package avro_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// Avro 1.12, "Schema Declaration", "Names" and "Aliases": what a text declares, told
// by its canonical form, which spells every full name.
func TestSpecDeclarations(t *testing.T) {
	t.Parallel()
	const fixed = `{"name":"F","type":"fixed","size":1}`
	in := func(namespace, typ string) string {
		return `{"type":"record","name":"R","namespace":"` + namespace + `","fields":[{"name":"f","type":` + typ + `}]}`
	}
	canonical := func(name, typ string) string {
		return `{"name":"` + name + `","type":"record","fields":[{"name":"f","type":` + typ + `}]}`
	}
	for _, c := range []struct{ rule, text, want string }{
		{"a primitive's name is a schema", `"null"`, `"null"`},
		{"a primitive as an object is its name", `{"type":"double"}`, `"double"`},
		{"attributes that are not defined are metadata", `{"type":"long","unit":"ms","since":{"a":[1]}}`, `"long"`},
		{"a record without fields", `{"type":"record","name":"R","fields":[]}`, `{"name":"R","type":"record","fields":[]}`},
		{"doc, order and aliases do not count", `{"type":"record","name":"R","doc":"d","aliases":["Q"],"fields":[{"name":"f","doc":"d","order":"ignore","aliases":["g"],"type":"int","default":1}]}`, canonical("R", `"int"`)},
		{"the linked list of the specification", `{"type":"record","name":"LongList","aliases":["LinkedLongs"],"fields":[{"name":"value","type":"long"},{"name":"next","type":["null","LongList"]}]}`,
			`{"name":"LongList","type":"record","fields":[{"name":"value","type":"long"},{"name":"next","type":["null","LongList"]}]}`},
		{"an enum's default is no part of the wire form", `{"type":"enum","name":"Suit","symbols":["SPADES","HEARTS"],"default":"HEARTS"}`, `{"name":"Suit","type":"enum","symbols":["SPADES","HEARTS"]}`},
		{"symbols are case-sensitive", `{"type":"enum","name":"E","symbols":["a","A"]}`, `{"name":"E","type":"enum","symbols":["a","A"]}`},
		{"field names are case-sensitive", `{"type":"record","name":"R","fields":[{"name":"f","type":"int"},{"name":"F","type":"int"}]}`, `{"name":"R","type":"record","fields":[{"name":"f","type":"int"},{"name":"F","type":"int"}]}`},
		{"an array's attribute default is metadata", `{"type":"array","items":"string","default":[]}`, `{"type":"array","items":"string"}`},
		{"a map's attribute default is metadata", `{"type":"map","values":"long","default":{}}`, `{"type":"map","values":"long"}`},
		{"a fixed of no bytes", `{"type":"fixed","name":"F","size":0}`, `{"name":"F","type":"fixed","size":0}`},
		{"named types of one kind are branches of one union", `[` + fixed + `,{"type":"fixed","name":"n.F","size":1}]`, `[{"name":"F","type":"fixed","size":1},{"name":"n.F","type":"fixed","size":1}]`},
		{"a union within an array within a union", `["null",{"type":"array","items":["null","int"]}]`, `["null",{"type":"array","items":["null","int"]}]`},

		{"a full name needs no namespace", `{"type":"fixed","name":"org.foo.X","size":1}`, `{"name":"org.foo.X","type":"fixed","size":1}`},
		{"a simple name and a namespace", `{"type":"fixed","name":"X","namespace":"org.foo","size":1}`, `{"name":"org.foo.X","type":"fixed","size":1}`},
		{"with a dotted name the namespace is ignored", `{"type":"fixed","name":"a.full.X","namespace":"ignored","size":1}`, `{"name":"a.full.X","type":"fixed","size":1}`},
		{"the namespace is that of the enclosing definition", in("org.foo", `{"type":"enum","name":"X","symbols":[]}`), canonical("org.foo.R", `{"name":"org.foo.X","type":"enum","symbols":[]}`)},
		{"the enclosing namespace may come from a dotted name", `{"type":"record","name":"a.full.R","namespace":"ignored","fields":[{"name":"f","type":` + fixed + `}]}`, canonical("a.full.R", `{"name":"a.full.F","type":"fixed","size":1}`)},
		{"without any namespace the null namespace is inherited", in("", fixed), canonical("R", fixed)},
		{"the empty namespace is the null namespace", in("a", `{"type":"fixed","name":"F","namespace":"","size":1}`), canonical("a.R", fixed)},
		{"the namespace is inherited through arrays, maps and unions", in("a", `["null",{"type":"array","items":{"type":"map","values":`+fixed+`}}]`), canonical("a.R", `["null",{"type":"array","items":{"type":"map","values":{"name":"a.F","type":"fixed","size":1}}}]`)},
		{"the most tightly enclosing definition counts", in("a", `{"type":"record","name":"b.S","fields":[{"name":"g","type":`+fixed+`}]}`), canonical("a.R", `{"name":"b.S","type":"record","fields":[{"name":"g","type":{"name":"b.F","type":"fixed","size":1}}]}`)},
		{"after a definition the outer namespace counts again", `{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"record","name":"b.S","fields":[]}},{"name":"g","type":` + fixed + `}]}`,
			`{"name":"a.R","type":"record","fields":[{"name":"f","type":{"name":"b.S","type":"record","fields":[]}},{"name":"g","type":{"name":"a.F","type":"fixed","size":1}}]}`},
		{"one local name in two namespaces is two types", `{"type":"record","name":"Example","fields":[{"name":"f","type":{"type":"enum","name":"Simple","symbols":["a"]}},{"name":"g","type":{"type":"fixed","name":"Simple","namespace":"explicit","size":12}}]}`,
			`{"name":"Example","type":"record","fields":[{"name":"f","type":{"name":"Simple","type":"enum","symbols":["a"]}},{"name":"g","type":{"name":"explicit.Simple","type":"fixed","size":12}}]}`},
		{"a reference without a dot is within the namespace", `{"type":"record","name":"a.R","fields":[{"name":"f","type":["null","R"]}]}`, canonical("a.R", `["null","a.R"]`)},
		{"a reference with a dot is a full name", `{"type":"record","name":"a.R","fields":[{"name":"f","type":{"type":"record","name":"b.S","fields":[{"name":"g","type":["null","a.R"]}]}}]}`,
			canonical("a.R", `{"name":"b.S","type":"record","fields":[{"name":"g","type":["null","a.R"]}]}`)},
		{"a reference takes its namespace's type before that of none", `[` + fixed + `,` + in("a", `[{"type":"fixed","name":"F","size":2},{"type":"array","items":"F"}]`) + `]`,
			`[{"name":"F","type":"fixed","size":1},` + canonical("a.R", `[{"name":"a.F","type":"fixed","size":2},{"type":"array","items":"a.F"}]`) + `]`},
		{"a reference may be an object's type", `{"type":"record","name":"R","fields":[{"name":"f","type":["null",{"type":"R"}]}]}`, canonical("R", `["null","R"]`)},
		{"complex types' names are free", `{"type":"record","name":"record","fields":[{"name":"array","type":{"type":"enum","name":"enum","symbols":["map"]}},{"name":"map","type":{"type":"fixed","name":"union","size":1}}]}`,
			`{"name":"record","type":"record","fields":[{"name":"array","type":{"name":"enum","type":"enum","symbols":["map"]}},{"name":"map","type":{"name":"union","type":"fixed","size":1}}]}`},
	} {
		s, err := avro.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if got := s.Canonical(); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.rule, got, c.want)
		}
	}
}

func TestSpecDeclarationsThatAreRefused(t *testing.T) {
	t.Parallel()
	rec := func(fields string) string { return `{"type":"record","name":"R","fields":` + fields + `}` }
	enum := func(symbols string) string { return `{"type":"enum","name":"E","symbols":` + symbols + `}` }
	fixed := func(rest string) string { return `{"type":"fixed","name":"F"` + rest + `}` }
	for _, c := range []struct{ rule, text, path string }{
		{"a schema is a string, an object or an array", `null`, ""},
		{"type is required", `{"name":"R","fields":[]}`, ""},
		{"type is a string", `{"type":5}`, ""},
		{"a record needs a name", `{"type":"record","fields":[]}`, ""},
		{"a record's name is a string", `{"type":"record","name":5,"fields":[]}`, ""},
		{"a record needs fields", `{"type":"record","name":"R"}`, ""},
		{"fields are an array", rec(`{}`), ""},
		{"a field is an object", rec(`["f"]`), "/fields/0"},
		{"a field needs a name", rec(`[{"type":"int"}]`), "/fields/0"},
		{"a field needs a type", rec(`[{"name":"f"}]`), "/fields/0"},
		{"a field's name has no dot", rec(`[{"name":"a.f","type":"int"}]`), "/fields/0/name"},
		{"a field's name does not begin with a digit", rec(`[{"name":"1f","type":"int"}]`), "/fields/0/name"},
		{"a field's name is not empty", rec(`[{"name":"","type":"int"}]`), "/fields/0/name"},
		{"a field's name has ASCII letters only", rec(`[{"name":"ü","type":"int"}]`), "/fields/0/name"},
		{"order has three values", rec(`[{"name":"f","type":"int","order":"up"}]`), "/fields/0/order"},
		{"a field's aliases are an array", rec(`[{"name":"f","type":"int","aliases":"g"}]`), "/fields/0/aliases"},
		{"a field's alias is a string", rec(`[{"name":"f","type":"int","aliases":["g",1]}]`), "/fields/0/aliases/1"},
		{"a type's aliases are an array of strings", `{"type":"fixed","name":"F","size":1,"aliases":[null]}`, "/aliases/0"},
		{"an enum needs a name", `{"type":"enum","symbols":["A"]}`, ""},
		{"an enum needs symbols", `{"type":"enum","name":"E"}`, ""},
		{"symbols are an array", enum(`"A"`), ""},
		{"a symbol is a string", enum(`["A",1]`), "/symbols/1"},
		{"a symbol is a name", enum(`["A","B-C"]`), "/symbols/1"},
		{"a symbol has no dot", enum(`["a.B"]`), "/symbols/0"},
		{"a symbol is not empty", enum(`[""]`), "/symbols/0"},
		{"an array needs items", `{"type":"array"}`, ""},
		{"items are a schema", `{"type":"array","items":5}`, "/items"},
		{"a map needs values", `{"type":"map","items":"int"}`, ""},
		{"values are a schema", `{"type":"map","values":"integer"}`, "/values"},
		{"a fixed needs a name", `{"type":"fixed","size":1}`, ""},
		{"a fixed needs a size", fixed(``), ""},
		{"a size is a whole number", fixed(`,"size":1.5`), ""},
		{"a size fits", fixed(`,"size":2147483648`), "/size"},
		{"a name begins with a letter or _", `{"type":"fixed","name":"1F","size":1}`, "/name"},
		{"a namespace is of names", `{"type":"fixed","name":"F","namespace":"a.1","size":1}`, "/name"},
		{"a dotted name's namespace has no empty part", `{"type":"fixed","name":"a..F","size":1}`, "/name"},
		{"one full name, two types", rec(`[{"name":"a","type":` + fixed(`,"size":1`) + `},{"name":"b","type":` + fixed(`,"size":2`) + `}]`), "/fields/1/type"},
		{"a type within itself has another name", rec(`[{"name":"a","type":` + rec(`[]`) + `}]`), "/fields/0/type"},
		{"two kinds have one name", `[` + fixed(`,"size":1`) + `,{"type":"enum","name":"F","symbols":[]}]`, "/1"},
		{"a union has one null", `["null","int","null"]`, "/2"},
		{"a union has one array", `[{"type":"array","items":"int"},{"type":"array","items":"string"}]`, "/1"},
		{"a union has one map", `[{"type":"map","values":"int"},{"type":"map","values":"string"}]`, "/1"},
		{"a logical type is no kind of its own", `["int",{"type":"int","logicalType":"date"}]`, "/1"},
		{"a union has each name once", `[` + fixed(`,"size":1`) + `,"F"]`, "/1"},
		{"a union holds no union", `["null",["int","string"]]`, "/1"},
		{"a reference names a type", rec(`[{"name":"f","type":"S"}]`), "/fields/0/type"},
		{"a simple name is not looked for in other namespaces", `[{"type":"fixed","name":"a.F","size":1},{"type":"record","name":"b.R","fields":[{"name":"f","type":"F"}]}]`, "/1/fields/0/type"},
		{"an alias is no definition", `[{"type":"fixed","name":"F","size":1,"aliases":["G"]},{"type":"array","items":"G"}]`, "/1/items"},
		{"names are case-sensitive", `[` + fixed(`,"size":1`) + `,{"type":"array","items":"f"}]`, "/1/items"},
		{"primitive names are case-sensitive", `"String"`, ""},
	} {
		_, err := avro.Parse(c.text)
		var e *avro.SchemaError
		if !errors.As(err, &e) || !errors.Is(err, serde.InvalidSchema) {
			t.Errorf("%s: %v, want a SchemaError", c.rule, err)
		} else if e.Path != c.path || strings.TrimSpace(e.Reason) == "" {
			t.Errorf("%s: at %q: %q, want it at %q", c.rule, e.Path, e.Reason, c.path)
		}
	}
}

// Avro 1.12, "Records", the table of field defaults: what a reader has for a field that
// the writer lacks. A union's default is of the first branch that it matches.
func TestSpecDefaultsOfEveryType(t *testing.T) {
	t.Parallel()
	const (
		inner = `{"type":"record","name":"I","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":"own"}]}`
		outer = `{"type":"record","name":"O","fields":[{"name":"i","type":` + inner + `,"default":{"a":4}},{"name":"l","type":{"type":"array","items":"I"},"default":[{"a":5,"b":"x"}]}]}`
		enum  = `{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}`
		fixed = `{"type":"fixed","name":"F","size":2}`
	)
	branch := func(name string, v any) map[string]any { return map[string]any{name: v} }
	record := func(a int32, b string) map[string]any { return map[string]any{"a": a, "b": b} }
	empty := avro.MustParse(`{"type":"record","name":"R","fields":[]}`)
	for _, c := range []struct {
		rule, typ, text string
		want            any
	}{
		{"null", `"null"`, `null`, nil},
		{"boolean", `"boolean"`, `false`, false},
		{"int", `"int"`, `-1`, int32(-1)},
		{"long, least", `"long"`, `-9223372036854775808`, int64(math.MinInt64)},
		{"float", `"float"`, `1.1`, float32(1.1)},
		{"double as a whole number", `"double"`, `-0`, 0.0},
		{"double with an exponent", `"double"`, `1.5e300`, 1.5e300},
		{"bytes are code points", `"bytes"`, `"\u00ff\u0000a"`, []byte{0xff, 0, 'a'}},
		{"no bytes", `"bytes"`, `""`, []byte{}},
		{"string", `"string"`, `"f\u00f6\ud83d\ude00"`, "fö😀"},
		{"fixed", fixed, `"\u00ff\u007f"`, []byte{0xff, 0x7f}},
		{"an enum's field default is not its symbol default", enum, `"B"`, "B"},
		{"array", `{"type":"array","items":"long"}`, `[1,-2]`, []any{int64(1), int64(-2)}},
		{"map", `{"type":"map","values":"float"}`, `{"a":1,"":2}`, map[string]any{"a": float32(1), "": float32(2)}},
		{"array of arrays", `{"type":"array","items":{"type":"array","items":"int"}}`, `[[],[1]]`, []any{[]any{}, []any{int32(1)}}},
		{"map of records", `{"type":"map","values":` + inner + `}`, `{"k":{"a":1}}`, map[string]any{"k": record(1, "own")}},
		{"record, all fields given", inner, `{"b":"x","a":1}`, record(1, "x")},
		{"record, a field from its own default", inner, `{"a":1}`, record(1, "own")},
		{"record, a nested record from its own default", outer, `{}`, map[string]any{"i": record(4, "own"), "l": []any{record(5, "x")}}},
		{"record, a nested record given", outer, `{"i":{"a":9,"b":"y"},"l":[]}`, map[string]any{"i": record(9, "y"), "l": []any{}}},
		{"recursive record", `{"type":"record","name":"L","fields":[{"name":"v","type":"int","default":7},{"name":"next","type":["null","L"],"default":null}]}`, `{"next":{"v":8}}`,
			map[string]any{"v": int32(7), "next": branch("L", map[string]any{"v": int32(8), "next": nil})}},
		{"union, first branch", `["string","null"]`, `"x"`, branch("string", "x")},
		{"union, second branch", `["string","null"]`, `null`, nil},
		{"union, an integer is the first number's", `["null","double","long"]`, `5`, branch("double", 5.0)},
		{"union, beyond int it is the long's", `["int","long"]`, `2147483648`, branch("long", int64(1)<<31)},
		{"union, a fraction is no int's", `["int","double"]`, `0.5`, branch("double", 0.5)},
		{"union, a string is the first that matches", `["null",` + enum + `,"string"]`, `"B"`, branch("E", "B")},
		{"union, a string that is no symbol", `["null",` + enum + `,"string"]`, `"C"`, branch("string", "C")},
		{"union, a string that is no fixed", `[` + fixed + `,"bytes"]`, `"abc"`, branch("bytes", []byte("abc"))},
		{"union, an object is the first that matches", `[` + inner + `,{"type":"map","values":"int"}]`, `{"a":1}`, branch("I", record(1, "own"))},
		{"union, an object that is no record", `[` + inner + `,{"type":"map","values":"int"}]`, `{"b":1}`, branch("map", map[string]any{"b": int32(1)})},
		{"union, an array", `["null",{"type":"array","items":["null","int"]}]`, `[null,3]`, branch("array", []any{nil, branch("int", int32(3))})},
		{"timestamp", millis, `1500`, time.UnixMilli(1500).UTC()},
		{"date", dateInt, `-1`, time.Unix(-86_400, 0).UTC()},
		{"time of day", ofDay, `1`, time.Millisecond},
		{"decimal", dec2, `"\u0001\u0000"`, big.NewRat(256, 100)},
		{"an unknown logical type is its base type", `{"type":"int","logicalType":"wednesday"}`, `3`, int32(3)},
	} {
		s, err := avro.Parse(withDefault(c.typ, c.text))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		got, err := readAs[any](empty, s, nil)
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
		} else if d := cmp.Diff(any(map[string]any{"f": c.want}), got, sameRat); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.rule, d)
		}
		// A default is for reading only: a written datum is read as it was written.
		if again, err := readAs[any](s, s, write(t, s, got)); err != nil || !cmp.Equal(got, again, sameRat) {
			t.Errorf("%s: written and read: %v, %v", c.rule, again, err)
		}
	}
}
