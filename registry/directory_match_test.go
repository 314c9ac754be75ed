package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/concord-go/concord/registry"
)

// address is what the texts below refer to; street stands within it.
const address = `{"type":"record","name":"Address","namespace":"com.acme","fields":[{"name":"street","type":{"type":"record","name":"Street","fields":[{"name":"n","type":"int"}]}}]}`

func TestLookupTakesWhatTheRegistryWouldTakeForTheSame(t *testing.T) {
	t.Parallel()
	const user = `{"type":"record","name":"User","namespace":"com.acme","doc":"d","fields":[{"name":"id","type":"long","default":5},{"name":"tags","type":{"type":"array","items":"string"}}],"owner":{"a":1,"b":[1.5]}}`
	for name, c := range map[string]struct {
		kind        registry.SchemaType
		kept, given string
		same        bool
	}{
		"layout":                 {"", user, strings.ReplaceAll(strings.ReplaceAll(user, ",", "\n ,\t"), ":", " : "), true},
		"order of attributes":    {"", user, `{"owner":{"b":[1.5],"a":1},"name":"User","fields":[{"type":"long","default":5,"name":"id"},{"type":{"items":"string","type":"array"},"name":"tags"}],"doc":"d","type":"record","namespace":"com.acme"}`, true},
		"a full name":            {"", user, strings.Replace(user, `"User","namespace":"com.acme"`, `"com.acme.User"`, 1), true},
		"a full name wins":       {"", user, strings.Replace(user, `"User","namespace":"com.acme"`, `"com.acme.User","namespace":"x"`, 1), true},
		"words as objects":       {"", user, strings.Replace(user, `"long"`, `{"type":"long"}`, 1), true},
		"ascending":              {"", user, strings.Replace(user, `"default":5`, `"default":5,"order":"ascending"`, 1), true},
		"no aliases":             {"", user, strings.Replace(user, `"default":5`, `"default":5,"aliases":[]`, 1), true},
		"a default's number":     {"", user, strings.Replace(user, `"default":5`, `"default":5.0`, 1), true},
		"comments":               {"", user, "/* of users */\n" + strings.Replace(user, `"doc"`, "// its doc\n\"doc\"", 1), true},
		"aliases within":         {"", `{"type":"enum","name":"a.E","symbols":["A"],"aliases":["F"]}`, `{"type":"enum","name":"E","namespace":"a","symbols":["A"],"aliases":["a.F"]}`, true},
		"a type's own namespace": {"", `{"type":"record","name":"a.R","fields":[{"name":"e","type":{"type":"fixed","name":"F","size":2}},{"name":"f","type":"F"}]}`, `{"type":"record","name":"R","namespace":"a","fields":[{"name":"e","type":{"type":"fixed","name":"F","namespace":"a","size":2}},{"name":"f","type":"a.F"}]}`, true},
		"no namespace":           {"", `{"type":"record","name":"a.R","fields":[{"name":"e","type":{"type":"fixed","name":"F","namespace":"","size":2}},{"name":"f","type":"F"}]}`, `{"type":"record","name":"R","namespace":"a","fields":[{"name":"e","type":{"type":"fixed","name":".F","size":2}},{"name":"f","type":".F"}]}`, true},
		"reserved attributes":    {"", `["null","string"]`, `["null",{"type":"string","doc":"no meaning here"}]`, true},
		"maps":                   {"", `{"type":"map","values":{"type":"bytes","logicalType":"decimal","precision":4}}`, `{"values":{"precision":4,"logicalType":"decimal","type":"bytes"},"type":"map"}`, true},
		"aliases twice":          {"", `{"type":"record","name":"R","fields":[{"name":"f","type":"int","aliases":["a"]}],"aliases":["b","c"]}`, `{"type":"record","name":"R","fields":[{"name":"f","type":"int","aliases":["a","a"]}],"aliases":["b","c","b"]}`, true},
		"defined twice":          {"", `["null",{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}},"E"]`, `["null",{"type":"array","items":{"type":"enum","name":"E","symbols":["A"]}},{"type":"enum","name":"E","symbols":["A"]}]`, true},
		"docs that are none":     {"", `{"type":"record","name":"R","fields":[{"name":"f","type":"int"}]}`, `{"type":"record","name":"R","doc":{},"fields":[{"name":"f","type":"int","doc":[]}]}`, true},
		"order in any case":      {"", `{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"descending"}]}`, `{"type":"record","name":"R","fields":[{"name":"f","type":"int","order":"Descending"}]}`, true},
		"another enum default":   {"", `{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}`, `{"type":"enum","name":"E","symbols":["A","B"],"default":"B"}`, false},
		"another size":           {"", `{"type":"fixed","name":"F","size":2}`, `{"type":"fixed","name":"F","size":3}`, false},
		"another alias":          {"", `{"type":"fixed","name":"F","size":2,"aliases":["a"]}`, `{"type":"fixed","name":"F","size":2,"aliases":["b"]}`, false},
		"another name":           {"", user, strings.Replace(user, "User", "Usor", 1), false},
		"another namespace":      {"", user, strings.Replace(user, "com.acme", "com.acne", 1), false},
		"another doc":            {"", user, strings.Replace(user, `"doc":"d"`, `"doc":"e"`, 1), false},
		"another property":       {"", user, strings.Replace(user, "1.5", "1.25", 1), false},
		"another default":        {"", user, strings.Replace(user, `"default":5`, `"default":6`, 1), false},
		"no default":             {"", user, strings.Replace(user, `,"default":5`, ``, 1), false},
		"another order":          {"", user, strings.Replace(user, `"default":5`, `"default":5,"order":"descending"`, 1), false},
		"another logical type":   {"", `{"type":"int","logicalType":"date"}`, `"int"`, false},
		"branches swapped":       {"", `["null","int"]`, `["int","null"]`, false},
		"long numbers":           {"", `{"type":"int","p":9007199254740993000000}`, `{"type":"int","p":9007199254740992000000}`, false},
		"not JSON":               {"", `"int"`, `"int`, false},
		"text after it":          {"", `"int"`, `"int" "int"`, false},
		"another language":       {registry.JSON, `"int"`, `"int"`, true},

		"JSON members":      {registry.JSON, `{"type":"object","maximum":10}`, "{\n\"maximum\": 1e1, \"type\": \"object\"}", true},
		"JSON values":       {registry.JSON, `{"maximum":10}`, `{"maximum":11}`, false},
		"JSON lists":        {registry.JSON, `{"enum":[1,2]}`, `{"enum":[2,1]}`, false},
		"Protobuf layout":   {registry.Protobuf, "syntax = \"proto3\";\npackage a.b;\n\nmessage M {\n  int32 x = 1 [deprecated = true];\n}\n", "// mine\nsyntax='proto3';package a.b;message M{/* here */int32 x=1[deprecated=true];}", true},
		"JSON, text after":  {registry.JSON, `{"type":"object"}`, `{"type":"object"}} x`, true},
		"JSON zeros":        {registry.JSON, `{"minimum":0.0}`, `{"minimum":-0.0}`, true},
		"JSON huge numbers": {registry.JSON, `{"a":1E+400}`, `{"a":1e400}`, true},
		"Protobuf rendering": {registry.Protobuf, "syntax = \"proto3\";\npackage a;\n\nmessage M {\n  string y = 2;\n\n  oneof b {\n    int32 z = 11;\n  }\n\n  enum E {}\n  message N {}\n}\n",
			"syntax = 'proto3'; package a; message M { message N { } enum E { } oneof b { int32 z = 0xb; }; string y = 0x2; }", true},
		"Protobuf options":        {registry.Protobuf, "message M {\n option (o) = { a: { b: 1 }; c: 2 };\n}", "message M{option (o)={a:{b:0x1};c:2};}", true},
		"Protobuf services":       {registry.Protobuf, "service S { rpc A (M) returns (M) {} rpc B (M) returns (M); }", "service S { rpc B(M) returns(M); rpc A(M) returns(M) { } }", true},
		"Protobuf groups":         {registry.Protobuf, "message M { optional group G = 1 { required int32 a = 1; } }", "message M { optional group G = 1 { required int32 b = 1; } }", false},
		"Protobuf message order":  {registry.Protobuf, "message A {} message B {}", "message B {} message A {}", false},
		"Protobuf enum order":     {registry.Protobuf, "enum E { A = 0; B = 1; }", "enum E { B = 1; A = 0; }", false},
		"Protobuf open blocks":    {registry.Protobuf, "message A {", "message A {", true},
		"Protobuf blocks in vain": {registry.Protobuf, "message A {}", "message A {} }", false},
		"Protobuf no semicolon":   {registry.Protobuf, "message A {} import \"x\";", "message A {} import \"x\"", false},
		"Protobuf text":           {registry.Protobuf, `option x = "a  b";`, `option x = "a b";`, false},
		"Protobuf numbers":        {registry.Protobuf, "message M { int32 x = 1; }", "message M { int32 x = 2; }", false},
		"Protobuf open ends":      {registry.Protobuf, "message M {}", "message M {} '", false},
		"another one":             {"THRIFT", "struct X {}", " struct X {}\n", true},
		"another one's texts":     {"THRIFT", "struct X {}", "struct  X {}", false},
	} {
		d := directory(t, map[string]string{"a.json": entry("a", 1, 1, c.kept, fmt.Sprintf(`"schemaType":%q`, typeName(c.kind)))})
		_, err := d.Lookup(t.Context(), "a", registry.Schema{Text: c.given, Type: c.kind})
		if (err == nil) != c.same {
			t.Errorf("%s: %v, want same %v", name, err, c.same)
		}
	}
}

func typeName(t registry.SchemaType) registry.SchemaType {
	if t == "" {
		return registry.Avro
	}
	return t
}

func TestLookupComparesReferencesByWhatTheyLeadTo(t *testing.T) {
	t.Parallel()
	const refs = `"references":[{"name":"com.acme.Address","subject":"address","version":1}]`
	const text = `{"type":"record","name":"User","namespace":"com.acme","fields":[{"name":"home","type":"Address"},{"name":"work","type":["null","com.acme.Address"]},{"name":"road","type":"Street"}]}`
	d := directory(t, map[string]string{"a.json": list(
		entry("user", 1, 2, text, refs), entry("address", 1, 1, address), entry("address", 2, 3, `"int"`),
		entry("json", 1, 4, `{"$ref":"a"}`, `"schemaType":"JSON"`, strings.ReplaceAll(refs, `"version":1`, `"version":2`)))})
	one := []registry.Reference{{Name: "com.acme.Address", Subject: "address", Version: 1}}
	two := []registry.Reference{{Name: "com.acme.Address", Subject: ":.:address", Version: registry.LatestVersion}}
	for name, c := range map[string]struct {
		subject registry.Subject
		schema  registry.Schema
		found   bool
	}{
		"as it is":          {"user", registry.Schema{Text: text, References: one}, true},
		"named twice":       {"user", registry.Schema{Text: text, References: append(one, one...)}, true},
		"written out":       {"user", registry.Schema{Text: strings.Replace(text, `"Address"`, address, 1)}, true},
		"left out":          {"user", registry.Schema{Text: text}, false},
		"another version":   {"user", registry.Schema{Text: text, References: two}, false},
		"unknown":           {"user", registry.Schema{Text: text, References: []registry.Reference{{Name: "com.acme.Address", Subject: "x", Version: 1}}}, false},
		"latest":            {"json", registry.Schema{Text: ` {"$ref":"a"}`, Type: registry.JSON, References: two}, true},
		"JSON, version one": {"json", registry.Schema{Text: ` {"$ref":"a"}`, Type: registry.JSON, References: one}, false},
		"JSON, left out":    {"json", registry.Schema{Text: `{"$ref":"a"}`, Type: registry.JSON}, false},
	} {
		if _, err := d.Lookup(t.Context(), c.subject, c.schema); (err == nil) != c.found {
			t.Errorf("%s: %v, want found %v", name, err, c.found)
		}
	}
}

func TestLookupComparesMetadataWhereTheyAreGiven(t *testing.T) {
	t.Parallel()
	d := directory(t, map[string]string{"a.json": list(entry("a", 1, 1, `"int"`, `"metadata":{"properties":{"owner":"x"}}`), entry("a", 2, 2, `"int"`, `"ruleSet":{"domainRules":[{"name":"r"}]}`))})
	owner := func(name string) *registry.Metadata {
		return &registry.Metadata{Properties: map[string]string{"owner": name}}
	}
	for name, c := range map[string]struct {
		schema registry.Schema
		want   registry.Version
	}{
		"neither":          {registry.Schema{Text: `"int"`}, 2},
		"metadata":         {registry.Schema{Text: `"int"`, Metadata: owner("x")}, 1},
		"other metadata":   {registry.Schema{Text: `"int"`, Metadata: owner("y")}, 0},
		"rule set":         {registry.Schema{Text: ` "int"`, RuleSet: &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r"}}}}, 2},
		"another rule set": {registry.Schema{Text: `"int"`, RuleSet: &registry.RuleSet{}}, 0},
	} {
		if r, _ := d.Lookup(t.Context(), "a", c.schema); r.Version != c.want {
			t.Errorf("%s: version %d, want %d", name, r.Version, c.want)
		}
	}
}

func TestMatchWithDecidesForItsType(t *testing.T) {
	t.Parallel()
	fold := registry.MatchWith(registry.Protobuf, func(given, kept registry.Schema) bool { return strings.EqualFold(given.Text, kept.Text) })
	d := directory(t, map[string]string{"a.json": list(entry("a", 1, 1, "MESSAGE", `"schemaType":"PROTOBUF"`), entry("a", 2, 2, "X", `"schemaType":"JSON"`))}, fold)
	if r, err := d.Lookup(t.Context(), "a", registry.Schema{Text: "message", Type: registry.Protobuf}); err != nil || r.Version != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := d.Lookup(t.Context(), "a", registry.Schema{Text: "x", Type: registry.JSON}); err == nil {
		t.Errorf("another type: %+v", r)
	}
}

// Texts that refer to each other, and one level a few bytes, must not use up the stack.
func TestDeepSchemasAreNoMatchAndNoCrash(t *testing.T) {
	t.Parallel()
	const levels = 1500
	nested := func(inner string) string {
		return strings.Repeat(`{"type":"array","items":`, levels) + inner + strings.Repeat("}", levels)
	}
	ref := func(n int) string {
		return fmt.Sprintf(`"references":[{"name":"R%d","subject":"s%d","version":1}]`, n, n)
	}
	const last = 40
	var all []string
	for i := range last {
		all = append(all, entry(fmt.Sprintf("s%d", i), 1, i+1, fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"f","type":%s}]}`, i, nested(fmt.Sprintf(`"R%d"`, (i+1)%last))), ref((i+1)%last)))
	}
	d := directory(t, map[string]string{"a.json": list(all...)})
	for _, text := range []string{nested(`"int"`), strings.Repeat(`[`, 1_000_000), nested(`"R0"`)} {
		if r, err := d.Lookup(t.Context(), "s0", registry.Schema{Text: text}); err == nil {
			t.Errorf("%+v", r)
		}
	}
	deep := strings.Repeat("message A {", 1_000_000) + strings.Repeat("}", 1_000_000)
	d = directory(t, map[string]string{"a.json": entry("p", 1, 1, deep, `"schemaType":"PROTOBUF"`)})
	if r, err := d.Lookup(t.Context(), "p", registry.Schema{Text: " " + deep, Type: registry.Protobuf}); err == nil {
		t.Errorf("%d", r.ID)
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("AVRO", address)
	f.Add("JSON", `{"a":1e400,"b":[/* x */]}`)
	f.Add("PROTOBUF", `syntax='proto3'; message M { /* x`)
	f.Add("PROTOBUF", `'`)
	f.Fuzz(func(t *testing.T, kind, text string) {
		if kind == "" || !strings.Contains("AVRO JSON PROTOBUF", kind) {
			kind = "AVRO"
		}
		d, err := registry.NewDirectory(files(map[string]string{"a.json": entry("a", 1, 1, `"x"`, fmt.Sprintf(`"schemaType":%q`, kind))}))
		if err != nil {
			return
		}
		if r, err := d.Lookup(t.Context(), "a", registry.Schema{Text: text, Type: registry.SchemaType(kind)}); err == nil && r.ID != 1 {
			t.Fatalf("%+v", r)
		}
	})
}
