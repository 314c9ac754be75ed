package registryserver_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
)

// jsonRequest is the body of a request about a JSON Schema.
func jsonRequest(t *testing.T, schema string, references ...map[string]any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"schema": schema, "schemaType": "JSON", "references": references})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// doJSON sends a request and wants a status.
func doJSON(t *testing.T, e http.Handler, method, path, body string, status int) string {
	t.Helper()
	got, answer := do(e, method, path, body)
	if got != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, got, answer, status)
	}
	return answer
}

func TestJSONSchemasAreComparedUnderTheSubjectsPolicy(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	const one = `{"type":"object","properties":{"a":{"type":"string"}}}`
	const two = `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`
	doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, one), 200)
	answer := doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, two), 409)
	if !strings.Contains(answer, "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL") {
		t.Errorf("the refusal does not say why: %s", answer)
	}
	doJSON(t, e, "PUT", "/config/s", `{"compatibilityPolicy":"LENIENT"}`, 200)
	doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, two), 200)
	doJSON(t, e, "PUT", "/config/s", `{"compatibilityPolicy":"STRICT","compatibility":"FORWARD"}`, 200)
	doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, `{"type":"object","properties":{"b":{"type":"string"}}}`), 409)
}

func TestVerboseMessagesOfJSONSchemasNameKindAndPlace(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array"}}}`), 200)
	reader := jsonRequest(t, `{"type":"object","properties":{"a":{"type":"string","maxLength":3},"b":{"type":"array","items":{"type":"null"}}}}`)
	var answer struct {
		Compatible bool     `json:"is_compatible"`
		Messages   []string `json:"messages"`
	}
	if err := json.Unmarshal([]byte(doJSON(t, e, "POST", "/compatibility/subjects/s/versions/latest?verbose=true", reader, 200)), &answer); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{errorType:"MAX_LENGTH_ADDED", description:"The reader limits the greatest length and the writer does not, at path '#/properties/a/maxLength'"}`,
		`{errorType:"SCHEMA_ADDED", description:"The reader has a schema where the writer has none (#/properties/b/items)"}`,
		`{oldSchemaVersion: 1}`,
	}
	if answer.Compatible || len(answer.Messages) < 3 || !slices.Equal(answer.Messages[:3], want) {
		t.Errorf("got %t %q", answer.Compatible, answer.Messages)
	}
}

func TestReferencesOfJSONSchemasAreFollowed(t *testing.T) {
	t.Parallel()
	e := open(t, registryserver.Options{})
	doJSON(t, e, "POST", "/subjects/part/versions", jsonRequest(t, `{"type":"string"}`), 200)
	doJSON(t, e, "PUT", "/config/part", `{"compatibility":"NONE"}`, 200)
	doJSON(t, e, "POST", "/subjects/part/versions", jsonRequest(t, `{"type":"number"}`), 200)
	whole := func(version int) string {
		return jsonRequest(t, `{"type":"object","properties":{"a":{"$ref":"part.json"}}}`, map[string]any{"name": "part.json", "subject": "part", "version": version})
	}
	doJSON(t, e, "POST", "/subjects/s/versions", jsonRequest(t, `{"properties":{"a":{"$ref":"part.json"}}}`), 422)
	doJSON(t, e, "POST", "/subjects/s/versions", whole(1), 200)
	if answer := doJSON(t, e, "POST", "/subjects/s/versions", whole(2), 409); !strings.Contains(answer, "TYPE_CHANGED") {
		t.Errorf("the refusal does not say why: %s", answer)
	}
}
