package registryserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// jsonSchema is an opaqueSchema whose parts are known.
type jsonSchema struct{ opaqueSchema }

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

// opaqueSchema is a schema whose type this registry can keep but not compare.
type opaqueSchema struct {
	text    string
	imports []Import
}

// Text is the text that is kept.
func (s *opaqueSchema) Text() string { return s.text }

// Resolved is the text: references stay references.
func (s *opaqueSchema) Resolved() string { return s.text }

// jsonChecker takes JSON Schemas without knowing their rules.
type jsonChecker struct{}

// Parse takes any JSON object or boolean; it keeps the text without white space.
func (jsonChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	raw := []byte(text)
	if nesting(raw) > maxNesting {
		return nil, errors.New("the JSON Schema is nested too deeply")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var first json.RawMessage // what follows the first value is dropped
	if err := dec.Decode(&first); err != nil {
		return nil, errors.New("the JSON Schema is not JSON: " + err.Error())
	}
	switch c := first[0]; c {
	case '{', 't', 'f':
	default:
		return nil, errors.New("the JSON Schema is neither an object nor a boolean")
	}
	if err := checkImports[*jsonSchema](opts.Imports); err != nil {
		return nil, err
	}
	if err := checkJSONType(first); err != nil {
		return nil, err
	}
	if opts.Normalize {
		var v any
		dec := json.NewDecoder(bytes.NewReader(first))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		sorted, err := encode(v) // object keys come out sorted
		if err != nil {
			return nil, err
		}
		return &jsonSchema{opaqueSchema{string(sorted), opts.Imports}}, nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, first); err != nil {
		return nil, err
	}
	return &jsonSchema{opaqueSchema{compact.String(), opts.Imports}}, nil
}

// Check knows only that a schema goes with itself.
func (jsonChecker) Check(writer, reader Parsed) ([]Difference, error) {
	return nil, checkOpaque(&writer.(*jsonSchema).opaqueSchema, &reader.(*jsonSchema).opaqueSchema)
}

func checkOpaque(w, r *opaqueSchema) error {
	if w.text == r.text && slices.Equal(w.imports, r.imports) {
		return nil
	}
	return errUnchecked
}

// protobufChecker takes Protobuf files without knowing their rules.
type protobufChecker struct{}

// Parse takes any text that could be a .proto file; it keeps it as it is.
func (protobufChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, errors.New("the Protobuf file is not UTF-8 text")
	}
	if err := checkImports[*opaqueSchema](opts.Imports); err != nil {
		return nil, err
	}
	for _, word := range []string{"syntax", "message", "enum", "import", "package", "service", "option"} {
		if strings.Contains(text, word) {
			return &opaqueSchema{text, opts.Imports}, nil
		}
	}
	return nil, errors.New("the text has nothing of a Protobuf file: no syntax, package, message or enum")
}

// Check knows only that a schema goes with itself.
func (protobufChecker) Check(writer, reader Parsed) ([]Difference, error) {
	return nil, checkOpaque(writer.(*opaqueSchema), reader.(*opaqueSchema))
}

var jsonTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// checkJSONType refuses a schema whose own type is none of JSON Schema's.
func checkJSONType(schema json.RawMessage) error {
	var of struct {
		Type any `json:"type"`
	}
	if schema[0] != '{' {
		return nil
	}
	if err := json.Unmarshal(schema, &of); err != nil {
		return err
	}
	types, ok := of.Type.([]any)
	if !ok && of.Type != nil {
		types = []any{of.Type}
	}
	for _, t := range types {
		if name, ok := t.(string); !ok || !slices.Contains(jsonTypes, name) {
			return fmt.Errorf("the JSON Schema's type is none of %s", strings.Join(jsonTypes, ", "))
		}
	}
	return nil
}

// checkImports refuses references to schemas of another type.
func checkImports[T Parsed](imports []Import) error {
	for _, i := range imports {
		if _, ok := i.Schema.(T); !ok {
			return fmt.Errorf("reference %q is a schema of another type", i.Name)
		}
	}
	return nil
}
