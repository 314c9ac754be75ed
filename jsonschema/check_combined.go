package jsonschema

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// checkOneOfReader compares a writer's schema with a reader's combination: of one part, that is
// the part; of alternatives, one must take it. It reports whether that settled it.
func (c *checker) checkOneOfReader(res *result, w, r *node) bool {
	if len(r.subs) != 1 && r.criterion == allOf {
		return false
	}
	for _, sub := range r.subs {
		inner := c.compare(w, sub)
		if inner.bad {
			continue
		}
		c.merge(res, "", inner)
		if len(r.subs) != 1 {
			c.add(res, "", SumTypeExtended)
		}
		return true
	}
	return false
}

// checkOneOfWriter compares a writer's combination with a reader's schema: of one part, that is
// the part; of an allOf, whose values are valid for each part, one must be readable.
func (c *checker) checkOneOfWriter(res *result, w, r *node) bool {
	if len(w.subs) != 1 && w.criterion != allOf {
		return false
	}
	for _, sub := range w.subs {
		inner := c.compare(sub, r)
		if inner.bad {
			continue
		}
		c.merge(res, "", inner)
		if len(w.subs) != 1 {
			c.add(res, "", ProductTypeNarrowed)
		}
		return true
	}
	return false
}

// checkCombined compares two combinations. As many parts as the smaller one has must be paired,
// each with a part of the other that goes with it.
func (c *checker) checkCombined(res *result, w, r *node) {
	if w.criterion != r.criterion {
		if !combinationExtends(w, r) {
			c.add(res, "", CombinedTypeChanged)
			return
		}
		c.add(res, "", CombinedTypeExtended)
	}
	writers, readers := c.distinct(w.subs), c.distinct(r.subs)
	switch {
	case len(writers) < len(readers) && r.criterion == allOf:
		c.add(res, "", ProductTypeExtended)
	case len(writers) < len(readers):
		c.add(res, "", SumTypeExtended)
	case len(writers) > len(readers) && w.criterion == allOf:
		c.add(res, "", ProductTypeNarrowed)
	case len(writers) > len(readers):
		c.add(res, "", SumTypeNarrowed)
	}
	edges := make([][]int, len(writers))
	for i, sub := range writers {
		for j, other := range readers {
			if c.gaveUp {
				return
			}
			if !c.compare(sub, other).bad {
				edges[i] = append(edges[i], j)
			}
		}
	}
	matched, pairs := c.match(edges, len(readers))
	for j, i := range matched {
		if i >= 0 {
			c.merge(res, criterionNames[w.criterion]+"/"+strconv.Itoa(i), c.compare(writers[i], readers[j]))
		}
	}
	if pairs < min(len(writers), len(readers)) {
		c.add(res, "", CombinedTypeSubschemasChanged)
	}
}

// combinationExtends reports whether a combination may become another kind of combination.
func combinationExtends(w, r *node) bool {
	single := func(n *node) bool { return len(n.subs) == 1 }
	return r.criterion == anyOf ||
		single(w) && single(r) ||
		single(w) && r.criterion == oneOf ||
		single(r) && w.criterion == allOf
}

// match pairs what edges allow, left with right, and makes as many pairs as possible
// (Kuhn's algorithm). matched is the left one of each right one, -1 where there is none.
func (c *checker) match(edges [][]int, rights int) (matched []int, pairs int) {
	matched = slices.Repeat([]int{-1}, rights)
	tried := make([]int, rights) // in which round
	var place func(left, round int) bool
	place = func(left, round int) bool {
		for _, right := range edges[left] {
			if tried[right] == round || !c.step(1) {
				continue
			}
			tried[right] = round
			if matched[right] < 0 || place(matched[right], round) {
				matched[right] = left
				return true
			}
		}
		return false
	}
	for left := range edges {
		if place(left, left+1) {
			pairs++
		}
	}
	return matched, pairs
}

// nodeKey is the same for nodes that say the same.
type nodeKey [sha256.Size]byte

// distinct is the nodes without those that say the same as one before.
func (c *checker) distinct(nodes []*node) []*node {
	seen := make(map[nodeKey]bool, len(nodes))
	var kept []*node
	for _, n := range nodes {
		if k := c.key(n); !seen[k] {
			seen[k] = true
			kept = append(kept, n)
		}
	}
	return kept
}

// key is a digest of all that a node says. References are their text: so it ends.
func (c *checker) key(n *node) nodeKey {
	if n == nil {
		return nodeKey{}
	}
	if k, ok := c.keys[n]; ok {
		return k
	}
	h := sha256.New()
	put := func(parts ...any) { fmt.Fprintf(h, "%q;", fmt.Sprint(parts...)) }
	values := func(vs ...*value) {
		put(len(vs))
		for _, v := range vs {
			if v == nil {
				put("-")
			} else {
				put(valueKey(v))
			}
		}
	}
	integers := func(is ...*int64) {
		for _, i := range is {
			if i == nil {
				put("-")
			} else {
				put(*i)
			}
		}
	}
	numbers := func(ns ...*number) {
		for _, f := range ns {
			if f == nil {
				put("-")
			} else {
				put(canonicalNumber(f.literal))
			}
		}
	}
	nodes := func(ns ...*node) {
		_ = binary.Write(h, binary.BigEndian, int64(len(ns)))
		for _, inner := range ns {
			k := c.key(inner)
			h.Write(k[:])
		}
	}
	put(n.kind, n.strict, n.integer, n.openMin, n.openMax, n.noMoreProperties, n.noMoreItems, n.uniqueItems, n.criterion, n.implied, n.connectBytes)
	values(n.id, n.title, n.description, n.fallback, n.others)
	values(n.values...)
	integers(n.minLength, n.maxLength, n.minProperties, n.maxProperties, n.minItems, n.maxItems, n.minContains, n.maxContains)
	numbers(n.minimum, n.maximum, n.exclusiveMin, n.exclusiveMax, n.multipleOf)
	if n.pattern != nil {
		put(n.pattern.text)
	}
	if n.formatKnown {
		put(n.format)
	}
	put(n.ref)
	required := slices.Sorted(slices.Values(n.required))
	put(len(required))
	for _, name := range required {
		put(name)
	}
	c.putMembers(h, n)
	nodes(n.moreProperties, n.propertyNames, n.unevaluatedProperties, n.items, n.moreItems, n.contains, n.unevaluatedItems, n.not, n.condition, n.then, n.elsewise)
	nodes(n.tuple...)
	nodes(n.subs...)
	var k nodeKey
	h.Sum(k[:0])
	c.keys[n] = k
	return k
}

// putMembers digests what an object node has by name, whatever the order.
func (c *checker) putMembers(h io.Writer, n *node) {
	var lines []string
	for _, p := range n.properties {
		lines = append(lines, fmt.Sprintf("property %q %x", p.name, c.key(p.node)))
	}
	for _, p := range n.patternProperties {
		lines = append(lines, fmt.Sprintf("pattern %q %x", p.pattern.text, c.key(p.node)))
	}
	for _, p := range n.schemaDependencies {
		lines = append(lines, fmt.Sprintf("schema %q %x", p.name, c.key(p.node)))
	}
	for _, p := range n.propertyDependencies {
		lines = append(lines, fmt.Sprintf("needs %q %q", p.name, slices.Sorted(slices.Values(p.needs))))
	}
	slices.Sort(lines)
	fmt.Fprintf(h, "%q", lines)
}

// valueKey is the same for equal JSON values. A whole number and the same one with a point are
// not equal, as in the registries.
func valueKey(v *value) string { return string(appendValue(nil, v, true)) }
