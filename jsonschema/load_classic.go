package jsonschema

import "slices"

// loadClassic makes a node of an object of the drafts 4, 6 and 7. A $ref hides what stands
// beside it. Each of enum, allOf, anyOf, oneOf, not, const and type is a part, and so are the
// keywords of each type that type does not name; several parts are an implied allOf.
func (l *loader) loadClassic(p place) (*node, error) {
	var n *node
	if ref := p.member("$ref"); ref.present() {
		var err error
		if n, err = l.loadReference(ref); err != nil {
			return nil, err
		}
	} else {
		c := &classic{l: l, p: p, used: make(map[string]bool)}
		parts, err := c.parts()
		if err != nil {
			return nil, err
		}
		switch len(parts) {
		case 0:
			n = &node{kind: emptyNode}
		case 1:
			n = parts[0]
		default:
			n = &node{kind: combinedNode, criterion: allOf, subs: parts, implied: true}
		}
	}
	return n, l.loadAnnotations(n, p)
}

// classic reads the keywords of one object.
type classic struct {
	l    *loader
	p    place
	used map[string]bool // the keywords that a part has taken
}

var (
	stringKeywords = []string{"minLength", "maxLength", "pattern", "format"}
	numberKeywords = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
	arrayKeywords  = []string{"items", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"}
	objectKeywords = []string{"properties", "required", "minProperties", "maxProperties", "dependencies", "patternProperties", "additionalProperties", "propertyNames"}
)

func (c *classic) parts() (parts []*node, err error) {
	add := func(n *node, e error) {
		if err == nil && e == nil && n != nil {
			parts = append(parts, n)
		}
		if err == nil {
			err = e
		}
	}
	add(c.enum())
	for _, criterion := range []criterion{allOf, anyOf, oneOf} {
		add(c.combined(criterion))
	}
	add(c.not())
	add(c.constant())
	add(c.typed())
	for _, group := range []struct {
		keywords []string
		load     func() (*node, error)
	}{{arrayKeywords, c.array}, {objectKeywords, c.object}, {numberKeywords, c.number}, {stringKeywords, c.string}} {
		if err == nil && c.hasAny(group.keywords) {
			add(group.load())
		}
	}
	if err == nil && c.l.draft.knows("if") {
		add(c.conditional())
	}
	return parts, err
}

// hasAny reports whether one of the keywords is there and not taken yet.
func (c *classic) hasAny(keywords []string) bool {
	return slices.ContainsFunc(keywords, func(k string) bool { return c.l.draft.knows(k) && !c.used[k] && c.p.value.get(k) != nil })
}

// take marks keywords as taken.
func (c *classic) take(keywords []string) {
	for _, k := range keywords {
		c.used[k] = true
	}
}

func (c *classic) enum() (*node, error) {
	at := c.p.member("enum")
	if !at.present() {
		return nil, nil
	}
	if at.value.kind != arrayValue {
		return nil, at.want("an array")
	}
	return &node{kind: enumNode, values: at.value.values}, nil
}

func (c *classic) combined(criterion criterion) (*node, error) {
	at := c.p.member(criterionNames[criterion])
	if !at.present() {
		return nil, nil
	}
	subs, err := c.l.loadList(at)
	return &node{kind: combinedNode, criterion: criterion, subs: subs}, err
}

func (c *classic) not() (*node, error) {
	at := c.p.member("not")
	if !at.present() {
		return nil, nil
	}
	inner, err := c.l.load(at)
	return &node{kind: notNode, not: inner}, err
}

func (c *classic) constant() (*node, error) {
	at := c.p.member("const")
	if !at.present() || !c.l.draft.knows("const") {
		return nil, nil
	}
	return &node{kind: constNode, values: []*value{at.value}}, nil
}

func (c *classic) conditional() (*node, error) {
	n, found := &node{kind: conditionNode}, false
	for _, part := range []struct {
		keyword string
		to      **node
	}{{"if", &n.condition}, {"then", &n.then}, {"else", &n.elsewise}} {
		if at := c.p.member(part.keyword); at.present() {
			found = true
			var err error
			if *part.to, err = c.l.load(at); err != nil {
				return nil, err
			}
		}
	}
	if !found {
		return nil, nil
	}
	return n, nil
}

// typed is the part that type demands: one for a name, anyOf for an array of names.
func (c *classic) typed() (*node, error) {
	at := c.p.member("type")
	if !at.present() {
		return nil, nil
	}
	switch at.value.kind {
	case stringValue:
		return c.ofType(at)
	case arrayValue:
		n := &node{kind: combinedNode, criterion: anyOf, implied: true}
		for i := range at.value.values {
			sub, err := c.ofType(at.item(i))
			if err != nil {
				return nil, err
			}
			n.subs = append(n.subs, sub)
		}
		return n, nil
	}
	return nil, at.want("a string or an array of strings")
}

func (c *classic) ofType(at place) (n *node, err error) {
	name, _, err := at.string()
	if err != nil {
		return nil, err
	}
	switch name {
	case "string":
		n, err = c.string()
	case "integer", "number":
		n, err = c.number()
		if err == nil {
			n.integer = name == "integer"
		}
	case "boolean":
		n = &node{kind: booleanNode}
	case "null":
		n = &node{kind: nullNode}
	case "array":
		n, err = c.array()
	case "object":
		n, err = c.object()
	default:
		return nil, at.fail("%s is no type: want array, boolean, integer, null, number, object or string", excerpt(name))
	}
	if err != nil {
		return nil, err
	}
	n.strict = true
	return n, nil
}

func (c *classic) string() (*node, error) {
	c.take(stringKeywords)
	n := &node{kind: stringNode}
	var err error
	if n.minLength, err = c.p.member("minLength").integer(); err != nil {
		return nil, err
	}
	if n.maxLength, err = c.p.member("maxLength").integer(); err != nil {
		return nil, err
	}
	if n.pattern, err = c.p.member("pattern").pattern(); err != nil {
		return nil, err
	}
	n.format, _, err = c.p.member("format").string()
	n.formatKnown = c.l.draft.knowsFormat(n.format)
	return n, err
}

func (c *classic) number() (*node, error) {
	c.take(numberKeywords)
	n := &node{kind: numberNode}
	var err error
	if n.minimum, err = c.p.member("minimum").number(); err != nil {
		return nil, err
	}
	if n.maximum, err = c.p.member("maximum").number(); err != nil {
		return nil, err
	}
	at := c.p.member("multipleOf")
	if n.multipleOf, err = at.number(); err != nil {
		return nil, err
	}
	if n.multipleOf != nil && n.multipleOf.float() == 0 {
		return nil, at.fail("must not be 0")
	}
	exclusiveMin, exclusiveMax := c.p.member("exclusiveMinimum"), c.p.member("exclusiveMaximum")
	if c.l.draft == Draft4 {
		if n.openMin, err = exclusiveMin.bool(); err != nil {
			return nil, err
		}
		n.openMax, err = exclusiveMax.bool()
		return n, err
	}
	if n.exclusiveMin, err = exclusiveMin.number(); err != nil {
		return nil, err
	}
	n.exclusiveMax, err = exclusiveMax.number()
	return n, err
}

func (c *classic) array() (*node, error) {
	c.take(arrayKeywords)
	n := &node{kind: arrayNode}
	var err error
	if n.minItems, err = c.p.member("minItems").integer(); err != nil {
		return nil, err
	}
	if n.maxItems, err = c.p.member("maxItems").integer(); err != nil {
		return nil, err
	}
	if n.uniqueItems, err = c.p.member("uniqueItems").bool(); err != nil {
		return nil, err
	}
	if at := c.p.member("additionalItems"); at.present() {
		if at.value.kind == boolValue {
			n.noMoreItems = !at.value.bool
		} else if n.moreItems, err = c.l.load(at); err != nil {
			return nil, err
		}
	}
	if at := c.p.member("items"); at.present() {
		if at.value.kind == arrayValue {
			n.tuple, err = c.l.loadList(at)
		} else {
			n.items, err = c.l.load(at)
			n.noMoreItems = false // every item has a schema: there are none beyond
		}
		if err != nil {
			return nil, err
		}
	}
	if at := c.p.member("contains"); at.present() && c.l.draft.knows("contains") {
		n.contains, err = c.l.load(at)
	}
	return n, err
}

func (c *classic) object() (*node, error) {
	c.take(objectKeywords)
	n := &node{kind: objectNode}
	var err error
	if n.minProperties, err = c.p.member("minProperties").integer(); err != nil {
		return nil, err
	}
	if n.maxProperties, err = c.p.member("maxProperties").integer(); err != nil {
		return nil, err
	}
	if n.required, err = c.p.member("required").strings(); err != nil {
		return nil, err
	}
	if at := c.p.member("properties"); at.present() {
		if err := c.l.loadProperties(n, at); err != nil {
			return nil, err
		}
	}
	if at := c.p.member("patternProperties"); at.present() {
		if err := c.l.loadPatternProperties(n, at); err != nil {
			return nil, err
		}
	}
	if at := c.p.member("additionalProperties"); at.present() {
		if at.value.kind == boolValue {
			n.noMoreProperties = !at.value.bool
		} else if n.moreProperties, err = c.l.load(at); err != nil {
			return nil, err
		}
	}
	if at := c.p.member("propertyNames"); at.present() && c.l.draft.knows("propertyNames") {
		if n.propertyNames, err = c.l.load(at); err != nil {
			return nil, err
		}
	}
	if at := c.p.member("dependencies"); at.present() {
		return n, at.eachMember(func(name string, at place) error { return c.dependency(n, name, at) })
	}
	return n, nil
}

// dependency is the names of properties, or a schema, that a property calls for.
func (c *classic) dependency(n *node, name string, at place) error {
	if at.value.kind == arrayValue {
		needs, err := at.strings()
		if err == nil && len(needs) > 0 {
			n.propertyDependencies = append(n.propertyDependencies, propertyDependency{name, needs})
		}
		return err
	}
	schema, err := c.l.load(at)
	n.schemaDependencies = append(n.schemaDependencies, property{name, schema})
	return err
}

func (l *loader) loadProperties(n *node, at place) error {
	return at.eachMember(func(name string, at place) error {
		schema, err := l.load(at)
		n.setProperty(name, schema)
		return err
	})
}

func (l *loader) loadPatternProperties(n *node, at place) error {
	return at.eachMember(func(text string, at place) error {
		re, err := newPattern(text)
		if err != nil {
			return at.fail("not a regular expression: %v", err)
		}
		schema, err := l.load(at)
		n.patternProperties = append(n.patternProperties, patternProperty{re, schema})
		return err
	})
}
