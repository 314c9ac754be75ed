package jsonschema

import "strconv"

// checkArrays compares the keywords of arrays.
func (c *checker) checkArrays(res *result, w, r *node) {
	c.within(res, "items", w.items, r.items)
	c.checkTuples(res, w, r)
	c.checkMoreItems(res, w, r)
	c.checkUnevaluated(res, "unevaluatedItems", w.unevaluatedItems, r.unevaluatedItems, unevaluatedItems)
	c.limit(res, "maxItems", w.maxItems, r.maxItems, maxItemsKinds)
	c.limit(res, "minItems", w.minItems, r.minItems, minItemsKinds)
	switch {
	case w.uniqueItems && !r.uniqueItems:
		c.add(res, "uniqueItems", UniqueItemsRemoved)
	case !w.uniqueItems && r.uniqueItems:
		c.add(res, "uniqueItems", UniqueItemsAdded)
	}
	c.limit(res, "maxContains", w.maxContains, r.maxContains, maxContainsKinds)
	c.limit(res, "minContains", w.minContains, r.minContains, minContainsKinds)
}

// openItems reports whether there may be any items beyond the tuple.
func (n *node) openItems() bool {
	return !n.noMoreItems && n.moreItems == nil && (n.unevaluatedItems == nil || n.unevaluatedItems.anything())
}

// coveringItem is the schema of items beyond the tuple: nil where there are none.
func (n *node) coveringItem() *node {
	if n.moreItems != nil || n.noMoreItems {
		return n.moreItems
	}
	if n.unevaluatedItems != nil && n.unevaluatedItems.kind != falseNode {
		return n.unevaluatedItems
	}
	return nil
}

// checkTuples compares the items that have a schema each.
func (c *checker) checkTuples(res *result, w, r *node) {
	for i := range max(len(w.tuple), len(r.tuple)) {
		path := "items/" + strconv.Itoa(i)
		switch {
		case i >= len(r.tuple):
			c.checkItemRemoved(res, path, w.tuple[i], r)
		case i >= len(w.tuple):
			c.checkItemAdded(res, path, r.tuple[i], w)
		default:
			c.within(res, path, w.tuple[i], r.tuple[i])
		}
	}
}

func (c *checker) checkItemRemoved(res *result, path string, item, r *node) {
	if r.openItems() {
		c.add(res, path, ItemRemovedFromOpenContentModel)
		return
	}
	cover := r.coveringItem()
	switch {
	case cover != nil:
		inner := c.compare(item, cover)
		c.merge(res, path, inner)
		if inner.bad {
			c.add(res, path, ItemRemovedNotCoveredByPartiallyOpenContentModel)
		} else {
			c.add(res, path, ItemRemovedIsCoveredByPartiallyOpenContentModel)
		}
	case item.kind == falseNode:
		c.add(res, path, ItemWithFalseRemovedFromClosedContentModel)
	default:
		c.add(res, path, ItemRemovedFromClosedContentModel)
	}
}

func (c *checker) checkItemAdded(res *result, path string, item, w *node) {
	if w.openItems() {
		if item.anything() {
			c.add(res, path, ItemWithEmptySchemaAddedToOpenContentModel)
		} else {
			c.add(res, path, ItemAddedToOpenContentModel)
		}
		return
	}
	cover := w.coveringItem()
	if cover == nil {
		c.add(res, path, ItemAddedToClosedContentModel)
		return
	}
	inner := c.compare(cover, item)
	c.merge(res, path, inner)
	if inner.bad {
		c.add(res, path, ItemAddedNotCoveredByPartiallyOpenContentModel)
	} else {
		c.add(res, path, ItemAddedIsCoveredByPartiallyOpenContentModel)
	}
}

// checkMoreItems compares what is said about items beyond the tuple.
func (c *checker) checkMoreItems(res *result, w, r *node) {
	const path = "additionalItems"
	switch {
	case w.noMoreItems && !r.noMoreItems:
		c.add(res, path, AdditionalItemsAdded)
	case !w.noMoreItems && r.noMoreItems:
		c.add(res, path, AdditionalItemsRemoved)
	case w.moreItems == nil && r.moreItems != nil:
		c.add(res, path, AdditionalItemsNarrowed)
	case w.moreItems != nil && r.moreItems == nil:
		c.add(res, path, AdditionalItemsExtended)
	default:
		c.within(res, path, w.moreItems, r.moreItems)
	}
}
