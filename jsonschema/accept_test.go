package jsonschema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/serde"
)

// randomSchema is a schema of keywords within and outside of the fast path.
func randomSchema(r *rand.Rand, depth int) any {
	if depth == 0 || r.IntN(12) == 0 {
		return []any{true, map[string]any{}, map[string]any{"type": "integer"}, map[string]any{"$ref": "#"}}[r.IntN(4)]
	}
	s := map[string]any{}
	types := []string{"null", "boolean", "number", "integer", "string", "array", "object"}
	switch r.IntN(6) {
	case 0:
	case 1:
		i := r.IntN(6)
		s["type"] = []any{types[i], types[i+1]}
	default:
		s["type"] = types[r.IntN(len(types))]
	}
	for range 1 + r.IntN(4) {
		switch r.IntN(20) {
		case 0:
			s["minimum"] = r.IntN(5) - 2
		case 1:
			s["exclusiveMaximum"] = r.IntN(5)
		case 2:
			s["maximum"] = r.IntN(5)
		case 3:
			s["minLength"] = r.IntN(3)
		case 4:
			s["maxLength"] = r.IntN(3)
		case 5:
			s["pattern"] = []string{"^a", "b$", "é"}[r.IntN(3)]
		case 6:
			s["enum"] = []any{randomValue(r, 1), randomValue(r, 1), randomValue(r, 1)}
		case 7:
			s["const"] = randomValue(r, 1)
		case 8, 9, 10:
			s["properties"] = map[string]any{"a": randomSchema(r, depth-1), "b": randomSchema(r, depth-1)}
		case 11:
			s["required"] = []any{[]any{"a", "b", "c"}[r.IntN(3)]}
		case 12:
			s["additionalProperties"] = randomSchema(r, depth-1)
		case 13:
			s["additionalProperties"] = false
		case 14:
			s["items"] = randomSchema(r, depth-1)
		case 15:
			s["minItems"], s["maxItems"] = r.IntN(2), 1+r.IntN(2)
		case 16:
			s["minProperties"], s["maxProperties"] = r.IntN(2), 1+r.IntN(2)
		case 17:
			s[[]string{"anyOf", "oneOf"}[r.IntN(2)]] = []any{map[string]any{"type": "null"}, randomSchema(r, depth-1)}
		case 18:
			s[[]string{"not", "if", "contains"}[r.IntN(3)]] = randomSchema(r, depth-1)
		case 19:
			s["title"], s["format"] = "x", "date"
		}
	}
	return s
}

func randomValue(r *rand.Rand, depth int) any {
	n := 10
	if depth == 0 {
		n = 8
	}
	switch r.IntN(n) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2, 3:
		return r.IntN(6) - 2
	case 4:
		return json.Number([]string{"0.5", "1.0", "-0", "1e0", "3.9999999999999999999", "9007199254740993", "0.0"}[r.IntN(7)])
	case 5, 6, 7:
		return []string{"", "a", "ab", "é", "éb", "\n", "\"", "abc"}[r.IntN(8)]
	case 8:
		items := make([]any, r.IntN(3))
		for i := range items {
			items[i] = randomValue(r, depth-1)
		}
		return items
	}
	members := map[string]any{}
	for range r.IntN(4) {
		members[[]string{"a", "b", "c", "é"}[r.IntN(4)]] = randomValue(r, depth-1)
	}
	return members
}

func marshal(tb testing.TB, v any) []byte {
	tb.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestTheFastPathAcceptsOnlyWhatIsValid(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 1))
	drafts := []string{"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema#",
		"https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema"}
	covered, accepted, valid := 0, 0, 0
	for range 3000 {
		doc, ok := randomSchema(r, 3).(map[string]any)
		if !ok {
			continue
		}
		doc["$schema"] = drafts[r.IntN(len(drafts))]
		text := string(marshal(t, doc))
		s, err := jsonschema.Parse(text)
		if err != nil {
			continue
		}
		v, err := jsonschema.NewValidator(s)
		if err != nil {
			continue
		}
		for range 10 {
			value := marshal(t, randomValue(r, 3))
			accepts, covers := v.Accepts(value)
			if !covers {
				break
			}
			covered++
			err := v.Explain(value)
			if err == nil {
				valid++
			}
			if accepts {
				if accepted++; err != nil {
					t.Fatalf("the fast path accepts %s under %s: %v", value, text, err)
				}
			}
		}
	}
	t.Logf("%d pairs within the fast path, %d valid, %d of them accepted", covered, valid, accepted)
	if covered < 2000 || accepted < 500 || accepted*10 < valid*7 {
		t.Errorf("%d pairs within the fast path, %d valid, %d accepted: too few to say anything", covered, valid, accepted)
	}
}

func FuzzAccept(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":["null","integer"],"minimum":1}},"required":["a"]}`, `{"a":1}`)
	f.Add(`{"anyOf":[{"type":"null"},{"type":"string","pattern":"^a"}]}`, `"a"`)
	f.Add(`{"type":"array","items":{"$ref":"#/definitions/x"},"definitions":{"x":{"enum":["a",1,null]}}}`, `["a",1,null]`)
	f.Fuzz(func(t *testing.T, schema, value string) {
		if len(schema) > 2000 || len(value) > 2000 {
			return
		}
		s, err := jsonschema.Parse(schema)
		if err != nil {
			return
		}
		v, err := jsonschema.NewValidator(s, jsonschema.WithValidationLimits(jsonschema.ValidationLimits{Steps: 10_000}))
		if err != nil {
			return
		}
		whole := v.Validate([]byte(value))
		if class := serde.ClassOf(whole); class != serde.Unclassified && class != serde.TypeMismatch {
			return // no JSON
		}
		if accepts, _ := v.Accepts([]byte(value)); accepts {
			if err := v.Explain([]byte(value)); err != nil && serde.ClassOf(err) != serde.LimitExceeded {
				t.Errorf("the fast path accepts %q under %q: %v", value, schema, err)
			}
		}
	})
}

func ExampleValidator() {
	s, err := jsonschema.Parse(`{"type":"object","properties":{"age":{"type":"integer","minimum":0}},"required":["id"]}`)
	if err != nil {
		panic(err)
	}
	v, err := jsonschema.NewValidator(s)
	if err != nil {
		panic(err)
	}
	fmt.Println(v.Validate([]byte(`{"id":"u1","age":3}`)))
	fmt.Println(v.Validate([]byte(`{"id":"u1","age":-3}`)))
	// Output:
	// <nil>
	// jsonschema: the value is not valid: /age: it is less than 0 (/properties/age/minimum)
}
