package registryserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// maxReferenceDepth bounds how far references lead to references. Only imports can
// make circles of them.
const maxReferenceDepth = 100

// parsedKey is what a parsed schema depends on. References without a context are
// looked for in the parent's.
type parsedKey struct {
	context string
	guid    registry.GUID
	kind    registry.SchemaType
}

// draft is a schema of a request, parsed. It is remembered for the request, so that
// parsing can be done before the lock is taken.
type draft struct {
	// What it was made from.
	text    string
	kind    registry.SchemaType
	isNew   bool
	norm    bool
	imports []Import

	schema registry.Schema // the text that is kept, the references with their numbers
	parsed Parsed
	err    error
}

// parseAhead parses a schema before the lock is taken. Errors come again later.
func (c *call) parseAhead(subject string, s registry.Schema, isNew, normalize bool) {
	if isBlank(s.Text) {
		return
	}
	c.e.mu.RLock()
	imports, refs, err := c.e.imports(subject, s.References, !isNew)
	normalize = normalize || c.e.configInScope(subject).normalizes()
	c.e.mu.RUnlock()
	if err == nil {
		c.parseWith(s, refs, imports, isNew, normalize)
	}
}

// parse parses a schema of a request. e.mu must be held.
func (c *call) parse(subject string, s registry.Schema, isNew, normalize bool) (*draft, error) {
	imports, refs, err := c.e.imports(subject, s.References, !isNew)
	if err != nil {
		return nil, invalidSchema(s.Type, err)
	}
	d := c.parseWith(s, refs, imports, isNew, normalize)
	if d.err != nil {
		return nil, invalidSchema(s.Type, d.err)
	}
	return d, nil
}

func invalidSchema(kind registry.SchemaType, err error) error {
	return fail(registry.ErrInvalidSchema, "Invalid schema of type %s, details: %v", kind, err)
}

func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// parseWith parses a schema with its imports, unless this request has done so.
func (c *call) parseWith(s registry.Schema, refs []registry.Reference, imports []Import, isNew, normalize bool) *draft {
	for i := range c.drafts {
		d := &c.drafts[i]
		if d.text == s.Text && d.kind == s.Type && d.isNew == isNew && d.norm == normalize && slices.Equal(d.imports, imports) {
			again := *d
			again.schema.References = canonicalReferences(refs, normalize)
			again.schema.Metadata, again.schema.RuleSet = s.Metadata, s.RuleSet
			return &again
		}
	}
	d := draft{text: s.Text, kind: s.Type, isNew: isNew, norm: normalize, imports: imports, schema: s}
	checker := c.e.checkers[s.Type]
	if checker == nil {
		d.err = fmt.Errorf("there is no such schema type: want AVRO, JSON or PROTOBUF")
	} else {
		d.parsed, d.err = checker.Parse(s.Text, ParseOptions{Imports: imports, New: isNew, Normalize: normalize})
	}
	if d.err == nil {
		d.schema.Text = d.parsed.Text()
		d.schema.References = canonicalReferences(refs, normalize)
	}
	c.drafts = append(c.drafts, d)
	return &d
}

// canonicalReferences sorts references and drops repeated ones where normalized.
func canonicalReferences(refs []registry.Reference, normalize bool) []registry.Reference {
	if !normalize {
		return refs
	}
	sorted := slices.Clone(refs)
	slices.SortFunc(sorted, func(a, b registry.Reference) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		if n := strings.Compare(string(a.Subject), string(b.Subject)); n != 0 {
			return n
		}
		return int(a.Version) - int(b.Version)
	})
	return slices.Compact(sorted)
}

// imports finds what references point at. The references come back with numbers in
// place of "latest". e.mu must be held.
func (e *Engine) imports(parent string, refs []registry.Reference, deleted bool) ([]Import, []registry.Reference, error) {
	return e.importsAt(parent, refs, deleted, 0)
}

func (e *Engine) importsAt(parent string, refs []registry.Reference, deleted bool, depth int) ([]Import, []registry.Reference, error) {
	if depth > maxReferenceDepth {
		return nil, nil, fmt.Errorf("references lead to references more than %d deep, or in a circle", maxReferenceDepth)
	}
	var imports []Import
	numbered := slices.Clone(refs)
	seen := map[string]bool{}
	for i, r := range refs {
		if r.Subject == "" || r.Version == 0 || r.Version < registry.LatestVersion {
			return nil, nil, fmt.Errorf("reference %q to subject %q version %d is not valid: name, subject and version are needed, the version 1 or more, or -1 for the latest", r.Name, r.Subject, r.Version)
		}
		sub := e.state.subject(within(parent, string(r.Subject)))
		v := sub.at(int32(r.Version))
		if r.Version == registry.LatestVersion {
			v = sub.latest()
		}
		if v == nil || v.Deleted && !deleted {
			return nil, nil, fmt.Errorf("there is no version %d of subject %q, which reference %q points at", r.Version, r.Subject, r.Name)
		}
		numbered[i].Version = registry.Version(v.Version)
		if seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		p, err := e.parseStored(v, depth+1)
		if err != nil {
			return nil, nil, fmt.Errorf("reference %q: %w", r.Name, err)
		}
		imports = append(imports, Import{r.Name, p})
	}
	return imports, numbered, nil
}

// parseStored parses what was registered. e.mu must be held.
func (e *Engine) parseStored(v *stored, depth int) (Parsed, error) {
	key := parsedKey{parseName(v.Subject).context, v.guid, v.Type}
	if p, ok := e.parsed.Get(key); ok {
		return p, nil
	}
	imports, _, err := e.importsAt(v.Subject, v.References, true, depth)
	if err != nil {
		return nil, err
	}
	checker := e.checkers[v.Type]
	if checker == nil {
		return nil, errors.New("its type is not known")
	}
	p, err := checker.Parse(v.Text, ParseOptions{Imports: imports})
	if err != nil {
		return nil, err
	}
	e.parsed.Add(key, p)
	return p, nil
}
