package jsonschema

import (
	"cmp"
	"slices"
	"unicode/utf16"
)

// loadModern makes a node of an object of the drafts 2019-09 and 2020-12. Each keyword is a
// demand of its own; they are joined one after the other, so that the demands on one type
// become one node.
func (l *loader) loadModern(p place) (*node, error) {
	var joined *node
	add := func(n *node) {
		if joined == nil {
			joined = n
		} else {
			joined = join(joined, n)
		}
	}
	order := p.value.order(false)
	if p.doc == l.doc {
		order = hashOrder(p.value.keys)
	}
	for _, i := range order {
		keyword := p.value.keys[i]
		read := modernKeywordOf(keyword)
		if read == nil {
			continue
		}
		n, err := read(l, p, p.at(p.value.values[i], keyword))
		if err != nil {
			return nil, err
		}
		if n != nil {
			add(n)
		}
	}
	for _, keyword := range []string{"properties", "patternProperties", "unevaluatedItems", "unevaluatedProperties"} {
		if at := p.member(keyword); at.present() {
			n, err := l.loadDeferred(keyword, at)
			if err != nil {
				return nil, err
			}
			if n != nil {
				add(n)
			}
		}
	}
	n := unwrapped(joined)
	return n, l.loadAnnotations(n, p)
}

// hashOrder is the order in which Java's HashMap has the keys: that in which the registries join
// the keywords of a schema's own text, while in its references they keep the order. It matters where type is an array and keywords of its types stand beside it.
func hashOrder(keys []string) []int {
	buckets := 16
	for len(keys) > buckets/4*3 {
		buckets *= 2
	}
	at := make([]uint32, len(keys))
	order := make([]int, len(keys))
	for i, key := range keys {
		var hash uint32
		for _, unit := range utf16.Encode([]rune(key)) {
			hash = 31*hash + uint32(unit)
		}
		at[i], order[i] = (hash^hash>>16)&uint32(buckets-1), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	return order
}

// nothing is a keyword that demands nothing of a value: still it stands beside others.
func nothing() *node { return &node{kind: combinedNode, criterion: allOf, implied: true} }

// unwrapped is the node without the implied allOf of fewer than two parts.
func unwrapped(n *node) *node {
	if n == nil {
		return &node{kind: emptyNode}
	}
	if n.impliedAll() {
		switch len(n.subs) {
		case 0:
			return &node{kind: emptyNode}
		case 1:
			n = n.subs[0]
		}
	}
	again := *n // the annotations to come are this object's own
	return &again
}

func (n *node) impliedAll() bool {
	return n.kind == combinedNode && n.implied && n.criterion == allOf
}

func (n *node) impliedAny() bool {
	return n.kind == combinedNode && n.implied && n.criterion == anyOf
}

// join puts two demands together.
func join(a, b *node) *node {
	switch {
	case a.kind == b.kind && mergeable(a.kind):
		return merge(a, b)
	case a.impliedAny() && hasKind(a.subs, b.kind):
		return &node{kind: combinedNode, criterion: anyOf, implied: true, subs: gather(slices.Clone(a.subs), b)}
	case b.impliedAny() && hasKind(b.subs, a.kind):
		return &node{kind: combinedNode, criterion: anyOf, implied: true, subs: gather(slices.Clone(b.subs), a)}
	}
	all := &node{kind: combinedNode, criterion: allOf, implied: true}
	for _, part := range [][]*node{flat(a), flat(b)} {
		for _, n := range part {
			all.subs = gather(all.subs, n)
		}
	}
	return all
}

func mergeable(k nodeKind) bool {
	return k == stringNode || k == numberNode || k == objectNode || k == arrayNode
}

func hasKind(nodes []*node, k nodeKind) bool {
	return slices.ContainsFunc(nodes, func(n *node) bool { return n.kind == k })
}

// flat is the parts of an implied allOf, and any other node alone.
func flat(n *node) []*node {
	if n.impliedAll() {
		return n.subs
	}
	return []*node{n}
}

// gather adds a part to a list: to the part of its type, if there is one.
func gather(list []*node, n *node) []*node {
	if mergeable(n.kind) {
		for i, other := range list {
			if other.kind == n.kind {
				list[i] = merge(other, n)
				return list
			}
		}
	}
	return append(list, n)
}

// merge is a with what b demands.
func merge(a, b *node) *node {
	m := *a
	m.strict = a.strict || b.strict
	m.integer = a.integer || b.integer
	m.connectBytes = a.connectBytes || b.connectBytes
	over(&m.minLength, b.minLength)
	over(&m.maxLength, b.maxLength)
	over(&m.pattern, b.pattern)
	over(&m.minimum, b.minimum)
	over(&m.maximum, b.maximum)
	over(&m.exclusiveMin, b.exclusiveMin)
	over(&m.exclusiveMax, b.exclusiveMax)
	over(&m.multipleOf, b.multipleOf)
	if len(b.properties) > 0 {
		m.properties, m.propertyIndex = slices.Clone(a.properties), nil
		for i, property := range m.properties {
			if i == 0 {
				m.propertyIndex = make(map[string]int, len(a.properties)+len(b.properties))
			}
			m.propertyIndex[property.name] = i
		}
		for _, property := range b.properties {
			m.setProperty(property.name, property.node)
		}
	}
	m.required = slices.Concat(a.required, b.required)
	over(&m.minProperties, b.minProperties)
	over(&m.maxProperties, b.maxProperties)
	m.noMoreProperties = a.noMoreProperties || b.noMoreProperties
	over(&m.moreProperties, b.moreProperties)
	m.patternProperties = slices.Concat(a.patternProperties, b.patternProperties)
	m.propertyDependencies = slices.Concat(a.propertyDependencies, b.propertyDependencies)
	m.schemaDependencies = slices.Concat(a.schemaDependencies, b.schemaDependencies)
	over(&m.propertyNames, b.propertyNames)
	over(&m.unevaluatedProperties, b.unevaluatedProperties)
	over(&m.items, b.items)
	m.tuple = slices.Concat(a.tuple, b.tuple)
	m.noMoreItems = (a.noMoreItems || b.noMoreItems) && m.items == nil
	over(&m.moreItems, b.moreItems)
	over(&m.minItems, b.minItems)
	over(&m.maxItems, b.maxItems)
	m.uniqueItems = a.uniqueItems || b.uniqueItems
	over(&m.contains, b.contains)
	over(&m.minContains, b.minContains)
	over(&m.maxContains, b.maxContains)
	over(&m.unevaluatedItems, b.unevaluatedItems)
	return &m
}

// over puts b in the place of a, if there is one.
func over[T any](a **T, b *T) {
	if b != nil {
		*a = b
	}
}

// typedModern is the demand of a type's name.
func typedModern(at place) (*node, error) {
	name, _, err := at.string()
	if err != nil {
		return nil, err
	}
	n := &node{strict: true}
	switch name {
	case "string":
		n.kind = stringNode
	case "integer":
		n.kind, n.integer = numberNode, true
	case "number":
		n.kind = numberNode
	case "boolean":
		n.kind = booleanNode
	case "null":
		n.kind = nullNode
	case "array":
		n.kind = arrayNode
	case "object":
		n.kind = objectNode
	default:
		return nil, at.fail("%s is no type: want array, boolean, integer, null, number, object or string", excerpt(name))
	}
	return n, nil
}

// loadDeferred reads the keywords that are joined after all others.
func (l *loader) loadDeferred(keyword string, at place) (*node, error) {
	switch keyword {
	case "properties":
		n := &node{kind: objectNode}
		if err := l.loadProperties(n, at); err != nil || len(n.properties) == 0 {
			return nil, err
		}
		return n, nil
	case "patternProperties":
		n := &node{kind: objectNode}
		if err := l.loadPatternProperties(n, at); err != nil || len(n.patternProperties) == 0 {
			return nil, err
		}
		return n, nil
	case "unevaluatedItems":
		rest, err := l.load(at)
		return &node{kind: arrayNode, unevaluatedItems: rest}, err
	}
	rest, err := l.load(at)
	return &node{kind: objectNode, unevaluatedProperties: rest}, err
}
