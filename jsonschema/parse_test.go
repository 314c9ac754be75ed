package jsonschema_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/serde"
)

// The texts that the reference registry takes, with the forms in which it keeps them.
func TestTextsAreKeptAsTheRegistryKeepsThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, plain, normalized string }{
		{"{ \"type\" : \"object\" ,\n\t\"properties\": {} }\r\n", `{"type":"object","properties":{}}`, `{"properties":{},"type":"object"}`},
		{`{"b":[1,{"d":1,"c":2}],"a":null}`, `{"b":[1,{"d":1,"c":2}],"a":null}`, `{"a":null,"b":[1,{"c":2,"d":1}]}`},
		{`true`, `true`, `true`},
		{` false x`, `false`, `false`},
		{`{} {}`, `{}`, `{}`},
		{`{"type":"object"}}`, `{"type":"object"}`, `{"type":"object"}`},
		{`{"type":"string","a":1,"type":"integer"}`, `{"type":"integer","a":1}`, `{"a":1,"type":"integer"}`},
		{`{"$ref":"#"}`, `{"$ref":"#"}`, `{"$ref":"#"}`},
		{`{"a":NaN,"b":Infinity,"c":-Infinity}`, `{"a":"NaN","b":"Infinity","c":"-Infinity"}`, `{"a":"NaN","b":"Infinity","c":"-Infinity"}`},
		{`{"a":"\u0041\u00e9\/\ud83d\ude00"}`, `{"a":"Aé/😀"}`, `{"a":"Aé/😀"}`},
		{`{"a":"\"\\\b\f\n\r\t\u0001\u007f<>&"}`, "{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u007f<>&\"}", "{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u007f<>&\"}"},
		{`{"\uffee":1,"\ud83d\ude00":2}`, "{\"\uffee\":1,\"😀\":2}", "{\"😀\":2,\"\uffee\":1}"}, // Java's order
		{`{"a":0,"b":-0,"c":100000000000000000000,"d":-12}`, `{"a":0,"b":0,"c":100000000000000000000,"d":-12}`, `{"a":0,"b":0,"c":100000000000000000000,"d":-12}`},
		{`{"a":1.50,"b":1e2,"c":1E-7,"d":-0.0,"e":12.5e3,"f":0.000001,"g":1e400,"h":123456e-2}`,
			`{"a":1.50,"b":1E+2,"c":1E-7,"d":0.0,"e":1.25E+4,"f":0.000001,"g":1E+400,"h":1234.56}`,
			`{"a":1.50,"b":1E+2,"c":1E-7,"d":0.0,"e":1.25E+4,"f":0.000001,"g":1E+400,"h":1234.56}`},
	} {
		s, err := jsonschema.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := s.String(); got != c.plain {
			t.Errorf("%s: kept as %s, want %s", c.text, got, c.plain)
		}
		if got := s.Normalized(); got != c.normalized {
			t.Errorf("%s: normalized to %s, want %s", c.text, got, c.normalized)
		}
		for _, again := range []string{s.String(), s.Normalized()} {
			if s, err := jsonschema.Parse(again); err != nil || s.Normalized() != c.normalized {
				t.Errorf("%s: its text %s is not read as the same: %v", c.text, again, err)
			}
		}
	}
}

func TestOddSchemasThatTheRegistryTakes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"allOf":[]}`, `{"type":[]}`, `{"type":["string","string"]}`, `{"enum":[]}`, `{"const":null}`, `{"default":null}`,
		`{"minLength":-1}`, `{"required":["nowhere"]}`, `{"dependencies":{"a":[]}}`, `{"format":"made-up"}`, `{"$id":""}`, `{"$id":"relative"}`, `{"$id":"#anchor"}`,
		`{"id":5}`, `{"definitions":5}`, `{"definitions":{"a":5}}`, `{"multipleOf":-1}`, `{"minimum":1e400}`, `{"items":[true,{}]}`,
		`{"$schema":"http://example.com/own","type":"null"}`, `{"$schema":"http://json-schema.org/draft-03/schema#"}`, `{"$schema":"http://json-schema.org/draft-07/schema"}`,
		`4 {"properties":{"a":true}}`, `4 {"exclusiveMaximum":false}`, `4 {"$id":5}`, `6 {"exclusiveMaximum":7}`, `6 {"if":5}`,
		`{"$ref":"#/definitions/a","minLength":"x","definitions":{"a":true}}`, // hidden
		`2020 {"minLength":1.5}`, `2020 {"maxLength":1099511627776}`, `2019 {"$id":5}`, `2020 {"dependencies":5}`, `2020 {"additionalItems":5}`, `2020 {"then":5}`,
		`{"pattern":"^\\p{L}+$"}`, `{"pattern":"(?i)a"}`, `{"pattern":"[[:alpha:]]"}`, `{"pattern":"a(?=b)(?!c)"}`, `{"pattern":"(a)\\1"}`, `{"pattern":"a*+b{2,}?"}`, `{"pattern":"\\Qa{(\\E?"}`, `{"pattern":"[a&&[^b]]"}`, `{"pattern":"[]a]"}`,
		`{"patternProperties":{"":{}}}`,
	} {
		if _, err := jsonschema.Parse(inDraft(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatIsNoSchemaIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``: "the text is empty", ` `: "the text is empty", `null`: "not null", `[]`: "not an array", `"string"`: "not a string", `5`: "not a number",
		"\ufeff{}": "a value is due", `{"type":"string",}`: "at byte 17", `{type:"string"}`: "in double quotes", `{"a":01}`: "not a number", "{\"a\":\"\x01\"}": "control character", `{"a":1`: "a comma or a closing brace", `{"a":.5}`: "a value is due", `{"a":+1}`: "a value is due", `{"a":1.}`: "a digit", `{"a":1e}`: "a digit", `{"a":tru}`: "a value is due", `{"a":"\x"}`: "not an escape", `{"a":"\u12"}`: "hexadecimal", `{"a" 1}`: "a colon", `["a"`: "a comma or a closing bracket", `{"a":"`: "within a string", `{"a":"\`: "within a string",
		`{"$schema":5}`:                           "/$schema: must be a string, not a number",
		`{"properties":{"a":{"type":"text"}}}`:    "/properties/a/type: \"text\" is no type",
		`{"properties":{"a~b/c":{"type":5}}}`:     "/properties/a~0b~1c/type: must be a string or an array",
		`{"type":["string",5]}`:                   "/type/1: must be a string",
		`{"type":"string","minimum":"1"}`:         "/minimum: must be a number, not a string",
		`{"multipleOf":0}`:                        "/multipleOf: must not be 0",
		`{"minLength":1.0}`:                       "/minLength: must be a whole number",
		`{"minLength":2147483648}`:                "/minLength: must be a whole number up to 2147483647",
		`{"minLength":null}`:                      "/minLength: must be a whole number, not null",
		`{"exclusiveMinimum":true}`:               "/exclusiveMinimum: must be a number",
		`4 {"exclusiveMinimum":1}`:                "/exclusiveMinimum: must be a boolean",
		`{"uniqueItems":"yes"}`:                   "/uniqueItems: must be a boolean",
		`{"required":"a"}`:                        "/required: must be an array of strings",
		`{"required":[5]}`:                        "/required/0: must be a string",
		`{"properties":[]}`:                       "/properties: must be an object",
		`{"properties":{"a":null}}`:               "/properties/a: must be a schema",
		`{"additionalProperties":null}`:           "/additionalProperties: must be a schema",
		`{"additionalItems":"x"}`:                 "/additionalItems: must be a schema",
		`{"items":[5]}`:                           "/items/0: must be a schema",
		`{"anyOf":{}}`:                            "/anyOf: must be an array of schemas",
		`{"oneOf":[5]}`:                           "/oneOf/0: must be a schema",
		`{"not":[]}`:                              "/not: must be a schema",
		`{"enum":{}}`:                             "/enum: must be an array",
		`{"title":null}`:                          "/title: must be a string",
		`{"description":5}`:                       "/description: must be a string",
		`{"$id":5}`:                               "/$id: must be a string",
		`{"$id":"not a uri"}`:                     "/$id: must be a URI reference",
		`{"format":5}`:                            "/format: must be a string",
		`{"pattern":"["}`:                         "/pattern: not a regular expression",
		`{"pattern":"a{2"}`:                       "/pattern: not a regular expression",
		`{"pattern":"*a"}`:                        "has nothing to repeat",
		`{"pattern":"a)"}`:                        "closes nothing",
		`{"pattern":"(a"}`:                        "not closed",
		`{"pattern":"\\"}`:                        "backslash",
		`{"pattern":"\\p{L"}`:                     "not closed",
		`{"pattern":"[b-a]"}`:                     "invalid character class range",
		`{"patternProperties":{"[":{}}}`:          "/patternProperties/[: not a regular expression",
		`{"patternProperties":{"a":5}}`:           "/patternProperties/a: must be a schema",
		`{"dependencies":{"a":"b"}}`:              "/dependencies/a: must be a schema",
		`{"dependencies":{"a":[1]}}`:              "/dependencies/a/0: must be a string",
		`{"if":5}`:                                "/if: must be a schema",
		`{"contains":5}`:                          "/contains: must be a schema",
		`{"propertyNames":5}`:                     "/propertyNames: must be a schema",
		`{"$ref":5}`:                              "/$ref: must be a string",
		`{"$ref":""}`:                             "/$ref: \"\" is neither",
		`{"$ref":"other.json"}`:                   "files and URLs are never read",
		`{"$ref":"http://example.com/a.json"}`:    "files and URLs are never read",
		`{"$ref":"#/definitions/a"}`:              "/$ref: \"#/definitions/a\" leads nowhere",
		`{"$ref":"#/items/1","items":[true]}`:     "leads nowhere",
		`{"$ref":"#/title/1","title":"a"}`:        "leads nowhere",
		`{"$ref":"#/title","title":"a"}`:          "/title: must be a schema",
		`2019 {"items":[{"type":"string"}]}`:      "/items: must be a schema",
		`2020 {"$defs":5}`:                        "/$defs: must be an object",
		`2019 {"$defs":{"a":{"type":5}}}`:         "/$defs/a/type: must be a string or an array",
		`2020 {"type":5}`:                         "/type: must be a string or an array",
		`2020 {"type":["text"]}`:                  "/type/0: \"text\" is no type",
		`2020 {"minItems":"1"}`:                   "/minItems: must be a number",
		`2020 {"prefixItems":{}}`:                 "/prefixItems: must be an array of schemas",
		`2020 {"dependentRequired":{"a":"b"}}`:    "/dependentRequired/a: must be an array of strings",
		`2020 {"dependentSchemas":{"a":5}}`:       "/dependentSchemas/a: must be a schema",
		`2020 {"if":{},"then":5}`:                 "/then: must be a schema",
		`2020 {"contains":{},"minContains":"1"}`:  "/minContains: must be a number",
		`2020 {"unevaluatedProperties":5}`:        "/unevaluatedProperties: must be a schema",
		`2020 {"unevaluatedItems":5}`:             "/unevaluatedItems: must be a schema",
		`2020 {"readOnly":5}`:                     "/readOnly: must be a boolean",
		`2020 {"format":5}`:                       "/format: must be a string",
		`2020 {"enum":5}`:                         "/enum: must be an array",
		`2020 {"description":5,"prefixItems":[]}`: "/description: must be a string",
		`2020 {"$defs":{"a":{"type":5}},"properties":{"b":{"$ref":"#/$defs/a"}}}`:                          "/$defs/a/type",
		`2020 {"properties":{"a":{"$id":"http://example.com/a","$ref":"#/$defs/b"}},"$defs":{"b":{}}}`:     "leads nowhere", // the $id is the whole there
		`{"properties":{"a":{"$ref":"#/definitions/a"}},"definitions":{"a":{"$ref":"#/definitions/b"}}}`:   "/definitions/a/$ref",
		`{"properties":{"a":{"properties":{"b":{"anyOf":[true,{"dependencies":{"c":{"required":5}}}]}}}}}`: "/properties/a/properties/b/anyOf/1/dependencies/c/required",
	} {
		_, err := jsonschema.Parse(inDraft(text))
		var invalid *jsonschema.SchemaError
		if !errors.As(err, &invalid) || !errors.Is(err, serde.InvalidSchema) || errors.Is(err, serde.LimitExceeded) {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "jsonschema: invalid schema: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %q, which does not say %q", text, err, want)
		}
	}
}

func TestTheDraftIsThatOfTheText(t *testing.T) {
	t.Parallel()
	for _, d := range []jsonschema.Draft{jsonschema.Draft4, jsonschema.Draft6, jsonschema.Draft7, jsonschema.Draft2019_09, jsonschema.Draft2020_12} {
		for _, end := range []string{"", "#"} {
			if s := parse(t, `{"$schema":"`+d.String()+end+`"}`); s.Draft() != d {
				t.Errorf("%s%s: got %s", d, end, s.Draft())
			}
		}
	}
	for _, text := range []string{`true`, `{}`, `{"$schema":"https://example.com/schema"}`} {
		if s := parse(t, text); s.Draft() != jsonschema.Draft7 {
			t.Errorf("%s: got %s", text, s.Draft())
		}
	}
}

func TestASchemaTellsItsNameAndProperties(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"title":"Order","description":"what was bought","properties":{"b":true,"a":{}}}`)
	if s.Title() != "Order" || s.Description() != "what was bought" || strings.Join(s.Properties(), " ") != "b a" {
		t.Errorf("got %q, %q, %q", s.Title(), s.Description(), s.Properties())
	}
	s.Properties()[0] = "changed"
	if s.Properties()[0] != "b" {
		t.Error("a caller can change a schema")
	}
	if s := parse(t, `{"type":"string"}`); s.Title() != "" || s.Properties() != nil {
		t.Errorf("got %q, %q", s.Title(), s.Properties())
	}
}
