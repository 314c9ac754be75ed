package jsonschema

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kinds is a set of the kinds of JSON values.
type kinds uint8

const allKinds = kinds(1<<(objectValue+1) - 1)

func (s kinds) has(k valueKind) bool { return s&(1<<k) != 0 }

// acceptor is a schema as a program over the bytes of a JSON text. It says of a value that it is valid, or
// nothing: what it does not cover and what is not valid are the engine's to judge. The text must be
// known to be JSON whose names occur once.
type acceptor struct{ root *rule }

// rule is a schema of the keywords that the acceptor covers.
type rule struct {
	kinds   kinds
	integer bool // a number must be whole

	literals []string // of enum and const: as a JSON text has them without escapes and spaces; nil is any

	minLength, maxLength int // in characters; maxLength -1 is none
	pattern              *regexp.Regexp

	minimum, maximum *bound

	properties map[string]*member
	order      []*member // as the schema has them, which is mostly how values have them
	required   uint64    // the bits of properties
	additional *rule     // of other properties; nil refuses them
	minMembers int
	maxMembers int // -1 is none

	items    *rule // nil takes anything
	minItems int
	maxItems int // -1 is none

	branches []*rule // of anyOf and oneOf, for kinds that are disjoint
}

type member struct {
	index  int // in the order
	quoted string
	bit    uint64
	rule   *rule
}

type bound struct {
	value     int64
	exclusive bool
}

var anything = &rule{kinds: allKinds, maxLength: -1, maxMembers: -1, maxItems: -1}

func init() { anything.additional = anything }

type acceptCompiler struct {
	schema  *Schema
	formats bool
	refs    bool // local $refs are what they seem
	known   map[*value]*rule
	failed  bool
}

// newAcceptor is nil where the schema is outside of what the acceptor covers.
func newAcceptor(s *Schema, config validatorConfig) *acceptor {
	c := &acceptCompiler{schema: s, formats: config.formats, known: make(map[*value]*rule)}
	c.refs = !hasInnerID(s.doc, true)
	root := c.compile(s.doc)
	if c.failed {
		return nil
	}
	return &acceptor{root}
}

// hasInnerID reports whether places have URIs of their own: then a $ref is not what it seems.
func hasInnerID(v *value, root bool) bool {
	if !root && (isText(v.get("$id")) || isText(v.get("id"))) || v.get("$recursiveAnchor") != nil || v.get("$dynamicAnchor") != nil {
		return true
	}
	for _, inner := range v.values {
		if hasInnerID(inner, false) {
			return true
		}
	}
	return false
}

func (c *acceptCompiler) fail() *rule {
	c.failed = true
	return anything
}

// remarks are keywords that say nothing of what is valid.
var remarks = map[string]bool{
	"$schema": true, "$id": true, "id": true, "$comment": true, "title": true, "description": true, "default": true, "examples": true,
	"readOnly": true, "writeOnly": true, "deprecated": true, "definitions": true, "$defs": true,
	"contentEncoding": true, "contentMediaType": true,
}

func (c *acceptCompiler) compile(v *value) *rule {
	if c.failed {
		return anything
	}
	if r, ok := c.known[v]; ok {
		return r
	}
	switch v.kind {
	case boolValue:
		if v.bool && c.schema.draft != Draft4 {
			return anything
		}
		return c.fail()
	case objectValue:
	default:
		return c.fail()
	}
	if ref := v.get("$ref"); ref != nil {
		return c.compileReference(v, ref)
	}
	r := &rule{kinds: allKinds, maxLength: -1, maxMembers: -1, maxItems: -1, additional: anything}
	c.known[v] = r
	plain := true
	for i, key := range v.keys {
		if remarks[key] || strings.HasPrefix(key, "x-") || strings.HasPrefix(key, "connect.") {
			continue
		}
		if key == "format" && !c.formats {
			continue
		}
		plain = false
		if !c.keyword(r, v, key, v.values[i]) {
			return c.fail()
		}
	}
	if plain {
		c.known[v] = anything
		return anything
	}
	for _, name := range c.requiredOf(v) {
		p := r.properties[name]
		if p == nil {
			p = c.addProperty(r, name, r.additional)
			if p == nil || r.additional == nil {
				return c.fail()
			}
		}
		r.required |= p.bit
	}
	return r
}

func (c *acceptCompiler) compileReference(v, ref *value) *rule {
	pointer, local := strings.CutPrefix(ref.text, "#")
	if ref.kind != stringValue || !local || !c.refs || pointer != "" && pointer[0] != '/' || strings.Contains(pointer, "%") {
		return c.fail()
	}
	for _, key := range v.keys { // the older drafts look at no keyword beside a $ref, the others at all
		if key != "$ref" && !remarks[key] && c.schema.draft.modern() {
			return c.fail()
		}
	}
	target := c.schema.doc
	if pointer != "" {
		for token := range strings.SplitSeq(pointer[1:], "/") {
			target = target.get(strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"))
			if target == nil {
				return c.fail()
			}
		}
	}
	if target == v || target.get("$ref") != nil { // a chain may be a cycle
		return c.fail()
	}
	return c.compile(target)
}

func (c *acceptCompiler) requiredOf(v *value) []string {
	required := v.get("required")
	if required == nil {
		return nil
	}
	var names []string
	for _, name := range required.values {
		names = append(names, name.text)
	}
	return names
}

func (c *acceptCompiler) addProperty(r *rule, name string, inner *rule) *member {
	if len(r.properties) == 64 {
		return nil
	}
	if r.properties == nil {
		r.properties = make(map[string]*member)
	}
	p := &member{len(r.order), `"` + name + `"`, 1 << len(r.order), inner}
	if strings.ContainsAny(name, "\"\\") {
		p.quoted = "\x00" // such a name is not written as it is
	}
	r.properties[name] = p
	r.order = append(r.order, p)
	return p
}

// keyword adds a keyword to the rule; false where it is not covered.
func (c *acceptCompiler) keyword(r *rule, v *value, key string, k *value) bool {
	count := func(to *int) bool {
		n, err := strconv.ParseInt(k.text, 10, 31)
		*to = int(n)
		return k.kind == numberValue && err == nil && n >= 0
	}
	switch key {
	case "type":
		return c.types(r, k)
	case "enum":
		return k.kind == arrayValue && r.addLiterals(k.values)
	case "const":
		return c.schema.draft != Draft4 && r.addLiterals([]*value{k})
	case "minLength":
		return count(&r.minLength)
	case "maxLength":
		return count(&r.maxLength)
	case "minItems":
		return count(&r.minItems)
	case "maxItems":
		return count(&r.maxItems)
	case "minProperties":
		return count(&r.minMembers)
	case "maxProperties":
		return count(&r.maxMembers)
	case "pattern":
		re, err := compileRegexp(k.text)
		if err != nil || k.kind != stringValue {
			return false
		}
		r.pattern, _ = re.(*regexp.Regexp)
		return r.pattern != nil
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return c.schema.draft != Draft4 && r.bound(key, k)
	case "properties":
		if k.kind != objectValue {
			return false
		}
		for i, name := range k.keys {
			if c.addProperty(r, name, c.compile(k.values[i])) == nil {
				return false
			}
		}
		return true
	case "additionalProperties":
		if k.kind == boolValue && !k.bool {
			r.additional = nil
			return true
		}
		r.additional = anything
		if k.kind != boolValue {
			r.additional = c.compile(k)
		}
		return true
	case "required":
		return k.kind == arrayValue
	case "items":
		if k.kind != objectValue && k.kind != boolValue {
			return false
		}
		r.items = c.compile(k)
		return true
	case "anyOf", "oneOf":
		return k.kind == arrayValue && r.branches == nil && c.union(r, k.values)
	}
	return false
}

func (c *acceptCompiler) types(r *rule, k *value) bool {
	names := []*value{k}
	if k.kind == arrayValue {
		names = k.values
	}
	r.kinds = 0
	number := false
	for _, n := range names {
		switch n.text {
		case "null":
			r.kinds |= 1 << nullValue
		case "boolean":
			r.kinds |= 1 << boolValue
		case "number":
			r.kinds |= 1 << numberValue
			number = true
		case "integer":
			r.kinds |= 1 << numberValue
			r.integer = true
		case "string":
			r.kinds |= 1 << stringValue
		case "array":
			r.kinds |= 1 << arrayValue
		case "object":
			r.kinds |= 1 << objectValue
		default:
			return false
		}
	}
	r.integer = r.integer && !number
	return true
}

// union covers schemas of which at most one takes values of a kind.
func (c *acceptCompiler) union(r *rule, branches []*value) bool {
	var seen kinds
	for _, b := range branches {
		// What the branch's types are must be known before it is compiled whole: it may hold itself.
		if b.kind != objectValue || b.get("type") == nil && b.get("$ref") == nil {
			return false
		}
		inner := c.compile(b)
		if c.failed || len(inner.branches) > 0 || seen&inner.kinds != 0 {
			return false
		}
		seen |= inner.kinds
		r.branches = append(r.branches, inner)
	}
	return true
}

func (r *rule) addLiterals(values []*value) bool {
	if r.literals != nil {
		return false
	}
	r.literals = []string{}
	for _, v := range values {
		switch v.kind {
		case nullValue:
			r.literals = append(r.literals, "null")
		case boolValue:
			r.literals = append(r.literals, strconv.FormatBool(v.bool))
		case numberValue:
			if _, ok := smallInteger(v.text); !ok {
				continue // the engine knows
			}
			r.literals = append(r.literals, v.text)
		case stringValue:
			if utf8.ValidString(v.text) && !strings.ContainsAny(v.text, "\"\\") {
				r.literals = append(r.literals, `"`+v.text+`"`)
			}
		}
	}
	return true
}

func (r *rule) bound(key string, k *value) bool {
	n, ok := smallInteger(k.text)
	if k.kind != numberValue || !ok {
		return false
	}
	to, lower := &r.maximum, false
	if strings.HasSuffix(strings.ToLower(key), "minimum") {
		to, lower = &r.minimum, true
	}
	b := &bound{n, strings.HasPrefix(key, "exclusive")}
	if old := *to; old != nil { // the narrower one counts
		switch {
		case old.value == n:
			b.exclusive = true
		case lower == (old.value > n):
			return true
		}
	}
	*to = b
	return true
}

// smallInteger is a number's value where it is written as a whole number of at most 15 digits: those are
// exact as a float64, too.
func smallInteger[S string | []byte](text S) (int64, bool) {
	i, negative := 0, false
	if len(text) > 0 && text[0] == '-' {
		i, negative = 1, true
	}
	if len(text)-i > 15 || i == len(text) {
		return 0, false
	}
	var n int64
	for ; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(text[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func isText(v *value) bool { return v != nil && v.kind == stringValue }
