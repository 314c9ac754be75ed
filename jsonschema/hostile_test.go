package jsonschema_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/serde"
)

func limited(t *testing.T, name, text string, opts ...jsonschema.ParseOption) {
	t.Helper()
	if _, err := jsonschema.Parse(text, opts...); !errors.Is(err, serde.LimitExceeded) || !errors.Is(err, serde.InvalidSchema) {
		t.Errorf("%s: got %v", name, err)
	} else if len(err.Error()) > 300 {
		t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
	}
}

func TestSchemasThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	limited(t, "arrays in arrays", strings.Repeat("[", 1_000_000))
	limited(t, "objects in objects", strings.Repeat(`{"not":`, 10_000)+"{}"+strings.Repeat("}", 10_000))
	limited(t, "many values", `{"enum":[`+strings.Repeat("1,", 1_000_000)+`1]}`)
	limited(t, "a long number", `{"maximum":`+strings.Repeat("9", 10_000)+`}`)
	limited(t, "bytes", `{"title":"abc"}`, jsonschema.WithParseLimits(jsonschema.ParseLimits{Bytes: 14}))
	limited(t, "values", `{"a":1,"b":2}`, jsonschema.WithParseLimits(jsonschema.ParseLimits{Values: 2}))
	limited(t, "depth", `{"a":[1]}`, jsonschema.WithParseLimits(jsonschema.ParseLimits{Depth: 1}))
	if _, err := jsonschema.Parse(`{"a":[1]}`, jsonschema.WithParseLimits(jsonschema.ParseLimits{Bytes: 9, Values: 3, Depth: 2})); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestDeepSchemasWithinTheLimitAreCompared(t *testing.T) {
	t.Parallel()
	deep := func(leaf string) *jsonschema.Schema {
		return parse(t, strings.Repeat(`{"items":`, 999)+leaf+strings.Repeat("}", 999))
	}
	got := incompatible(deep(`{"type":"number"}`), deep(`{"type":"integer"}`))
	if len(got) != 1 || got[0].kind != jsonschema.TypeNarrowed || strings.Count(got[0].path, "items") != 999 {
		t.Errorf("got %.200v", got)
	}
}

func TestLongChainsOfReferencesAreNoRecursion(t *testing.T) {
	t.Parallel()
	chain := func(draft string) *jsonschema.Schema {
		var b strings.Builder
		const n = 20_000
		for i := range n {
			fmt.Fprintf(&b, `"d%d":{"items":{"$ref":"#/definitions/d%d"}},`, i, i+1)
		}
		return parse(t, draft+`{"items":{"$ref":"#/definitions/d0"},"definitions":{`+b.String()+fmt.Sprintf(`"d%d":{"type":"null"}}}`, n))
	}
	for _, draft := range []string{"", "2020 "} {
		if got := incompatible(chain(draft), chain(draft)); len(got) != 1 || got[0].kind != jsonschema.TooComplex {
			t.Errorf("%sgot %v", draft, got)
		}
	}
}

func TestReferencesInCirclesEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"$ref":"#"}`,
		`2020 {"$ref":"#"}`,
		`{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}`,
		`2019 {"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`,
		`{"not":{"$ref":"#"}}`,
		`2020 {"not":{"$ref":"#"},"anyOf":[{"$ref":"#"},{"allOf":[{"$ref":"#"},{"$dynamicRef":"#"}]}]}`,
		`{"anyOf":[{"$ref":"#/anyOf/0"},{"$ref":"#/anyOf/1"}],"dependencies":{"a":{"$ref":"#"}}}`,
	} {
		s := parse(t, text)
		if got := jsonschema.CheckCompatibility(s, parse(t, text), jsonschema.Strict); len(got) != 0 {
			t.Errorf("%s: %v", text, got)
		}
		jsonschema.Compare(s, parse(t, `{"type":"string"}`), jsonschema.Lenient)
		jsonschema.Compare(parse(t, `{"anyOf":[{"type":"string"},{"$ref":"#"}]}`), s, jsonschema.Strict)
	}
}

// Each level refers twice to the next one: there are 2^60 ways through, and 60 pairs.
func TestPathsWithoutNumberAreComparedOnce(t *testing.T) {
	t.Parallel()
	for _, draft := range []string{"", "2020 "} {
		levels := func(leaf string) *jsonschema.Schema {
			var b strings.Builder
			for i := range 60 {
				fmt.Fprintf(&b, `"d%d":{"properties":{"l":{"$ref":"#/definitions/d%d"},"r":{"$ref":"#/definitions/d%d"}}},`, i, i+1, i+1)
			}
			return parse(t, draft+`{"properties":{"a":{"$ref":"#/definitions/d0"}},"definitions":{`+b.String()+`"d60":`+leaf+`}}`)
		}
		if got := incompatible(levels(`{"type":"number"}`), levels(`{"type":"number"}`)); len(got) != 0 {
			t.Errorf("%sequal: %v", draft, got)
		}
		got := jsonschema.CheckCompatibility(levels(`{"type":"number"}`), levels(`{"type":"integer"}`), jsonschema.Strict)
		if len(got) == 0 || len(got) > 10_000 || got[0].Kind != jsonschema.TypeNarrowed {
			t.Errorf("%sdifferent: %d differences, the first %v", draft, len(got), got[:min(len(got), 1)])
		}
	}
}

func TestComparisonsOutOfBoundsAreGivenUp(t *testing.T) {
	t.Parallel()
	var parts []string
	for i := range 3000 {
		parts = append(parts, fmt.Sprintf(`{"type":"string","minLength":%d}`, i))
	}
	s := parse(t, `{"anyOf":[`+strings.Join(parts, ",")+`]}`)
	got := jsonschema.CheckCompatibility(s, s, jsonschema.Strict)
	if len(got) == 0 || got[0].Kind != jsonschema.TooComplex || got[0].Path != "#/" || got[0].Compatible {
		t.Errorf("got %.200v", got)
	}
}

func TestPatternsMadeToExplodeDoNot(t *testing.T) {
	t.Parallel()
	bombs := []string{`(a*)*b`, `((a{900}){900}){900}`, `(x+x+)+y`, strings.Repeat("(", 900) + strings.Repeat(")*", 900), `(\\p{L}{1000}){1000}`}
	var patterns []string
	for i, b := range bombs {
		patterns = append(patterns, fmt.Sprintf(`"%s|%d":{"type":"null"}`, b, i))
	}
	name := strings.Repeat("a", 100_000)
	writer := parse(t, `{"properties":{"`+name+`":{"type":"string"}},"additionalProperties":false}`)
	reader := parse(t, `{"patternProperties":{`+strings.Join(patterns, ",")+`},"additionalProperties":{"type":"string"}}`)
	jsonschema.Compare(writer, reader, jsonschema.Strict)
	jsonschema.Compare(reader, writer, jsonschema.Strict)
}

func TestNumbersOfABillionDigitsAreNotComputed(t *testing.T) {
	t.Parallel()
	for _, literal := range []string{"1e999999999", "1e-999999999", "1e99999999999999999999", "-1e2147483647", "0e999999999", "1" + strings.Repeat("0", 900) + "e-999999"} {
		s, err := jsonschema.Parse(`{"multipleOf":` + literal + `}`)
		if err != nil {
			if !strings.Contains(err.Error(), "/multipleOf: must not be 0") {
				t.Errorf("%s: %v", literal, err)
			}
			s = parse(t, `{"maximum":`+literal+`}`)
		}
		for _, other := range []string{`{"multipleOf":2}`, `{"multipleOf":1e999999998}`, `{"maximum":3}`} {
			jsonschema.Compare(s, parse(t, other), jsonschema.Strict)
			jsonschema.Compare(parse(t, other), s, jsonschema.Strict)
		}
		if len(s.String()) > 2000 {
			t.Errorf("%s: the text has %d bytes", literal, len(s.String()))
		}
	}
}

func TestBrokenUnicodeIsNoTrouble(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\"a\":\"\xff\xfe\"}":  "{\"a\":\"\ufffd\"}",
		`{"a":"\ud800"}`:        "{\"a\":\"\ufffd\"}",
		`{"a":"\ud800\u0041"}`:  "{\"a\":\"\ufffdA\"}",
		`{"a":"\udc00\ud800x"}`: "{\"a\":\"\ufffd\ufffdx\"}",
		"{\"a\":\"\\n\xff\"}":   "{\"a\":\"\\n\ufffd\"}",
	} {
		if got := parse(t, text).String(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestSchemasAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	text := `{"properties":{"a":{"$ref":"#"},"b":{"anyOf":[{"type":"null"},{"type":"string"}]}},"patternProperties":{"^x":{"type":"null"}},"required":["a"]}`
	s := parse(t, text)
	other := parse(t, `{"properties":{"a":{"$ref":"#"},"b":{"type":"null"},"xy":{"type":"null"}},"additionalProperties":false}`)
	want := jsonschema.Compare(s, other, jsonschema.Strict)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := jsonschema.Compare(s, other, jsonschema.Strict); len(got) != len(want) {
				t.Errorf("got %v, want %v", got, want)
			}
			_, _, _ = s.String(), s.Normalized(), s.Title()
		})
	}
	wg.Wait()
}
