package registryserver

import (
	"fmt"

	"github.com/concord-go/concord/jsonschema"
)

// jsonChecker is package jsonschema.
type jsonChecker struct{}

// jsonSchema is a parsed JSON Schema.
type jsonSchema struct {
	schema *jsonschema.Schema
	text   string
}

// Text is the text without white space.
func (s *jsonSchema) Text() string { return s.text }

// Resolved is the text: references stay references.
func (s *jsonSchema) Resolved() string { return s.text }

// Fields are the names of an object's properties.
func (s *jsonSchema) Fields() []string { return s.schema.Properties() }

// Entities are the objects and their properties.
func (s *jsonSchema) Entities(tree *jsonTree, visit func(Entity, *jsonTree)) {
	jsonEntities(tree, "object", visit)
}

func jsonEntities(t *jsonTree, path string, visit func(Entity, *jsonTree)) {
	properties := t.get("properties")
	if t.text("type") != "object" && properties == nil {
		return
	}
	visit(Entity{path, recordEntity}, t)
	if !properties.isObject() {
		return
	}
	for i, name := range properties.keys {
		p := properties.values[i]
		if !p.isObject() {
			continue
		}
		field := path + "." + name
		visit(Entity{field, fieldEntity}, p)
		jsonEntities(p, field+".object", visit)
	}
}

// Parse reads a JSON Schema.
func (jsonChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	var references []jsonschema.Reference
	for _, i := range opts.Imports {
		s, ok := i.Schema.(*jsonSchema)
		if !ok {
			return nil, fmt.Errorf("reference %q is no JSON Schema", i.Name)
		}
		references = append(references, jsonschema.Reference{Name: i.Name, Schema: s.schema})
	}
	schema, err := jsonschema.Parse(text, jsonschema.WithReferences(references...))
	if err != nil {
		return nil, err
	}
	if opts.Normalize {
		return &jsonSchema{schema, schema.Normalized()}, nil
	}
	return &jsonSchema{schema, schema.String()}, nil
}

// Check compares under the policy STRICT.
func (jsonChecker) Check(writer, reader Parsed) ([]Difference, error) {
	return checkJSON(writer, reader, jsonschema.Strict), nil
}

// CheckLenient compares under the policy LENIENT.
func (jsonChecker) CheckLenient(writer, reader Parsed) ([]Difference, error) {
	return checkJSON(writer, reader, jsonschema.Lenient), nil
}

func checkJSON(writer, reader Parsed, policy jsonschema.Policy) []Difference {
	var all []Difference
	for _, d := range jsonschema.CheckCompatibility(writer.(*jsonSchema).schema, reader.(*jsonSchema).schema, policy) {
		diff := Difference{Type: string(d.Kind), Path: d.Path, Description: d.Kind.Description()}
		if d.Kind == jsonschema.SchemaAdded { // the reference registry's message has no path
			diff.Path, diff.Description = "", diff.Description+" ("+d.Path+")"
		}
		all = append(all, diff)
	}
	return all
}
