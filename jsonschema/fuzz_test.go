package jsonschema_test

import (
	"testing"

	"github.com/concord-go/concord/jsonschema"
)

// FuzzParse: reading never panics, what was read is compatible with itself, and its texts are read
// as the same schema.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{}`, `true`, `{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"],"additionalProperties":false}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","id":"urn:a","exclusiveMaximum":true,"maximum":1.50}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/a","$defs":{"a":{"$anchor":"x","anyOf":[{"$ref":"#x"},{"type":["string","null"],"format":"date","minLength":1}]}}}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","prefixItems":[false,{}],"items":{"not":{"const":[1,{"a":null}]}},"unevaluatedItems":false,"contains":{},"maxContains":3}`,
		`{"type":["string","integer"],"pattern":"^(a|[b-c]{2,3}\\p{L})+?$","multipleOf":0.5,"if":{"enum":[1,"2"]},"then":false,"else":{"dependencies":{"a":["b"],"c":{"oneOf":[{},{}]}}}}`,
		`{"patternProperties":{"^x":{"allOf":[{"minimum":-1e3},{"title":"t\u00e9"}]}},"propertyNames":{"maxLength":5},"unevaluatedProperties":{"type":"null"}}`,
		`{"a":NaN} x`, `[`, `{"$ref":"other.json#/definitions/%41"}`, `{"anyOf":[{"$ref":"#/anyOf/1"},{"$ref":"#/anyOf/0"}]}`,
	} {
		f.Add(text, `{"type":["null","object"],"properties":{"a":true}}`)
	}
	limits := jsonschema.WithParseLimits(jsonschema.ParseLimits{Bytes: 1 << 14, Depth: 100, Values: 2000})
	f.Fuzz(func(t *testing.T, text, other string) {
		s, err := jsonschema.Parse(text, limits)
		if err != nil {
			return
		}
		for _, policy := range []jsonschema.Policy{jsonschema.Strict, jsonschema.Lenient} {
			for _, d := range jsonschema.CheckCompatibility(s, s, policy) {
				if d.Kind != jsonschema.TooComplex {
					t.Fatalf("not compatible with itself: %v", d)
				}
			}
		}
		for _, form := range []string{s.String(), s.Normalized()} {
			again, err := jsonschema.Parse(form)
			if err != nil {
				t.Fatalf("%q is not read: %v", form, err)
			}
			if again.Normalized() != s.Normalized() {
				t.Fatalf("%q is read as %q, not %q", form, again.Normalized(), s.Normalized())
			}
		}
		if o, err := jsonschema.Parse(other, limits, jsonschema.WithReferences(jsonschema.Reference{Name: "other.json", Schema: s})); err == nil {
			strict := jsonschema.CheckCompatibility(s, o, jsonschema.Strict)
			if len(strict) == 0 && len(jsonschema.CheckCompatibility(s, o, jsonschema.Lenient)) > 0 {
				t.Fatal("compatible under Strict and not under Lenient")
			}
			jsonschema.Compare(o, s, jsonschema.Lenient)
		}
	})
}
