package registryserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/avro"
)

// avroChecker is package avro, asked as the reference registry asks Avro for Java.
type avroChecker struct{}

// avroSchema is a parsed Avro schema.
type avroSchema struct {
	schema  *avro.Schema
	text    string
	imports []*avro.Schema
}

// Text is the text as Avro for Java prints it.
func (s *avroSchema) Text() string { return s.text }

// Resolved is the text with the types of the references written out.
func (s *avroSchema) Resolved() string { return s.schema.String() }

// Fields are the names of a record's fields.
func (s *avroSchema) Fields() []string {
	var names []string
	for _, f := range s.schema.Fields() {
		names = append(names, f.Name())
	}
	return names
}

// Entities are the records and their fields.
func (s *avroSchema) Entities(tree *jsonTree, visit func(Entity, *jsonTree)) {
	avroEntities(tree, "", "", visit)
}

func avroEntities(t *jsonTree, prefix, namespace string, visit func(Entity, *jsonTree)) {
	if t.array { // a union
		for _, branch := range t.values {
			avroEntities(branch, prefix, namespace, visit)
		}
		return
	}
	switch t.text("type") {
	case "array":
		avroEntities(t.get("items"), prefix, namespace, visit)
	case "map":
		avroEntities(t.get("values"), prefix, namespace, visit)
	case "record", "error":
		name := t.text("name")
		if ns := t.get("namespace"); ns != nil {
			namespace = t.text("namespace")
		}
		if i := strings.LastIndexByte(name, '.'); i >= 0 {
			namespace, name = name[:i], name[i+1:]
		}
		path := prefix + name
		if namespace != "" {
			path = prefix + namespace + "." + name
		}
		visit(Entity{path, recordEntity}, t)
		fields := t.get("fields")
		if fields == nil || !fields.array {
			return
		}
		for _, f := range fields.values {
			field := path + "." + f.text("name")
			visit(Entity{field, fieldEntity}, f)
			if of := f.get("type"); of != nil {
				avroEntities(of, field+".", namespace, visit)
			}
		}
	case "":
		if of := t.get("type"); of != nil {
			avroEntities(of, prefix, namespace, visit)
		}
	}
}

// Parse reads an Avro schema.
func (avroChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	parse := []avro.ParseOption{avro.WithDefaultCheck(avro.CheckDefaultShapes)}
	if !opts.New {
		parse = []avro.ParseOption{avro.WithDefaultCheck(avro.IgnoreDefaults)}
		if !opts.Normalize {
			parse = append(parse, avro.WithLaxNamespaces())
		}
	}
	var imports []*avro.Schema // with those that they have in turn
	for _, i := range opts.Imports {
		s, ok := i.Schema.(*avroSchema)
		if !ok {
			return nil, fmt.Errorf("reference %q is no Avro schema", i.Name)
		}
		for _, one := range append(slices.Clone(s.imports), s.schema) {
			if !slices.Contains(imports, one) {
				imports = append(imports, one)
			}
		}
	}
	if len(imports) > 0 {
		parse = append(parse, avro.WithReferences(imports...))
	}
	schema, err := avro.Parse(text, parse...)
	if err != nil {
		return nil, err
	}
	kept := schema.StringWithout(imports...)
	if opts.Normalize {
		if kept, err = schema.NormalizedWithout(imports...); err != nil {
			return nil, err
		}
	}
	return &avroSchema{schema: schema, text: kept, imports: imports}, nil
}

// Check compares by Avro's schema resolution.
func (avroChecker) Check(writer, reader Parsed) ([]Difference, error) {
	w, r := writer.(*avroSchema), reader.(*avroSchema)
	var all []Difference
	for _, i := range avro.CheckCompatibility(w.schema, r.schema) {
		d := Difference{Type: string(i.Kind), Path: i.Path, Description: describeAvro(i.Kind), Info: strings.ReplaceAll(i.Message, "'", "")}
		if i.Kind == avro.AmbiguousAlias || i.Kind == avro.TooComplex {
			d = Difference{Description: i.String()}
		}
		all = append(all, d)
	}
	return all, nil
}

func describeAvro(kind avro.IncompatibilityKind) string {
	switch kind {
	case avro.NameMismatch:
		return "The name of the type in the new schema does not match that in the old schema"
	case avro.FixedSizeMismatch:
		return "The size of the fixed type in the new schema does not match that in the old schema"
	case avro.MissingEnumSymbols:
		return "The reader's enum lacks symbols of the writer's and has no default"
	case avro.ReaderFieldMissingDefaultValue:
		return "The reader's field is not in the writer's record and has no default"
	case avro.TypeMismatch:
		return "The types in the two schemas do not match"
	case avro.MissingUnionBranch:
		return "The reader's union lacks a branch of the writer's"
	}
	return "The schemas do not match"
}
