package registry_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/registry"
)

// A contract of a registry that is newer than this package, with what JSON
// libraries like to alter: long numbers, HTML's characters, nulls.
const (
	newerMetadata = `{"tags":{"**.ssn":["PII","<b>"]},"properties":{"owner":"a&b","n":"1e400"},"sensitive":["owner"],` +
		`"area":{"id":12345678901234567890,"ratio":1.10,"html":"<&>\u2028","none":null}}`
	newerRule = `{"name":"r","doc":"d","kind":"CONDITION","mode":"WRITE","type":"CEL","tags":["PII"],"params":{"k":"<v>"},` +
		`"expr":"a < b && c > d","onSuccess":"NONE","onFailure":"DLQ","disabled":true,"priority":9007199254740993,"Scope":["x"]}`
	newerRuleSet = `{"migrationRules":[` + newerRule + `],"domainRules":[{"name":"plain","type":"CEL"}],"encodingRules":[` + newerRule +
		`],"enableAt":"client","validators":[{"deep":[0.10]}]}`
)

func TestWhatWasReadIsRegisteredElsewhereWithoutLoss(t *testing.T) {
	t.Parallel()
	var sent []byte
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sent, _ = io.ReadAll(r.Body)
		}
		answer(w, 200, `{"subject":"s","version":1,"id":1,"schema":"x","metadata":`+newerMetadata+`,"ruleSet":`+newerRuleSet+`}`)
	}))
	r, err := c.Version(t.Context(), "s", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Register(t.Context(), "copy", r.Schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exact(t, []byte(`{"schema":"x","metadata":`+newerMetadata+`,"ruleSet":`+newerRuleSet+`}`)), exact(t, sent)); diff != "" {
		t.Errorf("(-read +registered):\n%s", diff)
	}
	for _, want := range []string{`"a < b && c > d"`, `"a&b"`, `"<v>"`, `12345678901234567890`, `1.10`} {
		if !bytes.Contains(sent, []byte(want)) {
			t.Errorf("%s was not sent as it came:\n%s", want, sent)
		}
	}
}

// exact keeps the digits of numbers.
func exact(t *testing.T, data []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

func TestKnownMembersAreNotUnknownToo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{newerMetadata, `{}`} {
		var m registry.Metadata
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if len(m.Unknown) > 1 || text == "{}" && m.Unknown != nil {
			t.Errorf("%s: unknown are %v", text, m.Unknown)
		}
	}
	// encoding/json finds fields by names in any case.
	var r registry.Rule
	if err := json.Unmarshal([]byte(`{"NAME":"r","Type":"CEL"}`), &r); err != nil {
		t.Fatal(err)
	}
	if want := (registry.Rule{Name: "r", Type: "CEL"}); !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

func TestAnUnknownMemberDoesNotHideAField(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(registry.Rule{Unknown: map[string]json.RawMessage{"Expr": json.RawMessage(`"x"`)}})
	if err == nil || !strings.Contains(err.Error(), `"Expr"`) {
		t.Errorf("a field's name among the unknown members: %v", err)
	}
	_, err = json.Marshal(registry.RuleSet{Unknown: map[string]json.RawMessage{"x": json.RawMessage(`{`)}})
	if err == nil {
		t.Error("broken JSON among the unknown members was taken")
	}
	data, err := json.Marshal(registry.Metadata{Unknown: map[string]json.RawMessage{"x": json.RawMessage(`1`)}})
	if err != nil || string(data) != `{"x":1}` {
		t.Errorf("%s, %v", data, err)
	}
}

func TestASchemaIsNotChangedThroughTheCallersUnknownMembers(t *testing.T) {
	t.Parallel()
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"id":1}`) }))
	mine := registry.Schema{Text: "x", Metadata: &registry.Metadata{Unknown: map[string]json.RawMessage{"k": json.RawMessage(`1`)}}}
	r, err := c.Register(t.Context(), "s", mine)
	if err != nil {
		t.Fatal(err)
	}
	mine.Metadata.Unknown["k"][0] = '2'
	if got := string(r.Metadata.Unknown["k"]); got != "1" {
		t.Errorf("the registered schema has %s now", got)
	}
}

func FuzzAContractKeepsItself(f *testing.F) {
	for _, seed := range []string{newerRuleSet, `{"domainRules":[null,{}],"EnableAt":"x","enableat":null}`, `{"x":{"":[]}}`, `[]`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, as := range []func() any{
			func() any { return new(registry.RuleSet) },
			func() any { return new(registry.Metadata) },
		} {
			one, two := as(), as()
			if json.Unmarshal(data, one) != nil {
				continue
			}
			first, err := json.Marshal(one)
			if err != nil {
				t.Fatalf("%q was read as %+v and cannot be written: %v", data, one, err)
			}
			if err := json.Unmarshal(first, two); err != nil {
				t.Fatalf("%q cannot be read: %v", first, err)
			}
			second, err := json.Marshal(two)
			if err != nil || !bytes.Equal(first, second) {
				t.Fatalf("%q became %q, %v", first, second, err)
			}
		}
	})
}
