package jsonschema_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
	"github.com/concord-go/concord/serde/serdetest"
)

type conformEvent struct {
	ID    string            `json:"id" jsonschema:"minLength=1"`
	At    time.Time         `json:"at"`
	Count int64             `json:"count"`
	Kind  string            `json:"kind" jsonschema:"enum=view,enum=click"`
	Note  *string           `json:"note"`
	Tags  []string          `json:"tags"`
	Extra map[string]string `json:"extra"`
	Inner conformInner      `json:"inner"`
}

type conformInner struct {
	Ratio float64     `json:"ratio"`
	Raw   []byte      `json:"raw"`
	Exact json.Number `json:"exact"`
}

func sample() conformEvent {
	note := "n"
	e := conformEvent{
		ID: "é", At: time.UnixMilli(1727260800123).UTC(), Count: math.MaxInt64, Kind: "view", Note: &note,
		Tags: []string{"a", ""}, Extra: map[string]string{"k": "v"},
	}
	e.Inner = conformInner{Ratio: 0.5, Raw: []byte{0, 255}, Exact: "123456789012345678901234567890.5"}
	return e
}

func TestTheTypedFormatConforms(t *testing.T) {
	refused := sample()
	refused.ID = ""
	invalid := sample()
	invalid.ID = "\xff"
	plain := sample()
	plain.Extra = map[string]string{}
	serdetest.Run(t, serdetest.Case[conformEvent]{
		Format: jsonschema.For[conformEvent](), Values: []conformEvent{sample(), plain}, Refused: []conformEvent{refused, invalid}, SelfDelimiting: true,
	})
}

type flatEvent struct {
	ID    string   `json:"id" jsonschema:"minLength=1"`
	Count int64    `json:"count" jsonschema:"minimum=0"`
	Tags  []string `json:"tags"`
}

func TestWritingWithValidationAllocatesNothing(t *testing.T) {
	serdetest.Run(t, serdetest.Case[flatEvent]{
		Format: jsonschema.For[flatEvent](), Values: []flatEvent{{"a", 1, []string{"x"}}}, Deterministic: true,
		SelfDelimiting: true, EncodesWithoutAllocating: true,
	})
}

func TestTheDynamicFormatConforms(t *testing.T) {
	t.Parallel()
	serdetest.Run(t, serdetest.Case[map[string]any]{
		Format:         jsonschema.Dynamic(`{"title":"E","type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}`),
		Values:         []map[string]any{{"a": json.Number("9007199254740993"), "b": []any{nil, true, "x"}}},
		Refused:        []map[string]any{{}, {"a": "x"}},
		SelfDelimiting: true,
	})
}

func decode[T any](t *testing.T, f *jsonschema.Format[T], schema, payload string) (T, error) {
	t.Helper()
	var v T
	d, err := f.NewDecoder(serde.WriterSchema{Schema: registry.Schema{Text: schema, Type: registry.JSON}})
	if err != nil {
		t.Fatal(err)
	}
	return v, d.Decode([]byte(payload), &v)
}

func TestWhatIsNoJSONIsClassed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		payload string
		want    serde.Class
	}{
		"empty":                   {"", serde.Truncated},
		"cut":                     {`{"a":`, serde.Truncated},
		"more":                    {`{} x`, serde.TrailingBytes},
		"a second value":          {`{}{}`, serde.TrailingBytes},
		"a name that comes twice": {`{"a":1,"a":2}`, serde.Malformed},
		"no UTF-8":                {"{\"a\":\"\xff\"}", serde.Malformed},
		"a lone surrogate":        {`{"a":"\ud800"}`, serde.Malformed},
		"a byte order mark":       {"\xef\xbb\xbf{}", serde.Malformed},
		"NaN":                     {`{"a":NaN}`, serde.Malformed},
		"a leading zero":          {`{"a":01}`, serde.Malformed},
		"deep":                    {`{"a":` + strings.Repeat("[", 100_000), serde.LimitExceeded},
	} {
		for target, err := range map[string]error{
			"any":    second(decode(t, jsonschema.For[any](), `{}`, tt.payload)),
			"struct": second(decode(t, jsonschema.For[struct{ A any }](), `{}`, tt.payload)),
		} {
			if serde.ClassOf(err) != tt.want {
				t.Errorf("%s into %s: error %v, want class %v", name, target, err, tt.want)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestEveryViolationIsListedAndNoValue(t *testing.T) {
	t.Parallel()
	const schema = `{"title":"E","type":"object","required":["id","at"],"additionalProperties":false,"properties":{` +
		`"id":{"type":"string","pattern":"^u[0-9]+$"},"n":{"type":"integer","maximum":5},"k":{"enum":["a","b"]},"c":{"const":7},"l":{"type":"array","items":{"$ref":"#/definitions/l"}}},` +
		`"definitions":{"l":{"type":"string","maxLength":3}}}`
	s, err := jsonschema.Parse(schema)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.NewValidator(s)
	if err != nil {
		t.Fatal(err)
	}
	err = v.Validate([]byte(`{"id":"secretvalue","n":987654321,"k":"secretvalue","c":"secretvalue","l":["ab","secretvalue"],"more":"secretvalue"}`))
	refused := new(jsonschema.ValidationError)
	if !errors.As(err, &refused) || serde.ClassOf(err) != serde.TypeMismatch {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "secretvalue") || strings.Contains(err.Error(), "987654321") {
		t.Errorf("the error has a value: %v", err)
	}
	want := map[string]string{
		"/required": "", "/additionalProperties": "", "/properties/id/pattern": "/id", "/properties/n/maximum": "/n",
		"/properties/k/enum": "/k", "/properties/c/const": "/c", "/definitions/l/maxLength": "/l/1",
	}
	for _, found := range refused.Violations {
		if at, ok := want[found.SchemaPath]; !ok || at != found.InstancePath {
			t.Errorf("unexpected: %v", found)
		}
		delete(want, found.SchemaPath)
	}
	if len(want) > 0 {
		t.Errorf("not reported: %v in %v", want, err)
	}
}

func TestOptionsOfReading(t *testing.T) {
	t.Parallel()
	type small struct {
		A int64  `json:"a"`
		B string `json:"b"`
	}
	const own = `{"title":"small","type":"object","properties":{"a":{"type":"integer","maximum":9},"b":{"type":"string","default":"x"}}}`
	if v, err := decode(t, jsonschema.For[small](jsonschema.WithSchema(own), jsonschema.FillDefaults()), own, `{"a":9007199254740993}`); err != nil || v.A != 9007199254740993 || v.B != "x" {
		t.Errorf("defaults: %+v, %v", v, err)
	}
	if _, err := decode(t, jsonschema.For[small](), own, `{"a":1,"c":1}`); err != nil {
		t.Errorf("an unknown property: %v", err)
	}
	if _, err := decode(t, jsonschema.For[small](jsonschema.RefuseUnknownProperties()), own, `{"a":1,"c":1}`); serde.ClassOf(err) != serde.TypeMismatch {
		t.Errorf("an unknown property that is refused: %v", err)
	}
	if _, err := decode(t, jsonschema.For[small](jsonschema.WithReadValidation()), own, `{"a":10}`); serde.ClassOf(err) != serde.TypeMismatch {
		t.Errorf("read validation: %v", err)
	}
	type keeps struct {
		A    int            `json:"a"`
		Rest map[string]any `json:",embed"`
	}
	if v, err := decode(t, jsonschema.For[keeps](), own, `{"a":1,"c":12345678901234567890}`); err != nil || v.Rest["c"] != json.Number("12345678901234567890") {
		t.Errorf("properties that are kept: %+v, %v", v, err)
	}
}

func TestNothingIsReadFromFilesOrTheNetwork(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{"file:///etc/passwd", "http://127.0.0.1:1/x", "other.json"} {
		if _, err := jsonschema.Parse(`{"$ref":"` + ref + `"}`); serde.ClassOf(err) != serde.InvalidSchema {
			t.Errorf("%s: error %v", ref, err)
		}
	}
}

func TestReferencesResolve(t *testing.T) {
	t.Parallel()
	inner, err := jsonschema.Parse(`{"type":"string","minLength":2}`)
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.Parse(`{"properties":{"a":{"$ref":"name.json"}}}`, jsonschema.WithReferences(jsonschema.Reference{Name: "name.json", Schema: inner}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.NewValidator(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Validate([]byte(`{"a":"xx"}`)); err != nil {
		t.Error(err)
	}
	if err := v.Validate([]byte(`{"a":"x"}`)); err == nil || !strings.Contains(err.Error(), "name.json#/minLength") {
		t.Errorf("error %v", err)
	}
}

func TestStepsAreBounded(t *testing.T) {
	t.Parallel()
	s, err := jsonschema.Parse(`{"properties":{"x":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.NewValidator(s, jsonschema.WithValidationLimits(jsonschema.ValidationLimits{Steps: 10_000}))
	if err != nil {
		t.Fatal(err)
	}
	err = v.Validate([]byte(strings.Repeat(`{"x":`, 100) + `1` + strings.Repeat("}", 100)))
	if serde.ClassOf(err) != serde.LimitExceeded {
		t.Errorf("error %v", err)
	}
	if err := v.Validate([]byte(`{"x":{"x":1}}`)); err != nil {
		t.Error(err)
	}
}

func TestDerivedSchemas(t *testing.T) {
	t.Parallel()
	type node struct {
		Next *conformInner  `json:"next,omitempty"`
		N    *int           `json:"n" jsonschema:"enum=1,enum=2"`
		M    map[string]any `json:"m"`
		D    time.Duration
		Skip string `json:"-"`
	}
	s, err := jsonschema.SchemaFor[node]()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"$schema":"http://json-schema.org/draft-07/schema#","title":"node","type":"object","properties":{` +
		`"next":{"oneOf":[{"type":"null"},{"$ref":"#/definitions/conformInner"}]},"n":{"type":["null","integer"],"enum":[1,2,null]},` +
		`"m":{"type":"object","additionalProperties":{}},"D":{"type":"integer"}},"required":["n","m","D"],` +
		`"definitions":{"conformInner":{"type":"object","properties":{"ratio":{"type":"number"},"raw":{"type":"string","contentEncoding":"base64"},"exact":{"type":"number"}},"required":["ratio","raw","exact"]}}}`
	if s.String() != want {
		t.Errorf("got %s\nwant %s", s, want)
	}
	if _, err := jsonschema.SchemaFor[chan int](); serde.ClassOf(err) != serde.TypeMismatch {
		t.Errorf("a channel: %v", err)
	}
}
