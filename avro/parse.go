package avro

import (
	"math"
	"strconv"
	"strings"
)

// Parse reads a schema in the JSON form of the Avro 1.12 specification and checks
// all of it: names, references between types, unions, and the default of
// every field against the field's type, where a union's may match any branch.
// Where the specification leaves room, it takes what Avro for Java 1.12 takes:
// comments before and within the schema, attributes given twice (the last
// counts), types used before their definition or defined twice alike. Text
// after the schema, comments included, is refused.
//
// Its errors are of type [*SchemaError], with the place of the fault.
func Parse(text string, opts ...ParseOption) (*Schema, error) {
	p := parser{names: make(map[Name]*Schema)}
	for _, o := range opts {
		o(&p.parseConfig)
	}
	p.limits = p.limits.withDefaults()
	if len(text) > p.limits.TextSize {
		return nil, newLimitError("", "the text has %d bytes, allowed are %d", len(text), p.limits.TextSize)
	}
	if err := p.addReferences(); err != nil {
		return nil, err
	}
	v, err := parseJSON(text, p.limits.Depth)
	if err != nil {
		return nil, err
	}
	p.defaults = newDefaultEncoder(len(text), p.limits.Depth)
	var root *Schema
	if err := p.parse(v, "", nil, &root); err != nil {
		return nil, err
	}
	if err := p.finish(&root); err != nil {
		return nil, err
	}
	return root, nil
}

// MustParse is [Parse] for package-level variables: it panics when text is no schema.
func MustParse(text string, opts ...ParseOption) *Schema {
	s, err := Parse(text, opts...)
	if err != nil {
		panic(err)
	}
	return s
}

type parser struct {
	parseConfig
	names    map[Name]*Schema
	pending  []pendingType
	unions   []locatedSchema
	twins    []twin
	defaults *defaultEncoder
}

// pendingType is a reference by name to a type that was not yet defined there.
type pendingType struct {
	name Name
	slot **Schema
	path *path
}

type locatedSchema struct {
	schema *Schema
	path   *path
}

// twin is the second definition of a name.
type twin struct {
	first, second *Schema
	path          *path
}

// parse reads the type in v, within namespace, and puts it into slot, at once
// or, where it is the name of a later type, at the end.
func (p *parser) parse(v *jsonValue, namespace string, at *path, slot **Schema) error {
	switch v.kind {
	case jsonString:
		return p.parseReference(v.text, namespace, at, slot)
	case jsonArray:
		return p.parseUnion(v, namespace, at, slot)
	case jsonObject:
	default:
		return at.errorf("a type was expected (a name, an object or a union's array), not %s", jsonKindNames[v.kind])
	}
	t := v.member("type")
	if t == nil || t.kind != jsonString {
		return at.errorf(`the attribute "type" is missing or no string`)
	}
	if k, ok := primitiveKinds[t.text]; ok {
		return p.parsePrimitive(k, v, slot)
	}
	switch t.text {
	case "record", "error":
		return p.parseRecord(v, namespace, at, slot)
	case "enum":
		return p.parseEnum(v, namespace, at, slot)
	case "fixed":
		return p.parseFixed(v, namespace, at, slot)
	case "array":
		return p.parseCollection(Array, "items", v, namespace, at, slot)
	case "map":
		return p.parseCollection(Map, "values", v, namespace, at, slot)
	}
	return p.parseReference(t.text, namespace, at.to("type"), slot)
}

func (p *parser) parseReference(text, namespace string, at *path, slot **Schema) error {
	if k, ok := primitiveKinds[text]; ok {
		*slot = primitives[k]
		return nil
	}
	name := qualify(text, namespace)
	if s := p.names[name]; s != nil {
		*slot = s
		return nil
	}
	// A simple name that the namespace does not have is looked for outside of all.
	if s := p.names[Name{Local: text}]; s != nil {
		*slot = s
		return nil
	}
	p.pending = append(p.pending, pendingType{name, slot, at})
	return nil
}

func (p *parser) parseUnion(v *jsonValue, namespace string, at *path, slot **Schema) error {
	s := &Schema{kind: Union, branches: make([]*Schema, len(v.elems))}
	*slot = s
	for i, e := range v.elems {
		if e.kind == jsonArray {
			return at.index(i).errorf("a union directly within a union")
		}
		if err := p.parse(e, namespace, at.index(i), &s.branches[i]); err != nil {
			return err
		}
	}
	p.unions = append(p.unions, locatedSchema{s, at})
	return nil
}

func (p *parser) parsePrimitive(k Kind, v *jsonValue, slot **Schema) error {
	s := &Schema{kind: k, props: properties(v, schemaAttributes)}
	if len(s.props) == 0 {
		s = primitives[k]
	} else {
		s.logical = logicalOf(s)
	}
	*slot = s
	return nil
}

func (p *parser) parseCollection(k Kind, attribute string, v *jsonValue, namespace string, at *path, slot **Schema) error {
	s := &Schema{kind: k, props: properties(v, schemaAttributes)}
	*slot = s
	items := v.member(attribute)
	if items == nil {
		return at.errorf("the attribute %q is missing", attribute)
	}
	return p.parse(items, namespace, at.to(attribute), &s.items)
}

// parseNamed reads what records, enums and fixed types have in common, and makes the name known.
func (p *parser) parseNamed(k Kind, v *jsonValue, namespace string, at *path, slot **Schema) (*Schema, error) {
	s := &Schema{kind: k}
	s.doc, s.hasDoc = parseDoc(v)
	if n := v.member("namespace"); n != nil && n.kind == jsonString {
		namespace = n.text
	}
	n := v.member("name")
	if n == nil || n.kind != jsonString {
		return nil, at.errorf(`the attribute "name" is missing or no string`)
	}
	s.name = qualify(n.text, namespace)
	if err := p.checkName(s.name, at.to("name")); err != nil {
		return nil, err
	}
	if _, ok := primitiveKinds[s.name.Local]; ok && s.name.Namespace == "" {
		return nil, at.to("name").errorf("%s is the name of a primitive type", s.name.Local)
	}
	aliases, err := parseAliases(v, at)
	if err != nil {
		return nil, err
	}
	for i, a := range aliases {
		alias := qualify(a, s.name.Namespace)
		if err := p.checkName(alias, at.to("aliases").index(i)); err != nil {
			return nil, err
		}
		s.aliases = append(s.aliases, alias)
	}
	reserved := schemaAttributes
	if k == Enum {
		reserved = enumAttributes
	}
	s.props = properties(v, reserved)
	*slot = s
	if first := p.names[s.name]; first != nil {
		*slot = first
		p.twins = append(p.twins, twin{first, s, at})
	} else {
		p.names[s.name] = s
	}
	return s, nil
}

func (p *parser) parseEnum(v *jsonValue, namespace string, at *path, slot **Schema) error {
	s, err := p.parseNamed(Enum, v, namespace, at, slot)
	if err != nil {
		return err
	}
	symbols := v.member("symbols")
	if symbols == nil || symbols.kind != jsonArray {
		return at.errorf(`the attribute "symbols" is missing or no array`)
	}
	s.symbols = make([]string, len(symbols.elems))
	seen := make(map[string]bool, len(symbols.elems))
	for i, e := range symbols.elems {
		switch {
		case e.kind != jsonString:
			return at.to("symbols").index(i).errorf("a symbol must be a string, not %s", jsonKindNames[e.kind])
		case !isName(e.text):
			return at.to("symbols").index(i).errorf("%s is no valid symbol: %s", excerpt(e.text), nameRule)
		case seen[e.text]:
			return at.to("symbols").index(i).errorf("the symbol %s is there twice", excerpt(e.text))
		}
		seen[e.text] = true
		s.symbols[i] = e.text
	}
	if d := v.member("default"); d != nil && d.kind == jsonString {
		if !seen[d.text] {
			return at.to("default").errorf("%s is none of the symbols", excerpt(d.text))
		}
		s.fallback = d.text
	}
	s.logical = logicalOf(s)
	return nil
}

func (p *parser) parseFixed(v *jsonValue, namespace string, at *path, slot **Schema) error {
	s, err := p.parseNamed(Fixed, v, namespace, at, slot)
	if err != nil {
		return err
	}
	size := v.member("size")
	if size == nil || !size.isInt() {
		return at.errorf(`the attribute "size" is missing or no whole number`)
	}
	n, err := strconv.ParseInt(size.text, 10, 32)
	if err != nil || n < 0 || n > maxFixedSize {
		return at.to("size").errorf("must be between 0 and %d", maxFixedSize)
	}
	s.size = int(n)
	s.logical = logicalOf(s)
	return nil
}

// maxFixedSize is the longest byte sequence Avro for Java can hold.
const maxFixedSize = math.MaxInt32 - 8

func (p *parser) parseRecord(v *jsonValue, namespace string, at *path, slot **Schema) error {
	s, err := p.parseNamed(Record, v, namespace, at, slot)
	if err != nil {
		return err
	}
	s.isError = v.member("type").text == "error"
	fields := v.member("fields")
	if fields == nil || fields.kind != jsonArray {
		return at.errorf(`the attribute "fields" is missing or no array`)
	}
	s.fields = make([]Field, len(fields.elems))
	p.defaults.open[s] = true
	defer delete(p.defaults.open, s)
	seen := make(map[string]bool, len(fields.elems))
	for i, e := range fields.elems {
		f := &s.fields[i]
		if err := p.parseField(f, e, s.name.Namespace, at.to("fields").index(i)); err != nil {
			return err
		}
		if seen[f.name] {
			return at.to("fields").index(i).to("name").errorf("the record has two fields named %s", excerpt(f.name))
		}
		seen[f.name] = true
	}
	return nil
}

func (p *parser) parseField(f *Field, v *jsonValue, namespace string, at *path) error {
	if v.kind != jsonObject {
		return at.errorf("a field must be an object, not %s", jsonKindNames[v.kind])
	}
	name, typ := v.member("name"), v.member("type")
	switch {
	case name == nil || name.kind != jsonString:
		return at.errorf(`the attribute "name" is missing or no string`)
	case !isName(name.text):
		return at.to("name").errorf("%s is no valid name: %s", excerpt(name.text), nameRule)
	case typ == nil:
		return at.errorf(`the attribute "type" is missing`)
	}
	f.name = name.text
	f.doc, f.hasDoc = parseDoc(v)
	if o := v.member("order"); o != nil {
		f.order = strings.ToLower(o.text)
		if o.kind != jsonString || f.order != "ascending" && f.order != "descending" && f.order != "ignore" {
			return at.to("order").errorf(`must be "ascending", "descending" or "ignore"`)
		}
	}
	var err error
	if f.aliases, err = parseAliases(v, at); err != nil {
		return err
	}
	f.props = properties(v, fieldAttributes)
	if err := p.parse(typ, namespace, at.to("type"), &f.typ); err != nil {
		return err
	}
	if d := v.member("default"); d != nil {
		p.defaults.add(&pendingDefault{f, d, at.to("default")})
		if p.defaultCheck == CheckDefaultShapes {
			// Avro for Java checks here, and fails where the default is a record
			// whose fields it has not read yet.
			if e := p.defaults; !e.hasShape(f.typ, d) && e.tooEarly {
				return at.to("default").errorf("the default is a value of a type that is not fully defined before it")
			}
		}
	}
	return nil
}
