package jsonschema

import "slices"

// checkObjects compares the keywords of objects.
func (c *checker) checkObjects(res *result, w, r *node) {
	required := r.requiredSet()
	c.checkRequired(res, w, r, required)
	for _, p := range w.properties {
		path := "properties/" + p.name
		if other := r.property(p.name); other != nil {
			c.within(res, path, p.node, other)
		} else {
			c.checkPropertyRemoved(res, path, p, r)
		}
	}
	for _, p := range r.properties {
		if w.property(p.name) == nil {
			c.checkPropertyAdded(res, "properties/"+p.name, p, w, required[p.name])
		}
	}
	c.checkDependencies(res, w, r)
	c.checkMore(res, "additionalProperties", w, r)
	c.checkUnevaluated(res, "unevaluatedProperties", w.unevaluatedProperties, r.unevaluatedProperties, unevaluatedProperties)
	c.limit(res, "maxProperties", w.maxProperties, r.maxProperties, maxPropertiesKinds)
	c.limit(res, "minProperties", w.minProperties, r.minProperties, minPropertiesKinds)
}

// requiredSet is the names of the properties that must be there.
func (n *node) requiredSet() map[string]bool {
	set := make(map[string]bool, len(n.required))
	for _, name := range n.required {
		set[name] = true
	}
	return set
}

// checkRequired looks at the properties that both name; after is what the reader requires.
func (c *checker) checkRequired(res *result, w, r *node, after map[string]bool) {
	before := w.requiredSet()
	for _, p := range w.properties {
		schema := r.property(p.name)
		if schema == nil || before[p.name] == after[p.name] {
			continue
		}
		switch path := "required/" + p.name; {
		case before[p.name]:
			c.add(res, path, RequiredAttributeRemoved)
		case schema.fallback != nil:
			c.add(res, path, RequiredAttributeWithDefaultAdded)
		default:
			c.add(res, path, RequiredAttributeAdded)
		}
	}
}

// open reports whether an object may have any properties besides those that it names.
func (n *node) open() bool {
	return len(n.patternProperties) == 0 && n.moreProperties == nil && !n.noMoreProperties &&
		(n.unevaluatedProperties == nil || n.unevaluatedProperties.anything())
}

// covering is the schema of a property that an object does not name: nil where it is closed.
func (c *checker) covering(n *node, name string) *node {
	for _, p := range n.patternProperties {
		if c.gaveUp {
			return nil
		}
		if c.matches(p.pattern, name) {
			return p.node
		}
	}
	if n.moreProperties != nil || n.noMoreProperties {
		return n.moreProperties
	}
	if n.unevaluatedProperties != nil && n.unevaluatedProperties.kind != falseNode {
		return n.unevaluatedProperties
	}
	return nil
}

// checkPropertyRemoved is about a property that only the writer names.
func (c *checker) checkPropertyRemoved(res *result, path string, p property, r *node) {
	if r.open() {
		c.add(res, path, PropertyRemovedFromOpenContentModel)
		return
	}
	cover := c.covering(r, p.name)
	switch {
	case cover != nil:
		inner := c.compare(p.node, cover)
		c.merge(res, path, inner)
		if inner.bad {
			c.add(res, path, PropertyRemovedNotCoveredByPartiallyOpenContentModel)
		} else {
			c.add(res, path, PropertyRemovedIsCoveredByPartiallyOpenContentModel)
		}
	case p.node.kind == falseNode:
		c.add(res, path, PropertyWithFalseRemovedFromClosedContentModel)
	default:
		c.add(res, path, PropertyRemovedFromClosedContentModel)
	}
}

// checkPropertyAdded is about a property that only the reader names.
func (c *checker) checkPropertyAdded(res *result, path string, p property, w *node, required bool) {
	fallback := p.node.fallback != nil
	pick := func(optional, withDefault, without DifferenceKind) DifferenceKind {
		switch {
		case !required:
			return optional
		case fallback:
			return withDefault
		}
		return without
	}
	if w.open() {
		if p.node.anything() {
			c.add(res, path, PropertyWithEmptySchemaAddedToOpenContentModel)
			return
		}
		c.add(res, path, pick(OptionalPropertyAddedToOpenContentModel, RequiredPropertyWithDefaultAddedToOpenContentModel, RequiredPropertyAddedToOpenContentModel))
		return
	}
	if cover := c.covering(w, p.name); cover != nil {
		inner := c.compare(cover, p.node)
		c.merge(res, path, inner)
		if inner.bad {
			c.add(res, path, PropertyAddedNotCoveredByPartiallyOpenContentModel)
		} else {
			c.add(res, path, PropertyAddedIsCoveredByPartiallyOpenContentModel)
		}
	}
	c.add(res, path, pick(OptionalPropertyAddedToUnopenContentModel, RequiredPropertyWithDefaultAddedToUnopenContentModel, RequiredPropertyAddedToUnopenContentModel))
}

// checkMore compares what is said about properties that are not named.
func (c *checker) checkMore(res *result, path string, w, r *node) {
	switch {
	case w.noMoreProperties && !r.noMoreProperties:
		c.add(res, path, AdditionalPropertiesAdded)
	case !w.noMoreProperties && r.noMoreProperties:
		c.add(res, path, AdditionalPropertiesRemoved)
	case w.moreProperties == nil && r.moreProperties != nil:
		c.add(res, path, AdditionalPropertiesNarrowed)
	case w.moreProperties != nil && r.moreProperties == nil:
		c.add(res, path, AdditionalPropertiesExtended)
	default:
		c.within(res, path, w.moreProperties, r.moreProperties)
	}
}

// unevaluatedKinds are the differences of unevaluatedProperties or unevaluatedItems.
type unevaluatedKinds struct{ added, removed, extended, narrowed DifferenceKind }

var (
	unevaluatedProperties = unevaluatedKinds{UnevaluatedPropertiesAdded, UnevaluatedPropertiesRemoved, UnevaluatedPropertiesExtended, UnevaluatedPropertiesNarrowed}
	unevaluatedItems      = unevaluatedKinds{UnevaluatedItemsAdded, UnevaluatedItemsRemoved, UnevaluatedItemsExtended, UnevaluatedItemsNarrowed}
)

// checkUnevaluated compares what is said about what no other keyword has looked at. Without
// the keyword it may be anything.
func (c *checker) checkUnevaluated(res *result, path string, w, r *node, kinds unevaluatedKinds) {
	closed := func(n *node) bool { return n != nil && n.kind == falseNode }
	open := func(n *node) bool { return n != nil && n.anything() }
	switch {
	case w == nil && r == nil:
	case closed(r) && !closed(w):
		c.add(res, path, kinds.removed)
	case closed(w) && !closed(r):
		c.add(res, path, kinds.added)
	case w == nil, open(w) && !open(r):
		c.add(res, path, kinds.narrowed)
	case r == nil, open(r) && !open(w):
		c.add(res, path, kinds.extended)
	default:
		c.within(res, path, w, r)
	}
}

// checkDependencies compares dependencies, dependentRequired and dependentSchemas.
func (c *checker) checkDependencies(res *result, w, r *node) {
	before, after := needsOf(w), needsOf(r)
	for _, name := range bothNames(before, after) {
		path := "dependencies/" + name
		old, had := before[name]
		now, has := after[name]
		switch {
		case !has:
			c.add(res, path, DependencyArrayRemoved)
		case !had:
			c.add(res, path, DependencyArrayAdded)
		case slices.Equal(old, now):
		case containsAll(now, old):
			c.add(res, path, DependencyArrayExtended)
		case containsAll(old, now):
			c.add(res, path, DependencyArrayNarrowed)
		default:
			c.add(res, path, DependencyArrayChanged)
		}
	}
	schemas := func(n *node) map[string]*node {
		all := make(map[string]*node)
		for _, d := range n.schemaDependencies {
			all[d.name] = d.node
		}
		return all
	}
	old, now := schemas(w), schemas(r)
	for _, name := range bothNames(old, now) {
		switch path := "dependencies/" + name; {
		case now[name] == nil:
			c.add(res, path, DependencySchemaRemoved)
		case old[name] == nil:
			c.add(res, path, DependencySchemaAdded)
		default:
			c.within(res, path, old[name], now[name])
		}
	}
}

// needsOf is the names that each property calls for, sorted.
func needsOf(n *node) map[string][]string {
	all := make(map[string][]string)
	for _, d := range n.propertyDependencies {
		all[d.name] = append(all[d.name], d.needs...)
	}
	for name, needs := range all {
		needs = slices.Clone(needs)
		slices.Sort(needs)
		all[name] = slices.Compact(needs)
	}
	return all
}

// bothNames is the names of either map, sorted.
func bothNames[T any](a, b map[string]T) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// containsAll reports whether the sorted list has all of the other one.
func containsAll(list, all []string) bool {
	return !slices.ContainsFunc(all, func(s string) bool {
		_, found := slices.BinarySearch(list, s)
		return !found
	})
}
