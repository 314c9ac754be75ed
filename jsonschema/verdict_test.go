package jsonschema_test

import (
	"testing"

	"github.com/concord-go/concord/jsonschema"
)

// incompatible are the kinds and paths of what is not compatible under Strict.
func incompatible(writer, reader *jsonschema.Schema) []difference {
	found := []difference{}
	for _, d := range jsonschema.CheckCompatibility(writer, reader, jsonschema.Strict) {
		found = append(found, difference{d.Kind, d.Path})
	}
	return found
}

func TestVerdictsAreTheRegistrys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		writer, reader string
		want           []difference // none: compatible
	}{
		{"anything may become the empty schema", `{"type":"string"}`, `{}`, nil},
		{"anything may become true", `{"type":"string"}`, `true`, nil},
		{"what is never written is always readable", `false`, `{"type":"string"}`, nil},
		{"the empty schema is not readable as a type", `{}`, `{"type":"string"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"true and the empty schema are the same", `true`, `{}`, nil},
		{"a combination of one part is the part", `{"oneOf":[{"type":"string"}]}`, `{"type":"string"}`, nil},
		{"a part is a combination of one part", `{"type":"string"}`, `{"allOf":[{"type":"string"}]}`, nil},
		{"one part in any combination", `{"allOf":[{"type":"string"}]}`, `{"oneOf":[{"type":"string"}]}`, nil},
		{"alternatives added", `{"oneOf":[{"type":"string"},{"type":"null"}]}`, `{"oneOf":[{"type":"number"},{"type":"null"},{"type":"string"}]}`, nil},
		{"alternatives in another order", `{"anyOf":[{"type":"string"},{"type":"null"}]}`, `{"anyOf":[{"type":"null"},{"type":"string"}]}`, nil},
		{"equal alternatives count once", `{"anyOf":[{"type":"null"},{"type":"null"}]}`, `{"anyOf":[{"type":"null"}]}`, nil},
		{"a format that is not known makes no difference", `{"anyOf":[{"type":"string"},{"type":"string","format":"made-up"}]}`, `{"anyOf":[{"type":"string"}]}`, nil},
		{"one that is known does", `{"anyOf":[{"type":"string"},{"type":"string","format":"date"}]}`, `{"anyOf":[{"type":"string"}]}`, []difference{{"SUM_TYPE_NARROWED", "#/"}}},
		{"none is known in the modern drafts", `2020 {"anyOf":[{"type":"string"},{"type":"string","format":"date"}]}`, `2020 {"anyOf":[{"type":"string"}]}`, nil},
		{"a keyword without meaning makes alternatives differ", `{"oneOf":[{"type":"null"},{"type":"null","x":1}]}`, `{"oneOf":[{"type":"null"}]}`, []difference{{"SUM_TYPE_NARROWED", "#/"}}},
		{"the pairs must be as many as possible", // the first part goes with both, the second one with the first only
			`{"anyOf":[{"type":"number","maximum":1},{"type":"number"}]}`, `{"anyOf":[{"type":"number"},{"type":"number","maximum":2}]}`, nil},
		{"a union is not readable as one of its types", `{"type":["string","null"]}`, `{"type":"string"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"a product is readable as one of its parts", `{"allOf":[{"type":"object"},{"minimum":1}]}`, `{"type":"object"}`, nil},
		{"a sum is not", `{"anyOf":[{"type":"object"},{"minimum":1}]}`, `{"type":"object"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"allOf with fewer parts as anyOf", `{"allOf":[{"minimum":1},{"minLength":1}]}`, `{"anyOf":[{"minimum":1}]}`, nil},
		{"keywords of another type are a part of their own", `{"type":"string"}`, `{"type":"string","minimum":1}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"and may go", `{"type":"string","minimum":1}`, `{"type":"string"}`, nil},
		{"in the modern drafts too", `2020 {"type":"string"}`, `2020 {"type":"string","minimum":1}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"an enum beside a type", `{"type":"string","enum":["a"]}`, `{"type":"string","enum":["a","b"]}`, nil},
		{"an enum added to a type", `{"type":"string"}`, `{"type":"string","enum":["a"]}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"an enum is no const", `{"const":"a"}`, `{"enum":["a","b"]}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"const null", `{"const":null}`, `{"const":null}`, nil},
		{"if added", `{"type":"string"}`, `{"type":"string","if":{"minLength":1}}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"if in draft 6 is no keyword", `6 {"type":"string"}`, `6 {"type":"string","if":{"minLength":1}}`, nil},
		{"what if says is not compared", `{"if":{"minLength":1},"then":false}`, `{"if":{"minLength":9},"else":false}`, nil},
		{"format beside a string", `{"type":"string"}`, `{"type":"string","format":"date"}`, nil},
		{"format beside another type", `{"type":"integer"}`, `{"type":"integer","format":"int32"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"and gone", `{"type":"integer","format":"int32"}`, `{"type":"integer"}`, nil},
		{"format in the modern drafts", `2020 {"type":"integer"}`, `2020 {"type":"integer","format":"int32"}`, nil},
		{"readOnly in the modern drafts", `2019 {"type":"integer","readOnly":true}`, `2019 {"type":"integer"}`, nil},
		{"contains in draft 7 is not compared", `{"type":"array"}`, `{"type":"array","contains":{"type":"null"}}`, nil},
		{"propertyNames is not compared", `{"type":"object"}`, `{"type":"object","propertyNames":{"maxLength":3}}`, nil},
		{"a pattern property's schema is not compared", `{"patternProperties":{"a":{"type":"null"}}}`, `{"patternProperties":{"a":{"type":"string"}}}`, nil},
		{"draft 4's exclusive limits are not compared", `4 {"maximum":3}`, `4 {"maximum":3,"exclusiveMaximum":true}`, nil},
		{"const in draft 4 is no keyword", `4 {"const":1}`, `4 {"const":2}`, nil},
		{"a $ref hides its neighbours", `{"properties":{"a":{"$ref":"#/definitions/s"}},"definitions":{"s":{"type":"string"}}}`,
			`{"properties":{"a":{"$ref":"#/definitions/s","type":"number","maximum":3}},"definitions":{"s":{"type":"string"}}}`, nil},
		{"but not in the modern drafts", `2020 {"properties":{"a":{"$ref":"#/$defs/s"}},"$defs":{"s":{"type":"string"}}}`,
			`2020 {"properties":{"a":{"$ref":"#/$defs/s","maxLength":3}},"$defs":{"s":{"type":"string"}}}`, []difference{{"TYPE_CHANGED", "#/properties/a"}}},
		{"a $ref is what it leads to", `{"properties":{"a":{"$ref":"#/definitions/s"}},"definitions":{"s":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"}}}`, nil},
		{"a chain of $refs is followed one step", `{"properties":{"a":{"$ref":"#/definitions/r"}},"definitions":{"r":{"$ref":"#/definitions/s"},"s":{"type":"string"}}}`,
			`{"properties":{"a":{"type":"string"}}}`, []difference{{"TYPE_CHANGED", "#/properties/a"}}},
		{"multipleOf is a decimal", `{"multipleOf":0.5}`, `{"multipleOf":0.50}`, nil},
		{"a limit is a number, however written", `{"maximum":100}`, `{"maximum":1e2}`, nil},
		{"a decimal of Kafka Connect as bytes and as a number", `{"type":"string","connect.type":"bytes"}`, `{"type":"number","connect.type":"bytes"}`, nil},
		{"any other string as a number", `{"type":"string"}`, `{"type":"number"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"items true is a schema", `{"type":"array"}`, `{"type":"array","items":true}`, []difference{{"SCHEMA_ADDED", "#/items"}}},
		{"but not in the modern drafts", `2020 {"type":"array"}`, `2020 {"type":"array","items":true}`, nil},
		{"a list is not closed by additionalItems", `{"items":{}}`, `{"items":{},"additionalItems":false}`, nil},
		{"a property that a pattern of RE2 cannot cover", `{"properties":{"ab":{"type":"null"}},"additionalProperties":false}`,
			`{"patternProperties":{"a(?=b)":{"type":"null"}},"additionalProperties":false}`, []difference{{"PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "#/properties/ab"}}},
		{"drafts may differ", `{"type":"array","items":[{"type":"null"}],"additionalItems":false}`, `2020 {"type":"array","prefixItems":[{"type":"null"}],"items":false}`, nil},
		{"types and keywords join as the registries join them", // the format keeps the type's union apart from the string's pattern
			`2020 {"type":"string","pattern":"a"}`, `2020 {"type":["string","null"],"pattern":"a","format":"date"}`, []difference{{"TYPE_CHANGED", "#/"}}},
		{"without format they are one", `2020 {"type":"string","maxLength":3}`, `2020 {"type":["string","null"],"maxLength":4}`, nil},
	} {
		got := incompatible(parse(t, c.writer), parse(t, c.reader))
		equal := len(got) == len(c.want)
		for i := 0; equal && i < len(got); i++ {
			equal = got[i] == c.want[i]
		}
		if !equal {
			t.Errorf("%s:\nwriter %s\nreader %s\ngot %v, want %v", c.name, c.writer, c.reader, got, c.want)
		}
	}
}

// Which parts of two unions may be paired depends on the policy: it is not enough to leave
// out differences afterwards.
func TestLenientPairsPartsThatStrictDoesNot(t *testing.T) {
	t.Parallel()
	writer := parse(t, `{"oneOf":[{"type":"null"},{"type":"object"}]}`)
	reader := parse(t, `{"oneOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}}}]}`)
	strict := jsonschema.CheckCompatibility(writer, reader, jsonschema.Strict)
	if len(strict) != 1 || strict[0].Kind != jsonschema.CombinedTypeSubschemasChanged {
		t.Errorf("under Strict: got %v", strict)
	}
	if lenient := jsonschema.CheckCompatibility(writer, reader, jsonschema.Lenient); len(lenient) != 0 {
		t.Errorf("under Lenient: got %v", lenient)
	}
}

func TestRecursionIsNoFaultAndHidesNone(t *testing.T) {
	t.Parallel()
	tree := func(leaf string) string {
		return `{"$ref":"#/definitions/tree","definitions":{"tree":{"type":"object","properties":{
			"left":{"$ref":"#/definitions/tree"},"right":{"$ref":"#/definitions/tree"},"leaf":` + leaf + `}}}}`
	}
	if got := incompatible(parse(t, tree(`{"type":"integer"}`)), parse(t, tree(`{"type":"number"}`))); len(got) != 0 {
		t.Errorf("a tree with wider leaves: %v", got)
	}
	got := incompatible(parse(t, tree(`{"type":"number"}`)), parse(t, tree(`{"type":"integer"}`)))
	if len(got) != 1 || got[0] != (difference{"TYPE_NARROWED", "#/properties/leaf"}) {
		t.Errorf("a tree with narrower leaves: %v", got)
	}
}

// The parts of a union lead back to the pair that is being compared. As long as it is assumed to be
// compatible they can be paired; it is not, so they cannot, and neither can the union beside it.
func TestWhatFollowsFromARecursionIsFollowed(t *testing.T) {
	t.Parallel()
	text := func(leaf string) string {
		return `{"properties":{"node":{"$ref":"#/definitions/node"},"child":{"$ref":"#/definitions/child"}},"definitions":{
			"node":{"type":"object","properties":{"child":{"$ref":"#/definitions/child"},"leaf":` + leaf + `}},
			"child":{"anyOf":[{"type":"null"},{"$ref":"#/definitions/node"}]}}}`
	}
	got := incompatible(parse(t, text(`{"type":"number"}`)), parse(t, text(`{"type":"integer"}`)))
	found := make(map[difference]bool)
	for _, d := range got {
		found[d] = true
	}
	for _, want := range []difference{{"TYPE_NARROWED", "#/properties/node/properties/leaf"}, {"COMBINED_TYPE_SUBSCHEMAS_CHANGED", "#/properties/child"}} {
		if !found[want] {
			t.Errorf("%v is not among %v", want, got)
		}
	}
}

// The registries see a recursion of the modern drafts one turn later, and list that turn.
func TestTheModernDraftsListARecursionsFirstTurn(t *testing.T) {
	t.Parallel()
	list := func(leaf string) string {
		return `2020 {"properties":{"head":{"$ref":"#/$defs/list"}},"$defs":{"list":{"type":"object","properties":{"next":{"$ref":"#/$defs/list"},"value":` + leaf + `}}}}`
	}
	got := incompatible(parse(t, list(`{"type":"number"}`)), parse(t, list(`{"type":"integer"}`)))
	want := []difference{{"TYPE_NARROWED", "#/properties/head/properties/next/properties/value"}, {"TYPE_NARROWED", "#/properties/head/properties/value"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}
