package jsonschema_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/concord-go/concord/jsonschema"
)

// leads checks that a schema whose properties' $refs lead to strings is not readable as one of numbers.
func leads(t *testing.T, name, text string, references ...jsonschema.Reference) {
	t.Helper()
	s, err := jsonschema.Parse(inDraft(text), jsonschema.WithReferences(references...))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got := incompatible(s, parse(t, `{"type":"object","properties":{"a":{"type":"string"}}}`)); len(got) != 0 {
		t.Errorf("%s: it does not lead to a string: %v", name, got)
	}
	if got := incompatible(s, parse(t, `{"type":"object","properties":{"a":{"type":"number"}}}`)); len(got) != 1 || got[0] != (difference{"TYPE_CHANGED", "#/properties/a"}) {
		t.Errorf("%s: it does not lead to a string: %v", name, got)
	}
}

func reference(t *testing.T, name, text string, references ...jsonschema.Reference) jsonschema.Reference {
	t.Helper()
	return jsonschema.Reference{Name: name, Schema: parse(t, text, references...)}
}

func TestReferencesLeadToTheirPlaces(t *testing.T) {
	t.Parallel()
	const str = `{"type":"string"}`
	own := func(ref, rest string) string {
		return `{"type":"object","properties":{"a":{"$ref":"` + ref + `"}},` + rest + `}`
	}
	for _, c := range []struct{ name, text string }{
		{"definitions", own("#/definitions/s", `"definitions":{"s":`+str+`}`)},
		{"$defs in an old draft", own("#/$defs/s", `"$defs":{"s":`+str+`}`)},
		{"definitions under the other name", own("#/definitions/s", `"$defs":{"s":`+str+`}`)},
		{"$defs under the other name", "2020 " + own("#/$defs/s", `"definitions":{"s":`+str+`}`)},
		{"any place", own("#/x/y/1", `"x":{"y":[5,`+str+`]}`)},
		{"escapes of pointers", own("#/definitions/a~1b~0c", `"definitions":{"a/b~c":`+str+`}`)},
		{"escapes of URIs", own("#/definitions/a%20%22", `"definitions":{"a \"":`+str+`}`)},
		{"an $id", own("urn:s", `"definitions":{"x":{"$id":"urn:s","type":"string"}}`)},
		{"a relative $id", own("s.json", `"$id":"http://example.com/root.json","definitions":{"x":{"$id":"s.json","type":"string"}}`)},
		{"an $id that is a fragment", own("#s", `"definitions":{"x":{"$id":"#s","type":"string"}}`)},
		{"draft 4's id", "4 " + own("urn:s", `"definitions":{"x":{"id":"urn:s","type":"string"}}`)},
		{"the whole by its $id", own("http://example.com/r.json#/definitions/s", `"$id":"http://example.com/r.json","definitions":{"s":`+str+`}`)},
		{"an anchor", "2020 " + own("#s", `"$defs":{"x":{"$anchor":"s","type":"string"}}`)},
		{"an anchor within an $id", "2019 " + own("x.json#s", `"$defs":{"x":{"$id":"x.json","$defs":{"y":{"$anchor":"s","type":"string"}}}}`)},
		{"a pointer within an $id", "2020 " + own("x.json#/$defs/y", `"$defs":{"x":{"$id":"x.json","$defs":{"y":`+str+`}}}`)},
		{"an $id is the whole for what is in it", `2020 {"type":"object","properties":{"a":{"$id":"http://example.com/x","$ref":"#/$defs/y","$defs":{"y":` + str + `}}}}`},
	} {
		leads(t, c.name, c.text)
	}
}

func TestReferencesByNameLeadToWhatWasGiven(t *testing.T) {
	t.Parallel()
	const str = `{"type":"string"}`
	to := func(ref string) string { return `{"type":"object","properties":{"a":{"$ref":"` + ref + `"}}}` }
	for _, draft := range []string{"", "4 ", "6 ", "2019 ", "2020 "} {
		for _, name := range []string{"s.json", "./s.json", "http://example.com/s.json", "urn:example:s", "dir/s.json"} {
			leads(t, draft+name, draft+to(name), reference(t, name, draft+str))
			leads(t, draft+name+" with an empty fragment", draft+to(name+"#"), reference(t, name, draft+str))
			leads(t, draft+name+" with a pointer", draft+to(name+"#/definitions/x"), reference(t, name, draft+`{"definitions":{"x":`+str+`}}`))
		}
		leads(t, draft+"with and without ./", draft+to("./s.json"), reference(t, "s.json", draft+str))
	}
	leads(t, "relative to the $id", `{"$id":"http://example.com/dir/root.json",`+to("../s.json")[1:], reference(t, "http://example.com/s.json", str))
	leads(t, "by its $id", to("http://example.com/s.json"), reference(t, "s", `{"$id":"http://example.com/s.json","type":"string"}`))
	leads(t, "of equal names the first one counts", to("s"), reference(t, "s", str), reference(t, "s", `{"type":"null"}`))
	inner := reference(t, "inner.json", str)
	outer := reference(t, "outer.json", `{"definitions":{"x":`+to("inner.json")+`},"$ref":"#/definitions/x"}`, inner)
	s := parse(t, `{"properties":{"b":{"$ref":"outer.json#/definitions/x"}}}`, outer) // and what it refers to in turn
	got := incompatible(s, parse(t, `{"properties":{"b":{"type":"object","properties":{"a":{"type":"number"}}}}}`))
	if len(got) != 1 || got[0] != (difference{"TYPE_CHANGED", "#/properties/b/properties/a"}) {
		t.Errorf("a reference of a reference: %v", got)
	}
}

func TestAReferenceThatIsNotUsedDoesNoHarm(t *testing.T) {
	t.Parallel()
	parse(t, `{"type":"string"}`, jsonschema.Reference{Name: "gone"}, reference(t, "unused", `{"type":"null"}`))
}

func TestAFaultInAReferenceNamesIt(t *testing.T) {
	t.Parallel()
	_, err := jsonschema.Parse(`{"$ref":"old.json"}`, jsonschema.WithReferences(reference(t, "old.json", `4 {"exclusiveMaximum":true}`)))
	var invalid *jsonschema.SchemaError
	if !errors.As(err, &invalid) || !strings.HasPrefix(invalid.Path, "old.json/exclusiveMaximum") {
		t.Errorf("got %v", err)
	}
}
