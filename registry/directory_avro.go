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
		node, err := avroTree(text)
		if err != nil {
			return nil, err
		}
		f.collect(node, "")
	}
	node, err := avroTree(text)
	if err != nil {
		return nil, err
	}
	form := f.schema(node, "")
	if f.tooDeep {
		return nil, errors.New("nested too deeply")
	}
	return form, nil
}

func avroTree(text string) (any, error) {
	node, more, err := parseTree(text)
	if more {
		err = errors.New("text after the schema")
	}
	return node, err
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
		if f.defined[name] {
			return name // once more
		}
		f.defined[name] = true
		form["name"] = name
		keepText(form, node, "doc")
		switch word {
		case "enum":
			form["symbols"] = node["symbols"]
			delete(form, "default")
			keepText(form, node, "default")
		case "fixed":
			form["size"] = node["size"]
		}
		if aliases, ok := node["aliases"].([]any); ok {
			keepAliases(form, aliases, func(alias string) string {
				full, _ := avroName(nil, alias, namespace)
				return full
			})
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
		delete(form, "doc")
		keepText(form, node, "doc")
		if order, ok := node["order"].(string); ok {
			if form["order"] = strings.ToLower(order); form["order"] == "ascending" {
				delete(form, "order")
			}
		}
		if aliases, ok := node["aliases"].([]any); ok {
			delete(form, "aliases")
			keepAliases(form, aliases, func(alias string) string { return alias })
		}
		forms[i] = form
	}
	return forms
}

// keepText copies an attribute if it is a text; if not, it is not one.
func keepText(form, node map[string]any, attribute string) {
	if text, ok := node[attribute].(string); ok {
		form[attribute] = text
	}
}

// keepAliases notes each alias once, and nothing where there are none.
func keepAliases(form map[string]any, aliases []any, full func(string) string) {
	var kept []string
	for _, alias := range aliases {
		if alias, ok := alias.(string); ok && !slices.Contains(kept, full(alias)) {
			kept = append(kept, full(alias))
		}
	}
	if len(kept) > 0 {
		form["aliases"] = kept
	}
}
