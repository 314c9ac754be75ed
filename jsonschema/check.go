package jsonschema

import (
	"regexp"
	"strings"
)

// Compare lists how a reader schema differs from a writer schema, as the schema registries
// see it: compatible differences too. It is at most some thousand differences long; what is left
// out then is of schemas that are met again in other places.
//
// The policy matters beyond each difference's verdict: it decides which parts of two
// combinations (allOf, anyOf, oneOf) may be paired.
//
// Not compared are format, the schema of contains, propertyNames, the schemas of
// patternProperties where they do not cover a property, if, then and else, readOnly and writeOnly.
func Compare(writer, reader *Schema, policy Policy) []Difference {
	c := newChecker(policy)
	return c.list(c.settle(writer.root, reader.root))
}

// CheckCompatibility lists why data that is valid for the writer schema may be refused by the reader
// schema: the differences that the policy does not take as compatible. None means that the
// reader can read what was written.
func CheckCompatibility(writer, reader *Schema, policy Policy) []Difference {
	var bad []Difference
	for _, d := range Compare(writer, reader, policy) {
		if !d.Compatible {
			bad = append(bad, d)
		}
	}
	return bad
}

// pair is a node of the writer met by one of the reader.
type pair struct{ writer, reader *node }

// result is what is known of a pair. Paths are relative to it.
type result struct {
	bad   bool // some difference is not compatible
	found []finding
}

// finding is a difference, or all those of another pair.
type finding struct {
	path  string // relative, without a leading slash
	kind  DifferenceKind
	inner *result
	again bool // inner is of a pair met within itself: listed where that pair stands
}

// checker compares nodes pair by pair and remembers each pair's result, so that the cost is
// bounded by the number of pairs.
//
// A pair that is met within itself counts as compatible: recursion alone is no fault. But what was
// found on that assumption may be wrong, if the pair turns out not to be compatible. Then
// everything is compared again with that knowledge, until nothing new is learnt: the
// greatest fixed point.
type checker struct {
	policy  Policy
	results map[pair]*result // nil while the pair is being compared
	known   map[pair]*result // incompatible pairs of the pass before
	assumed bool             // a pair was taken as compatible within itself
	keys    map[*node]nodeKey
	regexps map[*pattern]*regexp.Regexp
	steps   int
	depth   int
	gaveUp  bool
}

// The bounds of a comparison. Two schemas of n parts that refer to themselves can meet in n*n
// pairs, and so can two combinations of n parts.
const (
	maxSteps       = 2_000_000
	maxPairs       = 200_000
	maxDepth       = 20_000
	maxDifferences = 2_000
)

func newChecker(policy Policy) *checker {
	return &checker{policy: policy, keys: make(map[*node]nodeKey), regexps: make(map[*pattern]*regexp.Regexp)}
}

// settle compares until nothing new is learnt.
func (c *checker) settle(w, r *node) *result {
	for {
		c.results = make(map[pair]*result)
		c.assumed = false
		root := c.compare(w, r)
		if !c.assumed || c.gaveUp {
			return root
		}
		bad := make(map[pair]*result)
		for p, res := range c.results {
			if res.bad {
				bad[p] = res
			}
		}
		if len(bad) <= len(c.known) {
			return root
		}
		c.known = bad
	}
}

// list spells out what was found, with full paths. What was found in a pair that was met
// within itself is listed at the outer place only, unless that leaves nothing to say.
func (c *checker) list(root *result) []Difference {
	l := lister{policy: c.policy, seen: make(map[Difference]bool)}
	if c.gaveUp {
		l.add(Difference{Kind: TooComplex, Path: "#/"})
	}
	l.walk(root, "")
	if root.bad && !l.bad {
		l.again, l.visits = true, 0
		l.walk(root, "")
	}
	return l.all
}

// lister walks results. The same result may stand in many places.
type lister struct {
	policy Policy
	again  bool // list pairs within themselves too
	all    []Difference
	seen   map[Difference]bool
	visits int
	bad    bool // something listed is not compatible
}

func (l *lister) walk(res *result, at string) {
	for _, f := range res.found {
		if l.visits += 1 + len(at)/256; l.visits > 100*maxDifferences || len(l.all) >= maxDifferences {
			return
		}
		path := at
		if f.path != "" {
			path += "/" + f.path
		}
		switch {
		case f.inner == nil:
			l.add(Difference{Kind: f.kind, Path: "#/" + strings.TrimPrefix(path, "/"), Compatible: l.policy.Compatible(f.kind)})
		case !f.again || l.again:
			l.walk(f.inner, path)
		}
	}
}

func (l *lister) add(d Difference) {
	if !l.seen[d] {
		l.seen[d] = true
		l.all = append(l.all, d)
		l.bad = l.bad || !d.Compatible
	}
}

func (c *checker) add(res *result, path string, kind DifferenceKind) {
	res.bad = res.bad || !c.policy.Compatible(kind)
	res.found = append(res.found, finding{path: path, kind: kind})
}

// merge adds what was found for another pair, which stands at path.
func (c *checker) merge(res *result, path string, inner *result) {
	res.bad = res.bad || inner.bad
	if len(inner.found) > 0 {
		res.found = append(res.found, finding{path: path, inner: inner})
	}
}

// within compares two nodes at a path, and adds what is found.
func (c *checker) within(res *result, path string, w, r *node) {
	switch {
	case w == nil && r == nil:
	case w == nil:
		c.add(res, path, SchemaAdded)
	case r == nil:
		c.add(res, path, SchemaRemoved)
	default:
		c.merge(res, path, c.compare(w, r))
	}
}

// step counts work. It reports whether there may be more of it.
func (c *checker) step(n int) bool {
	c.steps += n
	c.gaveUp = c.gaveUp || c.steps > maxSteps
	return !c.gaveUp
}

// matches reports whether a property's name matches a pattern.
func (c *checker) matches(p *pattern, name string) bool {
	re, compiled := c.regexps[p]
	if !c.step(1 + len(name)/64) {
		return false
	}
	if !compiled {
		if !c.step(p.size) {
			return false
		}
		re = p.compile()
		c.regexps[p] = re
	}
	return re != nil && re.MatchString(name)
}

// noResult is the result of pairs that are not looked at.
var noResult = &result{}

// followed is what a reference leads to: one step, and no further, as the registries do.
func (n *node) followed() *node {
	if n.kind == referenceNode {
		return n.target
	}
	return n
}

// compare is the result for two nodes.
func (c *checker) compare(w, r *node) *result {
	w, r = w.followed(), r.followed()
	if !c.step(1) || len(c.results) > maxPairs || c.depth > maxDepth {
		c.gaveUp = true
		return noResult
	}
	key := pair{w, r}
	if res, met := c.results[key]; met {
		switch {
		case res != nil:
			return res
		case c.known[key] != nil:
			return &result{bad: true, found: []finding{{inner: c.known[key], again: true}}}
		}
		c.assumed = true
		return noResult
	}
	c.results[key] = nil
	c.depth++
	res := &result{}
	c.check(res, w, r)
	c.depth--
	c.results[key] = res
	return res
}

// check finds the differences of two nodes that are no references, or lead to some.
func (c *checker) check(res *result, w, r *node) {
	if w.kind != combinedNode && r.kind == combinedNode && c.checkOneOfReader(res, w, r) ||
		w.kind == combinedNode && r.kind != combinedNode && c.checkOneOfWriter(res, w, r) {
		return
	}
	if w.kind != r.kind {
		switch {
		case w.kind == falseNode || r.anything():
		case w.kind == stringNode && r.kind == numberNode && w.connectBytes:
			// Kafka Connect writes a decimal as bytes or as a number.
		default:
			c.add(res, "", TypeChanged)
		}
		return
	}
	c.checkAnnotations(res, w, r)
	switch r.kind {
	case stringNode:
		c.checkStrings(res, w, r)
	case numberNode:
		c.checkNumbers(res, w, r)
	case objectNode:
		c.checkObjects(res, w, r)
	case arrayNode:
		c.checkArrays(res, w, r)
	case enumNode:
		c.checkEnums(res, w, r)
	case constNode:
		if valueKey(w.values[0]) != valueKey(r.values[0]) {
			c.add(res, "const", EnumArrayChanged)
		}
	case notNode:
		if c.compare(r.not, w.not).bad {
			c.add(res, "not", NotTypeExtended)
		} else {
			c.add(res, "not", NotTypeNarrowed)
		}
	case combinedNode:
		c.checkCombined(res, w, r)
	}
}

func (c *checker) checkAnnotations(res *result, w, r *node) {
	for _, a := range []struct {
		writer, reader *value
		kind           DifferenceKind
	}{{w.id, r.id, IDChanged}, {w.title, r.title, TitleChanged}, {w.description, r.description, DescriptionChanged}, {w.fallback, r.fallback, DefaultChanged}} {
		if (a.writer == nil) != (a.reader == nil) || a.writer != nil && valueKey(a.writer) != valueKey(a.reader) {
			c.add(res, "", a.kind)
		}
	}
}
