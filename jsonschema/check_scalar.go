package jsonschema

// limitKinds are the differences of a limit.
type limitKinds struct{ added, removed, increased, decreased DifferenceKind }

var (
	maxLengthKinds     = limitKinds{MaxLengthAdded, MaxLengthRemoved, MaxLengthIncreased, MaxLengthDecreased}
	minLengthKinds     = limitKinds{MinLengthAdded, MinLengthRemoved, MinLengthIncreased, MinLengthDecreased}
	maximumKinds       = limitKinds{MaximumAdded, MaximumRemoved, MaximumIncreased, MaximumDecreased}
	minimumKinds       = limitKinds{MinimumAdded, MinimumRemoved, MinimumIncreased, MinimumDecreased}
	exclusiveMaxKinds  = limitKinds{ExclusiveMaximumAdded, ExclusiveMaximumRemoved, ExclusiveMaximumIncreased, ExclusiveMaximumDecreased}
	exclusiveMinKinds  = limitKinds{ExclusiveMinimumAdded, ExclusiveMinimumRemoved, ExclusiveMinimumIncreased, ExclusiveMinimumDecreased}
	maxPropertiesKinds = limitKinds{MaxPropertiesAdded, MaxPropertiesRemoved, MaxPropertiesIncreased, MaxPropertiesDecreased}
	minPropertiesKinds = limitKinds{MinPropertiesAdded, MinPropertiesRemoved, MinPropertiesIncreased, MinPropertiesDecreased}
	maxItemsKinds      = limitKinds{MaxItemsAdded, MaxItemsRemoved, MaxItemsIncreased, MaxItemsDecreased}
	minItemsKinds      = limitKinds{MinItemsAdded, MinItemsRemoved, MinItemsIncreased, MinItemsDecreased}
	maxContainsKinds   = limitKinds{MaxContainsAdded, MaxContainsRemoved, MaxContainsIncreased, MaxContainsDecreased}
	minContainsKinds   = limitKinds{MinContainsAdded, MinContainsRemoved, MinContainsIncreased, MinContainsDecreased}
)

// limit compares a limit that is a whole number.
func (c *checker) limit(res *result, path string, w, r *int64, kinds limitKinds) {
	switch {
	case w == nil && r == nil:
	case w == nil:
		c.add(res, path, kinds.added)
	case r == nil:
		c.add(res, path, kinds.removed)
	case *w < *r:
		c.add(res, path, kinds.increased)
	case *w > *r:
		c.add(res, path, kinds.decreased)
	}
}

// bound compares a limit that is any number.
func (c *checker) bound(res *result, path string, w, r *number, kinds limitKinds) {
	switch {
	case w == nil && r == nil:
	case w == nil:
		c.add(res, path, kinds.added)
	case r == nil:
		c.add(res, path, kinds.removed)
	case w.compare(r) < 0:
		c.add(res, path, kinds.increased)
	case w.compare(r) > 0:
		c.add(res, path, kinds.decreased)
	}
}

func (c *checker) checkStrings(res *result, w, r *node) {
	c.limit(res, "maxLength", w.maxLength, r.maxLength, maxLengthKinds)
	c.limit(res, "minLength", w.minLength, r.minLength, minLengthKinds)
	switch {
	case w.pattern == nil && r.pattern == nil:
	case w.pattern == nil:
		c.add(res, "pattern", PatternAdded)
	case r.pattern == nil:
		c.add(res, "pattern", PatternRemoved)
	case w.pattern.text != r.pattern.text:
		c.add(res, "pattern", PatternChanged)
	}
}

func (c *checker) checkNumbers(res *result, w, r *node) {
	c.bound(res, "maximum", w.maximum, r.maximum, maximumKinds)
	c.bound(res, "minimum", w.minimum, r.minimum, minimumKinds)
	c.bound(res, "exclusiveMaximum", w.exclusiveMax, r.exclusiveMax, exclusiveMaxKinds)
	c.bound(res, "exclusiveMinimum", w.exclusiveMin, r.exclusiveMin, exclusiveMinKinds)
	c.checkMultiples(res, w.multipleOf, r.multipleOf)
	switch {
	case w.integer && !r.integer:
		c.add(res, "", TypeExtended)
	case !w.integer && r.integer:
		c.add(res, "", TypeNarrowed)
	}
}

// checkMultiples compares multipleOf. The registries divide the whole parts of the numbers;
// where that has no meaning the numbers themselves are divided here.
func (c *checker) checkMultiples(res *result, w, r *number) {
	const path = "multipleOf"
	switch {
	case w == nil && r == nil:
	case w == nil:
		c.add(res, path, MultipleOfAdded)
	case r == nil:
		c.add(res, path, MultipleOfRemoved)
	case w.equal(r):
	default:
		expanded, reduced := r.isMultipleOf(w), w.isMultipleOf(r)
		if old, now := w.truncated(), r.truncated(); old != 0 && now != 0 {
			expanded, reduced = now%old == 0, reduced && old%now == 0
		}
		switch {
		case expanded:
			c.add(res, path, MultipleOfExpanded)
		case reduced:
			c.add(res, path, MultipleOfReduced)
		default:
			c.add(res, path, MultipleOfChanged)
		}
	}
}

// checkEnums compares the values, in any order.
func (c *checker) checkEnums(res *result, w, r *node) {
	set := func(n *node) map[string]bool {
		all := make(map[string]bool, len(n.values))
		for _, v := range n.values {
			all[valueKey(v)] = true
		}
		return all
	}
	covers := func(a, b map[string]bool) bool {
		for v := range b {
			if !a[v] {
				return false
			}
		}
		return true
	}
	before, after := set(w), set(r)
	switch all, none := covers(after, before), covers(before, after); {
	case all && none:
	case all:
		c.add(res, "enum", EnumArrayExtended)
	case none:
		c.add(res, "enum", EnumArrayNarrowed)
	default:
		c.add(res, "enum", EnumArrayChanged)
	}
}
