package integration

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
)

// schemaMaker makes random schemas, and readers of them that are the same or changed.
type schemaMaker struct {
	*rand.Rand
	names int
}

var primitives = []string{"null", "boolean", "int", "long", "float", "double", "string", "bytes"}

func (m *schemaMaker) name(kind string) string {
	m.names++
	return fmt.Sprint(kind, m.names)
}

func (m *schemaMaker) schema(depth int) any {
	if depth == 0 {
		return primitives[m.IntN(len(primitives))]
	}
	switch m.IntN(10) {
	case 0:
		return map[string]any{"type": "array", "items": m.schema(depth - 1)}
	case 1:
		return map[string]any{"type": "map", "values": m.schema(depth - 1)}
	case 2:
		return map[string]any{"type": "enum", "name": m.name("E"), "symbols": []any{"A", "B", "C"}}
	case 3:
		return map[string]any{"type": "fixed", "name": m.name("F"), "size": 1 + m.IntN(3)}
	case 4, 5:
		return m.record(depth)
	case 6, 7:
		return m.union(depth)
	}
	return primitives[m.IntN(len(primitives))]
}

func (m *schemaMaker) record(depth int) any {
	fields := []any{}
	for i := range 1 + m.IntN(4) {
		fields = append(fields, map[string]any{"name": fmt.Sprint("f", i), "type": m.schema(depth - 1)})
	}
	return map[string]any{"type": "record", "name": m.name("R"), "fields": fields}
}

func (m *schemaMaker) union(depth int) any {
	branches, seen := []any{}, make(map[string]bool)
	for range 1 + m.IntN(4) {
		b := m.schema(depth - 1)
		kind, ok := b.(string)
		if object, is := b.(map[string]any); is {
			kind, ok = object["type"].(string), true
			if name, named := object["name"].(string); named {
				kind = name
			}
		}
		if ok && !seen[kind] {
			seen[kind] = true
			branches = append(branches, b)
		}
	}
	if len(branches) == 0 {
		return []any{"null"}
	}
	return branches
}

var promotions = map[string][]string{"int": {"long", "float", "double"}, "long": {"float", "double"}, "float": {"double"}, "string": {"bytes"}, "bytes": {"string"}}

// reader is a schema that was changed here and there.
func (m *schemaMaker) reader(s any) any {
	change := m.IntN(6) == 0
	switch s := s.(type) {
	case string:
		if to := promotions[s]; change && to != nil {
			return to[m.IntN(len(to))]
		}
		if m.IntN(60) == 0 {
			return primitives[m.IntN(len(primitives))]
		}
		if change && s != "null" {
			return []any{"null", s}
		}
		return s
	case []any:
		var out []any
		for _, b := range s {
			if m.IntN(15) == 0 && len(s) > 1 {
				continue
			}
			if name, ok := b.(string); ok {
				out = append(out, name)
			} else {
				out = append(out, m.reader(b))
			}
		}
		if len(out) == 1 && change {
			return out[0]
		}
		m.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		for _, b := range out { // a union has no union in it
			if _, ok := b.([]any); ok {
				return s
			}
		}
		if out == nil {
			return s
		}
		return out
	case map[string]any:
		out := make(map[string]any)
		for k, v := range s {
			out[k] = v
		}
		switch s["type"] {
		case "array":
			out["items"] = m.reader(s["items"])
		case "map":
			out["values"] = m.reader(s["values"])
		case "enum":
			if change {
				out["symbols"] = []any{"C", "A", "D"}
				if m.IntN(2) == 0 {
					out["default"] = "D"
				}
			}
		case "fixed":
			if m.IntN(30) == 0 {
				out["size"] = 4
			}
		case "record":
			fields := []any{}
			for _, f := range s["fields"].([]any) {
				f := f.(map[string]any)
				if m.IntN(8) == 0 {
					continue
				}
				fields = append(fields, map[string]any{"name": f["name"], "type": m.reader(f["type"])})
			}
			if change {
				added := []map[string]any{
					{"name": "new", "type": "int", "default": 7}, {"name": "new", "type": []any{"null", "string"}, "default": nil},
					{"name": "new", "type": map[string]any{"type": "array", "items": "long"}, "default": []any{1, 2}}, {"name": "new", "type": "string"},
					{"name": "new", "type": "bytes", "default": "\u00ff\u0001"}, {"name": "new", "type": "double", "default": 1},
				}
				fields = append(fields, added[m.IntN(len(added))])
			}
			m.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
			out["fields"] = fields
		}
		return out
	}
	return s
}

// datum appends a random value as bytes.
func (m *schemaMaker) datum(dst []byte, s any) []byte {
	long := func(dst []byte, n int64) []byte {
		for u := uint64(n)<<1 ^ uint64(n>>63); ; u >>= 7 {
			if u < 0x80 {
				return append(dst, byte(u))
			}
			dst = append(dst, byte(u)|0x80)
		}
	}
	switch s := s.(type) {
	case []any:
		i := m.IntN(len(s))
		return m.datum(long(dst, int64(i)), s[i])
	case map[string]any:
		switch s["type"] {
		case "array", "map":
			if n := m.IntN(3); n > 0 {
				dst = long(dst, int64(n))
				for i := range n {
					inner := s["items"]
					if s["type"] == "map" {
						dst = append(append(dst, 2), byte('a'+i))
						inner = s["values"]
					}
					dst = m.datum(dst, inner)
				}
			}
			return append(dst, 0)
		case "enum":
			return long(dst, int64(m.IntN(3)))
		case "fixed":
			for range s["size"].(int) {
				dst = append(dst, byte(m.Uint32()))
			}
			return dst
		}
		for _, f := range s["fields"].([]any) {
			dst = m.datum(dst, f.(map[string]any)["type"])
		}
		return dst
	}
	switch s {
	case "boolean":
		return append(dst, byte(m.IntN(2)))
	case "int":
		return long(dst, int64(int32(m.Uint32()>>m.IntN(32))))
	case "long":
		return long(dst, int64(m.Uint64()>>m.IntN(64)))
	case "float":
		b := math.Float32bits(float32(m.NormFloat64()))
		return append(dst, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
	case "double":
		b := math.Float64bits(m.NormFloat64())
		for i := range 8 {
			dst = append(dst, byte(b>>(8*i)))
		}
		return dst
	case "string", "bytes":
		text := []string{"", "a", "é", "日本", "longer text"}[m.IntN(5)]
		return append(long(dst, int64(len(text))), text...)
	}
	return dst // null
}

// canonical is the form that Resolve.java writes.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return "n"
	case bool:
		return map[bool]string{true: "t", false: "f"}[v]
	case int32, int64:
		return fmt.Sprint("i", v)
	case float32:
		return fmt.Sprintf("F%x", math.Float32bits(v))
	case float64:
		return fmt.Sprintf("D%x", math.Float64bits(v))
	case string:
		return "s" + base64.StdEncoding.EncodeToString([]byte(v))
	case []byte:
		return "b" + base64.StdEncoding.EncodeToString(v)
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(canonical(item) + ",")
		}
		return "[" + b.String() + "]"
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		var b strings.Builder
		for _, name := range names {
			b.WriteString(name + "=" + canonical(v[name]) + ",")
		}
		return "{" + b.String() + "}"
	}
	return fmt.Sprintf("?%T", v)
}

// Java's library and concord resolve the same triples of writer schema, reader schema and datum to the same values, or both refuse.
func TestResolutionIsThatOfJava(t *testing.T) {
	lib := filepath.Join(installed(t, "avrojava"), "lib", "*")
	classes := t.TempDir()
	if out, err := exec.Command("javac", "-cp", lib, "-d", classes, filepath.Join("avrojava", "Resolve.java")).CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	const triples = 6000
	m := &schemaMaker{Rand: rand.New(rand.NewPCG(9, 1))}
	type triple struct {
		writer, reader string
		datum          []byte
	}
	var all []triple
	var input strings.Builder
	for range triples {
		writer := m.record(3)
		reader := m.reader(writer)
		w, err := json.Marshal(writer)
		if err != nil {
			t.Fatal(err)
		}
		r, err := json.Marshal(reader)
		if err != nil {
			t.Fatal(err)
		}
		tr := triple{string(w), string(r), m.datum(nil, writer)}
		all = append(all, tr)
		encode := base64.StdEncoding.EncodeToString
		fmt.Fprintf(&input, "%s\t%s\t%s\n", encode(w), encode(r), encode(tr.datum))
	}
	java := exec.CommandContext(t.Context(), "java", "-Xmx256m", "-cp", classes+string(filepath.ListSeparator)+lib, "Resolve")
	java.Stdin = strings.NewReader(input.String())
	out, err := java.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 1<<20)
	read, refused, differ := 0, 0, make(map[string]int)
	for i, tr := range all {
		if !lines.Scan() {
			t.Fatalf("%d answers for %d triples", i, len(all))
		}
		theirs := lines.Text()
		ours, err := resolve(tr.writer, tr.reader, tr.datum)
		switch failed := strings.HasPrefix(theirs, "ERROR"); {
		case failed && err != nil:
			refused++
		case !failed && err == nil && ours == theirs:
			read++
		default:
			reason := javaDiffers(theirs, err)
			if differ[reason]++; reason == "" && differ[reason] <= 10 {
				t.Errorf("writer %s\nreader %s\ndatum %x\nJava:    %s\nconcord: %s %v", tr.writer, tr.reader, tr.datum, theirs, ours, err)
			}
		}
	}
	t.Logf("%d triples: %d read alike, %d refused by both, otherwise: %v", len(all), read, refused, differ)
	if read < triples/3 || refused < triples/50 {
		t.Errorf("%d read, %d refused: too few to say anything", read, refused)
	}
}

func resolve(writer, reader string, datum []byte) (string, error) {
	w, err := avro.Parse(writer)
	if err != nil {
		return "", err
	}
	r, err := avro.Parse(reader)
	if err != nil {
		return "", err
	}
	d, err := avro.NewDecoder[map[string]any](w, r, avro.PlainUnions())
	if err != nil {
		return "", err
	}
	var v map[string]any
	if err := d.Decode(datum, &v); err != nil {
		return "", err
	}
	return canonical(v), nil
}

// javaDiffers is why the two differ, where that is known; empty where it is not.
func javaDiffers(theirs string, ours error) string {
	// concord compiles reader and writer schema before the first datum, and lists what does not resolve. Java comes to it
	// only where data lead there: an array without items, a branch that is not taken.
	if _, ok := errors.AsType[*avro.ResolveError](ours); ok && !strings.HasPrefix(theirs, "ERROR") {
		return "refused by concord as the schemas do not resolve, in a place that the datum does not have"
	}
	// Where no branch has the record's name Java takes one of another name whose fields fit. Of records the specification
	// (1.12, "Schema Resolution") wants the same name.
	if ours != nil && strings.Contains(ours.Error(), "no branch of the reader's union reads the writer's record") && !strings.HasPrefix(theirs, "ERROR") {
		return "read by Java into a union's record of another name"
	}
	return ""
}
