package jsonschema_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/google/go-cmp/cmp"
)

// parse reads a schema. "2020 " and the like in front of it are its draft.
func parse(t *testing.T, text string, references ...jsonschema.Reference) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(inDraft(text), jsonschema.WithReferences(references...))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func inDraft(text string) string {
	for prefix, d := range map[string]jsonschema.Draft{
		"4 ": jsonschema.Draft4, "6 ": jsonschema.Draft6, "7 ": jsonschema.Draft7, "2019 ": jsonschema.Draft2019_09, "2020 ": jsonschema.Draft2020_12,
	} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			comma := ","
			if rest == "{}" {
				comma = ""
			}
			return `{"$schema":"` + d.String() + `"` + comma + rest[1:]
		}
	}
	return text
}

// difference is what a test wants of a jsonschema.Difference.
type difference struct {
	kind jsonschema.DifferenceKind
	path string
}

func compare(t *testing.T, writer, reader string, policy jsonschema.Policy) []difference {
	t.Helper()
	var found []difference
	for _, d := range jsonschema.Compare(parse(t, writer), parse(t, reader), policy) {
		if d.Compatible != policy.Compatible(d.Kind) {
			t.Errorf("%v: Compatible is %t, the policy says otherwise", d, d.Compatible)
		}
		found = append(found, difference{d.Kind, d.Path})
	}
	return found
}

// pairs has at least one pair of schemas for each kind of difference. The others that come with
// it are in also.
var pairs = []struct {
	kind           jsonschema.DifferenceKind
	path           string
	writer, reader string
	also           []difference
}{
	{kind: "ID_CHANGED", path: "#/", writer: `{"$id":"urn:a","type":"null"}`, reader: `{"$id":"urn:b","type":"null"}`},
	{kind: "TITLE_CHANGED", path: "#/", writer: `{"title":"a","type":"null"}`, reader: `{"type":"null"}`},
	{kind: "DESCRIPTION_CHANGED", path: "#/", writer: `{"type":"null"}`, reader: `{"description":"b","type":"null"}`},
	{kind: "DEFAULT_CHANGED", path: "#/items", writer: `{"items":{"default":1,"type":"number"}}`, reader: `{"items":{"default":2,"type":"number"}}`},

	{kind: "TYPE_EXTENDED", path: "#/", writer: `{"type":"integer"}`, reader: `{"type":"number"}`},
	{kind: "TYPE_NARROWED", path: "#/", writer: `{"type":"number"}`, reader: `{"type":"integer"}`},
	{kind: "TYPE_CHANGED", path: "#/properties/a", writer: `{"properties":{"a":{"type":"string"}}}`, reader: `{"properties":{"a":{"type":"number"}}}`},
	{kind: "SCHEMA_ADDED", path: "#/items", writer: `{"type":"array"}`, reader: `{"type":"array","items":{"type":"string"}}`},
	{kind: "SCHEMA_REMOVED", path: "#/items", writer: `{"type":"array","items":{"type":"string"}}`, reader: `{"type":"array"}`},

	{kind: "MAX_LENGTH_ADDED", path: "#/maxLength", writer: `{"type":"string"}`, reader: `{"type":"string","maxLength":5}`},
	{kind: "MAX_LENGTH_REMOVED", path: "#/maxLength", writer: `{"type":"string","maxLength":5}`, reader: `{"type":"string"}`},
	{kind: "MAX_LENGTH_INCREASED", path: "#/maxLength", writer: `{"type":"string","maxLength":5}`, reader: `{"type":"string","maxLength":6}`},
	{kind: "MAX_LENGTH_DECREASED", path: "#/maxLength", writer: `{"type":"string","maxLength":5}`, reader: `{"type":"string","maxLength":4}`},
	{kind: "MIN_LENGTH_ADDED", path: "#/minLength", writer: `{"type":"string"}`, reader: `{"type":"string","minLength":5}`},
	{kind: "MIN_LENGTH_REMOVED", path: "#/minLength", writer: `{"type":"string","minLength":5}`, reader: `{"type":"string"}`},
	{kind: "MIN_LENGTH_INCREASED", path: "#/minLength", writer: `{"type":"string","minLength":5}`, reader: `{"type":"string","minLength":6}`},
	{kind: "MIN_LENGTH_DECREASED", path: "#/minLength", writer: `{"type":"string","minLength":5}`, reader: `{"type":"string","minLength":4}`},
	{kind: "PATTERN_ADDED", path: "#/pattern", writer: `{"type":"string"}`, reader: `{"type":"string","pattern":"a"}`},
	{kind: "PATTERN_REMOVED", path: "#/pattern", writer: `{"type":"string","pattern":"a"}`, reader: `{"type":"string"}`},
	{kind: "PATTERN_CHANGED", path: "#/pattern", writer: `{"type":"string","pattern":"a"}`, reader: `{"type":"string","pattern":"b"}`},

	{kind: "MAXIMUM_ADDED", path: "#/maximum", writer: `{"type":"number"}`, reader: `{"type":"number","maximum":5}`},
	{kind: "MAXIMUM_REMOVED", path: "#/maximum", writer: `{"type":"number","maximum":5}`, reader: `{"type":"number"}`},
	{kind: "MAXIMUM_INCREASED", path: "#/maximum", writer: `{"type":"number","maximum":5}`, reader: `{"type":"number","maximum":5.5}`},
	{kind: "MAXIMUM_DECREASED", path: "#/maximum", writer: `{"type":"number","maximum":5}`, reader: `{"type":"number","maximum":4.5}`},
	{kind: "MINIMUM_ADDED", path: "#/minimum", writer: `{"type":"number"}`, reader: `{"type":"number","minimum":5}`},
	{kind: "MINIMUM_REMOVED", path: "#/minimum", writer: `{"type":"number","minimum":5}`, reader: `{"type":"number"}`},
	{kind: "MINIMUM_INCREASED", path: "#/minimum", writer: `{"type":"number","minimum":5}`, reader: `{"type":"number","minimum":6}`},
	{kind: "MINIMUM_DECREASED", path: "#/minimum", writer: `{"type":"number","minimum":5}`, reader: `{"type":"number","minimum":-6}`},
	{kind: "EXCLUSIVE_MAXIMUM_ADDED", path: "#/exclusiveMaximum", writer: `{"type":"number"}`, reader: `{"type":"number","exclusiveMaximum":5}`},
	{kind: "EXCLUSIVE_MAXIMUM_REMOVED", path: "#/exclusiveMaximum", writer: `{"type":"number","exclusiveMaximum":5}`, reader: `{"type":"number"}`},
	{kind: "EXCLUSIVE_MAXIMUM_INCREASED", path: "#/exclusiveMaximum", writer: `{"type":"number","exclusiveMaximum":5}`, reader: `{"type":"number","exclusiveMaximum":6}`},
	{kind: "EXCLUSIVE_MAXIMUM_DECREASED", path: "#/exclusiveMaximum", writer: `{"type":"number","exclusiveMaximum":5}`, reader: `{"type":"number","exclusiveMaximum":4}`},
	{kind: "EXCLUSIVE_MINIMUM_ADDED", path: "#/exclusiveMinimum", writer: `2020 {"type":"number"}`, reader: `2020 {"type":"number","exclusiveMinimum":5}`},
	{kind: "EXCLUSIVE_MINIMUM_REMOVED", path: "#/exclusiveMinimum", writer: `{"type":"number","exclusiveMinimum":5}`, reader: `{"type":"number"}`},
	{kind: "EXCLUSIVE_MINIMUM_INCREASED", path: "#/exclusiveMinimum", writer: `{"type":"number","exclusiveMinimum":5}`, reader: `{"type":"number","exclusiveMinimum":6}`},
	{kind: "EXCLUSIVE_MINIMUM_DECREASED", path: "#/exclusiveMinimum", writer: `{"type":"number","exclusiveMinimum":5}`, reader: `{"type":"number","exclusiveMinimum":4}`},
	{kind: "MULTIPLE_OF_ADDED", path: "#/multipleOf", writer: `{"type":"number"}`, reader: `{"type":"number","multipleOf":5}`},
	{kind: "MULTIPLE_OF_REMOVED", path: "#/multipleOf", writer: `{"type":"number","multipleOf":5}`, reader: `{"type":"number"}`},
	{kind: "MULTIPLE_OF_EXPANDED", path: "#/multipleOf", writer: `{"type":"number","multipleOf":5}`, reader: `{"type":"number","multipleOf":10}`},
	{kind: "MULTIPLE_OF_REDUCED", path: "#/multipleOf", writer: `{"type":"number","multipleOf":10}`, reader: `{"type":"number","multipleOf":5}`},
	{kind: "MULTIPLE_OF_REDUCED", path: "#/multipleOf", writer: `{"type":"number","multipleOf":0.5}`, reader: `{"type":"number","multipleOf":0.25}`},
	{kind: "MULTIPLE_OF_CHANGED", path: "#/multipleOf", writer: `{"type":"number","multipleOf":10}`, reader: `{"type":"number","multipleOf":7}`},

	{kind: "MAX_PROPERTIES_ADDED", path: "#/maxProperties", writer: `{"type":"object"}`, reader: `{"type":"object","maxProperties":5}`},
	{kind: "MAX_PROPERTIES_REMOVED", path: "#/maxProperties", writer: `{"type":"object","maxProperties":5}`, reader: `{"type":"object"}`},
	{kind: "MAX_PROPERTIES_INCREASED", path: "#/maxProperties", writer: `{"type":"object","maxProperties":5}`, reader: `{"type":"object","maxProperties":6}`},
	{kind: "MAX_PROPERTIES_DECREASED", path: "#/maxProperties", writer: `{"type":"object","maxProperties":5}`, reader: `{"type":"object","maxProperties":4}`},
	{kind: "MIN_PROPERTIES_ADDED", path: "#/minProperties", writer: `{"type":"object"}`, reader: `{"type":"object","minProperties":5}`},
	{kind: "MIN_PROPERTIES_REMOVED", path: "#/minProperties", writer: `{"type":"object","minProperties":5}`, reader: `{"type":"object"}`},
	{kind: "MIN_PROPERTIES_INCREASED", path: "#/minProperties", writer: `{"type":"object","minProperties":5}`, reader: `{"type":"object","minProperties":6}`},
	{kind: "MIN_PROPERTIES_DECREASED", path: "#/minProperties", writer: `{"type":"object","minProperties":5}`, reader: `{"type":"object","minProperties":4}`},
	{kind: "REQUIRED_ATTRIBUTE_ADDED", path: "#/required/a", writer: `{"properties":{"a":{"type":"null"}}}`, reader: `{"properties":{"a":{"type":"null"}},"required":["a"]}`},
	{kind: "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED", path: "#/required/a", writer: `{"properties":{"a":{"type":"string","default":""}}}`, reader: `{"properties":{"a":{"type":"string","default":""}},"required":["a"]}`},
	{kind: "REQUIRED_ATTRIBUTE_REMOVED", path: "#/required/a", writer: `{"properties":{"a":true},"required":["a"]}`, reader: `{"properties":{"a":true}}`},
	{kind: "DEPENDENCY_ARRAY_ADDED", path: "#/dependencies/a", writer: `{"type":"object"}`, reader: `{"type":"object","dependencies":{"a":["b"]}}`},
	{kind: "DEPENDENCY_ARRAY_REMOVED", path: "#/dependencies/a", writer: `{"type":"object","dependencies":{"a":["b"]}}`, reader: `{"type":"object"}`},
	{kind: "DEPENDENCY_ARRAY_EXTENDED", path: "#/dependencies/a", writer: `{"dependencies":{"a":["b"]}}`, reader: `{"dependencies":{"a":["c","b"]}}`},
	{kind: "DEPENDENCY_ARRAY_NARROWED", path: "#/dependencies/a", writer: `2020 {"dependentRequired":{"a":["b","c"]}}`, reader: `2020 {"dependentRequired":{"a":["c"]}}`},
	{kind: "DEPENDENCY_ARRAY_CHANGED", path: "#/dependencies/a", writer: `{"dependencies":{"a":["b"]}}`, reader: `{"dependencies":{"a":["c"]}}`},
	{kind: "DEPENDENCY_SCHEMA_ADDED", path: "#/dependencies/a", writer: `2019 {"type":"object"}`, reader: `2019 {"type":"object","dependentSchemas":{"a":{"required":["b"]}}}`},
	{kind: "DEPENDENCY_SCHEMA_REMOVED", path: "#/dependencies/a", writer: `{"type":"object","dependencies":{"a":false}}`, reader: `{"type":"object"}`},
	{kind: "ADDITIONAL_PROPERTIES_ADDED", path: "#/additionalProperties", writer: `{"additionalProperties":false}`, reader: `{"additionalProperties":true}`},
	{kind: "ADDITIONAL_PROPERTIES_REMOVED", path: "#/additionalProperties", writer: `2020 {"type":"object"}`, reader: `2020 {"type":"object","additionalProperties":false}`},
	{kind: "ADDITIONAL_PROPERTIES_EXTENDED", path: "#/additionalProperties", writer: `{"additionalProperties":{"type":"null"}}`, reader: `{"additionalProperties":true}`},
	{kind: "ADDITIONAL_PROPERTIES_NARROWED", path: "#/additionalProperties", writer: `{"additionalProperties":true}`, reader: `{"additionalProperties":{}}`},
	{kind: "UNEVALUATED_PROPERTIES_ADDED", path: "#/unevaluatedProperties", writer: `2020 {"unevaluatedProperties":false}`, reader: `2020 {"type":"object"}`},
	{kind: "UNEVALUATED_PROPERTIES_REMOVED", path: "#/unevaluatedProperties", writer: `2020 {"type":"object"}`, reader: `2020 {"type":"object","unevaluatedProperties":false}`},
	{kind: "UNEVALUATED_PROPERTIES_EXTENDED", path: "#/unevaluatedProperties", writer: `2020 {"unevaluatedProperties":{"type":"null"}}`, reader: `2020 {"unevaluatedProperties":true}`},
	{kind: "UNEVALUATED_PROPERTIES_NARROWED", path: "#/unevaluatedProperties", writer: `2020 {"type":"object"}`, reader: `2020 {"type":"object","unevaluatedProperties":{"type":"null"}}`},

	{kind: "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"type":"object"}`, reader: `{"type":"object","properties":{"a":{}}}`},
	{kind: "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"type":"object"}`, reader: `{"type":"object","properties":{"a":{"type":"null"}}}`},
	{kind: "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"type":"object"}`, reader: `{"type":"object","properties":{"a":{"type":"number","default":1}},"required":["a"]}`},
	{kind: "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"type":"object"}`, reader: `{"type":"object","properties":{"a":{"type":"number"}},"required":["a"]}`},
	{kind: "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"additionalProperties":false}`, reader: `{"properties":{"a":{"type":"null"}},"additionalProperties":false}`},
	{kind: "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"additionalProperties":false}`, reader: `{"properties":{"a":{"type":"number","default":1}},"additionalProperties":false,"required":["a"]}`},
	{kind: "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"additionalProperties":false}`, reader: `{"properties":{"a":{"type":"number"}},"additionalProperties":false,"required":["a"]}`},
	{kind: "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"additionalProperties":{"type":"null"}}`, reader: `{"properties":{"a":{"type":"null"}},"additionalProperties":{"type":"null"}}`,
		also: []difference{{"OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "#/properties/a"}}},
	{kind: "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/properties/ab", writer: `{"patternProperties":{"^a":{"type":"null"}}}`, reader: `{"properties":{"ab":{"type":"number"}},"patternProperties":{"^a":{"type":"null"}}}`,
		also: []difference{{"OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", "#/properties/ab"}, {"TYPE_CHANGED", "#/properties/ab"}}},
	{kind: "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"properties":{"a":{"type":"null"}}}`, reader: `{"properties":{}}`},
	{kind: "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", path: "#/properties/a", writer: `{"properties":{"a":false},"additionalProperties":false}`, reader: `{"additionalProperties":false}`},
	{kind: "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", path: "#/properties/a", writer: `{"properties":{"a":{}},"additionalProperties":false}`, reader: `{"additionalProperties":false}`},
	{kind: "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `{"properties":{"a":{"type":"null"}},"additionalProperties":{"type":"null"}}`, reader: `{"additionalProperties":{"type":"null"}}`},
	{kind: "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/properties/a", writer: `2020 {"properties":{"a":{"type":"null"}},"unevaluatedProperties":{"type":"string"}}`, reader: `2020 {"unevaluatedProperties":{"type":"string"}}`,
		also: []difference{{"TYPE_CHANGED", "#/properties/a"}}},

	{kind: "MAX_ITEMS_ADDED", path: "#/maxItems", writer: `{"type":"array"}`, reader: `{"type":"array","maxItems":5}`},
	{kind: "MAX_ITEMS_REMOVED", path: "#/maxItems", writer: `{"type":"array","maxItems":5}`, reader: `{"type":"array"}`},
	{kind: "MAX_ITEMS_INCREASED", path: "#/maxItems", writer: `{"type":"array","maxItems":5}`, reader: `{"type":"array","maxItems":6}`},
	{kind: "MAX_ITEMS_DECREASED", path: "#/maxItems", writer: `{"type":"array","maxItems":5}`, reader: `{"type":"array","maxItems":4}`},
	{kind: "MIN_ITEMS_ADDED", path: "#/minItems", writer: `{"type":"array"}`, reader: `{"type":"array","minItems":5}`},
	{kind: "MIN_ITEMS_REMOVED", path: "#/minItems", writer: `{"type":"array","minItems":5}`, reader: `{"type":"array"}`},
	{kind: "MIN_ITEMS_INCREASED", path: "#/minItems", writer: `{"type":"array","minItems":5}`, reader: `{"type":"array","minItems":6}`},
	{kind: "MIN_ITEMS_DECREASED", path: "#/minItems", writer: `{"type":"array","minItems":5}`, reader: `{"type":"array","minItems":4}`},
	{kind: "MAX_CONTAINS_ADDED", path: "#/maxContains", writer: `2020 {"contains":{}}`, reader: `2020 {"contains":{},"maxContains":5}`},
	{kind: "MAX_CONTAINS_REMOVED", path: "#/maxContains", writer: `2020 {"contains":{},"maxContains":5}`, reader: `2020 {"contains":{}}`},
	{kind: "MAX_CONTAINS_INCREASED", path: "#/maxContains", writer: `2020 {"contains":{},"maxContains":5}`, reader: `2020 {"contains":{},"maxContains":6}`},
	{kind: "MAX_CONTAINS_DECREASED", path: "#/maxContains", writer: `2020 {"contains":{},"maxContains":5}`, reader: `2020 {"contains":{},"maxContains":4}`},
	{kind: "MIN_CONTAINS_ADDED", path: "#/minContains", writer: `2020 {"type":"array"}`, reader: `2020 {"type":"array","contains":{}}`},
	{kind: "MIN_CONTAINS_REMOVED", path: "#/minContains", writer: `2020 {"type":"array","contains":{}}`, reader: `2020 {"type":"array"}`},
	{kind: "MIN_CONTAINS_INCREASED", path: "#/minContains", writer: `2020 {"contains":{}}`, reader: `2020 {"contains":{},"minContains":2}`},
	{kind: "MIN_CONTAINS_DECREASED", path: "#/minContains", writer: `2020 {"contains":{}}`, reader: `2020 {"contains":{},"minContains":0}`},
	{kind: "UNIQUE_ITEMS_ADDED", path: "#/uniqueItems", writer: `{"type":"array"}`, reader: `{"type":"array","uniqueItems":true}`},
	{kind: "UNIQUE_ITEMS_REMOVED", path: "#/uniqueItems", writer: `{"type":"array","uniqueItems":true}`, reader: `{"type":"array","uniqueItems":false}`},
	{kind: "ADDITIONAL_ITEMS_ADDED", path: "#/additionalItems", writer: `{"items":[true],"additionalItems":false}`, reader: `{"items":[true]}`},
	{kind: "ADDITIONAL_ITEMS_REMOVED", path: "#/additionalItems", writer: `2020 {"prefixItems":[true]}`, reader: `2020 {"prefixItems":[true],"items":false}`},
	{kind: "ADDITIONAL_ITEMS_EXTENDED", path: "#/additionalItems", writer: `{"items":[true],"additionalItems":{"type":"null"}}`, reader: `{"items":[true]}`},
	{kind: "ADDITIONAL_ITEMS_NARROWED", path: "#/additionalItems", writer: `2020 {"prefixItems":[true]}`, reader: `2020 {"prefixItems":[true],"items":{"type":"null"}}`},
	{kind: "UNEVALUATED_ITEMS_ADDED", path: "#/unevaluatedItems", writer: `2020 {"unevaluatedItems":false}`, reader: `2020 {"unevaluatedItems":{}}`},
	{kind: "UNEVALUATED_ITEMS_REMOVED", path: "#/unevaluatedItems", writer: `2020 {"unevaluatedItems":true}`, reader: `2020 {"unevaluatedItems":false}`},
	{kind: "UNEVALUATED_ITEMS_EXTENDED", path: "#/unevaluatedItems", writer: `2020 {"type":"array","unevaluatedItems":{"type":"null"}}`, reader: `2020 {"type":"array"}`},
	{kind: "UNEVALUATED_ITEMS_NARROWED", path: "#/unevaluatedItems", writer: `2020 {"unevaluatedItems":true}`, reader: `2020 {"unevaluatedItems":{"type":"null"}}`},
	{kind: "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true]}`, reader: `{"items":[true,{}]}`},
	{kind: "ITEM_ADDED_TO_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true]}`, reader: `{"items":[true,{"type":"null"}]}`},
	{kind: "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true],"additionalItems":false}`, reader: `{"items":[true,{"type":"null"}],"additionalItems":false}`},
	{kind: "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true],"additionalItems":{"type":"null"}}`, reader: `{"items":[true,{"type":"null"}],"additionalItems":{"type":"null"}}`},
	{kind: "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true],"additionalItems":{"type":"string"}}`, reader: `{"items":[true,{"type":"null"}],"additionalItems":{"type":"string"}}`,
		also: []difference{{"TYPE_CHANGED", "#/items/1"}}},
	{kind: "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true,{"type":"null"}]}`, reader: `{"items":[true]}`},
	{kind: "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true,false],"additionalItems":false}`, reader: `{"items":[true],"additionalItems":false}`},
	{kind: "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true,true],"additionalItems":false}`, reader: `{"items":[true],"additionalItems":false}`},
	{kind: "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `2020 {"prefixItems":[true,{"type":"null"}],"unevaluatedItems":{"type":"null"}}`, reader: `2020 {"prefixItems":[true],"unevaluatedItems":{"type":"null"}}`},
	{kind: "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", path: "#/items/1", writer: `{"items":[true,{"type":"null"}],"additionalItems":{"type":"string"}}`, reader: `{"items":[true],"additionalItems":{"type":"string"}}`,
		also: []difference{{"TYPE_CHANGED", "#/items/1"}}},

	{kind: "ENUM_ARRAY_EXTENDED", path: "#/enum", writer: `{"enum":["a",{"b":1,"c":2}]}`, reader: `{"enum":["d",{"c":2,"b":1},"a"]}`},
	{kind: "ENUM_ARRAY_NARROWED", path: "#/enum", writer: `{"enum":["a",1]}`, reader: `{"enum":["a"]}`},
	{kind: "ENUM_ARRAY_CHANGED", path: "#/enum", writer: `{"enum":[1]}`, reader: `{"enum":[1.0]}`},
	{kind: "ENUM_ARRAY_CHANGED", path: "#/const", writer: `{"const":1}`, reader: `{"const":2}`},

	{kind: "COMBINED_TYPE_EXTENDED", path: "#/", writer: `{"oneOf":[{"type":"null"},{"type":"string"}]}`, reader: `{"anyOf":[{"type":"string"},{"type":"null"}]}`},
	{kind: "COMBINED_TYPE_CHANGED", path: "#/", writer: `{"anyOf":[{"type":"null"},{"type":"string"}]}`, reader: `{"oneOf":[{"type":"null"},{"type":"string"}]}`},
	{kind: "COMBINED_TYPE_SUBSCHEMAS_CHANGED", path: "#/", writer: `{"anyOf":[{"type":"null"},{"type":"string"}]}`, reader: `{"anyOf":[{"type":"null"},{"type":"number"}]}`},
	{kind: "PRODUCT_TYPE_EXTENDED", path: "#/", writer: `{"allOf":[{"minimum":1},{"minLength":1}]}`, reader: `{"allOf":[{"minimum":1},{"minLength":1},{"minItems":1}]}`},
	{kind: "PRODUCT_TYPE_NARROWED", path: "#/", writer: `{"allOf":[{"minimum":1},{"minLength":1},{"minItems":1}]}`, reader: `{"allOf":[{"minimum":1},{"minLength":1}]}`},
	{kind: "SUM_TYPE_EXTENDED", path: "#/", writer: `{"type":"string"}`, reader: `{"type":["null","string"]}`},
	{kind: "SUM_TYPE_NARROWED", path: "#/", writer: `2020 {"type":["null","string","number"]}`, reader: `2020 {"type":["null","string"]}`},
	{kind: "NOT_TYPE_EXTENDED", path: "#/not", writer: `{"not":{"type":"integer"}}`, reader: `{"not":{"type":"number"}}`},
	{kind: "NOT_TYPE_NARROWED", path: "#/not", writer: `{"not":{"type":"number"}}`, reader: `{"not":{"type":"integer"}}`},
}

func TestEveryKindOfDifferenceIsFoundInItsPlace(t *testing.T) {
	t.Parallel()
	seen := map[jsonschema.DifferenceKind]bool{jsonschema.TooComplex: true} // has a test of its own
	for _, p := range pairs {
		seen[p.kind] = true
		want := append([]difference{{p.kind, p.path}}, p.also...)
		got := compare(t, p.writer, p.reader, jsonschema.Strict)
		byKind := func(a, b difference) int { return strings.Compare(string(a.kind)+a.path, string(b.kind)+b.path) }
		slices.SortFunc(want, byKind)
		slices.SortFunc(got, byKind)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(difference{})); d != "" {
			t.Errorf("%s\nwriter %s\nreader %s\n%s", p.kind, p.writer, p.reader, d)
		}
	}
	for _, k := range jsonschema.AllKinds() {
		if !seen[k] {
			t.Errorf("no pair of schemas has %s", k)
		}
		if k.Description() == "" {
			t.Errorf("%s has no description", k)
		}
	}
}

// The sets of the reference registry: what it takes as compatible, and what LENIENT adds.
func TestPoliciesTakeTheRegistrysKindsAsCompatible(t *testing.T) {
	t.Parallel()
	lenient := []string{
		"ADDITIONAL_PROPERTIES_NARROWED", "ADDITIONAL_PROPERTIES_REMOVED",
		"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
		"PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
		"PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
		"PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
		"REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
		"UNEVALUATED_PROPERTIES_NARROWED", "UNEVALUATED_PROPERTIES_REMOVED",
	}
	var onlyLenient []string
	for _, k := range jsonschema.AllKinds() {
		strict := jsonschema.Strict.Compatible(k)
		if strict && !jsonschema.Lenient.Compatible(k) {
			t.Errorf("%s: compatible under Strict and not under Lenient", k)
		}
		if !strict && jsonschema.Lenient.Compatible(k) {
			onlyLenient = append(onlyLenient, string(k))
		}
		loosened := strings.HasPrefix(string(k), "MAX") && strings.HasSuffix(string(k), "_INCREASED") || strings.HasPrefix(string(k), "MIN") && strings.HasSuffix(string(k), "_DECREASED")
		if loosened && !strict {
			t.Errorf("%s loosens a limit", k)
		}
	}
	if d := cmp.Diff(lenient, onlyLenient); d != "" {
		t.Error(d)
	}
}

func TestADifferenceSaysWhatWhereAndWhy(t *testing.T) {
	t.Parallel()
	found := jsonschema.CheckCompatibility(parse(t, `{"type":"number"}`), parse(t, `{"type":"number","maximum":3}`), jsonschema.Strict)
	if len(found) != 1 {
		t.Fatalf("got %v", found)
	}
	const want = "#/maximum: MAXIMUM_ADDED: The reader limits the greatest number and the writer does not"
	if got := found[0].String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
