package avro_test

import (
	"encoding/json"
	"testing"

	"github.com/concord-go/concord/avro"
)

func TestStringWritesTheFormOfAvroForJava(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a primitive without properties", `{"type":"string"}`, `"string"`},
		{"the order of attributes",
			`{"aliases":["Old"],"fields":[{"order":"ignore","aliases":["b"],"p":1,"default":2,"doc":"d","type":"int","name":"f"}],"p":1,"doc":"d","name":"R","type":"record"}`,
			`{"type":"record","name":"R","doc":"d","fields":[{"name":"f","type":"int","doc":"d","default":2,"order":"ignore","aliases":["b"],"p":1}],"p":1,"aliases":["Old"]}`},
		{"an enum's attributes",
			`{"default":"A","symbols":["A"],"type":"enum","name":"a.b.E","doc":"","x":[1, {"z":null}],"aliases":["F","a.b.G","c.H",".I"]}`,
			`{"type":"enum","name":"E","namespace":"a.b","doc":"","symbols":["A"],"default":"A","x":[1,{"z":null}],"aliases":["F","G","c.H",".I"]}`},
		{"the order that is the default", `{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"ascending"}]}`, `{"type":"record","name":"R","fields":[{"name":"f","type":"int"}]}`},
		{"namespaces where they change",
			`{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"record","name":"b.S","fields":[{"name":"y","type":["null","a.R","S"]}]}},{"name":"z","type":"b.S"}]}`,
			`{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":{"type":"record","name":"S","namespace":"b","fields":[{"name":"y","type":["null","a.R","S"]}]}},{"name":"z","type":"b.S"}]}`},
		{"a name that is a type's word", `{"type":"record","name":"a.int","fields":[{"name":"x","type":["null","a.int"]}]}`, `{"type":"record","name":"int","namespace":"a","fields":[{"name":"x","type":["null","a.int"]}]}`},
		{"numbers and escapes",
			`{"type":"int","a":-0,"b":1.10,"c":1e21,"d":0.0001,"e":1e-5,"f":-0.0,"g":100000000.0,"h":"\u007f\u2028\u001f\/\"\\\n\u00e9","i":12345678901234567890123,"j":0.001,"k":1234567.5,"l":1e400}`,
			`{"type":"int","a":0,"b":1.1,"c":1.0E21,"d":1.0E-4,"e":1.0E-5,"f":-0.0,"g":1.0E8,"h":"` + "\u007f\u2028" + `\u001F/\"\\\né","i":12345678901234567890123,"j":0.001,"k":1234567.5,"l":"Infinity"}`},
		{"a name outside of all namespaces that one has too",
			`["null",{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"a.F","size":2},{"type":"record","name":"a.R","fields":[{"name":"x","type":".F"},{"name":"y","type":"F"}]}]`,
			`["null",{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","namespace":"a","size":2},{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":".F"},{"name":"y","type":"F"}]}]`},
	} {
		s, err := avro.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if s.String() != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, s, c.want)
		}
		again, err := avro.Parse(s.String())
		if err != nil || again.String() != c.want || again.Canonical() != s.Canonical() {
			t.Errorf("%s: parsed again it is %v, %v", c.name, again, err)
		}
		if b, err := json.Marshal(s); err != nil || !json.Valid(b) {
			t.Errorf("%s: as JSON it is %s, %v", c.name, b, err)
		}
	}
}

func TestNormalizedMakesEqualWhatDiffersInFormOnly(t *testing.T) {
	t.Parallel()
	const text = `{"type":"error","name":"R","doc":"","z":1,"a":{"y":1,"x":[{"d":1,"c":2}]},"aliases":["C","B"],"fields":[
		{"name":"f","type":"float","default":1},
		{"name":"g","type":["double","null"],"default":2},
		{"name":"h","type":{"type":"map","values":"double"},"default":{"b":1,"a":2.5}},
		{"name":"i","type":{"type":"record","name":"I","fields":[{"name":"q","type":"int"},{"name":"p","type":{"type":"array","items":"float"}}]},"default":{"q":1,"p":[1]}},
		{"name":"j","type":"int","aliases":["y","x"],"default":1}]}`
	const want = `{"type":"record","name":"R","fields":[` +
		`{"name":"f","type":"float","default":1.0},` +
		`{"name":"g","type":["double","null"],"default":2.0},` +
		`{"name":"h","type":{"type":"map","values":"double"},"default":{"a":2.5,"b":1.0}},` +
		`{"name":"i","type":{"type":"record","name":"I","fields":[{"name":"q","type":"int"},{"name":"p","type":{"type":"array","items":"float"}}]},"default":{"p":[1.0],"q":1}},` +
		`{"name":"j","type":"int","default":1,"aliases":["x","y"]}],` +
		`"a":{"x":[{"c":2,"d":1}],"y":1},"z":1,"aliases":["B","C"]}`
	got, err := avro.MustParse(text).Normalized()
	if err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestNormalizedRefusesWhatTheRegistryRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"record","name":"R","fields":[{"name":"f","type":[]}]}`,
		`{"type":"record","name":"R","fields":[{"name":"f","type":{"type":"record","name":"I","fields":[]},"default":{"x":1}}]}`,
	} {
		if got, err := avro.MustParse(text).Normalized(); err == nil {
			t.Errorf("%s is normalized to %s", text, got)
		}
	}
}
