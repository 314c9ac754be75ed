package avro_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func TestInvalidSchemasAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, path, reason string }{
		{``, "", "ends too early"},
		{`5`, "", "a type was expected"},
		{`{"type":{"type":"string"}}`, "", `"type" is missing`},
		{"\ufeff\"int\"", "", "byte order mark"},
		{`"int" x`, "", "text after the end"},
		{`"Missing"`, "", `"Missing" is not defined`},
		{`{"type":"record","name":"a.b.","fields":[]}`, "/name", "no valid name"},
		{`{"type":"record","name":"a..b","fields":[]}`, "/name", "no valid namespace"},
		{`{"type":"record","name":"int","fields":[]}`, "/name", "primitive"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}`, "/fields/1/name", "two fields"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":["int","int"]}}]}`, "/fields/0/type/items/1", "two branches"},
		{`["null",["int"]]`, "/1", "within a union"},
		{`{"type":"enum","name":"E","symbols":["A","A"]}`, "/symbols/1", "twice"},
		{`{"type":"enum","name":"E","symbols":["A"],"default":"B"}`, "/default", "none of the symbols"},
		{`{"type":"fixed","name":"F","size":-1}`, "/size", "between"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":2147483648}]}`, "/fields/0/default", "no value of the field's type (int)"},
	} {
		_, err := avro.Parse(c.text)
		var e *avro.SchemaError
		if !errors.As(err, &e) {
			t.Errorf("Parse(%s) = %v, want a SchemaError", c.text, err)
			continue
		}
		if e.Path != c.path || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("Parse(%s): path %q, reason %q, want %q, %q", c.text, e.Path, e.Reason, c.path, c.reason)
		}
		if serde.ClassOf(err) != serde.InvalidSchema {
			t.Errorf("Parse(%s): class %v", c.text, serde.ClassOf(err))
		}
	}
}

func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"comments", "// one\n{\"type\": /* two */ \"array\", \"items\": \"int\"}", `{"type":"array","items":"int"}`},
		{"an attribute given twice", `{"type":"int","type":"string"}`, `"string"`},
		{"an escaped attribute name", `{"ty\u0070e":"string"}`, `"string"`},
		{"an empty union", `[]`, `[]`},
		{"an error record", `{"type":"error","name":"E","fields":[]}`, `{"type":"error","name":"E","fields":[]}`},
		{"a name used before its definition",
			`{"type":"record","name":"a.R","fields":[{"name":"x","type":"F"},{"name":"y","type":{"type":"fixed","name":"F","size":2}}]}`,
			`{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","size":2}},{"name":"y","type":"F"}]}`},
		{"the same definition twice",
			`[{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}},{"type":"enum","name":"E","symbols":["A"],"doc":"again"}]`,
			`[{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}},"E"]`},
		{"a name outside of all namespaces, seen from within one",
			`[{"type":"fixed","name":"F","size":2},{"type":"record","name":"a.R","fields":[{"name":"x","type":"F"}]}]`,
			`[{"type":"fixed","name":"F","size":2},{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":"F"}]}]`},
		{"an explicit empty namespace",
			`{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":2}}]}`,
			`{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":2}}]}`},
		{"a doc that is no string", `{"type":"fixed","name":"F","size":2,"doc":5}`, `{"type":"fixed","name":"F","size":2}`},
		{"an order in capitals",
			`{"type":"record","name":"R","fields":[{"name":"x","type":"int","order":"Descending"}]}`,
			`{"type":"record","name":"R","fields":[{"name":"x","type":"int","order":"descending"}]}`},
	} {
		s, err := avro.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if s.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, s, c.want)
		}
	}
}

func TestLogicalTypesThatAreInvalidOrUnknownAreIgnored(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want avro.Logical
	}{
		{`{"type":"long","logicalType":"timestamp-nanos"}`, avro.Logical{Type: avro.TimestampNanos}},
		{`{"type":"int","logicalType":"timestamp-millis"}`, avro.Logical{}},
		{`{"type":"int","logicalType":"wednesday"}`, avro.Logical{}},
		{`{"type":"int","logicalType":5}`, avro.Logical{}},
		{`{"type":"string","logicalType":"uuid"}`, avro.Logical{Type: avro.UUID}},
		{`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, avro.Logical{Type: avro.UUID}},
		{`{"type":"fixed","name":"F","size":15,"logicalType":"uuid"}`, avro.Logical{}},
		{`{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`, avro.Logical{Type: avro.Duration}},
		{`{"type":"bytes","logicalType":"decimal","precision":4}`, avro.Logical{Type: avro.Decimal, Precision: 4}},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}`, avro.Logical{Type: avro.Decimal, Precision: 4, Scale: 2}},
		{`{"type":"bytes","logicalType":"decimal","precision":4,"scale":5}`, avro.Logical{}},
		{`{"type":"bytes","logicalType":"decimal","precision":0}`, avro.Logical{}},
		{`{"type":"bytes","logicalType":"decimal"}`, avro.Logical{}},
		{`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4}`, avro.Logical{Type: avro.Decimal, Precision: 4}},
		{`{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":5}`, avro.Logical{}},
	} {
		s, err := avro.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
		} else if s.Logical() != c.want {
			t.Errorf("%s: %+v, want %+v", c.text, s.Logical(), c.want)
		}
	}
}

func TestReferencesMakeTheirTypesKnown(t *testing.T) {
	t.Parallel()
	leaf := avro.MustParse(`{"type":"enum","name":"a.Leaf","symbols":["X"]}`)
	branch := avro.MustParse(`{"type":"record","name":"a.Branch","fields":[{"name":"leaf","type":"Leaf"}]}`, avro.WithReferences(leaf))
	s, err := avro.Parse(`{"type":"record","name":"b.Root","fields":[{"name":"x","type":"a.Branch"},{"name":"y","type":"a.Leaf"}]}`, avro.WithReferences(branch))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Fields()[1].Type(); got != leaf {
		t.Errorf("the referenced type is %v, want the one given", got)
	}
	other := avro.MustParse(`{"type":"enum","name":"a.Leaf","symbols":["Y"]}`)
	if _, err := avro.Parse(`"a.Leaf"`, avro.WithReferences(leaf, other)); err == nil {
		t.Error("two references with one name and different types are accepted")
	}
	if _, err := avro.Parse(other.String(), avro.WithReferences(leaf)); err == nil {
		t.Error("a text that redefines a referenced type is accepted")
	}
	if s, err := avro.Parse(leaf.String(), avro.WithReferences(leaf)); err != nil || s != leaf {
		t.Errorf("a text that repeats a referenced type: %v, %v", s, err)
	}
	if _, err := avro.Parse(`"int"`, avro.WithReferences(nil)); err == nil {
		t.Error("a nil reference is accepted")
	}
}

func TestLaxModesTakeOldSchemas(t *testing.T) {
	t.Parallel()
	const namespaced = `{"type":"fixed","name":"F","namespace":"my-company.1st","size":1}`
	if _, err := avro.Parse(namespaced); err == nil {
		t.Error("an invalid namespace is accepted")
	}
	if s, err := avro.Parse(namespaced, avro.WithLaxNamespaces()); err != nil || s.Name().Namespace != "my-company.1st" {
		t.Errorf("WithLaxNamespaces: %v, %v", s, err)
	}
	if _, err := avro.Parse(`{"type":"fixed","name":"a-b","size":1}`, avro.WithLaxNamespaces()); err == nil {
		t.Error("WithLaxNamespaces accepts an invalid name")
	}
	field := func(typ, def string) string {
		return `{"type":"record","name":"R","fields":[{"name":"f","type":` + typ + `,"default":` + def + `}]}`
	}
	for _, c := range []struct {
		typ, def      string
		strict, shape bool
	}{
		{`"int"`, `1`, true, true},
		{`"int"`, `"1"`, false, false},
		{`"int"`, `1.0`, false, false},
		{`{"type":"enum","name":"E","symbols":["A"]}`, `"B"`, false, true},
		{`{"type":"fixed","name":"E","size":2}`, `"B"`, false, true},
		{`"bytes"`, `"\u0100"`, false, true},
		{`"float"`, `1e300`, false, true},
		{`["null","R"]`, `null`, true, true},
		{`["R","null"]`, `{"f":null}`, true, false},
		{`{"type":"array","items":["int","string"]}`, `[1,"x",[]]`, false, false},
	} {
		text := field(c.typ, c.def)
		if _, err := avro.Parse(text); (err == nil) != c.strict {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := avro.Parse(text, avro.WithDefaultCheck(avro.CheckDefaultShapes)); (err == nil) != c.shape {
			t.Errorf("%s with CheckDefaultShapes: %v", text, err)
		}
		s, err := avro.Parse(text, avro.WithDefaultCheck(avro.IgnoreDefaults))
		if err != nil || s.Fields()[0].Default() == nil {
			t.Errorf("%s with IgnoreDefaults: %v, %v", text, s, err)
		}
	}
}
