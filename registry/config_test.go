package registry_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/concord-go/concord/registry"
)

// everyField is a Config with all fields but an alias, which everyFieldBody is in REST.
func everyField() registry.Config {
	yes, no := true, false
	m, rs := &registry.Metadata{Properties: map[string]string{"k": "<v>"}}, &registry.RuleSet{EnableAt: "x"}
	return registry.Config{
		Compatibility: registry.LevelFull, CompatibilityPolicy: registry.PolicyLenient, CompatibilityGroup: "g", AliasForDeks: "d",
		Normalize: &yes, ValidateFields: &no, ValidateNewSchemas: &yes, ValidateRules: &no,
		DefaultMetadata: m, OverrideMetadata: m, DefaultRuleSet: rs, OverrideRuleSet: rs,
		Unknown: map[string]json.RawMessage{"newer": json.RawMessage(`[1.10]`)},
	}
}

func everyFieldBody(level, more string) string {
	const metadata, rules = `{"properties":{"k":"<v>"}}`, `{"enableAt":"x"}`
	return `{` + more + level + `:"FULL","compatibilityPolicy":"LENIENT","compatibilityGroup":"g","aliasForDeks":"d",` +
		`"normalize":true,"validateFields":false,"validateNewSchemas":true,"validateRules":false,` +
		`"defaultMetadata":` + metadata + `,"overrideMetadata":` + metadata + `,"defaultRuleSet":` + rules + `,"overrideRuleSet":` + rules + `,"newer":[1.10]}`
}

func TestEveryFieldOfAConfigIsInThatTest(t *testing.T) {
	t.Parallel()
	for field, v := range reflect.ValueOf(everyField()).Fields() {
		if v.IsZero() && field.Name != "Alias" {
			t.Errorf("%s is not set", field.Name)
		}
	}
}

func TestASettingChangesWhatIsRemembered(t *testing.T) {
	t.Parallel()
	asked := 0
	c := connect(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut || r.Method == http.MethodDelete:
			answer(w, 200, `{"mode":"IMPORT"}`)
		default:
			asked++
			answer(w, 200, versionBody)
		}
	}))
	ctx := t.Context()
	ask := func() {
		t.Helper()
		if _, err := c.Register(ctx, "s", registry.Schema{Text: "x"}); err != nil {
			t.Fatal(err)
		}
		for _, v := range []registry.Version{1, registry.LatestVersion} {
			if _, err := c.Version(ctx, "s", v); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Lookup(ctx, "s", registry.Schema{Text: "x"}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.VersionWithMetadata(ctx, "s", map[string]string{"k": "v"}); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func() error{
		"SetConfig": func() error {
			_, err := c.SetConfig(ctx, registry.OfSubject("s"), registry.Config{Alias: "t"})
			return err
		},
		"DeleteConfig": func() error { _, err := c.DeleteConfig(ctx, registry.Global()); return err },
		"SetMode":      func() error { return c.SetMode(ctx, registry.Global(), registry.ModeImport, registry.Force()) },
	} {
		ask()
		asked = 0
		if ask(); asked != 0 {
			t.Fatalf("%d questions for what is remembered", asked)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if ask(); asked != 5 {
			t.Errorf("after %s: %d questions, want 5", name, asked)
		}
	}
}

func TestSettingsThatNoRegistryGivesAreRefused(t *testing.T) {
	t.Parallel()
	var body string
	c := connect(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) }))
	ctx, scope := t.Context(), registry.OfSubject("s")
	taken := map[string][]string{ // an update may leave nothing, and other members are a newer registry's
		"{}":                        {"SetConfig", "DeleteConfig"},
		`{"mode":{}}`:               {"SetConfig", "DeleteConfig"},
		`{"mode":"READONLY"}`:       {"SetConfig", "DeleteConfig", "Mode"},
		`{"compatibilityLevel":""}`: {"SetConfig", "DeleteConfig"},
		"":                          nil, "null": nil, "[]": nil, "<html>": nil,
		`{"compatibilityLevel":1,"mode":1}`: nil,
		`{"defaultRuleSet":[],"mode":null}`: nil,
	}
	for body = range taken {
		_, configErr := c.Config(ctx, scope)
		_, modeErr := c.Mode(ctx, scope)
		_, setErr := c.SetConfig(ctx, scope, registry.Config{Alias: "a"})
		_, deleteErr := c.DeleteConfig(ctx, scope)
		for name, err := range map[string]error{"Config": configErr, "Mode": modeErr, "SetConfig": setErr, "DeleteConfig": deleteErr} {
			if fine := slices.Contains(taken[body], name); fine != (err == nil) || !fine && !errors.Is(err, registry.ErrNotRegistry) {
				t.Errorf("%s answered with %q: %v", name, body, err)
			}
		}
	}
}
