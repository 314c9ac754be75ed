package jsonschema

import (
	"net/url"
	"strconv"
	"strings"
)

// document is a JSON text that $refs lead into: the schema's own or a reference's.
type document struct {
	root *value
	name string // of a reference; empty for the schema's own text
	uri  string // what $refs call it, and its $id unless it has one
	base string // the URI that relative ones are resolved against; may be empty
	ids  map[string]place
}

// place is a JSON value within a document.
type place struct {
	value *value
	doc   *document
	scope string // the base URI here
	path  *path
}

// path is the way to a place, as a linked list: most are never printed.
type path struct {
	parent *path
	token  string
}

func (p *path) pointer() string {
	if p == nil {
		return ""
	}
	return p.parent.pointer() + "/" + escapePointer(p.token)
}

// at is the place of another value, reached by a member's name or an index.
func (p place) at(v *value, tokens ...string) place {
	for _, t := range tokens {
		p.path = &path{p.path, t}
	}
	p.value = v
	return p
}

// member is the place of a member, whose value is nil when there is none.
func (p place) member(key string) place { return p.at(p.value.get(key), key) }

// item is the place of an array's item.
func (p place) item(i int) place { return p.at(p.value.values[i], strconv.Itoa(i)) }

func (p place) fail(format string, args ...any) error {
	return newSchemaError(p.doc.name+p.path.pointer(), format, args...)
}

// want is an error that says what kind of value is due here.
func (p place) want(what string) error { return p.fail("must be %s, not %s", what, p.value.describe()) }

// loader makes nodes of JSON values.
type loader struct {
	draft   Draft
	doc     *document
	named   []*document // the references
	targets map[*value]*target
	queue   []*target // those that are still to be loaded
}

// target is what references lead to. It is not loaded where it is met, so that a chain of
// references is no recursion.
type target struct {
	at     place
	nodes  []*node
	filled bool // the nodes are what was loaded, and not empty any more
}

func newLoader(s *Schema) *loader {
	l := &loader{draft: s.draft, targets: make(map[*value]*target)}
	l.doc = &document{root: s.doc}
	if l.draft.modern() {
		l.doc.base = "mem:///"
	}
	l.doc.base = l.identify(l.doc.base, s.doc)
	for _, r := range s.references {
		d := &document{root: r.Schema.doc, name: r.Name, uri: resolveURI(l.doc.base, r.Name)}
		d.base = l.identify(d.uri, d.root)
		l.named = append(l.named, d)
	}
	return l
}

// identify is the base URI within a schema: its $id, if it has one, resolved against that outside.
func (l *loader) identify(base string, v *value) string {
	if id := v.get(l.idKeyword()); id != nil && id.kind == stringValue {
		return resolveURI(base, id.text)
	}
	return base
}

// scoped is the place with the base URI that counts within it. A document's own is its base.
func (l *loader) scoped(p place) place {
	if p.path != nil {
		p.scope = l.identify(p.scope, p.value)
	}
	return p
}

func (l *loader) idKeyword() string {
	if l.draft == Draft4 {
		return "id"
	}
	return "$id"
}

// loadAll loads the schema and all that it refers to.
func (l *loader) loadAll() (*node, error) {
	root, err := l.load(place{value: l.doc.root, doc: l.doc, scope: l.doc.base})
	for err == nil && len(l.queue) > 0 {
		t := l.queue[len(l.queue)-1]
		l.queue = l.queue[:len(l.queue)-1]
		var loaded *node
		if loaded, err = l.load(t.at); err == nil {
			t.loaded(loaded)
		}
	}
	return root, err
}

// load makes a node of a schema.
func (l *loader) load(p place) (*node, error) {
	switch p.value.kind {
	case boolValue:
		return booleanSchema(p.value), nil
	case objectValue:
		if len(p.value.keys) == 0 {
			return emptySchema, nil
		}
	default:
		return nil, p.want("a schema: an object or a boolean")
	}
	if p = l.scoped(p); l.draft.modern() {
		return l.loadModern(p)
	}
	return l.loadClassic(p)
}

// loadList loads an array of schemas.
func (l *loader) loadList(p place) ([]*node, error) {
	if p.value.kind != arrayValue {
		return nil, p.want("an array of schemas")
	}
	nodes := make([]*node, 0, len(p.value.values))
	for i := range p.value.values {
		n, err := l.load(p.item(i))
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// eachMember calls f for every member of an object.
func (p place) eachMember(f func(name string, at place) error) error {
	if p.value.kind != objectValue {
		return p.want("an object")
	}
	for i, name := range p.value.keys {
		if err := f(name, p.at(p.value.values[i], name)); err != nil {
			return err
		}
	}
	return nil
}

// loadReference makes a reference, and sees to it that its target will be loaded.
func (l *loader) loadReference(p place) (*node, error) {
	if p.value.kind != stringValue {
		return nil, p.want("a string")
	}
	found, err := l.find(p)
	if err != nil {
		return nil, err
	}
	n := &node{kind: referenceNode, ref: p.value.text}
	t := l.targets[found.value]
	if t == nil {
		t = &target{at: found}
		l.targets[found.value] = t
		l.queue = append(l.queue, t)
	}
	n.target = t.node(l.draft.modern())
	return n, nil
}

// node is the node for one more reference. The modern drafts have one for each reference, whose
// parts they share: so a comparison goes round a recursion once before it sees that it is one,
// and lists what differs there too, as the registries do.
func (t *target) node(own bool) *node {
	if !own && len(t.nodes) > 0 {
		return t.nodes[0]
	}
	n := new(node)
	if t.filled {
		*n = *t.nodes[0]
	}
	t.nodes = append(t.nodes, n)
	return n
}

func (t *target) loaded(n *node) {
	t.filled = true
	for _, empty := range t.nodes {
		*empty = *n
	}
}

// find is the place that a $ref leads to.
func (l *loader) find(p place) (place, error) {
	ref := p.value.text
	base, fragment, _ := strings.Cut(ref, "#")
	absolute := resolveURI(p.scope, base)
	doc := p.doc
	if found, ok := doc.identified(l, resolveURI(p.scope, ref)); ok {
		return found, nil
	}
	from := place{value: doc.root, doc: doc, scope: doc.base}
	switch {
	case base == "" && l.draft.modern() && p.scope != doc.base:
		if found, ok := doc.identified(l, p.scope); ok { // the nearest schema with an $id is the whole
			from = found
		}
	case ref == "" && !l.draft.modern(), base != "" && absolute != doc.base:
		if found, ok := doc.identified(l, absolute); ok {
			from = found
		} else if doc = l.reference(base, absolute); doc != nil {
			from = place{value: doc.root, doc: doc, scope: doc.base}
		} else {
			return place{}, p.fail("%s is neither a place in the schema nor one of its references: files and URLs are never read, "+
				"so give the schema it means as a reference of that name", excerpt(ref))
		}
	}
	found, ok := from.walk(l, fragment)
	if !ok {
		return place{}, p.fail("%s leads nowhere", excerpt(ref))
	}
	return found, nil
}

// reference is the document of a reference, nil when there is none of that name.
func (l *loader) reference(name, absolute string) *document {
	name = strings.TrimPrefix(name, "./")
	for _, d := range l.named {
		if strings.TrimPrefix(d.name, "./") == name || d.name == absolute {
			return d
		}
	}
	for _, d := range l.named {
		if d.uri == absolute || d.base == absolute {
			return d
		}
	}
	return nil
}

// walk follows a fragment: a JSON pointer or an anchor.
func (p place) walk(l *loader, fragment string) (place, bool) {
	if fragment == "" {
		return p, true
	}
	if unescaped, err := url.PathUnescape(fragment); err == nil {
		fragment = unescaped
	}
	pointer, ok := strings.CutPrefix(fragment, "/")
	if !ok {
		return p.doc.identified(l, p.scope+"#"+fragment)
	}
	for token := range strings.SplitSeq(pointer, "/") {
		p = l.scoped(p)
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch p.value.kind {
		case objectValue:
			next := p.value.get(token)
			if next == nil { // the two names of one thing
				switch token {
				case "definitions":
					token = "$defs"
				case "$defs":
					token = "definitions"
				}
				next = p.value.get(token)
			}
			p = p.at(next, token)
		case arrayValue:
			i, err := strconv.ParseUint(token, 10, 31)
			if err != nil || i >= uint64(len(p.value.values)) {
				return place{}, false
			}
			p = p.item(int(i))
		default:
			return place{}, false
		}
		if p.value == nil {
			return place{}, false
		}
	}
	return p, true
}

// identified is the place that an $id or an anchor names.
func (d *document) identified(l *loader, uri string) (place, bool) {
	if d.ids == nil {
		d.ids = make(map[string]place)
		d.index(l, place{value: d.root, doc: d, scope: d.base})
	}
	found, ok := d.ids[uri]
	return found, ok
}

// index lists what has an $id or an anchor.
func (d *document) index(l *loader, p place) {
	add := func(uri string, at place) {
		if _, ok := d.ids[uri]; !ok && uri != "" {
			d.ids[uri] = at
		}
	}
	switch p.value.kind {
	case arrayValue:
		for i := range p.value.values {
			d.index(l, p.item(i))
		}
	case objectValue:
		outside := p
		if p = l.scoped(p); p.scope != outside.scope {
			add(p.scope, outside)
		}
		for _, keyword := range []string{"$anchor", "$dynamicAnchor"} {
			if anchor := p.value.get(keyword); anchor != nil && anchor.kind == stringValue && l.draft.modern() {
				add(p.scope+"#"+anchor.text, outside)
			}
		}
		for i, key := range p.value.keys {
			if key != "enum" && key != "const" {
				d.index(l, p.at(p.value.values[i], key))
			}
		}
	}
}

// resolveURI is a URI reference resolved against a base. What is no URI stays as it is.
func resolveURI(base, ref string) string {
	if base == "" {
		return ref
	}
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	if b.Opaque != "" {
		if strings.HasPrefix(ref, "#") || ref == "" {
			b.Fragment = strings.TrimPrefix(ref, "#")
			return b.String()
		}
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return strings.TrimSuffix(b.ResolveReference(r).String(), "#")
}

// isURI reports whether s has only what may stand in a URI reference (RFC 3986).
func isURI(s string) bool {
	if strings.ContainsAny(s, " \"<>\\^`{|}") {
		return false
	}
	_, err := url.Parse(s)
	return err == nil
}
