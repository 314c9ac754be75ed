package jsonschema

import (
	"encoding"
	stdjson "encoding/json"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/concord-go/concord/serde"
)

// TypeError says why a Go type cannot be a schema, and where. It is of the class [serde.TypeMismatch].
type TypeError struct {
	Path   string // the Go type and the way into it, such as pkg.Event.Items[].ID
	Reason string
}

// Error is the path and the reason.
func (e *TypeError) Error() string { return "jsonschema: Go type " + e.Path + ": " + e.Reason }

// Unwrap returns the error's class.
func (e *TypeError) Unwrap() error { return serde.TypeMismatch }

// SchemaFor derives a schema of draft 7 from a Go type: its title is the type's name, a property
// is required unless its field has omitempty or omitzero, a pointer is null, too, and objects are open. Named structs
// inside are definitions. A field may say more in the tag jsonschema, in parts that commas separate:
//
//	title= description= format= pattern= minLength= maxLength= minimum= maximum= exclusiveMinimum=
//	exclusiveMaximum= multipleOf= minItems= maxItems= default= enum= (once for each value)
//	required, nullable, uniqueItems
//
// The text depends on nothing but the type. The error is a [*TypeError].
func SchemaFor[T any]() (*Schema, error) {
	text, err := deriveSchema(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

type deriver struct {
	root  reflect.Type
	names map[reflect.Type]string
	taken map[string]reflect.Type
	defs  *value
}

func object(pairs ...any) *value {
	v := &value{kind: objectValue}
	for i := 0; i < len(pairs); i += 2 {
		v.set(pairs[i].(string), pairs[i+1].(*value))
	}
	return v
}

func text(s string) *value { return &value{kind: stringValue, text: s} }

func digits(s string) *value { return &value{kind: numberValue, text: s} }

func deriveSchema(t reflect.Type) (string, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	d := &deriver{root: t, names: make(map[reflect.Type]string), taken: make(map[string]reflect.Type), defs: object()}
	var inner *value
	var err error
	if t.Kind() == reflect.Struct && !isScalar(t) {
		inner, err = d.structure(t, t.String(), 0)
	} else {
		inner, err = d.of(t, t.String(), 0)
	}
	if err != nil {
		return "", err
	}
	root := object("$schema", text(draftURLs[Draft7]+"#"))
	if t.Name() != "" && t.PkgPath() != "" {
		name, _, _ := strings.Cut(t.Name(), "[")
		root.set("title", text(name))
	}
	for i, key := range inner.keys {
		root.set(key, inner.values[i])
	}
	if len(d.defs.keys) > 0 {
		root.set("definitions", d.defs)
	}
	return string(appendValue(nil, root, false)), nil
}

var (
	timeType       = reflect.TypeFor[time.Time]()
	numberType     = reflect.TypeFor[stdjson.Number]()
	rawType        = reflect.TypeFor[stdjson.RawMessage]()
	textMarshaler  = reflect.TypeFor[encoding.TextMarshaler]()
	valueMarshaler = reflect.TypeFor[stdjson.Marshaler]()
)

func isScalar(t reflect.Type) bool {
	return t == timeType || implements(t, textMarshaler) || implements(t, valueMarshaler)
}

func implements(t, i reflect.Type) bool { return t.Implements(i) || reflect.PointerTo(t).Implements(i) }

func (d *deriver) of(t reflect.Type, path string, depth int) (*value, error) {
	if depth > 100 {
		return nil, &TypeError{path, "it is nested more than 100 levels deep"}
	}
	switch {
	case t == timeType:
		return object("type", text("string"), "format", text("date-time")), nil
	case t == numberType:
		return object("type", text("number")), nil
	case t == rawType, implements(t, valueMarshaler):
		return object(), nil
	case implements(t, textMarshaler):
		return object("type", text("string")), nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return object("type", text("boolean")), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object("type", text("integer")), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object("type", text("integer"), "minimum", digits("0")), nil
	case reflect.Float32, reflect.Float64:
		return object("type", text("number")), nil
	case reflect.String:
		return object("type", text("string")), nil
	case reflect.Interface:
		return object(), nil
	case reflect.Pointer:
		inner, err := d.of(t.Elem(), path, depth+1)
		if err != nil {
			return nil, err
		}
		return nullable(inner), nil
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return object("type", text("string"), "contentEncoding", text("base64")), nil
		}
		items, err := d.of(t.Elem(), path+"[]", depth+1)
		if err != nil {
			return nil, err
		}
		v := object("type", text("array"), "items", items)
		if t.Kind() == reflect.Array {
			v.set("minItems", digits(strconv.Itoa(t.Len())))
			v.set("maxItems", digits(strconv.Itoa(t.Len())))
		}
		return v, nil
	case reflect.Map:
		switch k := t.Key(); {
		case k.Kind() == reflect.String, k.Kind() >= reflect.Int && k.Kind() <= reflect.Uint64, implements(k, textMarshaler):
		default:
			return nil, &TypeError{path, "a map's key must be a string, a whole number, or write itself as text"}
		}
		values, err := d.of(t.Elem(), path+"{}", depth+1)
		if err != nil {
			return nil, err
		}
		return object("type", text("object"), "additionalProperties", values), nil
	case reflect.Struct:
		return d.reference(t, path, depth)
	}
	return nil, &TypeError{path, "JSON has no form for " + t.Kind().String()}
}

// reference is a named struct's definition, which is made where it is first met.
func (d *deriver) reference(t reflect.Type, path string, depth int) (*value, error) {
	switch {
	case t == d.root:
		return object("$ref", text("#")), nil
	case t.Name() == "":
		return d.structure(t, path, depth)
	}
	name, ok := d.names[t]
	if !ok {
		name = strings.Map(func(r rune) rune {
			if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
				return r
			}
			return '_'
		}, t.Name())
		for base, n := name, 2; d.taken[name] != nil; n++ {
			name = base + strconv.Itoa(n)
		}
		d.names[t], d.taken[name] = name, t
		d.defs.set(name, object())
		inner, err := d.structure(t, path, depth+1)
		if err != nil {
			return nil, err
		}
		d.defs.set(name, inner)
	}
	return object("$ref", text("#/definitions/"+name)), nil
}

func nullable(v *value) *value {
	null := object("type", text("null"))
	t := v.get("type")
	switch {
	case len(v.keys) == 0:
		return v
	case isText(t) && v.get("enum") == nil:
		n := object("type", &value{kind: arrayValue, values: []*value{text("null"), t}})
		for i, key := range v.keys {
			if key != "type" {
				n.set(key, v.values[i])
			}
		}
		return n
	case t != nil && t.kind == arrayValue:
		return v
	}
	return object("oneOf", &value{kind: arrayValue, values: []*value{null, v}})
}

func (d *deriver) structure(t reflect.Type, path string, depth int) (*value, error) {
	v := object("type", text("object"))
	properties, required := object(), &value{kind: arrayValue}
	if err := d.fields(t, path, depth, properties, required); err != nil {
		return nil, err
	}
	if len(properties.keys) > 0 {
		v.set("properties", properties)
	}
	if len(required.values) > 0 {
		v.set("required", required)
	}
	return v, nil
}

// embeddedType is a struct whose fields are those of the struct around it.
type embeddedType struct {
	reflect.Type
	path string
}

// foundField is a field that may be a property.
type foundField struct {
	reflect.StructField
	name    string
	named   bool // by its tag
	options string
	path    string
}

// fields adds a struct's fields, and those of embedded structs as encoding/json has them: what is embedded less
// deep hides what is deeper; of several equally deep the one that a tag names counts, or none.
func (d *deriver) fields(t reflect.Type, path string, depth int, properties, required *value) error {
	taken := make(map[string]bool)
	seen := map[reflect.Type]bool{t: true}
	for level := []embeddedType{{t, path}}; len(level) > 0; depth++ {
		if depth > 100 {
			return &TypeError{path, "it is nested more than 100 levels deep"}
		}
		var order []foundField
		var deeper []embeddedType
		for _, e := range level {
			for f := range fieldsOf(e) {
				if inner, ok := f.embedded(); ok {
					if !seen[inner] {
						seen[inner] = true
						deeper = append(deeper, embeddedType{inner, f.path})
					}
				} else if f.IsExported() {
					order = append(order, f)
				}
			}
		}
		for _, f := range order {
			if taken[f.name] || !f.counts(order) {
				continue
			}
			if err := d.property(f, depth, properties, required); err != nil {
				return err
			}
		}
		for _, f := range order {
			taken[f.name] = true
		}
		level = deeper
	}
	return nil
}

func fieldsOf(e embeddedType) iter.Seq[foundField] {
	return func(yield func(foundField) bool) {
		for i := range e.NumField() {
			f := foundField{StructField: e.Field(i), path: e.path + "." + e.Field(i).Name}
			tag := f.Tag.Get("json")
			if tag == "-" {
				continue
			}
			f.name, f.options, _ = strings.Cut(tag, ",")
			if f.named = f.name != ""; !f.named {
				f.name = f.Name
			}
			if !yield(f) {
				return
			}
		}
	}
}

// embedded is the struct whose fields stand in the field's place. It is nil for a map of other properties.
func (f foundField) embedded() (reflect.Type, bool) {
	inner := f.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	asked := has(f.options, "embed") || has(f.options, "inline") || has(f.options, "unknown")
	if inner.Kind() != reflect.Struct {
		return reflect.TypeFor[struct{}](), asked
	}
	return inner, asked || f.Anonymous && !f.named && !isScalar(inner)
}

// counts reports whether the field is the one of its name among those that are equally deep.
func (f foundField) counts(level []foundField) bool {
	same, named := 0, 0
	for _, o := range level {
		if o.name == f.name {
			same++
			if o.named {
				named++
			}
		}
	}
	return same == 1 || named == 1 && f.named
}

func (d *deriver) property(f foundField, depth int, properties, required *value) error {
	schema, err := d.of(f.Type, f.path, depth+1)
	if err != nil {
		return err
	}
	if has(f.options, "string") && schema.get("type") != nil {
		schema = object("type", text("string"))
	}
	optional := has(f.options, "omitempty") || has(f.options, "omitzero")
	if schema, err = annotate(schema, f.Tag.Get("jsonschema"), f.path, &optional); err != nil {
		return err
	}
	properties.set(f.name, schema)
	if !optional {
		required.values = append(required.values, text(f.name))
	}
	return nil
}

func has(options, want string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == want {
			return true
		}
	}
	return false
}

// annotate adds what the tag jsonschema says.
func annotate(v *value, tag, path string, optional *bool) (*value, error) {
	if tag == "" || tag == "-" {
		return v, nil
	}
	null := false
	for part := range strings.SplitSeq(tag, ",") {
		key, arg, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			*optional = false
		case "nullable":
			null = true
		case "uniqueItems":
			v.set(key, &value{kind: boolValue, bool: true})
		case "title", "description", "format", "pattern":
			v.set(key, text(arg))
		case "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems":
			if !isNumber(arg) {
				return nil, &TypeError{path, "the tag jsonschema wants a number for " + key}
			}
			v.set(key, digits(arg))
		case "default":
			v.set(key, literal(v, arg))
		case "enum":
			list := v.get(key)
			if list == nil {
				list = &value{kind: arrayValue}
				v.set(key, list)
			}
			list.values = append(list.values, literal(v, arg))
		default:
			return nil, &TypeError{path, "the tag jsonschema has no part " + excerpt(key)}
		}
	}
	if list := v.get("enum"); list != nil && v.get("type") != nil && v.get("type").kind == arrayValue {
		list.values = append(list.values, &value{kind: nullValue})
	}
	if null {
		v = nullable(v)
	}
	return v, nil
}

func isNumber(s string) bool {
	var n stdjson.Number
	return stdjson.Unmarshal([]byte(s), &n) == nil && s != "null" && s[0] != '"'
}

// literal is a tag's text as a value of the schema's type.
func literal(v *value, arg string) *value {
	t := v.get("type")
	if t != nil && t.kind == arrayValue {
		t = t.values[len(t.values)-1]
	}
	switch {
	case isText(t) && (t.text == "integer" || t.text == "number") && isNumber(arg):
		return digits(arg)
	case isText(t) && t.text == "boolean" && (arg == "true" || arg == "false"):
		return &value{kind: boolValue, bool: arg == "true"}
	}
	return text(arg)
}
