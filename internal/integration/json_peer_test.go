package integration

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

var jsonCases = []struct{ feature, draft, property, value string }{
	{"string", "7", `{"type":"string","minLength":1}`, `"é 日本"`},
	{"integer", "7", `{"type":"integer","maximum":9007199254740991}`, `9007199254740991`},
	{"number", "7", `{"type":"number"}`, `-0.25`},
	{"boolean", "7", `{"type":"boolean"}`, `true`},
	{"null or string", "7", `{"oneOf":[{"type":"null"},{"type":"string"}]}`, `null`},
	{"types", "7", `{"type":["null","integer"]}`, `3`},
	{"enum", "7", `{"enum":["a","b",1]}`, `"b"`},
	{"array", "7", `{"type":"array","items":{"type":"integer"}}`, `[1,2,3]`},
	{"object", "7", `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`, `{"a":"x"}`},
	{"map", "7", `{"type":"object","additionalProperties":{"type":"number"}}`, `{"k":1.5,"l":2}`},
	{"pattern", "7", `{"type":"string","pattern":"^u[0-9]+$"}`, `"u1"`},
	{"definitions", "7", `{"$ref":"#/definitions/d"}`, `{"n":1}`},
	{"reference", "7", `{"$ref":"address.json"}`, `{"city":"Bern"}`},
	{"2020-12", "2020-12", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}`, `["a",1]`},
}

func TestJSONGoesToAndFromOtherLanguages(t *testing.T) {
	drafts := map[string]string{"7": "http://json-schema.org/draft-07/schema#", "2020-12": "https://json-schema.org/draft/2020-12/schema"}
	const address = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"city":{"type":"string"}},"required":["city"]}`
	for _, language := range []string{"python", "javascript"} {
		t.Run(language, func(t *testing.T) {
			reg, client := peerRegistry(t)
			reg.Register("address.json", registry.Schema{Type: registry.JSON, Text: address})
			p := startPeer(t, language, reg.URL())
			for i, c := range jsonCases {
				topic := fmt.Sprint("json-", i)
				schema := registry.Schema{Type: registry.JSON, Text: `{"$schema":"` + drafts[c.draft] + `","title":"E","type":"object","properties":{"v":` + c.property +
					`,"more":{"type":"string"}},"required":["v"],"definitions":{"d":{"type":"object","properties":{"n":{"type":"integer"}}}}}`}
				var imports []*serde.Definition
				sent := command{Format: "json", Topic: topic, Schema: schema.Text}
				if c.feature == "reference" {
					schema.References = []registry.Reference{{Name: "address.json", Subject: "address.json", Version: 1}}
					imports = []*serde.Definition{{Name: "address.json", Schema: registry.Schema{Type: registry.JSON, Text: address}}}
					sent.References = []reference{{"address.json", "address.json", 1}}
				}
				reg.Register(registry.Subject(topic+"-value"), schema)
				text := json.RawMessage(`{"v":` + c.value + `,"more":"padding"}`)
				format := jsonschema.Dynamic(schema.Text, jsonschema.WithSchema(schema.Text, imports...), jsonschema.WithReadValidation())
				for framing, f := range framings {
					note := func(direction string, err error) {
						matrix.count(err == nil, "json", language, framing, direction, c.feature)
						if err != nil {
							t.Errorf("%s, %s, %s: %v", c.feature, framing, direction, err)
						}
					}
					note("writes what concord reads", func() error {
						write := sent
						write.Op, write.Framing, write.Value = "write", framing, text
						a, err := p.ask(write)
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
						back, err := json.Marshal(got)
						if err == nil && !sameJSON(t, text, back) {
							err = fmt.Errorf("another value: %s", cmp.Diff(string(text), string(back)))
						}
						if err == nil {
							var references map[string]string
							if schema.References != nil {
								references = map[string]string{"address.json": address}
							}
							keep(t, golden{Writer: language, Format: "json", Framing: framing, Feature: c.feature, Schema: schema.Text, References: references}, a, got)
						}
						return err
					}())
					note("reads what concord writes", func() error {
						var ours map[string]any
						if err := json.Unmarshal(text, &ours); err != nil {
							return err
						}
						s, err := serde.NewSerializer(client, format, serde.WithWriterSchema(serde.Latest()), serde.WithFraming(f))
						if err != nil {
							return err
						}
						data, err := s.AppendSerialize(t.Context(), nil, serde.ValueOf(topic), ours)
						if err != nil {
							return err
						}
						read := sent
						read.Op = "read"
						read.set(data)
						a, err := p.ask(read)
						if err == nil && !sameJSON(t, text, a.Value) {
							err = fmt.Errorf("another value: %s, want %s", a.Value, text)
						}
						return err
					}())
				}
			}
		})
	}
}
