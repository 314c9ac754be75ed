package registryserver_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/concord-go/concord/internal/registryserver"
)

// The conformance suite is a table of request sequences with the answers that a
// registry must give. It runs against the Engine here, and against any registry
// whose address is in CONCORD_CONFORMANCE_URL; with CONCORD_CONFORMANCE_GO_ON a sequence goes on after an answer that
// differs. Every sequence has subjects of its
// own, so the registry need not be empty.

// sequence is a list of requests that depend on each other.
type sequence struct {
	name  string
	steps []step
}

// step is one request, "METHOD /path body", and what the answer must be. Headers may
// stand before the path: "GET [Accept: text/html] /path". In the
// request $ stands for a token that no other sequence has, and @name for a schema of
// the table below as a JSON string.
//
// want is "status", "status code" or "status body", with or without the answer's media
// type behind the status. In the body an object's fields must
// be there (others may be), "absent" says that a field is not there, "*" is anything,
// and "#name" is a value that must be the same wherever the name stands and differ
// from that of other names.
type step struct{ request, want string }

var schemas = map[string]string{
	"int":    `"int"`,
	"long":   `"long"`,
	"string": `"string"`,
	"v1":     `{"type":"record","name":"R$","fields":[{"name":"a","type":"int"}]}`,
	// v2 adds a field with a default to v1, v2b one without.
	"v2":       `{"type":"record","name":"R$","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":""}]}`,
	"v2b":      `{"type":"record","name":"R$","fields":[{"name":"a","type":"int"},{"name":"b","type":"string"}]}`,
	"v3":       `{"type":"record","name":"R$","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":""},{"name":"c","type":"long","default":0}]}`,
	"other":    `{"type":"record","name":"R$","fields":[{"name":"a","type":"string"}]}`,
	"spaced":   `{ "name" : "R$", "type":"record", "fields":[ {"type":"int","name":"a"} ] }`,
	"inner":    `{"type":"record","name":"I$","fields":[{"name":"x","type":"int"}]}`,
	"inner2":   `{"type":"record","name":"I$","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":0}]}`,
	"outer":    `{"type":"record","name":"O$","fields":[{"name":"i","type":"I$"}]}`,
	"resolved": `{"type":"record","name":"O$","fields":[{"name":"i","type":{"type":"record","name":"I$","fields":[{"name":"x","type":"int"}]}}]}`,
	"baddef":   `{"type":"record","name":"R$","fields":[{"name":"a","type":"int","default":"x"}]}`,
	"broken":   `{`,
	"json":     `{"type":"object","title":"$"}`,
	"json2":    `{"type":"object","title":"$","properties":{"a":{"type":"string"}}}`,
	"proto":    "syntax = \"proto3\";\npackage p$;\n\nmessage M {\n  string a = 1;\n}\n",
	"huge":     `{"type":"record","name":"R$","doc":"` + strings.Repeat("x", 1<<20) + `","fields":[]}`,
	"proto2":   "syntax = \"proto3\";\npackage p$;\n\nmessage M {\n  string a = 1;\n  string b = 2;\n}\n",
}

func TestConformance(t *testing.T) {
	t.Parallel()
	url := os.Getenv("CONCORD_CONFORMANCE_URL")
	if url == "" {
		url = start(t, registryserver.Options{}).URL()
	}
	rows := 0
	for _, suite := range [][]sequence{lifeSequences, deleteSequences, referenceSequences, settingSequences, compatibilitySequences, protocolSequences, mediaSequences, limitSequences, contractSequences, tagSequences} {
		for _, s := range suite {
			rows += len(s.steps)
			t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				play(t, url, s)
			})
		}
	}
	t.Logf("%d rows", rows)
	if rows < 300 {
		t.Errorf("the suite has %d rows: some were lost", rows)
	}
}

// play runs a sequence.
func play(t *testing.T, url string, s sequence) {
	token := "u" + strconv.FormatUint(rand.Uint64(), 36)
	values := map[string]any{}
	for n, st := range s.steps {
		method, rest, _ := strings.Cut(st.request, " ")
		headers := http.Header{}
		for strings.HasPrefix(rest, "[") {
			var header string
			header, rest, _ = strings.Cut(rest[1:], "] ")
			key, value, _ := strings.Cut(header, ": ")
			headers.Add(key, value)
		}
		path, body, _ := strings.Cut(rest, " ")
		want := strings.ReplaceAll(st.want, "$", token)
		status, media, got := exchange(t, url, method, strings.ReplaceAll(path, "$", token), headers, expand(body, token))
		if problem := mismatch(want, status, media, got, values); problem != "" {
			t.Errorf("step %d, %s: %s\n got %d %s\nwant %s", n+1, st.request, problem, status, got, want)
			if os.Getenv("CONCORD_CONFORMANCE_GO_ON") == "" {
				return // what follows depends on it
			}
			t.Logf("DEPARTS step %d, %s", n+1, st.request)
		}
	}
}

// expand puts schemas and the token into a request's body.
func expand(body, token string) string {
	names := make([]string, 0, len(schemas))
	for name := range schemas {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // the longest first
	for _, name := range names {
		if !strings.Contains(body, "@"+name) {
			continue
		}
		if quoted, err := json.Marshal(schemas[name]); err == nil {
			body = strings.ReplaceAll(body, "@"+name, string(quoted))
		}
	}
	return strings.ReplaceAll(body, "$", token)
}

func send(t *testing.T, url, method, path, body string) (status int, answer string) {
	t.Helper()
	status, _, answer = exchange(t, url, method, path, http.Header{}, body)
	return status, answer
}

func exchange(t *testing.T, url, method, path string, headers http.Header, body string) (status int, media, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = headers
	if body != "" && headers.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(raw)
}

// mismatch says how an answer differs from what was wanted; "" when it does not.
func mismatch(want string, status int, media, got string, values map[string]any) string {
	first, rest, _ := strings.Cut(want, " ")
	if strconv.Itoa(status) != first {
		return "status"
	}
	if strings.HasPrefix(rest, "application/") {
		first, rest, _ = strings.Cut(rest, " ")
		if first != media {
			return "media type " + media
		}
	}
	if rest == "" {
		return ""
	}
	var wanted, given any
	if err := json.Unmarshal([]byte(rest), &wanted); err != nil {
		return "the row is no JSON: " + err.Error()
	}
	if err := json.Unmarshal([]byte(got), &given); err != nil {
		return "the answer is no JSON"
	}
	if code, ok := wanted.(float64); ok && status >= 400 {
		wanted = map[string]any{"error_code": code, "message": "*"}
	}
	return same("", wanted, given, values)
}

func same(path string, want, got any, values map[string]any) string {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return path + ": no object"
		}
		for k, w := range want {
			g, there := fields[k]
			if w == "absent" {
				if there {
					return fmt.Sprintf("%s.%s: is there", path, k)
				}
				continue
			}
			if !there {
				return fmt.Sprintf("%s.%s: is not there", path, k)
			}
			if problem := same(path+"."+k, w, g, values); problem != "" {
				return problem
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return path + ": another list"
		}
		for i := range want {
			if problem := same(fmt.Sprintf("%s[%d]", path, i), want[i], list[i], values); problem != "" {
				return problem
			}
		}
		return ""
	case string:
		if want == "*" {
			return ""
		}
		if strings.HasPrefix(want, "#") {
			return symbol(path, want, got, values)
		}
	}
	if !cmp.Equal(want, got) {
		return path + ": another value"
	}
	return ""
}

func symbol(path, name string, got any, values map[string]any) string {
	if known, ok := values[name]; ok {
		if known != got {
			return path + ": another value than " + name + " had before"
		}
		return ""
	}
	for other, v := range values {
		if v == got && other[1] == name[1] {
			return path + ": the value of " + other
		}
	}
	values[name] = got
	return ""
}
