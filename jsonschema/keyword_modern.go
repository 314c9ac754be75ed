package jsonschema

// modernKeyword reads one keyword: p is the object, at the keyword's value.
type modernKeyword func(l *loader, p, at place) (*node, error)

// modernKeywordOf is how a keyword of the drafts 2019-09 and 2020-12 is read: with the latter's
// meaning where they differ, nil if it demands nothing, and for those that loadDeferred reads.
func modernKeywordOf(keyword string) modernKeyword {
	switch keyword {
	case "$ref", "$dynamicRef":
		return readReference
	case "$defs":
		return readDefinitions
	case "type":
		return readType
	case "enum":
		return readEnum
	case "const":
		return readConst
	case "allOf":
		return readCombined(allOf)
	case "anyOf":
		return readCombined(anyOf)
	case "oneOf":
		return readCombined(oneOf)
	case "not":
		return readNot
	case "if":
		return readIf
	case "minLength":
		return readInteger(stringNode, func(n *node) **int64 { return &n.minLength })
	case "maxLength":
		return readInteger(stringNode, func(n *node) **int64 { return &n.maxLength })
	case "minItems":
		return readInteger(arrayNode, func(n *node) **int64 { return &n.minItems })
	case "maxItems":
		return readInteger(arrayNode, func(n *node) **int64 { return &n.maxItems })
	case "minProperties":
		return readInteger(objectNode, func(n *node) **int64 { return &n.minProperties })
	case "maxProperties":
		return readInteger(objectNode, func(n *node) **int64 { return &n.maxProperties })
	case "minimum":
		return readNumber(func(n *node) **number { return &n.minimum })
	case "maximum":
		return readNumber(func(n *node) **number { return &n.maximum })
	case "exclusiveMinimum":
		return readNumber(func(n *node) **number { return &n.exclusiveMin })
	case "exclusiveMaximum":
		return readNumber(func(n *node) **number { return &n.exclusiveMax })
	case "multipleOf":
		return readNumber(func(n *node) **number { return &n.multipleOf })
	case "pattern":
		return readPattern
	case "format":
		return readFormat
	case "readOnly", "writeOnly":
		return readFlag
	case "items":
		return readItems
	case "prefixItems":
		return readPrefixItems
	case "contains":
		return readContains
	case "uniqueItems":
		return readUniqueItems
	case "required":
		return readRequired
	case "additionalProperties":
		return readAdditionalProperties
	case "propertyNames":
		return readPropertyNames
	case "dependentRequired":
		return readDependentRequired
	case "dependentSchemas":
		return readDependentSchemas
	}
	return nil
}

func readReference(l *loader, _, at place) (*node, error) { return l.loadReference(at) }

// readDefinitions looks at the schemas that are there to be referred to: a broken one is an error also
// where nothing refers to it.
func readDefinitions(l *loader, _, at place) (*node, error) {
	return nil, at.eachMember(func(_ string, at place) error {
		_, err := l.load(at)
		return err
	})
}

func readType(_ *loader, _, at place) (*node, error) {
	switch at.value.kind {
	case stringValue:
		return typedModern(at)
	case arrayValue:
		n := &node{kind: combinedNode, criterion: anyOf, implied: true}
		for i := range at.value.values {
			sub, err := typedModern(at.item(i))
			if err != nil {
				return nil, err
			}
			n.subs = append(n.subs, sub)
		}
		return n, nil
	}
	return nil, at.want("a string or an array of strings")
}

func readEnum(_ *loader, _, at place) (*node, error) {
	if at.value.kind != arrayValue {
		return nil, at.want("an array")
	}
	return &node{kind: enumNode, values: at.value.values}, nil
}

func readConst(_ *loader, _, at place) (*node, error) {
	return &node{kind: constNode, values: []*value{at.value}}, nil
}

func readCombined(c criterion) modernKeyword {
	return func(l *loader, _, at place) (*node, error) {
		subs, err := l.loadList(at)
		if err != nil {
			return nil, err
		}
		n := &node{kind: combinedNode, criterion: c}
		for _, sub := range subs {
			n.subs = append(n.subs, flat(sub)...) // an implied allOf is taken apart, as the registries do
		}
		return n, nil
	}
}

func readNot(l *loader, _, at place) (*node, error) {
	inner, err := l.load(at)
	return &node{kind: notNode, not: inner}, err
}

func readIf(l *loader, p, at place) (n *node, err error) {
	n = &node{kind: conditionNode}
	if n.condition, err = l.load(at); err != nil {
		return nil, err
	}
	if then := p.member("then"); then.present() {
		if n.then, err = l.load(then); err != nil {
			return nil, err
		}
	}
	if elsewise := p.member("else"); elsewise.present() {
		n.elsewise, err = l.load(elsewise)
	}
	return n, err
}

func readInteger(kind nodeKind, field func(*node) **int64) modernKeyword {
	return func(_ *loader, _, at place) (*node, error) {
		n := &node{kind: kind}
		i, err := at.roundedInteger()
		*field(n) = i
		return n, err
	}
}

func readNumber(field func(*node) **number) modernKeyword {
	return func(_ *loader, _, at place) (*node, error) {
		n := &node{kind: numberNode}
		f, err := at.number()
		*field(n) = f
		return n, err
	}
}

func readPattern(_ *loader, _, at place) (*node, error) {
	re, err := at.pattern()
	return &node{kind: stringNode, pattern: re}, err
}

func readFormat(_ *loader, _, at place) (*node, error) {
	_, _, err := at.string()
	return nothing(), err
}

func readFlag(_ *loader, _, at place) (*node, error) {
	_, err := at.bool()
	return nothing(), err
}

func readItems(l *loader, p, at place) (*node, error) {
	every, err := l.load(at)
	if err != nil {
		return nil, err
	}
	n := &node{kind: arrayNode}
	prefix := p.value.get("prefixItems")
	switch {
	case every.kind == falseNode:
		n.noMoreItems = true
	case every.kind == trueNode:
	case prefix != nil && len(prefix.values) > 0:
		n.moreItems = every
	default:
		n.items = every
	}
	return n, nil
}

func readPrefixItems(l *loader, _, at place) (*node, error) {
	tuple, err := l.loadList(at)
	return &node{kind: arrayNode, tuple: tuple}, err
}

func readContains(l *loader, p, at place) (n *node, err error) {
	n = &node{kind: arrayNode}
	if n.contains, err = l.load(at); err != nil {
		return nil, err
	}
	if n.minContains, err = p.member("minContains").roundedInteger(); err != nil {
		return nil, err
	}
	if n.minContains == nil {
		one := int64(1)
		n.minContains = &one
	}
	n.maxContains, err = p.member("maxContains").roundedInteger()
	return n, err
}

func readUniqueItems(_ *loader, _, at place) (*node, error) {
	unique, err := at.bool()
	return &node{kind: arrayNode, uniqueItems: unique}, err
}

func readRequired(_ *loader, _, at place) (*node, error) {
	names, err := at.strings()
	return &node{kind: objectNode, required: names}, err
}

func readAdditionalProperties(l *loader, _, at place) (*node, error) {
	more, err := l.load(at)
	if err != nil {
		return nil, err
	}
	n := &node{kind: objectNode}
	switch more.kind {
	case falseNode:
		n.noMoreProperties = true
	case trueNode:
	default:
		n.moreProperties = more
	}
	return n, nil
}

func readPropertyNames(l *loader, _, at place) (*node, error) {
	names, err := l.load(at)
	return &node{kind: objectNode, propertyNames: names}, err
}

func readDependentRequired(_ *loader, _, at place) (*node, error) {
	n := &node{kind: objectNode}
	return n, at.eachMember(func(name string, at place) error {
		needs, err := at.strings()
		if err == nil && len(needs) > 0 {
			n.propertyDependencies = append(n.propertyDependencies, propertyDependency{name, needs})
		}
		return err
	})
}

func readDependentSchemas(l *loader, _, at place) (*node, error) {
	n := &node{kind: objectNode}
	return n, at.eachMember(func(name string, at place) error {
		schema, err := l.load(at)
		n.schemaDependencies = append(n.schemaDependencies, property{name, schema})
		return err
	})
}
