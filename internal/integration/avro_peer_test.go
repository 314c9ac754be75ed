package integration

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// avroCase is a value in concord's form and in that of the commands, under a schema.
type avroCase struct {
	feature string
	field   string            // the type of the record's one field
	refs    map[string]string // types that other subjects have, by name
	value   any               // of the field, in concord's form
	json    string            // in that of the commands
	raw     string            // the same where a client gives logical types as what they stand on; json if empty
}

var avroCases = []avroCase{
	{"boolean", `"boolean"`, nil, true, `true`, ""},
	{"int", `"int"`, nil, int32(-1 << 31), `-2147483648`, ""},
	{"long", `"long"`, nil, int64(-1 << 52), `-4503599627370496`, ""},
	{"float", `"float"`, nil, float32(1.5), `1.5`, ""},
	{"double", `"double"`, nil, 0.1, `0.1`, ""},
	{"string", `"string"`, nil, "é 日本 \x00", `"é 日本 \u0000"`, ""},
	{"empty string", `"string"`, nil, "", `""`, ""},
	{"bytes", `"bytes"`, nil, []byte{0, 255}, `{"$bytes":"AP8="}`, ""},
	{"fixed", `{"type":"fixed","name":"F","size":2}`, nil, []byte{1, 2}, `{"$bytes":"AQI="}`, ""},
	{"enum", `{"type":"enum","name":"E","symbols":["A","B"]}`, nil, "B", `"B"`, ""},
	{"array", `{"type":"array","items":"long"}`, nil, []any{int64(1), int64(-2)}, `[1,-2]`, ""},
	{"empty array", `{"type":"array","items":"long"}`, nil, []any{}, `[]`, ""},
	{"map", `{"type":"map","values":"string"}`, nil, map[string]any{"k": "v"}, `{"k":"v"}`, ""},
	{"record in a record", `{"type":"record","name":"In","fields":[{"name":"a","type":{"type":"record","name":"Deep","fields":[{"name":"b","type":"int"}]}}]}`, nil,
		map[string]any{"a": map[string]any{"b": int32(7)}}, `{"a":{"b":7}}`, ""},
	{"union of null and string: null", `["null","string"]`, nil, nil, `null`, ""},
	{"union of null and string: string", `["null","string"]`, nil, "x", `"x"`, ""},
	{"union of string and null", `["string","null"]`, nil, nil, `null`, ""},
	{"union of long and string", `["long","string"]`, nil, "x", `"x"`, ""},
	{"union of boolean and double", `["boolean","double"]`, nil, 1.25, `1.25`, ""},
	{"union of null and array", `["null",{"type":"array","items":"string"}]`, nil, []any{"a"}, `["a"]`, ""},
	{"union of null and enum", `["null",{"type":"enum","name":"E","symbols":["A","B"]}]`, nil, "A", `"A"`, ""},
	{"array of unions", `{"type":"array","items":["null","string"]}`, nil, []any{nil, "x", nil}, `[null,"x",null]`, ""},
	{"map of unions", `{"type":"map","values":["null","long"]}`, nil, map[string]any{"a": nil, "b": int64(1)}, `{"a":null,"b":1}`, ""},
	{"date", `{"type":"int","logicalType":"date"}`, nil, time.Unix(20000*86400, 0).UTC(), `{"$date":20000}`, `20000`},
	{"timestamp-millis", `{"type":"long","logicalType":"timestamp-millis"}`, nil, time.UnixMilli(1727260800123).UTC(), `{"$time":1727260800123000}`, `1727260800123`},
	{"timestamp-micros", `{"type":"long","logicalType":"timestamp-micros"}`, nil, time.UnixMicro(1727260800123456).UTC(), `{"$time":1727260800123456}`, `1727260800123456`},
	{"time-millis", `{"type":"int","logicalType":"time-millis"}`, nil, 3723004 * time.Millisecond, `{"$duration":3723004000}`, `3723004`},
	{"time-micros", `{"type":"long","logicalType":"time-micros"}`, nil, 3723004005 * time.Microsecond, `{"$duration":3723004005}`, `3723004005`},
	{"decimal as bytes", `{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, nil, big.NewRat(-12345, 100), `{"$decimal":"-123.45"}`, `{"$bytes":"z8c="}`},
	{"decimal as fixed", `{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":2}`, nil, big.NewRat(12345, 100), `{"$decimal":"123.45"}`, `{"$bytes":"AAAwOQ=="}`},
	{"union of null and timestamp", `["null",{"type":"long","logicalType":"timestamp-millis"}]`, nil, time.UnixMilli(5).UTC(), `{"$time":5000}`, `5`},
	{"reference", `"com.other.Address"`, map[string]string{"com.other.Address": `{"type":"record","name":"Address","namespace":"com.other","fields":[{"name":"city","type":"string"}]}`},
		map[string]any{"city": "Bern"}, `{"city":"Bern"}`, ""},
}

// more makes records longer than what Confluent's Python client refuses: see TestPythonRefusesShortRecords.
const more = "padding"

var framings = map[string]serde.Framing{"prefix": serde.PrefixFraming(), "header": serde.HeaderFraming()}

// peerRegistry is a registry that both sides use.
func peerRegistry(t *testing.T) (*registrytest.Registry, *registry.Client) {
	t.Helper()
	reg := registrytest.New(t)
	client, err := registry.NewClient(reg.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(t.Context()) })
	return reg, client
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return reflect.DeepEqual(x, y)
}

var compareRats = cmp.Comparer(func(a, b *big.Rat) bool { return a == nil && b == nil || a != nil && b != nil && a.Cmp(b) == 0 })

func TestAvroGoesToAndFromOtherLanguages(t *testing.T) {
	for _, language := range []string{"python", "javascript"} {
		t.Run(language, func(t *testing.T) {
			reg, client := peerRegistry(t)
			p := startPeer(t, language, reg.URL())
			for i, c := range avroCases {
				topic := fmt.Sprint("avro-", i)
				schema := registry.Schema{Text: `{"type":"record","name":"R","namespace":"com.example","fields":[{"name":"v","type":` + c.field + `},{"name":"more","type":"string"}]}`}
				var imports []*serde.Definition
				for name, text := range c.refs {
					reg.Register(registry.Subject(name), registry.Schema{Text: text})
					schema.References = append(schema.References, registry.Reference{Name: name, Subject: registry.Subject(name), Version: 1})
					imports = append(imports, &serde.Definition{Name: name, Schema: registry.Schema{Text: text}})
				}
				reg.Register(registry.Subject(topic+"-value"), schema)
				text := c.json
				if language == "javascript" && c.raw != "" {
					text = c.raw
				}
				theirs := json.RawMessage(`{"v":` + text + `,"more":"` + more + `"}`)
				ours := map[string]any{"v": c.value, "more": more}
				format := avro.Dynamic(schema.Text, avro.WithSchema(schema.Text, imports...), avro.PlainUnions())
				for framing, f := range framings {
					note := func(direction string, err error) {
						matrix.count(err == nil, "avro", language, framing, direction, c.feature)
						if err != nil {
							t.Errorf("%s, %s, %s: %v", c.feature, framing, direction, err)
						}
					}
					note("writes what concord reads", func() error {
						a, err := p.ask(command{Op: "write", Format: "avro", Framing: framing, Topic: topic, Value: theirs})
						if err != nil {
							return err
						}
						d, err := serde.NewDeserializer(client, format)
						if err != nil {
							return err
						}
						var got map[string]any
						if _, err := d.Deserialize(t.Context(), serde.ValueOf(topic), a.data(t), &got); err != nil {
							return err
						}
						if diff := cmp.Diff(ours, got, compareRats); diff != "" {
							return fmt.Errorf("another value: %s", diff)
						}
						keep(t, golden{Writer: language, Format: "avro", Framing: framing, Feature: c.feature, Schema: schema.Text, References: c.refs}, a, got)
						return nil
					}())
					note("reads what concord writes", func() error {
						s, err := serde.NewSerializer(client, format, serde.WithWriterSchema(serde.Latest()), serde.WithFraming(f))
						if err != nil {
							return err
						}
						data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), ours)
						if err != nil {
							return err
						}
						read := command{Op: "read", Format: "avro", Topic: topic}
						read.set(data)
						a, err := p.ask(read)
						if err == nil && !sameJSON(t, theirs, a.Value) {
							err = fmt.Errorf("another value: %s, want %s", a.Value, theirs)
						}
						return err
					}())
				}
			}
		})
	}
}

// A payload under header framing may be of any length; Confluent's Python client takes those of less than six bytes for cut ones.
func TestPythonRefusesShortRecords(t *testing.T) {
	reg, client := peerRegistry(t)
	p := startPeer(t, "python", reg.URL())
	const schema = `{"type":"record","name":"R","fields":[{"name":"v","type":"boolean"}]}`
	reg.Register("short-value", registry.Schema{Text: schema})
	for framing, f := range framings {
		s, err := serde.NewSerializer(client, avro.Dynamic(schema), serde.WithWriterSchema(serde.Latest()), serde.WithFraming(f))
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf("short"), map[string]any{"v": true})
		if err != nil {
			t.Fatal(err)
		}
		read := command{Op: "read", Format: "avro", Topic: "short"}
		read.set(data)
		if _, err := p.ask(read); (err != nil) != (framing == "header") {
			t.Errorf("%s: %v: the list of differences in README.md is no longer true", framing, err)
		}
	}
}

// Data written under one version of a schema are read with another, by both sides, in both directions.
func TestAvroEvolvesBetweenLanguages(t *testing.T) {
	const v1 = `{"type":"record","name":"User","fields":[{"name":"id","type":"int"},{"name":"name","type":"string"},{"name":"gone","type":"long"}]}`
	const v2 = `{"type":"record","name":"User","fields":[{"name":"name","type":["null","string"]},{"name":"id","type":"long"},{"name":"new","type":"string","default":"?"},{"name":"gone","type":"double","default":0.5}]}`
	reg, client := peerRegistry(t)
	p := startPeer(t, "python", reg.URL())
	for _, c := range []struct {
		name, writer, reader string
		written, read        string
		ours, want           map[string]any
	}{
		{"forward", v1, v2, `{"id":7,"name":"n","gone":3}`, `{"name":"n","id":7,"new":"?","gone":3}`,
			map[string]any{"id": int32(7), "name": "n", "gone": int64(3)}, map[string]any{"name": "n", "id": int64(7), "new": "?", "gone": 3.0}},
		{"null", v2, v2, `{"name":null,"id":7,"new":"x","gone":1}`, `{"name":null,"id":7,"new":"x","gone":1}`,
			map[string]any{"name": nil, "id": int64(7), "new": "x", "gone": 1.0}, map[string]any{"name": nil, "id": int64(7), "new": "x", "gone": 1.0}},
	} {
		topic := "evolved-" + c.name
		reg.Register(registry.Subject(topic+"-value"), registry.Schema{Text: c.writer})
		note := func(direction string, err error) {
			matrix.count(err == nil, "avro", "python", "prefix", direction, "evolved: "+c.name)
			if err != nil {
				t.Errorf("%s, %s: %v", c.name, direction, err)
			}
		}
		note("writes what concord resolves", func() error {
			a, err := p.ask(command{Op: "write", Format: "avro", Framing: "prefix", Topic: topic, Value: json.RawMessage(c.written)})
			if err != nil {
				return err
			}
			d, err := serde.NewDeserializer(client, avro.Dynamic(c.reader, avro.PlainUnions()))
			if err != nil {
				return err
			}
			var got map[string]any
			if _, err := d.Deserialize(t.Context(), serde.ValueOf(topic), a.data(t), &got); err != nil {
				return err
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				return fmt.Errorf("another value: %s", diff)
			}
			return nil
		}())
		note("resolves what concord writes", func() error {
			s, err := serde.NewSerializer(client, avro.Dynamic(c.writer), serde.WithWriterSchema(serde.Latest()))
			if err != nil {
				return err
			}
			data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), c.ours)
			if err != nil {
				return err
			}
			read := command{Op: "read", Format: "avro", Topic: topic, Schema: c.reader}
			read.set(data)
			a, err := p.ask(read)
			if err == nil && !sameJSON(t, json.RawMessage(c.read), a.Value) {
				err = fmt.Errorf("another value: %s, want %s", a.Value, c.read)
			}
			return err
		}())
	}
}

// A tombstone is null in all clients, whatever the framing, and no registry is asked.
func TestTombstonesAreNull(t *testing.T) {
	reg, client := peerRegistry(t)
	reg.Register("tombs-value", registry.Schema{Text: `{"type":"record","name":"R","fields":[]}`})
	// Confluent's JavaScript client has no tombstones: it refuses null both ways, and leaves them to its caller.
	javascript := startPeer(t, "javascript", reg.URL())
	for _, c := range []command{{Op: "write", Format: "avro", Framing: "prefix", Topic: "tombs", Value: json.RawMessage("null")}, {Op: "read", Format: "avro", Topic: "tombs"}} {
		if _, err := javascript.ask(c); err == nil {
			t.Errorf("javascript, %s: it takes null: the list of differences in README.md is no longer true", c.Op)
		}
	}
	for _, language := range []string{"python"} {
		p := startPeer(t, language, reg.URL())
		a, err := p.ask(command{Op: "write", Format: "avro", Framing: "prefix", Topic: "tombs", Value: json.RawMessage("null")})
		matrix.count(err == nil && a.Bytes == nil, "avro", language, "prefix", "writes what concord reads", "tombstone")
		if err != nil || a.Bytes != nil {
			t.Errorf("%s writes %v, %v", language, a.Bytes, err)
		}
		d, err := serde.NewDeserializer(client, avro.Dynamic(`{"type":"record","name":"R","fields":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if info, err := d.Deserialize(t.Context(), serde.ValueOf("tombs"), a.data(t), &v); err != nil || v != nil || !info.Tombstone {
			t.Errorf("concord reads %v, %+v, %v", v, info, err)
		}
		a, err = p.ask(command{Op: "read", Format: "avro", Topic: "tombs"})
		matrix.count(err == nil, "avro", language, "prefix", "reads what concord writes", "tombstone")
		if err != nil || string(a.Value) != "null" {
			t.Errorf("%s reads %s, %v", language, a.Value, err)
		}
	}
}
