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
	schema *avro.Schema
	text   string
	uses   []avroUse // all that it refers to, directly or not, what is used first first
}

// avroUse is a schema that another one refers to by a name.
type avroUse struct {
	name   string
	schema *avro.Schema
	text   string
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

// maxAvroText is more than is kept: white space does not count there.
const maxAvroText = 16 << 20

// Parse reads an Avro schema.
func (avroChecker) Parse(text string, opts ParseOptions) (Parsed, error) {
	checks := []avro.ParseOption{avro.WithDefaultCheck(avro.CheckDefaultShapes)}
	if !opts.New {
		checks = []avro.ParseOption{avro.WithDefaultCheck(avro.IgnoreDefaults)}
		if !opts.Normalize {
			checks = append(checks, avro.WithLaxNamespaces())
		}
	}
	checks = append(checks, avro.WithParseLimits(avro.ParseLimits{TextSize: maxAvroText}))
	uses, err := avroUses(opts.Imports)
	if err != nil {
		return nil, err
	}
	schema, err := avro.Parse(text, append(checks, withUses(uses))...)
	if err != nil {
		// Two references may bring a type in two versions: then the first one counts.
		settled, ok := settleUses(uses)
		if !ok {
			return nil, err
		}
		var again error
		if schema, again = avro.Parse(text, append(checks, withUses(settled))...); again != nil {
			return nil, err
		}
		uses = settled
	}
	s := &avroSchema{schema: schema, uses: uses}
	if !opts.Normalize {
		s.text = schema.StringWithout(schemasOf(uses)...)
		return s, nil
	}
	s.text, err = schema.NormalizedWithout(schemasOf(uses)...)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// avroUses lists the imports with what they use in turn, each name once.
func avroUses(imports []Import) ([]avroUse, error) {
	var uses []avroUse
	add := func(u avroUse) {
		if !slices.ContainsFunc(uses, func(other avroUse) bool { return other.name == u.name }) {
			uses = append(uses, u)
		}
	}
	for _, i := range imports {
		s, ok := i.Schema.(*avroSchema)
		if !ok {
			return nil, fmt.Errorf("reference %q is no Avro schema", i.Name)
		}
		for _, u := range s.uses {
			add(u)
		}
		add(avroUse{i.Name, s.schema, s.text})
	}
	return uses, nil
}

func schemasOf(uses []avroUse) []*avro.Schema {
	all := make([]*avro.Schema, len(uses))
	for i, u := range uses {
		all[i] = u.schema
	}
	return all
}

func withUses(uses []avroUse) avro.ParseOption { return avro.WithReferences(schemasOf(uses)...) }

// settleUses reads the texts again, one after the other, each with those before it:
// so all of them mean the same by a name.
func settleUses(uses []avroUse) ([]avroUse, bool) {
	if len(uses) < 2 {
		return nil, false
	}
	var settled []avroUse
	for _, u := range uses {
		s, err := avro.Parse(u.text, withUses(settled), avro.WithDefaultCheck(avro.IgnoreDefaults), avro.WithLaxNamespaces(),
			avro.WithParseLimits(avro.ParseLimits{TextSize: maxAvroText}))
		if err != nil {
			return nil, false
		}
		settled = append(settled, avroUse{u.name, s, u.text})
	}
	return settled, true
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
