package integration

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/jsonschema"
	"github.com/concord-go/concord/protobuf"
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/registry/registrytest"
	"github.com/concord-go/concord/serde"
)

// golden is what clients in other languages wrote, and what concord read. With -update the tests of these clients fill
// testdata/golden.json anew.
type golden struct {
	Writer     string            // python or javascript; install.sh has the versions
	Format     string            // avro, json, protobuf
	Framing    string            // prefix or header
	Feature    string            //
	Schema     string            // of the record
	References map[string]string // the schemas that it refers to, by name
	Bytes      string            // in base64; under prefix framing the schema id is 0
	Headers    map[string]string // in base64
	Value      json.RawMessage   // as encoding/json, or Protobuf's JSON, has it
}

const goldenFile = "testdata/golden.json"

var (
	goldenMu sync.Mutex
	goldens  []golden
)

// keep adds to the goldens of this run, if they are to be written.
func keep(t *testing.T, g golden, a answer, value any) {
	t.Helper()
	if !*update {
		return
	}
	data := a.data(t)
	if g.Framing == "prefix" {
		binary.BigEndian.PutUint32(data.Bytes[1:5], 0)
	}
	g.Bytes, g.Headers = base64.StdEncoding.EncodeToString(data.Bytes), a.Headers
	var err error
	if g.Value, err = valueText(value); err != nil {
		t.Fatal(err)
	}
	goldenMu.Lock()
	defer goldenMu.Unlock()
	goldens = append(goldens, g)
}

func valueText(value any) (json.RawMessage, error) {
	if m, ok := value.(*dynamicpb.Message); ok {
		text, err := protobuf.AppendJSON(nil, m)
		if err != nil {
			return nil, err
		}
		var compact bytes.Buffer
		err = json.Compact(&compact, text)
		return compact.Bytes(), err
	}
	return json.Marshal(value)
}

// writeGoldens is called when the tests have ended.
func writeGoldens() {
	if len(goldens) == 0 {
		return
	}
	slices.SortFunc(goldens, func(a, b golden) int {
		return cmp.Or(cmp.Compare(a.Writer, b.Writer), cmp.Compare(a.Format, b.Format), cmp.Compare(a.Framing, b.Framing), cmp.Compare(a.Feature, b.Feature))
	})
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for _, g := range goldens { // a line each
		if err := e.Encode(g); err != nil {
			panic(err)
		}
	}
	if err := os.WriteFile(goldenFile, out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}

// read reads a golden record with a registry that has its schema.
func (g golden) read(t *testing.T, reg *registrytest.Registry, topic string) (any, error) {
	t.Helper()
	types := map[string]registry.SchemaType{"avro": registry.Avro, "json": registry.JSON, "protobuf": registry.Protobuf}
	schema := registry.Schema{Type: types[g.Format], Text: g.Schema}
	var imports []*serde.Definition
	for name, text := range g.References {
		reg.Register(registry.Subject(name), registry.Schema{Type: schema.Type, Text: text})
		schema.References = append(schema.References, registry.Reference{Name: name, Subject: registry.Subject(name), Version: 1})
		imports = append(imports, &serde.Definition{Name: name, Schema: registry.Schema{Type: schema.Type, Text: text}})
	}
	id := reg.Register(registry.Subject(topic+"-value"), schema).ID
	client, err := registry.NewClient(reg.URL())
	if err != nil {
		return nil, err
	}
	defer client.Close(t.Context())
	data := answer{Bytes: &g.Bytes, Headers: g.Headers}.data(t)
	if g.Framing == "prefix" {
		binary.BigEndian.PutUint32(data.Bytes[1:5], uint32(id))
	}
	switch g.Format {
	case "avro":
		return deserialize(t, client, avro.Dynamic(g.Schema, avro.WithSchema(g.Schema, imports...), avro.PlainUnions()), topic, data)
	case "json":
		return deserialize(t, client, jsonschema.Dynamic(g.Schema, jsonschema.WithSchema(g.Schema, imports...), jsonschema.WithReadValidation()), topic, data)
	}
	return deserialize(t, client, protobuf.Dynamic(), topic, data)
}

func deserialize[T any](t *testing.T, client *registry.Client, format serde.Format[T], topic string, data serde.Data) (any, error) {
	t.Helper()
	d, err := serde.NewDeserializer(client, format)
	if err != nil {
		return nil, err
	}
	var v T
	_, err = d.Deserialize(t.Context(), serde.ValueOf(topic), data, &v)
	return v, err
}

func TestWhatOtherLanguagesWroteIsRead(t *testing.T) {
	t.Parallel()
	file, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reg := registrytest.New(t)
	n := 0
	for lines := json.NewDecoder(file); lines.More(); n++ {
		var g golden
		if err := lines.Decode(&g); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(g.Writer, ", ", g.Format, ", ", g.Framing, ", ", g.Feature)
		v, err := g.read(t, reg, fmt.Sprint("golden-", n))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text, err := valueText(v); err != nil || !sameJSON(t, text, g.Value) {
			t.Errorf("%s: read as %s, %v; want %s", name, text, err, g.Value)
		}
	}
	if n < 200 {
		t.Errorf("%d records only", n)
	}
}
