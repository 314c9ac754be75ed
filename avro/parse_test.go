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
