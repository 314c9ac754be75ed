package avro_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
)

func withDefault(typ, def string) string {
	return `{"type":"record","name":"R","fields":[{"name":"f","type":` + typ + `,"default":` + def + `}]}`
}

func TestDefaultsBecomeAvroData(t *testing.T) {
	t.Parallel()
	const inner = `{"type":"record","name":"I","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":"xy"},{"name":"c","type":["null","long"],"default":null}]}`
	for _, c := range []struct{ typ, def, want string }{
		{`"null"`, `null`, ""},
		{`"boolean"`, `true`, "01"},
		{`"int"`, `-2147483648`, "ffffffff0f"},
		{`"long"`, `9223372036854775807`, "feffffffffffffffff01"},
		{`"float"`, `1`, "0000803f"},
		{`"double"`, `1.5`, "000000000000f83f"},
		{`"double"`, `"1.5"`, "000000000000f83f"},
		{`"float"`, `"NaN"`, "0000c07f"},
		{`"double"`, `"-Infinity"`, "000000000000f0ff"},
		{`"string"`, `"\u00e9"`, "04c3a9"},
		{`"bytes"`, `"\u00e9"`, "02e9"},
		{`{"type":"fixed","name":"F","size":2}`, `"\u0000\u00ff"`, "00ff"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, `"B"`, "02"},
		{`{"type":"array","items":"int"}`, `[]`, "00"},
		{`{"type":"array","items":"int"}`, `[1,2]`, "04020400"},
		{`{"type":"map","values":"int"}`, `{"k":1}`, "02026b0200"},
		{`["null","int"]`, `null`, "00"},
		{`["null","int"]`, `7`, "020e"},
		{`["int","string"]`, `"a"`, "020261"},
		{inner, `{"a":1}`, "0204787900"},
		{inner, `{"c":3,"a":1,"b":""}`, "02000206"},
		{`["null",` + inner + `]`, `{"a":1,"unknown":2}`, "020204787900"},
	} {
		s, err := avro.Parse(withDefault(c.typ, c.def))
		if err != nil {
			t.Errorf("%s of %s: %v", c.def, c.typ, err)
			continue
		}
		want, err := hex.DecodeString(c.want)
		if err != nil {
			t.Fatal(err)
		}
		f := s.Fields()[0]
		if got := avro.DefaultWire(&f); got == nil || !bytes.Equal(got, want) {
			t.Errorf("%s of %s: %x, want %x", c.def, c.typ, got, want)
		}
	}
}

func TestDefaultsThatAreNoValueOfTheirTypeAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, def string }{
		{`"null"`, `"null"`}, {`"boolean"`, `1`}, {`"boolean"`, `"true"`},
		{`"int"`, `2147483648`}, {`"int"`, `1e3`}, {`"int"`, `null`}, {`"long"`, `9223372036854775808`},
		{`"float"`, `1e39`}, {`"double"`, `1e400`}, {`"double"`, `"0x1p3"`}, {`"double"`, `"inf"`}, {`"double"`, `""`}, {`"float"`, `null`},
		{`"string"`, `1`}, {`"string"`, `null`}, {`"bytes"`, `[1]`}, {`"bytes"`, `"\u20ac"`},
		{`{"type":"fixed","name":"F","size":2}`, `"a"`},
		{`{"type":"enum","name":"E","symbols":["A"]}`, `"B"`},
		{`{"type":"array","items":"int"}`, `{}`}, {`{"type":"array","items":"int"}`, `[1,"2"]`},
		{`{"type":"map","values":"int"}`, `[]`}, {`{"type":"map","values":"int"}`, `{"a":"b"}`},
		{`["null","int"]`, `"x"`}, {`[]`, `null`},
		{`{"type":"record","name":"I","fields":[{"name":"a","type":"int"}]}`, `{}`},
		{`{"type":"record","name":"I","fields":[{"name":"a","type":"int"}]}`, `[]`},
		{`"R"`, `{}`}, // would contain itself
	} {
		if s, err := avro.Parse(withDefault(c.typ, c.def)); err == nil {
			t.Errorf("%s is accepted: %s", withDefault(c.typ, c.def), s)
		} else if !strings.Contains(err.Error(), "/fields/0/default") {
			t.Errorf("%s: the error has no place: %v", withDefault(c.typ, c.def), err)
		}
	}
}
