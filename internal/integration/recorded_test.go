package integration

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concord-go/concord/registry/registrytest"
)

// testdata/recorded has questions and the answers that Confluent Schema Registry 8.3.1 gave to them in its default
// configuration: facts alone (status, error code, verdict, kinds and paths of differences, texts, GUIDs). The embedded
// registry is held to all of them; where it departs the case is listed in recordedDifferences.

// recordedCase is a question; which fields it has depends on its kind.
type recordedCase struct {
	Name       string
	Kind       string
	SchemaType string
	Support    []struct {
		Subject  string
		Versions []recordedSchema
	}

	// whether Reader can read what was written with Writer
	Writer, Reader                     string
	WriterReferences, ReaderReferences []reference
	ReaderType                         string

	// a history of registrations under one level
	Level string
	Steps []recordedStep

	// how a text is kept, and whether another layout of it is the same
	recordedSchema
	Reformatted string

	Expect json.RawMessage
}

type recordedSchema struct {
	Schema     string
	References []reference
}

type recordedStep struct {
	recordedSchema
	SchemaType string
	Delete     json.Number
	Level      string
}

// facts are parts of an answer, by name.
type facts map[string]any

// recordedRegistry asks over HTTP, as the recorder did.
type recordedRegistry struct {
	url    string
	prefix string // of the subjects of a case
}

func (r recordedRegistry) call(method, path string, body any) (int, map[string]any, []any) {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		in = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, r.url+path, in)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, nil
	}
	defer response.Body.Close()
	var answer any
	_ = json.NewDecoder(response.Body).Decode(&answer)
	object, _ := answer.(map[string]any)
	list, _ := answer.([]any)
	return response.StatusCode, object, list
}

func (r recordedRegistry) subject(name string) string { return url.PathEscape(r.prefix + name) }

func (r recordedRegistry) request(c *recordedCase, text string, references []reference, schemaType string) map[string]any {
	body := map[string]any{"schema": text}
	if schemaType == "" {
		schemaType = c.SchemaType
	}
	if schemaType != "AVRO" {
		body["schemaType"] = schemaType
	}
	var own []reference
	for _, ref := range references {
		ref.Subject = r.prefix + ref.Subject
		own = append(own, ref)
	}
	if own != nil {
		body["references"] = own
	}
	return body
}

func (r recordedRegistry) setLevel(subject, level string) int {
	status, _, _ := r.call("PUT", "/config/"+subject, map[string]any{"compatibility": level})
	return status
}

func (r recordedRegistry) support(c *recordedCase) {
	for _, s := range c.Support {
		if len(s.Versions) > 1 {
			r.setLevel(r.subject(s.Subject), "NONE")
		}
		for _, v := range s.Versions {
			r.call("POST", "/subjects/"+r.subject(s.Subject)+"/versions", r.request(c, v.Schema, v.References, ""))
		}
	}
}

// refusal is an answer that is no success.
func refusal(status int, body map[string]any) map[string]any {
	f := map[string]any{"status": float64(status)}
	if code, ok := body["error_code"]; ok {
		f["error_code"] = code
	}
	return f
}

var (
	differenceKind = regexp.MustCompile(`errorType:\s*["']([A-Z_0-9]+)["']`)
	differencePath = regexp.MustCompile(`(?:path:?|\bat) '([^']*)'`)
)

// compatibility asks one question under both levels.
func (r recordedRegistry) compatibility(c *recordedCase, want map[string]any) (wanted, got facts) {
	wanted, got = make(facts), make(facts)
	r.support(c)
	subject := r.subject("s")
	r.setLevel(subject, "NONE")
	status, body, _ := r.call("POST", "/subjects/"+subject+"/versions", r.request(c, c.Writer, c.WriterReferences, ""))
	for _, level := range []string{"BACKWARD", "FORWARD"} {
		w, ok := want[level].(map[string]any)
		if !ok {
			continue
		}
		answer := refusal(status, body)
		if status == http.StatusOK {
			r.setLevel(subject, level)
			answer = r.check(c, subject)
		}
		listed, compared := w["diffs"].([]any)
		if compared = !compared || len(listed) > 0; compared {
			wanted["differences "+level], got["differences "+level] = w["diffs"], answer["diffs"]
		}
		verdict := func(m map[string]any) any {
			return []any{m["is_compatible"], m["status"], m["error_code"]}
		}
		wanted["verdict "+level], got["verdict "+level] = verdict(w), verdict(answer)
	}
	return wanted, got
}

func (r recordedRegistry) check(c *recordedCase, subject string) map[string]any {
	body := r.request(c, c.Reader, c.ReaderReferences, c.ReaderType)
	path := "/compatibility/subjects/" + subject + "/versions/1"
	status, answer, _ := r.call("POST", path+"?verbose=true", body)
	compatible, ok := answer["is_compatible"].(bool)
	if status != http.StatusOK || !ok {
		return refusal(status, answer)
	}
	out := map[string]any{"is_compatible": compatible}
	if compatible {
		return out
	}
	found := make(map[[2]string]bool)
	messages, _ := answer["messages"].([]any)
	for _, m := range messages {
		text, _ := m.(string)
		at := differenceKind.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		kind := text[at[2]:at[3]]
		var place string
		if p := differencePath.FindStringSubmatch(text[at[1]:]); p != nil {
			place = p[1]
		}
		found[[2]string{kind, place}] = true
	}
	if len(found) == 0 { // verbose hides an invalid schema
		if status, answer, _ := r.call("POST", path, body); status != http.StatusOK {
			return refusal(status, answer)
		}
	}
	var diffs []any
	for d := range found {
		diffs = append(diffs, []any{d[0], d[1]})
	}
	slices.SortFunc(diffs, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	out["diffs"] = diffs
	return out
}

// history plays registrations under one level.
func (r recordedRegistry) history(c *recordedCase, want map[string]any) (wanted, got facts) {
	r.support(c)
	subject := r.subject("s")
	r.setLevel(subject, c.Level)
	var steps []any
	for _, s := range c.Steps {
		switch {
		case s.Level != "":
			steps = append(steps, []any{float64(r.setLevel(subject, s.Level))})
			continue
		case s.Delete != "":
			status, body, _ := r.call("DELETE", "/subjects/"+subject+"/versions/"+s.Delete.String(), nil)
			steps = append(steps, stepOf(status, body))
			continue
		}
		request := r.request(c, s.Schema, s.References, s.SchemaType)
		if s.SchemaType == "AVRO" {
			request["schemaType"] = "AVRO"
		}
		status, body, _ := r.call("POST", "/subjects/"+subject+"/versions", request)
		steps = append(steps, stepOf(status, body))
	}
	status, body, list := r.call("GET", "/subjects/"+subject+"/versions", nil)
	var versions any = list
	if status != http.StatusOK {
		versions = refusal(status, body)
	}
	return facts{"steps": want["steps"], "versions": want["versions"]}, facts{"steps": steps, "versions": versions}
}

func stepOf(status int, body map[string]any) any {
	step := []any{float64(status)}
	if code, ok := body["error_code"]; ok && status != http.StatusOK {
		step = append(step, code)
	}
	return step
}

// text registers a schema, with and without normalizing, and another layout of it.
func (r recordedRegistry) text(c *recordedCase, want map[string]any) (wanted, got facts) {
	wanted, got = make(facts), make(facts)
	r.support(c)
	register := func(tag, text, form string) (int, map[string]any) {
		path := "/subjects/" + r.subject(tag) + "/versions"
		if form == "normalized" {
			path += "?normalize=true"
		}
		status, body, _ := r.call("POST", path, r.request(c, text, c.References, ""))
		return status, body
	}
	same, _ := want["same_id"].(map[string]any)
	for form, tags := range map[string][2]string{"plain": {"a", "c"}, "normalized": {"b", "d"}} {
		w, _ := want[form].(map[string]any)
		status, body := register(tags[0], c.Schema, form)
		first := body["id"]
		if status != http.StatusOK {
			wanted[form], got[form] = w, refusal(status, body)
		} else {
			_, kept, _ := r.call("GET", "/subjects/"+r.subject(tags[0])+"/versions/1", nil)
			answer := map[string]any{"status": 200.0, "schema": kept["schema"]}
			if _, ok := w["guid"]; ok {
				answer["guid"] = kept["guid"]
			}
			wanted[form], got[form] = w, answer
		}
		if expected, ok := same[form]; ok {
			status, body := register(tags[1], c.Reformatted, form)
			wanted["same id "+form] = expected
			if got["same id "+form] = any(first != nil && body["id"] == first); status != http.StatusOK {
				got["same id "+form] = refusal(status, body)
			}
		}
	}
	return wanted, got
}

func readRecorded(t *testing.T) (cases []recordedCase) {
	t.Helper()
	names, err := filepath.Glob("testdata/recorded/*.jsonl.gz")
	if err != nil || len(names) != 5 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		lines, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		scanner := bufio.NewScanner(lines)
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			var c recordedCase
			if err := json.Unmarshal(scanner.Bytes(), &c); err != nil {
				t.Fatal(name, err)
			}
			cases = append(cases, c)
		}
		if err := scanner.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return cases
}

func TestTheEmbeddedRegistryAnswersAsConfluents(t *testing.T) {
	t.Parallel()
	cases := readRecorded(t)
	reg := registrytest.New(t)
	type count struct{ all, differ int }
	counts, differing := make(map[string]*count), make(map[string]string)
	var mu sync.Mutex
	work := make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range work {
				c := &cases[i]
				var want map[string]any
				if err := json.Unmarshal(c.Expect, &want); err != nil {
					t.Error(c.Name, err)
					continue
				}
				r := recordedRegistry{reg.URL(), fmt.Sprintf("recorded-%d-", i)}
				ask := r.compatibility
				switch c.Kind {
				case "levels":
					ask = r.history
				case "parse":
					ask = r.text
				}
				wanted, got := ask(c, want)
				wrong := ""
				for name := range wanted {
					if !reflect.DeepEqual(normal(wanted[name]), normal(got[name])) {
						wrong += fmt.Sprintf("%s: %v, recorded %v; ", name, got[name], wanted[name])
					}
				}
				mu.Lock()
				if counts[c.Kind] == nil {
					counts[c.Kind] = new(count)
				}
				counts[c.Kind].all++
				if wrong != "" {
					counts[c.Kind].differ++
					differing[c.Name] = wrong
				}
				mu.Unlock()
			}
		})
	}
	for i := range cases {
		work <- i
	}
	close(work)
	workers.Wait()
	for kind, n := range counts {
		t.Logf("%s: %d of %d agree (%.2f %%)", kind, n.all-n.differ, n.all, 100*float64(n.all-n.differ)/float64(n.all))
	}
	for name, wrong := range differing {
		if recordedDifferences[name] == "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	for name, reason := range recordedDifferences {
		if differing[name] == "" {
			t.Errorf("%s agrees: it is no difference any more (%s)", name, reason)
		}
	}
}

// normal makes nothing and an empty list the same, and gives lists of differences an order.
func normal(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	if len(list) == 0 {
		return nil
	}
	if _, pairs := list[0].([]any); pairs && len(list[0].([]any)) == 2 {
		if _, text := list[0].([]any)[0].(string); text {
			list = slices.Clone(list)
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
	}
	return list
}

// recordedDifferences are the cases that are answered otherwise, with the reason.
var recordedDifferences = map[string]string{
	"avro-compat-0115":     metBefore,
	"avro-compat-0412":     metBefore,
	"avro-compat-0426":     metBefore,
	"json-compat-1812":     "a schema that refers to itself: all consequences are followed here",
	"parse-1445":           "normalized, the number of an option of one's own that is written in hexadecimal stays so",
	"protobuf-compat-1983": "a field that moved to a oneof is listed besides the one that left it",
	"protobuf-compat-0094": recursive,
	"protobuf-compat-0151": recursive,
	"protobuf-compat-0914": recursive,
	"protobuf-compat-1172": recursive,
	"protobuf-compat-1177": recursive,
	"protobuf-compat-1453": recursive,
	"protobuf-compat-1900": recursive,
	"protobuf-compat-1907": recursive,
	"protobuf-compat-1954": recursive,
}

const (
	metBefore = "a named type that fails in two places: here the place itself, there the place where it was met first"
	recursive = "a message that holds itself: each field that leads to a difference is listed; the recorder's list depends on the order in which it met them"
)
