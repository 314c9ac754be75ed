package jsonschema_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/serde"
)

// suiteGroup is a schema of the JSON Schema Test Suite, and what is valid under it.
type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []struct {
		Description string
		Data        json.RawMessage
		Valid       bool
	}
}

var suiteDrafts = map[string]string{
	"draft4": "http://json-schema.org/draft-04/schema#", "draft6": "http://json-schema.org/draft-06/schema#", "draft7": "http://json-schema.org/draft-07/schema#",
	"draft2019-09": "https://json-schema.org/draft/2019-09/schema", "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}

// suiteFolder is the suite in the module cache: internal/jsonsuite pins the module that carries it.
func suiteFolder(t *testing.T) string {
	t.Helper()
	list := exec.Command("go", "mod", "download", "-json", "github.com/kaptinlin/jsonschema")
	list.Dir = filepath.Join("..", "internal", "jsonsuite")
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	var module struct{ Dir, Error string }
	if err == nil {
		err = json.Unmarshal(out, &module)
	}
	folder := filepath.Join(module.Dir, "testdata", "JSON-Schema-Test-Suite")
	if _, missing := os.Stat(folder); err != nil || missing != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the JSON Schema Test Suite is not to be had: %v %s", err, module.Error)
		}
		t.Skipf("THE JSON SCHEMA TEST SUITE IS NOT TRIED: its module cannot be downloaded: %v %s", err, module.Error)
	}
	return folder
}

// suiteExceptions are the parts of the suite, over all drafts, in which schemas are refused or the answers differ.
var suiteExceptions = map[string]struct {
	refused, differ int
	reason          string
}{
	"additionalItems":               {refused: 7, reason: arrayItems},
	"items":                         {refused: 4, reason: arrayItems},
	"unevaluatedItems":              {refused: 15, reason: arrayItems},
	"uniqueItems":                   {refused: 4, reason: arrayItems},
	"definitions":                   {refused: 3, reason: metaschema},
	"defs":                          {refused: 2, reason: metaschema},
	"ref":                           {refused: 11, reason: metaschema + "; " + arrayItems + "; drafts 6 and 7: a $ref that an $id beside it bends"},
	"refRemote":                     {refused: 28, reason: baseURI},
	"dynamicRef":                    {refused: 4, reason: baseURI},
	"maxItems":                      {refused: 2, reason: point},
	"maxLength":                     {refused: 2, reason: point},
	"maxProperties":                 {refused: 2, reason: point},
	"minItems":                      {refused: 2, reason: point},
	"minLength":                     {refused: 2, reason: point},
	"minProperties":                 {refused: 2, reason: point},
	"vocabulary":                    {differ: 2, reason: "a meta-schema of one's own is none that registries take: the draft's own counts"},
	"optional/ecmascript-regex":     {refused: 11, differ: 50, reason: "expressions are RE2, whose classes are ASCII and which has no look-around"},
	"optional/content":              {differ: 4, reason: "contentEncoding and contentMediaType are remarks, as later drafts have it"},
	"optional/zeroTerminatedFloats": {differ: 1, reason: "1.0 is a whole number in all drafts, as in draft 6 and later"},
	"optional/format-assertion":     {differ: 2, reason: "an option asserts formats, and not the meta-schema"},
	"optional/format/idn-email":     {differ: 6, reason: "the engine looks at international addresses loosely"},
	"optional/format/idn-hostname":  {differ: 87, reason: "the engine looks at international names loosely"},
}

const (
	arrayItems = "2019-09 with an array under items is refused by registries"
	metaschema = "a meta-schema that is referred to is to be given as a reference, as registries want it"
	baseURI    = "references are names that a registry has: a URI of the schema's own does not change what they mean"
	point      = "limits with a point (2.0) are refused by registries"
)

var remoteName = regexp.MustCompile(`http://localhost:1234/[^"#]*`)

// suiteRemotes makes references of the schemas that the suite serves over HTTP and the text names.
func suiteRemotes(folder, text string, seen map[string]bool) (references []jsonschema.Reference) {
	for _, name := range remoteName.FindAllString(text, -1) {
		if seen[name] {
			continue
		}
		seen[name] = true
		remote, err := os.ReadFile(filepath.Join(folder, "remotes", filepath.FromSlash(strings.TrimPrefix(name, "http://localhost:1234/"))))
		if err != nil {
			continue
		}
		inner := suiteRemotes(folder, string(remote), seen)
		references = append(references, inner...)
		if s, err := jsonschema.Parse(string(remote), jsonschema.WithReferences(references...)); err == nil {
			references = append(references, jsonschema.Reference{Name: name, Schema: s})
		}
	}
	return references
}

// The official suite, optional parts and formats included: what the fast path accepts is valid by the suite's word
// and by the engine's; where the two disagree, the difference is listed here with its reason.
func TestTheOfficialSuite(t *testing.T) {
	t.Parallel()
	folder := suiteFolder(t)
	var groups, tests, covered, accepted, valid int
	refused, differ := make(map[string]int), make(map[string]int)
	for draft, url := range suiteDrafts {
		err := filepath.WalkDir(filepath.Join(folder, "tests", draft), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var file []suiteGroup
			if err := json.Unmarshal(text, &file); err != nil {
				return err
			}
			name, _ := filepath.Rel(filepath.Join(folder, "tests"), path)
			name = filepath.ToSlash(strings.TrimSuffix(name, ".json"))
			_, part, _ := strings.Cut(name, "/")
			for _, g := range file {
				groups++
				schema := string(g.Schema)
				if g.Schema[0] == '{' && !bytes.Contains(g.Schema, []byte(`"$schema"`)) {
					schema = `{"$schema":"` + url + `",` + strings.TrimPrefix(schema, "{")
					schema = strings.Replace(schema, ",}", "}", 1)
				}
				s, err := jsonschema.Parse(schema, jsonschema.WithReferences(suiteRemotes(folder, schema, make(map[string]bool))...))
				var v *jsonschema.Validator
				if err == nil {
					var opts []jsonschema.ValidatorOption
					if strings.Contains(name, "/format/") {
						opts = append(opts, jsonschema.AssertFormats())
					}
					v, err = jsonschema.NewValidator(s, opts...)
				}
				if err != nil {
					if refused[part]++; serde.ClassOf(err) != serde.InvalidSchema {
						t.Errorf("%s: %s: %v, want an error of the class InvalidSchema", name, g.Description, err)
					}
					continue
				}
				for _, tt := range g.Tests {
					tests++
					whole := v.Validate(tt.Data)
					if class := serde.ClassOf(whole); whole != nil && class != serde.TypeMismatch {
						t.Errorf("%s: %s: %s: %v", name, g.Description, tt.Description, whole)
					}
					accepts, covers := v.Accepts(tt.Data)
					if covers {
						covered++
						if tt.Valid {
							valid++
						}
					}
					if accepts {
						accepted++
						if err := v.Explain(tt.Data); err != nil {
							t.Errorf("%s: %s: %s: the fast path accepts it: %v", name, g.Description, tt.Description, err)
						}
					}
					if (whole == nil) != tt.Valid {
						if differ[part]++; suiteExceptions[part].differ == 0 {
							t.Errorf("%s: %s: %s: %v, and the suite says valid=%v", name, g.Description, tt.Description, whole, tt.Valid)
						}
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	allRefused, allDiffer := 0, 0
	for part, n := range refused {
		allRefused += n
		if n != suiteExceptions[part].refused {
			t.Errorf("%s: %d schemas are refused, %d are listed as exceptions", part, n, suiteExceptions[part].refused)
		}
	}
	for part, n := range differ {
		allDiffer += n
		if n != suiteExceptions[part].differ {
			t.Errorf("%s: %d answers differ, %d are listed as exceptions", part, n, suiteExceptions[part].differ)
		}
	}
	for part, e := range suiteExceptions {
		if refused[part] < e.refused || differ[part] < e.differ {
			t.Errorf("%s: %d of %d are refused, %d of %d differ: fewer exceptions than listed (%s)", part, refused[part], e.refused, differ[part], e.differ, e.reason)
		}
	}
	t.Logf("%d schemas, %d of them refused; %d tests, %d differ; %d within the fast path, %d of these valid, %d accepted", groups, allRefused, tests, allDiffer, covered, valid, accepted)
	if tests < 6000 || accepted < 1000 {
		t.Error("too few to say anything")
	}
}
