package registry

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// avroForm compares Avro schemas by what their texts say (Avro 1.12, Schema
// Declaration): names are full names, an object that says no more than a word is
// the word, what is the default is left out, and what the text refers to is
// written out where it first stands.
type avroForm struct {
	imports map[string]avroImport // named types of other texts, by full name
	defined map[string]bool
	depth   int
	tooDeep bool
}

// maxAvroDepth bounds the nesting of a form; texts that refer to each other could
// make it deeper than JSON may be.
const maxAvroDepth = 5000

type avroImport struct {
	node      map[string]any
	namespace string // around it
}

// avroFormOf is the form of a text with the texts of all it refers to.
func avroFormOf(text string, imports []string) (any, error) {
	f := avroForm{imports: make(map[string]avroImport), defined: make(map[string]bool)}
	for _, text := range imports {
		node, err := parseTree(text)
		if err != nil {
			return nil, err
		}
		f.collect(node, "")
	}
	node, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	form := f.schema(node, "")
	if f.tooDeep {
		return nil, errors.New("nested too deeply")
	}
	return form, nil
}

// avroOwn are the attributes that the specification gives a meaning somewhere;
// where they have none they are no properties either.
var avroOwn = []string{"type", "name", "namespace", "doc", "aliases", "fields", "symbols", "size", "items", "values"}

var avroPrimitives = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string"}

// collect notes the named types that a text defines.
func (f *avroForm) collect(node any, namespace string) {
	switch node := node.(type) {
	case []any:
		for _, branch := range node {
			f.collect(branch, namespace)
		}
	case map[string]any:
		outside := namespace
		if name, ok := node["name"].(string); ok && isAvroNamed(node) {
			name, namespace = avroName(node, name, namespace)
			if _, has := f.imports[name]; !has {
				f.imports[name] = avroImport{node, outside}
			}
		}
		fields, _ := node["fields"].([]any)
		for _, field := range fields {
			if field, ok := field.(map[string]any); ok {
				f.collect(field["type"], namespace)
			}
		}
		for _, inner := range []string{"type", "items", "values"} {
			f.collect(node[inner], namespace)
		}
	}
}

func isAvroNamed(node map[string]any) bool {
	switch node["type"] {
	case "record", "error", "enum", "fixed":
		return true
	}
	return false
}

// avroName is the full name of a definition, and the namespace within it.
func avroName(node map[string]any, name, namespace string) (full, within string) {
	if !strings.Contains(name, ".") {
		if own, ok := node["namespace"].(string); ok {
			namespace = own
		}
		name = namespace + "." + name
	}
	name = strings.TrimPrefix(name, ".")
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name, name[:i]
	}
	return name, ""
}

func (f *avroForm) schema(node any, namespace string) any {
	if f.depth++; f.depth > maxAvroDepth {
		f.tooDeep = true
		return nil
	}
	defer func() { f.depth-- }()
	switch node := node.(type) {
	case string:
		return f.named(node, namespace)
	case []any:
		union := make([]any, len(node))
		for i, branch := range node {
			union[i] = f.schema(branch, namespace)
		}
		return union
	case map[string]any:
		return f.object(node, namespace)
	}
	return node
}

// named is a primitive type, or the named type that a name stands for.
func (f *avroForm) named(name, namespace string) any {
	if slices.Contains(avroPrimitives, name) {
		return name
	}
	full, _ := avroName(nil, name, namespace)
	if _, imported := f.imports[full]; !imported && !f.defined[full] {
		if _, imported = f.imports[name]; imported || f.defined[name] {
			full = name // one without a namespace
		}
	}
	if imported, ok := f.imports[full]; ok && !f.defined[full] {
		return f.object(imported.node, imported.namespace)
	}
	return full
}

func (f *avroForm) object(node map[string]any, namespace string) any {
	word, ok := node["type"].(string)
	if !ok {
		return f.schema(node["type"], namespace)
	}
	form := make(map[string]any)
	for k, v := range node {
		if !slices.Contains(avroOwn, k) {
			form[k] = v
		}
	}
	switch word {
	case "record", "error", "enum", "fixed":
		name, _ := node["name"].(string)
		name, namespace = avroName(node, name, namespace)
		f.defined[name] = true
		form["name"] = name
		keep(form, node, "doc", "symbols", "size")
		if aliases, ok := node["aliases"].([]any); ok && len(aliases) > 0 {
			full := make([]any, len(aliases))
			for i, alias := range aliases {
				full[i] = alias
				if alias, ok := alias.(string); ok {
					full[i], _ = avroName(nil, alias, namespace)
				}
			}
			form["aliases"] = full
		}
		if fields, ok := node["fields"].([]any); ok {
			form["fields"] = f.fields(fields, namespace)
		}
	case "array":
		form["items"] = f.schema(node["items"], namespace)
	case "map":
		form["values"] = f.schema(node["values"], namespace)
	default:
		if !slices.Contains(avroPrimitives, word) || len(form) == 0 {
			return f.named(word, namespace)
		}
	}
	form["type"] = word
	return form
}

func (f *avroForm) fields(fields []any, namespace string) []any {
	forms := make([]any, len(fields))
	for i, field := range fields {
		node, ok := field.(map[string]any)
		if !ok {
			forms[i] = field
			continue
		}
		form := maps.Clone(node)
		form["type"] = f.schema(node["type"], namespace)
		if order, ok := node["order"].(string); ok && strings.EqualFold(order, "ascending") {
			delete(form, "order")
		}
		if aliases, ok := node["aliases"].([]any); ok && len(aliases) == 0 {
			delete(form, "aliases")
		}
		forms[i] = form
	}
	return forms
}

// keep copies the attributes that are there.
func keep(form, node map[string]any, attributes ...string) {
	for _, k := range attributes {
		if v, ok := node[k]; ok {
			form[k] = v
		}
	}
}
