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
	{"long", `"long"`, nil, int64(1<<53 - 1), `9007199254740991`, ""},
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
				schema := registry.Schema{Text: `{"type":"record","name":"R","namespace":"com.example","fields":[{"name":"v","type":` + c.field + `}]}`}
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
				theirs := json.RawMessage(`{"v":` + text + `}`)
				ours := map[string]any{"v": c.value}
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
